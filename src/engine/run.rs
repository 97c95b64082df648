//! A run in progress, as its caller holds it: started, waited for in slices, asked how far it is, cancelled.
//!
//! Joins root, manifest and plan and starts the conductor; everything after that happens in other threads.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::asked::fewer_workers;
use super::begin::Begun;
use super::conduct::{Conductor, Unreadable};
use super::conducted::Conducted;
use super::creation::Creation;
use super::descriptors::no_descriptor;
use super::moves::Moves;
use super::options::{CreateOptions, HashOptions, Options};
use super::outbox::Taken;
use super::progress::{Progress, not_negative};
use super::sha1sum::Sha1sum;
use super::share::share;
use super::shared::Shared;
use super::watched::Watched;
use crate::error::Error;
use crate::limits;
use crate::manifest::{Formats, LineError};
use crate::plan::{List, Planner, Scope, Stock, Walk};
use crate::report::{Record, Report, Verb};
use crate::root::{OPENAT2_INSTEAD, OPENAT2_REMEDY, Policy, Root};
use crate::verdict::{OutcomeKind, Verdict};

/// What [`Run::next_batch`] brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Batch {
    /// Records, at least one.
    Records(Vec<Record>),
    /// Nothing came in the time allowed; the run goes on.
    Waiting,
    /// The run is over and every record has been handed out.
    Finished,
}

/// A verification, an audit, a creation, or the hashing of a list, that is under way.
///
/// It is in threads of its own, unless it is small: of at most [`limits::SMALL_FILES_MAX`] files in the page cache, with at most
/// [`limits::SMALL_BYTES_MAX`] bytes. Such a run is done by the call that starts it, in a millisecond or less, and nothing
/// is left to do but to take its records. As soon as it turns out that there is more to do, or that a device or anybody else would have to
/// be waited for, the run gets its threads and goes on in them.
///
/// Dropping it cancels it and waits until its threads are gone; a thread that hangs in a read which Linux does not end
/// is left behind after [`limits::STOP_MS_MAX`].
///
/// ```
/// use checksig::{Batch, Options, Run};
/// # let tree = tempfile::tempdir().unwrap();
/// # std::fs::write(tree.path().join("empty"), "").unwrap();
/// # std::fs::write(tree.path().join("sha1sum.txt"), "da39a3ee5e6b4b0d3255bfef95601890afd80709  empty\n").unwrap();
/// # let root = tree.path();
/// let mut run = Run::verify(root, &Options::default())?;
/// loop {
///     match run.next_batch(std::time::Duration::from_millis(100)) {
///         Batch::Records(records) => println!("{} more", records.len()),
///         Batch::Waiting => println!("{} files so far", run.progress().files_done),
///         Batch::Finished => break,
///     }
/// }
/// assert_eq!(run.finish()?.verdict(), checksig::Verdict::Pass);
/// # Ok::<(), checksig::Error>(())
/// ```
pub struct Run {
    pub(super) shared: Arc<Shared>,
    conducted: Conducted,
    pub(super) report: Report,
    creation: Option<Creation>,
    pub(super) manifest: Option<Watched>,
    moves: Option<Moves>,
    /// What a drop-in `sha1sum` has beside.
    pub(super) sha1sum: Option<Sha1sum>,
    started: Instant,
    finished: bool,
}

/// Cancels a run from another thread.
#[derive(Clone)]
pub struct Canceller {
    shared: Arc<Shared>,
}

impl Canceller {
    /// Asks the run to stop: it finishes soon, and what it has not judged is `NotChecked`.
    pub fn cancel(&self) {
        self.shared.cancel();
    }
}

impl Run {
    /// Starts to verify the files below `root` against a manifest.
    pub fn verify(root: &Path, options: &Options) -> Result<Run, Error> {
        Begun::open(root, options, options.policy)?.start(Verb::Verify, options, Stock::Manifest)
    }

    /// Starts to write a manifest of the regular files below `root`, in byte order of their names.
    ///
    /// Records are: `Match` for each file listed; `NotRegular` for what is left out, which does not count against the
    /// run; any other outcome for a file that could not be listed, and then no manifest is written and the old one
    /// stays. A tree without regular files gives no manifest either: it could never pass. Where links are followed, one to
    /// a regular file inside the root is listed as a file, and one to a directory is left out: what is there is listed
    /// under its own name.
    pub fn create(root: &Path, options: &CreateOptions) -> Result<Run, Error> {
        let policy = if options.follow_inside { Policy::Inside } else { Policy::Beneath };
        let directory = open_root(root, policy)?;
        let shared = share(directory, options.resources, true)?;
        let creation = Creation::begin(root, options)?;
        let (own, leftovers) = (creation.own_names(root)?, creation.leftovers(root)?);
        let scope = Scope { own, exclude: options.exclude.clone(), follows: options.follow_inside, leftovers };
        let stock = Stock::Tree(Walk::new(scope));
        let unreadable = Box::new(|error: io::Error| Error::Internal(format!("a tree gave an error: {error}")));
        let mut run = Run::new(&shared, Verb::Create);
        run.creation = Some(creation);
        run.begin(stock, unreadable, true)
    }

