//! Signals: the run ends soon, says so and how far it came, and what came out until then is whole lines.
//!
//! Signals are sent once the command is seen to expect them.

use std::fs::File;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::io::ioctl_fionread;
use rustix::process::{Pid, Signal, kill_process};

use super::support::{CUT_OFF, Tree, digest, patiently, wait};

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

/// Waits until a child has written about as much as a pipe holds, which nobody reads.
fn fills_its_pipe(child: &Child) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while ioctl_fionread(child.stdout.as_ref().expect("a pipe")).expect("a number") < 55_000 {
        assert!(Instant::now() < deadline, "it says more than a pipe holds");
        std::thread::sleep(Duration::from_millis(5));
    }
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
        patiently(|pause| {
            let (out, err) = interrupted(&mut tree.command("verify"), signal, status, pause);
            let summary =
                format!("checksig: FAIL: interrupted by {name} after 1 of 2 files: 1 match, 1 not checked; 2 files");
            let last = err.lines().last().expect("a line");
            assert!(last.starts_with(&format!("checksig: FAIL: interrupted by {name} after ")), "{err}");
            (out == "first: OK\n" && last.starts_with(&summary)).then_some(())
        });
    }
}

/// Starts a command, ends it by a signal after a while, and gives what it said.
fn interrupted(command: &mut Command, signal: Signal, status: i32, pause: Duration) -> (String, String) {
    let mut child = start(command);
    std::thread::sleep(pause);
    send(&child, signal);
    assert_eq!(wait(&mut child).code(), Some(status));
    (rest(child.stdout.take().expect("a pipe")), rest(child.stderr.take().expect("a pipe")))
}

#[test]
fn one_that_came_to_the_end_of_no_file_says_so() {
    let tree = Tree::new();
    File::create(tree.at("long")).and_then(|file| file.set_len(1 << 40)).expect("a sparse file");
    std::fs::write(tree.at("sha1sum.txt"), format!("{}  long\n", digest(b""))).expect("a manifest");
    patiently(|pause| {
        let (_, err) = interrupted(&mut tree.command("verify"), Signal::INT, 130, pause);
        assert!(!err.contains("readers: "), "{err}");
        err.contains("; no file was read to its end; kernel: ").then_some(())
    });
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
    patiently(|pause| {
        let (out, err) = interrupted(tree.command("verify").arg("--json"), Signal::INT, 130, pause);
        if err.contains(CUT_OFF) {
            return None;
        }
        let summary: serde_json::Value = serde_json::from_str(out.lines().last().expect("a line")).expect("JSON");
        assert_eq!((&summary["cancelled"], &summary["signal"]), (&true.into(), &"SIGINT".into()), "{summary}");
        assert_eq!((&summary["verdict"], &summary["exit_status"]), (&"fail".into(), &130.into()), "{summary}");
        assert!(err.starts_with("checksig: interrupted by SIGINT after ") && err.lines().count() == 1, "{err}");
        let so_far = "checksig: interrupted by SIGINT after 1 of 2 files: 1 match, 1 not checked; ";
        (summary["counts"]["not_checked"] == 1 && err.starts_with(so_far)).then_some(())
    });
}

#[test]
fn sigusr1_is_answered_in_text_and_in_json() {
    let tree = long();
    for options in [&[][..], &["--json"], &["--json", "--quiet"]] {
        patiently(|pause| {
            let mut child = start(tree.command("verify").args(options));
            for _ in 0..2 {
                std::thread::sleep(pause);
                send(&child, Signal::USR1);
            }
            std::thread::sleep(pause);
            assert!(child.try_wait().expect("a child").is_none(), "it goes on");
            send(&child, Signal::TERM);
            assert_eq!(wait(&mut child).code(), Some(143));
            let out = rest(child.stdout.take().expect("a pipe"));
            assert!(!out.contains("of about"), "{out}");
            let err = rest(child.stderr.take().expect("a pipe"));
            let lines: Vec<&str> =
                err.lines().filter(|line| line.starts_with("checksig: 1 of 2 files, 0 failed, ")).collect();
            let last = lines.get(1)?;
            assert!(lines.len() == 2 || err.contains(CUT_OFF), "one line each: {err}");
            (last.contains(" of about 1.1 TB in ") && last.ends_with(" left")).then_some(())
        });
    }
}

