//! The handler of SIGBUS: faults in our windows end here, and everything else goes to whoever had the signal before.
//!
//! Must not allocate, lock or print in the handler, and must not take the signal back from a host that has installed a
//! handler after ours: then maps are not used.
//!
//! The handler is installed once, by the first need of a map, and stays: a host may have installed one after ours that hands on to
//! it, and to take ours out would take that one out as well. So the shared library stays in memory, too (`build.rs`).

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};

use super::note_fault;
use crate::limits;

/// Who had the signal before: what `sigaction(2)` said, in memory that is never freed. Null for the default action.
static PREVIOUS: AtomicPtr<libc::sigaction> = AtomicPtr::new(ptr::null_mut());

/// BUS_MCEERR_AO of Linux (`asm-generic/siginfo.h`): memory is broken that this thread has not touched. Of other systems none has a
/// code of this number, nor the crate `libc` the name for them.
const BROKEN_ELSEWHERE: c_int = 5;

/// Whether a fault in a window would come to our handler now. The first question installs it.
pub(in crate::read) fn stands() -> bool {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    // Who takes a handler with signal(3) and puts it back drops the flag, and then nobody says where the fault was.
    let is_ours = |action: libc::sigaction| action.sa_sigaction == address() && has_record(&action);
    *INSTALLED.get_or_init(install) && current().is_some_and(is_ours)
}

/// Lets SIGBUS come to the thread that calls, which must be one of the library's own: it has the mask of whoever started it,
/// and a fault whose signal is blocked ends the process, whatever handler there is. False where that cannot be had.
#[allow(unsafe_code, reason = "no crate that is used here has the calls")]
pub(in crate::read) fn let_through() -> bool {
    let mut only = MaybeUninit::uninit();
    // SAFETY: the call writes an empty set to memory that is one's.
    let emptied = unsafe { libc::sigemptyset(only.as_mut_ptr()) } == 0;
    // SAFETY: the set was emptied just now, and is alive.
    let added = emptied && unsafe { libc::sigaddset(only.as_mut_ptr(), libc::SIGBUS) } == 0;
    // SAFETY: the call reads the set, which was made just now, and writes no other.
    added && unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, only.as_ptr(), ptr::null_mut()) } == 0
}

fn has_record(action: &libc::sigaction) -> bool {
    action.sa_flags & libc::SA_SIGINFO != 0
}

fn address() -> usize {
    handle as extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) as usize
}

fn install() -> bool {
    let Some(before) = current() else { return false };
    remember(before);
    let mut action = empty();
    action.sa_sigaction = address();
    // What the handler before ours asked for, it finds while it runs: whether further signals wait, and whether calls go on.
    // On the stack for signals, since a host may run our code on a stack too small for it.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | before.sa_flags & (libc::SA_NODEFER | libc::SA_RESTART);
    action.sa_mask = before.sa_mask;
    let Some(replaced) = exchange(Some(&action)) else { return false };
    if replaced.sa_sigaction != before.sa_sigaction {
        // Another thread was between the two calls.
        remember(replaced);
    }
    true
}

fn remember(action: libc::sigaction) {
    PREVIOUS.store(Box::into_raw(Box::new(action)), Ordering::Release);
}

/// What has the signal now.
fn current() -> Option<libc::sigaction> {
    exchange(None)
}

#[allow(unsafe_code, reason = "no crate that is used here has the call")]
fn exchange(action: Option<&libc::sigaction>) -> Option<libc::sigaction> {
    let mut before = empty();
    let action = action.map_or(ptr::null(), ptr::from_ref);
    // SAFETY: by its manual page the call reads the first struct, unless it is null, and writes the second; both are
    // alive here. The handlers that are passed are ours, which keeps to what a handler may do, or the default.
    let result = unsafe { libc::sigaction(libc::SIGBUS, action, &raw mut before) };
    (result == 0).then_some(before)
}

