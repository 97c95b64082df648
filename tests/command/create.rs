//! `create`: what it lists, what it leaves out, and that a manifest is there whole or not at all.
//!
//! What it writes is read with `verify` here, and with `sha1sum` in `oracle`.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::support::{Tree, digest, fifo, run, run_without_privileges};

/// The manifest in a tree.
fn manifest(tree: &Tree) -> String {
    fs::read_to_string(tree.at("sha1sum.txt")).expect("a manifest")
}

#[test]
fn what_it_writes_verifies() {
    let mut tree = Tree::sound();
    tree.file("dir/sub/c", b"gamma").file("new\nline", b"x").file("back\\slash", b"y");
    let ran = run(&mut tree.command("create"));
    assert_eq!((ran.status, ran.text()), (Some(0), ""), "{ran:?}");
    assert!(ran.summary().starts_with("checksig: PASS: wrote sha1sum.txt: 5 files, 12 B in "), "{ran:?}");
    let text = manifest(&tree);
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(text.contains(&format!("{}  dir/sub/c\n", digest(b"gamma"))), "{text}");
    assert!(text.contains(&format!("\\{}  new\\nline\n", digest(b"x"))), "{text}");
    let ran = run(&mut tree.command("verify"));
    assert_eq!((ran.status, ran.text().lines().count()), (Some(0), 5), "{ran:?}");
}

#[test]
fn twice_gives_the_same_and_does_not_list_itself() {
    let tree = Tree::sound();
    assert_eq!(run(&mut tree.command("create")).status, Some(0));
    let first = manifest(&tree);
    fs::write(tree.at("new"), "new").expect("a file");
    let ran = run(&mut tree.command("create"));
    let remedy = "sha1sum.txt: exists already; \"checksig create --force\" replaces it\n";
    assert_eq!((ran.status, ran.err.ends_with(remedy)), (Some(2), true), "{ran:?}");
    assert_eq!(manifest(&tree), first, "it stays");
    fs::remove_file(tree.at("new")).expect("a file");
    assert_eq!(run(tree.command("create").arg("--force")).status, Some(0));
    assert_eq!(manifest(&tree), first);
    assert_eq!(first.lines().count(), 2, "{first}");
    let names: Vec<_> =
        fs::read_dir(tree.path()).expect("a directory").map(|entry| entry.expect("one").file_name()).collect();
    assert_eq!(names.len(), 3, "nothing is left behind: {names:?}");
}

/// Whoever does as a message says must lose no data.
#[test]
fn what_is_there_and_no_manifest_is_not_to_be_replaced() {
    let tree = Tree::sound();
    let entry = format!("{}  a\n", digest(b"alpha"));
    for (content, is_manifest) in [
        (entry.clone(), true),
        (format!("# a comment\n\n{entry}"), true),
        (format!("{}\0", entry.trim_end()), true),
        (String::new(), true),
        ("alpha".to_owned(), false),
        (format!("alpha\n{entry}"), false),
        ("# notes\n".to_owned(), false),
        ("\0".repeat(100_000), false),
    ] {
        fs::write(tree.at("x"), &content).expect("a file");
        for path in ["x", "./x"] {
            let ran = run(tree.command("create").args(["-o", path]));
            let expected = if is_manifest {
                format!("checksig: {path}: exists already; \"checksig create --force\" replaces it\n")
            } else {
                format!("checksig: {path}: exists already, and does not begin as a manifest does; name another place\n")
            };
            assert_eq!((ran.status, ran.err), (Some(2), expected), "{content:?}");
        }
        assert_eq!(fs::read_to_string(tree.at("x")).expect("a file"), content);
    }
}

#[test]
fn the_formats_are_those_of_sha1sum() {
    let tree = Tree::sound();
    let (a, b) = (digest(b"alpha"), digest(b""));
    for (format, lines) in [
        ("--format gnu", format!("{a}  a\n{b}  b\n")),
        ("--format gnu-binary", format!("{a} *a\n{b} *b\n")),
        ("--format bsd", format!("SHA1 (a) = {a}\nSHA1 (b) = {b}\n")),
        ("--tag", format!("SHA1 (a) = {a}\nSHA1 (b) = {b}\n")),
        ("--format openssl", format!("SHA1(a)= {a}\nSHA1(b)= {b}\n")),
        ("--format zero", format!("{a}  a\0{b}  b\0")),
        ("-z", format!("{a}  a\0{b}  b\0")),
        ("--format bagit -o sha1sum.txt", format!("{a}  a\n{b}  b\n")),
    ] {
        assert_eq!(run(tree.command("create").arg("--force").args(format.split(' '))).status, Some(0));
        assert_eq!(manifest(&tree), lines);
        assert_eq!(run(&mut tree.command("verify")).status, Some(0));
    }
}

