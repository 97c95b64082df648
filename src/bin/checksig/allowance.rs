//! Fits the process to what it is allowed, before it has a second thread: few addresses, and short files.
//!
//! Limits are the library's affair; this is about the C library and about signals, which are a whole process's.

/// Where addresses are limited, has one heap for all threads. The C library gives each thread one of 64 MiB of addresses,
/// whatever it holds: three threads took what 400 000 KiB of `ulimit -v` allow.
pub(crate) fn fit_heaps() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: the call writes one rlimit, which is alive here.
        let told = unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) };
        if told == 0 && limit.rlim_cur != libc::RLIM_INFINITY {
            // SAFETY: the call takes two numbers, and there is no other thread yet.
            unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
        }
    }
}

/// Has a file that may not grow (`ulimit -f`) be an error of the write, so that what was begun is removed again, and not the end
/// of the process.
pub(crate) fn hear_of_full_files() {
    // SAFETY: to ignore a signal touches no memory; no handler of anybody's is replaced, as nothing has run yet.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}
