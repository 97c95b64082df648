//! `checksig sha1sum` where GNU's cannot stand beside it: broken output, closed descriptors, little memory, terminals, files
//! that change, and what is its own.
//!
//! What both do alike is compared in `tests/differential`.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::support::{Ran, Tree, checksig, digest, fifo, has, run, wait};

/// Called by its name in a tree, as if it were installed so.
fn called(tree: &Tree, words: &[&str]) -> Command {
    let mut command = checksig();
    command.arg0("sha1sum").args(words).current_dir(tree.path()).env("LC_ALL", "C");
    command
}

/// By a shell, with redirections and limits.
fn by_shell(tree: &Tree, line: &str) -> Ran {
    let mut shell = Command::new("bash");
    shell.args(["-c", line, env!("CARGO_BIN_EXE_checksig")]).current_dir(tree.path()).env("LC_ALL", "C");
    run(&mut shell)
}

fn sound() -> Tree {
    let tree = Tree::sound();
    tree.write_manifest();
    tree
}

#[test]
fn the_verb_and_the_name_are_the_same_program() {
    let tree = sound();
    let by_verb = run(checksig().args(["sha1sum", "-c", "sha1sum.txt", "gone"]).current_dir(tree.path()));
    assert_eq!(by_verb, run(&mut called(&tree, &["-c", "sha1sum.txt", "gone"])));
    assert_eq!(by_verb.status, Some(1));
    assert_eq!(by_verb.text(), "a: OK\nb: OK\n");
    assert_eq!(by_verb.err, "sha1sum: gone: No such file or directory\n");
    let by_path = run(checksig().arg0("/usr/local/bin/sha1sum").arg("-q").current_dir(tree.path()));
    let path = "/usr/local/bin/sha1sum";
    assert_eq!(by_path.err, format!("{path}: invalid option -- 'q'\nTry '{path} --help' for more information.\n"));
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let tree = sound();
    for words in [&["a"][..], &["-c", "sha1sum.txt"], &["--help"], &["--version"]] {
        let full = OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
        let ran = run(called(&tree, words).stdout(full));
        assert_eq!((ran.status, &ran.err[..]), (Some(1), "sha1sum: write error\n"), "{words:?}");
        let ran = by_shell(&tree, &format!("exec \"$0\" sha1sum {} >&-", words.join(" ")));
        assert_eq!((ran.status, &ran.err[..]), (Some(1), "sha1sum: write error: Bad file descriptor\n"), "{words:?}");
    }
    let silent = by_shell(&tree, "exec \"$0\" sha1sum --status -c sha1sum.txt >&-");
    assert_eq!((silent.status, &silent.err[..]), (Some(0), ""), "nothing was to be written");
}

#[test]
fn a_message_that_is_lost_is_told_by_the_status() {
    let mut tree = Tree::sound();
    tree.line("nonsense").write_manifest();
    for redirection in ["2>&-", "2>/dev/full"] {
        let ran = by_shell(&tree, &format!("exec \"$0\" sha1sum -c sha1sum.txt {redirection}"));
        assert_eq!((ran.status, ran.text()), (Some(1), "a: OK\nb: OK\n"), "{redirection}");
    }
    assert_eq!(run(&mut called(&tree, &["-c", "sha1sum.txt"])).status, Some(0));
}

