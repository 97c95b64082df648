//! The grammar of GNU `sha1sum -c`, as coreutils 9.1 reads it, oddities included.
//!
//! Must not be kinder or stricter than the original, with one exception: a name that holds a NUL byte is malformed.
//! `tests/manifest.rs` holds it against the system's `sha1sum`.

use std::borrow::Cow;

use crate::digest::Digest;

use super::digits::read_digits;
use super::error::LineError;
use super::line::{Parsed, explain, is_blank, name_of, skip_blanks};

/// How untagged lines part digest and name: fixed by the first of them, then kept for the whole process, so that a
/// name with a blank before it cannot be passed off as another one. Carry it from each manifest to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GnuMode {
    /// No untagged line has been read yet.
    #[default]
    Open,
    /// A blank, then a blank or `*`, then the name.
    Standard,
    /// One blank, then the name, whatever it begins with: "BSD reversed".
    Reversed,
}

/// Reads a line, and fixes the mode if it is the first untagged one.
///
/// The mode is fixed before the name is unescaped, so that a line whose only fault is an escape fixes it too: an
/// oddity of `sha1sum` that is kept, as the lines behind such a one would be read otherwise than it reads them.
pub(super) fn parse<'a>(line: &'a [u8], mode: &mut GnuMode) -> Result<Parsed<'a>, LineError> {
    let (escaped, text) = match skip_blanks(line) {
        [b'\\', text @ ..] => (true, text),
        text => (false, text),
    };
    if let Some(behind) = text.strip_prefix(b"SHA1") {
        return parse_tagged(behind, escaped);
    }
    let Some((digits, [blank, field @ ..])) = text.split_first_chunk() else {
        return Err(explain(text));
    };
    if field.is_empty() || !is_blank(*blank) {
        return Err(explain(text));
    }
    let digest = read_digits(digits).ok_or_else(|| explain(text))?;
    // A field of one byte is a whole name, be it a blank: there is no room for a type letter before it.
    let standard = field.len() > 1 && matches!(field[0], b' ' | b'*');
    let name = match (standard, *mode) {
        (true, GnuMode::Open | GnuMode::Standard) => {
            *mode = GnuMode::Standard;
            &field[1..]
        }
        (false, GnuMode::Standard) => return Err(explain(text)),
        (_, GnuMode::Reversed) | (false, GnuMode::Open) => {
            *mode = GnuMode::Reversed;
            field
        }
    };
    Ok((digest, name_of(name, escaped)?))
}

/// Reads what stands behind the tag: `(NAME) = DIGEST` with loose blanks. There is no way back to the untagged form.
fn parse_tagged(text: &[u8], escaped: bool) -> Result<Parsed<'_>, LineError> {
    let text = text.strip_prefix(b" ").unwrap_or(text).strip_prefix(b"(").ok_or(LineError::Form)?;
    let closing = text.iter().rposition(|&byte| byte == b')').ok_or(LineError::Form)?;
    let digits = skip_blanks(&text[closing + 1..]).strip_prefix(b"=").ok_or(LineError::Form)?;
    let digest = Digest::from_hex(skip_blanks(digits)).map_err(|_| LineError::Digest)?;
    match &text[..closing] {
        // The name of no file, which is found out where it is opened.
        [] => Ok((digest, Cow::Borrowed(&[]))),
        name => Ok((digest, name_of(name, escaped)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "da39a3ee5e6b4b0d3255bfef95601890afd8070A";

    fn name_in(line: &str, mode: &mut GnuMode) -> Result<String, LineError> {
        let line = line.replace("HEX", HEX);
        let (digest, name) = parse(line.as_bytes(), mode)?;
        assert_eq!(digest, HEX.parse().unwrap());
        Ok(String::from_utf8(name.into_owned()).unwrap())
    }

    #[test]
    fn loose_blanks_are_taken() {
        for (line, name) in [
            (" \t HEX  a", "a"),
            ("HEX\t a", "a"),
            ("HEX\t*a", "a"),
            (" \\HEX  \\\\", "\\"),
            ("SHA1(a)=HEX", "a"),
            ("SHA1 (a)= HEX", "a"),
            (" SHA1 (a) \t= \tHEX", "a"),
            ("\\SHA1 (a)\\n)=HEX", "a)\n"),
            ("SHA1 () = HEX", ""),
            ("\\SHA1 () = HEX", ""),
        ] {
            assert_eq!(name_in(line, &mut GnuMode::default()).as_deref(), Ok(name), "{line:?}");
        }
    }

    #[test]
    fn lines_that_sha1sum_refuses_are_refused() {
        for (line, why) in [
            ("\\ HEX  a", LineError::Form),
            ("HEX", LineError::NoName),
            ("HEX ", LineError::NoName),
            ("HEX0 a", LineError::Digest),
            ("HEX\\  a", LineError::Digest),
            ("\\HEX  \\", LineError::Escape),
            ("SHA1  (a) = HEX", LineError::Form),
            ("SHA1\t(a) = HEX", LineError::Form),
            ("SHA1 (a) HEX", LineError::Form),
            ("SHA1 (a) = HEX ", LineError::Digest),
            ("SHA1 (a", LineError::Form),
            (" MD5 (a) = HEX", LineError::Algorithm),
        ] {
            let mut mode = GnuMode::default();
            assert_eq!(name_in(line, &mut mode), Err(why), "{line:?}");
            assert!(mode == GnuMode::Open || why == LineError::Escape, "{line:?}");
        }
    }

    #[test]
    fn the_first_untagged_line_fixes_the_mode() {
        let mut mode = GnuMode::default();
        assert_eq!(name_in("SHA1 (a) = HEX", &mut mode).as_deref(), Ok("a"));
        assert_eq!(mode, GnuMode::Open, "a tagged line says nothing of it");
        assert_eq!(name_in("HEX a", &mut mode).as_deref(), Ok("a"));
        assert_eq!(mode, GnuMode::Reversed);
        assert_eq!(name_in("HEX  a", &mut mode).as_deref(), Ok(" a"));
        assert_eq!(name_in("HEX *a", &mut mode).as_deref(), Ok("*a"));

        mode = GnuMode::default();
        assert_eq!(name_in("HEX  a", &mut mode).as_deref(), Ok("a"));
        assert_eq!(mode, GnuMode::Standard);
        assert_eq!(name_in("HEX a", &mut mode), Err(LineError::Form));
        assert_eq!(name_in("HEX  ", &mut mode), Err(LineError::NoName));

        // A name of one byte has no type letter before it.
        for (line, name) in [("HEX  ", " "), ("HEX *", "*"), ("HEX a", "a")] {
            assert_eq!(name_in(line, &mut GnuMode::Open).as_deref(), Ok(name));
        }

        // A bad escape alone does not keep a line from fixing it.
        mode = GnuMode::default();
        assert_eq!(name_in("\\HEX  \\q", &mut mode), Err(LineError::Escape));
        assert_eq!(mode, GnuMode::Standard);
    }
}
