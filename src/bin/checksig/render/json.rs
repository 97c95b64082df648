//! `--json`: JSON Lines, one object a line, for programs.
//!
//! `json/line.rs` is the format, field by field, and `docs/json.md` describes it for its users. [`SCHEMA`] goes up when a
//! reader of the old form could misread the new one, and not when a field, an outcome or a type of line is added.
//! Nothing here is meant for people, and no line needs another to be understood.

mod codes;
mod encode;
mod examination;
mod line;

pub(crate) use examination::examination;

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::Path;

use checksig::manifest::Malformed;
use checksig::{Error, FileReport, Options, Outcome, Record, Verdict};

use self::encode::{as_base64, as_text};
use self::line::{Chosen, File, Line, MalformedLine, Refusal, Start, Summary};
use super::console::Console;
use super::summary::interrupted;
use super::text::refusal;
use super::{Ending, Render};
use crate::exit::Exit;
use crate::signals::Signal;

/// The number of the format, in the first line.
pub(crate) const SCHEMA: u32 = 1;

/// The JSON of `verify` and `audit`.
pub(crate) struct Json {
    quiet: bool,
}

impl Json {
    /// JSON of every file or, if `quiet`, of those that failed; writes the first line, before anything that was found.
    pub(crate) fn begin(beginning: &Beginning<'_>, console: &mut Console) -> Json {
        let (root, manifest) = (beginning.root.as_os_str(), beginning.manifest.as_os_str());
        let (root, manifest) = (root.as_encoded_bytes(), manifest.as_encoded_bytes());
        let file_name = beginning.manifest.file_name().unwrap_or_default().as_encoded_bytes();
        put(
            console,
            &Line::Start(Start {
                schema: SCHEMA,
                checksig: env!("CARGO_PKG_VERSION"),
                verb: beginning.verb,
                root: as_text(root),
                root_b64: as_base64(root),
                manifest: as_text(manifest),
                manifest_b64: as_base64(manifest),
                format: codes::grammar(beginning.options.grammar.for_manifest(file_name)),
                options: chosen(beginning.options, beginning.quiet),
            }),
        );
        Json { quiet: beginning.quiet }
    }
}

/// What the first line tells.
pub(crate) struct Beginning<'a> {
    /// What the run does.
    pub(crate) verb: &'static str,
    /// The root as it was given.
    pub(crate) root: &'a Path,
    /// The manifest that is read.
    pub(crate) manifest: &'a Path,
    /// What the library is asked for.
    pub(crate) options: &'a Options,
    /// Whether files that match have no line.
    pub(crate) quiet: bool,
}

impl Render for Json {
    fn record(&mut self, record: &Record, console: &mut Console) {
        match record {
            Record::File(file) if self.quiet && file.outcome.is_match() => {}
            Record::File(file) => put(console, &Line::File(file_line(file))),
            Record::Malformed(malformed) => put(console, &Line::Malformed(malformed_line(malformed))),
            _ => {}
        }
    }

    fn summary(&mut self, ending: &Ending<'_>, console: &mut Console) {
        let report = ending.report;
        let signal = ending.interruption();
        put(
            console,
            &Line::Summary(Summary {
                verdict: match report.verdict() {
                    Verdict::Pass => "pass",
                    Verdict::Fail => "fail",
                },
                counts: &report.counts,
                moved: report.moved,
                excluded: report.excluded,
                formats: report.formats.iter().map(|format| format.name()).collect(),
                malformed_lines: report.malformed_lines,
                files: report.counts.total(),
                bytes: report.bytes,
                seconds: report.elapsed.as_secs_f64(),
                exit_status: ending.exit().status(),
                cancelled: report.cancelled,
                signal: signal.map(Signal::name),
                readers: &report.readers,
                reasons: &report.reasons,
                kernel: report.kernel,
                kernels: &report.kernels,
                workers: report.workers,
            }),
        );
        if signal.is_some() {
            interrupted(ending, console);
        }
    }

    fn tells_its_end(&self) -> bool {
        true
    }

    fn error(&mut self, error: &Error, console: &mut Console) {
        let exit_status = Exit::CannotRun.status();
        put(console, &Line::Error(Refusal { error: codes::error(error), message: error.to_string(), exit_status }));
        refusal(error, console);
    }
}

fn chosen(options: &Options, quiet: bool) -> Chosen<'_> {
    let resources = &options.resources;
    Chosen {
        follow: codes::follow(options.policy),
        exclude: options.exclude.patterns(),
        reader: codes::reader(resources.reader),
        kernel: codes::kernel(resources.kernel),
        workers: resources.workers.map(NonZeroUsize::get),
        queue_depth: resources.queue_depth.map(NonZeroUsize::get),
        memory_bytes: resources.memory_bytes,
        from_media: resources.from_media,
        cache: resources.cache.name(),
        limit_rate_bytes: resources.limit_rate_bytes.map(NonZeroU64::get),
        idle: resources.idle,
        quiet,
    }
}

fn file_line(file: &FileReport) -> File<'_> {
    let outcome = &file.outcome;
    let mut line = File {
        line: file.line,
        path: as_text(&file.name),
        path_b64: as_base64(&file.name),
        outcome: outcome.kind().name(),
        expected: file.expected,
        actual: file.actual(),
        size_bytes: file.size_bytes,
        reader: file.reader.map(checksig::ReaderKind::name),
        message: (!outcome.is_match()).then(|| outcome.to_string()),
        errno: None,
        offset_bytes: None,
        kind: None,
        actual_again: None,
        moved_from: file.moved_from.as_deref().map(as_text),
        moved_from_b64: file.moved_from.as_deref().and_then(as_base64),
    };
    match outcome {
        Outcome::Unreadable { errno, offset } => (line.errno, line.offset_bytes) = (Some(*errno), Some(*offset)),
        Outcome::NotRegular(kind) | Outcome::Unlisted { kind, .. } => line.kind = Some(codes::file_kind(*kind)),
        Outcome::Unstable { second, .. } => line.actual_again = Some(*second),
        _ => {}
    }
    line
}

fn malformed_line(malformed: &Malformed) -> MalformedLine<'_> {
    MalformedLine {
        line: malformed.line,
        reason: codes::line_error(malformed.why),
        message: malformed.why.to_string(),
        text: as_text(&malformed.text),
        text_b64: as_base64(&malformed.text),
    }
}

fn put(console: &mut Console, line: &Line<'_>) {
    encode::append(console.out(), line);
}
