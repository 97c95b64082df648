//! Names of a tree that are not asked for, by patterns that the caller gives.
//!
//! Nothing in the tree has a say in it: there are no ignore files, which a hostile tree could carry.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Patterns of names below a root. The default excludes nothing.
///
/// A pattern without a slash is that of the last component, in whatever directory; one with a slash is that of the whole
/// name, from the root. `*` and `?` match no slash, `**` matches any number of components, and there are `[a-z]`, `[!a-z]`
/// and `{one,other}`; a `\` takes the meaning from what follows. A slash at the beginning means the root's own, a slash
/// at the end directories only. What is excluded is excluded with all that it holds.
///
/// Names are bytes: `?` and a class match one byte, of which a letter beyond ASCII has several. A `!` at the beginning is a
/// letter and takes nothing back. A component that no name can have, which is `.`, `..` or none, is an error.
///
/// ```
/// use checksig::Exclude;
/// let exclude = Exclude::new(["*.tmp", "/cache/", "logs/**/old-[0-9]"])?;
/// assert!(Exclude::new(["[a"]).is_err());
/// # Ok::<(), checksig::BadPattern>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Exclude {
    patterns: Vec<String>,
    anything: GlobSet,
    directories: GlobSet,
}

/// A pattern that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{pattern:?}: {reason}")]
pub struct BadPattern {
    pattern: String,
    reason: String,
}

impl Exclude {
    /// Excludes what any of the patterns matches.
    pub fn new(patterns: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Exclude, BadPattern> {
        let (mut anything, mut directories) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        let mut words = Vec::new();
        for pattern in patterns {
            let pattern = pattern.as_ref();
            words.push(pattern.to_owned());
            let bad = |reason: String| BadPattern { pattern: pattern.to_owned(), reason };
            let text = pattern.strip_suffix('/').unwrap_or(pattern);
            let glob = match text.strip_prefix('/') {
                Some(text) => text.to_owned(),
                None if text.contains('/') => text.to_owned(),
                None => format!("**/{text}"),
            };
            if text.trim_matches('/').is_empty() {
                return Err(bad("a pattern must have a name in it".to_owned()));
            }
            let components = text.strip_prefix('/').unwrap_or(text).split('/');
            // A `\` before a point changes nothing.
            if let Some(none) = components.map(|component| component.replace("\\.", ".")).find(|it| is_no_name(it)) {
                return Err(bad(format!("no name has a component {none:?}, so that it would exclude nothing")));
            }
            let built = GlobBuilder::new(&glob).literal_separator(true).backslash_escape(true).build();
            let glob = built.map_err(|error| bad(error.kind().to_string()))?;
            if text.len() < pattern.len() {
                directories.add(glob)
            } else {
                anything.add(glob)
            };
        }
        let whole = |error: globset::Error| BadPattern {
            pattern: error.glob().unwrap_or("all together").to_owned(),
            reason: error.kind().to_string(),
        };
        let (anything, directories) = (anything.build().map_err(whole)?, directories.build().map_err(whole)?);
        Ok(Exclude { patterns: words, anything, directories })
    }

    /// The patterns, as they were given.
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }

    /// Whether a name below the root is excluded; that a directory on the way to it is, has been asked before.
    pub(crate) fn covers(&self, name: &[u8], is_directory: bool) -> bool {
        let matches =
            |patterns: &GlobSet| !patterns.is_empty() && patterns.is_match(Path::new(OsStr::from_bytes(name)));
        matches(&self.anything) || is_directory && matches(&self.directories)
    }
}

/// Whether no name below a root has this component.
fn is_no_name(component: &str) -> bool {
    matches!(component, "" | "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_is_said_of_them() {
        for (pattern, covered, others) in [
            (
                "*.tmp",
                &[&b"a.tmp"[..], b"d/a.tmp", b".tmp", b"x\n.tmp", b"\xff.tmp"][..],
                &[&b"a.tmp2"[..], b"a.tmp/x"][..],
            ),
            ("/*.tmp", &[b"a.tmp"], &[b"d/a.tmp"]),
            ("d/*", &[b"d/a", b"d/ "], &[b"d", b"d/a/b", b"e/d/a"]),
            ("d/**", &[b"d/a", b"d/a/b"], &[b"d", b"e/d/a"]),
            ("**/d/f", &[b"d/f", b"a/b/d/f"], &[b"ad/f"]),
            ("a?c", &[b"abc", b"a\xffc", b"x/a c"], &[b"ac", b"a/c", b"abbc"]),
            ("[ab]", &[b"a", b"b"], &[b"c", b"ab"]),
            ("[!ab]", &[b"c"], &[b"a"]),
            ("{one,other}", &[b"one", b"x/other"], &[b"on"]),
            ("\\*", &[b"*"], &[b"a"]),
            ("file", &[b"file", b"d/file"], &[b"File", b"file2"]),
            (".*", &[b".a", b"d/.b", b"..."], &[b"a.b"]),
            ("...", &[b"..."], &[b"abc"]),
            // A letter of two bytes.
            ("??", &["\u{e9}".as_bytes(), b"ab"], &["a\u{e9}".as_bytes()]),
            ("!k", &[b"!k", b"d/!k"], &[b"k", b"a"]),
        ] {
            let exclude = Exclude::new([pattern]).unwrap();
            for name in covered {
                assert!(exclude.covers(name, false), "{pattern} and {}", name.escape_ascii());
            }
            for name in others {
                assert!(!exclude.covers(name, false), "{pattern} and {}", name.escape_ascii());
            }
        }
        let exclude = Exclude::new(["cache/", "/a/b/"]).unwrap();
        for name in [&b"cache"[..], b"x/cache", b"a/b"] {
            assert!(exclude.covers(name, true) && !exclude.covers(name, false));
        }
        assert!(!Exclude::default().covers(b"a", true));
    }

    #[test]
    fn patterns_that_make_no_sense_are_refused_by_name() {
        for pattern in [
            "", "/", "//", "[a", "{a", "a\\", "./a", ".", "..", "a/./b", "a/..", "../a", "/./a", "a//b", "a//", "//a",
            "./", "a/\\.", "\\.\\./a",
        ] {
            let error = Exclude::new(["fine", pattern]).unwrap_err();
            assert_eq!(error.pattern, pattern, "{error}");
        }
    }
}
