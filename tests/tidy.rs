//! Style as a test: the floors, the fence around `unsafe`, the length and the first lines of files, and what a library
//! must not say.
//!
//! Each rule is a function of one file's path and text, and is shown here to fail on a small bad file. A rule that
//! stands in the way is to be changed here, with its reason, and not worked around.

#[path = "common/rust_source.rs"]
mod rust_source;

use std::fs;
use std::path::Path;

use rust_source::Source;

/// The modules of the library and the floor of each. A module names only modules on lower floors.
const FLOORS: [(&str, u32); 19] = [
    ("digest", 1),
    ("filekind", 1),
    ("limits", 1),
    ("readerkind", 1),
    ("relpath", 1),
    ("shown", 1),
    ("sync", 1),
    ("hash", 2),
    ("manifest", 2),
    ("root", 2),
    ("verdict", 2),
    ("error", 3),
    ("plan", 3),
    ("report", 3),
    ("read", 4),
    ("engine", 5),
    ("capi", FACES),
    // Not a module: what `lib.rs` has at the top of the crate, which faces use as anyone else does.
    ("crate", FACES),
    ("lib", FACES),
];
const FACES: u32 = 6;

/// What single modules must not name although the floors would let them: `hash` and `manifest` see neither files nor
/// threads; `plan` carries the digests that entries list but can make none; `read` sees no digest at all.
const BLIND_TO: [(&str, &[&str]); 4] = [
    ("hash", &["std::fs", "std::thread", "rustix", "crossbeam"]),
    ("manifest", &["std::fs", "std::thread", "rustix", "crossbeam"]),
    ("plan", &["crate::hash", "sha1", "hex"]),
    ("read", &["crate::digest", "crate::manifest", "crate::hash", "sha1", "hex"]),
];

/// The only files, and folders, with `unsafe` code.
const UNSAFE: [&str; 16] = [
    "src/bin/checksig/allowance.rs",
    "src/bin/checksig/given.rs",
    "src/engine/idle.rs",
    "src/engine/softlimit.rs",
    "src/hash/sha1/sha_ni.rs",
    "src/hash/sha1/avx2.rs",
    "src/hash/sha1/avx512.rs",
    "src/read/buffers.rs",
    "src/read/layout.rs",
    "src/read/guard/signal.rs",
    "src/read/mapped.rs",
    "src/read/mapped/",
    "src/read/residency.rs",
    "src/read/uring/ring.rs",
    "src/root.rs",
    "src/capi/",
];

const LINES_MAX: usize = 400;

type Rule = fn(&Source) -> Vec<String>;

fn at(source: &Source, line: usize, complaint: &str) -> String {
    format!("{}:{line}: {complaint}", source.path)
}

/// The module of the library that the file belongs to.
fn library_module(source: &Source) -> Option<&str> {
    let inner = source.path.strip_prefix("src/").filter(|inner| !inner.starts_with("bin/"))?;
    inner.split('/').next().map(|first| first.strip_suffix(".rs").unwrap_or(first))
}

fn names_only_lower_floors(source: &Source) -> Vec<String> {
    let Some(module) = library_module(source).filter(|module| *module != "lib") else { return Vec::new() };
    let floor = |wanted: &str| FLOORS.iter().find(|(name, _)| *name == wanted).map(|(_, floor)| *floor);
    let Some(own) = floor(module) else {
        return vec![at(source, 1, &format!("module `{module}` stands on no floor; give it one in FLOORS"))];
    };
    let complaint = |(line, path): (usize, Vec<String>)| {
        let [root, rest @ ..] = &path[..] else { return None };
        let named = rest.first().map_or("crate", String::as_str);
        if root != "crate" || named == module {
            return None;
        }
        // What is no module is an item at the top of the crate.
        let fault = match floor(named).unwrap_or(FACES) {
            FACES if own == FACES && named != "capi" => return None,
            other if other < own => return None,
            other => format!(
                "`{module}` (floor {own}) names `crate::{named}` (floor {other}): only lower floors may be named"
            ),
        };
        Some(at(source, line, &fault))
    };
    source.paths().into_iter().filter_map(complaint).collect()
}

