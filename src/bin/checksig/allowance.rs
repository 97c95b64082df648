//! Fits the heaps of the process to the addresses that it is allowed, before it has a second thread.
//!
//! Buffers are the library's affair; heaps are the C library's, and a whole process's, so that only a program may choose.

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
