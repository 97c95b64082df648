//! What the threads of one run share: its root and choices, the stop flag, the numbers of `counters`, and what went wrong.
//!
//! Starts nothing and decides nothing.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crossbeam::utils::CachePadded;

use super::asked::less_memory;
use super::confirm::Confirmers;
use super::counters::Counters;
use super::ledger::Ledgers;
use super::means::{Bounds, Means};
use super::memory;
use super::options::Resources;
use super::outbox::Outbox;
use super::readers::Readers;
use crate::error::Error;
use crate::hash::Kernels;
use crate::limits;
use crate::plan::{LargestFirst, Planned};
#[cfg(test)]
use crate::read::faulty::{Faulty, Script};
use crate::read::{Apart, Devices, Manner, Pace, Source, how_it_is_worse};
use crate::readerkind::{CacheEffect, DeviceKind, ReaderChoice};
use crate::report::Record;
use crate::root::Root;
use crate::verdict::Outcome;

/// The state of one run.
pub(super) struct Shared {
    pub(super) root: Arc<Root>,
    /// What there is before there are threads: see [`Shared::kernels`].
    first_kernels: Kernels,
    /// What the run may use, within the limits.
    pub(super) resources: Resources,
    /// How files are read where they are waited for.
    pub(super) manner: Arc<Manner>,
    /// None as long as the run is done by its caller alone.
    means: OnceLock<Means>,
    /// What that may take.
    pub(super) small: Bounds,
    pub(super) outbox: Outbox,
    /// Written by every thread, and so in cache lines of their own.
    pub(super) counters: CachePadded<Counters>,
    pub(super) ledgers: Ledgers,
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

impl Shared {
    /// The state of a run that has no threads yet.
    pub(super) fn new(root: Root, kernels: Kernels, resources: Resources, ordered: bool) -> Shared {
        let manner = Manner {
            from_media: resources.from_media,
            is_neutral: resources.cache == CacheEffect::Neutral,
            by_block: AtomicBool::new(false),
            devices: Devices::default(),
            pace: Pace::new(resources.limit_rate_bytes),
            apart: Apart::default(),
        };
        Shared {
            root: Arc::new(root),
            first_kernels: kernels,
            resources,
            manner: Arc::new(manner),
            means: OnceLock::new(),
            small: Bounds::default(),
            outbox: Outbox::new(ordered),
            counters: CachePadded::default(),
            ledgers: Ledgers::default(),
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

    /// Bytes of all buffers, if they are limited.
    fn memory_bytes(&self) -> Option<u64> {
        self.means.get().map_or(self.resources.memory_bytes, |means| means.memory_bytes)
    }

    /// Buffers of each worker.
    pub(super) fn worker_buffers(&self) -> usize {
        let Some(bytes) = self.memory_bytes() else { return limits::WORKER_BUFFERS };
        // The first worker may be made before anything else is known; it keeps its buffers among others.
        let at_most = || self.resources.workers_at_most().min(memory::workers_max(Some(bytes)));
        memory::worker_buffers(Some(bytes), self.means.get().map_or_else(at_most, |means| means.workers_max))
    }

    /// Bytes of the buffers of all readers, and of those of files that are kept apart.
    pub(super) fn reader_memory(&self) -> (usize, usize) {
        memory::of_readers(self.memory_bytes(), self.workers_max(), self.manner.may_keep_apart())
    }

    /// Whether the run has no threads yet: its caller does it alone.
    pub(super) fn is_small(&self) -> bool {
        self.means.get().is_none()
    }

    /// Gives the run what it has to go by once it has threads. The first that are given stand.
    pub(super) fn equip(&self, means: Means) {
        self.root.keep_near(false);
        self.manner.by_block.store(means.device == DeviceKind::Rotating, Ordering::Relaxed);
        if self.resources.reader == ReaderChoice::Auto && means.device != DeviceKind::Remote {
            self.manner.keep_apart(self.root.device().map(|(_, number)| number));
        }
        self.ledgers.make_room(means.workers_max);
        self.note_wrong(&means.kernels);
        how_it_is_worse().into_iter().for_each(|reason| self.note_reason(reason));
        less_memory(&self.resources, &means).into_iter().for_each(|reason| self.note_reason(reason));
        let _ = self.means.set(means);
    }

    /// Notes what is left out of these kernels.
    pub(super) fn note_wrong(&self, kernels: &Kernels) {
        for wrong in kernels.wrong() {
            self.note_reason(format!(
                "kernel {wrong}: left out, since it gave a wrong digest on this CPU; if another machine has no such \
                 complaint, this CPU or its memory is failing"
            ));
        }
    }

    /// What the threads go by; there are none before there is this.
    pub(super) fn means(&self) -> &Means {
        self.means.get().expect("a run is equipped before it has threads")
    }

    /// The kernels that are used from now on.
    pub(super) fn kernels(&self) -> &Kernels {
        self.means.get().map_or(&self.first_kernels, |means| &means.kernels)
    }

    /// Workers that there may be, its caller's thread among them.
    pub(super) fn workers_max(&self) -> usize {
        self.means.get().map_or(1, |means| means.workers_max)
    }

    /// Files that each worker may have in progress.
    pub(super) fn files_per_worker(&self) -> usize {
        self.means.get().map_or(limits::SMALL_FILES_MAX, |means| means.files_per_worker)
    }

    /// A source of this run as it is to be driven: itself, or in a test one that goes wrong where it is told to.
    pub(super) fn driven(&self, source: impl Source + 'static) -> Box<dyn Source> {
        #[cfg(test)]
        if let Some(script) = &self.script {
            return Box::new(Faulty::new(source, Arc::clone(script), Arc::clone(&self.root)));
        }
        Box::new(source)
    }

    /// The same for a source that one thread may leave to another.
    pub(super) fn driven_anywhere(&self, source: impl Source + Send + 'static) -> Box<dyn Source + Send> {
        #[cfg(test)]
        if let Some(script) = &self.script {
            return Box::new(Faulty::new(source, Arc::clone(script), Arc::clone(&self.root)));
        }
        Box::new(source)
    }

    /// How long a thread that has nothing to do waits before it looks around: less where a read will be allowed before.
    pub(super) fn look_around(&self) -> Duration {
        self.manner.pace.pause(Duration::from_millis(limits::LOOK_AROUND_MS))
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
        let reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner).clone();
        reasons.into_iter().chain(self.manner.reasons()).collect()
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

#[cfg(test)]
impl Shared {
    /// The state of a run with so many workers.
    pub(super) fn with_workers(
        root: Root,
        kernels: Kernels,
        resources: impl Into<Resources>,
        workers_max: usize,
        ordered: bool,
    ) -> Shared {
        let shared = Shared::new(root, kernels.clone(), resources.into(), ordered);
        shared.equip(Means::with(&shared.root, &shared.resources, kernels, workers_max));
        shared
    }
}

#[cfg(test)]
impl From<ReaderChoice> for Resources {
    fn from(reader: ReaderChoice) -> Resources {
        Resources { reader, ..Resources::default() }
    }
}
