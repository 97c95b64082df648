//! Trees to verify, and the naive verifier that runs are compared with.
//!
//! Shares no code with the engine: files are read whole with the standard library and hashed by the crate `sha1`.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

pub mod child;

use std::fs;
use std::io::Write;
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use checksig::{Batch, FileReport, Options, OutcomeKind, ReaderChoice, ReaderKind, Record, Report, Run};
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
        Tree::within(place)
    }

    /// One in this directory.
    pub fn within(place: &Path) -> Tree {
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

/// The choices of a run: the one place in these tests that knows how they are named.
pub fn options(reader: ReaderChoice, workers: usize) -> Options {
    let mut options = Options::default();
    options.resources.reader = reader;
    options.resources.workers = NonZeroUsize::new(workers);
    options
}

/// Of these readers those that can be had here; what cannot is printed.
pub fn readers(wanted: &[Option<ReaderKind>]) -> Vec<ReaderChoice> {
    let can = |reader: &ReaderChoice| {
        let mut tree = Tree::new();
        let run = Run::verify(tree.seal().path(), &options(*reader, 1));
        run.map_err(|error| not_run(&error.to_string())).is_ok()
    };
    wanted.iter().map(|kind| kind.map_or(ReaderChoice::Auto, ReaderChoice::Forced)).filter(can).collect()
}

/// Says that something could not be tried here, and the how manieth such thing it is.
pub fn not_run(why: &str) {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    println!("NOT RUN ({} so far): {why}", COUNT.fetch_add(1, Ordering::Relaxed) + 1);
}

/// Whether this process is root's; else what needs it is not run.
pub fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        not_run("needs root");
    }
    is_root
}
