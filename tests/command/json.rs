//! `--json` against what `docs/json.md` promises.
//!
//! Read with serde_json as a user would; the words of messages are free to change.

use std::fs;

use serde_json::{Value, json};

use super::support::{Ran, Tree, digest, run};

/// Every line, parsed.
fn lines(ran: &Ran) -> Vec<Value> {
    assert!(ran.out.ends_with(b"\n"), "{ran:?}");
    let lines = ran.text().lines().map(|line| serde_json::from_str(line).expect("a line is an object of JSON"));
    lines.inspect(is_in_the_schema).collect()
}

/// The schema for users. Its every word is held against every kind of line by a validator, in tests/python/test_json.py.
fn schema() -> Value {
    serde_json::from_str(include_str!("../../docs/json.schema.json")).expect("JSON")
}

/// Checks that a line has the fields that the schema asks for, and no others.
fn is_in_the_schema(line: &Value) {
    let schema = schema();
    let kind = &schema["definitions"][line["type"].as_str().expect("a type")];
    for required in kind["required"].as_array().expect("a list").iter().filter_map(Value::as_str) {
        assert!(line.get(required).is_some(), "no {required} in {line}");
    }
    for field in line.as_object().expect("an object").keys() {
        assert!(kind["properties"].get(field).is_some(), "the schema has no {field}: {line}");
    }
}

#[test]
fn the_schema_has_every_outcome_and_every_reader() {
    let schema = schema();
    let outcomes: Vec<&str> = checksig::OutcomeKind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(schema["definitions"]["file"]["properties"]["outcome"]["enum"], json!(outcomes));
    assert_eq!(schema["definitions"]["summary"]["properties"]["counts"]["required"], json!(outcomes));
    let readers: Vec<&str> = checksig::ReaderKind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(schema["definitions"]["reader"]["enum"], json!(readers));
}

/// The table is for people, and the schema is what every line is held against.
#[test]
fn the_page_has_every_error_of_the_schema() {
    let page = include_str!("../../docs/json.md");
    let row = page.lines().find(|line| line.starts_with("| `error` | string |")).expect("a row");
    let schema = schema();
    let names = schema["definitions"]["error_name"]["enum"].as_array().expect("a list");
    let listed: Vec<Value> = row.split('`').skip(3).step_by(2).map(Value::from).collect();
    assert_eq!(listed, *names);
}

/// Takes a field out of a line whose value is not to be compared.
fn take(line: &mut Value, field: &str) -> Value {
    line.as_object_mut().expect("an object").remove(field).unwrap_or_else(|| panic!("no {field} in {line}"))
}

