//! `audit`: the words for what is unlisted and what was moved, in text and in JSON, and its exit statuses.
//!
//! Which files those are is tested with the library.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use super::support::{Tree, digest, fifo, run};

/// One changed, one missing, one new and one moved file, beside one that is as it was.
fn disturbed() -> Tree {
    let mut tree = Tree::new();
    tree.file("same", b"same").damaged("changed", b"before").lists(&digest(b"gone"), "missing");
    tree.lists(&digest(b"moved"), "dir/old").write_manifest();
    fs::create_dir(tree.at("dir")).expect("a directory");
    fs::write(tree.at("dir/new"), "moved").expect("a file");
    fs::write(tree.at("fresh"), "fresh").expect("a file");
    tree
}

#[test]
fn one_of_each_is_named_rightly_in_text() {
    let tree = disturbed();
    let ran = run(&mut tree.command("audit"));
    let lines = "same: OK\nchanged: FAILED\nmissing: FAILED open or read\ndir/old: FAILED open or read\n\
                 dir/new: UNLISTED\nfresh: UNLISTED\n";
    assert_eq!((ran.status, ran.text()), (Some(1), lines));
    let changed = format!("expected {}, actual {}", digest(b"before"), digest(b"before!"));
    for line in [
        &format!("checksig: sha1sum.txt:2: changed: mismatch: {changed}\n")[..],
        "checksig: sha1sum.txt:3: missing: missing\n",
        "checksig: sha1sum.txt:4: dir/old: missing\n",
        "checksig: dir/new: unlisted; moved: dir/old -> dir/new\n",
        "checksig: fresh: unlisted\n",
    ] {
        assert!(ran.err.contains(line), "{line}: {ran:?}");
    }
    let summary = "checksig: FAIL: 1 match, 1 mismatch, 2 missing, 2 unlisted (1 moved); 6 files, ";
    assert!(ran.summary().starts_with(summary), "{ran:?}");
    let verified = run(&mut tree.command("verify"));
    assert!(!verified.text().contains("UNLISTED"), "{verified:?}");
}

#[test]
fn a_hint_is_true_of_what_was_found() {
    let hints = |tree: &Tree, options: &[&str]| -> Vec<String> {
        let ran = run(tree.command("audit").args(options));
        let hints = ran.err.lines().filter_map(|line| line.strip_prefix("checksig: hint: "));
        hints.map(str::to_owned).collect()
    };
    let kinds = |hints: &[String]| -> Vec<String> {
        hints.iter().map(|hint| hint.split(':').next().unwrap_or_default().to_owned()).collect()
    };
    // Whoever removes what was moved has lost it.
    assert_eq!(kinds(&hints(&disturbed(), &[])), ["mismatch", "moved", "unlisted"]);
    let mut tree = Tree::new();
    tree.lists(&digest(b"x"), "old").write_manifest();
    fs::write(tree.at("new"), "x").expect("a file");
    assert_eq!(kinds(&hints(&tree, &[])), ["moved"]);
    fs::write(tree.at("new"), "y").expect("a file");
    assert_eq!(kinds(&hints(&tree, &[])), ["missing", "unlisted"], "nothing that is listed is there");
    // Nobody is told to follow links who does.
    let mut tree = Tree::new();
    tree.lists(&digest(b""), "round/x").lists(&digest(b""), "out/x").write_manifest();
    symlink("round", tree.at("round")).expect("a link");
    symlink("/", tree.at("out")).expect("a link");
    let follow = |options: &[&str]| hints(&tree, options).iter().any(|hint| hint.contains("--follow"));
    assert!(follow(&[]) && !follow(&["--follow", "inside"]));
    let inside = hints(&tree, &["--follow", "inside"]);
    assert!(inside.iter().any(|hint| hint.contains("nor symbolic links may lead out of ROOT")), "{inside:?}");
}

#[test]
fn and_in_json() {
    let tree = disturbed();
    let ran = run(tree.command("audit").args(["--json", "--quiet"]));
    assert_eq!((ran.status, &ran.err[..]), (Some(1), ""));
    let lines: Vec<Value> = ran.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines[0]["verb"], "audit");
    let told: Vec<_> = lines[1..6].iter().map(|line| (&line["path"], &line["outcome"], &line["moved_from"])).collect();
    let null = Value::Null;
    assert_eq!(
        told,
        [
            (&json!("changed"), &json!("mismatch"), &null),
            (&json!("missing"), &json!("missing"), &null),
            (&json!("dir/old"), &json!("missing"), &null),
            (&json!("dir/new"), &json!("unlisted"), &json!("dir/old")),
            (&json!("fresh"), &json!("unlisted"), &null),
        ]
    );
    assert_eq!((&lines[4]["line"], &lines[4]["expected"], &lines[4]["kind"]), (&json!(0), &null, &json!("regular")));
    assert_eq!(lines[4]["actual"], digest(b"moved"));
    let summary = &lines[6];
    assert_eq!((&summary["moved"], &summary["counts"]["unlisted"]), (&json!(1), &json!(2)), "{summary}");
    assert_eq!(summary["verdict"], "fail");
}

