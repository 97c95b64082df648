//! The text of `verify`, `audit` and `create`: one line a file on standard output as `sha1sum -c` has it, and why something
//! failed on standard error.
//!
//! Standard output keeps to the words of `sha1sum`, because scripts read it; all else goes to standard error.

use std::fmt::Display;
use std::io::Write;
use std::path::Path;

use checksig::manifest::Malformed;
use checksig::{Error, FileReport, Outcome, OutcomeKind, Record, Shown, ShownText};

use super::console::{Broken, Console, Trouble};
use super::name::{write_raw, write_shown};
use super::summary::{create_line, verify_line};
use super::{Ending, Render};

/// The text of `verify` and `audit`.
pub(crate) struct VerifyText {
    /// The manifest as messages show it.
    manifest: Vec<u8>,
    /// What to add when the root is no directory: most often it is the manifest that was named.
    hint: Vec<u8>,
    /// Whether the run goes through links.
    follows: bool,
    quiet: bool,
    interrupted: bool,
}

impl VerifyText {
    /// The text for a run below `root` against `manifest`; if `quiet`, without what is right.
    pub(crate) fn new(verb: &str, root: &Path, manifest: &Path, follows: bool, quiet: bool) -> VerifyText {
        let mut hint = format!("checksig: to name a manifest: checksig {verb} --manifest ").into_bytes();
        write_shown(&mut hint, root.as_os_str().as_encoded_bytes());
        hint.push(b'\n');
        VerifyText { manifest: escaped(manifest), hint, follows, quiet, interrupted: false }
    }

    fn file(&self, file: &FileReport, console: &mut Console) {
        // Whoever interrupts a run knows that the rest was not checked, and wants no thousand lines that say so. The
        // summary counts these files, and what stands above it is still true.
        if file.outcome.is_match() && self.quiet || file.outcome == Outcome::NotChecked && self.interrupted {
            return;
        }
        let (terminal, Trouble { on, off }) = (console.out_is_terminal(), console.out_trouble());
        let out = console.out();
        if terminal {
            write_shown(out, &file.name);
        } else {
            write_raw(out, &file.name);
        }
        if file.outcome.is_match() {
            out.extend_from_slice(b": OK\n");
            return;
        }
        say(out, format_args!(": {on}{}{off}\n", failed(file.outcome.kind())));
        failure(Some(&self.manifest), file, console);
    }

    fn malformed(&self, malformed: &Malformed, console: &mut Console) {
        let Trouble { on, off } = console.err_trouble();
        let err = console.err();
        err.extend_from_slice(b"checksig: ");
        err.extend_from_slice(&self.manifest);
        let Malformed { line, why, text } = malformed;
        say(err, format_args!(":{line}: {on}improperly formatted line{off}: {why}: \""));
        write_shown(err, text);
        // More of it may have been there than is kept.
        let more = if text.len() < checksig::limits::LINE_SHOWN_BYTES_MAX { "" } else { "..." };
        say(err, format_args!("{more}\"\n"));
    }
}

impl Render for VerifyText {
    fn interrupted(&mut self) {
        self.interrupted = true;
    }

    fn record(&mut self, record: &Record, console: &mut Console) {
        match record {
            Record::File(file) => self.file(file, console),
            Record::Malformed(malformed) => self.malformed(malformed, console),
            _ => {}
        }
    }

    fn summary(&mut self, ending: &Ending<'_>, console: &mut Console) {
        verify_line(ending, &self.manifest, self.quiet, self.follows, console);
    }

    fn error(&mut self, error: &Error, console: &mut Console) {
        refusal(error, console);
        if matches!(error, Error::RootNotDirectory { .. }) {
            console.err().extend_from_slice(&self.hint);
        }
    }
}

/// The text of `create`: nothing on standard output.
pub(crate) struct CreateText {
    /// The manifest as messages show it.
    manifest: Vec<u8>,
}

impl CreateText {
    /// The text for a run that writes `manifest`.
    pub(crate) fn new(manifest: &Path) -> CreateText {
        CreateText { manifest: escaped(manifest) }
    }
}

