//! How the process ends: every exit status, in one place.
//!
//! Decides nothing; the verdict is the library's.

use std::process::ExitCode;

use checksig::Verdict;

use crate::given;
use crate::signals::Signal;

/// What the process tells its parent. `docs` and `--help` say the same in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything that was asked for is so.
    Pass,
    /// The run was done, and something is not right.
    Fail,
    /// The run could not be done, or what it found could not be written; or the command line makes no sense.
    CannotRun,
    /// A signal ended the run early.
    Interrupted(Signal),
}

impl Exit {
    /// The number that `exit(3)` is given; 128 and the signal's number for a signal, as shells have it.
    pub(crate) const fn status(self) -> u8 {
        match self {
            Exit::Pass => 0,
            Exit::Fail => 1,
            Exit::CannotRun => 2,
            Exit::Interrupted(Signal::Hangup) => 129,
            Exit::Interrupted(Signal::Interrupt) => 130,
            Exit::Interrupted(Signal::Terminate) => 143,
        }
    }
}

/// Ends the process by SIGPIPE, as a pipe that nobody reads any more ends whoever knows nothing of it; returns where the parent
/// had that signal ignored.
pub(crate) fn by_closed_pipe() {
    if !given::pipe_was_ignored() {
        let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGPIPE);
    }
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Exit {
        match verdict {
            Verdict::Pass => Exit::Pass,
            Verdict::Fail => Exit::Fail,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.status())
    }
}
