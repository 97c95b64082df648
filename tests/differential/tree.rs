//! A tree with names that are hard to print, to list and to open, the same for every case.
//!
//! Knows the digest of each of its files, by the crate `sha1`.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use sha1::{Digest, Sha1};

/// Names of files.
pub(crate) const FILES: [&[u8]; 34] = [
    b"a",
    b"b",
    b"c",
    b" a",
    b"*a",
    b" ",
    b"*",
    b"a b",
    b"a ",
    b"(a",
    b"a)",
    b"a) = b",
    b"a\\b",
    b"a\nb",
    b"a\rb",
    b"\\a",
    b"\xff",
    b"\xc3\xa9",
    b"sub/x",
    b"sub/y z",
    b"-x",
    b"--check",
    b"#c",
    b"it's",
    b"a\tb",
    b"a:b",
    b"\x1b[31m",
    b"q\n'",
    b"$HOME",
    b"~",
    b"empty",
    b"big",
    b"SHA1 (a)",
    b"\r",
];

/// Names that are no files, or lead to one in another way.
pub(crate) const OTHERS: [&[u8]; 18] = [
    b"gone",
    b"dir",
    b"dir/",
    b".",
    b"loop",
    b"link",
    b"dangling",
    b"a/x",
    b"a/",
    b"sub/gone",
    b"/dev/null",
    b"socket",
    b"secret",
    b"./a",
    b"sub/../a",
    b"dir/../b",
    b"//dev/null",
    b"sub//x",
];

pub(crate) struct Tree {
    directory: tempfile::TempDir,
    _socket: UnixListener,
}

impl Tree {
    pub(crate) fn new() -> Tree {
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &[u8]| directory.path().join(OsStr::from_bytes(name));
        for name in ["sub", "dir"] {
            fs::create_dir(at(name.as_bytes())).expect("a directory");
        }
        for name in FILES {
            fs::write(at(name), content(name)).expect("a file");
        }
        fs::write(at(b"secret"), content(b"secret")).expect("a file");
        fs::set_permissions(at(b"secret"), fs::Permissions::from_mode(0o0)).expect("a mode");
        for (target, link) in [("loop", "loop"), ("a", "link"), ("gone", "dangling")] {
            symlink(target, at(link.as_bytes())).expect("a link");
        }
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, at(b"fifo"), rustix::fs::FileType::Fifo, mode, 0).expect("a FIFO");
        let socket = UnixListener::bind(at(b"socket")).expect("a socket");
        Tree { directory, _socket: socket }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }
}

/// What a file holds: different for each, and of lengths about a block's.
pub(crate) fn content(name: &[u8]) -> Vec<u8> {
    match name {
        b"empty" | b"/dev/null" | b"//dev/null" => Vec::new(),
        b"big" => vec![b'x'; 300_000],
        b"./a" | b"link" | b"sub/../a" => content(b"a"),
        b"dir/../b" => content(b"b"),
        b"sub//x" => content(b"sub/x"),
        name => name.iter().cycle().take(50 + name.len() * 3).copied().collect(),
    }
}

/// Its digest.
pub(crate) fn digest(name: &[u8]) -> String {
    hex::encode(Sha1::digest(content(name)))
}
