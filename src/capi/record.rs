//! Records as C sees them: a struct of borrowed pointers, and what those point to.
//!
//! Copies what the engine found and judges nothing: a record that is no match is a failure here as there.

use std::borrow::Cow;
use std::ffi::c_char;
use std::ptr;

use crate::digest::Digest;
use crate::report::Record;
use crate::verdict::{Outcome, OutcomeKind};

/// Borrowed bytes: not NUL-terminated, and not always UTF-8 (names are bytes). data is NULL where there is nothing.
#[repr(C)]
pub struct ChecksigText {
    pub data: *const c_char,
    pub len: usize,
}

impl ChecksigText {
    pub(super) fn of(bytes: &[u8]) -> ChecksigText {
        ChecksigText { data: bytes.as_ptr().cast(), len: bytes.len() }
    }

    pub(super) fn none() -> ChecksigText {
        ChecksigText { data: ptr::null(), len: 0 }
    }
}

/// What became of a file. Only CHECKSIG_OUTCOME_MATCH is a success: take a value that you do not know for a failure.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksigOutcome {
    /// Every byte was read, and the digest is the listed one; where there is no manifest, it is the file's.
    Match = 0,
    /// Two readings agree on a digest that is not the listed one.
    Mismatch = 1,
    /// Nothing has the name.
    Missing = 2,
    /// It exists but could not be read whole.
    Unreadable = 3,
    /// It was written to or replaced while it was read.
    Changed = 4,
    /// Two readings of a file that nobody changed gave different bytes.
    Unstable = 5,
    /// The name is not a regular file's.
    NotRegular = 6,
    /// The name leads out of the root; nothing was opened.
    OutsideRoot = 7,
    /// The file is there and the manifest does not list it.
    Unlisted = 8,
    /// The run ended before the file was judged.
    NotChecked = 9,
}

impl From<OutcomeKind> for ChecksigOutcome {
    fn from(kind: OutcomeKind) -> ChecksigOutcome {
        match kind {
            OutcomeKind::Match => ChecksigOutcome::Match,
            OutcomeKind::Mismatch => ChecksigOutcome::Mismatch,
            OutcomeKind::Missing => ChecksigOutcome::Missing,
            OutcomeKind::Unreadable => ChecksigOutcome::Unreadable,
            OutcomeKind::Changed => ChecksigOutcome::Changed,
            OutcomeKind::Unstable => ChecksigOutcome::Unstable,
            OutcomeKind::NotRegular => ChecksigOutcome::NotRegular,
            OutcomeKind::OutsideRoot => ChecksigOutcome::OutsideRoot,
            OutcomeKind::Unlisted => ChecksigOutcome::Unlisted,
            OutcomeKind::NotChecked => ChecksigOutcome::NotChecked,
        }
    }
}

/// What a record is about. Take a value that you do not know for a failure.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksigRecordKind {
    /// A file.
    File = 0,
    /// A line of the manifest that does not parse: a failure of the run, with CHECKSIG_OUTCOME_NOT_CHECKED.
    Malformed = 1,
}

/// One result of a run. Its pointers are valid until the batch is freed.
#[repr(C)]
pub struct ChecksigRecord {
    pub kind: ChecksigRecordKind,
    pub outcome: ChecksigOutcome,
    /// The line of the manifest, from 1; 0 where no line lists the file.
    pub line: u64,
    /// The name as the manifest means it, relative to the root; of a list of files, the path as it was given; for a
    /// malformed line the line, or its beginning.
    pub name: ChecksigText,
    /// The outcome, or what is wrong with the line, in words for people: UTF-8.
    pub reason: ChecksigText,
    /// The 20 bytes of the listed digest, or NULL; where there is no manifest, the same as actual.
    pub expected: *const u8,
    /// The 20 bytes of the digest that was found, or NULL where the file was not read whole.
    pub actual: *const u8,
    /// The size in bytes where all of the file was read, or -1.
    pub size_bytes: i64,
    /// For CHECKSIG_OUTCOME_UNREADABLE the errno(3) value and the bytes read before it; else 0.
    pub error_number: i32,
    pub offset_bytes: u64,
    /// The reader that the bytes came by, where any came.
    pub reader: ChecksigText,
}

/// A record with what its C form points to and the engine makes on demand.
pub(super) struct Row {
    record: Record,
    reason: Cow<'static, str>,
    actual: Option<Digest>,
}

impl Row {
    pub(super) fn new(record: Record) -> Row {
        let (reason, actual) = match &record {
            Record::File(file) if file.outcome.is_match() => (OutcomeKind::Match.name().into(), file.expected),
            Record::File(file) => (file.outcome.to_string().into(), file.actual()),
            Record::Malformed(malformed) => (malformed.why.to_string().into(), None),
        };
        Row { record, reason, actual }
    }

    pub(super) fn is_match(&self) -> bool {
        matches!(&self.record, Record::File(file) if file.outcome.is_match())
    }

    pub(super) fn to_c(&self) -> ChecksigRecord {
        let reason = ChecksigText::of(self.reason.as_bytes());
        let actual = digest_pointer(self.actual.as_ref());
        match &self.record {
            Record::File(file) => {
                let (error_number, offset_bytes) = match file.outcome {
                    Outcome::Unreadable { errno, offset } => (errno, offset),
                    _ => (0, 0),
                };
                ChecksigRecord {
                    kind: ChecksigRecordKind::File,
                    outcome: file.outcome.kind().into(),
                    line: file.line,
                    name: ChecksigText::of(&file.name),
                    reason,
                    expected: digest_pointer(file.expected.as_ref()),
                    actual,
                    size_bytes: file.size_bytes.and_then(|size| size.try_into().ok()).unwrap_or(-1),
                    error_number,
                    offset_bytes,
                    reader: file
                        .reader
                        .map_or(ChecksigText::none(), |reader| ChecksigText::of(reader.name().as_bytes())),
                }
            }
            Record::Malformed(malformed) => ChecksigRecord {
                kind: ChecksigRecordKind::Malformed,
                outcome: ChecksigOutcome::NotChecked,
                line: malformed.line,
                name: ChecksigText::of(&malformed.text),
                reason,
                expected: ptr::null(),
                actual,
                size_bytes: -1,
                error_number: 0,
                offset_bytes: 0,
                reader: ChecksigText::none(),
            },
        }
    }
}

fn digest_pointer(digest: Option<&Digest>) -> *const u8 {
    digest.map_or(ptr::null(), |digest| digest.as_bytes().as_ptr())
}
