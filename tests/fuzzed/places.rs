//! The trees and files that sequences of calls are about, made once in a thread, and what is to be found in them.
//!
//! Verifies nothing.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use sha1::Digest as _;

use crate::c::{FILE_NOT_FOUND, FILE_NOT_REGULAR, MANIFEST_NOT_FOUND, ROOT_NOT_FOUND};

/// What a run finds.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    pub files: u64,
    pub failed: u64,
    pub malformed: u64,
}

impl Expected {
    pub fn is_sound(&self) -> bool {
        self.files > 0 && self.failed == 0 && self.malformed == 0
    }
}

pub struct Places {
    directory: tempfile::TempDir,
}

/// Files of the large tree: more than a run has that needs no thread.
const MANY: usize = 90;

/// The bytes of the one file whose digest is asked for.
const CONTENT: &[u8] = b"the bytes of the file a";

impl Places {
    /// Those of this thread, which go with it.
    pub fn get() -> Rc<Places> {
        thread_local!(static PLACES: Rc<Places> = Rc::new(Places::make()));
        PLACES.with(Rc::clone)
    }

    fn make() -> Places {
        let directory = crate::directory::new(false);
        let at = |name: &str| directory.path().join(name);
        for root in ["sound", "damaged", "bare", "large"] {
            fs::create_dir_all(at(root).join("d")).expect("a directory");
        }
        let list = |root: &Path, name: &str, content: &[u8]| {
            fs::write(root.join(name), content).expect("a file");
            format!("{}  {name}\n", hex::encode(sha1::Sha1::digest(content)))
        };
        for root in ["sound", "damaged"] {
            let root = at(root);
            let long = CONTENT.repeat(7_000);
            let mut manifest = list(&root, "a", CONTENT) + &list(&root, "d/long", &long) + &list(&root, "d/empty", b"");
            if root.ends_with("damaged") {
                fs::write(root.join("d/empty"), "no longer").expect("a file");
                manifest += &format!("{0}  none\n{0}  ../sound/a\nnonsense\n", "0".repeat(40));
            }
            fs::write(root.join("sha1sum.txt"), manifest).expect("a manifest");
        }
        let large = at("large");
        let manifest: String =
            (0..MANY).map(|file| list(&large, &format!("f{file}"), &CONTENT.repeat(file * 9))).collect();
        fs::write(large.join("sha1sum.txt"), manifest).expect("a manifest");
        Places { directory }
    }

    /// The path of a root, and what a run over it comes to.
    pub fn root(&self, value: u8) -> (Vec<u8>, Result<Expected, u32>) {
        let found = |files, failed, malformed| Ok(Expected { files, failed, malformed });
        let (name, expected) = match value % 6 {
            0 | 1 => ("sound", found(3, 0, 0)),
            2 => ("damaged", found(5, 3, 1)),
            3 => ("large", found(MANY as u64, 0, 0)),
            4 => ("bare", Err(MANIFEST_NOT_FOUND)),
            _ => ("none", Err(ROOT_NOT_FOUND)),
        };
        (self.path(name), expected)
    }

    /// A manifest that belongs to another root than most, or is none.
    pub fn manifest(&self, value: u8) -> String {
        let name = ["sound/sha1sum.txt", "damaged/sha1sum.txt", "none"][usize::from(value) % 3];
        String::from_utf8(self.path(name)).expect("UTF-8")
    }

    /// A list of paths, and what hashing them comes to.
    pub fn list(&self, value: u8) -> (Vec<Vec<u8>>, Expected) {
        let all: [&[u8]; 5] = [b"sound/a", b"large/f7", b"none", b"sound/d", b"sound/a\0"];
        let chosen = all.into_iter().zip(0..).filter(|(_, at)| value >> at & 1 == 1);
        let paths: Vec<Vec<u8>> = chosen.map(|(name, _)| [&self.path(""), name].concat()).collect();
        let failed = u64::from((value >> 2 & 7).count_ones());
        let files = paths.len() as u64;
        (paths, Expected { files, failed, malformed: 0 })
    }

    /// The path of a file, and its digest or the status that there is none.
    pub fn file(&self, value: u8) -> (Vec<u8>, Result<[u8; 20], u32>) {
        match value % 3 {
            0 => (self.path("sound/a"), Ok(sha1::Sha1::digest(CONTENT).into())),
            1 => (self.path("none"), Err(FILE_NOT_FOUND)),
            _ => (self.path("sound/d"), Err(FILE_NOT_REGULAR)),
        }
    }

    fn path(&self, name: &str) -> Vec<u8> {
        let path: PathBuf = self.directory.path().join(name);
        path.as_os_str().as_bytes().to_vec()
    }
}
