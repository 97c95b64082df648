//! What verify, audit and create must find in a tree, found out with the standard library and one name at a time.
//!
//! Shares no code with the library, and expects that nobody changes the tree meanwhile.

use std::collections::{BTreeSet, VecDeque};
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use checksig::OutcomeKind;
use checksig::manifest::{GnuMode, Grammar};
use sha1::Digest as _;

use crate::grammar::{Said, first_line};

/// A line, a name and an outcome; none of a line that is malformed.
pub type Found = (u64, Vec<u8>, Option<OutcomeKind>);

pub struct Model<'a> {
    pub root: &'a Path,
    /// Whether links that stay inside are followed.
    pub follows: bool,
}

pub fn digest(bytes: &[u8]) -> String {
    hex::encode(sha1::Sha1::digest(bytes))
}

/// How far a name leads.
enum Led {
    /// To a regular file, with these components from the root.
    ToFile(Vec<Vec<u8>>),
    Nowhere(OutcomeKind),
}

impl Model<'_> {
    /// What becomes of every line.
    pub fn verify(&self, lines: &[Vec<u8>]) -> Vec<Found> {
        let look = |(number, line): (u64, &Vec<u8>)| match said(line) {
            Said::Nothing => None,
            Said::Malformed => Some((number, Vec::new(), None)),
            Said::Entry(digest, name) => Some((number, name.clone(), Some(self.outcome(&name, &digest)))),
        };
        (1..).zip(lines).filter_map(look).collect()
    }

    fn outcome(&self, name: &[u8], listed: &str) -> OutcomeKind {
        match self.lead(name) {
            Led::Nowhere(kind) => kind,
            Led::ToFile(components) => {
                let bytes = fs::read(self.at(&components)).expect("a regular file");
                if digest(&bytes) == listed { OutcomeKind::Match } else { OutcomeKind::Mismatch }
            }
        }
    }

    /// What is in the tree and no line lists, in byte order.
    pub fn unlisted(&self, lines: &[Vec<u8>]) -> Vec<Found> {
        let mut listed = BTreeSet::from([b"sha1sum.txt".to_vec()]);
        for line in lines {
            if let Said::Entry(_, name) = said(line)
                && !leads_out(&name)
            {
                listed.insert(components(&name).join(&b'/'));
            }
        }
        let all = self.everything().into_iter().filter(|name| !listed.contains(name));
        all.map(|name| (0, name, Some(OutcomeKind::Unlisted))).collect()
    }

    /// The files that a manifest of the tree lists, in byte order.
    pub fn files(&self) -> Vec<Vec<u8>> {
        let is_listed = |name: &Vec<u8>| {
            let is_link = self.at(std::slice::from_ref(name)).symlink_metadata().expect("it is there").is_symlink();
            name != b"sha1sum.txt" && (self.follows || !is_link) && matches!(self.lead(name), Led::ToFile(_))
        };
        self.everything().into_iter().filter(is_listed).collect()
    }

    /// Whatever is no directory.
    fn everything(&self) -> Vec<Vec<u8>> {
        let (mut names, mut waiting) = (BTreeSet::new(), vec![Vec::new()]);
        while let Some(directory) = waiting.pop() {
            for entry in fs::read_dir(self.at(&directory)).expect("a directory") {
                let entry = entry.expect("an entry");
                let path = [&directory[..], &[entry.file_name().as_bytes().to_vec()]].concat();
                if entry.file_type().expect("a kind").is_dir() {
                    waiting.push(path);
                } else {
                    names.insert(path.join(&b'/'));
                }
            }
        }
        names.into_iter().collect()
    }

    fn at(&self, components: &[Vec<u8>]) -> std::path::PathBuf {
        components.iter().fold(self.root.to_owned(), |path, component| path.join(OsStr::from_bytes(component)))
    }

    /// Goes from the root, component by component and link by link.
    fn lead(&self, name: &[u8]) -> Led {
        if leads_out(name) {
            return Led::Nowhere(OutcomeKind::OutsideRoot);
        }
        let (mut behind, mut links) = (Vec::new(), 0);
        let mut ahead: VecDeque<Vec<u8>> = name.split(|&byte| byte == b'/').map(<[u8]>::to_vec).collect();
        while let Some(component) = ahead.pop_front() {
            match &component[..] {
                b"" | b"." => continue,
                b".." if behind.pop().is_some() => continue,
                b".." => return Led::Nowhere(OutcomeKind::OutsideRoot),
                _ => behind.push(component),
            }
            let found = match self.at(&behind).symlink_metadata() {
                Err(error) if error.kind() == ErrorKind::NotFound => return Led::Nowhere(OutcomeKind::Missing),
                Err(_) => return Led::Nowhere(OutcomeKind::Unreadable),
                Ok(found) => found,
            };
            if found.is_symlink() {
                links += 1;
                if !self.follows || links > 40 {
                    return Led::Nowhere(OutcomeKind::Unreadable);
                }
                let target = fs::read_link(self.at(&behind)).expect("a link");
                let target = target.as_os_str().as_bytes();
                if target.starts_with(b"/") {
                    return Led::Nowhere(OutcomeKind::OutsideRoot);
                }
                behind.pop();
                target.split(|&byte| byte == b'/').rev().for_each(|component| ahead.push_front(component.to_vec()));
            } else if !found.is_dir() {
                // Even a "." behind it wants a directory.
                return match (ahead.is_empty(), found.is_file()) {
                    (true, true) => Led::ToFile(behind),
                    (true, false) => Led::Nowhere(OutcomeKind::NotRegular),
                    (false, _) => Led::Nowhere(OutcomeKind::Unreadable),
                };
            }
        }
        Led::Nowhere(OutcomeKind::NotRegular)
    }
}

fn said(line: &[u8]) -> Said {
    first_line(line, Grammar::Strict, &mut GnuMode::Open)
}

/// Whether a name leads out of any root by its own text, or can only be a directory's.
fn leads_out(name: &[u8]) -> bool {
    name.starts_with(b"/")
        || name.ends_with(b"/")
        || name.split(|&byte| byte == b'/').any(|component| component == b"..")
}

fn components(name: &[u8]) -> Vec<Vec<u8>> {
    let parts = name.split(|&byte| byte == b'/').filter(|part| !part.is_empty() && *part != b".");
    parts.map(<[u8]>::to_vec).collect()
}
