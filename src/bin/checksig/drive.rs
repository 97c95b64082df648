//! Takes a run from its start to its exit status: hands what it finds to a renderer, and minds signals and broken output.
//!
//! The same for every verb and every form of output; knows the words of none.

use std::io;
use std::time::Duration;

use checksig::{Batch, Error, Run};

use crate::exit::Exit;
use crate::render::{Console, Ending, Render, broken_output};
use crate::signals::Watch;

/// How long to wait for records before progress is shown and lines that have waited are written.
const SLICE: Duration = Duration::from_millis(100);

/// Takes a run to its end and says how it ended.
pub(crate) fn drive(started: Result<Run, Error>, view: &mut impl Render, mut console: Console) -> Exit {
    let mut run = match started {
        Ok(run) => run,
        Err(error) => return refuse(&error, view, console),
    };
    let mut watch = Watch::default();
    if let Err(error) = take_records(&mut run, &mut watch, view, &mut console) {
        // Dropping it cancels it and waits: nothing of ours runs on behind a message.
        drop(run);
        return give_up(&error, console);
    }
    let progress = run.progress();
    match run.finish() {
        Ok(report) => conclude(&Ending { report: &report, progress, signal: watch.caught() }, view, console),
        Err(error) => refuse(&error, view, console),
    }
}

/// Shows every record of the run, in the order in which they come.
///
/// A small run is done at once, and a signal ends the process as it ends any other. Whoever would have to wait watches for
/// signals first, which takes a thread.
fn take_records(run: &mut Run, watch: &mut Watch, view: &mut impl Render, console: &mut Console) -> io::Result<()> {
    let mut batch = run.next_batch(Duration::ZERO);
    if !matches!(batch, Batch::Finished) && !run.progress().is_done() {
        *watch = Watch::over(run.canceller());
    }
    loop {
        match batch {
            Batch::Records(records) => {
                if watch.caught().is_some() {
                    view.interrupted();
                }
                for record in &records {
                    view.record(record, console);
                    console.record_ends()?;
                }
            }
            Batch::Waiting => {}
            Batch::Finished => return Ok(()),
        }
        console.batch_ends(|| run.progress())?;
        batch = run.next_batch(SLICE);
    }
}

fn conclude(ending: &Ending<'_>, view: &mut impl Render, mut console: Console) -> Exit {
    // No verdict is said before it is known that all that led to it could be written.
    let written = console.finish().and_then(|()| {
        view.summary(ending, &mut console);
        console.finish()
    });
    match (written, ending.interruption()) {
        (Err(error), _) => give_up(&error, console),
        (Ok(()), Some(signal)) => Exit::Interrupted(signal),
        (Ok(()), None) => Exit::from(ending.report.verdict()),
    }
}

/// The run could not be done, or not to its end.
fn refuse(error: &Error, view: &mut impl Render, mut console: Console) -> Exit {
    view.error(error, &mut console);
    match console.finish() {
        Err(error) => give_up(&error, console),
        Ok(()) => Exit::CannotRun,
    }
}

/// Standard output takes no more. A reader that closed its pipe wants to hear nothing, as in `checksig verify | head`.
fn give_up(error: &io::Error, console: Console) -> Exit {
    if error.kind() == io::ErrorKind::BrokenPipe {
        console.give_up(b"");
    } else {
        console.give_up(&broken_output(error));
    }
    Exit::CannotRun
}
