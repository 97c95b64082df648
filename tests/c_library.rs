//! The C library as a whole: what it exports, that nothing gets through its boundary, and what a host may do with it.
//!
//! The host is a C program of `tests/c`; what a function means is said there.

#[path = "common/c.rs"]
mod c;
#[path = "common/c_programs.rs"]
mod c_programs;
#[path = "common/prototypes.rs"]
mod prototypes;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use c_programs::{HEADERS, Way, libraries, programs};
use prototypes::{Parameter, Prototype, prototypes};
use tempfile::TempDir;

fn declared() -> Vec<Prototype> {
    let declared = prototypes(&fs::read_to_string(format!("{HEADERS}/checksig.h")).unwrap());
    assert!(declared.iter().any(|function| function.name == "checksig_run_start"), "the header was read");
    declared
}

fn names(functions: &[Prototype]) -> BTreeSet<&str> {
    functions.iter().map(|function| function.name.as_str()).collect()
}

/// The global symbols that a library defines.
fn symbols(library: &str, options: &[&str]) -> BTreeSet<String> {
    let output = c::must_run(Command::new("nm").args(options).arg(libraries().join(library)));
    let symbols = String::from_utf8(output.stdout).unwrap();
    symbols.lines().filter_map(|line| line.split_whitespace().nth(2)).map(str::to_owned).collect()
}

#[test]
fn the_shared_library_exports_the_header_and_nothing_else() {
    let exported = symbols("libchecksig.so", &["-D", "--defined-only"]);
    assert_eq!(exported.iter().map(String::as_str).collect::<BTreeSet<_>>(), names(&declared()));
}

/// What else of Rust stands in an archive has mangled names or those of the standard library, and is nobody's to call.
#[test]
fn the_static_library_has_the_header_under_its_prefix_and_nothing_else() {
    let defined = symbols("libchecksig.a", &["-g", "--defined-only"]);
    let own: BTreeSet<&str> = defined.iter().map(String::as_str).filter(|name| name.starts_with("checksig")).collect();
    assert_eq!(own, names(&declared()));
}

#[test]
fn every_function_is_documented_and_what_it_gives_has_an_owner() {
    for Prototype { name, parameters, doc, .. } in declared() {
        assert!(doc.split_whitespace().count() >= 3, "{name}: {doc:?}");
        let handles = parameters.iter().filter_map(|parameter| parameter.kind.strip_suffix(" **"));
        for handle in handles.filter_map(|kind| kind.strip_prefix("Checksig")) {
            let free = format!("checksig_{}_free()", handle.to_lowercase());
            assert!(doc.contains(&free), "{name} does not say that {free} frees what it gives");
        }
    }
}

/// A function whose body begins with one of these lets no panic out; `boundary` has the tests of them.
#[test]
fn every_export_stands_behind_a_guard() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/capi");
    let mut guarded = 0;
    for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let text = fs::read_to_string(&file).unwrap();
        for function in text.split("pub unsafe extern \"C\" fn ").skip(1) {
            let body = function.split_once("{\n").unwrap().1;
            let first = body.lines().map(str::trim).find(|line| !line.starts_with("//")).unwrap();
            let is_guarded = first.starts_with("guard(|| ") || first.starts_with("guard_free(|| ");
            let name = &function[..function.find('(').unwrap()];
            assert!(is_guarded || first.contains("catch(|| "), "{name}: {first}");
            guarded += 1;
        }
    }
    let lent = ["checksig_version", "checksig_last_error", "checksig_last_error_number"];
    let all = declared();
    let without: Vec<&&str> = lent.iter().filter(|name| names(&all).contains(**name)).collect();
    assert_eq!(guarded + without.len(), all.len(), "three functions hand out what is there already");
}

