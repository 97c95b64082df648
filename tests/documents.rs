//! Every example in the documents is run, or at least compiled: transcripts, scripts, C, what is for cron and for systemd, and
//! the examples of `--help`. What is in no language that somebody runs is no example.
//!
//! Python's are run by `tests/python/test_documents.py`, Rust's by rustdoc. In a transcript or a script the directories of
//! `tests/command/examples.in` are there, and … stands for what is left out.

#[path = "documents/blocks.rs"]
mod blocks;
#[path = "common/c.rs"]
mod c;
#[path = "common/c_programs.rs"]
mod c_programs;
#[path = "documents/figures.rs"]
mod figures;
#[path = "documents/schedules.rs"]
mod schedules;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use blocks::{Block, DOCUMENTS, TOP, blocks, documents, examples, read};
use tempfile::TempDir;

/// Those of whoever works on checksig: they show figures and shapes, and no examples.
const INTERNAL: [&str; 5] = ["ARCHITECTURE.md", "BENCHMARKS.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];

/// The languages of fenced blocks, and that of what is no example.
const RUN_HERE: [&str; 5] = ["console", "sh", "c", "crontab", "ini"];
const RUN_ELSEWHERE: [&str; 2] = ["python", "rust"];
const NO_EXAMPLE: &str = "text";

/// What may stand beside checksig in a transcript: what makes and damages files.
const TOOLS: [&str; 6] = ["cat", "cp", "mkdir", "mv", "sed", "touch"];

/// Programs whose calls in a script are not repeated here: they build and install, and `make test` does so.
const BUILDERS: [&str; 4] = ["make", "cc", "pip", "cargo"];

/// A directory in which examples are run, with what they are about.
fn sandbox() -> TempDir {
    // Mostly on a disk, where direct reads are taken.
    fs::create_dir_all(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    copy(&Path::new(TOP).join("tests/command/examples.in"), folder.path());
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &to) } else { fs::copy(entry.path(), to).map(drop).unwrap() }
    }
}

