//! The names that may be opened below a root: relative, without `..`, plain bytes.
//!
//! Looks at bytes only and never at a file system; `root` opens what passes here.

/// A name that, taken from a directory, cannot lead out of it by its own text.
///
/// Symbolic links are another matter: `root` deals with them where it opens the name.
#[derive(Debug, PartialEq, Eq)]
pub struct RelPath<'a>(&'a [u8]);

/// Why a name cannot be opened below a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelPathError {
    /// The name has no bytes.
    #[error("the name is empty")]
    Empty,
    /// The name holds a NUL byte; Linux would end the name there.
    #[error("the name holds a NUL byte")]
    Nul,
    /// The name begins with `/`.
    #[error("the name is absolute")]
    Absolute,
    /// A component of the name is `..`.
    #[error("the name has a component \"..\"")]
    Parent,
    /// The name ends with `/` and so can only be a directory.
    #[error("the name ends with \"/\"")]
    TrailingSlash,
}

impl<'a> RelPath<'a> {
    /// Accepts a name below a root. `~` and `.` are ordinary components, and `a//b` is `a/b`, as in Linux.
    pub fn new(name: &'a [u8]) -> Result<RelPath<'a>, RelPathError> {
        if name.is_empty() {
            return Err(RelPathError::Empty);
        }
        if name.contains(&0) {
            return Err(RelPathError::Nul);
        }
        if name.starts_with(b"/") {
            return Err(RelPathError::Absolute);
        }
        if name.split(|&byte| byte == b'/').any(|component| component == b"..") {
            return Err(RelPathError::Parent);
        }
        if name.ends_with(b"/") {
            return Err(RelPathError::TrailingSlash);
        }
        Ok(RelPath(name))
    }

    /// The bytes of the name.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// The components, without empty ones and `.`.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &'a [u8]> + use<'a> {
        self.0.split(|&byte| byte == b'/').filter(|component| !component.is_empty() && *component != b".")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_below_the_root_pass_byte_for_byte() {
        for name in [&b"a"[..], b"a/b", b"~", b"~root/x", b"...", b"..a", b"a..", b"a//b", b"./a", b".", b"\xff\n\\"] {
            assert_eq!(RelPath::new(name).unwrap().as_bytes(), name);
        }
    }

    #[test]
    fn names_that_could_lead_out_do_not_pass() {
        for (name, why) in [
            (&b""[..], RelPathError::Empty),
            (b"a\0b", RelPathError::Nul),
            (b"/etc/passwd", RelPathError::Absolute),
            (b"//x", RelPathError::Absolute),
            (b"..", RelPathError::Parent),
            (b"../x", RelPathError::Parent),
            (b"a/../../x", RelPathError::Parent),
            (b"a/..", RelPathError::Parent),
            (b"a/", RelPathError::TrailingSlash),
        ] {
            assert_eq!(RelPath::new(name), Err(why), "{name:?}");
        }
    }

    #[test]
    fn components_skip_what_says_nothing() {
        let path = RelPath::new(b"./a//b/./c").unwrap();
        assert_eq!(path.components().collect::<Vec<_>>(), [b"a", b"b", b"c"]);
    }
}