#[allow(unsafe_code, reason = "libc has no other way to make one")]
fn empty() -> libc::sigaction {
    // SAFETY: the struct consists of integers and an optional function; zeros are a value of each: the default action.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

/// The handler.
extern "C" fn handle(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // Somebody may have put us back without the flag, with which alone there is a record.
    let told = current().is_some_and(|action| has_record(&action)).then(|| told(info));
    if let Some((code, address)) = told
        && let Some(window) = window_of_fault(code, address)
        && give_zeros(window)
    {
        return;
    }
    hand_on(signal, told.map(|(code, _)| code), info, context);
}

/// The window that such a fault is in, which is marked. BUS_MCEERR_AR and _AO say that memory is broken: never ours.
fn window_of_fault(code: c_int, address: usize) -> Option<usize> {
    if code == libc::BUS_ADRERR { note_fault(address) } else { None }
}

#[allow(unsafe_code, reason = "what a signal brings")]
fn told(info: *mut libc::siginfo_t) -> (c_int, usize) {
    // SAFETY: by sigaction(2) a handler with SA_SIGINFO is handed a valid record, and `handle` has asked just now whether
    // that is what has the signal.
    let info = unsafe { &*info };
    // SAFETY: any bytes of the record are an address; it means something for a fault only, and so it is only used there.
    let address = unsafe { info.si_addr() };
    (info.si_code, address as usize)
}

/// Puts zeros in the place of a window. All of it, so that the number of maps of the process does not grow, of which Linux
/// allows so many only; the file has lost its proof in any case.
#[allow(unsafe_code, reason = "a map at a given address")]
fn give_zeros(window: usize) -> bool {
    let (start, bytes) = (ptr::without_provenance_mut::<c_void>(window), limits::MAP_PLACE_BYTES);
    // SAFETY: the window is ours, whole pages of it, and live: whoever reads it is in this handler, and finds zeros there
    // afterwards. Only where it fails may the call change errno, and
    // then the fault is handed on and not gone back from.
    unsafe { mmap_anonymous(start, bytes, ProtFlags::READ, MapFlags::PRIVATE | MapFlags::FIXED) }.is_ok()
}

/// Does what would have been done without us.
///
/// Where there is no record, nobody can tell a fault from what was sent, and a handler that wants one cannot be called.
fn hand_on(signal: c_int, code: Option<c_int>, info: *mut libc::siginfo_t, context: *mut c_void) {
    let previous = previous();
    let (handler, flags) = previous.map_or((libc::SIG_DFL, 0), |action| (action.sa_sigaction, action.sa_flags));
    // An instruction that faults does so again when it is gone back to; what a process has sent would be over.
    let is_fault = code.is_some_and(|code| code > 0 && code != BROKEN_ELSEWHERE);
    let wants_record = flags & libc::SA_SIGINFO != 0;
    match handler {
        libc::SIG_IGN if !is_fault && code.is_some() => {}
        // Linux lets nobody ignore a fault.
        libc::SIG_DFL | libc::SIG_IGN => {
            exchange(Some(&empty()));
            if !is_fault {
                raise(signal);
            }
        }
        _ if wants_record && code.is_none() => {
            exchange(Some(&empty()));
            raise(signal);
        }
        handler => {
            if flags & libc::SA_RESETHAND != 0 {
                PREVIOUS.store(ptr::null_mut(), Ordering::Release);
            }
            call(handler, wants_record, signal, info, context);
        }
    }
}

#[allow(unsafe_code, reason = "what an atomic pointer points to")]
fn previous() -> Option<&'static libc::sigaction> {
    // SAFETY: the pointer is null or from a Box that is never freed nor written to.
    unsafe { PREVIOUS.load(Ordering::Acquire).as_ref() }
}

#[allow(unsafe_code, reason = "a handler is an address")]
fn call(handler: usize, with_info: bool, signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let handler = ptr::with_exposed_provenance::<()>(handler);
    if with_info {
        // SAFETY: Linux had this address as that of a handler with SA_SIGINFO, which has this type.
        let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = unsafe { std::mem::transmute(handler) };
        handler(signal, info, context);
    } else {
        // SAFETY: Linux had this address as that of a handler without SA_SIGINFO, which has this type.
        let handler: extern "C" fn(c_int) = unsafe { std::mem::transmute(handler) };
        handler(signal);
    }
}

#[allow(unsafe_code, reason = "no crate that is used here has the call")]
fn raise(signal: c_int) {
    // SAFETY: the call takes a number and may be made in a handler.
    unsafe { libc::raise(signal) };
}

#[cfg(test)]
mod tests {
    use super::super::Guard;
    use super::*;

    #[test]
    fn only_a_page_that_is_not_there_makes_zeros_and_broken_memory_never_does() {
        // Addresses that Linux gives to nobody.
        let start = 3_usize << 61;
        let guard = Guard::over(start).unwrap();
        guard.begin(0);
        // BUS_ADRALN, _OBJERR, _MCEERR_AR and _AO, and what a process sends: SI_USER, SI_QUEUE, SI_TKILL.
        for code in [1, 3, 4, BROKEN_ELSEWHERE, 0, -1, -6] {
            assert_eq!((window_of_fault(code, start), guard.fault(0)), (None, None), "{code}");
        }
        assert_eq!((window_of_fault(libc::BUS_ADRERR, start), guard.fault(0)), (Some(start), Some(0)));
    }
}
