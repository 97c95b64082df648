//! What became of a file, what it is, and what is wrong with a line, as integers of C.
//!
//! Each is the engine's own, by the same name; a number that was given once keeps its meaning.

use crate::filekind::FileKind;
use crate::manifest::LineError;
use crate::verdict::OutcomeKind;

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

/// What a file is.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksigFileKind {
    /// The record does not say.
    None = 0,
    Regular = 1,
    Directory = 2,
    Symlink = 3,
    Fifo = 4,
    Socket = 5,
    CharDevice = 6,
    BlockDevice = 7,
    /// Something that stat(2) has no name for.
    Other = 8,
}

impl From<FileKind> for ChecksigFileKind {
    fn from(kind: FileKind) -> ChecksigFileKind {
        match kind {
            FileKind::Regular => ChecksigFileKind::Regular,
            FileKind::Directory => ChecksigFileKind::Directory,
            FileKind::Symlink => ChecksigFileKind::Symlink,
            FileKind::Fifo => ChecksigFileKind::Fifo,
            FileKind::Socket => ChecksigFileKind::Socket,
            FileKind::CharDevice => ChecksigFileKind::CharDevice,
            FileKind::BlockDevice => ChecksigFileKind::BlockDevice,
            FileKind::Unknown => ChecksigFileKind::Other,
        }
    }
}

/// What is wrong with a line of a manifest. Take a value that you do not know for a fault of another kind.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksigLineError {
    /// The record is no malformed line.
    None = 0,
    /// It fits none of the forms.
    Form = 1,
    /// Its digest is not 40 hexadecimal digits.
    Digest = 2,
    /// Its tag is another algorithm's.
    Algorithm = 3,
    /// No name stands behind the digest.
    NoName = 4,
    /// Its name holds a NUL byte.
    Nul = 5,
    /// A backslash on an escaped line begins none of the three escapes.
    Escape = 6,
    /// It is an entry of another format than the one that was asked for.
    OtherFormat = 7,
    /// The last record of a manifest whose records end with NUL has no end.
    Unended = 8,
    /// It is longer than any entry.
    TooLong = 9,
    /// The manifest begins with a UTF-8 byte order mark.
    ByteOrderMark = 10,
    /// The manifest is UTF-16.
    Utf16 = 11,
    /// The name is that of standard input, which no manifest here is read from.
    Stdin = 12,
}

impl From<LineError> for ChecksigLineError {
    fn from(why: LineError) -> ChecksigLineError {
        match why {
            LineError::Form => ChecksigLineError::Form,
            LineError::Digest => ChecksigLineError::Digest,
            LineError::Algorithm => ChecksigLineError::Algorithm,
            LineError::NoName => ChecksigLineError::NoName,
            LineError::Nul => ChecksigLineError::Nul,
            LineError::Escape => ChecksigLineError::Escape,
            LineError::OtherFormat(_) => ChecksigLineError::OtherFormat,
            LineError::Unended => ChecksigLineError::Unended,
            LineError::TooLong => ChecksigLineError::TooLong,
            LineError::ByteOrderMark => ChecksigLineError::ByteOrderMark,
            LineError::Utf16 => ChecksigLineError::Utf16,
            LineError::Stdin => ChecksigLineError::Stdin,
        }
    }
}
