//! The words of `checksig verify`, which are those of `checksig audit` too, and their typed form.
//!
//! Words and choices only; see the parent for what they share with other verbs.

use std::path::{Path, PathBuf};

use checksig::manifest::{Format, Grammar};
use checksig::{MANIFEST_NAME, Options, Policy, Run};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::{How, default_manifest, file_to_write, follow, help};

/// The choices of `checksig verify` and `checksig audit`.
pub(crate) struct Verify {
    /// The root, as it was given.
    pub(crate) root: PathBuf,
    /// What the library is asked for.
    pub(crate) options: Options,
    /// Whether only what is wrong is shown.
    pub(crate) quiet: bool,
    /// Whether JSON Lines take the place of text.
    pub(crate) json: bool,
    /// A file that takes the place of standard output.
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct VerifyWords {
    /// The directory that the names in the manifest are relative to
    #[arg(value_name = "ROOT", default_value = ".")]
    root: PathBuf,

    /// The manifest [default: ROOT/sha1sum.txt, or else a bag's ROOT/manifest-sha1.txt]
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,

    #[arg(
        long, value_name = "FORMAT", default_value = "auto", value_parser = grammar(), help = help::GRAMMAR,
        long_help = help::GRAMMAR_LONG
    )]
    format: Grammar,

    #[arg(
        long, value_name = "LINKS", default_value = "never", value_parser = follow(), help = help::FOLLOW,
        long_help = help::FOLLOW_LONG
    )]
    follow: Policy,

    #[command(flatten)]
    how: How,

    /// Show only what is wrong; say nothing at all if nothing is
    #[arg(long, help_heading = help::FINDINGS)]
    quiet: bool,

    /// Write JSON Lines instead of text
    #[arg(long, help_heading = help::FINDINGS)]
    json: bool,

    #[arg(
        short, long, value_name = "FILE", value_parser = file_to_write(), help = help::OUTPUT,
        long_help = help::OUTPUT_LONG, help_heading = help::FINDINGS
    )]
    output: Option<PathBuf>,
}

impl Verify {
    /// The manifest that a run goes by, or, where there is no run, that it would be looked for as: the name that messages show.
    pub(crate) fn manifest_of(&self, run: Option<&Run>) -> PathBuf {
        match (&self.options.manifest, run.and_then(Run::manifest)) {
            (Some(named), _) => named.clone(),
            (None, found) => {
                let name = found.and_then(Path::file_name).unwrap_or(MANIFEST_NAME.as_ref());
                default_manifest(&self.root, name)
            }
        }
    }
}

impl From<VerifyWords> for Verify {
    fn from(words: VerifyWords) -> Verify {
        let mut options = Options::default();
        options.grammar = words.format;
        options.policy = words.follow;
        options.resources = words.how.into();
        options.manifest = words.manifest;
        Verify { root: words.root, options, quiet: words.quiet, json: words.json, output: words.output }
    }
}

/// Takes the names of the formats that are read, as the library knows them.
fn grammar() -> impl TypedValueParser<Value = Grammar> {
    let named = Format::ALL.into_iter().filter(|format| format.is_for_reading());
    let named = named.map(|format| PossibleValue::new(format.name()).help(format.about()));
    let names = std::iter::once(PossibleValue::new("auto").help(help::GRAMMAR_AUTO)).chain(named);
    PossibleValuesParser::new(names).try_map(|name| match name.as_str() {
        "auto" => Ok(Grammar::Detect),
        name => name.parse().map(Grammar::Only),
    })
}
