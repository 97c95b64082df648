//! Runs for a drop-in `sha1sum`: manifests from wherever they come, names that lead anywhere, streams among the files.
//!
//! Decides what is read and what becomes of it; in which words that is told is the face's business.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::conduct::Unreadable;
use super::options::Resources;
use super::run::Run;
use super::share::share;
use super::streams::{is_unsettled, settle};
use crate::error::Error;
use crate::manifest::GnuMode;
use crate::plan::{Ending, GnuLines, List, Stock};
use crate::report::{Record, Verb};
use crate::root::Root;

/// A manifest for [`Run::sha1sum_check`], open where its first line begins.
#[derive(Debug)]
#[non_exhaustive]
pub struct OpenManifest {
    /// What its lines are read from: a file, a FIFO, a terminal.
    pub input: OwnedFd,
    /// What it is called where it cannot be read.
    pub path: PathBuf,
    /// Whether that is standard input. Then no line of it can name standard input, `-`.
    pub is_stdin: bool,
    /// How the manifest before it ended: what [`Run::gnu_mode`] said.
    pub mode: GnuMode,
}

impl OpenManifest {
    /// A manifest that is the first one and not standard input.
    pub fn new(input: OwnedFd, path: PathBuf) -> OpenManifest {
        OpenManifest { input, path, is_stdin: false, mode: GnuMode::default() }
    }
}

/// What a run has beside where it stands in for `sha1sum`.
#[derive(Default)]
pub(super) struct Sha1sum {
    /// How the reading of a manifest stands, and what that is called; none where names are hashed.
    listed: Option<(Arc<Ending>, PathBuf)>,
    /// Records that have been taken and are to be handed on later.
    kept_back: Vec<Record>,
}

impl Run {
    /// Starts to verify as `sha1sum -c` does: lines in the grammar of GNU, names relative to the current directory that lead
    /// wherever Linux says, records in the order of the lines.
    ///
    /// `-` is the name of `stdin`, which is closed where it is none. FIFOs, devices and `stdin` are read to their end by
    /// [`next_batch`](Run::next_batch) itself, each in its turn and however long that takes. Their mismatch has no second
    /// reading. If reading the manifest fails, the lines before that are verified, and [`finish`](Run::finish) gives the error.
    pub fn sha1sum_check(manifest: OpenManifest, stdin: Option<OwnedFd>, resources: &Resources) -> Result<Run, Error> {
        let OpenManifest { input, path, is_stdin, mode } = manifest;
        let shared = share(Root::current().with_streams(stdin), *resources, true)?;
        let listed = GnuLines::new(input, mode, is_stdin);
        let ending = listed.ending();
        let mut run = Run::new(&shared, Verb::Verify);
        run.sha1sum = Some(Sha1sum { listed: Some((ending, path)), kept_back: Vec::new() });
        run.begin(Stock::GnuLines(listed), unexpected(), true)
    }

    /// Starts to find the digests of files as `sha1sum` does: as [`hash`](Run::hash), but `-` is the name of `stdin`, and
    /// what is no regular file is read as by [`sha1sum_check`](Run::sha1sum_check). A file that moved while it was read
    /// is read once more, and has a digest if it then keeps still.
    pub fn sha1sum_hash(
        names: impl IntoIterator<Item = OsString>,
        stdin: Option<OwnedFd>,
        resources: &Resources,
    ) -> Result<Run, Error> {
        let stock = Stock::List(List::new(names.into_iter().map(OsStringExt::into_vec)));
        let shared = share(Root::current().with_streams(stdin), *resources, true)?;
        let mut run = Run::new(&shared, Verb::Hash);
        run.sha1sum = Some(Sha1sum::default());
        run.begin(stock, unexpected(), true)
    }

    /// How the lines of the manifest read so far part digest and name, for [`OpenManifest::mode`] of the next one. To be
    /// asked once the run is over.
    pub fn gnu_mode(&self) -> GnuMode {
        self.listed().map_or(GnuMode::Open, |(ending, _)| ending.mode())
    }

    fn listed(&self) -> Option<&(Arc<Ending>, PathBuf)> {
        self.sha1sum.as_ref()?.listed.as_ref()
    }

    /// The records that were kept back, if there are any.
    pub(super) fn kept_back(&mut self) -> Option<Vec<Record>> {
        let kept = std::mem::take(&mut self.sha1sum.as_mut()?.kept_back);
        if kept.is_empty() { None } else { Some(kept) }
    }

    /// Why the manifest could not be read to its end, if it could not.
    pub(super) fn listing_error(&self) -> Option<Error> {
        let (ending, path) = self.listed()?;
        ending.take_error().map(|source| Error::ManifestUnreadable { path: path.clone(), source })
    }

    /// Keeps back what comes after a record that has to be settled here, and settles it where it comes first: whoever takes
    /// records gets those before it without waiting for it.
    pub(super) fn settle_first(&mut self, mut records: Vec<Record>) -> Vec<Record> {
        let Some(sha1sum) = &mut self.sha1sum else { return records };
        if self.shared.stopping() {
            return records;
        }
        let Some(at) = records.iter().position(is_unsettled) else { return records };
        sha1sum.kept_back = records.split_off(at.max(1));
        if at == 0 {
            let bytes = settle(&self.shared.root, &mut records[0], &|| self.shared.stopping());
            self.shared.counters.bytes_done.fetch_add(bytes, Ordering::Relaxed);
        }
        records
    }
}

/// Neither a list of names nor lines whose errors are kept for the end give an error on the way.
fn unexpected() -> Unreadable {
    Box::new(|error: io::Error| Error::Internal(format!("a list gave an error: {error}")))
}
