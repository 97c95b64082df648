//! What travels from a reader to a worker: the bytes of a file in pieces, then how it ended.
//!
//! Reads nothing; carries and describes.

use std::fmt;

use rustix::io::Errno;

use super::buffers::Buffer;
use super::held::Held;
use super::mapped::Window;
use crate::filekind::FileKind;
use crate::readerkind::{Origin, ReaderKind};
use crate::root::{Refusal, Stamp};

/// Tells the files in progress apart; whoever adds a file to a source chooses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ticket(pub(crate) u64);

/// A file to be read.
#[derive(Debug)]
pub(crate) struct PlannedFile {
    pub(crate) ticket: Ticket,
    /// Its name, relative to the root.
    pub(crate) name: Vec<u8>,
    /// Where another source left off, if one has begun.
    pub(crate) resume: Option<Box<Resume>>,
}

/// A file that a source has opened, and perhaps read some of, and leaves to another.
#[derive(Debug)]
pub(crate) struct Resume {
    pub(super) held: Held,
    /// The first byte that has not been handed out.
    pub(super) offset: u64,
    /// Some of what was handed out was mapped: whoever reads the last byte asks more of the file's state.
    pub(super) was_mapped: bool,
}

/// What a source has to say.
#[derive(Debug)]
pub(crate) enum Event {
    /// The next bytes of a file. Those of one file come in order of their offset, and the last is marked.
    Segment(Segment),
    /// A file is through: after its last segment, or instead of it.
    End(End),
    /// This source would have to wait for the file; another may. Segments that it has handed out stand.
    Elsewhere(PlannedFile),
    /// Nothing goes on before a buffer is released.
    Starved,
    /// Nothing now: nothing is in progress, or the time to wait is over.
    Idle,
}

/// Some bytes of one file.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) ticket: Ticket,
    /// Where in the file they begin, in bytes.
    pub(crate) offset: u64,
    /// Bytes of the whole file.
    pub(crate) file_bytes: u64,
    pub(crate) bytes: Bytes,
    /// Where they were.
    pub(crate) origin: Origin,
    /// Whether the file ends with them.
    pub(crate) last: bool,
}

/// Memory that holds bytes of a file. It must go back to the source that it came from.
pub(crate) enum Bytes {
    /// Read into a buffer of the source.
    Buffer(Buffer),
    /// Mapped from the page cache; not to be written.
    Map(Window),
    /// No bytes: what stands for a buffer in tests.
    #[cfg(test)]
    Nothing,
}

/// How the reading of a file ended.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) file: PlannedFile,
    pub(crate) result: Result<Proof, Failure>,
}

/// What shows that a file was read from its first byte to its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    /// The file as it was opened; as many bytes as its size says were handed out, and no read found one more. (A read that must
    /// not wait ends where a page is not in memory, and so does not find what a file has grown by on such a page.)
    pub(crate) stamp: Stamp,
    pub(crate) reader: ReaderKind,
}

/// Why a file was not read from its first byte to its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Missing,
    NotRegular(FileKind),
    OutsideRoot,
    /// Linux refused the open, or a read after so many bytes.
    Unreadable {
        errno: Errno,
        offset: u64,
    },
    /// It turned out shorter or longer than it was when it was opened.
    Moved,
}

impl PlannedFile {
    /// A file that nobody has begun to read.
    pub(crate) fn new(ticket: Ticket, name: Vec<u8>) -> PlannedFile {
        PlannedFile { ticket, name, resume: None }
    }

    /// The same file, for another source to go on with.
    pub(super) fn resumed(self, resume: Resume) -> PlannedFile {
        PlannedFile { resume: Some(Box::new(resume)), ..self }
    }

    /// Whether a source has opened it.
    pub(super) fn is_open(&self) -> bool {
        self.resume.is_some()
    }

    /// The end of it.
    pub(crate) fn end(self, result: Result<Proof, Failure>) -> Event {
        Event::End(End { file: PlannedFile { resume: None, ..self }, result })
    }
}

impl Failure {
    /// Whether it may go away by itself: too many files are open just now, or another process holds a lease on the
    /// file, which it has been asked to give up.
    pub(crate) fn may_pass(&self) -> bool {
        self.lacked_descriptor().is_some() || matches!(self, Failure::Unreadable { errno: Errno::AGAIN, offset: 0 })
    }

    /// What Linux said, where it says nothing of the file: this process has too many files open, or the whole machine.
    pub(crate) fn lacked_descriptor(&self) -> Option<Errno> {
        match *self {
            Failure::Unreadable { errno: errno @ (Errno::MFILE | Errno::NFILE), offset: 0 } => Some(errno),
            _ => None,
        }
    }
}

impl Bytes {
    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Bytes::Buffer(buffer) => buffer.as_ref(),
            Bytes::Map(window) => window.as_slice(),
            #[cfg(test)]
            Bytes::Nothing => &[],
        }
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} bytes", self.as_slice().len())
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        match refusal {
            Refusal::Missing => Failure::Missing,
            Refusal::NotRegular(kind) => Failure::NotRegular(kind),
            Refusal::OutsideRoot => Failure::OutsideRoot,
            Refusal::Errno(errno) => Failure::Unreadable { errno, offset: 0 },
        }
    }
}
