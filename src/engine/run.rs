//! A run in progress, as its caller holds it: started, waited for in slices, asked how far it is, cancelled.
//!
//! Joins root, manifest and plan and starts the conductor; everything after that happens in other threads.

use std::io::{self, BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
use rustix::io::Errno;

use super::conduct::Conductor;
use super::creation::Creation;
use super::options::{CreateOptions, HashOptions, MANIFEST_NAME, Options};
use super::outbox::Taken;
use super::sha1sum::Sha1sum;
use super::share::share;
use super::shared::Shared;
use crate::error::Error;
use crate::limits;
use crate::manifest::Entries;
use crate::plan::{List, Planner, Stock, Walk};
use crate::report::{Record, Report, Verb};
use crate::root::{OpenedFile, Policy, Refusal, Root, Stamp, open_anywhere, stamp_of};
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

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Files with an outcome so far.
    pub files_done: u64,
    /// Files with any outcome but match so far.
    pub files_failed: u64,
    /// Bytes read so far.
    pub bytes_done: u64,
    /// Files known so far; the number of all once `planned_all` is true.
    pub files_planned: u64,
    /// Whether the manifest, the tree or the list has been gone through to its end.
    pub planned_all: bool,
    /// Bytes of the manifest gone through, and its size in bytes: what an estimate of the time left can use before
    /// every file is known. Both 0 where no manifest is read.
    pub manifest_bytes: (u64, u64),
}

