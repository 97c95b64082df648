//! Signals: the run ends soon, says so and how far it came, and what came out until then is whole lines.
//!
//! Signals are sent once the command is seen to expect them.

use std::fs::File;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
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

/// A tree with more lines than a pipe holds.
fn wordy() -> Tree {
    let mut tree = Tree::new();
    let name = "n".repeat(200);
    tree.file(&name, b"");
    for _ in 0..20_000 {
        tree.lists(&digest(b""), &name);
    }
    tree.write_manifest();
    tree
}

/// Starts a command and waits until it has a handler for SIGTERM: from then on it ends by itself.
fn start(command: &mut Command) -> Child {
    heed_signals(command);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command starts");
    let deadline = Instant::now() + Duration::from_secs(30);
    while caught(&child) & (1 << (15 - 1)) == 0 {
        assert!(Instant::now() < deadline, "no handler");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

/// Undoes what a parent in the background, or under nohup, has done: the command keeps ignored signals ignored.
#[allow(unsafe_code, reason = "signals are set between fork and exec")]
fn heed_signals(command: &mut Command) {
    let heed = || {
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGUSR1] {
            // SAFETY: the default needs no handler.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
        Ok(())
    };
    // SAFETY: the closure makes system calls that may stand between fork and exec, and allocates nothing.
    unsafe { command.pre_exec(heed) };
}

/// The signals that a process has handlers for, one bit each from number 1 (`proc_pid_status(5)`).
fn caught(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("a process");
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("a mask");
    u64::from_str_radix(mask.trim(), 16).expect("hexadecimal digits")
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
        let mut child = start(&mut tree.command("verify"));
        std::thread::sleep(Duration::from_millis(200));
        let sent = Instant::now();
        send(&child, signal);
        assert_eq!(wait(&mut child).code(), Some(status));
        assert!(sent.elapsed() < Duration::from_secs(1), "{:?}", sent.elapsed());
        assert_eq!(rest(child.stdout.take().expect("a pipe")), "first: OK\n");
        let err = rest(child.stderr.take().expect("a pipe"));
        let summary =
            format!("checksig: FAIL: interrupted by {name} after 1 of 2 files: 1 match, 1 not checked; 2 files");
        assert!(err.lines().last().is_some_and(|line| line.starts_with(&summary)), "{err}");
    }
}

#[test]
fn one_that_came_to_the_end_of_no_file_says_so() {
    let tree = Tree::new();
    File::create(tree.at("long")).and_then(|file| file.set_len(1 << 40)).expect("a sparse file");
    std::fs::write(tree.at("sha1sum.txt"), format!("{}  long\n", digest(b""))).expect("a manifest");
    let mut child = start(&mut tree.command("verify"));
    std::thread::sleep(Duration::from_millis(200));
    send(&child, Signal::INT);
    assert_eq!(wait(&mut child).code(), Some(130));
    let err = rest(child.stderr.take().expect("a pipe"));
    let read = if err.contains("; 1 file, 0 B in ") { "nothing was read" } else { "no file was read to its end" };
    assert!(err.contains(&format!("; {read}; kernel: ")) || err.contains("has been said"), "{err}");
}

/// Handlers that came with the run would come some ten milliseconds after the file that they are to clean up.
#[test]
fn signals_are_minded_before_anything_is_left_behind() {
    let tree = long();
    let leftovers = || {
        let names =
            std::fs::read_dir(tree.path()).expect("a directory").map(|entry| entry.expect("an entry").file_name());
        names.filter(|name| name.to_string_lossy().starts_with(".checksig-")).count()
    };
    for _ in 0..5 {
        let mut command = tree.command("verify");
        heed_signals(&mut command);
        let mut child = command.args(["-o", "found"]).stderr(Stdio::piped()).spawn().expect("the command starts");
        let deadline = Instant::now() + Duration::from_secs(30);
        while leftovers() == 0 {
            assert!(Instant::now() < deadline, "no file");
        }
        send(&child, Signal::USR1);
        send(&child, Signal::INT);
        assert_eq!(wait(&mut child).code(), Some(130));
        assert_eq!(leftovers(), 0);
        let err = rest(child.stderr.take().expect("a pipe"));
        assert!(err.contains("checksig: FAIL: interrupted by SIGINT after "), "{err}");
    }
}

#[test]
fn json_says_it_in_the_summary() {
    let tree = long();
    let mut child = start(tree.command("verify").arg("--json"));
    std::thread::sleep(Duration::from_millis(200));
    send(&child, Signal::INT);
    assert_eq!(wait(&mut child).code(), Some(130));
    let out = rest(child.stdout.take().expect("a pipe"));
    let summary: serde_json::Value = serde_json::from_str(out.lines().last().expect("a line")).expect("JSON");
    assert_eq!((&summary["cancelled"], &summary["signal"]), (&true.into(), &"SIGINT".into()), "{summary}");
    assert_eq!((&summary["verdict"], &summary["counts"]["not_checked"]), (&"fail".into(), &1.into()), "{summary}");
    assert_eq!(summary["exit_status"], 130);
    let err = rest(child.stderr.take().expect("a pipe"));
    assert!(err.starts_with("checksig: interrupted by SIGINT after 1 of 2 files: 1 match, 1 not checked; "), "{err}");
    assert_eq!(err.lines().count(), 1, "{err}");
}

#[test]
fn sigusr1_is_answered_in_text_and_in_json() {
    let tree = long();
    for options in [&[][..], &["--json"], &["--json", "--quiet"]] {
        let mut child = start(tree.command("verify").args(options));
        std::thread::sleep(Duration::from_millis(200));
        for _ in 0..2 {
            send(&child, Signal::USR1);
            std::thread::sleep(Duration::from_millis(300));
        }
        assert!(child.try_wait().expect("a child").is_none(), "it goes on");
        send(&child, Signal::TERM);
        assert_eq!(wait(&mut child).code(), Some(143));
        let err = rest(child.stderr.take().expect("a pipe"));
        let lines: Vec<&str> =
            err.lines().filter(|line| line.starts_with("checksig: 1 of 2 files, 0 failed, ")).collect();
        assert_eq!(lines.len(), 2, "{err}");
        assert!(lines[1].contains(" of about 1.1 TB in ") && lines[1].ends_with(" left"), "{err}");
        let out = rest(child.stdout.take().expect("a pipe"));
        assert!(!out.contains("of about"), "{out}");
    }
}

#[test]
fn a_second_signal_ends_it_at_once_and_says_so() {
    let tree = wordy();
    let mut child = start(tree.command("verify").args(["--output", "found"]));
    let mut stuck = start(&mut tree.command("verify"));
    std::thread::sleep(Duration::from_millis(300));
    assert!(stuck.try_wait().expect("a child").is_none(), "it waits for its reader");
    // What comes in between is no second signal.
    send(&stuck, Signal::INT);
    send(&stuck, Signal::USR1);
    std::thread::sleep(Duration::from_millis(200));
    assert!(stuck.try_wait().expect("a child").is_none(), "it has a second to end by itself");
    let sent = Instant::now();
    send(&stuck, Signal::TERM);
    assert_eq!(wait(&mut stuck).code(), Some(130), "the first signal is the reason");
    assert!(sent.elapsed() < Duration::from_millis(300), "{:?}", sent.elapsed());
    let err = rest(stuck.stderr.take().expect("a pipe"));
    assert!(err.starts_with("checksig: FAIL: interrupted by SIGINT after "), "{err}");
    assert_eq!(wait(&mut child).code(), Some(0), "a file waits for no reader");
}

#[test]
fn create_leaves_no_manifest_behind() {
    let tree = long();
    std::fs::remove_file(tree.at("sha1sum.txt")).expect("a manifest");
    let mut child = start(&mut tree.command("create"));
    std::thread::sleep(Duration::from_millis(200));
    send(&child, Signal::INT);
    assert_eq!(wait(&mut child).code(), Some(130));
    let err = rest(child.stderr.take().expect("a pipe"));
    assert!(
        err.contains("checksig: FAIL: interrupted by SIGINT after 1 of 2 files: sha1sum.txt is not written: "),
        "{err}"
    );
    assert_eq!(std::fs::read_dir(tree.path()).expect("a directory").count(), 2, "nothing is left behind");
}

/// The main thread is stuck in `write(2)`, and drops nothing.
#[test]
fn nor_does_it_where_its_messages_are_not_read() {
    let tree = Tree::new();
    std::fs::write(tree.at("file"), "x").expect("a file");
    for nth in 0..1000 {
        let name = format!("{}{nth}", "n".repeat(100));
        std::os::unix::fs::symlink("file", tree.at(name)).expect("a link");
    }
    for twice in [false, true] {
        let mut child = start(&mut tree.command("create"));
        std::thread::sleep(Duration::from_millis(300));
        assert!(child.try_wait().expect("a child").is_none(), "it waits for its reader");
        send(&child, Signal::TERM);
        if twice {
            std::thread::sleep(Duration::from_millis(100));
            send(&child, Signal::TERM);
        }
        assert_eq!(wait(&mut child).code(), Some(143));
        assert_eq!(std::fs::read_dir(tree.path()).expect("a directory").count(), 1001, "nothing is left behind");
    }
}

/// The main thread is stuck in `write(2)`; the process must end all the same.
#[test]
fn a_pipe_that_nobody_reads_does_not_hold_it_back() {
    let tree = wordy();
    let mut child = start(&mut tree.command("verify"));
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().expect("a child").is_none(), "it waits for its reader");
    let sent = Instant::now();
    send(&child, Signal::TERM);
    assert_eq!(wait(&mut child).code(), Some(143));
    assert!(sent.elapsed() < Duration::from_millis(1500), "{:?}", sent.elapsed());
    let err = rest(child.stderr.take().expect("a pipe"));
    assert!(err.starts_with("checksig: FAIL: interrupted by SIGTERM after "), "{err}");
    let out = rest(child.stdout.take().expect("a pipe"));
    assert!(out.len() > 50_000 && out.ends_with("n: OK\n"), "{:?}", out.lines().last());
}

/// As under `nohup`, or in the background of a shell without job control.
#[test]
fn a_signal_that_the_parent_ignores_stays_ignored() {
    let tree = long();
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' INT; exec \"$0\" verify", env!("CARGO_BIN_EXE_checksig")]).current_dir(tree.path());
    let mut child = start(&mut shell);
    send(&child, Signal::INT);
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().expect("a child").is_none(), "it goes on");
    send(&child, Signal::TERM);
    assert_eq!(wait(&mut child).code(), Some(143));
}