    /// Starts to find the digests of the files that a list names: see [`hash_files`](crate::hash_files).
    ///
    /// There is one record for each path, in the order of the list. Relative paths start at the directory that is the
    /// current one now. The list is copied.
    pub fn hash(paths: impl IntoIterator<Item = impl AsRef<Path>>, options: &HashOptions) -> Result<Run, Error> {
        let names = paths.into_iter().map(|path| path.as_ref().as_os_str().as_bytes().to_vec());
        let stock = Stock::List(List::new(names));
        let unreadable = Box::new(|error: io::Error| Error::Internal(format!("a list gave an error: {error}")));
        let shared = share(Root::current(), options.resources, options.ordered)?;
        Run::new(&shared, Verb::Hash).begin(stock, unreadable, true)
    }

    pub(super) fn new(shared: &Arc<Shared>, verb: Verb) -> Run {
        Run {
            shared: Arc::clone(shared),
            conducted: Conducted::Nobody,
            report: Report::new(verb, shared.kernels()),
            creation: None,
            manifest: None,
            moves: (verb == Verb::Audit).then(Moves::default),
            sha1sum: None,
            started: Instant::now(),
            finished: false,
        }
    }

    /// Begins to go through what there is to do, of which the beginning may be at hand.
    pub(super) fn begin(mut self, stock: Stock, unreadable: Unreadable, is_at_hand: bool) -> Result<Run, Error> {
        let planner = Planner::new(Arc::clone(&self.shared.root), stock);
        let conductor = Conductor::new(Arc::clone(&self.shared), planner, unreadable);
        self.conducted = Conducted::begin(conductor, &self.shared, is_at_hand)?;
        Ok(self)
    }

    /// Waits for records, `wait` at most.
    ///
    /// A caller must take the records for the run to go on: those not yet taken are bounded.
    pub fn next_batch(&mut self, wait: Duration) -> Batch {
        let taken = self.kept_back().map_or_else(|| self.take(wait), Taken::Records);
        match taken {
            Taken::Records(records) => {
                let mut records = self.settle_first(records);
                if let Some(moves) = &mut self.moves {
                    records.iter_mut().for_each(|record| moves.follow(record));
                }
                records.iter().for_each(|record| self.report.add(record));
                if let Some(Err(error)) = self.creation.as_mut().map(|creation| creation.write(&records)) {
                    self.creation = None;
                    self.shared.fail(error);
                }
                Batch::Records(records)
            }
            Taken::Nothing => Batch::Waiting,
            Taken::Closed => {
                if !self.finished {
                    self.finished = true;
                    self.report.elapsed = self.started.elapsed();
                }
                Batch::Finished
            }
        }
    }

    /// Takes records, and looks up now and then: where the conductor itself hangs, nobody else closes the box.
    fn take(&self, wait: Duration) -> Taken {
        let started = Instant::now();
        loop {
            let left = wait.saturating_sub(started.elapsed());
            let slice = left.min(Duration::from_millis(limits::LOOK_AROUND_MS));
            match self.shared.outbox.take(slice) {
                Taken::Nothing if self.shared.is_overdue_for(limits::CONDUCTOR_MS_MAX) => self.shared.outbox.close(),
                Taken::Nothing if slice < left => {}
                taken => return taken,
            }
        }
    }

    /// How far the run has come.
    pub fn progress(&self) -> Progress {
        let counters = &self.shared.counters;
        Progress {
            files_done: counters.files_done.load(Ordering::Relaxed),
            files_failed: counters.files_failed.load(Ordering::Relaxed),
            bytes_done: counters.bytes_done.load(Ordering::Relaxed),
            files_planned: counters.files_planned.load(Ordering::Relaxed),
            files_sized: counters.files_sized.load(Ordering::Relaxed),
            bytes_sized: not_negative(counters.bytes_sized.load(Ordering::Relaxed)),
            planned_all: counters.planned_all.load(Ordering::Relaxed),
            walked: counters.walks.load(Ordering::Relaxed).then(|| counters.walked.load(Ordering::Relaxed)),
            manifest_bytes: (
                counters.manifest_bytes.load(Ordering::Relaxed),
                self.manifest.as_ref().map_or(0, Watched::size_bytes),
            ),
        }
    }

