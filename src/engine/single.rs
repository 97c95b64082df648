//! One file in the thread that asks: no run, no other thread, no kernel of many lanes for a single message.
//!
//! Reads as the second reading of a mismatch does: plain pread, the crate `sha1`, and the same proof of the end.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::records::outcome_of;
use crate::digest::Digest;
use crate::hash::Stream;
use crate::limits;
use crate::read::{Failure, Manner, plain};
use crate::root::open_anywhere;
use crate::shown::Shown;
use crate::verdict::Outcome;

/// Why a file has no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {}", Shown(.path.as_os_str().as_bytes()), in_words(.outcome))]
#[non_exhaustive]
pub struct FileError {
    /// The file as it was given.
    pub path: PathBuf,
    /// What became of it: never a match.
    pub outcome: Outcome,
}

/// Finds the digest of one regular file, in the calling thread.
///
/// The path leads where Linux says, as for `sha1sum`: from the current directory, and through symbolic links. Every
/// byte of the file that had the name when it was opened is read, as many as it has, and nobody wrote to it meanwhile.
/// A directory, FIFO, socket or device is an error, as none of them has an end that can be proved; and so is a file of
/// `/proc` that holds more than its size says. Of a file that this user owns or may
/// write to, the page cache is left as it was; of others Linux does not say what was cached, and what is read stays.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("file");
/// std::fs::write(&path, "abc")?;
/// assert_eq!(checksig::file_digest(&path)?.to_string(), "a9993e364706816aba3e25717850c26c9cd0d89d");
/// let error = checksig::file_digest("/no/such/file").unwrap_err();
/// assert_eq!(error.to_string(), "/no/such/file: no such file");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn file_digest(path: impl AsRef<Path>) -> Result<Digest, FileError> {
    let path = path.as_ref();
    let mut tries_left = limits::PASSING_TRIES_MAX;
    loop {
        match digest_of(path) {
            Ok(digest) => return Ok(digest),
            Err(failure) if failure.may_pass() && tries_left > 1 => {
                tries_left -= 1;
                std::thread::sleep(Duration::from_millis(limits::LOOK_AROUND_MS));
            }
            Err(failure) => return Err(FileError { path: path.to_owned(), outcome: outcome_of(failure) }),
        }
    }
}

fn digest_of(path: &Path) -> Result<Digest, Failure> {
    let opened = open_anywhere(path)?;
    let mut stream = Stream::default();
    plain::read_opened(&opened, &Manner::default(), |bytes| {
        stream.update(bytes);
        true
    })?;
    Ok(stream.finish())
}

fn in_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Missing => "no such file".to_owned(),
        other => other.to_string(),
    }
}
