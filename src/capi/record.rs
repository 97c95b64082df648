//! Records as C sees them: a struct of borrowed pointers, and what those point to.
//!
//! Copies what the engine found and judges nothing: a record that is no match is a failure here as there.

use std::borrow::Cow;
use std::ffi::c_char;
use std::ptr;

use super::kinds::{ChecksigFileKind, ChecksigLineError, ChecksigOutcome, ChecksigRecordKind};
use crate::digest::Digest;
use crate::report::{FileReport, Record};
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
    /// For CHECKSIG_OUTCOME_UNSTABLE the 20 bytes of the digest of the second reading; else NULL.
    pub actual_again: *const u8,
    /// For CHECKSIG_OUTCOME_NOT_REGULAR what stands in the place of a file, for CHECKSIG_OUTCOME_UNLISTED what it is; else
    /// CHECKSIG_FILE_KIND_NONE.
    pub file_kind: ChecksigFileKind,
    /// For CHECKSIG_OUTCOME_UNLISTED the name of a missing entry that lists the digest of this file, which was moved from
    /// there to here, as it seems. Each missing entry is named once; both stay failures.
    pub moved_from: ChecksigText,
    /// For a malformed line what is wrong with it; else CHECKSIG_LINE_ERROR_NONE.
    pub line_error: ChecksigLineError,
}

/// A record with what its C form points to and the engine makes on demand.
pub(super) struct Row {
    record: Record,
    reason: Cow<'static, str>,
    actual: Option<Digest>,
    actual_again: Option<Digest>,
}

impl Row {
    pub(super) fn new(record: Record) -> Row {
        let (reason, actual) = match &record {
            Record::File(file) if file.outcome.is_match() => (OutcomeKind::Match.name().into(), file.expected),
            Record::File(file) => (file.outcome.to_string().into(), file.actual()),
            Record::Malformed(malformed) => (malformed.why.to_string().into(), None),
        };
        let actual_again = match &record {
            Record::File(FileReport { outcome: Outcome::Unstable { second, .. }, .. }) => Some(*second),
            _ => None,
        };
        Row { record, reason, actual, actual_again }
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
                    actual_again: digest_pointer(self.actual_again.as_ref()),
                    file_kind: match file.outcome {
                        Outcome::NotRegular(kind) | Outcome::Unlisted { kind, .. } => kind.into(),
                        _ => ChecksigFileKind::None,
                    },
                    moved_from: file.moved_from.as_deref().map_or(ChecksigText::none(), ChecksigText::of),
                    line_error: ChecksigLineError::None,
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
                actual_again: ptr::null(),
                file_kind: ChecksigFileKind::None,
                moved_from: ChecksigText::none(),
                line_error: malformed.why.into(),
            },
        }
    }
}

fn digest_pointer(digest: Option<&Digest>) -> *const u8 {
    digest.map_or(ptr::null(), |digest| digest.as_bytes().as_ptr())
}
