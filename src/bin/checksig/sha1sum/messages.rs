//! The words of GNU `sha1sum` about files and manifests.
//!
//! Text only; what is true of a file, the library says.

use std::io;

use checksig::{FileKind, Outcome};

/// The words of `strerror(3)`, without the number.
pub(super) fn reason(errno: i32) -> String {
    let text = io::Error::from_raw_os_error(errno).to_string();
    match text.rfind(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// Why a file has no digest.
pub(super) fn why(outcome: &Outcome) -> String {
    match (outcome.errno(), outcome) {
        (Some(errno), _) => reason(errno),
        // What fopen(3) says of a socket.
        (None, Outcome::NotRegular(FileKind::Socket)) => reason(libc::ENXIO),
        (None, other) => other.to_string(),
    }
}

/// The warnings behind the status lines of a manifest, each with its singular and its plural.
pub(super) fn warnings(malformed: u64, unreadable: u64, mismatched: u64) -> impl Iterator<Item = String> {
    [
        (malformed, "line is improperly formatted", "lines are improperly formatted"),
        (unreadable, "listed file could not be read", "listed files could not be read"),
        (mismatched, "computed checksum did NOT match", "computed checksums did NOT match"),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, one, many)| format!("WARNING: {count} {}", if count == 1 { one } else { many }))
}
