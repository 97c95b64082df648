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

/// Sets a ring up, enters it, asks whether it can read, and lets it go.
pub(crate) fn probe() -> Result<(), Refused> {
    Ring::new(1).map_err(Refused::Setup)?.enter(0, Duration::ZERO).map_err(Refused::Enter)?;
    let ring = IoUring::new(1).map_err(|error| Refused::Setup(Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
    let mut probe = Probe::new();
    // A ring that cannot be asked is asked by using it: a read that it does not know comes back as an error.
    match ring.submitter().register_probe(&mut probe) {
        Ok(()) if !probe.is_supported(opcode::Read::CODE) => Err(Refused::NoReads),
        _ => Ok(()),
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (call, errno) = match self {
            Refused::Setup(errno) => ("io_uring_setup", *errno),
            Refused::Enter(errno) => ("io_uring_enter", *errno),
            Refused::NoReads => return out.write_str("this io_uring does not know reads; Linux 5.11 or newer does"),
        };
        match name_and_remedy(errno) {
            Some((name, remedy)) => write!(out, "{call}: {name}; {remedy}"),
            None => write!(out, "{call}: {errno}"),
        }
    }
}

fn name_and_remedy(errno: Errno) -> Option<(&'static str, &'static str)> {
    const FORBIDDEN: &str =
        "Linux or a container's seccomp profile forbids it; set kernel.io_uring_disabled=0, or allow the call";
    const NO_MEMORY: &str =
        "Linux has no memory for it, or the limit on locked memory is too small; the latter is raised with ulimit -l";
    const FILES: &str = "too many open files; raise the limit with ulimit -n";
    Some(match errno {
        Errno::PERM => ("EPERM", FORBIDDEN),
        Errno::ACCESS => ("EACCES", FORBIDDEN),
        Errno::NOSYS => ("ENOSYS", "this Linux has no io_uring with timed waits; 5.11 or newer has"),
        Errno::INVAL => ("EINVAL", "this Linux does not know the ring's settings; 5.11 or newer does"),
        Errno::NOMEM => ("ENOMEM", NO_MEMORY),
        Errno::MFILE => ("EMFILE", FILES),
        Errno::NFILE => ("ENFILE", FILES),
        _ => return None,
    })
}