#[test]
fn a_pass_from_its_first_line_to_its_last() {
    let tree = Tree::sound();
    let ran = tree.verify(&["--json", "-j", "2"]);
    assert_eq!((ran.status, &ran.err[..]), (Some(0), ""));
    let mut lines = lines(&ran);
    assert_eq!(lines.len(), 4);
    let version = env!("CARGO_PKG_VERSION");
    let start = json!({
        "type": "start", "schema": 1, "checksig": version, "verb": "verify", "root": ".", "manifest": "sha1sum.txt",
        "format": "auto", "options": {
            "reader": "auto", "kernel": "auto", "workers": 2, "queue_depth": null, "memory_bytes": null,
            "from_media": false, "cache": "neutral", "limit_rate_bytes": null, "idle": false,
            "follow": "never", "exclude": [], "quiet": false,
        },
    });
    assert_eq!(lines[0], start);
    assert!(take(&mut lines[1], "reader").is_string());
    let (a, b) = (digest(b"alpha"), digest(b""));
    let file = json!({
        "type": "file", "line": 1, "path": "a", "outcome": "match", "expected": a, "actual": a, "size_bytes": 5,
    });
    assert_eq!(lines[1], file);
    assert_eq!((&lines[2]["path"], &lines[2]["actual"]), (&json!("b"), &json!(b)));
    let summary = &mut lines[3];
    assert!(take(summary, "seconds").as_f64().is_some_and(|seconds| seconds > 0.0));
    let (kernel, kernels) = (take(summary, "kernel"), take(summary, "kernels"));
    let kernels = kernels.as_array().expect("an array");
    assert_eq!(kernels[0]["from"], json!(1));
    assert!(kernels.iter().any(|used| used["name"] == kernel), "{kernel} is one of {kernels:?}");
    assert!(kernels.is_sorted_by_key(|used| used["from"].as_u64()), "{kernels:?}");
    assert!(take(summary, "reasons").is_array());
    assert!(take(summary, "workers").as_u64().is_some_and(|workers| workers >= 1));
    let used = take(summary, "readers");
    let files: u64 = used.as_array().expect("an array").iter().filter_map(|used| used["files"].as_u64()).sum();
    assert_eq!(files, 2, "{used}");
    for used in used.as_array().expect("an array") {
        for (all, from_device) in [("files", "device_files"), ("bytes", "device_bytes")] {
            assert!(used[from_device].as_u64().expect("a number") <= used[all].as_u64().expect("a number"), "{used}");
        }
    }
    let counts = json!({
        "match": 2, "mismatch": 0, "missing": 0, "unreadable": 0, "changed": 0, "unstable": 0, "not_regular": 0,
        "outside_root": 0, "unlisted": 0, "not_checked": 0,
    });
    let expected = json!({
        "type": "summary", "verdict": "pass", "counts": counts, "moved": 0, "excluded": 0,
        "formats": ["gnu"], "malformed_lines": 0, "files": 2, "bytes": 5,
        "exit_status": 0, "cancelled": false, "signal": null,
    });
    assert_eq!(*summary, expected);
}

#[test]
fn the_summary_tells_the_formats_of_the_entries() {
    let x = digest(b"x");
    for (text, options, formats) in [
        (format!("{x}  a\n{x} *a\n"), &[][..], json!(["gnu"])),
        (format!("{x} *a\n"), &["--format", "gnu"], json!(["gnu"])),
        (format!("SHA1 (a) = {x}\n"), &[], json!(["bsd"])),
        (format!("SHA1(a)= {x}\nSHA1 (a) = {x}\n{x}  a\n"), &[], json!(["gnu", "bsd", "openssl"])),
        (format!("{x}  a\0{x}  a\0"), &[], json!(["zero"])),
        (format!("{x}\ta\n"), &["--format", "bagit"], json!(["bagit"])),
        // A line that does not parse is of no format.
        (format!("SHA1 (a) = 00\n{x}  a\n"), &[], json!(["gnu"])),
        ("# nothing\n".to_owned(), &[], json!([])),
    ] {
        let tree = Tree::new();
        fs::write(tree.at("a"), "x").expect("a file");
        fs::write(tree.at("sha1sum.txt"), &text).expect("a manifest");
        for verb in ["verify", "audit"] {
            let lines = lines(&run(tree.command(verb).arg("--json").args(options)));
            assert_eq!(lines.last().expect("a summary")["formats"], formats, "{verb} {text:?}");
        }
    }
}

#[test]
fn what_doctor_says_is_in_the_schema() {
    let tree = Tree::sound();
    for (path, status) in [(".", 0), ("a", 0), ("gone", 2)] {
        let ran = run(tree.command("doctor").args(["--json", path]));
        let lines = lines(&ran);
        assert_eq!((ran.status, lines.len(), &lines[0]["type"]), (Some(status), 1, &json!("examination")));
        assert_eq!(
            lines[0]["cpu"]["workers"].as_u64(),
            std::thread::available_parallelism().ok().map(|n| n.get() as u64)
        );
    }
}

