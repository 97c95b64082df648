//! The C examples: compiled with the system's compiler, linked both ways, run on a small tree.
//!
//! Looks at no Rust API: whatever works here works for a C program.

#[path = "common/c.rs"]
mod c;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const HEADERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bindings/c");
/// What a static Rust library leaves to the system, as `rustc --print native-static-libs` says.
const STATIC_NEEDS: [&str; 7] = ["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl", "-lc"];
const EMPTY_DIGEST: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

/// Where Cargo put the libraries that belong to this test: beside the test itself.
fn libraries() -> PathBuf {
    env::current_exe().unwrap().parent().unwrap().to_owned()
}

fn build(name: &str, folder: &Path, link: &[&str]) -> PathBuf {
    let program = folder.join(name);
    let mut cc = c::compiler("CC", "cc");
    cc.arg("-std=c11").arg("-I").arg(HEADERS).arg("-o").arg(&program);
    cc.arg(format!("{HEADERS}/examples/{name}.c")).args(link);
    c::must_run(&mut cc);
    program
}

fn build_shared(name: &str, folder: &Path) -> PathBuf {
    let library = libraries().join("libchecksig.so");
    // A program asks for the soname, which only an installation puts beside the library.
    symlink(&library, folder.join("libchecksig.so.0")).unwrap();
    let runpath = format!("-Wl,-rpath,{}", folder.display());
    build(name, folder, &[library.to_str().unwrap(), &runpath])
}

fn build_static(name: &str, folder: &Path) -> PathBuf {
    let library = libraries().join("libchecksig.a");
    let link: Vec<&str> = [library.to_str().unwrap()].into_iter().chain(STATIC_NEEDS).collect();
    build(name, folder, &link)
}

/// A tree of two empty files, listed by a manifest; and the same with one damaged and one missing.
fn trees(folder: &Path) -> [PathBuf; 2] {
    ["good", "damaged"].map(|name| {
        let root = folder.join(name);
        fs::create_dir(&root).unwrap();
        let names = if name == "good" { vec!["a", "b"] } else { vec!["a", "b", "gone"] };
        let lines: String = names.iter().map(|name| format!("{EMPTY_DIGEST}  {name}\n")).collect();
        fs::write(root.join("sha1sum.txt"), lines).unwrap();
        fs::write(root.join("a"), "").unwrap();
        fs::write(root.join("b"), if name == "good" { "" } else { "damage" }).unwrap();
        root
    })
}

fn run(program: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(program).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn check_signatures_says_what_is_wrong_in_one_call() {
    let folder = TempDir::new().unwrap();
    let [good, damaged] = trees(folder.path());
    let program = build_shared("check_signatures", folder.path());
    assert_eq!(run(&program, &[good.to_str().unwrap()]), (Some(0), "every file matches\n".into(), String::new()));
    let root = damaged.to_str().unwrap();
    let lines = format!("\"{root}/b\" - mismatch\n\"{root}/gone\" - missing\n");
    assert_eq!(run(&program, &[root]), (Some(1), lines, String::new()));
    let (code, text, _) = run(&program, &["/no/such/root"]);
    assert_eq!((code, text.as_str()), (Some(1), "/no/such/root: no such directory\n"));
}

#[test]
fn verify_pulls_records_and_shows_both_digests() {
    let folder = TempDir::new().unwrap();
    let [good, damaged] = trees(folder.path());
    let program = build_static("verify", folder.path());
    let (code, text, errors) = run(&program, &[good.to_str().unwrap()]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert_eq!(text, "pass: 2 files, 0 failed, 0 malformed lines, 0 bytes\n");

    let (code, text, errors) = run(&program, &[damaged.to_str().unwrap(), "pread", "scalar"]);
    assert_eq!((code, errors.as_str()), (Some(1), ""));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "line 2: b: mismatch");
    assert_eq!(lines[1], format!("  listed {EMPTY_DIGEST}"));
    assert!(lines[2].starts_with("  found  "), "{text}");
    assert_eq!(lines[3], "line 3: gone: missing");
    assert_eq!(lines.last(), Some(&"fail: 3 files, 2 failed, 0 malformed lines, 6 bytes"));
}

#[test]
fn what_cannot_be_done_is_said_and_is_no_verdict() {
    let folder = TempDir::new().unwrap();
    let [good, _] = trees(folder.path());
    let program = build_shared("verify", folder.path());
    for (arguments, words) in [
        (&["/no/such/root", "auto"][..], "no such directory"),
        (&[good.to_str().unwrap(), "floppy"], "unknown reader \"floppy\""),
        (&[good.to_str().unwrap(), "auto", "md5"], "unknown kernel \"md5\"; use auto, or one of avx512, "),
    ] {
        let (code, text, errors) = run(&program, arguments);
        assert_eq!((code, text.as_str()), (Some(2), ""));
        assert!(errors.contains(words), "{errors}");
    }
}

#[test]
fn the_shared_library_exports_the_header_and_nothing_else() {
    let output = c::must_run(Command::new("nm").args(["-D", "--defined-only"]).arg(libraries().join("libchecksig.so")));
    let symbols = String::from_utf8(output.stdout).unwrap();
    let exported: BTreeSet<&str> = symbols.lines().filter_map(|line| line.split_whitespace().last()).collect();
    let header = fs::read_to_string(format!("{HEADERS}/checksig.h")).unwrap();
    let declared: BTreeSet<&str> = header
        .lines()
        .filter(|line| line.ends_with(';') && line.contains('(') && !line.starts_with("//"))
        .filter_map(|line| line[..line.find('(')?].split([' ', '*']).next_back())
        .collect();
    assert!(declared.contains("checksig_run_start"));
    assert_eq!(exported, declared);
}
