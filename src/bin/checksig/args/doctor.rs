//! The words of `checksig doctor`, and their typed form.
//!
//! Words and choices only.

use std::path::PathBuf;

use clap::Args;

/// The choices of `checksig doctor`.
pub(crate) struct Doctor {
    /// The directory, or the file, that is looked at.
    pub(crate) path: PathBuf,
    /// Whether JSON takes the place of text.
    pub(crate) json: bool,
}

#[derive(Args)]
pub(super) struct DoctorWords {
    /// The directory, or the file, that is looked at
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,

    /// Write one line of JSON instead of text
    #[arg(long)]
    json: bool,
}

impl From<DoctorWords> for Doctor {
    fn from(DoctorWords { path, json }: DoctorWords) -> Doctor {
        Doctor { path, json }
    }
}
