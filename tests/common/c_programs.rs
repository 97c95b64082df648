//! C programs: compiled against the library that belongs to the test, linked both ways, and run plainly, under the
//! address sanitizer and under valgrind.
//!
//! Looks at no Rust API: whatever works here works for a C program. What this machine cannot run is told, and counted.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::c;

/// Where the header is.
pub(crate) const HEADERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bindings/c");
/// What a static Rust library leaves to the system, as `rustc --print native-static-libs` says.
pub(crate) const STATIC_NEEDS: [&str; 7] = ["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl", "-lc"];
/// The exit status of a program that a tool has something to say of; no program ends with it by itself.
const FAULTY: i32 = 99;

/// Where Cargo put the libraries that belong to this test: beside the test itself.
pub(crate) fn libraries() -> PathBuf {
    env::current_exe().unwrap().parent().unwrap().to_owned()
}

/// How a program is linked, and what watches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// To the shared library.
    Shared,
    /// To the static one.
    Static,
    /// To the static one; its own code, and every allocation of both, under the address sanitizer.
    Sanitized,
    /// To the static one, under valgrind, which has neither io_uring nor AVX-512: `auto` finds a reader and kernels without.
    Valgrind,
}

impl Way {
    /// Every way.
    pub(crate) const ALL: [Way; 4] = [Way::Shared, Way::Static, Way::Sanitized, Way::Valgrind];

    /// Whether this machine has what it takes.
    fn is_there(self, folder: &Path) -> bool {
        match self {
            Way::Shared | Way::Static => true,
            Way::Sanitized => {
                let source = folder.join("nothing.c");
                fs::write(&source, "int main(void) { return 0; }\n").unwrap();
                let mut cc = c::compiler("CC", "cc");
                cc.arg("-fsanitize=address").arg(&source).arg("-o").arg(folder.join("nothing"));
                cc.output().is_ok_and(|output| output.status.success())
            }
            Way::Valgrind => Command::new("valgrind").arg("--version").output().is_ok(),
        }
    }
}

/// A program, ready to run.
#[derive(Debug)]
pub(crate) struct Program {
    path: PathBuf,
    way: Way,
}

/// What a program did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
    /// What valgrind had to say.
    pub(crate) log: String,
}

/// Compiles a program in those of these ways that this machine has.
pub(crate) fn programs(source: &Path, folder: &Path, ways: &[Way]) -> Vec<Program> {
    let (there, missing): (Vec<Way>, Vec<Way>) = ways.iter().partition(|way| way.is_there(folder));
    if !missing.is_empty() {
        println!("NOT RUN: {}: {} of {} ways: {missing:?}", source.display(), missing.len(), ways.len());
    }
    there.into_iter().map(|way| Program { path: build(source, folder, way), way }).collect()
}

fn build(source: &Path, folder: &Path, way: Way) -> PathBuf {
    let program = folder.join(format!("{}-{way:?}", source.file_stem().unwrap().display()));
    let mut cc = c::compiler("CC", "cc");
    cc.args(["-std=c11", "-D_DEFAULT_SOURCE", "-g", "-pthread", "-I", HEADERS, "-I"])
        .arg(folder)
        .arg("-o")
        .arg(&program);
    if way == Way::Sanitized {
        cc.args(["-fsanitize=address", "-fno-omit-frame-pointer"]);
    }
    cc.arg(source);
    if way == Way::Shared {
        let library = libraries().join("libchecksig.so");
        // A program asks for the soname, which only an installation puts beside the library.
        let _ = symlink(&library, folder.join("libchecksig.so.0"));
        cc.arg(&library).arg(format!("-Wl,-rpath,{}", folder.display()));
    } else {
        cc.arg(libraries().join("libchecksig.a")).args(STATIC_NEEDS);
    }
    c::must_run(&mut cc);
    program
}

impl Program {
    /// Runs it; a fault that a tool finds fails the test.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let log = self.path.with_extension("log");
        let mut command = match self.way {
            Way::Valgrind => {
                let mut valgrind = Command::new("valgrind");
                // Not what is possibly lost: std keeps the handle of a thread by a pointer to its inside.
                valgrind.args(["--leak-check=full", "--show-leak-kinds=definite,indirect"]);
                valgrind.args(["--errors-for-leak-kinds=definite,indirect", &format!("--error-exitcode={FAULTY}")]);
                // Where everything is slow, the runs of 64 threads are all there at a time, each with threads of its own.
                valgrind.arg("--max-threads=2000");
                valgrind.arg(format!("--log-file={}", log.display())).arg(&self.path);
                valgrind
            }
            _ => Command::new(&self.path),
        };
        command.env("ASAN_OPTIONS", format!("exitcode={FAULTY}:detect_leaks=1"));
        let output = command.args(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let log = fs::read_to_string(log).unwrap_or_default();
        let ran = Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr), log };
        assert_ne!(ran.code, Some(FAULTY), "{self:?}:\n{}\n{}", ran.err, ran.log);
        ran
    }
}