fn names_nothing_it_must_not_see(source: &Source) -> Vec<String> {
    let module = library_module(source);
    let Some((module, blind_to)) = BLIND_TO.iter().find(|(name, _)| Some(*name) == module) else { return Vec::new() };
    let hidden =
        |path: &str| blind_to.iter().find(|hidden| path == **hidden || path.starts_with(&format!("{hidden}::")));
    let complaint = |(line, path): (usize, Vec<String>)| {
        hidden(&path.join("::")).map(|hidden| at(source, line, &format!("`{module}` must not see `{hidden}`")))
    };
    source.paths().into_iter().filter_map(complaint).collect()
}

/// The command is a user of the library as any other: it must not take files of the library into itself.
fn command_uses_the_library_from_outside(source: &Source) -> Vec<String> {
    if !source.path.starts_with("src/bin/") {
        return Vec::new();
    }
    let taken = source.tokens().into_iter().filter(|token| token.text == "path" || token.text == "include");
    let taken =
        taken.filter(|token| source.text.lines().nth(token.line - 1).is_some_and(|line| line.contains(".rs\"")));
    let taken = taken.map(|token| at(source, token.line, "the command must not include files of the library"));
    let inside =
        |path: &[String]| path[0] == "crate" && path.len() > 1 && FLOORS.iter().any(|(name, _)| *name == path[1]);
    let named = source.paths().into_iter().filter(|(_, path)| inside(path));
    let named =
        named.map(|(line, path)| at(source, line, &format!("`{}`: say `checksig::` for the library", path.join("::"))));
    taken.chain(named).collect()
}

fn lib_has_no_logic(source: &Source) -> Vec<String> {
    let functions = source.tokens().into_iter().filter(|token| source.path == "src/lib.rs" && token.text == "fn");
    functions.map(|token| at(source, token.line, "lib.rs has no functions")).collect()
}

fn unsafe_stays_in_its_fence(source: &Source) -> Vec<String> {
    let fenced =
        UNSAFE.iter().any(|place| source.path == *place || place.ends_with('/') && source.path.starts_with(place));
    if fenced || !source.path.starts_with("src/") {
        return Vec::new();
    }
    let words = source.tokens().into_iter().filter(|token| token.text == "unsafe");
    words.map(|token| at(source, token.line, "`unsafe` outside the files of UNSAFE")).collect()
}

fn is_short(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    let complaint = || format!("{}: {lines} lines; the most is {LINES_MAX}: give part of its work a file", source.path);
    (lines > LINES_MAX).then(complaint).into_iter().collect()
}

fn says_what_it_is_for(source: &Source) -> Vec<String> {
    let fault = if source.path.ends_with(".rs") {
        let header: Vec<&str> = source.text.lines().take_while(|line| line.starts_with("//!")).collect();
        match header[..] {
            [] => "the first line must be `//!` and say what the file is for",
            _ if !header.iter().any(|line| line.ends_with('.')) => {
                "the `//!` header must hold a whole sentence, with its full stop"
            }
            _ => return Vec::new(),
        }
    } else if source.path.ends_with(".py") {
        let first = source.text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'));
        match first {
            Some(line) if !line.starts_with(['"', '\'']) && !line.starts_with("r\"") => {
                "the file must begin with a docstring"
            }
            _ => return Vec::new(),
        }
    } else {
        return Vec::new();
    };
    vec![at(source, 1, fault)]
}

fn nothing_is_left_to_do(source: &Source) -> Vec<String> {
    let tokens = source.tokens();
    let macros = tokens
        .windows(2)
        .filter(|pair| matches!(pair[0].text, "todo" | "unimplemented" | "dbg") && pair[1].text == "!");
    let macros = macros.map(|pair| at(source, pair[0].line, &format!("`{}!` is left", pair[0].text)));
    let marks = source
        .comments
        .lines()
        .zip(1..)
        .filter(|(line, _)| ["TODO", "FIXME", "XXX"].iter().any(|mark| line.contains(mark)));
    macros.chain(marks.map(|(_, line)| at(source, line, "a comment leaves something to do"))).collect()
}

