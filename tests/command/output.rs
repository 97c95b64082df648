//! Standard output that takes nothing more, and standard error that is not there.
//!
//! A run whose findings went nowhere must end soon and must not exit 0.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use super::support::{Tree, run, wait};

/// A tree with more lines than a pipe holds.
fn wordy() -> Tree {
    let mut tree = Tree::new();
    let name = "n".repeat(200);
    tree.file(&name, b"");
    let digest = super::support::digest(b"");
    for _ in 0..20_000 {
        tree.lists(&digest, &name);
    }
    tree.write_manifest();
    tree
}

#[test]
fn a_full_device_is_an_error() {
    for tree in [Tree::sound(), wordy()] {
        tree.write_manifest();
        for options in [&[][..], &["--json"], &["--json", "--quiet"]] {
            let full = OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
            let mut command = tree.command("verify");
            let ran = run(command.args(options).stdout(full));
            assert_eq!(ran.status, Some(2), "{options:?}: {ran:?}");
            let message =
                "checksig: standard output cannot be written, so the run was given up: No space left on device";
            assert!(ran.err.contains(message), "{ran:?}");
            assert!(!ran.err.contains("PASS"), "{ran:?}");
        }
    }
}

#[test]
fn help_that_cannot_be_written_is_an_error() {
    let full = OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    for words in ["--help", "verify --help", "-h", "--version"] {
        let full = full.try_clone().expect("a descriptor");
        let ran = run(super::support::checksig().args(words.split(' ')).stdout(full));
        let message = "checksig: standard output cannot be written: No space left on device";
        assert!(ran.status == Some(2) && ran.err.starts_with(message), "{words}: {ran:?}");
        assert_eq!(ran.err.lines().count(), 1, "{words}: {ran:?}");
    }
}

/// As of `sha1sum --help`: by the signal, or, where the parent had that ignored, with a word.
#[test]
fn help_for_a_pipe_that_is_closed_is_no_news() {
    for words in ["--help", "verify --help", "--version", "sha1sum --help"] {
        let ended = |prefix: &str| {
            let (reader, writer) = std::io::pipe().expect("a pipe");
            drop(reader);
            let mut shell = Command::new("sh");
            let line = format!("{prefix} exec \"$0\" {words}");
            let output = shell.args(["-c", &line, env!("CARGO_BIN_EXE_checksig")]).stdout(writer).output();
            let output = output.expect("the command starts");
            (output.status.signal(), output.status.code(), output.stderr.len())
        };
        assert_eq!(ended(""), (Some(13), None, 0), "{words}");
        let (signal, code, said) = ended("trap '' PIPE;");
        assert!(signal.is_none() && code > Some(0) && said > 0, "{words}: {code:?}");
    }
}

#[test]
fn a_pipe_that_is_closed_ends_the_run_and_that_is_said() {
    let tree = wordy();
    for words in ["verify", "audit", "verify --json", "doctor --json"] {
        let mut words = words.split(' ');
        let mut command = tree.command(words.next().expect("a verb"));
        command.args(words).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
        if command.get_args().next() != Some("doctor".as_ref()) {
            lines.read_line(&mut String::new()).expect("a line");
        }
        drop(lines);
        assert_eq!(wait(&mut child).code(), Some(2));
        let mut err = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut err).expect("text");
        assert_eq!(err, "checksig: standard output was closed by its reader, so the run was given up\n", "{command:?}");
    }
}

#[test]
fn a_pipe_that_does_not_wait_is_waited_for() {
    let tree = wordy();
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    rustix::fs::fcntl_setfl(&writer, rustix::fs::OFlags::NONBLOCK).expect("a flag");
    let mut command = tree.command("verify");
    let mut child = command.stdout(writer).stderr(Stdio::null()).spawn().expect("the command starts");
    command.stdout(Stdio::null());
    std::thread::sleep(std::time::Duration::from_millis(300));
    let mut out = String::new();
    reader.read_to_string(&mut out).expect("text");
    assert_eq!((wait(&mut child).code(), out.lines().count()), (Some(0), 20_001));
}

/// As for `/dev/full`, and as GNU's `sha1sum` has it, which also takes no notice where it has nothing to say.
#[test]
fn standard_output_that_is_closed_is_an_error_to_who_has_something_to_say() {
    let tree = Tree::sound();
    tree.write_manifest();
    let closed = |words: &str| {
        let mut shell = Command::new("sh");
        let line = format!("exec \"$0\" {words} >&-");
        run(shell.args(["-c", &line, env!("CARGO_BIN_EXE_checksig")]).current_dir(tree.path()))
    };
    for words in ["verify", "audit", "verify --json", "audit --json --quiet", "doctor", "doctor --json"] {
        let ran = closed(words);
        let message = "checksig: standard output cannot be written, so the run was given up: Bad file descriptor";
        assert!(ran.status == Some(2) && ran.err.starts_with(message), "{words}: {ran:?}");
        assert_eq!(ran.err.lines().count(), 1, "{words}: {ran:?}");
        assert_eq!(closed(&format!("{words} 2>&-")).status, Some(2), "{words}");
    }
    for words in ["--help", "verify --help", "--version"] {
        let ran = closed(words);
        assert_eq!(ran.status, Some(2), "{words}");
        assert!(ran.err.starts_with("checksig: standard output cannot be written: Bad file descriptor"), "{ran:?}");
    }
    assert_eq!(closed("sha1sum --help").status, Some(1));
    for words in ["verify --quiet", "audit --quiet", "verify -o found", "create --force"] {
        assert_eq!(closed(words).status, Some(0), "{words}");
    }
    std::fs::write(tree.at("b"), "no more").expect("a file");
    assert_eq!(closed("verify --quiet").status, Some(2), "what failed is not said");
}

/// Rust has `/dev/null` in the place of a descriptor that was closed, before any code of ours runs.
#[test]
fn closed_descriptors_do_not_change_the_verdict() {
    let mut tree = Tree::sound();
    tree.write_manifest();
    let verify = |redirections: &str| {
        let mut shell = Command::new("sh");
        let line = format!("exec \"$0\" verify {redirections}");
        run(shell.args(["-c", &line, env!("CARGO_BIN_EXE_checksig")]).current_dir(tree.path()))
    };
    for redirections in ["2>&-", "<&- 2>&-"] {
        assert_eq!(verify(redirections).status, Some(0), "{redirections}");
    }
    assert_eq!(verify("2>&-").text(), "a: OK\nb: OK\n");
    assert_eq!(verify("2>/dev/full").status, Some(0), "messages that are lost change no verdict");
    tree.damaged("c", b"gamma").write_manifest();
    let status = run(tree.command("verify").stdout(File::open("/dev/null").expect("/dev/null"))).status;
    assert_eq!(status, Some(2), "a descriptor that is only for reading takes no lines");
}

#[test]
fn an_empty_environment_changes_nothing() {
    let tree = Tree::sound();
    tree.write_manifest();
    let ran = run(tree.command("verify").env_clear());
    assert_eq!((ran.status, ran.text()), (Some(0), "a: OK\nb: OK\n"), "{ran:?}");
}
