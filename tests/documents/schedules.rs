//! What the documents have for cron and for systemd: its form is looked at, and its commands are run.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::blocks::{Block, examples, read};
use crate::{can_read_directly, is_installed, sandbox, says_nothing_but_pass, shell};

/// A command for a machine where the directories of `examples.in` are in /srv, as one for the sandbox.
fn moved_into(folder: &Path, command: &str) -> String {
    assert!(command.starts_with("/usr/local/bin/checksig "), "{command}");
    let command = command.replace("/usr/local/bin/checksig", env!("CARGO_BIN_EXE_checksig"));
    command.replace("/srv/", &format!("{}/", folder.display()))
}

#[test]
fn lines_of_crontabs_run() {
    let examples = examples("crontab");
    assert!(examples.len() >= 2);
    for (name, Block { text, line, .. }) in examples {
        let is_variable = |line: &&str| line.split(' ').next().is_some_and(|first| first.contains('='));
        let lines: Vec<_> = text.lines().filter(|line| !is_variable(line)).collect();
        assert!(!lines.is_empty(), "{name}:{line}: nothing is run");
        for job in lines {
            let fields: Vec<_> = job.splitn(6, ' ').collect();
            let [times @ .., command] = &fields[..] else { panic!("{name}:{line}: {job}") };
            let is_time = |time: &&str| time.chars().all(|letter| letter.is_ascii_digit() || "*/,-".contains(letter));
            assert!(times.len() == 5 && times.iter().all(is_time), "{name}:{line}: five fields, then a command: {job}");
            // cron takes it for the end of a line.
            assert!(!command.contains('%'), "{name}:{line}: {job}");
            let folder = sandbox();
            if command.contains("--from-media") && !can_read_directly(&folder.path().join("photos")) {
                println!("NOT RUN: there are no direct reads here: {command}");
                continue;
            }
            let ran = shell(&moved_into(folder.path(), command), folder.path());
            // cron would send a mail of anything else.
            let is_quiet = ran.stdout.is_empty() && ran.stderr.is_empty();
            assert!(ran.status.success() && is_quiet, "{name}:{line}: {ran:?}");
            // And of damage it has to.
            fs::write(folder.path().join("photos/b.jpg"), "bete").unwrap();
            let ran = shell(&moved_into(folder.path(), command), folder.path());
            assert!(
                !ran.stdout.is_empty() || !ran.stderr.is_empty(),
                "{name}:{line}: nobody would hear of damage: {job}"
            );
        }
    }
}

#[test]
fn units_of_systemd_are_valid_and_their_commands_run() {
    let (folder, units) = (sandbox(), tempfile::tempdir().unwrap());
    let examples = examples("ini");
    let mut paths = Vec::new();
    for (name, Block { text, line, .. }) in &examples {
        let unit = text.lines().next().and_then(|line| line.strip_prefix("# /etc/systemd/system/"));
        let unit = unit.unwrap_or_else(|| panic!("{name}:{line}: the first line says which unit it is"));
        let mut lines = Vec::new();
        for text in text.lines() {
            let Some(command) = text.strip_prefix("ExecStart=") else {
                lines.push(text.to_owned());
                continue;
            };
            let command = moved_into(folder.path(), command);
            let ran = shell(&command, folder.path());
            assert!(ran.status.success() && says_nothing_but_pass(&ran), "{name}:{line}: {ran:?}");
            lines.push(format!("ExecStart={command}"));
        }
        paths.push(units.path().join(unit));
        fs::write(units.path().join(unit), lines.join("\n")).unwrap();
    }
    // What systemd is to be told is about no other units.
    for (name, _) in &examples {
        for word in read(name).split(|letter: char| letter.is_whitespace() || letter == '`') {
            let is_unit = word.starts_with("checksig-") && (word.ends_with(".service") || word.ends_with(".timer"));
            assert!(!is_unit || paths.contains(&units.path().join(word)), "{name}: no unit is called {word}");
        }
    }
    let has = |end: &str| paths.iter().any(|path| path.extension().is_some_and(|found| found == end));
    assert!(has("service") && has("timer"), "{paths:?}");
    if is_installed("systemd-analyze") {
        let ran = Command::new("systemd-analyze").arg("verify").args(&paths).output().unwrap();
        // It tells of the machine's own units, too.
        let said = String::from_utf8_lossy(&ran.stderr);
        let ours = said.lines().find(|line| line.contains("checksig"));
        assert!(ran.status.success() && ours.is_none(), "{said}");
    }
}
