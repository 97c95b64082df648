//! The soft limits of this process, as getrlimit(2) gives them.
//!
//! Sets none. rustix's own takes an answer for granted; a filter of system calls, as systemd's `~@resources`, may refuse one.

use std::io;

/// What a process is limited in that a run can come to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Limited {
    /// Open descriptors.
    Descriptors,
    /// Bytes that stay in memory.
    #[cfg_attr(checksig_portable, allow(dead_code, reason = "only rings lock memory"))]
    LockedMemory,
    /// Bytes of the address space.
    Addresses,
}

/// The number, or `None` where there is no limit.
#[allow(unsafe_code, reason = "no crate that is used here says when the system refuses")]
pub(super) fn soft_limit(of: Limited) -> io::Result<Option<u64>> {
    let resource = match of {
        Limited::Descriptors => libc::RLIMIT_NOFILE,
        Limited::LockedMemory => libc::RLIMIT_MEMLOCK,
        Limited::Addresses => libc::RLIMIT_AS,
    };
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: by POSIX the call writes one rlimit, which is alive here, and touches no other memory.
    if unsafe { libc::getrlimit(resource, &raw mut limit) } != 0 {
        return Err(io::Error::last_os_error());
    }
    #[allow(clippy::useless_conversion, reason = "the type is signed on FreeBSD")]
    let number = u64::try_from(limit.rlim_cur).ok();
    Ok(number.filter(|_| limit.rlim_cur != libc::RLIM_INFINITY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_that_a_process_of_its_own_is_told() {
        for (of, option) in [(Limited::Descriptors, "-n"), (Limited::Addresses, "-v")] {
            let output = std::process::Command::new("sh").args(["-c", &format!("ulimit {option}")]).output().unwrap();
            let told = String::from_utf8(output.stdout).unwrap().trim().parse::<u64>().ok();
            let unit = if matches!(of, Limited::Addresses) { 1024 } else { 1 };
            assert_eq!(soft_limit(of).unwrap(), told.map(|number| number * unit), "{of:?}");
        }
    }
}
