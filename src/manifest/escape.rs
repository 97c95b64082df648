//! Names as they stand on an escaped line: `\\`, `\n` and `\r` for the three bytes that a line cannot hold or would lose.
//!
//! Knows names alone; that such a line begins with `\` is the business of `line` and `write`.

use std::borrow::Cow;

/// The name with `\`, LF and CR escaped as GNU coreutils (9.0 and later) do; borrowed when it holds none of them.
///
/// A line that begins with an escaped name begins with a further `\`, to tell it from a name that holds one.
///
/// ```
/// use checksig::manifest::escape_name;
/// assert_eq!(*escape_name(b"two\nlines"), *br"two\nlines");
/// ```
pub fn escape_name(name: &[u8]) -> Cow<'_, [u8]> {
    let specials = name.iter().filter(|&&byte| escape_letter(byte).is_some()).count();
    if specials == 0 {
        return Cow::Borrowed(name);
    }
    let mut escaped = Vec::with_capacity(name.len() + specials);
    for &byte in name {
        match escape_letter(byte) {
            Some(letter) => escaped.extend([b'\\', letter]),
            None => escaped.push(byte),
        }
    }
    Cow::Owned(escaped)
}

/// The name behind an escaped one; `None` when a `\` does not begin one of the three escapes.
pub(super) fn unescape_name(escaped: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !escaped.contains(&b'\\') {
        return Some(Cow::Borrowed(escaped));
    }
    let mut name = Vec::with_capacity(escaped.len());
    let mut bytes = escaped.iter();
    while let Some(&byte) = bytes.next() {
        name.push(match byte {
            b'\\' => match bytes.next()? {
                b'\\' => b'\\',
                b'n' => b'\n',
                b'r' => b'\r',
                _ => return None,
            },
            plain => plain,
        });
    }
    Some(Cow::Owned(name))
}

fn escape_letter(byte: u8) -> Option<u8> {
    match byte {
        b'\\' => Some(b'\\'),
        b'\n' => Some(b'n'),
        b'\r' => Some(b'r'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_bytes_go_there_and_back_and_nothing_else_is_touched() {
        for (name, escaped) in [
            (&b""[..], &b""[..]),
            (b"plain \t\xff*~)", b"plain \t\xff*~)"),
            (b"\\", b"\\\\"),
            (b"a\nb\rc", b"a\\nb\\rc"),
            // A backslash before a letter that would be an escape.
            (b"\\n", b"\\\\n"),
        ] {
            assert_eq!(*escape_name(name), *escaped, "{name:?}");
            assert_eq!(*unescape_name(escaped).unwrap(), *name, "{escaped:?}");
            assert_eq!(matches!(escape_name(name), Cow::Owned(_)), name != escaped);
        }
    }

    #[test]
    fn other_escapes_are_none() {
        for escaped in [&b"\\"[..], b"a\\", b"\\t", b"\\\\\\", b"\\N", b"\\\n"] {
            assert_eq!(unescape_name(escaped), None, "{escaped:?}");
        }
    }
}
