//! The text of `verify`: its lines, its summary, and what `--quiet` leaves of them.
//!
//! Plain cases; names and kinds of files that make trouble are in `outcomes`.

use super::support::{Tree, digest};

#[test]
fn a_sound_tree_passes() {
    let ran = Tree::sound().verify(&[]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert_eq!(ran.text(), "a: OK\nb: OK\n");
    assert!(ran.summary().starts_with("checksig: PASS: 2 files, 5 B in "), "{ran:?}");
    for part in ["; readers: ", "; kernel: ", "; workers: "] {
        assert!(ran.summary().contains(part), "{ran:?}");
    }
    // Each reader with its files and bytes, and what of them came from the device.
    let ran = Tree::sound().verify(&["--reader", "pread"]);
    let (_, readers) = ran.summary().split_once("; readers: ").expect("readers");
    assert!(readers.starts_with("pread 2 (5 B"), "{ran:?}");
}

#[test]
fn the_root_may_be_elsewhere_and_so_may_the_manifest() {
    let tree = Tree::sound();
    tree.write_manifest();
    let (root, manifest) = (tree.path().to_str().expect("UTF-8"), tree.at("sha1sum.txt"));
    let elsewhere = Tree::new();
    let ran = super::support::run(elsewhere.command("verify").arg(root));
    assert_eq!((ran.status, ran.text()), (Some(0), "a: OK\nb: OK\n"), "{ran:?}");
    std::fs::rename(manifest, elsewhere.at("m")).expect("a manifest");
    let ran = super::support::run(elsewhere.command("verify").args([root, "--manifest", "m"]));
    assert_eq!((ran.status, ran.text()), (Some(0), "a: OK\nb: OK\n"), "{ran:?}");
}

#[test]
fn a_mismatch_is_said_with_both_digests() {
    let mut tree = Tree::sound();
    tree.damaged("c", b"gamma");
    let ran = tree.verify(&[]);
    assert_eq!(ran.status, Some(1));
    assert_eq!(ran.text(), "a: OK\nb: OK\nc: FAILED\n");
    let (expected, actual) = (digest(b"gamma"), digest(b"gamma!"));
    assert!(
        ran.err.contains(&format!("checksig: sha1sum.txt:3: c: mismatch: expected {expected}, actual {actual}\n")),
        "{ran:?}"
    );
    assert!(ran.summary().starts_with("checksig: FAIL: 2 match, 1 mismatch; 3 files, 11 B in "), "{ran:?}");
}

#[test]
fn a_missing_file_is_said() {
    let mut tree = Tree::sound();
    tree.lists(&digest(b""), "gone");
    let ran = tree.verify(&[]);
    assert_eq!((ran.status, ran.text()), (Some(1), "a: OK\nb: OK\ngone: FAILED open or read\n"));
    assert!(ran.err.contains(": gone: missing\n"), "{ran:?}");
    assert!(ran.summary().starts_with("checksig: FAIL: 2 match, 1 missing; 3 files"), "{ran:?}");
}

#[test]
fn a_malformed_line_fails_the_run_and_is_shown_escaped() {
    let mut tree = Tree::sound();
    tree.line("nonsense \x1b[31m\u{202e}");
    let ran = tree.verify(&[]);
    assert_eq!((ran.status, ran.text()), (Some(1), "a: OK\nb: OK\n"));
    assert!(ran.err.starts_with("checksig: sha1sum.txt:3: improperly formatted line: "), "{ran:?}");
    assert!(ran.err.contains("\"nonsense \\x1b[31m\\u{202e}\"\n"), "{ran:?}");
    assert!(ran.summary().starts_with("checksig: FAIL: 2 match, 1 malformed line; 2 files"), "{ran:?}");
}

#[test]
fn a_manifest_that_lists_nothing_does_not_pass() {
    for lines in [&[][..], &["# a comment", ""]] {
        let mut tree = Tree::new();
        for line in lines {
            tree.line(line);
        }
        let ran = tree.verify(&[]);
        assert_eq!((ran.status, ran.text()), (Some(1), ""), "{ran:?}");
        assert!(ran.summary().starts_with("checksig: FAIL: sha1sum.txt lists no file; 0 files"), "{ran:?}");
    }
}

#[test]
fn trouble_of_a_usual_cause_comes_with_a_hint() {
    let hints = |tree: &Tree| -> Vec<String> {
        let ran = tree.verify(&[]);
        assert!(ran.summary().starts_with("checksig: FAIL: "), "the verdict comes last: {ran:?}");
        let hints = ran.err.lines().filter_map(|line| line.strip_prefix("checksig: hint: "));
        hints.map(|hint| hint.split(':').next().unwrap_or_default().to_owned()).collect()
    };
    let mut tree = Tree::new();
    tree.lists(&digest(b""), "gone").lists(&digest(b""), "gone too");
    assert_eq!(hints(&tree), ["missing"]);
    tree.file("there", b"");
    assert_eq!(hints(&tree), [""; 0], "one missing file among others is what it is");
    tree.damaged("c", b"gamma").lists(&digest(b""), "../x").lists(&digest(b""), "long/".repeat(1000) + "x");
    assert_eq!(hints(&tree), ["mismatch", "unreadable", "outside root"]);
    assert!(!Tree::sound().verify(&[]).err.contains("hint"));
    // It is below the root, and has no "..": the hint must tell what it does not obey.
    for options in [&[][..], &["--follow", "inside"]] {
        let mut tree = Tree::sound();
        let ran = tree.lists(&digest(b""), "sub/").verify(options);
        assert!(ran.err.contains("hint: outside root: ") && ran.err.contains("\"/\""), "{ran:?}");
    }
}

#[test]
fn whoever_asks_for_more_than_there_is_hears_why() {
    // Of workers that had no work nobody need hear.
    let ran = Tree::sound().verify(&["-j", "100000"]);
    assert!(ran.status == Some(0) && !ran.err.contains(" of 100000"), "{ran:?}");
    let ran = Tree::sound().verify(&["--reader", "pread", "--queue-depth", "3"]);
    assert!(ran.err.contains("checksig: queue depth 3: without effect"), "{ran:?}");
}

#[test]
fn a_long_line_is_cut_and_says_so() {
    let mut tree = Tree::sound();
    tree.line(&"x".repeat(30_000)).line(&"y".repeat(100));
    let ran = tree.verify(&[]);
    let lines: Vec<&str> = ran.err.lines().collect();
    assert!(lines[0].ends_with("x...\"") && lines[0].len() < 400, "{ran:?}");
    assert!(lines[1].ends_with("y\""), "{ran:?}");
}

#[test]
fn quiet_leaves_what_is_wrong() {
    let ran = Tree::sound().verify(&["--quiet"]);
    assert_eq!((ran.status, ran.text(), &ran.err[..]), (Some(0), "", ""));
    let mut tree = Tree::sound();
    tree.damaged("c", b"gamma").lists(&digest(b""), "gone");
    let (quiet, all) = (tree.verify(&["--quiet"]), tree.verify(&[]));
    assert_eq!((quiet.status, quiet.text()), (Some(1), "c: FAILED\ngone: FAILED open or read\n"));
    // The summaries differ in their times.
    assert_eq!(quiet.err.lines().count(), all.err.lines().count(), "{quiet:?}");
}

#[test]
fn output_is_in_the_order_of_the_manifest_whatever_the_sizes() {
    let mut tree = Tree::new();
    let mut expected = String::new();
    for nth in 0..600 {
        let content = vec![b'x'; if nth % 100 == 0 { 3 << 20 } else { nth % 7 }];
        tree.file(format!("{nth:03}"), &content);
        expected += &format!("{nth:03}: OK\n");
    }
    let ran = tree.verify(&["-j", "3"]);
    assert_eq!((ran.status, ran.text()), (Some(0), &expected[..]));
    assert!(ran.summary().ends_with("; workers: 3"), "{ran:?}");
}

#[test]
fn both_streams_in_one_place_keep_their_order() {
    let mut tree = Tree::sound();
    tree.damaged("c", b"gamma").file("d", b"");
    tree.write_manifest();
    let log = tree.at("log");
    let file = std::fs::File::create(&log).expect("a file");
    let mut command = tree.command("verify");
    command.stdout(file.try_clone().expect("a descriptor")).stderr(file);
    assert_eq!(command.status().expect("the command starts").code(), Some(1));
    let text = std::fs::read_to_string(log).expect("a file");
    let starts: Vec<&str> =
        text.lines().map(|line| line.split_at_checked(13).map_or(line, |(start, _)| start)).collect();
    assert_eq!(starts[..5], ["a: OK", "b: OK", "c: FAILED", "checksig: sha", "d: OK"], "{text}");
}

#[test]
fn a_run_that_read_nothing_says_so() {
    let mut tree = Tree::new();
    tree.lists(&digest(b""), "gone");
    let ran = tree.verify(&[]);
    assert!(ran.summary().contains(", 0 B in ") && ran.summary().contains("; nothing was read; kernel: "), "{ran:?}");
}
