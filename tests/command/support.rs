//! Trees to verify, and the binary to verify them with.
//!
//! Tests nothing itself. Digests come from the crate `sha1`, which no line of checksig's own can lead astray.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output};
use std::time::{Duration, Instant};

use sha1::{Digest, Sha1};
use tempfile::TempDir;

/// How long a child may take before it is taken to hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// A directory with files and the manifest that belongs to them.
pub(super) struct Tree {
    directory: TempDir,
    manifest: Vec<u8>,
}

impl Tree {
    /// An empty one.
    pub(super) fn new() -> Tree {
        Tree { directory: TempDir::new().expect("a directory"), manifest: Vec::new() }
    }

    /// One with files `a` and `b` that match.
    pub(super) fn sound() -> Tree {
        let mut tree = Tree::new();
        tree.file("a", b"alpha").file("b", b"");
        tree
    }

    /// The directory.
    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The place of a name in it.
    pub(super) fn at(&self, name: impl AsRef<[u8]>) -> PathBuf {
        self.path().join(OsStr::from_bytes(name.as_ref()))
    }

    /// Writes a file, and lists it with its digest.
    pub(super) fn file(&mut self, name: impl AsRef<[u8]>, content: &[u8]) -> &mut Tree {
        let place = self.at(&name);
        fs::create_dir_all(place.parent().expect("a parent")).expect("a directory");
        fs::write(place, content).expect("a file");
        self.lists(&digest(content), name)
    }

    /// Writes a file, and lists it with the digest of other bytes.
    pub(super) fn damaged(&mut self, name: impl AsRef<[u8]>, content: &[u8]) -> &mut Tree {
        self.file(&name, content);
        let sound = [content, b"!"].concat();
        fs::write(self.at(name), sound).expect("a file");
        self
    }

    /// Lists a name, whatever stands there.
    pub(super) fn lists(&mut self, digest: &str, name: impl AsRef<[u8]>) -> &mut Tree {
        let mut escaped = Vec::new();
        for &byte in name.as_ref() {
            match byte {
                b'\n' => escaped.extend_from_slice(b"\\n"),
                b'\r' => escaped.extend_from_slice(b"\\r"),
                b'\\' => escaped.extend_from_slice(b"\\\\"),
                _ => escaped.push(byte),
            }
        }
        if escaped != name.as_ref() {
            self.manifest.push(b'\\');
        }
        write!(self.manifest, "{digest}  ").expect("a vector");
        self.manifest.extend_from_slice(&escaped);
        self.manifest.push(b'\n');
        self
    }

    /// Adds a line as it stands.
    pub(super) fn line(&mut self, line: &str) -> &mut Tree {
        self.manifest.extend_from_slice(line.as_bytes());
        self.manifest.push(b'\n');
        self
    }

    /// Adds bytes as they stand.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut Tree {
        self.manifest.extend_from_slice(bytes);
        self
    }

    /// Puts the manifest in its place.
    pub(super) fn write_manifest(&self) {
        fs::write(self.at("sha1sum.txt"), &self.manifest).expect("a manifest");
    }

    /// Puts the manifest in its place and runs `checksig verify` in the directory.
    pub(super) fn verify(&self, options: &[&str]) -> Ran {
        self.write_manifest();
        run(self.command("verify").args(options))
    }

    /// `checksig VERB`, to be run in the directory.
    pub(super) fn command(&self, verb: &str) -> Command {
        let mut command = checksig();
        command.arg(verb).current_dir(self.path());
        command
    }
}

/// What came out of the command.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ran {
    /// The exit status.
    pub(super) status: Option<i32>,
    /// Standard output.
    pub(super) out: Vec<u8>,
    /// Standard error, which is always UTF-8.
    pub(super) err: String,
}

impl Ran {
    /// Standard output as text.
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.out).expect("UTF-8")
    }

    /// The last line of standard error.
    pub(super) fn summary(&self) -> &str {
        self.err.lines().last().unwrap_or_default()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        let err = String::from_utf8(output.stderr).expect("standard error is UTF-8 whatever the names");
        assert!(!err.contains("panicked"), "{err}");
        Ran { status: output.status.code(), out: output.stdout, err }
    }
}

/// The binary, without arguments and as if for no terminal.
pub(super) fn checksig() -> Command {
    Command::new(env!("CARGO_BIN_EXE_checksig"))
}

/// Runs a command to its end.
pub(super) fn run(command: &mut Command) -> Ran {
    command.output().expect("the command starts").into()
}

/// Runs `checksig VERB OPTIONS` in a tree as a user who may not read everything; `None`, and a word, where that cannot be had.
pub(super) fn run_without_privileges(tree: &Tree, verb: &str, options: &[&str]) -> Option<Ran> {
    if !rustix::process::geteuid().is_root() {
        return Some(run(tree.command(verb).args(options)));
    }
    if !has("setpriv") {
        return None;
    }
    // From a place where that user may find it. `cp` makes the copy, because what this process has open for writing
    // is inherited by the children of other tests, and Linux starts no program that is open for writing.
    let place = TempDir::new().expect("a directory");
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).expect("a mode");
    let program = place.path().join("checksig");
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_checksig")).arg(&program).status();
    assert!(copied.is_ok_and(|status| status.success()), "cp");
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(program).arg(verb).args(options);
    Some(run(command.current_dir(tree.path())))
}

/// Waits for a child, but not for ever.
pub(super) fn wait(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            return status;
        }
        if Instant::now() > deadline {
            let _ = child.kill();
            panic!("the command hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What a process says that could not wait for its run to stop. It waits for a second, which may be too short where
/// many others want the CPU.
pub(super) const CUT_OFF: &str = "not everything that was found has been said";

/// Makes an attempt with longer and longer pauses, until one of them shows what it should: where the machine is busy a moment may
/// pass between any two steps. `None` says that it did not; the last may say so for half a minute before this gives up.
pub(super) fn patiently<T>(mut attempt: impl FnMut(Duration) -> Option<T>) -> T {
    let pauses = [200, 200, 500, 1000, 2000, 4000, 8000, 16_000];
    let shown = pauses.into_iter().find_map(|pause| attempt(Duration::from_millis(pause)));
    shown.expect("it was shown in none of the attempts")
}

/// The SHA-1 digest of some bytes.
pub(super) fn digest(content: &[u8]) -> String {
    hex::encode(Sha1::digest(content))
}

/// Whether a program that a test needs is installed; says so if the test is skipped for it.
pub(super) fn has(program: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|directory| directory.join(program).is_file()));
    if !found {
        println!("SKIPPED: {program} is not installed");
    }
    found
}

/// Makes a FIFO.
pub(super) fn fifo(place: &Path) {
    let mode = rustix::fs::Mode::from_raw_mode(0o644);
    rustix::fs::mknodat(rustix::fs::CWD, place, rustix::fs::FileType::Fifo, mode, 0).expect("a FIFO");
}
