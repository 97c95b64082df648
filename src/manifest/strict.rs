//! The strict grammar: the forms that `sha1sum`, the BSDs and OpenSSL write, any of them or one, and nothing looser.
//!
//! Must not grow leniency: what another tool takes belongs to that tool's grammar.

use crate::digest::Digest;

use super::bagit;
use super::digits::read_digits;
use super::error::LineError;
use super::format::Format;
use super::line::{Parsed, explain, name_of};

/// What a tagged line begins with, unless it is OpenSSL's or escaped.
pub(super) const TAG: &[u8] = b"SHA1 (";

/// Reads a line of this format and no other; says which of those it is that differ in writing only.
pub(super) fn parse_only(line: &[u8], format: Format) -> Result<(Format, Parsed<'_>), LineError> {
    let parsed = match format {
        Format::Zero => return parse_record(line).map(|parsed| (Format::Zero, parsed)),
        Format::Bagit => bagit::parse(line).map(|parsed| (Format::Bagit, parsed)),
        Format::Gnu | Format::GnuBinary | Format::Bsd | Format::OpenSsl => parse(line),
    };
    match (parsed, format) {
        (Ok((found, parsed)), _) if found.reads_as(format) => Ok((found, parsed)),
        (Ok((found, _)), _) => Err(LineError::OtherFormat(found)),
        // What is wrong is less than what it could be.
        (Err(why), Format::Bagit) => Err(parse(line).map_or(why, |(found, _)| LineError::OtherFormat(found))),
        (Err(why), _) => Err(why),
    }
}

/// Reads a record that ended with NUL: untagged or tagged, and never escaped.
pub(super) fn parse_record(record: &[u8]) -> Result<Parsed<'_>, LineError> {
    match parse_form(record, false)? {
        (Format::OpenSsl, _) => Err(LineError::OtherFormat(Format::OpenSsl)),
        (_, parsed) => Ok(parsed),
    }
}

/// Reads a line from column 0, in whichever form it is.
pub(super) fn parse(line: &[u8]) -> Result<(Format, Parsed<'_>), LineError> {
    match line {
        [b'\\', text @ ..] => parse_form(text, true),
        text => parse_form(text, false),
    }
}

fn parse_form(text: &[u8], escaped: bool) -> Result<(Format, Parsed<'_>), LineError> {
    if let Some(tagged) = text.strip_prefix(TAG) {
        return Ok((Format::Bsd, parse_tagged(tagged, b" = ", escaped)?));
    }
    if let Some(tagged) = text.strip_prefix(b"SHA1(") {
        return Ok((Format::OpenSsl, parse_tagged(tagged, b"= ", escaped)?));
    }
    let Some((digits, b"  " | b" *", name)) = split_untagged(text) else {
        return Err(explain(text));
    };
    let digest = read_digits(digits).ok_or_else(|| explain(text))?;
    Ok((Format::Gnu, (digest, name_of(name, escaped)?)))
}

/// The digits, the two bytes behind them, and the rest.
fn split_untagged(text: &[u8]) -> Option<(&[u8; Digest::HEX_DIGITS], &[u8; 2], &[u8])> {
    let (digits, behind) = text.split_first_chunk()?;
    let (separator, name) = behind.split_first_chunk()?;
    Some((digits, separator, name))
}