impl Render for CreateText {
    fn record(&mut self, record: &Record, console: &mut Console) {
        let Record::File(file) = record else { return };
        match file.outcome {
            Outcome::Match | Outcome::NotChecked => {}
            Outcome::NotRegular(kind) => {
                let err = console.err();
                err.extend_from_slice(b"checksig: ");
                write_shown(err, &file.name);
                say(err, format_args!(": left out: {kind}\n"));
            }
            _ => failure(None, file, console),
        }
    }

    fn summary(&mut self, ending: &Ending<'_>, console: &mut Console) {
        create_line(ending, &self.manifest, console);
    }

    fn error(&mut self, error: &Error, console: &mut Console) {
        refusal(error, console);
    }
}

/// What `sha1sum -c` says of such a file, which has no word for what is unlisted: whether it was read, and is not what it
/// should be, or could not be read.
fn failed(kind: OutcomeKind) -> &'static str {
    match kind {
        OutcomeKind::Mismatch | OutcomeKind::Changed | OutcomeKind::Unstable => "FAILED",
        OutcomeKind::Unlisted => "UNLISTED",
        _ => "FAILED open or read",
    }
}

/// Says on standard error why a file failed, and which line of which manifest lists it.
fn failure(manifest: Option<&[u8]>, file: &FileReport, console: &mut Console) {
    let Trouble { on, off } = console.err_trouble();
    let err = console.err();
    err.extend_from_slice(b"checksig: ");
    if let Some(manifest) = manifest.filter(|_| file.line > 0) {
        err.extend_from_slice(manifest);
        say(err, format_args!(":{}: ", file.line));
    }
    write_shown(err, &file.name);
    match (&file.outcome, file.expected) {
        (Outcome::Mismatch { actual }, Some(expected)) => {
            say(err, format_args!(": {on}mismatch{off}: expected {expected}, actual {actual}\n"));
        }
        (outcome @ Outcome::Unstable { .. }, Some(expected)) => {
            say(err, format_args!(": {on}{outcome}{off}; expected {expected}\n"));
        }
        (outcome @ Outcome::Unlisted { .. }, _) => {
            say(err, format_args!(": {on}{outcome}{off}"));
            if let Some(from) = &file.moved_from {
                err.extend_from_slice(b"; moved: ");
                write_shown(err, from);
                err.extend_from_slice(b" -> ");
                write_shown(err, &file.name);
            }
            err.push(b'\n');
        }
        (outcome, _) => say(err, format_args!(": {on}{outcome}{off}\n")),
    }
}

/// Says that a file in the place of standard output is not put in its place: what it holds could be taken for all there is.
pub(crate) fn unkept(file: &Path) -> String {
    format!("checksig: {}: not written, as the run did not go to its end\n", Shown(file.as_os_str().as_encoded_bytes()))
}

/// Says on standard error why nothing was begun at all.
pub(crate) fn say_refusal(error: &Error) {
    let mut console = Console::new(None, false);
    refusal(error, &mut console);
    // It has no other place to go.
    let _ = console.end(false, None);
}

/// Says why a run could not be done.
pub(super) fn refusal(error: &Error, console: &mut Console) {
    let Trouble { on, off } = console.err_trouble();
    let err = console.err();
    say(err, format_args!("checksig: {on}{}{off}\n", ShownText(&error.to_string())));
}

/// The message for the time when what was found has no place to go any more.
pub(crate) fn broken_output(broken: &Broken) -> Vec<u8> {
    match broken {
        broken if broken.is_closed_pipe() => {
            "checksig: standard output was closed by its reader, so the run was given up\n".to_owned()
        }
        Broken::Out(error) => {
            format!("checksig: standard output cannot be written, so the run was given up: {error}\n")
        }
        Broken::File(error) => format!("checksig: what was found is not written: {error}\n"),
    }
    .into_bytes()
}

fn escaped(path: &Path) -> Vec<u8> {
    let mut text = Vec::new();
    write_shown(&mut text, path.as_os_str().as_encoded_bytes());
    text
}

/// Appends text to a buffer of lines.
pub(super) fn say(lines: &mut Vec<u8>, text: impl Display) {
    write!(lines, "{text}").expect("a vector takes whatever it is given");
}