#[test]
fn a_second_signal_ends_it_at_once_and_says_so() {
    let tree = wordy();
    let mut child = start(tree.command("verify").args(["--output", "found"]));
    assert_eq!(wait(&mut child).code(), Some(0), "a file waits for no reader");
    // Had the second no effect, no attempt would end before the second is over that the first leaves it.
    patiently(|pause| {
        let mut stuck = start(&mut tree.command("verify"));
        fills_its_pipe(&stuck);
        std::thread::sleep(pause);
        assert!(stuck.try_wait().expect("a child").is_none(), "it waits for its reader");
        let begun = Instant::now();
        // What comes in between is no second signal.
        send(&stuck, Signal::INT);
        send(&stuck, Signal::USR1);
        std::thread::sleep(Duration::from_millis(200));
        let waits = stuck.try_wait().expect("a child").is_none();
        assert!(waits || begun.elapsed() > Duration::from_millis(900), "it has a second to end by itself");
        let sent = Instant::now();
        send(&stuck, Signal::TERM);
        assert_eq!(wait(&mut stuck).code(), Some(130), "the first signal is the reason");
        let took = sent.elapsed();
        let err = rest(stuck.stderr.take().expect("a pipe"));
        assert!(err.starts_with("checksig: FAIL: interrupted by SIGINT after "), "{err}");
        (waits && took < Duration::from_millis(300)).then_some(())
    });
}

#[test]
fn create_leaves_no_manifest_behind() {
    let tree = long();
    std::fs::remove_file(tree.at("sha1sum.txt")).expect("a manifest");
    patiently(|pause| {
        let (_, err) = interrupted(&mut tree.command("create"), Signal::INT, 130, pause);
        assert_eq!(std::fs::read_dir(tree.path()).expect("a directory").count(), 2, "nothing is left behind");
        let said = "checksig: FAIL: interrupted by SIGINT after 1 of 2 files: sha1sum.txt is not written: ";
        err.contains(said).then_some(())
    });
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
    fills_its_pipe(&child);
    std::thread::sleep(Duration::from_millis(100));
    assert!(child.try_wait().expect("a child").is_none(), "it waits for its reader");
    send(&child, Signal::TERM);
    // It would stay for ever, or for as long as this waits for it.
    assert_eq!(wait(&mut child).code(), Some(143));
    let err = rest(child.stderr.take().expect("a pipe"));
    assert!(err.starts_with("checksig: FAIL: interrupted by SIGTERM after "), "{err}");
    let out = rest(child.stdout.take().expect("a pipe"));
    assert!(out.len() > 50_000 && out.ends_with("n: OK\n"), "{:?}", out.lines().last());
}

/// Ctrl-C goes to a whole pipeline, and whoever reads ours dies of it at once: before us, or after.
#[test]
fn a_reader_that_the_same_signal_ends_does_not_hide_it() {
    let mut tree = Tree::new();
    let name = "n".repeat(200);
    tree.file(&name, b"");
    for _ in 0..2000 {
        tree.lists(&digest(b""), &name);
    }
    File::create(tree.at("long")).and_then(|file| file.set_len(1 << 40)).expect("a sparse file");
    tree.lists(&digest(b""), "long").write_manifest();
    for (words, reader_first) in
        [("verify", true), ("verify", false), ("audit", true), ("verify --json", true), ("verify --json", false)]
    {
        patiently(|pause| {
            let mut words = words.split(' ');
            let mut command = tree.command(words.next().expect("a verb"));
            let mut child = start(command.args(words));
            fills_its_pipe(&child);
            std::thread::sleep(pause);
            if reader_first {
                drop(child.stdout.take());
                send(&child, Signal::INT);
            } else {
                send(&child, Signal::INT);
                drop(child.stdout.take());
            }
            let status = wait(&mut child);
            let err = rest(child.stderr.take().expect("a pipe"));
            // Where this thread was held up between the two, it had ended before.
            if status.code() == Some(2) && reader_first {
                return None;
            }
            assert_eq!(status.code(), Some(130), "{err}");
            assert!(err.contains("interrupted by SIGINT after "), "{err}");
            let of_all = err.contains(" of 2002 files: 2001 match, 1 not checked; ");
            (of_all && !err.contains(CUT_OFF)).then_some(())
        });
    }
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
