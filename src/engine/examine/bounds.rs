//! What this process may take: limits, CPUs, and what its cgroup grants.
//!
//! Reads /proc and /sys; changes nothing.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::{Resource, getrlimit};

use super::found::{LimitFound, Trouble};
use crate::engine::readers::ladder::{few_descriptors, want_of_descriptors};
use crate::engine::shared::Shared;

/// Where version 2 of the cgroups is mounted, by systemd's and everybody's custom.
const CGROUPS: &str = "/sys/fs/cgroup";

/// The limits that a run can come to.
pub(super) fn limits(shared: Option<&Shared>) -> Vec<LimitFound> {
    let of = |name, resource| LimitFound { name, most: getrlimit(resource).current, is_bytes: true, trouble: None };
    let mut files = LimitFound { is_bytes: false, ..of("open files", Resource::Nofile) };
    files.trouble = shared.filter(|shared| few_descriptors(shared)).map(|shared| {
        let (why, remedy) = want_of_descriptors(shared);
        Trouble { why, instead: "threads that wait for one read each".to_owned(), remedy: Some(remedy.to_owned()) }
    });
    let mut limits = vec![files];
    #[cfg(not(checksig_portable))]
    limits.push(of("locked memory", Resource::Memlock));
    limits.push(of("address space", Resource::As));
    limits.push(LimitFound { name: "memory of the cgroup", most: cgroup_memory(), is_bytes: true, trouble: None });
    limits
}

/// What the maker of the CPU calls it.
pub(super) fn cpu_model() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("model name"))?;
    Some(line.trim_start_matches([' ', '\t', ':']).trim().to_owned())
}

/// CPUs that this process may run on.
pub(super) fn cpus_allowed() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    cpus_in(list.trim())
}

/// "0-3,8" has five.
fn cpus_in(list: &str) -> Option<usize> {
    let of = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(last.parse::<usize>().ok()?.checked_sub(first.parse().ok()?)? + 1)
    };
    list.split(',').map(of).sum()
}

/// CPUs' worth of time that the cgroups grant: the least of them all.
pub(super) fn cpu_quota() -> Option<f64> {
    // "quota period", in microseconds; the quota is "max" where there is none.
    let quota = |text: &str| {
        let (quota, period) = text.split_once(' ')?;
        Some(quota.parse::<f64>().ok()? / period.parse::<f64>().ok()?)
    };
    granted("cpu.max", quota).reduce(f64::min)
}

fn cgroup_memory() -> Option<u64> {
    granted("memory.max", |text| text.parse().ok()).min()
}

/// What the cgroup of this process, and those above it, grant of something.
fn granted<T>(file: &str, read: impl Fn(&str) -> Option<T>) -> impl Iterator<Item = T> {
    let list = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    // Version 2 has the number 0.
    let own = list.lines().find_map(|line| line.strip_prefix("0::/")).map(|name| Path::new(CGROUPS).join(name));
    let groups: Vec<PathBuf> = own.iter().flat_map(|own| own.ancestors()).map(Path::to_owned).collect();
    let below = groups.into_iter().take_while(|group| group.starts_with(CGROUPS));
    below.filter_map(move |group| read(fs::read_to_string(group.join(file)).ok()?.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpus_are_counted_by_their_ranges() {
        for (list, count) in [("0", Some(1)), ("0-1", Some(2)), ("0-3,8,10-11", Some(7)), ("", None), ("3-1", None)] {
            assert_eq!(cpus_in(list), count, "{list}");
        }
    }

    #[test]
    fn there_is_a_limit_of_open_files_and_a_cpu() {
        let limits = limits(None);
        assert!(limits[0].name == "open files" && limits[0].most != Some(0));
        match cpus_allowed() {
            Some(cpus) => assert!(cpus > 0),
            None => println!("NOT RUN: no /proc here"),
        }
    }
}
