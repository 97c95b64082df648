//! The lines of `--json` as types: what is written here is what comes out.
//!
//! Shape only. A field that is `null` has nothing to say for this file; a field that may be absent is evidence that only
//! some outcomes have.

use std::borrow::Cow;

use checksig::hash::KernelUse;
use checksig::{Counts, Digest, ReaderUse};
use serde::Serialize;

use super::encode::{counts, hex, kernels, readers};

/// One line.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Line<'a> {
    /// The first.
    Start(Start<'a>),
    /// What became of one file.
    File(File<'a>),
    /// A line of the manifest that does not parse.
    Malformed(MalformedLine<'a>),
    /// The last, of a run that was done.
    Summary(Summary<'a>),
    /// The last, of a run that could not be done.
    Error(Refusal),
}

/// What is about to be done.
#[derive(Serialize)]
pub(super) struct Start<'a> {
    /// [`SCHEMA`](super::SCHEMA).
    pub(super) schema: u32,
    /// The version of checksig.
    pub(super) checksig: &'static str,
    /// What the run does.
    pub(super) verb: &'static str,
    /// The root as it was given.
    pub(super) root: Cow<'a, str>,
    /// Its bytes, where they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) root_b64: Option<String>,
    /// The manifest that is read.
    pub(super) manifest: Cow<'a, str>,
    /// Its bytes, where they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) manifest_b64: Option<String>,
    /// How the lines of the manifest are read.
    pub(super) format: &'static str,
    /// What was chosen about the run.
    pub(super) options: Chosen<'a>,
}

/// What was chosen about the run; `null` where checksig chooses.
#[derive(Serialize)]
pub(super) struct Chosen<'a> {
    /// `--follow`.
    pub(super) follow: &'static str,
    /// `--exclude`, which only an audit has.
    pub(super) exclude: &'a [String],
    /// `--reader`.
    pub(super) reader: &'static str,
    /// `--kernel`.
    pub(super) kernel: &'static str,
    /// `-j`.
    pub(super) workers: Option<usize>,
    /// `--queue-depth`.
    pub(super) queue_depth: Option<usize>,
    /// `--memory`.
    pub(super) memory_bytes: Option<u64>,
    /// `--from-media`.
    pub(super) from_media: bool,
    /// `--cache`.
    pub(super) cache: &'static str,
    /// `--limit-rate`.
    pub(super) limit_rate_bytes: Option<u64>,
    /// `--idle`.
    pub(super) idle: bool,
    /// `--quiet`.
    pub(super) quiet: bool,
}

/// What became of one file.
#[derive(Serialize)]
pub(super) struct File<'a> {
    /// The line of the manifest, from 1; 0 where no line lists the file.
    pub(super) line: u64,
    /// The name in the manifest, unescaped.
    pub(super) path: Cow<'a, str>,
    /// Its bytes, where they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path_b64: Option<String>,
    /// The name of the outcome.
    pub(super) outcome: &'static str,
    /// The digest that the manifest lists.
    #[serde(serialize_with = "hex")]
    pub(super) expected: Option<Digest>,
    /// The digest of the bytes that were read.
    #[serde(serialize_with = "hex")]
    pub(super) actual: Option<Digest>,
    /// The size of the file, where all of it was read.
    pub(super) size_bytes: Option<u64>,
    /// The reader that its bytes came by.
    pub(super) reader: Option<&'static str>,
    /// The outcome in words, for a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
    /// The error number of Linux, for `unreadable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) errno: Option<i32>,
    /// How much had been read when that happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) offset_bytes: Option<u64>,
    /// What stands in the place of a regular file, for `not_regular`; what it is, for `unlisted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<&'static str>,
    /// The digest of the second reading, for `unstable`.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "hex")]
    pub(super) actual_again: Option<Digest>,
    /// The name of a missing entry that lists the digest of this file, for `unlisted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) moved_from: Option<Cow<'a, str>>,
    /// Its bytes, where they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) moved_from_b64: Option<String>,
}

/// A line of the manifest that does not parse.
#[derive(Serialize)]
pub(super) struct MalformedLine<'a> {
    /// Its number, from 1.
    pub(super) line: u64,
    /// What is wrong with it, as a word for programs.
    pub(super) reason: &'static str,
    /// What is wrong with it, as a sentence.
    pub(super) message: String,
    /// The beginning of the line.
    pub(super) text: Cow<'a, str>,
    /// Its bytes, where they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text_b64: Option<String>,
}

/// What the whole run found.
#[derive(Serialize)]
pub(super) struct Summary<'a> {
    /// `pass` or `fail`.
    pub(super) verdict: &'static str,
    /// A number for each outcome, those that are 0 too.
    #[serde(serialize_with = "counts")]
    pub(super) counts: &'a Counts,
    /// Unlisted files that seem to be missing ones.
    pub(super) moved: u64,
    /// Names in the tree that `--exclude` covers.
    pub(super) excluded: u64,
    /// The formats of the entries that were read.
    pub(super) formats: Vec<&'static str>,
    /// Lines that do not parse.
    pub(super) malformed_lines: u64,
    /// Files with any outcome.
    pub(super) files: u64,
    /// Bytes read and hashed.
    pub(super) bytes: u64,
    /// From the start of the run to its end.
    pub(super) seconds: f64,
    /// How the process ends, if this line can be written.
    pub(super) exit_status: u8,
    /// Whether the run ended early.
    pub(super) cancelled: bool,
    /// The signal that ended it early.
    pub(super) signal: Option<&'static str>,
    /// How much came by each reader.
    #[serde(serialize_with = "readers")]
    pub(super) readers: &'a [ReaderUse],
    /// Why these readers and kernels, in sentences.
    pub(super) reasons: &'a [String],
    /// The SHA-1 kernel that ran when there was enough to fill it.
    pub(super) kernel: &'static str,
    /// Every kernel chosen, and from how many files at once.
    #[serde(serialize_with = "kernels")]
    pub(super) kernels: &'a [KernelUse],
    /// Threads that hashed.
    pub(super) workers: usize,
}

/// Why a run could not be done, or not to its end.
#[derive(Serialize)]
pub(super) struct Refusal {
    /// The kind of error, as a word for programs.
    pub(super) error: &'static str,
    /// The error as a sentence.
    pub(super) message: String,
    /// How the process ends.
    pub(super) exit_status: u8,
}