#[test]
fn a_closed_pipe_ends_it_as_it_ends_sha1sum() {
    let mut tree = Tree::new();
    tree.file("a", b"");
    for _ in 0..100_000 {
        tree.lists(&digest(b""), "a");
    }
    tree.write_manifest();
    let mut command = called(&tree, &["-c", "sha1sum.txt"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
    lines.read_line(&mut String::new()).expect("a line");
    drop(lines);
    assert_eq!(wait(&mut child).signal(), Some(13), "SIGPIPE, of which a shell says nothing");
    assert_eq!(std::io::read_to_string(child.stderr.take().expect("a pipe")).expect("text"), "");
    let told = by_shell(&tree, "trap '' PIPE; \"$0\" sha1sum -c sha1sum.txt | head -n 1");
    assert_eq!(told.err, "sha1sum: write error\n", "who ignores the signal wants to hear of it");
}

#[test]
fn standard_input_that_is_closed_is_no_empty_file() {
    let tree = sound();
    let closed = "sha1sum: standard input: Bad file descriptor\n";
    let ran = by_shell(&tree, "exec \"$0\" sha1sum a - <&-");
    assert_eq!((ran.status, ran.text()), (Some(1), &format!("{}  a\n", digest(b"alpha"))[..]));
    assert_eq!(ran.err, format!("sha1sum: -: Bad file descriptor\n{closed}"));
    let ran = by_shell(&tree, "exec \"$0\" sha1sum -c <&-");
    assert_eq!((ran.status, ran.err), (Some(1), format!("sha1sum: 'standard input': read error\n{closed}")));
}

#[test]
fn small_work_fits_into_64_mib_of_addresses() {
    let tree = sound();
    for words in ["a b", "-c sha1sum.txt"] {
        let ran = by_shell(&tree, &format!("ulimit -v 65536; exec \"$0\" sha1sum {words}"));
        assert_eq!((ran.status, &ran.err[..]), (Some(0), ""), "{words}");
    }
}

#[test]
fn a_huge_line_ends_nothing_and_passes_nothing() {
    let tree = sound();
    // 600 MB of one line, for a process that may have 400 MB of addresses.
    let line = "{ head -c 600M /dev/zero | tr '\\0' x; echo; cat sha1sum.txt; } \
                | (ulimit -v 400000; exec \"$0\" sha1sum -cw; )";
    let ran = by_shell(&tree, line);
    assert_eq!((ran.status, ran.text()), (Some(1), "a: OK\nb: OK\n"), "{ran:?}");
    let warnings = "sha1sum: 'standard input': 1: improperly formatted SHA1 checksum line\n\
                    sha1sum: WARNING: 1 line is improperly formatted\n";
    assert_eq!(ran.err, warnings);
}

#[test]
fn a_name_does_not_end_at_a_nul() {
    let mut tree = Tree::sound();
    tree.line(&format!("{}  a\0b", digest(b"alpha"))).write_manifest();
    let ran = run(&mut called(&tree, &["-c", "sha1sum.txt"]));
    assert_eq!((ran.status, ran.text()), (Some(1), "a: OK\nb: OK\n"), "without --strict, too");
    assert_eq!(ran.err, "sha1sum: WARNING: 1 line is improperly formatted\n");
}

#[test]
fn lines_are_checked_as_they_come() {
    let tree = sound();
    let mut command = called(&tree, &["-c"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the command starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut input = child.stdin.take().expect("a pipe");
    for (name, content) in [("a", &b"alpha"[..]), ("b", b"")] {
        writeln!(input, "{}  {name}", digest(content)).expect("a line");
        let mut line = String::new();
        lines.read_line(&mut line).expect("a line");
        assert_eq!(line, format!("{name}: OK\n"));
    }
    // Half a line, or one that says nothing, keeps nothing back either.
    for (name, behind) in [("a", digest(b"")), ("b", "  ".to_owned()), ("c", "# a comment\n".to_owned())] {
        // In one write, as a co-process does.
        let lines_now = match name {
            "a" => format!("{}  a\n{behind}", digest(b"alpha")),
            "b" => format!("  b\n{}{behind}", digest(b"alpha")),
            _ => format!("a\n{behind}"),
        };
        input.write_all(lines_now.as_bytes()).expect("lines");
        let mut line = String::new();
        lines.read_line(&mut line).expect("a line");
        assert_eq!(line, format!("{}: OK\n", if name == "c" { "a" } else { name }));
    }
    drop(input);
    assert!(wait(&mut child).success());
}

#[test]
fn a_file_before_standard_input_does_not_wait_for_it() {
    let tree = sound();
    let mut command = called(&tree, &["a", "-", "b"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the command starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut next = || lines.next().expect("a line").expect("text");
    assert_eq!(next(), format!("{}  a", digest(b"alpha")));
    child.stdin.take().expect("a pipe").write_all(b"typed").expect("a pipe");
    assert_eq!(next(), format!("{}  -", digest(b"typed")));
    assert_eq!(next(), format!("{}  b", digest(b"")));
    assert!(wait(&mut child).success());
}

#[test]
fn fifos_and_process_substitutions_are_read() {
    let tree = sound();
    fifo(&tree.at("pipe"));
    let ran = by_shell(&tree, "cat a > pipe & exec \"$0\" sha1sum pipe <(cat a) /dev/null");
    let (alpha, empty) = (digest(b"alpha"), digest(b""));
    let lines: Vec<&str> = ran.text().lines().collect();
    assert_eq!((lines[0], lines[2]), (&format!("{alpha}  pipe")[..], &format!("{empty}  /dev/null")[..]));
    assert!(lines[1].starts_with(&format!("{alpha}  /dev/fd/")) && ran.status == Some(0), "{ran:?}");
    let line = format!("(sleep 0.2; cat a > pipe) & exec \"$0\" sha1sum -c <(echo '{alpha}  pipe')");
    assert_eq!(by_shell(&tree, &line).text(), "pipe: OK\n");
}

/// Each has a writer that waits, and would be ended by a signal if it were opened and closed again.
#[test]
fn many_fifos_are_read_with_few_descriptors() {
    let tree = sound();
    for (count, limit) in [(80, 1_024), (60, 40)] {
        let line = format!(
            "for at in $(seq {count}); do mkfifo p$at; (cat a > p$at) & done; sleep 0.3; ulimit -n {limit}; \
             timeout 20 \"$0\" sha1sum $(seq -f p%g {count}); status=$?; rm p*; jobs -p | xargs -r kill 2>&-; exit $status"
        );
        let ran = by_shell(&tree, &line);
        let expected: String = (1..=count).map(|at| format!("{}  p{at}\n", digest(b"alpha"))).collect();
        assert_eq!((ran.status, ran.text(), &ran.err[..]), (Some(0), &expected[..], ""), "{count}");
    }
}

#[test]
fn files_of_proc_are_read_though_their_size_is_nothing() {
    let tree = sound();
    let Ok(version) = fs::read("/proc/version") else { return println!("NOT RUN: there is no /proc/version") };
    let line = format!("{}  /proc/version", digest(&version));
    assert_eq!(run(&mut called(&tree, &["/proc/version"])).text(), format!("{line}\n"));
    fs::write(tree.at("m"), line).expect("a manifest");
    assert_eq!(run(&mut called(&tree, &["-c", "m"])).text(), "/proc/version: OK\n");
}

#[test]
fn names_are_as_compat_says_and_quoted_on_a_terminal() {
    let mut tree = Tree::new();
    tree.file("a b", b"").file("\x1b[31m\u{202e}", b"").write_manifest();
    let raw = "a b: OK\n\x1b[31m\u{202e}: OK\n";
    let quoted = "'a b': OK\n''$'\\033''[31m'$'\\342\\200\\256': OK\n";
    let names = |words: &[&str]| {
        let ran = run(called(&tree, words).env("LC_ALL", "C.UTF-8"));
        ran.text().to_owned()
    };
    assert_eq!(names(&["-c", "sha1sum.txt"]), raw);
    assert_eq!(names(&["-c", "--compat", "9.1", "sha1sum.txt"]), raw);
    assert_eq!(names(&["-c", "--compat=9.11", "sha1sum.txt"]), quoted);
    if !has("script") {
        return;
    }
    let shown = |options: &str| {
        let line = format!("{} sha1sum -c {options} sha1sum.txt", env!("CARGO_BIN_EXE_checksig"));
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).current_dir(tree.path()).stdin(Stdio::null());
        run(&mut command).text().replace("\r\n", "\n")
    };
    assert_eq!((shown(""), shown("--compat=9.1")), (quoted.to_owned(), raw.to_owned()));
}

/// A file that is truncated and written anew all the time: whatever is said of it, it is never that it matches bytes that it
/// never held, and hashing gives a digest that it had or an error.
#[test]
fn a_file_that_changes_never_passes_for_another() {
    let tree = sound();
    let contents = [vec![b'1'; 300_000], vec![b'2'; 200_000]];
    let over = std::sync::atomic::AtomicBool::new(false);
    // Digests of what was there whole at some time, or half written.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for content in contents.iter().cycle() {
                if over.load(std::sync::atomic::Ordering::Relaxed) {
                    return;
                }
                fs::write(tree.at("moving"), content).expect("a file");
            }
        });
        let never = digest(&[b'1'; 250_000]);
        fs::write(tree.at("m"), format!("{never}  moving\n")).expect("a manifest");
        for _ in 0..30 {
            let ran = run(&mut called(&tree, &["-c", "m"]));
            assert_eq!(ran.status, Some(1), "{ran:?}");
            assert!(ran.text().starts_with("moving: FAILED"), "{ran:?}");
            let ran = run(&mut called(&tree, &["moving"]));
            let told = ran.status == Some(0) && ran.text().ends_with("  moving\n");
            assert!(told || ran.err.starts_with("sha1sum: moving: ") && ran.status == Some(1), "{ran:?}");
        }
        over.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

/// Two processes, and a reader who keeps their pipe full: what Linux writes in two pieces comes apart there.
#[test]
fn lines_of_several_processes_on_one_pipe_stay_whole() {
    let mut tree = Tree::new();
    for name in ["one", "two"] {
        tree.file(name, b"");
    }
    for (options, end) in [("", '\n'), ("--zero", '\0'), ("--tag", '\n')] {
        let program = format!(
            "for name in one two; do yes $name | head -n 6000 | xargs -n 6000 \"$0\" sha1sum {options} & done; wait"
        );
        let mut shell = Command::new("bash");
        shell.args(["-c", &program, env!("CARGO_BIN_EXE_checksig")]).current_dir(tree.path());
        let mut child = shell.stdout(Stdio::piped()).spawn().expect("a shell");
        let mut pipe = child.stdout.take().expect("a pipe");
        let (mut came, mut piece) = (Vec::new(), [0; 1_000]);
        loop {
            let count = std::io::Read::read(&mut pipe, &mut piece).expect("a pipe");
            if count == 0 {
                break;
            }
            came.extend_from_slice(&piece[..count]);
            std::thread::sleep(Duration::from_micros(20));
        }
        assert!(wait(&mut child).success());
        let came = String::from_utf8(came).expect("text");
        let empty = digest(b"");
        let whole = |line: &str| {
            ["one", "two"]
                .iter()
                .any(|name| line == format!("{empty}  {name}") || line == format!("SHA1 ({name}) = {empty}"))
        };
        let torn: Vec<&str> = came.split_terminator(end).filter(|line| !whole(line)).collect();
        assert_eq!((torn, came.matches(&empty).count()), (vec![], 12_000), "{options}");
    }
}

/// A manifest that is still being written keeps nobody: its next line may never come. Threads of the run are waited for a second
/// and more; the best of a few tries says that none were, also where many processes want the CPU.
#[test]
fn broken_output_ends_it_though_the_manifest_goes_on() {
    let tree = sound();
    for (is_full, status) in [(true, (Some(1), None)), (false, (None, Some(13)))] {
        let took = |_| {
            let out = if is_full {
                Stdio::from(OpenOptions::new().write(true).open("/dev/full").expect("/dev/full"))
            } else {
                Stdio::from(std::io::pipe().expect("a pipe").1)
            };
            let mut command = called(&tree, &["-c"]);
            command.stdin(Stdio::piped()).stdout(out).stderr(Stdio::null());
            let mut child = command.spawn().expect("the command starts");
            let mut input = child.stdin.take().expect("a pipe");
            writeln!(input, "{}  a", digest(b"alpha")).expect("a line");
            let begun = Instant::now();
            let ended = wait(&mut child);
            assert_eq!((ended.code(), ended.signal()), status);
            begun.elapsed()
        };
        let best = (0..3).map(took).min().expect("tries");
        assert!(best < Duration::from_millis(900), "{best:?}");
    }
}
