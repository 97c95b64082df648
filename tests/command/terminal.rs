//! On a terminal: names are escaped, trouble has a colour, and `NO_COLOR` takes it away.
//!
//! The terminal is that of `script(1)`; without it the tests are skipped, and say so. What the progress bar looks like
//! is not tested, only that it is gone at the end.

use std::process::Command;

use super::support::{Tree, has, run};

/// What `checksig verify` shows on a terminal, the variables being set.
fn shown(tree: &Tree, variables: &[(&str, &str)]) -> String {
    tree.write_manifest();
    let mut command = Command::new("script");
    command.args(["-qec", concat!(env!("CARGO_BIN_EXE_checksig"), " verify"), "/dev/null"]).current_dir(tree.path());
    command.env("TERM", "xterm").env_remove("NO_COLOR").envs(variables.iter().copied());
    let ran = run(command.stdin(std::process::Stdio::null()));
    assert_eq!(ran.status, Some(1), "{ran:?}");
    ran.text().replace("\r\n", "\n")
}

/// A tree with a name that would paint a terminal.
fn hostile() -> Tree {
    let mut tree = Tree::new();
    tree.file("fine", b"").damaged(b"\x1b]0;title\x07\xff\n", b"x");
    tree
}

#[test]
fn names_are_escaped_and_trouble_is_red() {
    if !has("script") {
        return;
    }
    let text = shown(&hostile(), &[]);
    let name = r"\x1b]0;title\x07\xff\n";
    assert!(
        text.starts_with(&format!(
            "fine: OK\n{name}: \x1b[31mFAILED\x1b[0m\nchecksig: sha1sum.txt:2: {name}: \x1b[31mmismatch\x1b[0m: "
        )),
        "{text:?}"
    );
    assert!(text.contains("\nchecksig: \x1b[31mFAIL\x1b[0m: 1 match, 1 mismatch; "), "{text:?}");
}

#[test]
fn colours_can_be_refused() {
    if !has("script") {
        return;
    }
    for variable in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let text = shown(&hostile(), &[variable]);
        assert!(text.contains(": FAILED\n") && !text.contains('\x1b'), "{variable:?}: {text:?}");
    }
    assert!(shown(&hostile(), &[("NO_COLOR", "")]).contains("\x1b[31m"), "an empty NO_COLOR says nothing");
}
