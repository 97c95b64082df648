//! Faults in runs over files that are all as they should be, taken to their ends by `Run::finish`: none that a fault has hit
//! passes, and what only takes longer does.
//!
//! What becomes of each file is shown beside, where some are damaged.

use std::sync::mpsc::channel;

use super::*;
use crate::engine::run::Run;
use crate::report::{Report, Verb};
use crate::verdict::Verdict;

/// What a run with a script comes to.
fn finish(listed: &Listed, form: Form, script: &Arc<Script>) -> Result<Report, Error> {
    let (shared, stock) = prepare(listed.tree.path(), &listed.manifest, form, script);
    let (done, wait) = channel();
    std::thread::spawn(move || {
        let unreadable = Box::new(|error: std::io::Error| Error::Internal(error.to_string()));
        let run = Run::new(&shared, Verb::Verify).begin(stock, unreadable, form == Form::Small);
        let _ = done.send(run.and_then(Run::finish));
    });
    wait.recv_timeout(PATIENCE).expect("the run ends")
}

/// Whether a file that this fault has struck, once or from then on, has been read whole all the same.
fn is_harmless(fault: Fault, for_ever: bool) -> bool {
    match fault {
        // One that breaks leaves its files to others.
        Fault::Leaves | Fault::Delays | Fault::Overtaken | Fault::EndsLate | Fault::Breaks => true,
        Fault::OpenFails(errno) => errno == Errno::MFILE && !for_ever,
        Fault::ReadFails(_) | Fault::Moves | Fault::Flips => false,
    }
}

/// Sweeps one source with every fault that it can have.
pub(super) fn sweep_all(name: &str, form: Form, every: bool) {
    let listed = Listed::sound(form == Form::Threads(ReaderChoice::Forced(ReaderKind::Mmap)));
    let (mut runs, mut struck) = (0, 0);
    for fault in faults_of(form) {
        let mut at = |first: u64, for_ever: bool| {
            let script = Arc::new(Script::new(fault, first, for_ever));
            let result = finish(&listed, form, &script);
            let passed = result.as_ref().is_ok_and(|report| report.verdict() == Verdict::Pass);
            let was_struck = !script.struck().is_empty();
            let must_pass = !was_struck || is_harmless(fault, for_ever);
            assert!(passed == must_pass, "{form:?}, {fault:?} at {first}, for ever: {for_ever}: {result:?}");
            runs += 1;
            struck += u64::from(was_struck && !must_pass);
            script.points()
        };
        let points = at(u64::MAX, false);
        let stride = match (every, is_harmless(fault, false)) {
            (true, _) => 1,
            (false, false) => STRIDE,
            (false, true) => 6 * STRIDE,
        };
        for for_ever in [false, true] {
            if for_ever && fault == Fault::Breaks {
                // Then every file would be left to the next that breaks, and nothing ever read.
                continue;
            }
            for first in (0..points).step_by(stride as usize) {
                at(first, for_ever);
            }
        }
    }
    println!(
        "{name}: {runs} runs over what is sound, {struck} with a fault that took something away, none of them passed"
    );
    assert!(struck > 0, "no fault took anything away");
}
