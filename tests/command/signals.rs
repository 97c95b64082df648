//! Signals: the run ends soon, says so and how far it came, and what came out until then is whole lines.
//!
//! Signals are sent when output shows that the run is under way.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::support::{Tree, digest, wait};

/// A tree that takes minutes: a small file first, then one that is long and holds nothing but a hole.
fn long() -> Tree {
    let mut tree = Tree::new();
    tree.file("first", b"");
    File::create(tree.at("long")).and_then(|file| file.set_len(1 << 40)).expect("a sparse file");
    tree.lists(&digest(b""), "long").write_manifest();
    tree
}

/// Starts a command and waits for its first line.
fn start(command: &mut Command) -> (Child, BufReader<ChildStdout>, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command starts");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    out.read_line(&mut line).expect("a line");
    (child, out, line)
}

fn send(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(child.id().try_into().expect("a process id")).expect("a process id");
    kill_process(pid, signal).expect("a signal");
}

fn rest(mut stream: impl Read) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("text");
    text
}

#[test]
fn a_signal_ends_the_run_soon_and_says_how_far_it_came() {
    let tree = long();
    for (signal, name, status) in
        [(Signal::INT, "SIGINT", 130), (Signal::TERM, "SIGTERM", 143), (Signal::HUP, "SIGHUP", 129)]
    {
        let (mut child, out, first) = start(&mut tree.command("verify"));
        assert_eq!(first, "first: OK\n");
        let sent = Instant::now();
        send(&child, signal);
        assert_eq!(wait(&mut child).code(), Some(status));
        assert!(sent.elapsed() < Duration::from_secs(1), "{:?}", sent.elapsed());
        assert_eq!(rest(out), "long: FAILED open or read\n");
        let err = rest(child.stderr.take().expect("a pipe"));
        let summary =
            format!("checksig: FAIL: interrupted by {name} after 1 of 2 files: 1 match, 1 not checked; 2 files");
        assert!(err.lines().last().is_some_and(|line| line.starts_with(&summary)), "{err}");
    }
}

#[test]
fn json_says_it_in_the_summary() {
    let tree = long();
    let (mut child, out, first) = start(tree.command("verify").arg("--json"));
    assert!(first.contains("\"start\""), "{first}");
    send(&child, Signal::INT);
    assert_eq!(wait(&mut child).code(), Some(130));
    let out = rest(out);
    let summary: serde_json::Value = serde_json::from_str(out.lines().last().expect("a line")).expect("JSON");
    assert_eq!((&summary["cancelled"], &summary["signal"]), (&true.into(), &"SIGINT".into()), "{summary}");
    assert_eq!((&summary["verdict"], &summary["counts"]["not_checked"]), (&"fail".into(), &1.into()), "{summary}");
    assert_eq!(rest(child.stderr.take().expect("a pipe")), "checksig: interrupted by SIGINT\n");
}

#[test]
fn create_leaves_no_manifest_behind() {
    let tree = long();
    std::fs::remove_file(tree.at("sha1sum.txt")).expect("a manifest");
    let mut command = tree.command("create");
    let mut child = command.stderr(Stdio::piped()).spawn().expect("the command starts");
    // Nothing is printed meanwhile that could be waited for.
    std::thread::sleep(Duration::from_millis(500));
    send(&child, Signal::INT);
    assert_eq!(wait(&mut child).code(), Some(130));
    let err = rest(child.stderr.take().expect("a pipe"));
    assert!(
        err.contains("checksig: FAIL: interrupted by SIGINT after 1 of 2 files: sha1sum.txt is not written: "),
        "{err}"
    );
    assert_eq!(std::fs::read_dir(tree.path()).expect("a directory").count(), 2, "nothing is left behind");
}

/// The main thread is stuck in `write(2)`; the process must end all the same.
#[test]
fn a_pipe_that_nobody_reads_does_not_hold_it_back() {
    let mut tree = Tree::new();
    let name = "n".repeat(200);
    tree.file(&name, b"");
    for _ in 0..20_000 {
        tree.lists(&digest(b""), &name);
    }
    tree.write_manifest();
    let mut command = tree.command("verify");
    let (mut child, _out, _) = start(command.stderr(Stdio::null()));
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().expect("a child").is_none(), "it waits for its reader");
    let sent = Instant::now();
    send(&child, Signal::TERM);
    assert_eq!(wait(&mut child).code(), Some(143));
    assert!(sent.elapsed() < Duration::from_secs(4), "{:?}", sent.elapsed());
}

/// As under `nohup`, or in the background of a shell without job control.
#[test]
fn a_signal_that_the_parent_ignores_stays_ignored() {
    let tree = long();
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' INT; exec \"$0\" verify", env!("CARGO_BIN_EXE_checksig")]).current_dir(tree.path());
    let (mut child, _out, _) = start(&mut shell);
    send(&child, Signal::INT);
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().expect("a child").is_none(), "it goes on");
    send(&child, Signal::TERM);
    assert_eq!(wait(&mut child).code(), Some(143));
}
