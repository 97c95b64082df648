//! Names quoted for the shell where they need it, as GNU coreutils quotes them in diagnostics, and from 9.11 on also on the
//! status lines of `--check`: `'a b'`, `"it's"`, `'a'$'\n''b'`.
//!
//! What can be printed is a matter of the locale. What could command or deceive a terminal is never printed as it is.

use checksig::is_deceptive;

/// What can be printed beside ASCII: every character of UTF-8 that does no harm, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    Ascii,
    Utf8,
}

impl Charset {
    /// That of the environment.
    pub(super) fn of_locale() -> Charset {
        let mut set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(std::env::var_os);
        let locale = set.find(|value| !value.is_empty()).unwrap_or_default();
        let locale = locale.to_string_lossy().to_ascii_lowercase();
        if locale.contains("utf-8") || locale.contains("utf8") { Charset::Utf8 } else { Charset::Ascii }
    }
}

/// Writes the name so that it can be pasted into a shell: as it is where nothing in it means anything there. A colon counts as
/// something, since one stands behind the name.
pub(super) fn write_quoted(out: &mut Vec<u8>, name: &[u8], charset: Charset) {
    write(out, name, charset, false);
}

/// The same as coreutils 9.1 writes it in a diagnostic: a name with a quote in it that ends in an escape begins as if
/// one had just ended, so that `''` stands before the name.
pub(super) fn write_diagnosed(out: &mut Vec<u8>, name: &[u8], charset: Charset) {
    write(out, name, charset, true);
}

fn write(out: &mut Vec<u8>, name: &[u8], charset: Charset, is_diagnostic: bool) {
    let pieces = pieces(name, charset);
    if !name.is_empty() && pieces.iter().all(|piece| piece.is_plain) {
        return out.extend_from_slice(name);
    }
    if name.contains(&b'\'') && pieces.iter().all(|piece| piece.fits_double) {
        out.push(b'"');
        out.extend_from_slice(name);
        return out.push(b'"');
    }
    out.push(b'\'');
    let ends_escaped = pieces.last().is_some_and(|piece| !piece.is_printable);
    let mut escaping = is_diagnostic && ends_escaped && name.contains(&b'\'');
    for piece in pieces {
        if piece.bytes == b"'" {
            escaping = false;
            out.extend_from_slice(b"'\\''");
        } else if piece.is_printable {
            if std::mem::take(&mut escaping) {
                out.extend_from_slice(b"''");
            }
            out.extend_from_slice(piece.bytes);
        } else {
            if !std::mem::replace(&mut escaping, true) {
                out.extend_from_slice(b"'$'");
            }
            piece.bytes.iter().for_each(|&byte| write_escape(out, byte));
        }
    }
    out.push(b'\'');
}

/// A character, or a byte that is none.
struct Piece<'a> {
    bytes: &'a [u8],
    is_printable: bool,
    /// Means nothing to a shell where it stands.
    is_plain: bool,
    /// Means the same between double quotes as between single ones.
    fits_double: bool,
}

fn pieces(name: &[u8], charset: Charset) -> Vec<Piece<'_>> {
    let mut pieces = Vec::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for (at, character) in chunk.valid().char_indices() {
            let bytes = &chunk.valid().as_bytes()[at..at + character.len_utf8()];
            if bytes.len() == 1 {
                pieces.push(ascii(bytes, pieces.is_empty(), name.len() == 1));
            } else if charset == Charset::Utf8 && !is_deceptive(character) && !is_noncharacter(character) {
                pieces.push(Piece { bytes, is_printable: true, is_plain: true, fits_double: true });
            } else {
                pieces.push(unprintable(bytes));
            }
        }
        pieces.extend(chunk.invalid().chunks(1).map(unprintable));
    }
    pieces
}

/// What Unicode keeps from ever being a character, and no C library prints.
fn is_noncharacter(character: char) -> bool {
    let code = u32::from(character);
    code & 0xfffe == 0xfffe || (0xfdd0..=0xfdef).contains(&code)
}

fn unprintable(bytes: &[u8]) -> Piece<'_> {
    Piece { bytes, is_printable: false, is_plain: false, fits_double: false }
}

