//! The live line on terminals of several widths: what it says, what goes above it, and that nothing of it is left.
//!
//! The tree takes minutes, as it has a file of a terabyte; every run is ended by Ctrl-C or by a signal.

use std::fs::{File, read_to_string};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::pty::{Terminal, unread};
use super::support::{CUT_OFF, Tree, digest, patiently};

/// A good file, a damaged one, and one that is long and holds nothing but a hole.
fn long() -> Tree {
    let mut tree = Tree::new();
    tree.file("first", b"").damaged("second", b"x");
    File::create(tree.at("long")).and_then(|file| file.set_len(1 << 40)).expect("a sparse file");
    tree.lists(&digest(b""), "long").write_manifest();
    tree
}

fn verify(tree: &Tree) -> Command {
    tree.command("verify")
}

fn send(terminal: &Terminal, signal: Signal) {
    let pid = Pid::from_raw(terminal.pid().try_into().expect("a process id")).expect("a process id");
    kill_process(pid, signal).expect("a signal");
}

/// Whether the live line, or what it is made of, stands there.
fn has_live_line(text: &str) -> bool {
    text.contains(" left") || text.contains('━') || text.contains('─')
}

#[test]
fn it_says_files_bytes_rate_and_the_time_left_and_is_gone_after_ctrl_c() {
    let tree = long();
    for (columns, bar) in [(40, false), (80, true), (200, true)] {
        let mut terminal = Terminal::start(&mut verify(&tree), columns);
        terminal.until(|text| text.contains(" left"));
        let line = terminal.last_line();
        assert!(line.contains("2 files") && line.contains("1 failed") && line.contains(" %"), "{line:?}");
        assert_eq!(line.contains('─'), bar, "{columns}: {line:?}");
        if bar {
            assert!(line.contains(" of 1.1 TB") && line.contains("B/s"), "{line:?}");
        }
        assert!(line.chars().count() < usize::from(columns), "{line:?}");
        let text = terminal.contents();
        assert_eq!(text.lines().filter(|line| has_live_line(line)).count(), 1, "{text}");
        // What has failed stands above it, with both digests.
        let failure = text.find("second: FAILED").expect("the failure, at once");
        assert!(failure < text.find(&line).expect("the line"), "{text}");
        let joined = text.replace('\n', "");
        assert!(joined.contains(&format!("expected {}", digest(b"x"))), "{text}");
        assert!(joined.contains(&format!("actual {}", digest(b"x!"))), "{text}");
        terminal.press(b"\x03");
        assert_eq!(terminal.end(), Some(130));
        let text = terminal.contents();
        assert!(!has_live_line(&text), "{columns}: {text}");
        assert!(text.replace('\n', "").contains("interrupted by SIGINT after 2 of 3 files"), "{text}");
    }
}

#[test]
fn a_terminal_that_becomes_narrower_keeps_nothing_of_it() {
    let tree = long();
    let mut terminal = Terminal::start(&mut verify(&tree), 200);
    terminal.until(|text| text.contains(" left"));
    terminal.resize(60);
    terminal.until(|text| text.lines().all(|line| line.chars().count() <= 60) && text.contains(" left"));
    std::thread::sleep(Duration::from_millis(300));
    terminal.press(b"\x03");
    assert_eq!(terminal.end(), Some(130));
    assert!(!has_live_line(&terminal.contents()), "{}", terminal.contents());
}

/// Standard output is a terminal that nobody reads, so that the first does not end it.
#[test]
fn a_second_ctrl_c_ends_it_at_once_and_leaves_no_line() {
    let mut tree = Tree::new();
    File::create(tree.at("large")).and_then(|file| file.set_len(1 << 31)).expect("a sparse file");
    tree.lists(&digest(b""), "large");
    for _ in 0..5000 {
        tree.lists(&digest(b""), "gone");
    }
    tree.write_manifest();
    // Had the second no effect, no attempt would end before the second is over that the first leaves it.
    patiently(|pause| {
        let (_master, out) = unread();
        let mut terminal = Terminal::start_beside(&mut verify(&tree), out.into(), 80);
        terminal.until(has_live_line);
        terminal.until(|text| text.contains("gone: missing") || !has_live_line(text));
        terminal.rest(pause.max(Duration::from_millis(500)));
        assert!(!has_live_line(&terminal.contents()), "it is stuck above the line: {}", terminal.contents());
        let begun = Instant::now();
        terminal.press(b"\x03");
        terminal.rest(Duration::from_millis(200));
        let waits = !terminal.has_ended();
        assert!(waits || begun.elapsed() > Duration::from_millis(900), "it has a second to end by itself");
        let pressed = Instant::now();
        terminal.press(b"\x03");
        assert_eq!(terminal.end(), Some(130));
        let took = pressed.elapsed();
        let text = terminal.contents().replace('\n', "");
        assert!(!has_live_line(&text) && text.contains("checksig: FAIL: interrupted by SIGINT after "), "{text}");
        assert!(text.contains(CUT_OFF), "{text}");
        (waits && took < Duration::from_millis(600)).then_some(())
    });
}

#[test]
fn a_status_line_that_was_asked_for_goes_above_it() {
    let tree = long();
    let mut terminal = Terminal::start(&mut verify(&tree), 120);
    terminal.until(has_live_line);
    send(&terminal, Signal::USR1);
    terminal.until(|text| text.contains("checksig: 2 of 3 files, 1 failed, "));
    terminal.until(has_live_line);
    assert!(has_live_line(&terminal.last_line()), "{}", terminal.contents());
    send(&terminal, Signal::TERM);
    assert_eq!(terminal.end(), Some(143));
    let text = terminal.contents();
    assert!(text.contains(" of about 1.1 TB in ") && text.matches("left").count() == 1, "{text}");
}

#[test]
fn there_is_none_where_nobody_could_see_it() {
    let tree = long();
    // Whoever reads the pipe most often writes to the same terminal.
    for (name, value, out) in [("TERM", "dumb", None), ("NO_COLOR", "", Some(Stdio::piped()))] {
        let mut command = verify(&tree);
        let mut terminal = match out {
            None => {
                // `start` says what the terminal is; `env` says something else after it.
                let mut plain = Command::new("env");
                plain.arg(format!("{name}={value}")).arg(env!("CARGO_BIN_EXE_checksig")).arg("verify");
                Terminal::start(plain.current_dir(tree.path()), 80)
            }
            Some(out) => Terminal::start_beside(&mut command, out, 80),
        };
        terminal.until(|text| text.contains("mismatch"));
        std::thread::sleep(Duration::from_millis(800));
        terminal.press(b"\x03");
        assert_eq!(terminal.end(), Some(130));
        let written = String::from_utf8_lossy(terminal.written()).into_owned();
        assert!(!has_live_line(&written) && !written.contains("\x1b[J"), "{written:?}");
    }
}

#[test]
fn it_is_there_while_the_lines_go_to_a_file() {
    let tree = long();
    let log = tree.at("log");
    for arguments in [&[][..], &["--json"]] {
        let out = File::create(&log).expect("a file");
        let mut terminal = Terminal::start_beside(verify(&tree).args(arguments), out.into(), 80);
        terminal.until(|text| text.contains(" left"));
        terminal.press(b"\x03");
        assert_eq!(terminal.end(), Some(130));
        assert!(!has_live_line(&terminal.contents()), "{}", terminal.contents());
        let text = read_to_string(&log).expect("text");
        assert!(text.contains("first") && !text.contains('\x1b') && !has_live_line(&text), "{text}");
    }
}
