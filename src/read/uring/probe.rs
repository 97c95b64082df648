//! Whether io_uring can be had here, and if not, why and what to do about it.
//!
//! Asks Linux, and keeps nothing of what it asked with.

use std::fmt;
use std::time::Duration;

use io_uring::{IoUring, Probe, opcode};
use rustix::io::Errno;

use super::ring::Ring;

/// Why there is no ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// io_uring_setup(2) said this.
    Setup(Errno),
    /// io_uring_enter(2) said this.
    Enter(Errno),
    /// There is a ring, but it does not know reads.
    NoReads,
}

/// Whether a ring can be had, and reads.
pub(crate) fn probe() -> Result<(), Refused> {
    probe_deferred().map(drop)
}

/// Sets a ring up, enters it, asks whether it can read, and lets it go; says whether it posts completions only when it is asked
/// for them, as Linux has it from 6.1 on.
pub(crate) fn probe_deferred() -> Result<bool, Refused> {
    let mut ring = Ring::new(1).map_err(Refused::Setup)?;
    ring.enter(0, Duration::ZERO).map_err(Refused::Enter)?;
    let is_deferred = ring.is_deferred();
    let ring = IoUring::new(1).map_err(|error| Refused::Setup(Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
    let mut probe = Probe::new();
    // A ring that cannot be asked is asked by using it: a read that it does not know comes back as an error.
    match ring.submitter().register_probe(&mut probe) {
        Ok(()) if !probe.is_supported(opcode::Read::CODE) => Err(Refused::NoReads),
        _ => Ok(is_deferred),
    }
}

impl Refused {
    /// What was refused, and how.
    pub(crate) fn why(&self) -> String {
        let (call, errno) = match self {
            Refused::Setup(errno) => ("io_uring_setup", *errno),
            Refused::Enter(errno) => ("io_uring_enter", *errno),
            Refused::NoReads => return "this io_uring does not know reads".to_owned(),
        };
        match name_of(errno) {
            Some(name) => format!("{call}: {name}"),
            None => format!("{call}: {errno}"),
        }
    }

    /// What somebody can do about it.
    pub(crate) fn remedy(&self) -> Option<String> {
        const FILES: &str = "too many open files; raise the limit with ulimit -n";
        let (Refused::Setup(errno) | Refused::Enter(errno)) = self else {
            return Some("Linux 5.11 or newer has one that does".to_owned());
        };
        Some(
            match *errno {
                Errno::PERM | Errno::ACCESS => return Some(allow(sysctl())),
                Errno::NOSYS => "this Linux, or a sandbox, has no io_uring with timed waits; Linux 5.11 or newer has",
                Errno::INVAL => "this Linux does not know the ring's settings; 5.11 or newer does",
                Errno::NOMEM => NO_MEMORY,
                Errno::MFILE | Errno::NFILE => FILES,
                _ => return None,
            }
            .to_owned(),
        )
    }
}

/// Who allows rings, by `kernel.io_uring_disabled` (Documentation/admin-guide/sysctl/kernel.rst of Linux, from 6.6 on).
fn sysctl() -> Option<u8> {
    let text = std::fs::read_to_string("/proc/sys/kernel/io_uring_disabled").ok()?;
    text.trim().parse().ok()
}

/// What to do where a ring is forbidden.
fn allow(disabled: Option<u8>) -> String {
    match disabled {
        Some(disabled @ 1..) => {
            format!("kernel.io_uring_disabled is {disabled}; root can set it: sysctl kernel.io_uring_disabled=0")
        }
        Some(0) | None => {
            "a seccomp profile forbids it, as those of containers do; let the profile allow io_uring_setup, \
                           io_uring_enter and io_uring_register"
                .to_owned()
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.remedy() {
            Some(remedy) => write!(out, "{}; {remedy}", self.why()),
            None => out.write_str(&self.why()),
        }
    }
}

const NO_MEMORY: &str =
    "Linux has no memory for it, or the limit on locked memory is too small; the latter is raised with ulimit -l";

fn name_of(errno: Errno) -> Option<&'static str> {
    Some(match errno {
        Errno::PERM => "EPERM",
        Errno::ACCESS => "EACCES",
        Errno::NOSYS => "ENOSYS",
        Errno::INVAL => "EINVAL",
        Errno::NOMEM => "ENOMEM",
        Errno::MFILE => "EMFILE",
        Errno::NFILE => "ENFILE",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remedy_is_for_whoever_forbids_it() {
        for disabled in [1, 2] {
            assert!(allow(Some(disabled)).contains("sysctl kernel.io_uring_disabled=0"));
        }
        for disabled in [Some(0), None] {
            assert!(allow(disabled).contains("seccomp") && !allow(disabled).contains("sysctl"));
        }
        let refused = Refused::Setup(Errno::NOMEM).to_string();
        assert_eq!(refused, format!("io_uring_setup: ENOMEM; {NO_MEMORY}"));
        assert!(Refused::NoReads.to_string().contains("5.11"));
    }
}
