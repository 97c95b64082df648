//! What is no regular file and is read all the same, as `sha1sum` reads it: FIFOs, devices, and standard input by the name
//! `-`. They are read by whoever takes the records, each in its turn.
//!
//! Opens and keeps; reads nothing.

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;

use super::lookup::{self, ResolveFlags};
use super::{HANDLE, OpenedFile, Refusal, Root, kind_of, regular_stamp, retry};
use crate::filekind::FileKind;
use crate::limits;

/// Streams that have been met and not been read.
#[derive(Debug)]
pub(super) struct Streams {
    /// FIFOs, by their names, as they were opened: whoever waited for a reader has one, and would be ended by a signal if it
    /// went away again.
    held: Mutex<HashMap<Vec<u8>, OwnedFd>>,
    /// A FIFO has been met: from now on names are looked at before they are opened, which is one call more, so that as few are held as
    /// there are threads that were about to open one.
    met: AtomicBool,
    /// What `-` stands for; none where it was closed.
    stdin: Option<OwnedFd>,
}

/// The name of standard input.
const STDIN: &[u8] = b"-";

impl Root {
    /// Lets what is no regular file be opened as a stream. `stdin` is what the name `-` stands for.
    pub(crate) fn with_streams(mut self, stdin: Option<OwnedFd>) -> Root {
        self.streams = Some(Streams { held: Mutex::default(), met: AtomicBool::new(false), stdin });
        self
    }

    /// Whether what is no regular file can be read as a stream.
    pub(crate) fn has_streams(&self) -> bool {
        self.streams.is_some()
    }

    /// Opens whatever has the name, to be read from its beginning to its end. May wait for the writer of a FIFO, until it is
    /// `stopping`; and for a device for ever.
    pub(crate) fn open_stream(&self, name: &[u8], stopping: &dyn Fn() -> bool) -> Result<OwnedFd, Errno> {
        let Some(streams) = &self.streams else { return Err(Errno::ACCESS) };
        if name == STDIN {
            let stdin = streams.stdin.as_ref().ok_or(Errno::BADF)?;
            return rustix::io::fcntl_dupfd_cloexec(stdin, 0);
        }
        if let Some(fifo) = streams.take(name) {
            wait_for_writer(&fifo, stopping)?;
            return Ok(fifo);
        }
        let directory = self.directory.as_ref().map_or(CWD, |directory| directory.as_fd());
        let flags = OFlags::RDONLY.union(OFlags::CLOEXEC);
        let open = |flags| retry(|| rustix::fs::openat(directory, name, flags, Mode::empty()));
        match rustix::fs::statat(directory, name, AtFlags::empty()) {
            Ok(stat) if kind_of(&stat) == FileKind::Fifo => {
                let fifo = open(flags.union(OFlags::NONBLOCK))?;
                wait_for_writer(&fifo, stopping)?;
                Ok(fifo)
            }
            _ => open(flags),
        }
    }

    /// Keeps `-` from being taken for the name of a file, where it is none.
    pub(super) fn refuse_stdin(&self, name: &[u8]) -> Result<(), Refusal> {
        if name == STDIN && self.has_streams() { Err(Refusal::NotRegular(FileKind::Unknown)) } else { Ok(()) }
    }

    /// Whether a name has to be looked at before it is opened, as there may be more FIFOs where there was one.
    pub(super) fn looks_first(&self) -> bool {
        self.streams.as_ref().is_some_and(|streams| streams.met.load(Ordering::Relaxed))
    }

    /// Keeps a FIFO from being opened before its turn, once there was one. Linux tells of a file what it is without its being
    /// opened.
    pub(super) fn refuse_fifo(&self, name: &[u8], resolve: ResolveFlags) -> Result<(), Refusal> {
        if !self.looks_first() {
            return Ok(());
        }
        let kind = if lookup::HAS_OPENAT2 {
            let handle = self.open_with(name, HANDLE, resolve)?;
            kind_of(&rustix::fs::fstat(&handle)?)
        } else {
            let directory = self.directory.as_ref().map_or(CWD, |directory| directory.as_fd());
            kind_of(&rustix::fs::statat(directory, name, AtFlags::empty())?)
        };
        if kind == FileKind::Fifo { Err(Refusal::NotRegular(kind)) } else { Ok(()) }
    }

    /// Takes what was opened if it is a regular file, and keeps a FIFO for its turn.
    pub(super) fn take_regular(&self, name: &[u8], file: OwnedFd) -> Result<OpenedFile, Refusal> {
        let stamp = regular_stamp(&rustix::fs::fstat(&file)?);
        if let (Some(streams), Err(Refusal::NotRegular(FileKind::Fifo))) = (&self.streams, &stamp) {
            streams.hold(name, file);
            return Err(Refusal::NotRegular(FileKind::Fifo));
        }
        stamp.map(|stamp| OpenedFile { file, stamp })
    }
}

