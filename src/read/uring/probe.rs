//! Whether io_uring can be had here, and if not, why and what to do about it.
//!
//! Asks Linux, and keeps nothing of what it asked with.

use io_uring::{IoUring, Probe, opcode};
use rustix::io::Errno;

use super::ring::Ring;

/// Why there is no ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused(Errno);

/// Sets a ring up, asks it whether it can read, and lets it go.
pub(crate) fn probe() -> Result<(), Refused> {
    Ring::new().map_err(Refused)?;
    let ring = IoUring::new(1).map_err(|error| Refused(Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
    let mut probe = Probe::new();
    // A ring that cannot be asked is asked by using it: a read that it does not know comes back as an error.
    match ring.submitter().register_probe(&mut probe) {
        Ok(()) if !probe.is_supported(opcode::Read::CODE) => Err(Refused(Errno::OPNOTSUPP)),
        _ => Ok(()),
    }
}

impl Refused {
    pub(super) fn new(errno: Errno) -> Refused {
        Refused(errno)
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (name, remedy) = match self.0 {
            Errno::PERM | Errno::ACCESS => (
                "EPERM",
                "Linux or a container's seccomp profile forbids it; set kernel.io_uring_disabled=0, or allow io_uring_setup",
            ),
            Errno::NOSYS => ("ENOSYS", "this Linux has no io_uring with timed waits; 5.11 or newer has"),
            Errno::NOMEM => ("ENOMEM", "the limit on locked memory is too small; raise it with ulimit -l"),
            Errno::MFILE | Errno::NFILE => ("EMFILE", "too many open files; raise the limit with ulimit -n"),
            Errno::OPNOTSUPP => ("EOPNOTSUPP", "this ring does not know reads; Linux 5.11 or newer does"),
            Errno::INVAL => ("EINVAL", "this Linux does not know the ring's settings; 5.11 or newer does"),
            errno => return write!(out, "io_uring_setup: {errno}"),
        };
        write!(out, "io_uring_setup: {name}; {remedy}")
    }
}
