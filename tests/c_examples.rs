//! The C examples: compiled with the system's compiler, linked both ways, run on a small tree, plainly and under the tools
//! that find faults of memory.
//!
//! Looks at no Rust API: whatever works here works for a C program.

#[path = "common/c.rs"]
mod c;
#[path = "common/c_programs.rs"]
mod c_programs;

use std::fs;
use std::path::{Path, PathBuf};

use c_programs::{HEADERS, Program, Way, programs};
use tempfile::TempDir;

const EMPTY_DIGEST: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

fn examples(name: &str, folder: &Path) -> Vec<Program> {
    programs(&Path::new(HEADERS).join(format!("examples/{name}.c")), folder, &Way::ALL)
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

fn run(program: &Program, arguments: &[&str]) -> (Option<i32>, String, String) {
    let ran = program.run(arguments);
    (ran.code, ran.out, ran.err)
}

#[test]
fn every_example_is_run_here() {
    let names = fs::read_dir(format!("{HEADERS}/examples")).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["audit.c", "check_signatures.c", "hash_many.c", "verify.c"]);
}

#[test]
fn check_signatures_says_what_is_wrong_in_one_call() {
    let folder = TempDir::new().unwrap();
    let [good, damaged] = trees(folder.path());
    for program in examples("check_signatures", folder.path()) {
        assert_eq!(run(&program, &[good.to_str().unwrap()]), (Some(0), "every file matches\n".into(), String::new()));
        let root = damaged.to_str().unwrap();
        let lines = format!("\"{root}/b\" - mismatch\n\"{root}/gone\" - missing\n");
        assert_eq!(run(&program, &[root]), (Some(1), lines, String::new()));
        let (code, text, _) = run(&program, &["/no/such/root"]);
        assert_eq!((code, text.as_str()), (Some(1), "/no/such/root: no such directory\n"));
    }
}

#[test]
fn verify_pulls_records_and_shows_both_digests() {
    let folder = TempDir::new().unwrap();
    let [good, damaged] = trees(folder.path());
    for program in examples("verify", folder.path()) {
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
}

#[test]
fn audit_shows_what_is_not_listed_and_how_far_it_is() {
    let folder = TempDir::new().unwrap();
    let [good, damaged] = trees(folder.path());
    fs::write(damaged.join("z"), "").unwrap();
    fs::write(good.join("x.tmp"), "x").unwrap();
    for program in examples("audit", folder.path()) {
        let (code, text, _) = run(&program, &[good.to_str().unwrap(), "*.tmp"]);
        let summary = "pass: 2 files, 0 failed, 0 of them unlisted, 0 moved, 1 excluded; format gnu\n";
        assert_eq!((code, text.as_str()), (Some(0), summary));
        let (code, text, errors) = run(&program, &[damaged.to_str().unwrap()]);
        let lines = "b: mismatch\ngone: missing\nz: unlisted\n\
                     fail: 4 files, 3 failed, 1 of them unlisted, 0 moved, 0 excluded; format gnu\n";
        assert_eq!((code, text.as_str()), (Some(1), lines), "empty files are all alike");
        assert!(errors.split('\r').skip(1).all(|line| line.contains(" files")), "{errors}");
        let (code, _, errors) = run(&program, &[good.to_str().unwrap(), "[a"]);
        assert_eq!(code, Some(2));
        assert!(errors.contains("exclude: \"[a\": "), "{errors}");
    }
}

#[test]
fn hash_many_gives_digests_of_buffers_and_of_files() {
    let folder = TempDir::new().unwrap();
    let [_, damaged] = trees(folder.path());
    let abc = "a9993e364706816aba3e25717850c26c9cd0d89d";
    fs::write(damaged.join("b"), "abc").unwrap();
    let paths = ["a", "b", "gone", "a"].map(|name| damaged.join(name).to_str().unwrap().to_owned());
    let [a, b, gone, _] = &paths;
    for program in examples("hash_many", folder.path()) {
        let buffers = format!("buffer 0: {abc}\nbuffer 1: {EMPTY_DIGEST}\n");
        assert_eq!(run(&program, &[]), (Some(1), format!("{buffers}0 files, 0 without a digest\n"), String::new()));
        let lines = format!("first: {EMPTY_DIGEST}\n{EMPTY_DIGEST}  {a}\n{abc}  {b}\n");
        let expected = format!("{buffers}{lines}2 files, 0 without a digest\n");
        assert_eq!(run(&program, &[a, b]), (Some(0), expected, String::new()));
        let lines = format!("first: {gone}: no such file\nmissing  {gone}\n{abc}  {b}\nmissing  \n");
        let expected = format!("{buffers}{lines}3 files, 2 without a digest\n");
        assert_eq!(run(&program, &[gone, b, ""]), (Some(1), expected, String::new()));
    }
}

#[test]
fn what_cannot_be_done_is_said_and_is_no_verdict() {
    let folder = TempDir::new().unwrap();
    let [good, _] = trees(folder.path());
    for program in examples("verify", folder.path()) {
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
}