#[test]
fn a_file_called_as_standard_input_is_listed_as_a_file() {
    let tree = Tree::new();
    fs::write(tree.at("-"), "x").expect("a file");
    let x = digest(b"x");
    for (format, line) in [
        ("gnu", format!("{x}  ./-\n")),
        ("gnu-binary", format!("{x} *./-\n")),
        ("bsd", format!("SHA1 (./-) = {x}\n")),
        ("openssl", format!("SHA1(./-)= {x}\n")),
        ("zero", format!("{x}  ./-\0")),
        ("bagit", format!("{x}  -\n")),
    ] {
        let ran = run(tree.command("create").args(["--force", "--format", format, "-o", "sha1sum.txt"]));
        assert_eq!((ran.status, manifest(&tree)), (Some(0), line), "{format}: {ran:?}");
        let name = if format == "bagit" { "-" } else { "./-" };
        for verb in ["verify", "audit"] {
            let ran = run(&mut tree.command(verb));
            assert_eq!((ran.status, ran.text()), (Some(0), &format!("{name}: OK\n")[..]), "{verb}: {ran:?}");
        }
    }
    fs::rename(tree.at("-"), tree.at("new")).expect("a file");
    let ran = run(&mut tree.command("audit"));
    assert!(ran.err.contains("; moved: - -> new\n"), "{ran:?}");
    fs::write(tree.at("-"), "y").expect("a file");
    assert_eq!(run(&mut tree.command("verify")).text(), "-: FAILED\n");
}

#[test]
fn it_writes_where_it_is_told() {
    let (tree, elsewhere) = (Tree::sound(), Tree::new());
    let root = tree.path().to_str().expect("UTF-8");
    let ran = run(elsewhere.command("create").args([root, "-o", "m"]));
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(ran.summary().starts_with("checksig: PASS: wrote m: 2 files"), "{ran:?}");
    assert!(!tree.at("sha1sum.txt").exists());
    let ran = run(elsewhere.command("verify").args([root, "--manifest", "m"]));
    assert_eq!((ran.status, ran.text()), (Some(0), "a: OK\nb: OK\n"), "{ran:?}");
}

#[test]
fn what_is_no_regular_file_is_left_out_and_named() {
    let tree = Tree::sound();
    symlink("a", tree.at("link\x1b")).expect("a link");
    fifo(&tree.at("fifo"));
    let ran = run(&mut tree.command("create"));
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(ran.err.contains("checksig: fifo: left out: a FIFO\n"), "{ran:?}");
    assert!(ran.err.contains("checksig: link\\x1b: left out: a symbolic link\n"), "{ran:?}");
    assert_eq!(manifest(&tree).lines().count(), 2);
}

#[test]
fn nothing_to_list_writes_nothing() {
    let tree = Tree::new();
    let ran = run(&mut tree.command("create"));
    assert_eq!((ran.status, ran.text()), (Some(1), ""), "{ran:?}");
    assert!(
        ran.summary().starts_with("checksig: FAIL: sha1sum.txt is not written: there is no regular file to list"),
        "{ran:?}"
    );
    assert!(!tree.at("sha1sum.txt").exists());
}

#[test]
fn a_file_that_cannot_be_read_keeps_the_old_manifest() {
    let tree = Tree::sound();
    fs::write(tree.at("sha1sum.txt"), "the old one").expect("a manifest");
    fs::set_permissions(tree.at("a"), fs::Permissions::from_mode(0o000)).expect("a mode");
    fs::set_permissions(tree.path(), fs::Permissions::from_mode(0o777)).expect("a mode");
    let Some(ran) = run_without_privileges(&tree, "create", &["--force"]) else { return };
    assert_eq!(ran.status, Some(1), "{ran:?}");
    assert!(ran.err.contains("checksig: a: unreadable: Permission denied\n"), "{ran:?}");
    assert!(ran.summary().starts_with("checksig: FAIL: sha1sum.txt is not written: 1 match, 1 unreadable"), "{ran:?}");
    assert_eq!(manifest(&tree), "the old one");
    assert_eq!(fs::read_dir(tree.path()).expect("a directory").count(), 3, "nothing is left behind");
}
