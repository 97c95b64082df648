//! What a run finds, as lines: text for people and `sha1sum` users, JSON for programs.
//!
//! Converts and never judges: what is a failure and what a run's verdict is, the library says.

mod console;
pub(crate) mod examination;
mod figures;
mod json;
mod live;
pub(crate) mod name;
mod pace;
mod remedy;
mod standing;
mod summary;
mod text;

pub(crate) use console::{Broken, Console, Leftovers};
pub(crate) use json::{Beginning, Json, examination as examination_json};
pub(crate) use standing::{cut_off, status};
pub(crate) use text::{CreateText, VerifyText, broken_output, say_refusal, unkept};

use checksig::{Error, Progress, Record, Report};

use crate::exit::Exit;
use crate::signals::Signal;

/// A form of output. It puts lines into the buffers of the console; writing them is not its business, so that nothing
/// here can fail.
pub(crate) trait Render {
    /// A signal has come: what the run did not come to is told from now on.
    fn interrupted(&mut self) {}

    /// One file or one malformed line.
    fn record(&mut self, record: &Record, console: &mut Console);

    /// The end of a run that was done.
    fn summary(&mut self, ending: &Ending<'_>, console: &mut Console);

    /// Whether what goes to standard output tells by itself how the run ended, so that a part of it can be taken for no
    /// more than that.
    fn tells_its_end(&self) -> bool {
        false
    }

    /// Why a run could not be done, or not to its end.
    fn error(&mut self, error: &Error, console: &mut Console);
}

/// How a run ended.
pub(crate) struct Ending<'a> {
    /// What it found.
    pub(crate) report: &'a Report,
    /// How far it had come.
    pub(crate) progress: Progress,
    /// The signal that came meanwhile.
    pub(crate) signal: Option<Signal>,
}

impl Ending<'_> {
    /// The signal that ended the run early; one that came when every file had been judged took nothing away.
    pub(crate) fn interruption(&self) -> Option<Signal> {
        self.signal.filter(|_| self.report.is_cut_short())
    }

    /// How the process will end, if all of this can be written.
    pub(crate) fn exit(&self) -> Exit {
        self.interruption().map_or_else(|| Exit::from(self.report.verdict()), Exit::Interrupted)
    }
}
