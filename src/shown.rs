//! Bytes from outside as text for people: one line that moves no cursor, hides nothing and can be read back.
//!
//! The one place that knows which characters those are. Knows nothing of names, lines or terminals.

use std::fmt::{self, Display, Formatter, Write};

/// Bytes that may hold anything, such as a name: `\\` for a backslash, `\n`, `\r` and `\t`; `\x1b` for other control characters
/// of ASCII and for bytes that are not UTF-8; `\u{202e}` for other characters that [are deceptive](is_deceptive). Different
/// bytes make different texts.
///
/// ```
/// assert_eq!(checksig::Shown(b"a b\x1b[2J\xff").to_string(), r"a b\x1b[2J\xff");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a>(pub &'a [u8]);

/// The same between double quotes, and so with `\"` for a quote.
#[derive(Clone, Copy, Debug)]
pub struct Quoted<'a>(pub &'a [u8]);

/// Sentences that may repeat what somebody typed: they keep their lines and their backslashes, and nothing in them commands a
/// terminal.
#[derive(Clone, Copy, Debug)]
pub struct ShownText<'a>(pub &'a str);

impl Display for Shown<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write_bytes(out, self.0, "\\")
    }
}

impl Display for Quoted<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_char('"')?;
        write_bytes(out, self.0, "\\\"")?;
        out.write_char('"')
    }
}

impl Display for ShownText<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        let is_bad = |letter: char| letter != '\n' && is_deceptive(letter);
        while let Some((at, letter)) = rest.char_indices().find(|(_, letter)| is_bad(*letter)) {
            out.write_str(&rest[..at])?;
            write_letter(out, letter, "")?;
            rest = &rest[at + letter.len_utf8()..];
        }
        out.write_str(rest)
    }
}

/// Whether a character could command a terminal, reorder or hide the text around it, or break the line: the controls C0, DEL
/// and C1, the bidirectional marks, embeddings, overrides and isolates, the separators of lines and paragraphs, and what
/// has no shape at all, joiners among it (`Default_Ignorable_Code_Point` of Unicode 16, with what is kept for it). Combining marks
/// and the variation selectors 1 to 256 change the letter before them, can be seen, and stay.
pub fn is_deceptive(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
                | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}'
        )
}

/// Writes bytes with a `\` before each of the letters in `marked`.
fn write_bytes(out: &mut Formatter<'_>, bytes: &[u8], marked: &str) -> fmt::Result {
    for chunk in bytes.utf8_chunks() {
        let plain = |&byte: &u8| matches!(byte, b' '..=b'~') && byte != b'\\' && byte != b'"';
        if chunk.valid().as_bytes().iter().all(plain) {
            out.write_str(chunk.valid())?;
        } else {
            chunk.valid().chars().try_for_each(|letter| write_letter(out, letter, marked))?;
        }
        chunk.invalid().iter().try_for_each(|byte| write!(out, "\\x{byte:02x}"))?;
    }
    Ok(())
}

fn write_letter(out: &mut Formatter<'_>, letter: char, marked: &str) -> fmt::Result {
    match letter {
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        _ if marked.contains(letter) => write!(out, "\\{letter}"),
        _ if letter.is_ascii_control() => write!(out, "\\x{:02x}", letter as u32),
        _ if is_deceptive(letter) => write!(out, "\\u{{{:x}}}", letter as u32),
        _ => out.write_char(letter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &[u8]) -> String {
        Shown(name).to_string()
    }

    #[test]
    fn shown_bytes_are_one_line_that_commands_nothing() {
        assert_eq!(shown(b"plain \"name\".txt"), "plain \"name\".txt");
        assert_eq!(shown(b"a\\b\nc\rd\te"), "a\\\\b\\nc\\rd\\te");
        assert_eq!(shown(b"\x1b]8;;x\x07\x7f"), "\\x1b]8;;x\\x07\\x7f");
        assert_eq!(shown("a\u{9b}31m".as_bytes()), "a\\u{9b}31m");
        assert_eq!(shown("gpj\u{202e}exe\u{2066}".as_bytes()), "gpj\\u{202e}exe\\u{2066}");
        assert_eq!(shown("line\u{2028}\u{feff}".as_bytes()), "line\\u{2028}\\u{feff}");
        assert_eq!(shown(b"\xffx\xc3"), "\\xffx\\xc3");
        assert_eq!(shown("Größe e\u{301} 写真 👩\u{200d}👩".as_bytes()), "Größe e\u{301} 写真 👩\\u{200d}👩");
    }

    /// Every control, every bidirectional mark and everything without a width that Unicode has.
    #[test]
    fn nothing_that_hides_goes_through() {
        let controls = ('\0'..='\x1f').chain('\x7f'..='\u{9f}');
        let bidi = ['\u{61c}', '\u{200e}', '\u{200f}'].into_iter().chain('\u{202a}'..='\u{202e}');
        let isolates = '\u{2066}'..='\u{2069}';
        let without_width = ['\u{ad}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}', '\u{e0041}'];
        let planes = ('\u{180b}'..='\u{180f}').chain('\u{e0000}'..='\u{e00ff}').chain('\u{e01f0}'..='\u{e0fff}');
        for letter in controls.chain(bidi).chain(isolates).chain(without_width).chain(planes) {
            let mut utf8 = [0; 4];
            let text: &str = letter.encode_utf8(&mut utf8);
            for shown in [Shown(text.as_bytes()).to_string(), Quoted(text.as_bytes()).to_string()] {
                assert!(shown.chars().all(|letter| matches!(letter, ' '..='~')), "{letter:?}: {shown:?}");
            }
            let sentence = ShownText(text).to_string();
            assert!(letter == '\n' || sentence.chars().all(|letter| matches!(letter, ' '..='~')), "{sentence:?}");
        }
    }

    #[test]
    fn different_bytes_look_different() {
        assert_ne!(shown(b"a\\x1b"), shown(b"a\x1b"));
        assert_ne!(shown("\\u{202e}".as_bytes()), shown("\u{202e}".as_bytes()));
        assert_ne!(shown(b"\xc2"), shown("\u{c2}".as_bytes()));
    }

    #[test]
    fn quotes_cannot_be_left() {
        assert_eq!(Quoted(b"a \"b\\\" \n").to_string(), r#""a \"b\\\" \n""#);
        assert_eq!(Quoted(b"").to_string(), "\"\"");
    }

    #[test]
    fn sentences_keep_their_lines() {
        assert_eq!(
            ShownText("it's \"x\\y\"\nnext\x1b[2J\u{202e}\0").to_string(),
            "it's \"x\\y\"\nnext\\x1b[2J\\u{202e}\\x00"
        );
    }
}