/// A verification, a creation, or the hashing of a list, that is under way in threads of its own.
///
/// Dropping it cancels it and waits until its threads are gone; a thread that hangs in a read which Linux does not end
/// is left behind after a second.
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
    conductor: Option<JoinHandle<()>>,
    /// Closed by the conductor when it is through.
    conducted: Receiver<()>,
    report: Report,
    creation: Option<Creation>,
    manifest: Option<Watched>,
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
        let directory = open_root(root, options.policy)?;
        let (manifest, path) = open_manifest(&directory, root, options)?;
        let watched = Watched::new(&manifest, &path)?;
        let reader: Box<dyn BufRead + Send> =
            Box::new(BufReader::with_capacity(limits::MANIFEST_BUFFER_BYTES, std::fs::File::from(manifest.file)));
        let stock = Stock::Manifest(Entries::new(reader, options.grammar));
        let unreadable = Box::new(move |source: io::Error| Error::ManifestUnreadable { path: path.clone(), source });
        let shared = share(directory, options.resources, options.ordered)?;
        Run::start(shared, Verb::Verify, stock, unreadable, None, Some(watched))
    }

    /// Starts to write a manifest of the regular files below `root`, in byte order of their names.
    ///
    /// Records are: `Match` for each file listed; `NotRegular` for what is left out, which does not count against the
    /// run; any other outcome for a file that could not be listed, and then no manifest is written and the old one
    /// stays. A tree without regular files gives no manifest either: it could never pass.
    pub fn create(root: &Path, options: &CreateOptions) -> Result<Run, Error> {
        let directory = open_root(root, Policy::Beneath)?;
        let path = options.output.clone().unwrap_or_else(|| root.join(MANIFEST_NAME));
        let shared = share(directory, options.resources, true)?;
        let creation = Creation::begin(path, options.format)?;
        let stock = Stock::Tree(Walk::new(creation.own_names(root)?));
        let unreadable = Box::new(|error: io::Error| Error::Internal(format!("a tree gave an error: {error}")));
        Run::start(shared, Verb::Create, stock, unreadable, Some(creation), None)
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
        Run::start(shared, Verb::Hash, stock, unreadable, None, None)
    }

    pub(super) fn start(
        shared: Arc<Shared>,
        verb: Verb,
        stock: Stock,
        unreadable: Box<dyn Fn(io::Error) -> Error + Send>,
        creation: Option<Creation>,
        manifest: Option<Watched>,
    ) -> Result<Run, Error> {
        let started = Instant::now();
        let planner = Planner::new(Arc::clone(&shared.root), stock);
        let conductor = Conductor::new(Arc::clone(&shared), planner, unreadable);
        let own = Arc::clone(&shared);
        let (token, conducted) = bounded(0);
        let body = move || {
            let _token: Sender<()> = token;
            if catch_unwind(AssertUnwindSafe(|| conductor.run())).is_err() {
                own.fail(Error::Internal("the conductor of the run panicked".to_owned()));
                own.outbox.close();
            }
        };
        let conductor = std::thread::Builder::new().name("checksig-run".to_owned()).spawn(body);
        let report = Report::new(verb, &shared.kernels);
        let conductor = Some(conductor.map_err(Error::NoThread)?);
        Ok(Run { shared, conductor, conducted, report, creation, manifest, sha1sum: None, started, finished: false })
    }

    /// Waits for records, `wait` at most.
    ///
    /// A caller must take the records for the run to go on: those not yet taken are bounded.
    pub fn next_batch(&mut self, wait: Duration) -> Batch {
        let taken = self.kept_back().map_or_else(|| self.take(wait), Taken::Records);
        match taken {
            Taken::Records(records) => {
                let records = self.settle_first(records);
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
            planned_all: counters.planned_all.load(Ordering::Relaxed),
            manifest_bytes: (
                counters.manifest_bytes.load(Ordering::Relaxed),
                self.manifest.as_ref().map_or(0, |manifest| manifest.stamp.size_bytes),
            ),
        }
    }

    /// Something that can cancel the run from another thread.
    pub fn canceller(&self) -> Canceller {
        Canceller { shared: Arc::clone(&self.shared) }
    }

    /// Takes and drops what records are left, waits for the end, and gives the report.
    pub fn finish(mut self) -> Result<Report, Error> {
        while self.next_batch(Duration::from_millis(limits::LOOK_AROUND_MS)) != Batch::Finished {}
        self.join();
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
        if let Some(kernel) = counters.kernel() {
            report.kernel = kernel.name();
        }
        if self.shared.root.was_refused_openat2() {
            self.shared.note_reason(
                "openat2: refused; names are walked component by component, which is slower; Linux 5.6 or newer has it, \
                 and a sandbox may allow it"
                    .to_owned(),
            );
        }
        report.reasons = self.shared.reasons();
        report.workers = counters.workers.load(Ordering::Relaxed) as usize;
        if !left_out && let Some(manifest) = &self.manifest {
            manifest.check(&self.shared, report.malformed_lines > 0)?;
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

    /// Waits for the conductor, or leaves it behind where the run is overdue and it hangs.
    fn join(&mut self) {
        let look_around = Duration::from_millis(limits::LOOK_AROUND_MS);
        while self.conductor.is_some() && self.conducted.recv_timeout(look_around) == Err(RecvTimeoutError::Timeout) {
            if self.shared.is_overdue_for(limits::CONDUCTOR_MS_MAX) {
                self.conductor = None;
                return;
            }
        }
        if let Some(conductor) = self.conductor.take() {
            // It catches its own panics.
            let _ = conductor.join();
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.shared.cancel();
        self.join();
    }
}

/// A manifest that is being read, and how it was when that began.
pub(super) struct Watched {
    file: OwnedFd,
    stamp: Stamp,
    path: PathBuf,
}

impl Watched {
    fn new(manifest: &OpenedFile, path: &Path) -> Result<Watched, Error> {
        let path = path.to_owned();
        match manifest.file.try_clone() {
            Ok(file) => Ok(Watched { file, stamp: manifest.stamp, path }),
            Err(source) => Err(Error::ManifestUnreadable { path, source }),
        }
    }

    /// A manifest needs a proof of its end as much as a file does: lines that went missing while it was read would be
    /// files that nobody checked. To be asked of a run that went to its end.
    fn check(&self, shared: &Shared, is_malformed: bool) -> Result<(), Error> {
        let read = shared.counters.manifest_bytes.load(Ordering::Relaxed);
        // One that is UTF-16 is given up at its start, and is malformed.
        let whole = read == self.stamp.size_bytes || is_malformed;
        match stamp_of(&self.file) {
            Ok(stamp) if stamp == self.stamp && whole => Ok(()),
            _ => Err(Error::ManifestChanged { path: self.path.clone() }),
        }
    }
}

fn open_root(path: &Path, policy: Policy) -> Result<Root, Error> {
    Root::open_root(path, policy).map_err(|errno| match errno {
        Errno::NOENT => Error::RootNotFound { path: path.to_owned() },
        Errno::NOTDIR => Error::RootNotDirectory { path: path.to_owned() },
        errno => Error::RootUnreadable { path: path.to_owned(), source: errno.into() },
    })
}

/// Opens the manifest: one that was named, wherever it is; the root's own, by the rules for names below the root.
fn open_manifest(directory: &Root, root: &Path, options: &Options) -> Result<(OpenedFile, PathBuf), Error> {
    let (opened, path) = match &options.manifest {
        Some(path) => (open_anywhere(path), path.clone()),
        None => (directory.open(MANIFEST_NAME.as_bytes()), root.join(MANIFEST_NAME)),
    };
    match opened {
        Ok(opened) => Ok((opened, path)),
        Err(Refusal::Missing) => Err(Error::ManifestNotFound { path }),
        Err(Refusal::NotRegular(kind)) => Err(Error::ManifestNotRegular { path, kind }),
        Err(Refusal::OutsideRoot) => Err(Error::Internal("the manifest's own name leads out of the root".to_owned())),
        Err(Refusal::Errno(errno)) => Err(Error::ManifestUnreadable { path, source: errno.into() }),
    }
}