    /// The manifest that the run goes by, as messages name it: the one that was named, or the root's own that was found.
    pub fn manifest(&self) -> Option<&Path> {
        self.report.manifest.as_deref()
    }

    /// Where the manifest that is being created stands until it is put in its place: what is to be removed where a process ends
    /// without dropping this.
    pub fn temporary(&self) -> Option<&Path> {
        self.creation.as_ref().map(Creation::temporary)
    }

    /// Something that can cancel the run from another thread.
    pub fn canceller(&self) -> Canceller {
        Canceller { shared: Arc::clone(&self.shared) }
    }

    /// Takes and drops what records are left, waits for the end, and gives the report.
    pub fn finish(mut self) -> Result<Report, Error> {
        while self.next_batch(Duration::from_millis(limits::LOOK_AROUND_MS)) != Batch::Finished {}
        self.conducted.join(&self.shared);
        if let Some(error) = self.shared.take_fault() {
            return Err(error);
        }
        if let Some(error) = self.listing_error() {
            return Err(error);
        }
        let is_whole = self.is_whole();
        let counters = &self.shared.counters;
        let report = &mut self.report;
        // A cancellation that came after the last file was judged took nothing away.
        let left_out = !is_whole || report.counts.of(OutcomeKind::NotChecked) > 0;
        report.cancelled = self.shared.cancelled.load(Ordering::Relaxed) && left_out;
        report.bytes = counters.bytes_done.load(Ordering::Relaxed);
        report.readers = counters.readers();
        report.excluded = counters.excluded.load(Ordering::Relaxed);
        report.formats = match &self.creation {
            Some(creation) if report.counts.of(OutcomeKind::Match) > 0 => vec![creation.format()],
            Some(_) => Vec::new(),
            None => Formats::from_bits(counters.formats.load(Ordering::Relaxed)).iter().collect(),
        };
        report.note_kernels(self.shared.kernels(), counters.kernel());
        if self.shared.root.was_refused_openat2() {
            self.shared.note_reason(format!("openat2: refused; {OPENAT2_INSTEAD}; {OPENAT2_REMEDY}"));
        }
        if let Some(left_out) = self.moves.as_ref().map(Moves::left_out).filter(|count| *count > 0) {
            self.shared.note_reason(format!(
                "moved files: so many entries are missing that where {left_out} of them went was not looked for"
            ));
        }
        let is_odd = report.malformed_lines > 0 || report.counts.of(OutcomeKind::Missing) > 0;
        if is_odd && self.manifest.as_ref().is_some_and(|manifest| manifest.is_bag_by_name) {
            self.shared.note_reason(
                "format bagit: taken because of the manifest's name; lines that sha1sum wrote, with a \"*\" before a binary \
                 name, are of the format gnu"
                    .to_owned(),
            );
        }
        report.reasons = self.shared.reasons();
        report.workers = counters.workers.load(Ordering::Relaxed) as usize;
        if !report.cancelled {
            report.reasons.extend(fewer_workers(&self.shared.resources, report.workers));
        }
        if !left_out && let Some(manifest) = &self.manifest {
            let is_given_up = report.malformed.first().is_some_and(|line| line.why == LineError::Utf16);
            manifest.check(counters.manifest_bytes.load(Ordering::Relaxed), is_given_up)?;
        }
        if !report.cancelled && left_out {
            return Err(Error::Internal("not every file of the plan has an outcome".to_owned()));
        }
        let creation = self.creation.take();
        if self.report.verdict() == Verdict::Pass {
            creation.map_or(Ok(()), Creation::commit)?;
        }
        Ok(self.report.clone())
    }

    /// Whether everything was planned, and every file planned has an outcome.
    fn is_whole(&self) -> bool {
        let counters = &self.shared.counters;
        counters.planned_all.load(Ordering::Relaxed)
            && self.report.counts.total() == counters.files_planned.load(Ordering::Relaxed)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.shared.cancel();
        self.conducted.join(&self.shared);
    }
}

pub(super) fn open_root(path: &Path, policy: Policy) -> Result<Root, Error> {
    Root::open_root(path, policy).map_err(|errno| match errno {
        Errno::NOENT => Error::RootNotFound { path: path.to_owned() },
        Errno::NOTDIR => Error::RootNotDirectory { path: path.to_owned() },
        errno => no_descriptor(errno).unwrap_or(Error::RootUnreadable { path: path.to_owned(), source: errno.into() }),
    })
}

#[cfg(test)]
mod tests;
