//! What a run found: a record for each line of the manifest, and the report at the end.
//!
//! Data only: faces turn it into text, JSON or objects.

mod counts;
mod gnu;

pub use counts::Counts;
pub use gnu::GnuFindings;

use std::path::PathBuf;
use std::time::Duration;

use crate::digest::Digest;
use crate::hash::{Kernel, KernelUse, Kernels};
use crate::limits;
use crate::manifest::{Entry, Format, Malformed};
use crate::readerkind::ReaderKind;
use crate::verdict::{Evidence, Outcome, OutcomeKind, Verdict, judge};

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileReport {
    /// The line of the manifest that lists it, from 1; 0 where no line does.
    pub line: u64,
    /// Its name: bytes, relative to the root; of a list, the path as it was given.
    pub name: Vec<u8>,
    /// The digest that the manifest lists, where it lists one; in `create`, the digest that it now lists. Where there is
    /// no manifest it is the digest found, the same as [`actual`](FileReport::actual).
    pub expected: Option<Digest>,
    /// What became of it.
    pub outcome: Outcome,
    /// Its size in bytes, where all of it was read.
    pub size_bytes: Option<u64>,
    /// The reader that its bytes came by, where any came.
    pub reader: Option<ReaderKind>,
    /// Of an unlisted file, the name of a missing entry that lists its digest: the file was moved from there, as it seems.
    /// Each missing entry is named once, and both stay failures.
    pub moved_from: Option<Vec<u8>>,
}

impl FileReport {
    /// An entry of a manifest whose file nobody has looked at.
    pub(crate) fn listed(entry: Entry) -> FileReport {
        FileReport {
            line: entry.line,
            name: entry.name,
            expected: Some(entry.digest),
            outcome: Outcome::NotChecked,
            size_bytes: None,
            reader: None,
            moved_from: None,
        }
    }

    /// The digest of the bytes that were read, where all of them were: what [`hash_files`](crate::hash_files) is for. Of
    /// a match it is the one that the manifest lists.
    pub fn actual(&self) -> Option<Digest> {
        if self.outcome.is_match() { self.expected } else { self.outcome.actual() }
    }
}

#[cfg(test)]
impl FileReport {
    /// One of the first line, of which no more is known.
    pub(crate) fn of(name: &[u8], outcome: Outcome) -> FileReport {
        let name = name.to_vec();
        FileReport { line: 1, name, expected: None, outcome, size_bytes: None, reader: None, moved_from: None }
    }
}

/// One result of a run, as it is handed on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Record {
    /// What became of a file.
    File(FileReport),
    /// A line of the manifest that does not parse.
    Malformed(Malformed),
}

/// How much came by one reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReaderUse {
    /// The reader.
    pub kind: ReaderKind,
    /// Files whose last byte it read.
    pub files: u64,
    /// Bytes that it read.
    pub bytes: u64,
    /// How many of these files had to come from the device, in whole or in part, as far as Linux says.
    pub device_files: u64,
    /// How many of these bytes had to come from the device, as far as Linux says.
    pub device_bytes: u64,
}

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verb {
    /// Every listed file is there and right.
    Verify,
    /// The same, and nothing is there that is not listed.
    Audit,
    /// Writes a manifest.
    Create,
    /// The digest of every file of a list.
    Hash,
}

