//! Trees to verify, and the naive verifier that runs are compared with.
//!
//! Shares no code with the engine: files are read whole with the standard library and hashed by the crate `sha1`.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use checksig::{Batch, FileReport, Options, OutcomeKind, Record, Report, Run};
use sha1::Digest as _;

/// A directory with files, gone when dropped.
pub struct Tree {
    directory: tempfile::TempDir,
    manifest: Vec<u8>,
}

impl Tree {
    pub fn new() -> Tree {
        Tree { directory: tempfile::tempdir().expect("a temporary directory"), manifest: Vec::new() }
    }

    /// One below Cargo's directory for tests, which is mostly on a disk.
    pub fn on_disk() -> Tree {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
        fs::create_dir_all(place).expect("a directory");
        Tree { directory: tempfile::tempdir_in(place).expect("a temporary directory"), manifest: Vec::new() }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn at(&self, name: impl AsRef<[u8]>) -> PathBuf {
        self.path().join(std::ffi::OsStr::from_bytes(name.as_ref()))
    }

    /// Writes a file and lists it rightly.
    pub fn file(&mut self, name: impl AsRef<[u8]>, bytes: &[u8]) -> &mut Tree {
        let path = self.at(&name);
        fs::create_dir_all(path.parent().expect("a file has a parent")).expect("directories");
        fs::write(&path, bytes).expect("a file");
        self.line(name, &hex_digest(bytes))
    }

    /// Lists a name with a digest.
    pub fn line(&mut self, name: impl AsRef<[u8]>, digest: &str) -> &mut Tree {
        let line = [digest.as_bytes(), b"  ", name.as_ref(), b"\n"].concat();
        self.raw(&line)
    }

    /// Adds bytes to the manifest as they are.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Tree {
        self.manifest.extend_from_slice(bytes);
        self
    }

    /// Writes the manifest out.
    pub fn seal(&mut self) -> &mut Tree {
        fs::write(self.at("sha1sum.txt"), &self.manifest).expect("a manifest");
        self
    }

    pub fn verify(&self, options: &Options) -> (Vec<Record>, Report) {
        let run = Run::verify(self.path(), options).expect("a run");
        drain(run)
    }
}

/// All records of a run, and its report.
pub fn drain(mut run: Run) -> (Vec<Record>, Report) {
    let mut records = Vec::new();
    loop {
        match run.next_batch(std::time::Duration::from_secs(10)) {
            Batch::Records(more) => records.extend(more),
            Batch::Waiting => {}
            Batch::Finished => return (records, run.finish().expect("a report")),
        }
    }
}

/// The digest of some bytes, by the crate `sha1` alone.
pub fn hex_digest(bytes: &[u8]) -> String {
    hex::encode(sha1::Sha1::digest(bytes))
}

/// Bytes that differ from file to file and from block to block.
pub fn bytes(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.write_all(&next().to_le_bytes()).expect("memory");
    }
    bytes.truncate(length);
    bytes
}

/// The name and the kind of outcome of every file, in the order of the records.
pub fn outcomes(records: &[Record]) -> Vec<(String, OutcomeKind)> {
    files(records).map(|file| (String::from_utf8_lossy(&file.name).into_owned(), file.outcome.kind())).collect()
}

pub fn files(records: &[Record]) -> impl Iterator<Item = &FileReport> {
    records.iter().filter_map(|record| match record {
        Record::File(file) => Some(file),
        _ => None,
    })
}

/// Makes a FIFO.
pub fn make_fifo(path: &Path) {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    mknodat(CWD, path, FileType::Fifo, Mode::RWXU, 0).expect("a FIFO");
}