/// Runs a script in a sandbox, with the command on the PATH.
fn shell(script: &str, folder: &Path) -> Output {
    let command = Path::new(env!("CARGO_BIN_EXE_checksig")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([command.to_owned()].into_iter().chain(std::env::split_paths(&path))).unwrap();
    Command::new("sh").args(["-ec", script]).current_dir(folder).env("PATH", path).output().unwrap()
}

/// The same for one example: what fails in front of a bar fails it, where there is a shell that can be told so.
fn strict_shell(example: &str, folder: &Path) -> Output {
    if is_installed("bash") {
        return shell(&format!("exec bash -o pipefail -c '{}'", example.replace('\'', "'\\''")), folder);
    }
    shell(example, folder)
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    if !found {
        println!("NOT RUN: {program} is not installed");
    }
    found
}

/// Whether every program that is started behind a bar is there.
fn can_run(script: &str) -> bool {
    script.split(" | ").skip(1).filter_map(|part| part.split_whitespace().next()).all(is_installed)
}

#[test]
fn every_block_is_in_a_language_that_somebody_runs() {
    let mut documents = documents();
    documents.extend(INTERNAL.map(str::to_owned));
    for name in documents {
        for Block { language, line, text } in blocks(&read(&name)) {
            let is_transcript = language == NO_EXAMPLE && text.lines().any(|line| line.starts_with("$ checksig"));
            assert!(!is_transcript, "{name}:{line}: a transcript in a block that is no example");
            let is_internal = INTERNAL.contains(&&*name);
            let known = RUN_HERE.iter().chain(&RUN_ELSEWHERE).any(|known| language == *known);
            assert!(
                language == NO_EXAMPLE || known && !is_internal,
                "{name}:{line}: an example in \"{language}\" is run by nobody; say {NO_EXAMPLE} if it is none"
            );
        }
    }
    // No document may hide from this list.
    for folder in ["", "bindings/c", "bindings/python"] {
        for entry in fs::read_dir(Path::new(TOP).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(TOP).unwrap().to_str().unwrap().to_owned();
            let is_listed = DOCUMENTS.contains(&&*name) || INTERNAL.contains(&&*name);
            assert!(!name.ends_with(".md") || is_listed, "{name}: it is in neither list of documents");
        }
    }
}

/// What a document has of transcripts, on the lines on which it stands there; one goes on where the one before ended.
fn transcripts(name: &str) -> Option<String> {
    let blocks = blocks(&read(name)).into_iter().filter(|block| block.language == "console");
    let mut text = String::new();
    for block in blocks {
        let commands: Vec<_> = block.text.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
        let program = |command: &str| command.split(' ').next().unwrap_or_default().to_owned();
        assert!(!commands.is_empty(), "{name}:{}: a transcript of nothing", block.line);
        for command in commands {
            let is_known = program(command) == "checksig" || TOOLS.contains(&&*program(command));
            assert!(is_known, "{name}:{}: a transcript is of checksig: {command}", block.line);
        }
        // Both would let any line pass, the first any number of lines.
        let is_open = block.text.lines().find(|line| matches!(line.trim(), "..." | "…"));
        assert!(is_open.is_none() && !block.text.contains("[..]"), "{name}:{}: it promises nothing", block.line);
        text.push_str(&"\n".repeat(block.line - 1 - text.lines().count()));
        // What is left out for the sake of the reader.
        text.push_str(&format!("```console\n{}```\n", block.text.replace('…', "[..]")));
    }
    (!text.is_empty()).then_some(text)
}

#[test]
fn transcripts_are_true() {
    let folder = tempfile::tempdir().unwrap();
    let mut written: Vec<PathBuf> = Vec::new();
    for (name, text) in documents().into_iter().filter_map(|name| transcripts(&name).map(|text| (name, text))) {
        let stem = name.replace(['/', '.'], "-");
        fs::write(folder.path().join(format!("{stem}.md")), text).unwrap();
        copy(&Path::new(TOP).join("tests/command/examples.in"), &folder.path().join(format!("{stem}.in")));
        written.push(folder.path().join(format!("{stem}.md")));
    }
    assert!(written.len() >= 4, "{written:?}");
    let cases = trycmd::TestCases::new();
    cases.register_bin("checksig", Path::new(env!("CARGO_BIN_EXE_checksig")));
    for tool in TOOLS {
        cases.register_bin(tool, Path::new("/bin").join(tool).as_path());
    }
    for path in &written {
        cases.case(path);
    }
    cases.env("COLUMNS", "80").env("NO_COLOR", "1").run();
}

#[test]
fn scripts_run() {
    let mut run = 0;
    for (name, Block { text, line, .. }) in examples("sh") {
        let commands = commands(&text);
        let is_builder = |command: &&String| BUILDERS.contains(&command.split(' ').next().unwrap_or_default());
        if commands.iter().any(|command| is_builder(&command)) {
            // What is not run here has at least a rule, and nothing else hides beside it.
            let hidden = commands.iter().find(|command| !is_builder(command));
            assert_eq!(hidden, None, "{name}:{line}: it would not be run beside what builds");
            for target in commands.iter().filter_map(|command| command.strip_prefix("make ")) {
                let target = target.split(' ').next().unwrap_or_default();
                assert!(read("Makefile").contains(&format!("\n{target}:")), "{name}:{line}: no rule for {target}");
            }
            println!("NOT RUN: {name}:{line}");
            continue;
        }
        run += 1;
        if !can_run(&text) {
            continue;
        }
        let ran = shell(&text, sandbox().path());
        let is_content = ran.status.success() && says_nothing_but_pass(&ran);
        assert!(is_content && !ran.stdout.is_empty(), "{name}:{line}: {ran:?}");
    }
    assert!(run >= 2, "scripts are found");
}

/// Whether standard error has summaries of runs that passed, and nothing else.
fn says_nothing_but_pass(ran: &Output) -> bool {
    String::from_utf8_lossy(&ran.stderr).lines().all(|line| line.starts_with("checksig: PASS: "))
}

/// The commands of a script, without comments; what a line goes on with behind a backslash is its own.
fn commands(script: &str) -> Vec<String> {
    let joined = script.replace("\\\n", " ");
    let lines = joined.lines().map(|line| line.split(" #").next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn c_compiles() {
    let folder = tempfile::tempdir().unwrap();
    let examples = examples("c");
    let mut programs = 0;
    assert!(examples.len() >= 2);
    for (name, Block { text, line, .. }) in examples {
        if text.contains("int main(") {
            is_a_verifier(&format!("#line {} \"{name}\"\n{text}", line + 1));
            programs += 1;
            continue;
        }
        let file = folder.path().join("example.c");
        let around =
            "#include <checksig.h>\n#include <stdio.h>\nvoid example(const char *buffer, size_t buffer_len) {\n";
        let end = "(void)buffer; (void)buffer_len;\n}\n";
        fs::write(&file, format!("{around}#line {} \"{name}\"\n{text}{end}", line + 1)).unwrap();
        let mut cc = c::compiler("CC", "cc");
        cc.args(["-fsyntax-only", "-std=c11", "-Wno-unused-variable", "-Wno-unused-but-set-variable"]);
        c::must_run(cc.arg(format!("-I{TOP}/bindings/c")).arg(file));
    }
    assert!(programs >= 2, "whole programs are found");
}

/// Whole programs are given a directory, and their exit status says what they think of it.
fn is_a_verifier(text: &str) {
    let folder = sandbox();
    fs::write(folder.path().join("example.c"), text).unwrap();
    for program in c_programs::programs(&folder.path().join("example.c"), folder.path(), &[c_programs::Way::Shared]) {
        for (root, code) in [("photos", 0), ("damaged", 1), ("moved", 1), ("none", 1)] {
            let ran = program.run(&[folder.path().join(root).to_str().unwrap()]);
            // Where the run could not be done, either is right: the shorter way has one word for all that is no pass.
            assert!(ran.code == Some(code) || root == "none" && ran.code == Some(2), "{root}: {ran:?}\n{text}");
        }
    }
}

/// The commands under "Examples:" of a help text; a line that stands further in than the first goes on with what is said of it.
fn help_examples(help: &str) -> Vec<String> {
    let (_, below) = help.split_once("Examples:\n").unwrap_or_default();
    let lines = below.lines().take_while(|line| line.starts_with("  "));
    let lines: Vec<_> = lines.collect();
    // What is said of a command stands far from the edge; a command just off its place would be taken for that.
    let astray = lines.iter().find(|line| line.starts_with("   ") && line.trim_start().starts_with("checksig"));
    assert_eq!(astray, None);
    let commands = lines.into_iter().filter(|line| !line.starts_with("   "));
    // What it does stands behind it, some spaces off.
    commands.map(|line| line.trim().split("   ").next().unwrap().trim().to_owned()).collect()
}

fn can_read_directly(folder: &Path) -> bool {
    checksig::examine(folder).place.is_some_and(|place| place.direct_align.is_some())
}

#[test]
fn the_examples_of_help_run() {
    let help = |verb: &[&str]| {
        let ran = Command::new(env!("CARGO_BIN_EXE_checksig")).args(verb).arg("--help").env("COLUMNS", "100").output();
        String::from_utf8(ran.unwrap().stdout).unwrap()
    };
    let top = help(&[]);
    let verbs = top.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| line.starts_with("  "));
    let verbs: Vec<_> = verbs.filter(|line| !line.starts_with("   ")).collect();
    let verbs: Vec<_> = verbs.iter().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(verbs.contains(&"verify") && verbs.contains(&"doctor"), "{top}");
    // The drop-in's help is that of a sha1sum, and its examples are run below.
    let verbs: Vec<_> = verbs.into_iter().filter(|verb| *verb != "sha1sum").collect();
    for verb in std::iter::once(&[][..]).chain(verbs.iter().map(std::slice::from_ref)) {
        let examples = help_examples(&help(verb));
        assert!(examples.len() >= 2, "{verb:?}: help teaches by examples: {examples:?}");
        for example in examples {
            assert!(example.starts_with("checksig"), "{verb:?}: {example}");
            if !can_run(&example) {
                continue;
            }
            let sandbox = sandbox();
            if example.contains("--from-media") && !can_read_directly(&sandbox.path().join("photos")) {
                println!("NOT RUN: there are no direct reads here: {example}");
                continue;
            }
            // Where an example names no directory, it is in one: to create, in one without a manifest.
            let folder = match () {
                () if ["photos", "holiday"].iter().any(|name| example.contains(name)) => sandbox.path().to_owned(),
                () if example.contains(" create") => sandbox.path().join("holiday"),
                () => sandbox.path().join("photos"),
            };
            let ran = strict_shell(&example, &folder);
            assert!(ran.status.success() && says_nothing_but_pass(&ran), "{verb:?}: {example}: {ran:?}");
        }
    }
}

/// Those of its own help and those of its man page, each one behind the other, as the first writes what the second reads.
#[test]
fn the_examples_of_the_drop_in_run() {
    let ran = Command::new(env!("CARGO_BIN_EXE_checksig")).args(["sha1sum", "--help"]).output().unwrap();
    let source = read("src/bin/checksig/args/help.rs");
    let (_, after) = source.split_once("SHA1SUM_AFTER: &str = \"\\\n").expect("the words of the man page");
    for help in [String::from_utf8(ran.stdout).unwrap(), after.to_owned()] {
        let examples = help_examples(&help);
        assert!(examples.len() >= 2, "{examples:?}");
        let sandbox = sandbox();
        fs::write(sandbox.path().join("a.iso"), "a").unwrap();
        // What other examples need, and these would take for their own.
        fs::remove_file(sandbox.path().join("photos.sha1")).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_checksig"), sandbox.path().join("sha1sum")).unwrap();
        for example in examples {
            let ran = strict_shell(&format!("PATH=.:$PATH; {example}"), sandbox.path());
            assert!(ran.status.success() && ran.stderr.is_empty(), "{example}: {ran:?}");
        }
    }
}

#[test]
fn what_fails_in_front_of_a_bar_fails_the_script() {
    let folder = sandbox();
    assert!(!is_installed("bash") || !strict_shell("false | cat", folder.path()).status.success());
    assert!(strict_shell("true | cat", folder.path()).status.success());
}

#[test]
fn blocks_and_examples_are_found() {
    let found = blocks("a\n```console\n$ x\n```\n\n```\ny\n```\n");
    let found: Vec<_> = found.iter().map(|block| (&*block.language, block.line, &*block.text)).collect();
    assert_eq!(found, [("console", 2, "$ x\n"), ("", 6, "y\n")]);
    let help = "x\n\nExamples:\n  checksig a    it does\n  checksig b --long\n                what it does\n\nExit status:\n  0";
    assert_eq!(help_examples(help), ["checksig a", "checksig b --long"]);
    assert_eq!(commands("# x\na b  # c\n\nd \\\n  e\n"), ["a b", "d    e"]);
    for hidden in ["- x\n  ```sh\n  y\n  ```\n", "> ```sh\n> x\n> ```\n", "~~~sh\nx\n~~~\n"] {
        assert!(std::panic::catch_unwind(|| blocks(hidden)).is_err(), "{hidden}");
    }
}
