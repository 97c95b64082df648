//! What this process may take: limits, CPUs, and what its cgroup grants.
//!
//! Reads /proc and /sys; changes nothing.

use std::fs;
use std::path::{Path, PathBuf};

use super::found::{LimitFound, Trouble};
use crate::engine::readers::ladder::{few_descriptors, want_of_descriptors};
use crate::engine::shared::Shared;
use crate::engine::softlimit::{Limited, soft_limit};

/// Where version 2 of the cgroups is mounted, by systemd's and everybody's custom.
const CGROUPS: &str = "/sys/fs/cgroup";

/// The limits that a run can come to.
pub(super) fn limits(shared: Option<&Shared>) -> Vec<LimitFound> {
    let limit = |name, most| LimitFound { name, most, is_known: true, is_bytes: true, trouble: None };
    let of = |name, limited| {
        let told = soft_limit(limited);
        LimitFound { is_known: told.is_ok(), ..limit(name, told.ok().flatten()) }
    };
    let mut files = LimitFound { is_bytes: false, ..of("open files", Limited::Descriptors) };
    files.trouble = shared.filter(|shared| few_descriptors(shared)).map(|shared| {
        let (why, remedy) = want_of_descriptors(shared);
        Trouble { why, instead: "threads that wait for one read each".to_owned(), remedy: Some(remedy.to_owned()) }
    });
    let mut limits = vec![files];
    #[cfg(not(checksig_portable))]
    limits.push(of("locked memory", Limited::LockedMemory));
    limits.push(of("address space", Limited::Addresses));
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let is_known = Path::new(CGROUPS).join("cgroup.controllers").exists() && !has_old_memory(&own);
    limits.push(LimitFound { is_known, ..limit("memory of the cgroup", cgroup_memory()) });
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

/// Whether memory is counted by version 1 of the cgroups, which nothing here reads: "number:controllers:name".
fn has_old_memory(own: &str) -> bool {
    let controllers =
        |line: &str| line.split(':').nth(1).is_some_and(|list| list.split(',').any(|one| one == "memory"));
    own.lines().any(controllers)
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
    fn memory_of_the_first_version_is_not_known() {
        let hybrid = "9:cpu,cpuacct:/a\n4:memory:/docker/1\n0::/a\n";
        for (own, old) in [(hybrid, true), ("0::/user.slice\n", false), ("", false), ("3:blkio,memory:/\n", true)] {
            assert_eq!(has_old_memory(own), old, "{own}");
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
