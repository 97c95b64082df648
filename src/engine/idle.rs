//! Takes the calling thread, and all that it will start, to the end of every queue: SCHED_IDLE for the CPU, and the idle class
//! for the disk.
//!
//! Touches no other thread: on Linux both are a matter of one thread, and a new one has them of that which started it
//! (sched(7), ioprio_set(2)). Reads that a ring makes have the class of the thread that submits them.

use rustix::io::Errno;

/// `IOPRIO_WHO_PROCESS` of `linux/ioprio.h`: a thread, by its number, and 0 is the one that calls.
const WHO_THREAD: libc::c_int = 1;

/// `IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)`.
const IDLE_CLASS: libc::c_int = 3 << 13;

/// The lowest of the ordinary priorities, for where there is no idle one.
const NICE_MOST: i32 = 19;

/// Gives way to everybody else; says of each call that was refused what it means.
pub(super) fn give_way() -> Vec<String> {
    let cpu = idle_cpu().err().map(|errno| {
        let niced = rustix::process::setpriority_process(None, NICE_MOST).is_ok();
        let instead = if niced { "nice 19 takes its place" } else { "the threads have the priority of the others" };
        format!("idle: sched_setscheduler: {errno}; {instead}; a seccomp profile may allow the call")
    });
    let disk = idle_disk().err().map(|errno| {
        format!("idle: ioprio_set: {errno}; reads have the priority of others; a seccomp profile may allow the call")
    });
    cpu.into_iter().chain(disk).collect()
}

#[allow(unsafe_code, reason = "no crate has sched_setscheduler(2)")]
fn idle_cpu() -> Result<(), Errno> {
    // Zeros are a whole value of this type on every C library, some of which have more members than the priority.
    // SAFETY: it is a struct of integers, of which every pattern of bits is a value.
    let priority: libc::sched_param = unsafe { std::mem::zeroed() };
    // SAFETY: the parameter lives through the call, which reads it; 0 is the calling thread.
    result_of(unsafe { libc::sched_setscheduler(0, libc::SCHED_IDLE, &raw const priority) }.into())
}

#[allow(unsafe_code, reason = "libc has no function for this call")]
fn idle_disk() -> Result<(), Errno> {
    // SAFETY: the call takes plain numbers.
    result_of(unsafe { libc::syscall(libc::SYS_ioprio_set, WHO_THREAD, 0, IDLE_CLASS) })
}

fn result_of(result: libc::c_long) -> Result<(), Errno> {
    let errno = || Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::INVAL);
    if result == 0 { Ok(()) } else { Err(errno()) }
}
