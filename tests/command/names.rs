//! Every odd name there and back: what `create` writes, `verify` and `audit` read, and `sha1sum -c` agrees.
//!
//! The tree holds every byte that a name may have. Without `sha1sum` its part is skipped, and says so.

use std::fs;
use std::process::{Command, Stdio};

use super::support::{Tree, has, run};

/// Names that one tool or the other has stumbled over, and every byte but NUL and `/` by itself and among others.
fn names() -> Vec<Vec<u8>> {
    let odd: [&[u8]; 30] = [
        b" leading",
        b"trailing ",
        b"\tTAB",
        b"-",
        b"--help",
        b"-c",
        b"*star",
        b"~",
        b"#comment",
        b": OK",
        b"a: OK\nb: FAILED",
        b"\nnewline first",
        b"\r\n",
        b"cr\r",
        b"back\\slash",
        b"\\n",
        b"\\",
        b"\x1b[31mred\x07",
        b"\xff\xfe\x80",
        b"100%",
        b"%0A%0D%25",
        b"a)",
        b"(a",
        b"a) = b",
        b"SHA1 (a) = b",
        b"da39a3ee5e6b4b0d3255bfef95601890afd80709  a",
        "gpj\u{202e}exe".as_bytes(),
        "gr\u{f6}\u{df}e".as_bytes(),
        b"...",
        b"dd/ e/-f",
    ];
    let bytes = (1..=u8::MAX).filter(|byte| *byte != b'/');
    let alone = bytes.clone().filter(|byte| !matches!(byte, b'.' | b'-' | b'~' | b'\\')).map(|byte| vec![byte]);
    let all: Vec<u8> = bytes.collect();
    odd.map(<[u8]>::to_vec).into_iter().chain(alone).chain([all]).collect()
}

fn tree() -> (Tree, usize) {
    let tree = Tree::new();
    let names = names();
    for name in &names {
        let place = tree.at(name);
        fs::create_dir_all(place.parent().expect("a parent")).expect("a directory");
        assert!(!place.exists(), "{}", name.escape_ascii());
        // The bytes of each are its name, so that no file passes for another.
        fs::write(place, name).expect("a file");
    }
    (tree, names.len())
}

#[test]
fn every_name_goes_there_and_back_in_every_format_and_sha1sum_agrees() {
    let (tree, files) = tree();
    let outside = Tree::new();
    let has_sha1sum = has("sha1sum");
    for format in ["gnu", "gnu-binary", "bsd", "openssl", "zero"] {
        let manifest = outside.at(format);
        let manifest = manifest.to_str().expect("UTF-8");
        let ran = run(tree.command("create").args(["--format", format, "-o", manifest]));
        assert_eq!(ran.status, Some(0), "{format}: {ran:?}");
        let named = if format == "gnu-binary" { "gnu" } else { format };
        let mut outputs = Vec::new();
        for (verb, format) in [("verify", "auto"), ("verify", named), ("audit", "auto")] {
            let ran = run(tree.command(verb).args(["--manifest", manifest, "--format", format]));
            assert_eq!(ran.status, Some(0), "{verb} {format}: {}", ran.err);
            assert_eq!(ran.out.iter().filter(|&&byte| byte == b'\n').count(), files, "one line each");
            outputs.push(ran.out);
        }
        assert!(outputs.iter().all(|output| *output == outputs[0]));
        // It refuses --zero in checking.
        if has_sha1sum && format != "zero" {
            let mut command = Command::new("sha1sum");
            command.args(["-c", "--strict", manifest]).current_dir(tree.path()).env("LC_ALL", "C");
            // To it, "-" is standard input, and says nothing of the file of that name.
            let theirs = command.stdin(Stdio::null()).output().expect("sha1sum starts");
            assert!(theirs.status.success(), "{format}: {}", String::from_utf8_lossy(&theirs.stderr));
            assert!(theirs.stdout == outputs[0], "{format}: the same lines");
        }
    }
}

#[test]
fn what_sha1sum_writes_is_read() {
    if !has("sha1sum") {
        return;
    }
    let (tree, files) = tree();
    let outside = Tree::new();
    for options in ["", "-b", "--tag", "-z", "-b -z", "--tag -z"] {
        let script = format!("find . -type f -print0 | xargs -0 sha1sum {options} --");
        let mut command = Command::new("sh");
        let written = command.args(["-c", &script]).current_dir(tree.path()).env("LC_ALL", "C").output();
        let manifest = outside.at("manifest");
        fs::write(&manifest, written.expect("a shell").stdout).expect("a manifest");
        let manifest = manifest.to_str().expect("UTF-8");
        let ran = run(tree.command("audit").args(["--manifest", manifest]));
        assert_eq!(ran.status, Some(0), "{options}: {}", ran.err);
        assert_eq!(ran.out.iter().filter(|&&byte| byte == b'\n').count(), files, "{options}");
    }
}

#[test]
fn a_bag_takes_every_name_without_a_leading_blank() {
    let (tree, files) = tree();
    let blank = |name: &[u8]| name.first().is_some_and(|byte| b" \t".contains(byte));
    let names: Vec<_> = names().into_iter().filter(|name| blank(name)).collect();
    let ran = run(tree.command("create").args(["--format", "bagit"]));
    assert_eq!(ran.status, Some(2), "{ran:?}");
    assert!(ran.err.contains("begins with a blank"), "{ran:?}");
    for name in &names {
        fs::remove_file(tree.at(name)).expect("a file");
    }
    let ran = run(tree.command("create").args(["--format", "bagit"]));
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(ran.summary().starts_with("checksig: PASS: wrote manifest-sha1.txt: "), "{ran:?}");
    for verb in ["verify", "audit"] {
        let ran = run(tree.command(verb).args(["--manifest", tree.at("manifest-sha1.txt").to_str().expect("UTF-8")]));
        assert_eq!(ran.status, Some(0), "{}", ran.err);
        assert_eq!(ran.out.iter().filter(|&&byte| byte == b'\n').count(), files - names.len());
    }
}
