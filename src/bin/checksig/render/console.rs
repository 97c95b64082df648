//! Standard output and standard error: two buffers of whole lines, and the progress bar that they go above.
//!
//! Knows no record. Lines are gathered and written many at a time, and a write ends at the end of a line, so that what
//! came out is well formed wherever a run ends.

use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use checksig::Progress;
use rustix::fs::fstat;
use rustix::io::{Errno, retry_on_intr};

use super::progress::Bar;

/// Bytes that are gathered before they are written. A pipe holds 64 KiB; larger writes gained nothing.
const FULL: usize = 64 * 1024;

/// How long lines may wait while the run is slow to bring more.
const LINGER: Duration = Duration::from_millis(100);

/// Where lines go.
pub(crate) struct Console {
    out: Stream,
    err: Stream,
    /// Standard output and standard error lead to one place. Then one buffer takes both, and keeps their order.
    together: bool,
    bar: Option<Bar>,
    written: Instant,
}

/// One of the two, with the lines not yet written.
struct Stream {
    /// Rust's own handle would split the text at lines and take a closed descriptor for success, so that text goes to
    /// the descriptor itself.
    handle: Handle,
    lines: Vec<u8>,
    /// Whether a terminal shows it.
    terminal: bool,
    /// Whether it shows colours.
    colour: bool,
}

enum Handle {
    Out(io::Stdout),
    Err(io::Stderr),
}

/// A sequence that makes a terminal show trouble, and one that ends it; or nothing.
#[derive(Clone, Copy)]
pub(crate) struct Trouble {
    /// Before the words.
    pub(crate) on: &'static str,
    /// After them.
    pub(crate) off: &'static str,
}

impl Console {
    /// Takes hold of both, and shows progress if it is wanted and standard error can show it.
    pub(crate) fn new(progress: bool) -> Console {
        let out = Stream::new(Handle::Out(io::stdout()));
        let err = Stream::new(Handle::Err(io::stderr()));
        let together = out.place().is_some() && out.place() == err.place();
        let bar = (progress && err.terminal && !dumb()).then(Bar::new);
        Console { out, err, together, bar, written: Instant::now() }
    }

    /// Where lines for standard output are put.
    pub(crate) fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out.lines
    }

    /// Where lines for standard error are put.
    pub(crate) fn err(&mut self) -> &mut Vec<u8> {
        if self.together { &mut self.out.lines } else { &mut self.err.lines }
    }

    /// Whether standard output is a terminal: names are escaped there.
    pub(crate) fn out_is_terminal(&self) -> bool {
        self.out.terminal
    }

    /// How trouble is marked on standard output.
    pub(crate) fn out_trouble(&self) -> Trouble {
        self.out.trouble()
    }

    /// How trouble is marked on standard error.
    pub(crate) fn err_trouble(&self) -> Trouble {
        self.err.trouble()
    }

    /// To be called after each record: writes what is ready once it is much.
    pub(crate) fn record_ends(&mut self) -> io::Result<()> {
        if self.out.lines.len() < FULL && self.err.lines.len() < FULL { Ok(()) } else { self.write() }
    }

    /// To be called after each batch, or when none came: writes what has waited long enough, and shows progress.
    pub(crate) fn batch_ends(&mut self, progress: impl FnOnce() -> Progress) -> io::Result<()> {
        if self.written.elapsed() < LINGER && !self.out.terminal {
            return Ok(());
        }
        self.write()?;
        if let Some(bar) = &mut self.bar {
            bar.draw(&progress());
        }
        Ok(())
    }

    /// To be called at the end: takes the progress away and writes everything.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.bar = None;
        self.write()
    }

    /// To be called when standard output takes nothing any more: what was for it is dropped, the rest is said.
    pub(crate) fn give_up(mut self, message: &[u8]) {
        self.bar = None;
        self.err.lines.extend_from_slice(message);
        // Nobody is left to be told if this fails too.
        let _ = self.err.write();
    }

    fn write(&mut self) -> io::Result<()> {
        self.written = Instant::now();
        let (out, err) = (&mut self.out, &mut self.err);
        if out.lines.is_empty() && err.lines.is_empty() {
            return Ok(());
        }
        let mut write = || {
            let result = out.write();
            // The exit status tells the verdict to whoever has closed standard error.
            let _ = err.write();
            result
        };
        match &self.bar {
            Some(bar) => bar.above(write),
            None => write(),
        }
    }
}

impl Stream {
    fn new(handle: Handle) -> Stream {
        let terminal = match &handle {
            Handle::Out(out) => out.is_terminal(),
            Handle::Err(err) => err.is_terminal(),
        };
        Stream { handle, lines: Vec::new(), terminal, colour: terminal && !dumb() && !unwanted("NO_COLOR") }
    }

    fn descriptor(&self) -> BorrowedFd<'_> {
        match &self.handle {
            Handle::Out(out) => out.as_fd(),
            Handle::Err(err) => err.as_fd(),
        }
    }

    /// The inode that it leads to.
    fn place(&self) -> Option<(u64, u64)> {
        fstat(self.descriptor()).ok().map(|stat| (stat.st_dev, stat.st_ino))
    }

    fn trouble(&self) -> Trouble {
        if self.colour { Trouble { on: "\x1b[31m", off: "\x1b[0m" } } else { Trouble { on: "", off: "" } }
    }

    fn write(&mut self) -> io::Result<()> {
        let mut left = &self.lines[..];
        while !left.is_empty() {
            match retry_on_intr(|| rustix::io::write(self.descriptor(), left))? {
                0 => return Err(Errno::IO.into()),
                count => left = &left[count..],
            }
        }
        self.lines.clear();
        Ok(())
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