#[test]
fn failures_carry_their_evidence() {
    let mut tree = Tree::new();
    let empty = digest(b"");
    tree.damaged("changed", b"x").lists(&empty, "gone").lists(&empty, "directory").lists(&empty, "../x");
    tree.line("nonsense").lists(&empty, "long/".repeat(1000) + "x");
    fs::create_dir(tree.at("directory")).expect("a directory");
    let ran = tree.verify(&["--json"]);
    assert_eq!(ran.status, Some(1));
    let lines = lines(&ran);
    let outcomes: Vec<&str> = lines.iter().filter_map(|line| line["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["mismatch", "missing", "not_regular", "outside_root", "unreadable"]);
    assert_eq!((&lines[1]["expected"], &lines[1]["actual"]), (&json!(digest(b"x")), &json!(digest(b"x!"))));
    assert_eq!(
        (&lines[2]["actual"], &lines[2]["size_bytes"], &lines[2]["reader"]),
        (&json!(null), &json!(null), &json!(null))
    );
    assert_eq!(lines[3]["kind"], "directory");
    let malformed = &lines[5];
    assert_eq!(
        (&malformed["type"], &malformed["line"], &malformed["text"]),
        (&json!("malformed"), &json!(5), &json!("nonsense"))
    );
    assert!(malformed["reason"].is_string() && malformed["message"].is_string());
    assert_eq!((&lines[6]["errno"], &lines[6]["offset_bytes"]), (&json!(36), &json!(0)), "ENAMETOOLONG");
    let summary = lines.last().expect("a last line");
    assert_eq!(
        (&summary["verdict"], &summary["files"], &summary["malformed_lines"]),
        (&json!("fail"), &json!(5), &json!(1))
    );
    assert_eq!(summary["exit_status"], 1);
}

#[test]
fn quiet_leaves_the_files_that_failed() {
    let mut tree = Tree::sound();
    tree.damaged("c", b"gamma").line("nonsense");
    let lines = lines(&tree.verify(&["--json", "--quiet"]));
    let types: Vec<&str> = lines.iter().filter_map(|line| line["type"].as_str()).collect();
    assert_eq!(types, ["start", "file", "malformed", "summary"]);
    assert_eq!(lines[1]["path"], "c");
    assert_eq!(lines[3]["counts"]["match"], 2, "what is left out is counted");
}

#[test]
fn names_come_back_byte_for_byte_and_do_no_harm() {
    let mut tree = Tree::new();
    let names: [&[u8]; 5] =
        [b"\xffa\xfe", b"new\nline\"", b"\x1b[31m\x7f", "c1\u{9b} bidi\u{202e}".as_bytes(), "\u{fffd}".as_bytes()];
    for name in names {
        tree.file(name, b"");
    }
    let ran = tree.verify(&["--json"]);
    assert_eq!(ran.status, Some(0));
    assert!(!ran.text().contains(['\x1b', '\x7f', '\u{9b}', '\u{202e}']), "{}", ran.text());
    let lines = lines(&ran);
    assert_eq!(lines.len(), names.len() + 2, "one line a file");
    for (name, line) in names.iter().zip(&lines[1..]) {
        let path = line["path"].as_str().expect("a string");
        match std::str::from_utf8(name) {
            Ok(text) => assert_eq!((path, line.get("path_b64")), (text, None)),
            Err(_) => assert_eq!((path, &line["path_b64"]), ("\u{fffd}a\u{fffd}", &json!("/2H+"))),
        }
    }
}

#[test]
fn a_run_that_cannot_be_done_ends_in_an_error() {
    let tree = Tree::new();
    for (arguments, error) in [
        (&["verify", "--json"][..], "manifest_not_found"),
        (&["verify", "--json", "gone"], "root_not_found"),
        (&["verify", "--json", "--manifest", "."], "manifest_not_regular"),
    ] {
        let ran = run(super::support::checksig().args(arguments).current_dir(tree.path()));
        assert_eq!(ran.status, Some(2));
        assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
        let lines = lines(&ran);
        assert_eq!((lines.len(), &lines[0]["type"], &lines[1]["type"]), (2, &json!("start"), &json!("error")));
        assert_eq!((&lines[1]["error"], &lines[1]["exit_status"]), (&json!(error), &json!(2)));
        assert!(lines[1]["message"].is_string());
    }
}
