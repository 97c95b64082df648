//! What the threads of one run share: its root and choices, the stop flag, the counters, and what went wrong.
//!
//! Starts nothing and decides nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::confirm::Confirmers;
use super::outbox::Outbox;
use super::readers::Readers;
use crate::error::Error;
use crate::hash::{Kernel, Kernels};
use crate::limits;
use crate::plan::{LargestFirst, Planned};
#[cfg(test)]
use crate::read::faulty::{Faulty, Script};
use crate::read::{Failure, Source};
use crate::readerkind::{ReaderChoice, ReaderKind};
use crate::report::{ReaderUse, Record};
use crate::root::Root;

/// The state of one run.
pub(super) struct Shared {
    pub(super) root: Arc<Root>,
    pub(super) kernels: Kernels,
    pub(super) choice: ReaderChoice,
    /// Workers that there may be, and files that each may have in progress.
    pub(super) workers_max: usize,
    pub(super) files_per_worker: usize,
    /// Descriptors that this process may have.
    pub(super) descriptors_max: u64,
    pub(super) outbox: Outbox,
    pub(super) counters: Counters,
    pub(super) readers: Readers,
    pub(super) confirmers: Confirmers,
    /// Files that are to be begun before all others.
    pub(super) huge: Mutex<LargestFirst<Planned>>,
    /// The run is to end as soon as it can.
    pub(super) stop: Arc<AtomicBool>,
    /// A file had another digest than at its second reading: from now on only plain pread and the crate `sha1` are trusted.
    pub(super) distrust: AtomicBool,
    pub(super) cancelled: AtomicBool,
    /// What goes wrong in the sources of a test's run.
    #[cfg(test)]
    pub(super) script: Option<Arc<Script>>,
    stopped_at: OnceLock<Instant>,
    fault: Mutex<Option<Error>>,
    reasons: Mutex<Vec<String>>,
}

/// Numbers that grow while a run goes on.
#[derive(Default)]
pub(super) struct Counters {
    pub(super) files_planned: AtomicU64,
    pub(super) planned_all: AtomicBool,
    pub(super) files_done: AtomicU64,
    pub(super) files_failed: AtomicU64,
    pub(super) bytes_done: AtomicU64,
    pub(super) manifest_bytes: AtomicU64,
    pub(super) workers: AtomicU64,
    by_kernel: [AtomicU64; Kernel::ALL.len()],
    by_reader: [(AtomicU64, AtomicU64); ReaderKind::ALL.len()],
}

impl Shared {
    pub(super) fn new(root: Root, kernels: Kernels, choice: ReaderChoice, workers_max: usize, ordered: bool) -> Shared {
        let descriptors_max = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
        Shared {
            root: Arc::new(root),
            kernels,
            choice,
            workers_max,
            files_per_worker: limits::files_per_worker(workers_max, descriptors_max),
            descriptors_max,
            outbox: Outbox::new(ordered),
            counters: Counters::default(),
            readers: Readers::default(),
            confirmers: Confirmers::default(),
            huge: Mutex::new(LargestFirst::new(limits::HUGE_FILES_MAX)),
            stop: Arc::new(AtomicBool::new(false)),
            distrust: AtomicBool::new(false),
            cancelled: AtomicBool::new(false),
            #[cfg(test)]
            script: None,
            stopped_at: OnceLock::new(),
            fault: Mutex::new(None),
            reasons: Mutex::new(Vec::new()),
        }
    }

    /// A source of this run as it is to be driven: itself, or in a test one that goes wrong where it is told to.
    pub(super) fn driven(&self, source: impl Source + 'static) -> Box<dyn Source> {
        #[cfg(test)]
        if let Some(script) = &self.script {
            return Box::new(Faulty::new(Box::new(source), Arc::clone(script)));
        }
        Box::new(source)
    }

