//! Every difference between `checksig sha1sum` and GNU's that is allowed, with its reason, and what is compared instead.
//!
//! `docs/sha1sum.md` tells users the same.

/// A difference that a case may meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// A name ends at a NUL for GNU, which then opens another file than the line says. To us such a line is malformed, and
    /// fails the manifest also without `--strict`. GNU is given the line with a wrong escape in the place of the NUL, which it
    /// takes for malformed and which tells as much of the form of the lines after it; and our status may be 1 where its is 0.
    Nul,
    /// A line of more than 16 KiB, which no file can be listed on, since Linux ends a name at 4 096 bytes. GNU keeps the whole line
    /// in memory, and where that fails ends the run as if the manifest ended there, with status 0. To us it is malformed, and
    /// fails the manifest. GNU is given a short malformed line, and our status may be 1 where its is 0.
    HugeLine,
    /// `--help` and `--version` are in words of our own. The status and standard error are compared.
    OwnWords,
}

/// The longest line that we read: `limits::LINE_BYTES_MAX`.
const LINE_BYTES_MAX: usize = checksig::limits::LINE_BYTES_MAX;

impl Allowed {
    pub(crate) const ALL: [Allowed; 3] = [Allowed::Nul, Allowed::HugeLine, Allowed::OwnWords];

    /// Whether our status may be 1 where GNU's is 0.
    pub(crate) fn may_fail(self) -> bool {
        matches!(self, Allowed::Nul | Allowed::HugeLine)
    }

    /// The line that GNU is given for this one.
    pub(crate) fn line_for_gnu(line: &[u8], allowed: &mut Vec<Allowed>) -> Vec<u8> {
        if line.starts_with(b"#") {
            return line.to_vec();
        }
        if line.strip_suffix(b"\r").unwrap_or(line).len() > LINE_BYTES_MAX {
            allowed.push(Allowed::HugeLine);
            return b"x".to_vec();
        }
        if !line.contains(&0) {
            return line.to_vec();
        }
        allowed.push(Allowed::Nul);
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
}