#[test]
fn a_sound_tree_passes_and_quietly() {
    let tree = Tree::sound();
    tree.write_manifest();
    let ran = run(&mut tree.command("audit"));
    assert_eq!((ran.status, ran.text()), (Some(0), "a: OK\nb: OK\n"), "{ran:?}");
    assert!(ran.summary().starts_with("checksig: PASS: 2 files, "), "{ran:?}");
    let ran = run(tree.command("audit").arg("--quiet"));
    assert_eq!((ran.status, ran.text(), &ran.err[..]), (Some(0), "", ""));
}

#[test]
fn its_own_output_is_not_unlisted() {
    let tree = Tree::sound();
    tree.write_manifest();
    for _ in 0..2 {
        let ran = run(tree.command("audit").args(["--output", "found"]));
        assert_eq!((ran.status, ran.text()), (Some(0), ""), "{ran:?}");
        assert_eq!(fs::read(tree.at("found")).expect("it is there"), b"a: OK\nb: OK\n");
    }
    let ran = run(tree.command("audit").args(["--json", "--exclude", "*.tmp", "--exclude=/x/", "--output", "other"]));
    assert_eq!((ran.status, ran.text()), (Some(1), ""), "{ran:?}");
    let found = fs::read_to_string(tree.at("other")).expect("it is there");
    let lines: Vec<Value> = found.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((&lines[0]["verb"], &lines[0]["options"]["exclude"]), (&json!("audit"), &json!(["*.tmp", "/x/"])));
    assert_eq!((lines.len(), &lines[3]["path"], &lines[3]["outcome"]), (5, &json!("found"), &json!("unlisted")));
}

#[test]
fn what_is_excluded_is_not_complained_of() {
    let tree = Tree::sound();
    tree.write_manifest();
    fs::write(tree.at("x.tmp"), "").expect("a file");
    fs::create_dir(tree.at("dir")).expect("a directory");
    symlink("../dir", tree.at("dir/around")).expect("a link");
    fifo(&tree.at("dir/pipe"));
    // A link is unlisted also where links are followed, to a directory too.
    for follow in ["never", "inside"] {
        let ran = run(tree.command("audit").args(["--exclude", "*.tmp", "--exclude=/dir/pipe", "--follow", follow]));
        assert_eq!((ran.status, ran.text()), (Some(1), "a: OK\nb: OK\ndir/around: UNLISTED\n"));
        assert!(ran.err.contains("checksig: dir/around: unlisted: a symbolic link\n"), "{ran:?}");
    }
    let ran = run(tree.command("audit").args(["--exclude", "*.tmp", "--exclude", "pipe", "--exclude=dir/around"]));
    assert_eq!((ran.status, ran.text()), (Some(0), "a: OK\nb: OK\n"), "{ran:?}");
}

#[test]
fn names_that_nobody_listed_are_one_harmless_line_each() {
    let mut tree = Tree::sound();
    let names: [&[u8]; 6] = [b"a\n: OK", b"\x1b]8;;x\x07", b"\xff\xfe", "gpj\u{202e}exe".as_bytes(), b" lead", b"cr\r"];
    tree.lists(&digest(b"moved"), "old\x1b[2J\n").write_manifest();
    for name in names {
        fs::write(tree.at(name), "moved").expect("a file");
    }
    let ran = run(&mut tree.command("audit"));
    assert_eq!((ran.status, ran.out.iter().filter(|&&byte| byte == b'\n').count()), (Some(1), 3 + names.len()));
    let harmless =
        |text: &str| text.chars().all(|letter| letter == '\n' || !letter.is_control() && letter != '\u{202e}');
    assert!(harmless(&ran.err), "{}", ran.err);
    assert!(ran.err.contains("; moved: old\\x1b[2J\\n -> \\x1b]8;;x\\x07\n"), "{}", ran.err);
    let ran = run(tree.command("audit").arg("--json"));
    assert!(harmless(ran.text()), "{}", ran.text());
    assert_eq!(ran.text().lines().filter(|line| line.contains("\"unlisted\"") && line.contains("\"file\"")).count(), 6);
}

#[test]
fn what_is_excluded_is_counted() {
    let mut tree = Tree::sound();
    tree.write_manifest();
    fs::create_dir(tree.at("cache")).expect("a directory");
    for name in ["cache/1", "cache/2", "x.tmp", "y.tmp"] {
        fs::write(tree.at(name), "x").expect("a file");
    }
    let exclude = ["--exclude", "*.tmp", "--exclude", "/cache/"];
    let ran = run(tree.command("audit").args(exclude));
    assert!(ran.summary().starts_with("checksig: PASS: 2 files, 3 excluded, 5 B in "), "{ran:?}");
    let ran = run(tree.command("audit").args(exclude).arg("--json"));
    let summary: Value = serde_json::from_str(ran.text().lines().last().expect("a line")).expect("JSON");
    assert_eq!((&summary["excluded"], &summary["files"]), (&json!(3), &json!(2)));
    // Files that are not listed are told as ever.
    tree.damaged("b", b"");
    let ran = run(tree.command("audit").args(["--exclude", "*.tmp"]));
    assert!(ran.summary().contains(" unlisted; 4 files, 2 excluded, "), "{ran:?}");
    assert!(run(&mut tree.command("verify")).summary().contains("; 2 files, 6 B in "), "verify looks at no tree");
    let ran = run(tree.command("create").args(["--force"]).args(exclude));
    assert!(ran.summary().starts_with("checksig: PASS: wrote sha1sum.txt: 2 files, 3 excluded, "), "{ran:?}");
}