    pub(super) fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Ends the run because the caller wishes it.
    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
        self.stop();
    }

    fn stop(&self) {
        self.stopped_at.get_or_init(Instant::now);
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Whether the run was stopped so many milliseconds ago or more.
    pub(super) fn is_overdue_for(&self, milliseconds: u64) -> bool {
        self.stopped_at.get().is_some_and(|at| at.elapsed() >= Duration::from_millis(milliseconds))
    }

    /// Repeats what failed for a reason that may pass, as often as is allowed and as long as the run goes on.
    pub(super) fn patiently<T>(&self, mut call: impl FnMut() -> Result<T, Failure>) -> Result<T, Failure> {
        for _ in 1..limits::PASSING_TRIES_MAX {
            match call() {
                Err(failure) if failure.may_pass() && !self.stopping() => {
                    std::thread::sleep(Duration::from_millis(limits::LOOK_AROUND_MS));
                }
                result => return result,
            }
        }
        call()
    }

    /// Ends the run because it cannot go on. The first reason stands.
    pub(super) fn fail(&self, error: Error) {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        self.stop();
    }

    /// Why the run could not go on, if it could not.
    pub(super) fn take_fault(&self) -> Option<Error> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Notes why a reader or a kernel was chosen or left out, once for each reason.
    pub(super) fn note_reason(&self, reason: String) {
        let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }

    pub(super) fn reasons(&self) -> Vec<String> {
        self.reasons.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Hands records on and counts them.
    pub(super) fn deliver(&self, records: &mut Vec<(u64, Record)>) {
        let (mut done, mut failed) = (0, 0);
        for (_, record) in records.iter() {
            if let Record::File(file) = record {
                done += 1;
                failed += u64::from(!file.outcome.is_match());
                if let (Some(reader), Some(bytes)) = (file.reader, file.size_bytes) {
                    self.counters.count_reader(reader, bytes);
                }
            }
        }
        self.counters.files_done.fetch_add(done, Ordering::Relaxed);
        self.counters.files_failed.fetch_add(failed, Ordering::Relaxed);
        self.outbox.put(records);
    }

    /// Takes the largest of the huge files.
    pub(super) fn next_huge(&self) -> Option<Planned> {
        self.huge.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

impl Counters {
    /// Counts what the kernels have hashed of a worker's files.
    pub(super) fn count_kernels(&self, hashed_bytes: impl Fn(Kernel) -> u64) {
        for kernel in Kernel::ALL {
            self.by_kernel[kernel as usize].fetch_add(hashed_bytes(kernel), Ordering::Relaxed);
        }
    }

    /// The kernel that hashed the most, if any hashed anything.
    pub(super) fn kernel(&self) -> Option<Kernel> {
        let hashed = |kernel: &Kernel| self.by_kernel[*kernel as usize].load(Ordering::Relaxed);
        Kernel::ALL.into_iter().filter(|kernel| hashed(kernel) > 0).max_by_key(hashed)
    }

    fn count_reader(&self, reader: ReaderKind, bytes: u64) {
        let (files, total) = &self.by_reader[reader as usize];
        files.fetch_add(1, Ordering::Relaxed);
        total.fetch_add(bytes, Ordering::Relaxed);
    }

    /// What came by which reader, without those that brought nothing.
    pub(super) fn readers(&self) -> Vec<ReaderUse> {
        ReaderKind::ALL
            .into_iter()
            .map(|kind| {
                let (files, bytes) = &self.by_reader[kind as usize];
                ReaderUse { kind, files: files.load(Ordering::Relaxed), bytes: bytes.load(Ordering::Relaxed) }
            })
            .filter(|used| used.files > 0)
            .collect()
    }
}

/// Threads of a run that have not ended. They are waited for by what they drop, so that the wait can be given up.
pub(super) struct Crew {
    token: Option<Sender<()>>,
    gone: Receiver<()>,
}

impl Default for Crew {
    fn default() -> Crew {
        let (token, gone) = bounded(1);
        Crew { token: Some(token), gone }
    }
}

impl Crew {
    /// Starts a thread of the run. A panic in it ends the run with an error, not the process.
    pub(super) fn spawn(
        &self,
        name: &str,
        shared: &Arc<Shared>,
        work: impl FnOnce() + Send + 'static,
    ) -> std::io::Result<()> {
        let token = self.token.clone();
        let shared = Arc::clone(shared);
        let body = move || {
            if catch_unwind(AssertUnwindSafe(work)).is_err() {
                shared.fail(Error::Internal("a thread of the run panicked".to_owned()));
            }
            drop(shared);
            drop(token);
        };
        std::thread::Builder::new().name(name.to_owned()).spawn(body).map(drop)
    }

    /// Waits until every thread has ended, or until the run is overdue: a thread may hang in a read that no signal ends.
    /// Such a thread is left behind with what it holds.
    pub(super) fn wait(&mut self, shared: &Shared) {
        self.token = None;
        while self.gone.recv_timeout(Duration::from_millis(limits::LOOK_AROUND_MS)) == Err(RecvTimeoutError::Timeout) {
            if shared.is_overdue_for(limits::STOP_MS_MAX) {
                return;
            }
        }
    }
}