/// What stands for a parameter of a call that is right.
fn stand_in(function: &str, Parameter { kind, name }: &Parameter) -> String {
    let word = |name: &str| match name {
        "reader" | "kernel" | "format" => "auto",
        "cache" => "keep",
        "follow" => "never",
        "root" => "tree",
        // Not there: a manifest that was written all the same would be seen.
        _ => "new",
    };
    match (kind.as_str(), name.as_str()) {
        ("const char *", name) => format!("\"{}\"", word(name)),
        ("size_t", name) if name.ends_with("_len") => word(name.trim_end_matches("_len")).len().to_string(),
        ("size_t", "count" | "len") => "1".to_owned(),
        ("size_t" | "uint32_t" | "uint64_t", _) => "0".to_owned(),
        ("const ChecksigBytes *", _) => "&lent".to_owned(),
        ("const ChecksigEntry *", _) => "&entry".to_owned(),
        ("const void *", _) => "\"x\"".to_owned(),
        (
            "ChecksigOptions *"
            | "const ChecksigOptions *"
            | "const ChecksigRun *"
            | "const ChecksigBatch *"
            | "const ChecksigReport *"
            | "ChecksigHasher *"
            | "const ChecksigHasher *"
            | "ChecksigManifest *"
            | "const ChecksigManifest *",
            name,
        ) => name.to_owned(),
        (kind, "out" | "digest" | "digests") if kind.ends_with('*') => "OUT".to_owned(),
        _ => panic!("{function}: nothing stands in for {kind}{name}"),
    }
}

/// Calls of a function that differ in one argument from one that is right, and the status that each must have.
fn refusals(function: &Prototype) -> Vec<String> {
    let right: Vec<String> = function.parameters.iter().map(|it| stand_in(&function.name, it)).collect();
    let with = |at: usize, argument: &str| {
        let arguments = right.iter().enumerate().map(|(index, it)| if index == at { argument } else { it });
        format!("{}({})", function.name, arguments.collect::<Vec<_>>().join(", "))
    };
    let mut calls = Vec::new();
    for (at, Parameter { kind, name }) in function.parameters.iter().enumerate() {
        let defaults = function.name.starts_with("checksig_run_start") && name == "options";
        if kind.ends_with('*') && !defaults {
            calls.push(format!("REFUSED(CHECKSIG_STATUS_NULL_ARGUMENT, \"argument {name}\", {});", with(at, "NULL")));
        }
        if kind == "size_t" && name != "from" {
            let argument = name.trim_end_matches("_len");
            let argument = if argument == "count" || argument == "len" { "" } else { argument };
            let call = with(at, "SIZE_MAX");
            calls.push(format!("REFUSED(CHECKSIG_STATUS_BAD_ARGUMENT, \"argument {argument}\", {call});"));
        }
    }
    calls
}

#[test]
fn null_and_lengths_that_cannot_be_are_refused_everywhere() {
    let folder = TempDir::new().unwrap();
    let functions = declared();
    let mut calls: Vec<String> =
        functions.iter().filter(|function| function.returns == "ChecksigStatus").flat_map(refusals).collect();
    let count = calls.len();
    let freeing = functions.iter().filter(|function| function.name.ends_with("_free"));
    calls.extend(freeing.map(|function| format!("{}(NULL);", function.name)));
    fs::write(folder.path().join("calls.inc"), calls.join("\n")).unwrap();
    let expected = format!("boundary: {count} calls refused\n");
    assert!(count > functions.len(), "{count}");
    run("boundary", folder.path(), &Way::ALL, &expected);
}

/// Runs a program of `tests/c`, which must end well and say so.
fn run(name: &str, folder: &Path, ways: &[Way], expected: &str) {
    let source = format!("{}/tests/c/{name}.c", env!("CARGO_MANIFEST_DIR"));
    for program in programs(Path::new(&source), folder, ways) {
        let place = TempDir::new().unwrap();
        let ran = program.run(&[place.path().to_str().unwrap()]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{program:?}: {}\n{}", ran.out, ran.log);
        assert!(ran.out.starts_with(expected), "{program:?}: {}", ran.out);
        println!("{program:?}: {}", ran.out.trim_end());
    }
}

fn run_all_ways(name: &str, ways: &[Way]) {
    run(name, TempDir::new().unwrap().path(), ways, &format!("{name}: "));
}

#[test]
fn every_verb_works_with_every_option() {
    run_all_ways("verbs", &Way::ALL);
}

#[test]
fn manifests_are_read_and_written_and_bytes_hashed_as_they_come() {
    run_all_ways("manifests", &Way::ALL);
}

#[test]
fn sixty_four_threads_work_at_once() {
    run_all_ways("threads", &Way::ALL);
}

/// Not under valgrind: what a child is given of a run, whose threads it has not, stays taken.
#[test]
fn a_child_after_fork_works_and_is_refused_its_parents_runs() {
    run_all_ways("forks", &[Way::Shared, Way::Static, Way::Sanitized]);
}

/// Not under what watches memory: it keeps what was freed for a while.
#[test]
fn a_hundred_thousand_small_calls_leave_nothing_behind() {
    run_all_ways("many_calls", &[Way::Shared]);
}
