//! What the threads of one run share: its root and choices, the stop flag, the counters, and what went wrong.
//!
//! Starts nothing and decides nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
use crossbeam::utils::CachePadded;

use super::confirm::Confirmers;
use super::options::Resources;
use super::outbox::Outbox;
use super::readers::Readers;
use crate::error::Error;
use crate::hash::{Kernel, Kernels};
use crate::limits;
use crate::plan::{LargestFirst, Planned};
#[cfg(test)]
use crate::read::faulty::{Faulty, Script};
use crate::read::{DeviceKind, Devices, Failure, Manner, Source, kind_of};
use crate::readerkind::{CacheEffect, Origin, ReaderChoice, ReaderKind};
use crate::report::{ReaderUse, Record};
use crate::root::Root;
use crate::verdict::Outcome;

/// The state of one run.
pub(super) struct Shared {
    pub(super) root: Arc<Root>,
    pub(super) kernels: Kernels,
    /// What the run may use, within the limits; and its reader once more, by a shorter name.
    pub(super) resources: Resources,
    pub(super) choice: ReaderChoice,
    /// What the root lies on.
    pub(super) device: DeviceKind,
    /// How files are read where they are waited for.
    pub(super) manner: Arc<Manner>,
    /// Workers that there may be, and files that each may have in progress.
    pub(super) workers_max: usize,
    pub(super) files_per_worker: usize,
    /// Descriptors that this process may have.
    pub(super) descriptors_max: u64,
    pub(super) outbox: Outbox,
    /// Written by every thread, and so in cache lines of their own.
    pub(super) counters: CachePadded<Counters>,
    pub(super) readers: Readers,
    pub(super) confirmers: Confirmers,
    /// Files that are to be begun before all others.
    huge: Mutex<LargestFirst<Planned>>,
    /// How many they are.
    huge_files: AtomicUsize,
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
    pub(super) files_missing: AtomicU64,
    pub(super) bytes_done: AtomicU64,
    pub(super) files_sized: AtomicU64,
    pub(super) bytes_sized: AtomicU64,
    pub(super) manifest_bytes: AtomicU64,
    pub(super) workers: AtomicU64,
    by_kernel: [AtomicU64; Kernel::ALL.len()],
    by_reader: [[Total; Origin::ALL.len()]; ReaderKind::ALL.len()],
}

/// What one reader brought from one place.
#[derive(Default)]
struct Total {
    files: AtomicU64,
    bytes: AtomicU64,
}

/// What the readers of one worker have brought since it was last counted.
#[derive(Default)]
pub(super) struct Brought([[Sum; Origin::ALL.len()]; ReaderKind::ALL.len()]);

#[derive(Default)]
struct Sum {
    files: u64,
    bytes: u64,
}

impl Brought {
    /// Adds a file whose last byte this reader brought: one of the device if any byte of it had to come from there.
    pub(super) fn add(&mut self, reader: ReaderKind, bytes: u64, device_bytes: u64) {
        let [cache, device] = &mut self.0[reader as usize];
        cache.bytes += bytes - device_bytes;
        device.bytes += device_bytes;
        if device_bytes > 0 { device.files += 1 } else { cache.files += 1 }
    }
}

