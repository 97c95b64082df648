//! `--output`: a file that holds a whole run or is what it was before.
//!
//! What the library promises of such a file is tested there; here is what the command makes of it.

use std::fs::{self, File};
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::io::ioctl_fionread;
use rustix::process::{Pid, Signal, kill_process};

use super::support::{CUT_OFF, Ran, Tree, digest, patiently, run, wait};

fn read(tree: &Tree, name: &str) -> String {
    fs::read_to_string(tree.at(name)).unwrap_or_default()
}

/// Temporary files that were left behind.
fn leftovers(tree: &Tree) -> usize {
    let names = fs::read_dir(tree.path()).expect("a directory").map(|entry| entry.expect("an entry").file_name());
    names.filter(|name| name.to_string_lossy().starts_with(".checksig-")).count()
}

/// A tree whose last file takes minutes.
fn long() -> Tree {
    let mut tree = Tree::new();
    tree.file("first", b"");
    File::create(tree.at("long")).and_then(|file| file.set_len(1 << 40)).expect("a sparse file");
    tree.lists(&digest(b""), "long").write_manifest();
    tree
}

#[test]
fn it_takes_what_standard_output_would_have_had() {
    let mut tree = Tree::sound();
    tree.damaged("c", b"gamma");
    for options in [&["--output", "found"][..], &["-o", "found"], &["-o", "./found", "--quiet"]] {
        fs::write(tree.at("found"), "old").expect("a file");
        let ran = tree.verify(options);
        assert_eq!((ran.status, ran.text()), (Some(1), ""), "{ran:?}");
        let all = if options.len() == 2 { "a: OK\nb: OK\n" } else { "" };
        assert_eq!(read(&tree, "found"), format!("{all}c: FAILED\n"));
        assert!(ran.err.contains("c: mismatch: ") && ran.summary().starts_with("checksig: FAIL: "), "{ran:?}");
    }
    let ran = tree.verify(&["-o", "found", "--json"]);
    assert_eq!((ran.status, ran.text(), &ran.err[..]), (Some(1), "", ""));
    let lines: Vec<serde_json::Value> =
        read(&tree, "found").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((lines.len(), &lines[4]["verdict"], leftovers(&tree)), (5, &"fail".into(), 0));
}

#[test]
fn what_the_run_is_about_is_not_replaced() {
    let tree = Tree::sound();
    tree.write_manifest();
    fs::create_dir(tree.at("directory")).expect("a directory");
    std::os::unix::fs::symlink("sha1sum.txt", tree.at("link")).expect("a link");
    let before = read(&tree, "sha1sum.txt");
    for (file, part) in [
        ("sha1sum.txt", "the manifest, or listed in it"),
        ("./sha1sum.txt", "the manifest, or listed in it"),
        ("link", "the manifest, or listed in it"),
        ("a", "the manifest, or listed in it"),
        (".", "a directory, and what is found goes into a regular file"),
        ("directory", "a directory, and what is found goes into a regular file"),
        ("/dev/null", "a character device, and what is found goes into a regular file"),
        ("gone/found", "no file can be made in gone: No such file"),
        ("-", "it needs a file"),
    ] {
        for options in [&["-o", file][..], &["-o", file, "--json"]] {
            let ran = run(tree.command("verify").args(options));
            assert_eq!((ran.status, ran.text()), (Some(2), ""), "{file}: {ran:?}");
            assert!(ran.err.contains(part) && !ran.err.contains("PASS"), "{file}: {ran:?}");
        }
    }
    assert_eq!((read(&tree, "sha1sum.txt"), read(&tree, "a"), leftovers(&tree)), (before, "alpha".to_owned(), 0));
}

#[test]
fn a_run_that_cannot_be_done_says_so_in_json_and_leaves_the_text_alone() {
    let tree = Tree::new();
    fs::write(tree.at("found"), "old").expect("a file");
    let ran = run(tree.command("verify").args(["-o", "found"]));
    assert_eq!((ran.status, &read(&tree, "found")[..]), (Some(2), "old"), "{ran:?}");
    // The manifest that was not found may list what stands there.
    let ran = run(tree.command("verify").args(["-o", "found", "--json"]));
    assert_eq!((ran.status, &read(&tree, "found")[..]), (Some(2), "old"), "{ran:?}");
    assert!(ran.err.ends_with("checksig: found: not written, as the run did not go to its end\n"), "{ran:?}");
    assert!(ran.err.contains("sha1sum.txt"), "{ran:?}");
    fs::remove_file(tree.at("found")).expect("a file");
    let ran = run(tree.command("verify").args(["-o", "found", "--json"]));
    assert_eq!((ran.status, ran.text()), (Some(2), ""), "{ran:?}");
    let found = read(&tree, "found");
    assert!(found.lines().last().is_some_and(|line| line.contains("\"error\":\"manifest_not_found\"")), "{found}");
    assert_eq!(leftovers(&tree), 0);
}

