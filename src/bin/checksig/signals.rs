//! SIGINT, SIGTERM and SIGHUP: the first asks the run to stop, and the process ends soon whatever the run does.
//!
//! Prints nothing. A signal that the parent had ignored stays ignored, as `nohup` and a shell's `&` want it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use checksig::Canceller;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::exit::Exit;

/// How long a run may take to stop once it is asked to. It stops in milliseconds, unless a read hangs in the kernel
/// or nobody takes what we write; then waiting longer would help nobody.
const GRACE: Duration = Duration::from_secs(2);

/// Bytes of the stack of the thread that waits for signals, of which it uses 8 KiB.
const STACK_BYTES: usize = 128 * 1024;

/// How soon a second signal is noticed.
const SLICE: Duration = Duration::from_millis(20);

/// A signal that ends a run early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// SIGHUP: the terminal is gone.
    Hangup,
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGTERM: `kill`, `timeout`, a service manager.
    Terminate,
}

impl Signal {
    const ALL: [Signal; 3] = [Signal::Hangup, Signal::Interrupt, Signal::Terminate];

    /// The name of `signal(7)`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Signal::Hangup => "SIGHUP",
            Signal::Interrupt => "SIGINT",
            Signal::Terminate => "SIGTERM",
        }
    }

    const fn number(self) -> i32 {
        match self {
            Signal::Hangup => SIGHUP,
            Signal::Interrupt => SIGINT,
            Signal::Terminate => SIGTERM,
        }
    }

    fn from_number(number: i32) -> Option<Signal> {
        Signal::ALL.into_iter().find(|signal| signal.number() == number)
    }
}

/// What signals came since the run was begun to be watched; none where it is not.
#[derive(Default)]
pub(crate) struct Watch {
    caught: Arc<AtomicI32>,
}

impl Watch {
    /// Starts to watch. Where no thread or handler can be had the signals keep what they do by themselves: they kill.
    pub(crate) fn over(canceller: Canceller) -> Watch {
        let caught = Arc::new(AtomicI32::new(0));
        let watch = Watch { caught: Arc::clone(&caught) };
        let ignored = ignored_signals();
        let wanted = Signal::ALL.map(Signal::number).into_iter().filter(|&number| ignored & (1 << (number - 1)) == 0);
        // The thread is asked for before the handlers: handlers without a thread would swallow the signals.
        let _ = thread::Builder::new().name("signals".to_owned()).stack_size(STACK_BYTES).spawn({
            let wanted: Vec<i32> = wanted.collect();
            move || {
                if let Ok(signals) = Signals::new(wanted) {
                    wait_and_stop(signals, &caught, &canceller);
                }
            }
        });
        watch
    }

    /// The first signal that came, if one came.
    pub(crate) fn caught(&self) -> Option<Signal> {
        Signal::from_number(self.caught.load(Ordering::Acquire))
    }
}

/// Cancels the run at the first signal. Ends the process at the second, or when the run has not ended by itself in
/// time: the main thread may be stuck in a `write(2)` that nobody reads, and so cannot be left to do it.
fn wait_and_stop(mut signals: Signals, caught: &AtomicI32, canceller: &Canceller) {
    let Some(number) = signals.forever().next() else { return };
    let Some(signal) = Signal::from_number(number) else { return };
    // In this order: whoever sees the run cancelled finds the reason.
    caught.store(number, Ordering::Release);
    canceller.cancel();
    let deadline = Instant::now() + GRACE;
    while Instant::now() < deadline && signals.pending().next().is_none() {
        thread::sleep(SLICE);
    }
    std::process::exit(i32::from(Exit::Interrupted(signal).status()));
}

/// The signals that are ignored in this process, one bit each from number 1: `SigIgn` of `proc_pid_status(5)`. A safe
/// program cannot ask `sigaction(2)`.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok()).unwrap_or(0)
}
