//! Entries as lines.

use std::io::{self, Write};

use crate::digest::Digest;

/// How an entry is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// `DIGEST  NAME`, as `sha1sum` writes it.
    #[default]
    Gnu,
    /// `DIGEST *NAME`, as `sha1sum --binary` writes it.
    GnuBinary,
    /// `SHA1 (NAME) = DIGEST`, as `sha1sum --tag` and the BSDs write it.
    Bsd,
}

/// Writes one line, its end included.
pub fn write_entry(_out: &mut impl Write, _format: Format, _digest: &Digest, _name: &[u8]) -> io::Result<()> {
    todo!()
}
