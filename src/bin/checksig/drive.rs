//! Takes a run from its start to its exit status: hands what it finds to a renderer, and minds signals and broken output.
//!
//! The same for every verb and every form of output; knows the words of none.

use std::time::Duration;

use checksig::{Batch, Error, Report, Run};

use crate::exit::Exit;
use crate::render::{Broken, Console, Ending, Render, status, unkept};
use crate::signals::Watch;

/// How long to wait for records before progress is shown and lines that have waited are written.
const SLICE: Duration = Duration::from_millis(100);

/// Takes a run to its end and says how it ended.
pub(crate) fn drive(started: Result<Run, Error>, view: &mut impl Render, mut console: Console, watch: &Watch) -> Exit {
    let mut run = match started {
        Ok(run) => run,
        Err(error) => return refuse(&error, view, console),
    };
    watch.over(&run);
    let mut taken = take_records(&mut run, watch, view, &mut console);
    let excused = taken.as_ref().is_err_and(Broken::is_closed_pipe) && watch.catches_soon();
    if excused {
        console.excuse_closed_pipe();
        taken = take_records(&mut run, watch, view, &mut console);
    }
    if let Err(broken) = taken {
        // Dropping it cancels it and waits: nothing of ours runs on behind a message.
        drop(run);
        return give_up(&broken, console);
    }
    let progress = run.progress();
    match run.finish() {
        // Nothing was cut short but what its reader had of it.
        Ok(report) if excused && !report.is_cut_short() => give_up(&Broken::closed_pipe(), console),
        Ok(report) => conclude(&Ending { report: &report, progress, signal: watch.caught() }, view, console),
        Err(error) => refuse(&error, view, console),
    }
}

/// Shows every record of the run, in the order in which they come.
fn take_records(run: &mut Run, watch: &Watch, view: &mut impl Render, console: &mut Console) -> Result<(), Broken> {
    loop {
        match run.next_batch(SLICE) {
            Batch::Records(records) => {
                if watch.caught().is_some() {
                    view.interrupted();
                }
                for record in &records {
                    view.record(record, console);
                    console.record_ends(record)?;
                }
            }
            Batch::Waiting => {}
            Batch::Finished => return Ok(()),
        }
        let progress = run.progress();
        watch.note(progress);
        if watch.is_asked() {
            let status = status(&progress, console.pace());
            console.err().extend_from_slice(status.as_bytes());
        }
        console.batch_ends(&progress)?;
    }
}

fn conclude(ending: &Ending<'_>, view: &mut impl Render, mut console: Console) -> Exit {
    if ending.interruption().is_some() {
        console.excuse_closed_pipe();
    }
    // No verdict is said before it is known that all that led to it could be written.
    let written = console.settle().and_then(|()| {
        view.summary(ending, &mut console);
        let kept = ending.interruption().is_none() || view.tells_its_end();
        end(&mut console, kept, Some(ending.report))
    });
    match written {
        Err(broken) => give_up(&broken, console),
        Ok(()) => ending.exit(),
    }
}

/// The run could not be done, or not to its end.
fn refuse(error: &Error, view: &mut impl Render, mut console: Console) -> Exit {
    let written = console.settle().and_then(|()| {
        view.error(error, &mut console);
        end(&mut console, view.tells_its_end(), None)
    });
    match written {
        Err(broken) => give_up(&broken, console),
        Ok(()) => Exit::CannotRun,
    }
}

/// Writes what is left, and keeps the file in the place of standard output if its words are worth it and the library allows.
fn end(console: &mut Console, worthy: bool, report: Option<&Report>) -> Result<(), Broken> {
    let kept = worthy && console.may_keep(report);
    if let Some(file) = console.file().filter(|_| !kept) {
        let unkept = unkept(file);
        console.err().extend_from_slice(unkept.as_bytes());
    }
    console.end(kept, report)
}

/// What was found has no place to go.
fn give_up(broken: &Broken, console: Console) -> Exit {
    console.give_up(broken);
    Exit::CannotRun
}
