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
use crate::given;

/// What Linux writes to a pipe whole or not at all (`pipe(7)`).
const PIPE_BUF: usize = 4096;

/// One stream.
pub(super) struct Stream {
    pub(super) handle: Handle,
    pub(super) lines: Vec<u8>,
    /// Whether a terminal shows it.
    pub(super) terminal: bool,
    /// Whether it shows colours.
    colour: bool,
    /// Whether somebody else reads what is written.
    pipe: bool,
    /// Whether lines for a pipe that nobody reads any more are dropped, and no error.
    pub(super) may_be_closed: bool,
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
        let colour = terminal && !dumb() && !unwanted("NO_COLOR");
        let mut stream = Stream { handle, lines: Vec::new(), terminal, colour, pipe: false, may_be_closed: false };
        let kind = |stat: rustix::fs::Stat| FileType::from_raw_mode(stat.st_mode);
        let stat = stream.descriptor().and_then(|descriptor| fstat(descriptor).ok());
        stream.pipe = stat.is_some_and(|stat| matches!(kind(stat), FileType::Fifo | FileType::Socket));
        stream
    }

    /// The inode that it leads to.
    pub(super) fn place(&self) -> Option<(u64, u64)> {
        fstat(self.descriptor()?).ok().map(|stat| (stat.st_dev, stat.st_ino))
    }

    /// Whether somebody else reads what is written.
    pub(super) fn is_pipe(&self) -> bool {
        self.pipe
    }

    /// Whether it is a terminal that can do more than print.
    pub(super) fn moves_cursor(&self) -> bool {
        self.terminal && !dumb()
    }

    pub(super) fn trouble(&self) -> Trouble {
        if self.colour { Trouble { on: "\x1b[31m", off: "\x1b[0m" } } else { Trouble { on: "", off: "" } }
    }

    /// Writes its lines: to a pipe in pieces that go whole or not at all, each of whole lines, as the process may be ended by
    /// another thread while nobody reads.
    pub(super) fn write(&mut self) -> io::Result<()> {
        let mut left = &self.lines[..];
        while !left.is_empty() {
            let descriptor = self.descriptor().ok_or(Errno::BADF)?;
            let piece = if self.pipe { whole_lines(left) } else { left };
            match retry_on_intr(|| rustix::io::write(descriptor, piece)) {
                Ok(0) => return Err(Errno::IO.into()),
                Ok(count) => left = &left[count..],
                // Whoever shares the descriptor may have set it not to wait.
                Err(Errno::AGAIN) => {
                    retry_on_intr(|| poll(&mut [PollFd::new(&descriptor, PollFlags::OUT)], None))?;
                }
                Err(Errno::PIPE) if self.may_be_closed => break,
                Err(errno) => return Err(errno.into()),
            }
        }
        self.lines.clear();
        Ok(())
    }

    /// Writes its lines, and drops them where they cannot be written: a run goes on without its messages, and must not gather
    /// them for days.
    pub(super) fn write_or_drop(&mut self) {
        let _ = self.write();
        self.lines.clear();
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

    /// Where it leads; `None` where the parent closed it, since what Rust has put there takes every line and keeps none.
    /// Like GNU's, a run that has nothing to say there, as one that passes with `--quiet`, takes no notice.
    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        match &self.handle {
            Handle::Out(out) => Some(out.as_fd()).filter(|_| !given::stdout_was_closed()),
            Handle::Err(err) => Some(err.as_fd()).filter(|_| !given::stderr_was_closed()),
            Handle::File(file) => Some(file.as_fd()),
            Handle::Done => None,
        }
    }
}

/// As many lines as a pipe takes whole, but one at least: one that is longer than that may be cut, as no program could help it.
fn whole_lines(lines: &[u8]) -> &[u8] {
    let is_end = |&byte: &u8| byte == b'\n';
    let within = lines[..lines.len().min(PIPE_BUF)].iter().rposition(is_end);
    let end = within.or_else(|| lines.iter().position(is_end));
    end.map_or(lines, |end| &lines[..=end])
}

/// Whether the terminal can do nothing but print.
fn dumb() -> bool {
    std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb")
}

/// Whether a variable such as `NO_COLOR` is set to anything (no-color.org).
fn unwanted(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_written_is_not_gathered() {
        let mut stream = Stream::new(Handle::Done);
        stream.lines.extend_from_slice(b"lost\n");
        assert!(stream.write().is_err());
        assert_eq!(stream.lines, b"lost\n");
        stream.write_or_drop();
        assert_eq!(stream.lines, b"");
    }

    #[test]
    fn a_piece_is_of_whole_lines_and_fits_a_pipe() {
        let line = |length: usize| [vec![b'x'; length - 1], vec![b'\n']].concat();
        for (lengths, first) in [
            (&[10, 20][..], 30),
            (&[PIPE_BUF], PIPE_BUF),
            (&[PIPE_BUF - 1, 1, 1], PIPE_BUF),
            (&[PIPE_BUF - 1, 2], PIPE_BUF - 1),
            // The first of these is too long for any pipe.
            (&[PIPE_BUF + 1, 1], PIPE_BUF + 1),
            (&[100_000, 1], 100_000),
        ] {
            let lines: Vec<u8> = lengths.iter().flat_map(|&length| line(length)).collect();
            assert_eq!(whole_lines(&lines).len(), first, "{lengths:?}");
        }
        assert_eq!(whole_lines(b"no end"), b"no end");
    }
}
