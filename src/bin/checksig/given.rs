//! What the process was given and Rust changes before `main`: descriptors that were closed, and SIGPIPE that was ignored.
//!
//! Unsafe is a function that the loader calls first, and what it asks Linux.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether descriptors 0, 1 and 2 were closed; Rust opens them on `/dev/null`.
static CLOSED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];

/// Whether SIGPIPE was ignored; Rust ignores it always.
static PIPE_IGNORED: AtomicBool = AtomicBool::new(false);

/// Whether standard input was closed.
pub(crate) fn stdin_was_closed() -> bool {
    CLOSED[0].load(Ordering::Relaxed)
}

/// Whether standard output was closed.
pub(crate) fn stdout_was_closed() -> bool {
    CLOSED[1].load(Ordering::Relaxed)
}

/// Standard output, for who writes to it by Rust's own handle, which takes a descriptor that was closed for success.
pub(crate) fn stdout() -> io::Result<io::Stdout> {
    if stdout_was_closed() { Err(rustix::io::Errno::BADF.into()) } else { Ok(io::stdout()) }
}

/// Whether standard error was closed.
pub(crate) fn stderr_was_closed() -> bool {
    CLOSED[2].load(Ordering::Relaxed)
}

/// Whether whoever started the process wants to hear of a closed pipe by an error rather than by a signal.
pub(crate) fn pipe_was_ignored() -> bool {
    PIPE_IGNORED.load(Ordering::Relaxed)
}

// SAFETY: the section holds functions of C, which the loader calls before anything of Rust's has run; this one needs nothing
// of Rust's that would have to be set up.
#[cfg(target_os = "linux")]
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;

#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "nothing calls it there, and nothing counts as closed"))]
extern "C" fn look() {
    for (descriptor, closed) in (0..).zip(&CLOSED) {
        // SAFETY: the call takes plain numbers, and says of a descriptor that is not open that it is none.
        let flags = unsafe { libc::fcntl(descriptor, libc::F_GETFD) };
        closed.store(flags == -1, Ordering::Relaxed);
    }
    // SAFETY: all bytes zero are a value of this C struct.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: a null pointer changes nothing, and the struct lives through the call.
    let asked = unsafe { libc::sigaction(libc::SIGPIPE, std::ptr::null(), &raw mut action) };
    PIPE_IGNORED.store(asked == 0 && action.sa_sigaction == libc::SIG_IGN, Ordering::Relaxed);
}
