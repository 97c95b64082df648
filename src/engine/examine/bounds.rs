//! What this process may take: limits and CPUs.
//!
//! Reads /proc; changes nothing.

use std::fs;

use super::cgroups::Cgroups;
use super::found::{LimitFound, Trouble};
use crate::engine::readers::ladder::{few_descriptors, want_of_descriptors};
use crate::engine::shared::Shared;
use crate::engine::softlimit::{Limited, soft_limit};

/// The limits that a run can come to.
pub(super) fn limits(shared: Option<&Shared>, cgroups: &Cgroups) -> Vec<LimitFound> {
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
    let is_known = cgroups.knows_memory();
    limits.push(LimitFound { is_known, ..limit("memory of the cgroup", cgroups.memory_bytes()) });
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
        let limits = limits(None, &Cgroups::of_this_process());
        assert!(limits[0].name == "open files" && limits[0].most != Some(0));
        match cpus_allowed() {
            Some(cpus) => assert!(cpus > 0),
            None => println!("NOT RUN: no /proc here"),
        }
    }
}
