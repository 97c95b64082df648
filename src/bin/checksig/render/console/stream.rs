//! One of the places where lines go, with those not yet written, and what it can show.
//!
//! Writes to descriptors, and says what they are; knows of no other stream.

use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, BorrowedFd};

use checksig::{Error, Output, Report};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{FileType, fstat};
use rustix::io::{Errno, retry_on_intr};

use super::Trouble;

/// One stream.
pub(super) struct Stream {
    pub(super) handle: Handle,
    pub(super) lines: Vec<u8>,
    /// Whether a terminal shows it.
    pub(super) terminal: bool,
    /// Whether it shows colours.
    colour: bool,
}

/// Rust's own handles would split the text at lines and take a closed descriptor for success, so that text goes to the
/// descriptor itself.
pub(super) enum Handle {
    Out(io::Stdout),
    Err(io::Stderr),
    File(Output),
    /// The file has been put in its place.
    Done,
}

impl Stream {
    pub(super) fn new(handle: Handle) -> Stream {
        let terminal = match &handle {
            Handle::Out(out) => out.is_terminal(),
            Handle::Err(err) => err.is_terminal(),
            Handle::File(_) | Handle::Done => false,
        };
        Stream { handle, lines: Vec::new(), terminal, colour: terminal && !dumb() && !unwanted("NO_COLOR") }
    }

    /// The inode that it leads to.
    pub(super) fn place(&self) -> Option<(u64, u64)> {
        fstat(self.descriptor()?).ok().map(|stat| (stat.st_dev, stat.st_ino))
    }

    /// Whether somebody else reads what is written.
    pub(super) fn is_pipe(&self) -> bool {
        let kind = |stat: rustix::fs::Stat| FileType::from_raw_mode(stat.st_mode);
        let stat = self.descriptor().and_then(|descriptor| fstat(descriptor).ok());
        stat.is_some_and(|stat| matches!(kind(stat), FileType::Fifo | FileType::Socket))
    }

    /// Whether it is a terminal that can do more than print.
    pub(super) fn moves_cursor(&self) -> bool {
        self.terminal && !dumb()
    }

    pub(super) fn trouble(&self) -> Trouble {
        if self.colour { Trouble { on: "\x1b[31m", off: "\x1b[0m" } } else { Trouble { on: "", off: "" } }
    }

    /// Writes its lines.
    pub(super) fn write(&mut self) -> io::Result<()> {
        let mut left = &self.lines[..];
        while !left.is_empty() {
            let descriptor = self.descriptor().ok_or(Errno::BADF)?;
            match retry_on_intr(|| rustix::io::write(descriptor, left)) {
                Ok(0) => return Err(Errno::IO.into()),
                Ok(count) => left = &left[count..],
                // Whoever shares the descriptor may have set it not to wait.
                Err(Errno::AGAIN) => {
                    retry_on_intr(|| poll(&mut [PollFd::new(&descriptor, PollFlags::OUT)], None))?;
                }
                Err(errno) => return Err(errno.into()),
            }
        }
        self.lines.clear();
        Ok(())
    }

    /// Puts the file in its place, if it is one.
    pub(super) fn commit(&mut self, report: Option<&Report>) -> Result<(), Error> {
        match std::mem::replace(&mut self.handle, Handle::Done) {
            Handle::File(file) => file.commit(report),
            other => {
                self.handle = other;
                Ok(())
            }
        }
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        match &self.handle {
            Handle::Out(out) => Some(out.as_fd()),
            Handle::Err(err) => Some(err.as_fd()),
            Handle::File(file) => Some(file.as_fd()),
            Handle::Done => None,
        }
    }
}

/// Whether the terminal can do nothing but print.
fn dumb() -> bool {
    std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb")
}

/// Whether a variable such as `NO_COLOR` is set to anything (no-color.org).
fn unwanted(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}
