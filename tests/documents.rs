//! Every example in the documents is run, or at least compiled: transcripts, scripts, C, and the examples of `--help`. What is
//! in no language that somebody runs is no example.
//!
//! Python's are run by `tests/python/test_documents.py`, Rust's by rustdoc. In a transcript or a script the directories of
//! `tests/command/examples.in` are there, and … stands for what is left out.

#[path = "common/c.rs"]
mod c;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const TOP: &str = env!("CARGO_MANIFEST_DIR");

/// The documents of users, beside whatever is in `docs`.
const DOCUMENTS: [&str; 3] = ["README.md", "bindings/c/README.md", "bindings/python/README.md"];

/// Those of whoever works on checksig: they show figures and shapes, and no examples.
const INTERNAL: [&str; 5] = ["ARCHITECTURE.md", "BENCHMARKS.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];

/// The languages of fenced blocks, and that of what is no example.
const RUN_HERE: [&str; 3] = ["console", "sh", "c"];
const RUN_ELSEWHERE: [&str; 2] = ["python", "rust"];
const NO_EXAMPLE: &str = "text";

/// Programs whose calls in a script are not repeated here: they build and install, and `make test` does so.
const BUILDERS: [&str; 4] = ["make", "cc", "pip", "cargo"];

/// A fenced block of a document.
#[derive(Clone, Debug)]
struct Block {
    language: String,
    line: usize,
    text: String,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside = false;
    for (at, line) in text.lines().enumerate() {
        let is_hidden = line.trim_start_matches([' ', '>', '-', '*']).starts_with("```") && !line.starts_with("```");
        assert!(!is_hidden && !line.trim_start().starts_with("~~~"), "line {}: a block that nobody would find", at + 1);
        match line.strip_prefix("```") {
            Some(_) if inside => inside = false,
            Some(language) => {
                inside = true;
                blocks.push(Block { language: language.to_owned(), line: at + 1, text: String::new() });
            }
            None if inside => {
                let block = blocks.last_mut().expect("it was begun");
                block.text.push_str(line);
                block.text.push('\n');
            }
            None => {}
        }
    }
    assert!(!inside, "a block is not closed");
    blocks
}

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(TOP).join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The documents of users: each has its name.
fn documents() -> Vec<String> {
    let folder = fs::read_dir(Path::new(TOP).join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = folder.filter(|path| path.extension().is_some_and(|end| end == "md"));
    let pages = pages.map(|path| format!("docs/{}", path.file_name().unwrap().to_str().unwrap()));
    let documents: Vec<_> = DOCUMENTS.map(str::to_owned).into_iter().chain(pages).collect();
    assert!(documents.len() > DOCUMENTS.len(), "docs has pages");
    documents
}

/// The blocks of all of them in one language.
fn examples(language: &str) -> Vec<(String, Block)> {
    let of = |name: String| blocks(&read(&name)).into_iter().map(move |block| (name.clone(), block));
    documents().into_iter().flat_map(of).filter(|(_, block)| block.language == language).collect()
}

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

#[test]
fn transcripts_are_true() {
    let folder = tempfile::tempdir().unwrap();
    let mut examples = examples("console");
    let mut written: Vec<PathBuf> = Vec::new();
    for (name, block) in &mut examples {
        let commands: Vec<_> = block.text.lines().filter(|line| line.starts_with("$ ")).collect();
        assert!(!commands.is_empty(), "{name}:{}: a transcript of nothing", block.line);
        for line in commands {
            assert!(line.starts_with("$ checksig "), "{name}:{}: a transcript is of checksig: {line}", block.line);
        }
        // Both would let any line pass, the first any number of lines.
        let is_open = block.text.lines().find(|line| matches!(line.trim(), "..." | "…"));
        assert!(is_open.is_none() && !block.text.contains("[..]"), "{name}:{}: it promises nothing", block.line);
        let stem = format!("{}-{}", name.replace(['/', '.'], "-"), block.line);
        // What is left out for the sake of the reader.
        let text = format!("```console\n{}```\n", block.text.replace('…', "[..]"));
        fs::write(folder.path().join(format!("{stem}.md")), text).unwrap();
        copy(&Path::new(TOP).join("tests/command/examples.in"), &folder.path().join(format!("{stem}.in")));
        written.push(folder.path().join(format!("{stem}.md")));
    }
    assert!(written.len() >= 2, "{written:?}");
    let cases = trycmd::TestCases::new();
    cases.register_bin("checksig", Path::new(env!("CARGO_BIN_EXE_checksig")));
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
        let is_content = ran.status.success() && ran.stderr.is_empty();
        assert!(is_content && !ran.stdout.is_empty(), "{name}:{line}: {ran:?}");
    }
    assert!(run >= 2, "scripts are found");
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
    assert!(examples.len() >= 2);
    for (name, Block { text, line, .. }) in examples {
        let file = folder.path().join("example.c");
        let around =
            "#include <checksig.h>\n#include <stdio.h>\nvoid example(const char *buffer, size_t buffer_len) {\n";
        let end = "(void)buffer; (void)buffer_len;\n}\n";
        fs::write(&file, format!("{around}#line {} \"{name}\"\n{text}{end}", line + 1)).unwrap();
        let mut cc = c::compiler("CC", "cc");
        cc.args(["-fsyntax-only", "-std=c11", "-Wno-unused-variable", "-Wno-unused-but-set-variable"]);
        c::must_run(cc.arg(format!("-I{TOP}/bindings/c")).arg(file));
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
            let said = String::from_utf8_lossy(&ran.stderr);
            let is_content = said.lines().all(|line| line.starts_with("checksig: PASS: "));
            assert!(ran.status.success() && is_content, "{verb:?}: {example}: {ran:?}");
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