/// What a whole run found. It exists only once every planned file has its outcome.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// What the run did.
    pub verb: Verb,
    /// The manifest that it went by, as messages name it: see [`Run::manifest`](crate::Run::manifest). None where it went by
    /// none, as in `create`.
    pub manifest: Option<PathBuf>,
    /// How many files had which outcome.
    pub counts: Counts,
    /// Unlisted files that seem to be missing ones: see [`FileReport::moved_from`].
    pub moved: u64,
    /// Names in the tree that a pattern excludes, in `audit` and `create`; an excluded directory is one, whatever it holds.
    pub excluded: u64,
    /// The formats of the entries that were read, or by `create` written, in the order of [`Format::ALL`]: one, but for lines of
    /// several side by side. Of formats that differ in writing only, what was read is
    /// told by the first.
    pub formats: Vec<Format>,
    /// Lines of the manifest that do not parse.
    pub malformed_lines: u64,
    /// Those of them that GNU may take for an entry and we cannot.
    pub(crate) refused_lines: u64,
    /// The first failures, in the order in which they were handed on: at most [`limits::REPORT_FAILURES_MAX`].
    pub failures: Vec<FileReport>,
    /// The first malformed lines: at most [`limits::REPORT_FAILURES_MAX`].
    pub malformed: Vec<Malformed>,
    /// Bytes that were read and hashed for the outcomes; second readings are not counted.
    pub bytes: u64,
    /// From the start of the run to its end.
    pub elapsed: Duration,
    /// Whether the run was cancelled before it was done.
    pub cancelled: bool,
    /// The readers used, in the order of [`ReaderKind`].
    pub readers: Vec<ReaderUse>,
    /// Why these readers and kernels: what was asked for by name, and every fallback with its reason and remedy. One
    /// sentence each.
    pub reasons: Vec<String>,
    /// The SHA-1 kernel that hashed the most bytes; where nothing was hashed, the last of `kernels`.
    pub kernel: &'static str,
    /// The kernels chosen, and from how many messages at once on each of them ran. A run of few files may have had no
    /// work for the later ones.
    pub kernels: Vec<KernelUse>,
    /// Kernels that were left out because they failed the known-answer test on this CPU, which may be failing. A reason says
    /// so of each.
    pub wrong_kernels: Vec<Kernel>,
    /// Worker threads that hashed.
    pub workers: usize,
}

impl Report {
    /// The report of a run that has found nothing yet.
    pub(crate) fn new(verb: Verb, kernels: &Kernels) -> Report {
        Report {
            verb,
            manifest: None,
            counts: Counts::default(),
            moved: 0,
            excluded: 0,
            formats: Vec::new(),
            malformed_lines: 0,
            refused_lines: 0,
            failures: Vec::new(),
            malformed: Vec::new(),
            bytes: 0,
            elapsed: Duration::ZERO,
            cancelled: false,
            readers: Vec::new(),
            reasons: Vec::new(),
            kernel: kernels.widest().name(),
            kernels: kernels.uses(),
            wrong_kernels: kernels.wrong().to_vec(),
            workers: 0,
        }
    }

    /// Whether the tree holds the bytes that its manifest says, and in an audit nothing else; of a list, whether every file of it was read whole and
    /// has its digest. Where there was nothing to do, as in an empty list, there is no pass.
    pub fn verdict(&self) -> Verdict {
        judge(Evidence {
            proved: self.counts.of(OutcomeKind::Match),
            failed: self.failed(),
            malformed: self.malformed_lines,
            complete: !self.cancelled,
        })
    }

    /// Whether the run ended before every file had an outcome of its own.
    pub fn is_cut_short(&self) -> bool {
        self.cancelled || self.counts.of(OutcomeKind::NotChecked) > 0
    }

    /// Files that count against the run.
    pub fn failed(&self) -> u64 {
        OutcomeKind::ALL.into_iter().filter(|&kind| self.is_failure(kind)).map(|kind| self.counts.of(kind)).sum()
    }

    /// Whether a file with such an outcome counts against the run: in `create`, what is no regular file is left out and does
    /// not.
    pub fn is_failure(&self, kind: OutcomeKind) -> bool {
        match kind {
            OutcomeKind::Match => false,
            OutcomeKind::NotRegular => self.verb != Verb::Create,
            _ => true,
        }
    }

    /// Notes which kernels there were in the end, and which of them hashed the most, if any hashed anything.
    pub(crate) fn note_kernels(&mut self, kernels: &Kernels, used: Option<Kernel>) {
        self.kernel = used.unwrap_or(kernels.widest()).name();
        self.kernels = kernels.uses();
        self.wrong_kernels = kernels.wrong().to_vec();
    }

    /// Counts a record, and keeps it if it is one of the first failures.
    pub(crate) fn add(&mut self, record: &Record) {
        match record {
            Record::File(file) => {
                self.counts.add(file.outcome.kind());
                self.moved += u64::from(file.moved_from.is_some());
                if !file.outcome.is_match() && self.failures.len() < limits::REPORT_FAILURES_MAX {
                    self.failures.push(file.clone());
                }
            }
            Record::Malformed(malformed) => {
                self.malformed_lines += 1;
                self.refused_lines += u64::from(gnu::is_refused(malformed));
                if self.malformed.len() < limits::REPORT_FAILURES_MAX {
                    self.malformed.push(malformed.clone());
                }
            }
        }
    }
}