/// Reads what stands behind the opening bracket. The name goes up to the last bracket, since it may hold others and
/// the digest none.
fn parse_tagged<'a>(text: &'a [u8], separator: &[u8], escaped: bool) -> Result<Parsed<'a>, LineError> {
    let closing = text.iter().rposition(|&byte| byte == b')').ok_or(LineError::Form)?;
    let digits = text[closing + 1..].strip_prefix(separator).ok_or(LineError::Form)?;
    let digest = Digest::from_hex(digits).map_err(|_| LineError::Digest)?;
    Ok((digest, name_of(&text[..closing], escaped)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "Da39a3ee5e6b4b0d3255bfef95601890afd80709";

    fn name_in(line: &str) -> Result<String, LineError> {
        let line = line.replace("HEX", HEX);
        let (_, (digest, name)) = parse(line.as_bytes())?;
        assert_eq!(digest, HEX.parse().unwrap());
        Ok(String::from_utf8(name.into_owned()).unwrap())
    }

    #[test]
    fn the_four_forms_plain_and_escaped() {
        for (line, name) in [
            ("HEX  a b", "a b"),
            ("HEX *a", "a"),
            ("SHA1 (a) = HEX", "a"),
            ("SHA1(a)= HEX", "a"),
            ("\\HEX  a\\\\\\n\\r", "a\\\n\r"),
            ("\\HEX *a", "a"),
            ("\\SHA1 (\\n) = HEX", "\n"),
            ("\\SHA1(\\n)= HEX", "\n"),
            // Blanks, stars, brackets and backslashes are letters of a name.
            ("HEX   a ", " a "),
            ("HEX   ", " "),
            ("HEX **", "*"),
            ("HEX  \\n", "\\n"),
            ("HEX  SHA1 (a) = HEX", &format!("SHA1 (a) = {HEX}")),
            ("SHA1 (a) = HEX) = HEX", &format!("a) = {HEX}")),
            ("SHA1 ()) = HEX", ")"),
            ("SHA1 (() = HEX", "("),
            ("SHA1 (\\n) = HEX", "\\n"),
        ] {
            assert_eq!(name_in(line).as_deref(), Ok(name), "{line:?}");
        }
    }

    #[test]
    fn what_is_nearly_one_of_them_is_malformed() {
        for (line, why) in [
            (" HEX  a", LineError::Form),
            ("HEX a", LineError::Form),
            ("HEX\t a", LineError::Form),
            ("HEX\ta", LineError::Form),
            ("HEX", LineError::NoName),
            ("HEX ", LineError::NoName),
            ("HEX  ", LineError::NoName),
            ("HEX *", LineError::NoName),
            ("HEX0  a", LineError::Digest),
            ("\\\\HEX  a", LineError::Digest),
            ("\\HEX  \\t", LineError::Escape),
            ("\\HEX  a\\", LineError::Escape),
            ("\\", LineError::Form),
            ("SHA1 (a) = HEX ", LineError::Digest),
            ("SHA1 (a) =  HEX", LineError::Digest),
            ("SHA1 (a) = HEX0", LineError::Digest),
            ("SHA1 (a) = ", LineError::Digest),
            ("SHA1 (a)= HEX", LineError::Form),
            ("SHA1(a) = HEX", LineError::Form),
            ("SHA1  (a) = HEX", LineError::Form),
            ("SHA1 (a", LineError::Form),
            ("SHA1 a", LineError::Form),
            ("sha1 (a) = HEX", LineError::Form),
            ("SHA1 () = HEX", LineError::NoName),
            ("\\SHA1 (\\) = HEX", LineError::Escape),
            ("SHA256 (a) = HEX", LineError::Algorithm),
        ] {
            assert_eq!(name_in(line), Err(why), "{line:?}");
        }
    }

    #[test]
    fn a_format_that_was_asked_for_takes_no_other() {
        let line = |format| match format {
            Format::Gnu => format!("{HEX}  a"),
            Format::GnuBinary => format!("{HEX} *a"),
            Format::Bsd => format!("SHA1 (a) = {HEX}"),
            Format::OpenSsl => format!("SHA1(a)= {HEX}"),
            Format::Bagit => format!("{HEX}\ta"),
            Format::Zero => format!("{HEX}  a\nb"),
        };
        for asked in Format::ALL {
            let (_, name) = parse_only(line(asked).as_bytes(), asked).map(|(_, (d, n))| (d, n.into_owned())).unwrap();
            assert_eq!(name, if asked == Format::Zero { &b"a\nb"[..] } else { b"a" }, "{asked:?}");
        }
        for (asked, other, why) in [
            (Format::Gnu, Format::Bsd, LineError::OtherFormat(Format::Bsd)),
            (Format::Bsd, Format::GnuBinary, LineError::OtherFormat(Format::Gnu)),
            (Format::Bsd, Format::OpenSsl, LineError::OtherFormat(Format::OpenSsl)),
            (Format::OpenSsl, Format::Bsd, LineError::OtherFormat(Format::Bsd)),
            (Format::Bagit, Format::Bsd, LineError::OtherFormat(Format::Bsd)),
            (Format::Bagit, Format::OpenSsl, LineError::OtherFormat(Format::OpenSsl)),
            (Format::Gnu, Format::Bagit, LineError::Form),
            (Format::Zero, Format::OpenSsl, LineError::OtherFormat(Format::OpenSsl)),
        ] {
            assert_eq!(parse_only(line(other).as_bytes(), asked).err(), Some(why), "{other:?} as {asked:?}");
        }
        let escaped = format!("\\{HEX}  a\\n");
        assert_eq!(parse_only(escaped.as_bytes(), Format::Gnu).unwrap().1.1, &b"a\n"[..]);
        assert_eq!(
            parse_only(escaped.as_bytes(), Format::Bagit).err(),
            Some(LineError::OtherFormat(Format::Gnu)),
            "a bag's lines are not escaped"
        );
        assert_eq!(parse_only(escaped.as_bytes(), Format::Zero).err(), Some(LineError::Digest));
    }
}
