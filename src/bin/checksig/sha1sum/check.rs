//! `sha1sum --check`: a status line for each entry of each manifest, and the warnings behind them.
//!
//! Joins the library's runs with the lines: what became of a file, and of a manifest by GNU's rules, the library says.

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use checksig::manifest::{GnuMode, Malformed};
use checksig::{Error, FileReport, GnuEvidence, OpenManifest, Outcome, Record, Report, Resources, Run, Verdict};

use super::args::{Args, Compat, Say};
use super::messages::{reason, warnings, why};
use super::output::{Broken, Output};
use super::quote::write_quoted;
use super::{Stdin, drive, or_stdin};
use crate::render::name::write_raw;

/// What messages call standard input.
const STDIN: &str = "standard input";

/// What they say where the lines of a manifest cannot be read.
const READ_ERROR: &str = "read error";

/// Checks every manifest, and says whether all is well.
pub(super) fn run(mut args: Args, stdin: &mut Stdin, output: &mut Output) -> Result<bool, Broken> {
    let operands = or_stdin(std::mem::take(&mut args.operands));
    let quoted = match args.compat {
        Some(compat) => compat == Compat::Quoted,
        None => output.is_terminal(),
    };
    let mut mode = GnuMode::default();
    let mut ok = true;
    for operand in &operands {
        let is_stdin = operand == "-";
        let shown = if is_stdin { OsStr::new(STDIN) } else { operand };
        let input = match open(operand, is_stdin, stdin) {
            Ok(input) => input,
            Err(words) => {
                output.say_of(shown.as_bytes(), &words);
                ok = false;
                continue;
            }
        };
        let mut manifest = OpenManifest::new(input, PathBuf::from(shown));
        (manifest.is_stdin, manifest.mode) = (is_stdin, mode);
        let check = Check { args: &args, quoted, name: shown.as_bytes() };
        ok &= check.run(manifest, &mut mode, stdin, output)?;
    }
    Ok(ok)
}

/// Opens a manifest, or says why not.
fn open(operand: &OsStr, is_stdin: bool, stdin: &mut Stdin) -> Result<OwnedFd, String> {
    if is_stdin {
        stdin.used = true;
        return stdin.open().ok_or_else(|| READ_ERROR.to_owned());
    }
    File::open(operand).map(OwnedFd::from).map_err(|error| error.raw_os_error().map_or(error.to_string(), reason))
}

/// One manifest.
struct Check<'a> {
    args: &'a Args,
    quoted: bool,
    name: &'a [u8],
}

impl Check<'_> {
    fn run(
        &self,
        manifest: OpenManifest,
        mode: &mut GnuMode,
        stdin: &mut Stdin,
        output: &mut Output,
    ) -> Result<bool, Broken> {
        let run = match Run::sha1sum_check(manifest, stdin.open(), &Resources::default()) {
            Ok(run) => run,
            Err(error) => {
                output.say(&[error.to_string().as_bytes()]);
                return Ok(false);
            }
        };
        let run = drive::to_its_end(run, output, |record, output| match record {
            Record::File(file) => {
                stdin.used |= file.name == b"-";
                self.file(file, output);
            }
            Record::Malformed(malformed) => self.malformed(malformed, output),
            _ => {}
        })?;
        *mode = run.gnu_mode();
        match run.finish() {
            Ok(report) => return Ok(self.conclude(&report, output)),
            Err(Error::ManifestUnreadable { .. }) => output.say_of(self.name, READ_ERROR),
            Err(error) => output.say(&[error.to_string().as_bytes()]),
        }
        Ok(false)
    }

    fn file(&self, file: &FileReport, output: &mut Output) {
        match &file.outcome {
            Outcome::Match => {
                if matches!(self.args.say, Say::Each | Say::Warn) {
                    self.status(&file.name, b": OK\n", output);
                }
            }
            Outcome::Mismatch { .. } | Outcome::Changed | Outcome::Unstable { .. } => {
                self.status(&file.name, b": FAILED\n", output);
            }
            Outcome::Missing if self.args.ignore_missing => {}
            other => {
                output.say_of(&file.name, &why(other));
                self.status(&file.name, b": FAILED open or read\n", output);
            }
        }
    }

    fn status(&self, name: &[u8], words: &[u8], output: &mut Output) {
        if self.args.say == Say::Status {
            return;
        }
        let charset = output.charset();
        let out = output.out();
        if self.quoted {
            write_quoted(out, name, charset);
        } else {
            write_raw(out, name);
        }
        out.extend_from_slice(words);
    }

    fn malformed(&self, malformed: &Malformed, output: &mut Output) {
        if self.args.say == Say::Warn {
            let words = format!("{}: improperly formatted SHA1 checksum line", malformed.line);
            output.say_of(self.name, &words);
        }
    }

    /// The warnings, and whether all is well with the manifest.
    fn conclude(&self, report: &Report, output: &mut Output) -> bool {
        let found = report.as_gnu(self.args.strict, self.args.ignore_missing);
        if found.entries == 0 {
            output.say_of(self.name, "no properly formatted checksum lines found");
        } else if self.args.say != Say::Status {
            let GnuEvidence { malformed, unreadable, mismatched, matched, .. } = found.evidence;
            warnings(malformed, unreadable, mismatched).for_each(|warning| output.say(&[warning.as_bytes()]));
            if self.args.ignore_missing && matched == 0 {
                output.say_of(self.name, "no file was verified");
            }
        }
        found.verdict == Verdict::Pass
    }
}
