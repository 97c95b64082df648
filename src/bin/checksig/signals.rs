//! SIGINT, SIGTERM and SIGHUP: the first asks the run to stop, and the process ends soon whatever the run does. SIGUSR1: asks
//! how far it is.
//!
//! They are minded before anything is made that would be left behind. Finds no words. A signal that the parent had ignored stays ignored, as `nohup` and a shell's `&` want it.

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use checksig::{Canceller, Progress, Run};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;

use crate::exit::Exit;
use crate::render::{Leftovers, cut_off};

/// How long a run may take to stop once it is asked to, and to say what it found. It stops in milliseconds, unless a read
/// hangs in the kernel, and then in [`checksig::limits::CONDUCTOR_MS_MAX`]; where nobody takes what we write, waiting longer
/// would help nobody.
const GRACE: Duration = Duration::from_millis(950);

const _: () =
    assert!(checksig::limits::CONDUCTOR_MS_MAX + 100 < GRACE.as_millis() as u64, "the summary is to be written");

/// Bytes of the stack of the thread that waits for signals, of which it uses 8 KiB.
const STACK_BYTES: usize = 128 * 1024;

/// How soon a second signal is noticed.
const SLICE: Duration = Duration::from_millis(20);

/// How long a signal may take to be noticed. One from the terminal goes to every process of a pipeline, and whoever reads ours
/// may be gone before it is here.
const NOTICED: Duration = Duration::from_millis(50);

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

/// What signals came since the process began.
pub(crate) struct Watch {
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    caught: AtomicI32,
    asked: AtomicBool,
    /// How far the run was, when it was last seen.
    progress: Mutex<Progress>,
    /// What stops the run, once there is one.
    canceller: Mutex<Option<Canceller>>,
    leftovers: Mutex<Leftovers>,
}

impl Watch {
    /// Starts to watch. Where no thread or handler can be had the signals keep what they do by themselves: they kill.
    pub(crate) fn begin() -> Watch {
        // A file that may not grow (`ulimit -f`) is an error of the write, which removes what was begun, once the signal ends nothing.
        let _ = signal_hook::flag::register(libc::SIGXFSZ, Arc::default());
        let state = Arc::new(State::default());
        let watch = Watch { state: Arc::clone(&state) };
        let ignored = ignored_signals();
        let wanted = Signal::ALL.map(Signal::number).into_iter().chain([SIGUSR1]);
        let wanted: Vec<i32> = wanted.filter(|&number| ignored & (1 << (number - 1)) == 0).collect();
        // The thread is asked for before the handlers: handlers without a thread would swallow the signals.
        let (hand_over, taken) = mpsc::channel();
        let body = move || {
            if let Ok(signals) = taken.recv() {
                wait_and_stop(signals, &state);
            }
        };
        if thread::Builder::new().name("signals".to_owned()).stack_size(STACK_BYTES).spawn(body).is_ok()
            && let Ok(signals) = Signals::new(wanted)
        {
            let _ = hand_over.send(signals);
        }
        watch
    }

    /// Minds what the end of the process would leave behind from now on.
    pub(crate) fn mind(&self, leftovers: Leftovers) {
        *lock(&self.state.leftovers) = leftovers;
    }

    /// Minds a run too, and what it would leave behind; one that begins after a signal ends at once.
    pub(crate) fn over(&self, run: &Run) {
        lock(&self.state.leftovers).add(run.temporary());
        let canceller = run.canceller();
        *lock(&self.state.canceller) = Some(canceller.clone());
        // Whoever caught a signal before that line has found no run to cancel.
        if self.caught().is_some() {
            canceller.cancel();
        }
    }

    /// The first signal that came to end the run, if one came.
    pub(crate) fn caught(&self) -> Option<Signal> {
        Signal::from_number(self.state.caught.load(Ordering::Acquire))
    }

    /// Whether a signal came to end the run, or comes in a moment.
    pub(crate) fn catches_soon(&self) -> bool {
        let deadline = Instant::now() + NOTICED;
        while self.caught().is_none() && Instant::now() < deadline {
            thread::sleep(NOTICED / 10);
        }
        self.caught().is_some()
    }

    /// Whether somebody has asked how far the run is, since this was last called.
    pub(crate) fn is_asked(&self) -> bool {
        self.state.asked.swap(false, Ordering::Relaxed)
    }

    /// Notes how far the run is.
    pub(crate) fn note(&self, progress: Progress) {
        *lock(&self.state.progress) = progress;
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Cancels the run at the first signal. Ends the process at the second, or when the run has not ended by itself in
/// time: the main thread may be stuck in a `write(2)` that nobody reads, and so cannot be left to do it.
fn wait_and_stop(mut signals: Signals, state: &State) {
    let signal = loop {
        match signals.forever().next() {
            Some(SIGUSR1) => state.asked.store(true, Ordering::Relaxed),
            Some(number) => match Signal::from_number(number) {
                Some(signal) => break signal,
                None => return,
            },
            None => return,
        }
    };
    // In this order: whoever sees the run cancelled finds the reason.
    state.caught.store(signal.number(), Ordering::Release);
    if let Some(canceller) = &*lock(&state.canceller) {
        canceller.cancel();
    }
    let deadline = Instant::now() + GRACE;
    while Instant::now() < deadline && signals.pending().all(|number| number == SIGUSR1) {
        thread::sleep(SLICE);
    }
    let progress = *lock(&state.progress);
    lock(&state.leftovers).clean_up(&cut_off(signal, &progress));
    std::process::exit(i32::from(Exit::Interrupted(signal).status()));
}

/// The signals that are ignored in this process, one bit each from number 1: `SigIgn` of `proc_pid_status(5)`. A safe
/// program cannot ask `sigaction(2)`.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok()).unwrap_or(0)
}
