//! Standard output and standard error of `sha1sum`: lines in GNU's order, and what happens where they cannot be written.
//!
//! Knows no words but the program's name.

use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::fstat;
use rustix::io::Errno;

use super::gathered::Gathered;
use super::messages::reason;
use super::quote::{Charset, write_diagnosed};
use crate::exit::{self, Exit};
use crate::given;

/// Where everything goes.
pub(super) struct Output {
    program: Vec<u8>,
    charset: Charset,
    out: Gathered,
    err: Gathered,
    /// Both lead to one place. Then one buffer takes both, and keeps their order.
    together: bool,
    err_failed: bool,
}

/// Standard output takes nothing any more, for this reason.
#[derive(Debug)]
pub(super) struct Broken(Errno);

impl Output {
    /// `program` is what messages begin with.
    pub(super) fn new(program: &[u8]) -> Output {
        let place = |descriptor: BorrowedFd<'_>| fstat(descriptor).ok().map(|stat| (stat.st_dev, stat.st_ino));
        let both_open = !given::stdout_was_closed() && !given::stderr_was_closed();
        let places = [place(io::stdout().as_fd()), place(io::stderr().as_fd())];
        Output {
            program: program.to_vec(),
            charset: Charset::of_locale(),
            out: Gathered::default(),
            err: Gathered::default(),
            together: both_open && places[0].is_some() && places[0] == places[1],
            err_failed: false,
        }
    }

    /// Whether a terminal shows standard output.
    pub(super) fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// What messages begin with.
    pub(super) fn program(&self) -> &[u8] {
        &self.program
    }

    pub(super) fn charset(&self) -> Charset {
        self.charset
    }

    /// Where lines for standard output are put.
    pub(super) fn out(&mut self) -> &mut Vec<u8> {
        self.out.bytes()
    }

    fn say_line(&mut self, line: &[u8]) {
        let err = if self.together { &mut self.out } else { &mut self.err };
        err.bytes().extend_from_slice(line);
        err.line_ends();
    }

    /// A message: a line on standard error behind the program's name.
    pub(super) fn say(&mut self, words: &[&[u8]]) {
        let line = [&self.program[..], b": ", &words.concat(), b"\n"].concat();
        self.say_line(&line);
    }

    /// A message about a file.
    pub(super) fn say_of(&mut self, name: &[u8], words: &str) {
        let mut quoted = Vec::new();
        write_diagnosed(&mut quoted, name, self.charset);
        self.say(&[&quoted, b": ", words.as_bytes()]);
    }

    /// The second line of a usage error.
    pub(super) fn suggest_help(&mut self) {
        let line = [b"Try '", &self.program[..], b" --help' for more information.\n"].concat();
        self.say_line(&line);
    }

    /// To be called after each record: writes what is ready once it is much.
    pub(super) fn record_ends(&mut self) -> Result<(), Broken> {
        self.out.line_ends();
        if self.out.is_full() || self.err.is_full() { self.finish() } else { Ok(()) }
    }

    /// Writes everything.
    pub(super) fn finish(&mut self) -> Result<(), Broken> {
        if !self.err.is_empty() {
            self.err_failed |= given::stderr_was_closed() || self.err.write(io::stderr().as_fd()).is_err();
            self.err.clear();
        }
        if self.out.is_empty() {
            return Ok(());
        }
        let written = if given::stdout_was_closed() { Err(Errno::BADF) } else { self.out.write(io::stdout().as_fd()) };
        self.out.clear();
        written.map_err(Broken)
    }

    /// Whether a message was lost. GNU's exit status tells it.
    pub(super) fn err_failed(&self) -> bool {
        self.err_failed
    }

    /// Ends where standard output is broken: by the signal if it is a pipe that nobody reads and nobody wanted an error
    /// for, as `sha1sum | head` wants it; with a message otherwise.
    pub(super) fn give_up(&mut self, broken: &Broken) -> Exit {
        if broken.0 == Errno::PIPE {
            exit::by_closed_pipe();
        }
        self.together = false;
        // GNU has lost the reason of a write that failed before the last: it knows only why the last flush or close did.
        match broken.0 {
            Errno::BADF => self.say(&[b"write error: ", reason(broken.0.raw_os_error()).as_bytes()]),
            _ => self.say(&[b"write error"]),
        }
        let _ = self.finish();
        Exit::Fail
    }
}
