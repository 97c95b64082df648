//! The last line of the text: the verdict, what was found, how much and how fast, and by which means.
//!
//! One line that begins `checksig: PASS: ` or `checksig: FAIL: `, with lines before it for each reader or kernel that
//! was chosen or refused for a reason, and for what can be done about what was found.

use checksig::{OutcomeKind, Report, Verb, Verdict};

use super::Ending;
use super::console::{Console, Trouble};
use super::figures::{Brought, Bytes, Count, Rate, Seconds};
use super::remedy::remedies;
use super::standing::files;
use super::text::say;

/// Ends the text of `verify` or `audit`, which went through links if it `follows`. If `quiet`, a pass is silent, but not on a
/// CPU that computes wrongly.
pub(super) fn verify_line(ending: &Ending<'_>, manifest: &[u8], quiet: bool, follows: bool, console: &mut Console) {
    let report = ending.report;
    // The name was escaped to UTF-8.
    let nothing = format!("{} lists no file", String::from_utf8_lossy(manifest));
    match report.verdict() {
        Verdict::Pass if quiet && report.wrong_kernels.is_empty() => {}
        Verdict::Pass => line("", "", report, follows, console),
        Verdict::Fail => line(&interruption(ending), &found(report, &nothing), report, follows, console),
    }
}

/// Ends the text of `create`.
pub(super) fn create_line(ending: &Ending<'_>, manifest: &[u8], console: &mut Console) {
    let report = ending.report;
    // The name was escaped to UTF-8.
    let manifest = String::from_utf8_lossy(manifest);
    match report.verdict() {
        Verdict::Pass => {
            let left_out = match left_out(report) {
                0 => String::new(),
                count => format!("{count} left out, "),
            };
            line(&format!("wrote {manifest}: {left_out}"), "", report, false, console);
        }
        Verdict::Fail => {
            let head = format!("{}{manifest} is not written: ", interruption(ending));
            line(&head, &found(report, "there is no regular file to list"), report, false, console);
        }
    }
}

fn line(head: &str, found: &str, report: &Report, follows: bool, console: &mut Console) {
    let Trouble { on, off } = console.err_trouble();
    let err = console.err();
    for reason in &report.reasons {
        say(err, format_args!("checksig: {reason}\n"));
    }
    if matches!(report.verb, Verb::Verify | Verb::Audit) {
        remedies(report, follows).for_each(|hint| say(err, format_args!("checksig: hint: {hint}\n")));
    }
    match report.verdict() {
        Verdict::Pass => say(err, format_args!("checksig: PASS: {head}")),
        Verdict::Fail => say(err, format_args!("checksig: {on}FAIL{off}: {head}{found}; ")),
    }
    let (bytes, elapsed) = (report.bytes, report.elapsed);
    let files = report.counts.total() - left_out(report);
    say(err, Count(files, "file"));
    if report.excluded > 0 {
        say(err, format_args!(", {} excluded", report.excluded));
    }
    say(err, format_args!(", {} in {}, {}; ", Bytes(bytes), Seconds(elapsed), Rate(bytes, elapsed)));
    say(
        err,
        match (report.readers.is_empty(), bytes) {
            (false, _) => "readers:",
            (true, 0) => "nothing was read",
            (true, _) => "no file was read to its end",
        },
    );
    for (nth, used) in report.readers.iter().enumerate() {
        let brought = Brought { bytes: used.bytes, device_bytes: used.device_bytes };
        say(err, format_args!("{} {} {} ({brought})", if nth == 0 { "" } else { "," }, used.kind, used.files));
    }
    say(err, format_args!("; kernel: {}; workers: {}\n", report.kernel, report.workers));
}

/// Says that a signal ended the run and how far it had come, where the summary itself is not for people.
pub(super) fn interrupted(ending: &Ending<'_>, console: &mut Console) {
    let Report { bytes, elapsed, .. } = *ending.report;
    let found = found(ending.report, "nothing");
    let interruption = interruption(ending);
    let line = format_args!("checksig: {interruption}{found}; {} in {}\n", Bytes(bytes), Seconds(elapsed));
    say(console.err(), line);
}

/// What `create` does not list, since it is no regular file.
fn left_out(report: &Report) -> u64 {
    match report.verb {
        Verb::Create => report.counts.of(OutcomeKind::NotRegular),
        _ => 0,
    }
}

/// The outcomes that there are, with their numbers: `9 match, 1 mismatch, 1 malformed line`; `nothing` where there are
/// none.
fn found(report: &Report, nothing: &str) -> String {
    let outcomes = report.counts.iter().filter(|(_, count)| *count > 0);
    let moved = |kind| if kind == OutcomeKind::Unlisted { report.moved } else { 0 };
    let mut parts: Vec<String> = outcomes
        .map(|(kind, count)| match (kind.name().replace('_', " "), moved(kind)) {
            (name, 0) => format!("{count} {name}"),
            (name, moved) => format!("{count} {name} ({moved} moved)"),
        })
        .collect();
    if report.malformed_lines > 0 {
        parts.push(Count(report.malformed_lines, "malformed line").to_string());
    }
    if parts.is_empty() { nothing.to_owned() } else { parts.join(", ") }
}

/// Which signal ended the run and how far it had come, if one did.
fn interruption(ending: &Ending<'_>) -> String {
    let Some(signal) = ending.interruption() else { return String::new() };
    let judged = ending.report.counts.total() - ending.report.counts.of(OutcomeKind::NotChecked);
    format!("interrupted by {} after {}: ", signal.name(), files(&ending.progress, judged))
}