impl Streams {
    /// One descriptor is enough for a FIFO that is listed twice: what comes through it, it gives once.
    fn hold(&self, name: &[u8], fifo: OwnedFd) {
        self.met.store(true, Ordering::Relaxed);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() < limits::STREAMS_HELD_MAX && !held.contains_key(name) {
            held.insert(name.to_vec(), fifo);
        }
    }

    fn take(&self, name: &[u8]) -> Option<OwnedFd> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(name)
    }
}

/// Waits until somebody has written to the FIFO, or come and gone, as an open that waits would have. It was opened without
/// waiting; from now on reading waits.
fn wait_for_writer(fifo: &OwnedFd, stopping: &dyn Fn() -> bool) -> Result<(), Errno> {
    let slice = Timespec { tv_sec: 0, tv_nsec: limits::LOOK_AROUND_MS as i64 * 1_000_000 };
    loop {
        match poll(&mut [PollFd::new(fifo, PollFlags::IN)], Some(&slice)) {
            Ok(0) | Err(Errno::INTR) if stopping() => return Err(Errno::CANCELED),
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) => break,
            Err(errno) => return Err(errno),
        }
    }
    let flags = fcntl_getfl(fifo)?;
    fcntl_setfl(fifo, flags.difference(OFlags::NONBLOCK))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read, Write};

    use super::*;
    use crate::root::Policy;

    #[test]
    fn a_writer_of_a_fifo_is_heard_to_its_end_whenever_it_came() {
        let tree = tempfile::tempdir().unwrap();
        let path = tree.path().join("fifo");
        rustix::fs::mknodat(CWD, &path, rustix::fs::FileType::Fifo, Mode::RWXU, 0).unwrap();
        let root = Root::open_root(tree.path(), Policy::Free).unwrap().with_streams(None);
        for writer_is_first in [true, false] {
            let write = || File::options().write(true).open(&path).unwrap().write_all(b"all of it").unwrap();
            let meet = || assert_eq!(root.open(b"fifo").unwrap_err(), Refusal::NotRegular(FileKind::Fifo));
            std::thread::scope(|scope| {
                let mut writer = writer_is_first.then(|| scope.spawn(write));
                meet();
                meet();
                // It has written and gone, or not come yet.
                match writer.take() {
                    Some(writer) => writer.join().unwrap(),
                    None => drop(scope.spawn(write)),
                }
                let mut read = Vec::new();
                File::from(root.open_stream(b"fifo", &|| false).unwrap()).read_to_end(&mut read).unwrap();
                assert_eq!(read, b"all of it");
            });
        }
    }

    #[test]
    fn only_the_first_fifo_is_opened_before_its_turn() {
        let tree = tempfile::tempdir().unwrap();
        let names = ["one", "two", "three"];
        for name in names {
            rustix::fs::mknodat(CWD, tree.path().join(name), rustix::fs::FileType::Fifo, Mode::RWXU, 0).unwrap();
        }
        std::fs::write(tree.path().join("file"), "").unwrap();
        let root = Root::open_root(tree.path(), Policy::Free).unwrap().with_streams(None);
        let fifo = Refusal::NotRegular(FileKind::Fifo);
        let mut siblings = crate::root::Siblings::default();
        for name in names {
            let cached = siblings.open_cached(&root, name.as_bytes());
            assert!(cached.is_none_or(|opened| opened.unwrap_err() == fifo));
            assert_eq!(root.open(name.as_bytes()).unwrap_err(), fifo);
        }
        let is_read = |name: &str| {
            let flags = OFlags::WRONLY.union(OFlags::NONBLOCK);
            rustix::fs::open(tree.path().join(name), flags, Mode::empty()).is_ok()
        };
        assert_eq!(names.map(is_read), [true, false, false]);
        assert!(root.open(b"file").is_ok());
        assert_eq!(root.open(b"none").unwrap_err(), Refusal::Missing);
    }

    #[test]
    fn standard_input_has_a_name_where_there_are_streams() {
        let tree = tempfile::tempdir().unwrap();
        std::fs::write(tree.path().join("-"), "a file").unwrap();
        let root = Root::open_root(tree.path(), Policy::Free).unwrap();
        assert!(root.open(b"-").is_ok());
        let root = root.with_streams(None);
        assert!(root.open(b"-").is_err() && root.open(b"./-").is_ok());
        assert!(matches!(root.open_cached(b"-"), Some(Err(Refusal::NotRegular(FileKind::Unknown)))) || root.walks());
        assert_eq!(root.open_stream(b"-", &|| false).unwrap_err(), Errno::BADF, "it was closed");
    }
}
