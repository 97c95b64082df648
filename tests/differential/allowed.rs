//! Every difference between `checksig sha1sum` and GNU's that is allowed, with its reason, and what is compared instead.
//!
//! `docs/sha1sum.md` tells users the same.

/// A difference that a case may meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// A line with a NUL. GNU's may end there. GNU is given the line with a wrong escape in the place of the NUL, which it takes for
    /// malformed and which tells as much of the form of the lines after it; and our status may be 1 where its is 0.
    Nul,
    /// A name ends at a NUL for GNU, which then opens another file than the line says. To us such a line is malformed, and
    /// fails the manifest also without `--strict`: where GNU, given the same as above, has 0, ours must be 1.
    NulInName,
    /// A line of more than 16 KiB, which no file can be listed on, since Linux ends a name at 4 096 bytes. GNU keeps the whole line
    /// in memory, and where that fails ends the run as if the manifest ended there, with status 0. To us it is malformed, and
    /// fails the manifest. GNU is given its beginning with a wrong escape behind it, and where it has 0, ours must be 1.
    HugeLine,
    /// `--help` and `--version` are in words of our own. The status and standard error are compared.
    OwnWords,
}

/// The longest line that we read: `limits::LINE_BYTES_MAX`.
const LINE_BYTES_MAX: usize = checksig::limits::LINE_BYTES_MAX;

impl Allowed {
    pub(crate) const ALL: [Allowed; 4] = [Allowed::Nul, Allowed::NulInName, Allowed::HugeLine, Allowed::OwnWords];

    /// Whether our status is 1 where GNU's is 0.
    pub(crate) fn must_fail(self) -> bool {
        matches!(self, Allowed::NulInName | Allowed::HugeLine)
    }

    /// The line that GNU is given for this one.
    pub(crate) fn line_for_gnu(line: &[u8], allowed: &mut Vec<Allowed>) -> Vec<u8> {
        if line.starts_with(b"#") {
            return line.to_vec();
        }
        if line.strip_suffix(b"\r").unwrap_or(line).len() > LINE_BYTES_MAX {
            allowed.push(Allowed::HugeLine);
            return with_wrong_escape(&[&line[..200], b"\0"].concat());
        }
        let Some(nul) = line.iter().position(|&byte| byte == 0) else { return line.to_vec() };
        // An entry whatever the lines before it were.
        let is_entry =
            nul > 42 && line[..40].iter().all(u8::is_ascii_hexdigit) && matches!(&line[40..42], b"  " | b" *");
        allowed.push(if is_entry { Allowed::NulInName } else { Allowed::Nul });
        with_wrong_escape(line)
    }
}

/// The line with a wrong escape for each NUL.
fn with_wrong_escape(line: &[u8]) -> Vec<u8> {
    let blanks = line.iter().take_while(|&&byte| byte == b' ' || byte == b'\t').count();
    let mut given = line[..blanks].to_vec();
    given.push(b'\\');
    for &byte in line[blanks..].strip_prefix(b"\\").unwrap_or(&line[blanks..]) {
        match byte {
            // Wrong behind a backslash as well.
            0 => given.extend_from_slice(b"q\\q"),
            other => given.push(other),
        }
    }
    given
}
