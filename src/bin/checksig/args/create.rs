//! The words of `checksig create`, and their typed form.
//!
//! Words and choices only; see the parent for what they share with other verbs.

use std::path::PathBuf;

use checksig::manifest::Format;
use checksig::{CreateOptions, Policy};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::{How, Pattern, default_manifest, file_to_write, follow, help};

/// The choices of `checksig create`.
pub(crate) struct Create {
    /// The root, as it was given.
    pub(crate) root: PathBuf,
    /// The manifest, given or not: the name that messages show.
    pub(crate) manifest: PathBuf,
    /// What the library is asked for.
    pub(crate) options: CreateOptions,
}

#[derive(Args)]
pub(super) struct CreateWords {
    /// The directory whose files are listed
    #[arg(value_name = "ROOT", default_value = ".")]
    root: PathBuf,

    /// Where the manifest goes [default: ROOT/sha1sum.txt; of a bag ROOT/manifest-sha1.txt]
    #[arg(short, long, value_name = "FILE", value_parser = file_to_write())]
    output: Option<PathBuf>,

    /// Replace a manifest that is there already
    #[arg(long)]
    force: bool,

    /// How an entry is written
    #[arg(long, value_name = "FORMAT", default_value = "gnu", value_parser = format())]
    format: Format,

    /// The same as --format bsd
    #[arg(long, conflicts_with_all = ["format", "zero"])]
    tag: bool,

    /// The same as --format zero
    #[arg(short, long, conflicts_with = "format")]
    zero: bool,

    #[arg(long, value_name = "GLOB", help = help::EXCLUDE_CREATE, long_help = help::EXCLUDE_CREATE_LONG)]
    exclude: Vec<Pattern>,

    #[arg(
        long, value_name = "LINKS", default_value = "never", value_parser = follow(), help = help::FOLLOW,
        long_help = help::FOLLOW_CREATE_LONG
    )]
    follow: Policy,

    #[command(flatten)]
    how: How,
}

impl TryFrom<CreateWords> for Create {
    type Error = clap::Error;

    fn try_from(words: CreateWords) -> Result<Create, clap::Error> {
        let mut options = CreateOptions::default();
        options.format = match (words.tag, words.zero) {
            (true, _) => Format::Bsd,
            (_, true) => Format::Zero,
            _ => words.format,
        };
        options.overwrite = words.force;
        options.exclude = Pattern::all(words.exclude)?;
        options.follow_inside = words.follow == Policy::Inside;
        options.resources = words.how.into();
        let manifest = words.output.clone().unwrap_or_else(|| default_manifest(&words.root, options.manifest_name()));
        options.output = words.output;
        Ok(Create { root: words.root, manifest, options })
    }
}

/// Takes the names of the formats.
fn format() -> impl TypedValueParser<Value = Format> {
    let names = Format::ALL.map(|format| PossibleValue::new(format.name()).help(format.about()));
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Format>())
}
