//! What was chosen for a run, as each verb takes it: an option that the verb does not have is refused by name.
//!
//! Gives the engine's own options; what they mean is its matter.

use std::fmt;
use std::path::PathBuf;

use super::record::ChecksigText;
use super::status::{ChecksigStatus, Failure};
use crate::engine::{CreateOptions, HashOptions, Options, Resources};
use crate::manifest::{Format, Grammar};
use crate::plan::Exclude;
use crate::root::Policy;

/// Everything that can be chosen. The default is every verb's.
#[derive(Clone, Default)]
pub(super) struct Choices {
    pub(super) manifest: Option<PathBuf>,
    /// None: found out in reading, the engine's default in writing.
    pub(super) format: Option<Format>,
    pub(super) policy: Policy,
    pub(super) exclude: Vec<String>,
    pub(super) own: Vec<PathBuf>,
    pub(super) output: Option<PathBuf>,
    pub(super) overwrite: bool,
    pub(super) unordered: bool,
    pub(super) resources: Resources,
}

impl Choices {
    pub(super) fn for_verify(&self) -> Result<Options, Failure> {
        let unfit = [
            (!self.exclude.is_empty(), "exclude", "it verifies what the manifest lists, and looks for nothing else"),
            (!self.own.is_empty(), "own", "it verifies what the manifest lists, and looks for nothing else"),
            (self.output.is_some(), "output", WRITES_NONE),
            (self.overwrite, "overwrite", WRITES_NONE),
        ];
        refuse("verify", unfit)?;
        self.for_reading()
    }

    pub(super) fn for_audit(&self) -> Result<Options, Failure> {
        refuse("audit", [(self.output.is_some(), "output", WRITES_NONE), (self.overwrite, "overwrite", WRITES_NONE)])?;
        self.for_reading()
    }

    fn for_reading(&self) -> Result<Options, Failure> {
        Ok(Options {
            manifest: self.manifest.clone(),
            grammar: grammar(self.format)?,
            policy: self.policy,
            exclude: self.excluded()?,
            own: self.own.clone(),
            resources: self.resources,
            ordered: !self.unordered,
        })
    }

    pub(super) fn for_create(&self) -> Result<CreateOptions, Failure> {
        let unfit = [
            (self.manifest.is_some(), "manifest", "it reads none; where it writes one, output says"),
            (!self.own.is_empty(), "own", "its own files are not listed anyway, and others can be excluded"),
            (self.unordered, "ordered", "a manifest is written in the order of names"),
        ];
        refuse("create", unfit)?;
        Ok(CreateOptions {
            output: self.output.clone(),
            overwrite: self.overwrite,
            exclude: self.excluded()?,
            follow_inside: self.policy == Policy::Inside,
            format: self.format.unwrap_or_default(),
            resources: self.resources,
        })
    }

    pub(super) fn for_files(&self) -> Result<HashOptions, Failure> {
        let unfit = [
            (self.manifest.is_some(), "manifest", NO_MANIFEST),
            (self.format.is_some(), "format", NO_MANIFEST),
            (self.policy != Policy::default(), "follow", "it follows every link"),
            (!self.exclude.is_empty(), "exclude", "it reads what the list names"),
            (!self.own.is_empty(), "own", "it reads what the list names"),
            (self.output.is_some(), "output", NO_MANIFEST),
            (self.overwrite, "overwrite", NO_MANIFEST),
        ];
        refuse("a list of files", unfit)?;
        Ok(HashOptions { resources: self.resources, ordered: !self.unordered })
    }

    fn excluded(&self) -> Result<Exclude, Failure> {
        Exclude::new(&self.exclude).map_err(|error| bad_option("exclude", error))
    }
}

const WRITES_NONE: &str = "it writes no manifest";
const NO_MANIFEST: &str = "it has no manifest";

/// How a manifest is read that is said to be of a format, or of none.
pub(super) fn grammar(format: Option<Format>) -> Result<Grammar, Failure> {
    match format {
        None => Ok(Grammar::Detect),
        Some(format) if format.is_for_reading() => Ok(Grammar::Only(format)),
        Some(format) => Err(bad_option("format", format_args!("{} is one to write; it is read as gnu", format.name()))),
    }
}

/// What the formats of some entries are called: one has its name.
pub(super) fn name_of(mut formats: impl Iterator<Item = Format>) -> ChecksigText {
    match (formats.next(), formats.next()) {
        (None, _) => ChecksigText::none(),
        (Some(format), None) => ChecksigText::of(format.name().as_bytes()),
        (Some(_), Some(_)) => ChecksigText::of(b"mixed"),
    }
}

/// Refuses the first option that was chosen and that the verb does not have.
fn refuse<const N: usize>(verb: &str, unfit: [(bool, &str, &str); N]) -> Result<(), Failure> {
    match unfit.into_iter().find(|(is_chosen, ..)| *is_chosen) {
        Some((_, option, why)) => Err(bad_option(option, format_args!("{verb} does not have it: {why}"))),
        None => Ok(()),
    }
}

/// The failure of an option that has a value which it cannot have.
pub(super) fn bad_option(option: &str, complaint: impl fmt::Display) -> Failure {
    Failure::new(ChecksigStatus::BadOption, format!("{option}: {complaint}"))
}