fn ascii(bytes: &[u8], is_first: bool, is_alone: bool) -> Piece<'_> {
    let (is_plain, fits_double) = match bytes[0] {
        0..b' ' | 0x7f => return unprintable(bytes),
        b' ' | b':' | b'\'' => (false, true),
        b'#' | b'~' => (!is_first, is_first),
        b'{' | b'}' => (!is_alone, is_alone),
        b'!' | b'"' | b'$' | b'&' | b'(' | b')' | b'*' | b';' | b'<' | b'=' | b'>' | b'?' | b'[' | b'\\' | b'^'
        | b'`' | b'|' => (false, false),
        _ => (true, true),
    };
    Piece { bytes, is_printable: true, is_plain, fits_double }
}

fn write_escape(out: &mut Vec<u8>, byte: u8) {
    let letter = match byte {
        0x07 => b'a',
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0b => b'v',
        0x0c => b'f',
        b'\r' => b'r',
        other => return out.extend_from_slice(format!("\\{other:03o}").as_bytes()),
    };
    out.extend_from_slice(&[b'\\', letter]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(name: &[u8], charset: Charset) -> String {
        let mut out = Vec::new();
        write_quoted(&mut out, name, charset);
        String::from_utf8(out).expect("what is quoted is text")
    }

    /// What sha1sum 9.1 wrote of such files in the locale C.
    #[test]
    fn names_are_quoted_as_by_sha1sum() {
        for (name, expected) in [
            (&b"plain-name_1.txt,%+@/]"[..], "plain-name_1.txt,%+@/]"),
            (b"", "''"),
            (b"a b", "'a b'"),
            (b"a:b", "'a:b'"),
            (b"it's", r#""it's""#),
            (b"a'b c", r#""a'b c""#),
            (b"':", r#""':""#),
            (b"a'\"", r#"'a'\''"'"#),
            (b"it's\\", r"'it'\''s\'"),
            (b"a=b", "'a=b'"),
            (b"a?b", "'a?b'"),
            (b"{", "'{'"),
            (b"a{b", "a{b"),
            (b"}a", "}a"),
            (b"#a", "'#a'"),
            (b"a#", "a#"),
            (b"'#", r"''\''#'"),
            (b"#'", r##""#'""##),
            (b"'{", r"''\''{'"),
            (b"a\nb", r"'a'$'\n''b'"),
            (b"\n", r"''$'\n'"),
            (b"a\n\n", r"'a'$'\n\n'"),
            (b"a'b\n", r"'a'\''b'$'\n'"),
            (b"\x01b", r"''$'\001''b'"),
            (b"a\x01\xff1", r"'a'$'\001\377''1'"),
            (b"\x7f", r"''$'\177'"),
            ("é".as_bytes(), r"''$'\303\251'"),
        ] {
            assert_eq!(quoted(name, Charset::Ascii), expected);
        }
    }

    #[test]
    fn a_diagnostic_has_an_oddity_that_a_status_line_has_not() {
        let diagnosed = |name: &[u8]| {
            let mut out = Vec::new();
            write_diagnosed(&mut out, name, Charset::Ascii);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(diagnosed(b"it's\r"), [r"''", r"'it'\''s'$'\r'"].concat());
        assert_eq!(quoted(b"it's\r", Charset::Ascii), r"'it'\''s'$'\r'");
        assert_eq!(diagnosed(b"a\r"), r"'a'$'\r'");
        assert_eq!(diagnosed(b"'a\r"), r"''\''a'$'\r'");
    }

    #[test]
    fn characters_that_do_no_harm_are_shown_where_there_are_such() {
        for (name, expected) in [
            ("é.txt".as_bytes(), "é.txt"),
            ("é x".as_bytes(), "'é x'"),
            ("l'été".as_bytes(), "\"l'été\""),
            (b"\xc3", r"''$'\303'"),
            ("a\u{202e}b".as_bytes(), r"'a'$'\342\200\256''b'"),
            ("\u{fffe}".as_bytes(), r"''$'\357\277\276'"),
            ("\u{1fffe}".as_bytes(), r"''$'\360\237\277\276'"),
            ("\u{10ffff}".as_bytes(), r"''$'\364\217\277\277'"),
            ("\u{fdd0}".as_bytes(), r"''$'\357\267\220'"),
            ("\u{fffd}".as_bytes(), "\u{fffd}"),
            // Newer than most C libraries, and in no version of Unicode.
            ("\u{1fae9}\u{378}".as_bytes(), "\u{1fae9}\u{378}"),
            ("\u{9b}31m".as_bytes(), r"''$'\302\233''31m'"),
            (b"\x1b[31m", r"''$'\033''[31m'"),
        ] {
            assert_eq!(quoted(name, Charset::Utf8), expected);
        }
    }
}