#[test]
fn an_interrupted_run_keeps_json_that_says_so_and_throws_text_away() {
    let tree = long();
    let json = &["--json"][..];
    for (options, stands) in [(json, false), (json, true), (&[], false), (&[], true)] {
        patiently(|pause| {
            let _ = fs::remove_file(tree.at("found"));
            if stands {
                fs::write(tree.at("found"), "old").expect("a file");
            }
            let mut command = Command::new("timeout");
            command.args(["--preserve-status", "--signal=INT"]).arg(format!("{}", pause.as_secs_f64()));
            command.arg(env!("CARGO_BIN_EXE_checksig")).args(["verify", "-o", "found"]);
            let ran: Ran = command.args(options).current_dir(tree.path()).output().expect("it starts").into();
            assert_eq!(ran.status, Some(130), "{ran:?}");
            let found = read(&tree, "found");
            assert_eq!(leftovers(&tree), 0, "{options:?}");
            if ran.err.contains(CUT_OFF) {
                // It could not wait for its run, and leaves what was there.
                assert_eq!((found == "old", tree.at("found").exists()), (stands, stands), "{found}");
                return None;
            }
            if options.is_empty() || stands {
                // A line that was not read may list what stands there.
                assert_eq!((found == "old", tree.at("found").exists()), (stands, stands), "{found}");
                let said = "checksig: found: not written, as the run did not go to its end\n";
                assert!(ran.err.ends_with(said), "{ran:?}");
            } else {
                let last = found.lines().last().expect("a line");
                let summary: serde_json::Value = serde_json::from_str(last).expect("JSON");
                assert_eq!((&summary["cancelled"], &summary["signal"]), (&true.into(), &"SIGINT".into()), "{summary}");
            }
            Some(())
        });
    }
}

/// Nobody reads what it says, so that the first signal does not end it.
#[test]
fn a_second_signal_leaves_what_was_there_and_nothing_else() {
    let mut tree = Tree::new();
    let name = "n".repeat(200);
    for _ in 0..2000 {
        tree.lists(&digest(b""), &name);
    }
    tree.write_manifest();
    fs::write(tree.at("found"), "old").expect("a file");
    // Had the second no effect, no attempt would end before the second is over that the first leaves it.
    patiently(|pause| {
        let mut command = tree.command("verify");
        let mut child = command.args(["-o", "found"]).stderr(Stdio::piped()).spawn().expect("the command starts");
        let stderr = child.stderr.take().expect("a pipe");
        let deadline = Instant::now() + Duration::from_secs(30);
        while ioctl_fionread(&stderr).expect("a number") < 55_000 {
            assert!(Instant::now() < deadline, "it says more than a pipe holds");
            std::thread::sleep(Duration::from_millis(5));
        }
        let pid = Pid::from_raw(child.id().try_into().expect("a process id")).expect("a process id");
        let begun = Instant::now();
        kill_process(pid, Signal::TERM).expect("a signal");
        std::thread::sleep(pause.min(Duration::from_millis(200)));
        let waits = (child.try_wait().expect("a child"), leftovers(&tree)) == (None, 1);
        assert!(waits || begun.elapsed() > Duration::from_millis(900), "it waits for its reader");
        let sent = Instant::now();
        kill_process(pid, Signal::TERM).expect("a signal");
        assert_eq!(wait(&mut child).code(), Some(143));
        let took = sent.elapsed();
        assert_eq!((&read(&tree, "found")[..], leftovers(&tree)), ("old", 0));
        (waits && took < Duration::from_millis(600)).then_some(())
    });
}

/// A run of two days would lose its findings, were it told at their end.
#[test]
fn a_file_that_is_listed_is_refused_at_its_line() {
    let mut tree = long();
    tree.file("real/x", b"x");
    std::os::unix::fs::symlink("real", tree.at("link")).expect("a link");
    let list = format!("{}  link/x\n{}  long\n", digest(b"x"), digest(b""));
    fs::write(tree.at("sha1sum.txt"), list).expect("a manifest");
    for options in [&["--follow", "inside"][..], &["--follow", "inside", "--json"]] {
        let ran = run(tree.command("verify").args(["-o", "real/x"]).args(options));
        assert_eq!((ran.status, &read(&tree, "real/x")[..]), (Some(2), "x"), "{ran:?}");
        assert!(ran.err.contains("the manifest, or listed in it"), "{ran:?}");
        assert_eq!(fs::read_dir(tree.at("real")).expect("a directory").count(), 1);
    }
}

#[test]
fn a_file_that_cannot_be_written_to_its_end_is_not_there() {
    let mut tree = Tree::sound();
    for _ in 0..2000 {
        tree.lists(&digest(b""), "b");
    }
    tree.write_manifest();
    for (before, options) in [("", ""), ("trap '' XFSZ;", "--json")] {
        let mut shell = Command::new("sh");
        // A file may have one block, of 512 or 1 024 bytes, and a write beyond that is an error, whether or not somebody has
        // the signal ignored.
        let line = format!("{before} ulimit -f 1; exec \"$0\" verify -o found {options}");
        let ran = run(shell.args(["-c", &line, env!("CARGO_BIN_EXE_checksig")]).current_dir(tree.path()));
        assert_eq!((ran.status, ran.text()), (Some(2), ""), "{ran:?}");
        assert!(ran.err.contains("checksig: what was found is not written: found: File too large"), "{ran:?}");
        assert!(!ran.err.contains("PASS"), "{ran:?}");
        assert_eq!((tree.at("found").exists(), leftovers(&tree)), (false, 0));
    }
}

#[test]
fn it_is_not_there_before_the_end() {
    let tree = long();
    let mut child = tree
        .command("verify")
        .args(["-o", "found"])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the command starts");
    let deadline = Instant::now() + Duration::from_secs(30);
    while leftovers(&tree) == 0 {
        assert!(Instant::now() < deadline, "no file");
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!((tree.at("found").exists(), leftovers(&tree)), (false, 1));
    child.kill().expect("a child");
    child.wait().expect("a child");
    let mut err = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut err).expect("text");
    assert_eq!((err, tree.at("found").exists()), (String::new(), false));
}