/// Tests may print what they skip; the walk below leaves whole files of tests out of this rule.
fn library_neither_prints_nor_exits(source: &Source) -> Vec<String> {
    if library_module(source).is_none_or(|module| module == "capi") {
        return Vec::new();
    }
    let source = source.without_tests();
    let tokens = source.tokens();
    let prints = tokens
        .windows(2)
        .filter(|pair| matches!(pair[0].text, "print" | "println" | "eprint" | "eprintln") && pair[1].text == "!");
    let prints = prints.map(|pair| at(&source, pair[0].line, &format!("`{}!` below the faces", pair[0].text)));
    const HIDDEN: [&str; 5] =
        ["std::process::exit", "std::process::abort", "process::exit", "process::abort", "std::env"];
    let paths = source.paths().into_iter().map(|(line, path)| (line, path.join("::")));
    let paths = paths
        .filter(|(_, path)| HIDDEN.iter().any(|hidden| path == hidden || path.starts_with(&format!("{hidden}::"))));
    prints.chain(paths.map(|(line, path)| at(&source, line, &format!("`{path}` below the faces")))).collect()
}

/// Every file of the tree that a rule may be about.
fn tree() -> Vec<Source> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut waiting: Vec<String> =
        ["src", "tests", "benches", "bindings", "fuzz", "build.rs"].map(str::to_owned).to_vec();
    let mut sources = Vec::new();
    while let Some(path) = waiting.pop() {
        let full = top.join(&path);
        let name = path.rsplit('/').next().unwrap_or(&path);
        if full.is_dir() && !full.is_symlink() && name != "target" && !name.starts_with(['.', '_']) {
            let names = fs::read_dir(&full).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
            waiting.extend(names.map(|name| format!("{path}/{name}")));
        } else if full.is_file() && [".rs", ".py", ".c"].iter().any(|end| name.ends_with(end)) {
            sources.push(Source::new(&path, &fs::read_to_string(&full).unwrap()));
        }
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    sources
}

fn is_rust(source: &Source) -> bool {
    source.path.ends_with(".rs")
}