impl Shared {
    pub(super) fn new(
        root: Root,
        kernels: Kernels,
        resources: impl Into<Resources>,
        workers_max: usize,
        ordered: bool,
    ) -> Shared {
        let resources = resources.into();
        let descriptors_max = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
        let device = root.device().map_or(DeviceKind::Local, |(directory, number)| kind_of(directory, number));
        let manner = Manner {
            from_media: resources.from_media,
            is_neutral: resources.cache == CacheEffect::Neutral,
            by_block: device == DeviceKind::Rotating,
            devices: Devices::default(),
        };
        Shared {
            root: Arc::new(root),
            kernels,
            resources,
            choice: resources.reader,
            device,
            manner: Arc::new(manner),
            workers_max,
            files_per_worker: limits::files_per_worker(workers_max, descriptors_max),
            descriptors_max,
            outbox: Outbox::new(ordered),
            counters: CachePadded::default(),
            readers: Readers::default(),
            confirmers: Confirmers::default(),
            huge: Mutex::new(LargestFirst::new(limits::HUGE_FILES_MAX)),
            huge_files: AtomicUsize::new(0),
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

    /// Buffers of each worker: a third of the memory, if there is little.
    pub(super) fn worker_buffers(&self) -> usize {
        let share = |bytes: u64| bytes as usize / 3 / self.workers_max / limits::WORKER_BUFFER_BYTES;
        self.resources
            .memory_bytes
            .map_or(limits::WORKER_BUFFERS, |bytes| share(bytes).clamp(1, limits::WORKER_BUFFERS))
    }

    /// Bytes of the buffers of all readers.
    pub(super) fn reader_memory(&self) -> usize {
        let of_workers = self.workers_max * self.worker_buffers() * limits::WORKER_BUFFER_BYTES;
        let left = |bytes: u64| (bytes as usize).saturating_sub(of_workers).max(limits::LARGE_BUFFER_BYTES);
        self.resources.memory_bytes.map_or(limits::READER_MEMORY_BYTES, left)
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
        let (mut done, mut failed, mut missing) = (0, 0, 0);
        for (_, record) in records.iter() {
            if let Record::File(file) = record {
                done += 1;
                failed += u64::from(!file.outcome.is_match());
                missing += u64::from(file.outcome == Outcome::Missing);
            }
        }
        // Whoever sees that all are done sees how many of them are missing, and puts what comes next behind them.
        self.outbox.put(records);
        self.counters.files_failed.fetch_add(failed, Ordering::Relaxed);
        self.counters.files_missing.fetch_add(missing, Ordering::Relaxed);
        self.counters.files_done.fetch_add(done, Ordering::Release);
    }

    /// Keeps a huge file for whoever asks first, or gives it back where there is no room.
    pub(super) fn keep_huge(&self, bytes: u64, planned: Planned) -> Result<(), Planned> {
        self.with_huge(|huge| huge.push(bytes, planned))
    }

    /// Takes the largest of the huge files. It is asked for before every file, and mostly there is none: that is seen
    /// without the lock. Who is told of one by the queue sees it here, as it was counted before.
    pub(super) fn next_huge(&self) -> Option<Planned> {
        if self.huge_files.load(Ordering::Relaxed) == 0 {
            return None;
        }
        self.with_huge(LargestFirst::pop)
    }

    fn with_huge<T>(&self, change: impl FnOnce(&mut LargestFirst<Planned>) -> T) -> T {
        let mut huge = self.huge.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = change(&mut huge);
        self.huge_files.store(huge.len(), Ordering::Relaxed);
        changed
    }
}

impl Counters {
    /// Counts files whose size has become known, and their bytes. Both may be numbers below 0 that have wrapped around.
    pub(super) fn learn_sizes(&self, (files, bytes): (u64, u64)) {
        if (files, bytes) != (0, 0) {
            self.files_sized.fetch_add(files, Ordering::Relaxed);
            self.bytes_sized.fetch_add(bytes, Ordering::Relaxed);
        }
    }

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

    /// Counts what a worker's readers have brought.
    pub(super) fn count_brought(&self, brought: &mut Brought) {
        for (total, brought) in self.by_reader.iter().flatten().zip(brought.0.iter_mut().flatten()) {
            if brought.files > 0 || brought.bytes > 0 {
                total.files.fetch_add(brought.files, Ordering::Relaxed);
                total.bytes.fetch_add(brought.bytes, Ordering::Relaxed);
                *brought = Sum::default();
            }
        }
    }

    /// What came by which reader, without those that brought nothing.
    pub(super) fn readers(&self) -> Vec<ReaderUse> {
        ReaderKind::ALL
            .into_iter()
            .map(|kind| {
                let of = |origin: Origin| {
                    let brought = &self.by_reader[kind as usize][origin as usize];
                    (brought.files.load(Ordering::Relaxed), brought.bytes.load(Ordering::Relaxed))
                };
                let ((files, bytes), (device_files, device_bytes)) = (of(Origin::Cache), of(Origin::Device));
                ReaderUse { kind, files: files + device_files, bytes: bytes + device_bytes, device_files, device_bytes }
            })
            .filter(|used| used.files > 0 || used.bytes > 0)
            .collect()
    }
}

#[cfg(test)]
impl From<ReaderChoice> for Resources {
    fn from(reader: ReaderChoice) -> Resources {
        Resources { reader, ..Resources::default() }
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
