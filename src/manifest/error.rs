//! Why a line of a manifest is malformed.
//!
//! Only says it; `line` finds it out.

use super::format::Format;
use crate::relpath::RelPathError;

/// Why a line is not an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// The line fits none of the forms of the grammar.
    #[error("not of the form \"DIGEST  NAME\" or \"SHA1 (NAME) = DIGEST\"")]
    Form,
    /// A digest stands where one belongs, but it is not 40 hexadecimal digits.
    #[error("the digest is not 40 hexadecimal digits")]
    Digest,
    /// The tag is another algorithm's.
    #[error("the digest is not a SHA-1 digest")]
    Algorithm,
    /// The digest has no name behind it.
    #[error("no name stands behind the digest")]
    NoName,
    /// The name holds a NUL byte, which no file name can.
    #[error("the name holds a NUL byte; records that end with NUL are the format zero")]
    Nul,
    /// The line begins with `\` and holds a `\` that does not begin one of the three escapes.
    #[error("a backslash on an escaped line must begin \\\\, \\n or \\r")]
    Escape,
    /// The line is an entry, but of another format than the one that was asked for.
    #[error("the line is of the format {}, and another one was asked for", .0.name())]
    OtherFormat(Format),
    /// The last record of a manifest whose records end with NUL has no NUL at its end.
    #[error("the record does not end with NUL: the manifest was cut off, or is of another format than zero")]
    Unended,
    /// The line is longer than [`limits::LINE_BYTES_MAX`](crate::limits::LINE_BYTES_MAX).
    #[error("the line is longer than {} bytes", crate::limits::LINE_BYTES_MAX)]
    TooLong,
    /// The name is `-`, standard input, and that is where the manifest itself comes from (as `sha1sum` reads manifests only).
    #[error("the name is that of standard input, which the manifest is read from")]
    Stdin,
    /// The manifest begins with a UTF-8 byte order mark.
    #[error("the manifest begins with a byte order mark; save it as UTF-8 without one")]
    ByteOrderMark,
    /// The manifest is UTF-16.
    #[error("the manifest is UTF-16; save it as UTF-8 without a byte order mark")]
    Utf16,
}

impl From<RelPathError> for LineError {
    fn from(error: RelPathError) -> LineError {
        match error {
            RelPathError::Nul => LineError::Nul,
            _ => LineError::NoName,
        }
    }
}
