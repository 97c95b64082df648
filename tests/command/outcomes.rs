//! Entries that are no plain files: each is said to have failed, none is read, and the others are unharmed.
//!
//! What the words on standard error are is the library's choice; that there is a line, and which, is tested here.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

use super::support::{Tree, digest, fifo, run_without_privileges};

const UNREAD: &str = "FAILED open or read";

#[test]
fn what_is_no_regular_file_below_the_root_is_not_read() {
    let mut tree = Tree::new();
    let empty = digest(b"");
    let outside = Tree::sound();
    fs::create_dir(tree.at("directory")).expect("a directory");
    fifo(&tree.at("fifo"));
    symlink(outside.at("b"), tree.at("link-out")).expect("a link");
    symlink(outside.path(), tree.at("links-out")).expect("a link");
    symlink("loop", tree.at("loop")).expect("a link");
    let _socket = UnixListener::bind(tree.at("socket")).expect("a socket");
    let absolute = outside.at("b").to_str().expect("UTF-8").to_owned();
    let through = format!("../{}/b", outside.path().file_name().and_then(|name| name.to_str()).expect("UTF-8"));
    let names: [&str; 12] = [
        "directory",
        "fifo",
        "link-out",
        "links-out/b",
        "loop",
        "socket",
        &absolute,
        &through,
        "directory/../x",
        "x/",
        "-",
        "/dev/zero",
    ];
    for name in names {
        tree.lists(&empty, name);
    }
    tree.file("last", b"");
    let ran = tree.verify(&[]);
    let mut expected: String = names.iter().map(|name| format!("{name}: {UNREAD}\n")).collect();
    expected += "last: OK\n";
    assert_eq!((ran.status, ran.text()), (Some(1), &expected[..]));
    for (line, name) in (1..).zip(names) {
        assert!(ran.err.contains(&format!("checksig: sha1sum.txt:{line}: {name}: ")), "{name}: {ran:?}");
    }
}

#[test]
fn an_entry_twice_is_reported_twice_and_a_conflict_cannot_pass() {
    let mut tree = Tree::sound();
    tree.lists(&digest(b"alpha"), "a").lists(&digest(b"beta"), "./a").lists(&digest(b"alpha"), ".//a");
    let ran = tree.verify(&[]);
    assert_eq!((ran.status, ran.text()), (Some(1), "a: OK\nb: OK\na: OK\n./a: FAILED\n.//a: OK\n"));
}

#[test]
fn odd_names_are_found_byte_for_byte_and_are_one_line_each() {
    let mut tree = Tree::new();
    let names: [&[u8]; 11] = [
        b"two words ",
        b" leading",
        b"*star",
        b"new\nline: OK",
        b"back\\slash",
        b"cr\r",
        b"\x1b[31mred\x07",
        b"\xff\xfe",
        "übung \u{202e}gpj.exe".as_bytes(),
        b"~",
        b"a) = b",
    ];
    for name in names {
        tree.damaged(name, b"x");
    }
    let ran = tree.verify(&[]);
    assert_eq!(ran.status, Some(1));
    let lines: Vec<&[u8]> = ran.out.split(|&byte| byte == b'\n').collect();
    assert_eq!(lines.len(), names.len() + 1, "a line for each, and the end");
    for (name, line) in names.iter().zip(lines) {
        let shown = if name.contains(&b'\n') { b"\\new\\nline: OK" } else { *name };
        assert_eq!(line, [shown, b": FAILED"].concat());
    }
    assert_eq!(ran.err.lines().count(), names.len() + 2, "a line for each, a hint and the verdict: {}", ran.err);
    for character in ran.err.chars().filter(|&character| character != '\n') {
        assert!(!character.is_control() && character != '\u{202e}', "{}", ran.err);
    }
    for shown in ["new\\nline: OK: mismatch", "\\x1b[31mred\\x07: mismatch", "\\xff\\xfe: ", "übung \\u{202e}gpj.exe: "]
    {
        assert!(ran.err.contains(&format!(": {shown}")), "{shown} is not in {}", ran.err);
    }
}

#[test]
fn a_file_without_permission_is_said_with_the_reason() {
    let mut tree = Tree::new();
    tree.file("readable", b"").file("secret", b"secret");
    tree.write_manifest();
    fs::set_permissions(tree.at("secret"), fs::Permissions::from_mode(0o000)).expect("a mode");
    fs::set_permissions(tree.path(), fs::Permissions::from_mode(0o755)).expect("a mode");
    let Some(ran) = run_without_privileges(&tree, "verify", &[]) else { return };
    assert_eq!((ran.status, ran.text()), (Some(1), "readable: OK\nsecret: FAILED open or read\n"), "{ran:?}");
    assert!(ran.err.contains("checksig: sha1sum.txt:2: secret: unreadable: Permission denied\n"), "{ran:?}");
}
