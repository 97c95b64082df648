//! Names of files as text: raw for pipes and files, escaped for terminals and messages.
//!
//! A name is any bytes. Escaped, it is one line of text that moves no cursor, hides nothing and can be read back.

use std::io::Write;

/// Writes a name as `sha1sum -c` does in coreutils 9.1: raw, unless it holds a newline; then with a `\` before it and
/// with its backslashes, newlines and carriage returns as `\\`, `\n` and `\r`.
pub(crate) fn write_raw(out: &mut Vec<u8>, name: &[u8]) {
    if !name.contains(&b'\n') {
        out.extend_from_slice(name);
        return;
    }
    out.push(b'\\');
    for &byte in name {
        match byte {
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\\' => out.extend_from_slice(b"\\\\"),
            _ => out.push(byte),
        }
    }
}

/// Writes bytes so that they may be shown anywhere: `\\`, `\n`, `\r` and `\t`; `\x1b` for other control characters of
/// ASCII and for bytes that are not UTF-8; `\u{202e}` for other characters that [`deceive`](is_deceptive).
pub(crate) fn write_escaped(out: &mut Vec<u8>, name: &[u8]) {
    if name.iter().all(|&byte| matches!(byte, b' '..=b'~') && byte != b'\\') {
        out.extend_from_slice(name);
        return;
    }
    for chunk in name.utf8_chunks() {
        for character in chunk.valid().chars() {
            write_character(out, character);
        }
        for &byte in chunk.invalid() {
            write_to(out, format_args!("\\x{byte:02x}"));
        }
    }
}

fn write_character(out: &mut Vec<u8>, character: char) {
    match character {
        '\\' => out.extend_from_slice(b"\\\\"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        _ if character.is_ascii_control() => write_to(out, format_args!("\\x{:02x}", character as u32)),
        _ if is_deceptive(character) => write_to(out, format_args!("\\u{{{:x}}}", character as u32)),
        _ => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

/// Whether a character could command a terminal, reorder or hide the text around it, or break the line: the controls
/// C0, DEL and C1, the bidirectional marks, embeddings, overrides and isolates, the separators of lines and paragraphs,
/// and what has no shape at all. Joiners and combining marks belong to honest names and stay.
pub(crate) fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

fn write_to(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a vector takes whatever it is given");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(name: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        write_raw(&mut out, name);
        out
    }

    fn escaped(name: &[u8]) -> String {
        let mut out = Vec::new();
        write_escaped(&mut out, name);
        String::from_utf8(out).expect("escaped text is UTF-8")
    }

    /// The expected names are what sha1sum 9.1 wrote for such files.
    #[test]
    fn raw_names_are_those_of_sha1sum() {
        assert_eq!(raw(b"back\\slash"), b"back\\slash");
        assert_eq!(raw(b"cr\r"), b"cr\r");
        assert_eq!(raw(b"esc\x1b[31m\xff"), b"esc\x1b[31m\xff");
        assert_eq!(raw(b"new\nline"), b"\\new\\nline");
        assert_eq!(raw(b"a\\b\nc\rd"), b"\\a\\\\b\\nc\\rd");
    }

    #[test]
    fn escaped_names_are_one_line_that_commands_nothing() {
        assert_eq!(escaped(b"plain name.txt"), "plain name.txt");
        assert_eq!(escaped(b"a\\b\nc\rd\te"), "a\\\\b\\nc\\rd\\te");
        assert_eq!(escaped(b"\x1b]8;;x\x07\x7f"), "\\x1b]8;;x\\x07\\x7f");
        assert_eq!(escaped("a\u{9b}31m".as_bytes()), "a\\u{9b}31m");
        assert_eq!(escaped("gpj\u{202e}exe\u{2066}".as_bytes()), "gpj\\u{202e}exe\\u{2066}");
        assert_eq!(escaped("line\u{2028}\u{feff}".as_bytes()), "line\\u{2028}\\u{feff}");
        assert_eq!(escaped(b"\xffx\xc3"), "\\xffx\\xc3");
        assert_eq!(escaped("Größe e\u{301} 写真 👩\u{200d}👩".as_bytes()), "Größe e\u{301} 写真 👩\u{200d}👩");
    }

    #[test]
    fn different_names_look_different() {
        assert_ne!(escaped(b"a\\x1b"), escaped(b"a\x1b"));
        assert_ne!(escaped("\\u{202e}".as_bytes()), escaped("\u{202e}".as_bytes()));
    }
}
