//! `checksig doctor` where Linux refuses things: what was refused is named, with what takes its place and what to do about it, and
//! what it says of a run is what a run then does.
//!
//! The refusals are those of `common/child.rs`.

mod common;

use std::collections::BTreeMap;
use std::process::Output;

use checksig::hash::Kernel;
use checksig::{Options, ReaderKind, Verdict};
use common::child::{CACHESTAT, Child};
use common::{Tree, bytes};
use serde_json::Value;

fn tree() -> Tree {
    let mut tree = Tree::on_disk();
    tree.file("a", &bytes(50_000, 1)).seal();
    tree
}

fn doctor(tree: &Tree) -> Child {
    Child::verb(env!("CARGO_BIN_EXE_checksig"), "doctor", tree.path())
}

fn json(ran: &Output) -> Value {
    serde_json::from_slice(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

/// The calls that are refused, and why.
fn refused(found: &Value) -> BTreeMap<String, Value> {
    let calls = found["calls"].as_array().unwrap().iter().filter(|call| !call["refused"].is_null());
    calls.map(|call| (call["name"].as_str().unwrap().to_owned(), call["refused"].clone())).collect()
}

#[test]
fn each_refusal_is_named_with_what_takes_its_place_and_a_remedy() {
    if cfg!(checksig_portable) {
        println!("NOT RUN: this build asks Linux for nothing");
        return;
    }
    let tree = tree();
    let before = refused(&json(&doctor(&tree).with(&["--json"]).run()));
    for (call, errno, name, why) in [
        (libc::SYS_io_uring_setup, libc::EPERM, "io_uring", "io_uring_setup: EPERM"),
        (libc::SYS_io_uring_setup, libc::ENOMEM, "io_uring", "io_uring_setup: ENOMEM"),
        (libc::SYS_io_uring_enter, libc::EPERM, "io_uring", "io_uring_enter: EPERM"),
        (libc::SYS_openat2, libc::ENOSYS, "openat2", "Function not implemented"),
        (libc::SYS_openat2, libc::EPERM, "openat2", "Operation not permitted"),
        (libc::SYS_preadv2, libc::EOPNOTSUPP, "preadv2 RWF_NOWAIT", "Operation not supported"),
        (CACHESTAT, libc::ENOSYS, "cachestat", "Function not implemented"),
    ] {
        let child = doctor(&tree).without(&[call], errno);
        let ran = child.clone().with(&["--json"]).run();
        assert_eq!(ran.status.code(), Some(0), "{name}: a run goes on without");
        let found = refused(&json(&ran));
        let new: Vec<_> = found.keys().filter(|name| !before.contains_key(*name)).collect();
        // Where none of them was to be had to begin with, there is nothing new to be refused.
        assert!(new == [name] || new.is_empty() && before.contains_key(name), "{name}: {new:?}");
        let Value::Object(trouble) = &found[name] else { panic!("{found:?}") };
        let [why_said, instead, remedy] = ["why", "instead", "remedy"].map(|field| trouble[field].as_str().unwrap());
        assert!(before.contains_key(name) || why_said.contains(why), "{name}: {why_said}");
        let text = String::from_utf8(child.run().stdout).unwrap();
        let line =
            text.lines().find(|line| line.contains(&format!("no   {name} "))).unwrap_or_else(|| panic!("{text}"));
        assert!(!line.is_empty());
        for part in [why_said, &format!("instead: {instead}"), &format!("remedy: {remedy}")] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(text.contains("Verdict   a run can be done; "), "{text}");
    }
}

#[test]
fn a_forbidden_ring_names_whoever_forbids_it() {
    if cfg!(checksig_portable) {
        println!("NOT RUN: this build has no io_uring");
        return;
    }
    let ran = doctor(&tree()).without(&[libc::SYS_io_uring_setup], libc::EPERM).with(&["--json"]).run();
    let remedy = refused(&json(&ran))["io_uring"]["remedy"].as_str().unwrap().to_owned();
    let sysctl = std::fs::read_to_string("/proc/sys/kernel/io_uring_disabled").unwrap_or_default();
    let expected =
        if matches!(sysctl.trim(), "" | "0") { "seccomp profile" } else { "sysctl kernel.io_uring_disabled=0" };
    assert!(remedy.contains(expected), "{remedy}");
}

#[test]
fn what_it_says_of_a_run_is_what_a_run_then_does() {
    let tree = tree();
    let seen = checksig::examine(tree.path());
    let run = seen.run.expect("a run can be done");
    let mut options = Options::default();
    let is_direct = run.is_direct.expect("there is a file to try");
    options.resources.from_media = is_direct;
    let (_, report) = tree.verify(&options);
    assert_eq!(report.verdict(), Verdict::Pass);
    if is_direct {
        assert_eq!(report.readers.iter().map(|used| used.kind).collect::<Vec<_>>(), [run.uncached]);
        // What needs no reader has no reason to give for one.
        assert_eq!(report.reasons, run.reasons);
    }
    assert_eq!(report.kernels, run.kernels);
    // The file has just been written, and so is in memory.
    let (_, report) = tree.verify(&Options::default());
    assert!(report.readers.iter().any(|used| used.kind == run.cached), "{:?}", report.readers);
    // The same where there is no ring.
    if !cfg!(checksig_portable) {
        let ran = doctor(&tree).without(&[libc::SYS_io_uring_setup], libc::EPERM).with(&["--json"]).run();
        let found = json(&ran);
        assert_eq!(found["run"]["uncached"], ReaderKind::Threads.name());
        assert!(found["run"]["reasons"][0].as_str().unwrap().starts_with("reader threads: io_uring_setup: EPERM; "));
    }
}

#[test]
fn few_descriptors_are_a_trouble_with_a_remedy() {
    let ran = doctor(&tree()).limited(libc::RLIMIT_NOFILE, 100).run();
    let text = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(ran.status.code(), Some(0), "{text}");
    assert!(text.contains("open files             100\n"), "{text}");
    assert!(text.contains("remedy: raise the limit with ulimit -n"), "{text}");
    assert!(text.contains("refused, see above") && !text.contains("nothing is refused"), "{text}");
}

#[test]
fn where_no_run_can_be_done_it_exits_2_and_says_why() {
    let tree = tree();
    let nowhere = Child::verb(env!("CARGO_BIN_EXE_checksig"), "doctor", &tree.at("nowhere"));
    let ran = nowhere.clone().run();
    let text = String::from_utf8(ran.stdout).unwrap();
    assert_eq!((ran.status.code(), ran.stderr.len()), (Some(2), 0), "{text}");
    assert!(text.contains("Verdict   no run can be done: ") && text.contains("nowhere: no such directory"), "{text}");
    assert!(text.contains("Kernels"), "the machine is looked at all the same");
    let found = json(&nowhere.with(&["--json"]).run());
    assert_eq!((&found["can_run"], &found["error"]), (&Value::Bool(false), &Value::from("root_not_found")));
    assert!(found["run"].is_null() && found["place"].is_null());
    // A thread that Linux refuses.
    let ran = doctor(&tree).without(&[libc::SYS_clone3, libc::SYS_clone], libc::EAGAIN).run();
    let text = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(ran.status.code(), Some(2), "{text}");
    assert!(
        text.contains("no run can be done but a small one, in the thread that asks: cannot start a thread: ")
            && text.contains("ulimit -u"),
        "{text}"
    );
}

#[test]
fn every_kernel_is_told_of_and_what_is_chosen_was_measured() {
    let found = json(&doctor(&tree()).with(&["--json"]).run());
    let kernels = found["kernels"].as_array().unwrap();
    let names: Vec<_> = kernels.iter().map(|kernel| kernel["name"].as_str().unwrap()).collect();
    assert_eq!(names, Kernel::ALL.map(Kernel::name));
    for kernel in kernels {
        let named = kernel["name"].as_str().unwrap().parse::<Kernel>().unwrap();
        assert_eq!(kernel["standing"] != "lacking", named.is_available(), "{kernel}");
        assert_eq!(kernel["standing"] == "measured", kernel["bytes_per_second"].as_u64() > Some(0), "{kernel}");
        assert!(kernel["from"].is_null() || kernel["standing"] == "measured", "{kernel}");
    }
    assert!(kernels.iter().any(|kernel| kernel["from"] == 1));
}

#[test]
fn a_file_is_examined_in_its_directory_and_names_are_never_shown_raw() {
    let mut tree = tree();
    tree.file("x\x1b[31m\u{202e}", b"text");
    let file = tree.at("x\x1b[31m\u{202e}");
    let ran = Child::verb(env!("CARGO_BIN_EXE_checksig"), "doctor", &file).run();
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    let text = String::from_utf8(ran.stdout).unwrap();
    assert!(!text.contains(['\x1b', '\u{202e}']) && text.contains("\\x1b"), "{text}");
    assert_eq!(text.matches("\\u{202e}").count(), 2, "the path, and the file that was tried: {text}");
}

#[test]
fn where_there_is_no_file_to_try_it_does_not_say_how_files_are_read() {
    let tree = Tree::on_disk();
    std::fs::create_dir(tree.at("deeper")).unwrap();
    let found = json(&doctor(&tree).with(&["--json"]).run());
    assert!(found["place"]["tried"].is_null() && found["run"].is_object(), "{found}");
    assert!(found["run"]["direct"].is_null(), "{found}");
    let text = String::from_utf8(doctor(&tree).run().stdout).unwrap();
    assert!(text.contains("which was not tried"), "{text}");
}

#[test]
fn only_what_a_run_uses_can_be_refused() {
    let found = json(&doctor(&tree()).with(&["--json"]).run());
    let calls = found["calls"].as_array().unwrap();
    assert!(calls.iter().all(|call| !call["purpose"].as_str().unwrap().contains("not used")), "{found}");
    let knows = ["bfq", "mq-deadline"].iter().any(|name| found["place"]["scheduler"] == *name);
    assert_eq!(found["place"]["knows_priorities"], knows, "{found}");
}
