//! Runs that cannot be done: exit status 2, one message that names the culprit, nothing on standard output.
//!
//! A run that was done and found something is never among them.

use std::fs;

use super::support::{Ran, Tree, checksig, fifo, run, wait};

/// Checks that a run was refused with a message that holds some text.
fn refused(ran: &Ran, part: &str) {
    assert_eq!((ran.status, ran.text()), (Some(2), ""), "{ran:?}");
    assert!(ran.err.contains(part), "{part:?} is not in {}", ran.err);
}

#[test]
fn the_root_must_be_a_directory() {
    let tree = Tree::sound();
    refused(&run(tree.command("verify").arg("gone")), "checksig: gone: no such directory\n");
    let ran = run(tree.command("verify").arg("a"));
    refused(&ran, "checksig: a: not a directory");
    assert!(ran.err.contains("checksig verify --manifest a\n"), "{ran:?}");
    refused(&run(tree.command("create").arg("gone")), "checksig: gone: no such directory\n");
    refused(&run(tree.command("create").arg("a")), "checksig: a: not a directory");
}

#[test]
fn the_manifest_must_be_a_regular_file() {
    let tree = Tree::sound();
    refused(&run(&mut tree.command("verify")), "sha1sum.txt: no such manifest");
    fs::create_dir(tree.at("directory")).expect("a directory");
    refused(&run(tree.command("verify").args(["--manifest", "directory"])), "checksig: directory: a directory");
    refused(&run(tree.command("verify").args(["--manifest", "/dev/null"])), "/dev/null: a character device");
    // Nobody writes to the FIFO: to open it the plain way would wait for ever.
    fifo(&tree.at("fifo"));
    let mut command = tree.command("verify");
    command.args(["--manifest", "fifo"]).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    assert_eq!(wait(&mut child).code(), Some(2));
    let err = std::io::read_to_string(child.stderr.take().expect("a pipe")).expect("text");
    assert_eq!(err, "checksig: fifo: a FIFO, and a manifest must be a regular file\n");
}

#[test]
fn a_manifest_that_cannot_be_written_is_refused() {
    let tree = Tree::sound();
    // What is missing is named, and no temporary file.
    for verb in ["create", "verify"] {
        tree.write_manifest();
        let ran = run(tree.command(verb).args(["-o", "gone/found"]));
        refused(&ran, "checksig: gone/found: no file can be made in gone: No such file or directory (os error 2)\n");
        assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
        // Its standard output is a pipe, which has no path.
        let ran = run(tree.command(verb).args(["-o", "/dev/stdout", "--force"].iter().take(if verb == "create" {
            3
        } else {
            2
        })));
        refused(&ran, "checksig: /dev/stdout: a FIFO, and ");
        assert!(ran.err.contains("a regular file\n"), "{ran:?}");
    }
    fs::create_dir(tree.at("directory")).expect("a directory");
    refused(&run(tree.command("create").args(["-o", "directory"])), "directory: ");
}

#[test]
fn a_command_line_that_makes_no_sense_is_refused() {
    for (line, part) in [
        ("", "Usage: checksig <COMMAND>"),
        ("check", "unrecognized subcommand 'check'"),
        ("verify a b", "unexpected argument 'b'"),
        ("verify --quite", "a similar argument exists: '--quiet'"),
        ("verify --reader cached", "invalid value 'cached' for '--reader <NAME>'"),
        ("verify --kernel md5", "[possible values: auto, avx512, avx2, sha-ni, "),
        ("create --kernel AUTO", "invalid value 'AUTO' for '--kernel <NAME>'"),
        ("verify -j 0", "a whole number from 1 is needed"),
        ("verify --queue-depth 0", "a whole number from 1 is needed"),
        ("verify --memory 64MB", "a whole number of bytes is needed, or of KiB, MiB or GiB with K, M or G behind it"),
        ("create --cache drop", "[possible values: neutral, keep]"),
        ("create -o -", "needs a file"),
        ("create --format tar", "[possible values: gnu, gnu-binary, bsd, openssl, bagit, zero]"),
    ] {
        refused(&run(checksig().args(line.split_whitespace())), part);
    }
}

#[test]
fn options_that_cannot_be_met_are_refused() {
    let tree = Tree::sound();
    tree.write_manifest();
    let too_small = "checksig: memory: 4194303 bytes are too few; a run needs 4194304 (4 MiB) at least\n";
    for verb in ["verify", "create"] {
        refused(&run(tree.command(verb).args(["--memory", "4194303"])), too_small);
        refused(
            &run(tree.command(verb).args(["--queue-depth", "4097"])),
            "checksig: queue depth: 4097 is too large; a run has 4096 reads in flight at most\n",
        );
        refused(
            &run(tree.command(verb).args(["--from-media", "--reader", "mmap"])),
            "checksig: reader mmap: it reads what",
        );
    }
    let ran = run(tree.command("verify").args(["--memory", "1K", "--json"]));
    assert_eq!(
        (ran.status, ran.text().contains(r#""type":"error","error":"memory_too_small""#)),
        (Some(2), true),
        "{ran:?}"
    );
    let ran = run(tree.command("verify").args(["--queue-depth", "5000", "--json"]));
    assert!(ran.text().contains(r#""type":"error","error":"queue_depth_too_large""#), "{ran:?}");
    let ran = run(tree.command("verify").args(["--from-media", "--reader", "mmap", "--json"]));
    assert!(ran.text().contains(r#""type":"error","error":"not_from_media""#), "{ran:?}");
}

#[test]
fn messages_never_repeat_control_characters() {
    let tree = Tree::new();
    for arguments in [["verify", "\x1b[31mroot\x07"], ["--\x1b[31m", "x"], ["verify", "--manifest=\u{202e}x"]] {
        let ran = run(checksig().args(arguments).current_dir(tree.path()));
        assert_eq!(ran.status, Some(2));
        assert!(!ran.err.contains(['\x1b', '\x07', '\u{202e}']), "{}", ran.err);
    }
}

#[test]
fn help_and_the_version_are_no_refusals() {
    for (word, part) in [("--help", "Exit status:"), ("-h", "Usage: checksig"), ("--version", "checksig ")] {
        let ran = run(checksig().arg(word));
        assert_eq!((ran.status, &ran.err[..]), (Some(0), ""), "{ran:?}");
        assert!(ran.text().contains(part), "{ran:?}");
    }
}
