//! On a terminal: nothing that came from outside commands it, trouble has a colour, and `NO_COLOR` takes it away.
//!
//! What is looked at is every byte that was written, not what a screen made of it.

use super::pty::Terminal;
use super::support::{Tree, checksig, digest};

/// What `checksig verify` writes to a terminal, the variables being set.
fn shown(tree: &Tree, variables: &[(&str, &str)]) -> String {
    tree.write_manifest();
    // The terminal's own variables are set first, and `env` has the last word.
    let mut command = std::process::Command::new("env");
    command.args(variables.iter().map(|(name, value)| format!("{name}={value}")));
    command.arg(env!("CARGO_BIN_EXE_checksig")).arg("verify").current_dir(tree.path());
    let mut terminal = Terminal::start(&mut command, 200);
    assert_eq!(terminal.end(), Some(1), "{}", terminal.contents());
    String::from_utf8(terminal.written().to_vec()).expect("UTF-8").replace("\r\n", "\n")
}

/// A tree with a name that would paint a terminal.
fn hostile() -> Tree {
    let mut tree = Tree::new();
    tree.file("fine", b"").damaged(b"\x1b]0;title\x07\xff\n", b"x");
    tree
}

/// Every character that could do harm, and sequences that would.
fn harmful() -> Vec<Vec<u8>> {
    let controls = ('\x01'..='\x1f').chain('\x7f'..='\u{9f}');
    let bidi = ['\u{61c}', '\u{200e}', '\u{200f}'].into_iter().chain('\u{202a}'..='\u{202e}');
    let isolates = '\u{2066}'..='\u{2069}';
    let without_width = ['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}', '\u{2028}', '\u{2029}'];
    let letters = controls.chain(bidi).chain(isolates).chain(without_width);
    let mut all: Vec<Vec<u8>> = letters.map(|letter| letter.to_string().into_bytes()).collect();
    all.extend(
        [&b"\x1b]8;;http:"[..], b"\x1b]52;c;eA==\x07", b"\x1b[2J\x1b[H", b"\x9b31m", b"\xc2\x9b31m"]
            .map(<[u8]>::to_vec),
    );
    all
}

/// Complains of what checksig itself has no reason to write.
fn assert_harmless(written: &[u8], of: &str) {
    let text = std::str::from_utf8(written).expect("UTF-8, whatever the names");
    let own = ["\x1b[31m", "\x1b[0m", "\x1b[J", "\r", "\n", "━", "╸", "─", "\u{fffd}"];
    let rest = own.iter().fold(text.to_owned(), |text, own| text.replace(own, ""));
    let strange = rest.chars().find(|letter| !matches!(letter, ' '..='~'));
    assert_eq!(strange, None, "{of}: {text:?}");
}

#[test]
fn nothing_from_outside_commands_the_terminal() {
    let mut tree = Tree::new();
    for (nth, harm) in harmful().into_iter().enumerate() {
        let name = [format!("{nth}").as_bytes(), &harm].concat();
        match nth % 3 {
            0 => tree.file(&name, b""),
            1 => tree.damaged(&name, b"x"),
            _ => tree.lists(&digest(b""), &name),
        };
        // It stands on a line that does not parse, too.
        if !harm.contains(&b'\n') {
            tree.bytes(&[b"no line ", &harm[..], b" of it\n"].concat());
        }
    }
    tree.write_manifest();
    let mut terminal = Terminal::start(&mut tree.command("verify"), 80);
    assert_eq!(terminal.end(), Some(1));
    assert_harmless(terminal.written(), "names and lines");
    assert!(terminal.written().len() > 10_000, "all of them were shown");
}

#[test]
fn messages_do_no_harm_either() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let tree = Tree::new();
    // A name is 255 bytes at most.
    for harm in harmful().chunks(20).map(<[_]>::concat) {
        let harm = OsStr::from_bytes(&harm);
        for arguments in [
            &[OsStr::new("verify"), harm][..],
            &[OsStr::new("verify"), OsStr::new("--manifest"), harm],
            &[OsStr::new("verify"), OsStr::new("--output"), harm, harm],
            &[OsStr::new("verify"), OsStr::new("--reader"), harm],
            &[harm],
        ] {
            let mut terminal = Terminal::start(checksig().args(arguments).current_dir(tree.path()), 80);
            assert_eq!(terminal.end(), Some(2), "{arguments:?}");
            assert_harmless(terminal.written(), &format!("{arguments:?}"));
        }
    }
}

#[test]
fn names_are_escaped_and_trouble_is_red() {
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
    for variable in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let text = shown(&hostile(), &[variable]);
        assert!(text.contains(": FAILED\n") && !text.contains('\x1b'), "{variable:?}: {text:?}");
    }
    assert!(shown(&hostile(), &[("NO_COLOR", "")]).contains("\x1b[31m"), "an empty NO_COLOR says nothing");
}
