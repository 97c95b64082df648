//! The formats of a manifest by name, for those that are written and those that are asked for in reading.
//!
//! Names only: `write` writes them, and `line` chooses who reads them.

use std::str::FromStr;

/// How the entries of a manifest are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// `DIGEST  NAME`, as `sha1sum` writes it. In reading, `DIGEST *NAME` is the same.
    #[default]
    Gnu,
    /// `DIGEST *NAME`, as `sha1sum --binary` writes it. In reading, `DIGEST  NAME` is the same.
    GnuBinary,
    /// `SHA1 (NAME) = DIGEST`, as `sha1sum --tag` and the BSDs write it.
    Bsd,
    /// `SHA1(NAME)= DIGEST`, as `openssl dgst` writes it.
    OpenSsl,
    /// `DIGEST  NAME` with CR, LF and `%` percent-encoded: the payload and tag manifests of RFC 8493.
    Bagit,
    /// `DIGEST  NAME` and a NUL in place of the end of the line, so that names need no escapes: `sha1sum --zero`. In
    /// reading, `DIGEST *NAME` and `SHA1 (NAME) = DIGEST` are taken too.
    Zero,
}

/// The name of the payload manifest of a bag (RFC 8493, section 2.1.3).
pub const BAGIT_MANIFEST_NAME: &str = "manifest-sha1.txt";

/// The name of the tag manifest of a bag (RFC 8493, section 2.2.1).
pub const BAGIT_TAG_MANIFEST_NAME: &str = "tagmanifest-sha1.txt";

impl Format {
    /// Every format.
    pub const ALL: [Format; 6] =
        [Format::Gnu, Format::GnuBinary, Format::Bsd, Format::OpenSsl, Format::Bagit, Format::Zero];

    /// The name by which a format is asked for.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Gnu => "gnu",
            Format::GnuBinary => "gnu-binary",
            Format::Bsd => "bsd",
            Format::OpenSsl => "openssl",
            Format::Bagit => "bagit",
            Format::Zero => "zero",
        }
    }

    /// What an entry looks like, in a few words.
    pub const fn about(self) -> &'static str {
        match self {
            Format::Gnu => "DIGEST  NAME, as sha1sum writes",
            Format::GnuBinary => "DIGEST *NAME, as sha1sum --binary writes",
            Format::Bsd => "SHA1 (NAME) = DIGEST, as sha1sum --tag and the BSDs write",
            Format::OpenSsl => "SHA1(NAME)= DIGEST, as openssl dgst writes",
            Format::Bagit => "DIGEST  NAME with CR, LF and % percent-encoded: a bag's manifest-sha1.txt",
            Format::Zero => "DIGEST  NAME ended by NUL, without escapes, as sha1sum --zero writes",
        }
    }

    /// Whether a manifest can be asked to be of this format; what differs from another in writing only, it cannot.
    pub const fn is_for_reading(self) -> bool {
        !matches!(self, Format::GnuBinary)
    }

    /// Whether the two differ in writing only.
    pub(super) fn reads_as(self, other: Format) -> bool {
        let reading = |format| if format == Format::GnuBinary { Format::Gnu } else { format };
        reading(self) == reading(other)
    }
}

/// Formats of entries: a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Formats(u8);

const _: () = assert!(Format::ALL.len() <= u8::BITS as usize, "each format has its bit");

impl Formats {
    /// Those that are in it, in the order of [`Format::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Format> {
        Format::ALL.into_iter().filter(move |format| self.0 & (1 << *format as u8) != 0)
    }

    pub(super) fn add(&mut self, format: Format) {
        self.0 |= 1 << format as u8;
    }

    /// As a number that one thread can leave for another.
    pub(crate) fn bits(self) -> u8 {
        self.0
    }

    pub(crate) fn from_bits(bits: u8) -> Formats {
        Formats(bits)
    }
}

/// No format has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no format {0:?}; there are gnu, gnu-binary, bsd, openssl, bagit and zero")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Format, UnknownFormat> {
        let named = Format::ALL.into_iter().find(|format| format.name() == name);
        named.ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_its_name_and_the_complaint_has_them_all() {
        let complaint = "Gnu".parse::<Format>().unwrap_err().to_string();
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
            assert!(complaint.contains(format.name()), "{complaint}");
        }
    }
}