fn hold(rule: Rule, about: impl Fn(&Source) -> bool) {
    let tree = tree();
    assert!(tree.iter().any(|source| source.path == "src/lib.rs"), "the walk must find the tree");
    let complaints: Vec<String> = tree.iter().filter(|source| about(source)).flat_map(rule).collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn modules_name_only_lower_floors() {
    hold(names_only_lower_floors, is_rust);
}

#[test]
fn modules_are_blind_to_what_they_must_not_see() {
    hold(names_nothing_it_must_not_see, is_rust);
}

#[test]
fn the_command_is_a_user_of_the_library() {
    hold(command_uses_the_library_from_outside, is_rust);
}

#[test]
fn lib_rs_has_no_logic() {
    hold(lib_has_no_logic, is_rust);
}

#[test]
fn unsafe_is_fenced() {
    hold(unsafe_stays_in_its_fence, is_rust);
}

#[test]
fn files_are_short() {
    hold(is_short, |_| true);
}

#[test]
fn files_say_what_they_are_for() {
    hold(says_what_it_is_for, |_| true);
}

#[test]
fn nothing_is_left() {
    hold(nothing_is_left_to_do, is_rust);
}

#[test]
fn the_library_neither_prints_nor_exits() {
    let tree = tree();
    let folder = |source: &Source| source.path.trim_end_matches(".rs").trim_end_matches("/mod").to_owned();
    let tests: Vec<String> = tree
        .iter()
        .flat_map(|source| source.test_modules().into_iter().map(move |name| format!("{}/{name}", folder(source))))
        .collect();
    let is_test = |source: &Source| {
        tests.iter().any(|test| folder(source) == *test || source.path.starts_with(&format!("{test}/")))
    };
    hold(library_neither_prints_nor_exits, |source| is_rust(source) && !is_test(source));
}

/// The lines that a rule complains about in a small file.
fn lines(rule: Rule, path: &str, text: &str) -> Vec<String> {
    rule(&Source::new(path, text)).iter().map(|complaint| complaint.split(':').nth(1).unwrap().to_owned()).collect()
}

#[test]
fn each_rule_can_fail() {
    let floors: Rule = names_only_lower_floors;
    for (path, text, bad) in [
        ("src/hash/x.rs", "use crate::engine::Run;", true),
        ("src/hash/x.rs", "use crate::{digest::Digest, limits, manifest::{Entry, Item}};", true),
        ("src/hash/x.rs", "use crate::{digest::Digest, limits};", false),
        ("src/hash/x.rs", "fn f() { let x: crate::root::Root; }", true),
        ("src/hash/x.rs", "use super::lanes; use super::super::digest; use crate::hash::kernel;", false),
        ("src/hash/x.rs", "use super::super::plan;", true),
        ("src/hash/sha1/x.rs", "use super::super::lanes::Lanes;", false),
        ("src/hash/mod.rs", "use super::root;", true),
        ("src/hash/mod.rs", "mod tests { use super::lanes; }", false),
        ("src/hash/mod.rs", "mod tests { use super::super::root; }", true),
        (
            "src/hash/x.rs",
            "/// See crate::engine. \n// crate::engine \n fn f() { \"crate::engine\"; r#\"\"crate::engine\"#; '\"'; }",
            false,
        ),
        ("src/hash/x.rs", "fn f<'a>() { b'\\''; '\\\\'; crate::engine::f::<u8>() }", true),
        ("src/verdict.rs", "use crate::manifest::Entry;", true),
        ("src/limits.rs", "use crate::digest::Digest;", true),
        ("src/engine/run.rs", "use crate::{Options, read::Source};", true),
        ("src/engine/run.rs", "use crate::*;", true),
        ("src/engine/run.rs", "use crate::capi;", true),
        ("src/engine/run.rs", "pub(crate) fn f(self) -> &Self { super::run(self) }", false),
        ("src/capi/run.rs", "use crate::{Options, engine, read::Source};", false),
        ("src/novel.rs", "", true),
        ("src/lib.rs", "pub use crate::engine::Run;", false),
        ("tests/x.rs", "use crate::engine;", false),
    ] {
        assert_eq!(!lines(floors, path, text).is_empty(), bad, "{path}: {text}");
    }
    let blind: Rule = names_nothing_it_must_not_see;
    assert_eq!(
        lines(blind, "src/hash/x.rs", "use std::io;\nuse std::{cmp, fs::File};\nfn f() {\nrustix::fs::open()\n}"),
        ["2", "4"]
    );
    assert_eq!(lines(blind, "src/read/x.rs", "use crate::plan::PlannedFile;\nuse crate::digest::Digest;"), ["2"]);
    let command: Rule = command_uses_the_library_from_outside;
    assert_eq!(
        lines(command, "src/bin/checksig/x.rs", "use crate::args;\nuse crate::engine;\n#[path = \"../x.rs\"]\nmod x;"),
        ["3", "2"]
    );
    assert_eq!(lines(lib_has_no_logic, "src/lib.rs", "//! fn\npub use x::fn_x;\nfn f() {}"), ["3"]);
    let fence: Rule = unsafe_stays_in_its_fence;
    assert_eq!(lines(fence, "src/read/x.rs", "#![deny(unsafe_code)]\n// unsafe\nfn f() { unsafe { g() } }"), ["3"]);
    assert_eq!(lines(fence, "src/capi/run.rs", "unsafe fn f() {}"), [""; 0]);
    assert_eq!(is_short(&Source::new("x.py", &"\n".repeat(400))).len(), 0);
    assert_eq!(is_short(&Source::new("x.py", &"\n".repeat(401))).len(), 1);
    for (path, text, bad) in [
        ("x.rs", "//! What it is\n//! for.\n", false),
        ("x.rs", "//! What it is for\n\n//! later.\n", true),
        ("x.rs", "\n//! Late.", true),
        ("x.py", "", false),
        ("x.py", "#!/usr/bin/python3\n\n\"\"\"What it is for.\"\"\"", false),
        ("x.py", "import os", true),
    ] {
        assert_eq!(!lines(says_what_it_is_for, path, text).is_empty(), bad, "{path}: {text}");
    }
    let left: Rule = nothing_is_left_to_do;
    assert_eq!(
        lines(left, "x.rs", "let todo = 1;\ntodo!();\nf(\"TODO todo!()\");\ndbg!(x); // FIXME\n/*\nXXX */"),
        ["2", "4", "4", "6"]
    );
    let quiet: Rule = library_neither_prints_nor_exits;
    let text = "use std::env;\nprintln!();\nstd::process::exit(1);\n#[cfg(test)]\nmod tests {\nfn f() { eprintln!() }\n}\neprint!();";
    assert_eq!(lines(quiet, "src/engine/x.rs", text), ["2", "8", "1", "3"]);
    assert_eq!(lines(quiet, "src/bin/checksig/main.rs", text), [""; 0]);
    let tests = Source::new("x.rs", "#[cfg(test)]\npub(crate) mod conformance;\n#[cfg(test)]\nmod tests { }\nmod x;")
        .test_modules();
    assert_eq!(tests, ["conformance"]);
}
