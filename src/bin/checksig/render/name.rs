//! Names of files as text: raw for pipes and files, as the library shows them for terminals and messages.
//!
//! A name is any bytes.

use std::io::Write;

use checksig::Shown;

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

/// Writes a name so that it may be shown anywhere.
pub(crate) fn write_shown(out: &mut Vec<u8>, name: &[u8]) {
    write!(out, "{}", Shown(name)).expect("a vector takes whatever it is given");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(name: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        write_raw(&mut out, name);
        out
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
}
