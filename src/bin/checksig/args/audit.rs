//! The words of `checksig audit`: those of `verify`, and what need not be listed.
//!
//! Words and choices only.

use checksig::Exclude;
use clap::Args;

use super::verify::{Verify, VerifyWords};
use super::{Pattern, help};

#[derive(Args)]
pub(super) struct AuditWords {
    #[command(flatten)]
    verify: VerifyWords,

    #[arg(long, value_name = "GLOB", help = help::EXCLUDE_AUDIT, long_help = help::EXCLUDE_AUDIT_LONG)]
    exclude: Vec<Pattern>,
}

impl TryFrom<AuditWords> for Verify {
    type Error = clap::Error;

    fn try_from(words: AuditWords) -> Result<Verify, clap::Error> {
        let mut choices = Verify::from(words.verify);
        choices.options.exclude = Pattern::all(words.exclude)?;
        Ok(choices)
    }
}

impl Pattern {
    /// All of them together.
    pub(super) fn all(patterns: Vec<Pattern>) -> Result<Exclude, clap::Error> {
        let together = Exclude::new(patterns.into_iter().map(|Pattern(pattern)| pattern));
        together
            .map_err(|error| clap::Error::raw(clap::error::ErrorKind::InvalidValue, format!("--exclude: {error}\n")))
    }
}
