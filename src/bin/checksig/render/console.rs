//! Standard output, or the file in its place, and standard error: two buffers of whole lines, and the live line below them.
//!
//! Knows no record. Lines are gathered and written many at a time, and a write ends at the end of a line, so that what
//! came out is well formed wherever a run ends; but a line of more than 4096 bytes may be cut where nobody reads the pipe that it
//! goes to.

mod stream;

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use checksig::{Error, Output, Progress, Record, Report};

use self::stream::{Handle, Stream};
use super::broken_output;
use super::live::{Live, Shown};
use super::pace::Pace;

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
    live: Option<Live>,
    pace: Pace,
    written: Instant,
}

/// Why what was found did not go where it should.
pub(crate) enum Broken {
    /// Standard output takes nothing more.
    Out(io::Error),
    /// The file in its place cannot be had.
    File(Error),
}

impl Broken {
    /// Nobody reads any more.
    pub(crate) fn closed_pipe() -> Broken {
        Broken::Out(io::ErrorKind::BrokenPipe.into())
    }

    /// Whether it is only that nobody reads any more.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Broken::Out(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
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
    /// Takes hold of both, or of a file in the place of standard output, and shows how far a run is if that is wanted and
    /// standard error can show it.
    ///
    /// Whoever reads standard output from a pipe most often writes to the same terminal, and a live line there would be in
    /// the way.
    pub(crate) fn new(file: Option<Output>, live: bool) -> Console {
        let out = Stream::new(file.map_or_else(|| Handle::Out(io::stdout()), Handle::File));
        let err = Stream::new(Handle::Err(io::stderr()));
        let together = out.place().is_some() && out.place() == err.place();
        let live = (live && err.moves_cursor() && !out.is_pipe()).then(Live::new);
        let now = Instant::now();
        Console { out, err, together, live, pace: Pace::new(now), written: now }
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

    /// The file in the place of standard output.
    pub(crate) fn file(&self) -> Option<&Path> {
        match &self.out.handle {
            Handle::File(file) => Some(file.path()),
            _ => None,
        }
    }

    /// Whether that file, if there is one, may be put in its place after a run with this report.
    pub(crate) fn may_keep(&self, report: Option<&Report>) -> bool {
        !matches!(&self.out.handle, Handle::File(file) if !file.may_be_put(report))
    }

    /// How fast the run goes.
    pub(crate) fn pace(&self) -> &Pace {
        &self.pace
    }

    /// What a process that must end at once has to clean up.
    pub(crate) fn leftovers(&self) -> Leftovers {
        let shown = self.live.as_ref().map(Live::shown).unwrap_or_default();
        let temporaries = match &self.out.handle {
            Handle::File(file) => vec![file.temporary().to_owned()],
            _ => Vec::new(),
        };
        Leftovers { shown, temporaries }
    }

    /// To be called after each record: writes what is ready once it is much.
    pub(crate) fn record_ends(&mut self, record: &Record) -> Result<(), Broken> {
        if let Handle::File(file) = &mut self.out.handle {
            file.note(record).map_err(Broken::File)?;
        }
        if self.out.lines.len() < FULL && self.err.lines.len() < FULL { Ok(()) } else { self.write() }
    }

    /// To be called after each batch, or when none came: writes what has waited long enough, and shows progress.
    pub(crate) fn batch_ends(&mut self, progress: &Progress) -> Result<(), Broken> {
        let now = Instant::now();
        self.pace.note(progress, now);
        if now - self.written < LINGER && !self.out.terminal {
            return Ok(());
        }
        self.write()?;
        if let Some(live) = &mut self.live {
            live.draw(progress, &self.pace);
        }
        Ok(())
    }

    /// To be called when the run is over: takes the progress away and writes everything.
    pub(crate) fn settle(&mut self) -> Result<(), Broken> {
        self.live = None;
        self.write()
    }

    /// To be called at the very end: writes the last lines, and before those on standard error puts the file in its place,
    /// if what it holds is to be `kept` after a run with this report. Where that fails, what was still to be said is not
    /// true.
    pub(crate) fn end(&mut self, kept: bool, report: Option<&Report>) -> Result<(), Broken> {
        let mut ended = self.out.write().map_err(|error| self.broken(error));
        if kept && ended.is_ok() {
            ended = self.out.commit(report).map_err(Broken::File);
        }
        if ended.is_err() {
            self.err.lines.clear();
        }
        self.err.write_or_drop();
        ended
    }

    /// From now on a pipe that nobody reads may swallow what is for it: Ctrl-C ends its reader too, and most often first.
    pub(crate) fn excuse_closed_pipe(&mut self) {
        self.out.may_be_closed = true;
    }

    /// To be called when what is found has no place to go: what was for it is dropped, the rest is said.
    pub(crate) fn give_up(mut self, broken: &Broken) {
        self.live = None;
        self.err.lines.extend_from_slice(&broken_output(broken));
        // Nobody is left to be told if this fails too.
        self.err.write_or_drop();
    }

    fn write(&mut self) -> Result<(), Broken> {
        self.written = Instant::now();
        let (out, err) = (&mut self.out, &mut self.err);
        if out.lines.is_empty() && err.lines.is_empty() {
            return Ok(());
        }
        let mut write = || {
            let result = out.write();
            // The exit status tells the verdict to whoever has closed standard error.
            err.write_or_drop();
            result
        };
        let written = match &self.live {
            Some(live) => live.above(write),
            None => write(),
        };
        written.map_err(|error| self.broken(error))
    }

    fn broken(&self, source: io::Error) -> Broken {
        match &self.out.handle {
            Handle::File(file) => {
                Broken::File(Error::OutputUnwritable { path: file.path().to_owned(), absent: None, source })
            }
            _ => Broken::Out(source),
        }
    }
}

/// What the end of the process would leave behind.
#[derive(Default)]
pub(crate) struct Leftovers {
    shown: Shown,
    temporaries: Vec<PathBuf>,
}

impl Leftovers {
    /// One file more, if there is one.
    pub(crate) fn add(&mut self, temporary: Option<&Path>) {
        self.temporaries.extend(temporary.map(Path::to_owned));
    }

    /// Removes it and says something, without waiting for anybody.
    pub(crate) fn clean_up(&self, message: &[u8]) {
        for temporary in &self.temporaries {
            let _ = std::fs::remove_file(temporary);
        }
        self.shown.replace(message);
    }
}
