//! The man pages and the completions of shells, made from the definition of the command line: `make install` runs this and puts
//! them where they belong. It is an example, so that the command itself carries nothing of it.
//!
//! Takes a directory and writes below it as below `share`. Knows no option: whatever is defined is in the pages.

#![deny(unsafe_code)]
#![allow(dead_code, unused_imports, reason = "the definition is that of the command, and so are its modules")]

mod args;
mod exit;
#[allow(unsafe_code, reason = "a function that is called before main")]
mod given;
mod man;
mod render;
mod sha1sum;
mod sha1sum_page;
mod signals;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap_complete::Shell;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let [place] = &words[..] else {
        eprintln!("usage: pages DIRECTORY, below which man/, bash-completion/, zsh/ and fish/ are made");
        return ExitCode::from(2);
    };
    match pages().into_iter().try_for_each(|(name, bytes)| put(&Path::new(place).join(name), &bytes)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pages: {}: {error}", place.display());
            ExitCode::from(2)
        }
    }
}

/// Every page, and its place below `share`.
fn pages() -> Vec<(PathBuf, Vec<u8>)> {
    let definition = sha1sum_page::with_options(args::definition());
    let mut built = definition.clone();
    built.build();
    let mut pages: Vec<_> = man::pages(&built)
        .into_iter()
        .map(|(name, page)| (Path::new("man/man1").join(format!("{name}.1")), page.into_bytes()))
        .collect();
    for (shell, place) in [
        (Shell::Bash, "bash-completion/completions/checksig"),
        (Shell::Zsh, "zsh/site-functions/_checksig"),
        (Shell::Fish, "fish/vendor_completions.d/checksig.fish"),
    ] {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut definition.clone(), "checksig", &mut script);
        pages.push((place.into(), script));
    }
    pages
}

fn put(place: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(place.parent().expect("pages are in folders"))?;
    fs::write(place, bytes)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Output, Stdio};

    use super::*;

    /// The page or script of this name.
    fn page(end: &str) -> String {
        let found = pages().into_iter().find(|(place, _)| place.ends_with(end));
        String::from_utf8(found.unwrap_or_else(|| panic!("{end}")).1).unwrap()
    }

    fn verbs() -> Vec<clap::Command> {
        let mut definition = sha1sum_page::with_options(args::definition());
        definition.build();
        definition.get_subcommands().filter(|verb| !verb.is_hide_set()).cloned().collect()
    }

    /// The long options of a command that are shown.
    fn options(command: &clap::Command) -> Vec<String> {
        let shown = command.get_arguments().filter(|option| !option.is_hide_set());
        shown.filter_map(|option| option.get_long().map(str::to_owned)).collect()
    }

    fn has(program: &str) -> bool {
        let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
        if !found {
            println!("NOT RUN: {program} is not installed");
        }
        found
    }

    /// Runs a program on a text.
    fn run(program: &str, arguments: &[&str], text: &str) -> Output {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("text");
        fs::write(&file, text).unwrap();
        Command::new(program).args(arguments).arg(file).env("LC_ALL", "C.UTF-8").output().unwrap()
    }

    #[test]
    fn every_verb_has_a_page_with_every_option_and_the_sections_of_a_man_page() {
        for verb in verbs() {
            let name = format!("checksig-{}", verb.get_name());
            let page = page(&format!("{name}.1"));
            for option in options(&verb) {
                let escaped = format!("\\-\\-{}", option.replace('-', "\\-"));
                assert!(page.contains(&escaped), "{name}: {option}");
            }
            let sections: Vec<_> = page.lines().filter_map(|line| line.strip_prefix(".SH ")).collect();
            for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "\"EXIT STATUS\""] {
                assert!(sections.contains(&section), "{name}: {section}: {sections:?}");
            }
            assert_eq!(sections.last(), Some(&"\"SEE ALSO\""), "{name}");
        }
        let page = page("checksig.1");
        for verb in verbs() {
            assert!(page.contains(&format!("checksig\\-{}", verb.get_name())), "{}", verb.get_name());
        }
    }

    /// What is said of a verb is true of it, and can be found on the machine that the page is on.
    #[test]
    fn pages_name_the_files_of_their_verbs_alone() {
        for (verb, named) in
            [("verify", true), ("audit", true), ("create", true), ("sha1sum", false), ("doctor", false)]
        {
            let page = page(&format!("checksig-{verb}.1"));
            assert_eq!(page.contains("ROOT/sha1sum.txt"), named, "{verb}");
            assert_eq!(page.contains("NO_COLOR"), named, "{verb}");
            assert!(page.contains("io_uring_disabled"), "{verb}");
            assert!(!page.contains("docs/"), "{verb}: no document is installed");
        }
        assert!(!page("checksig-sha1sum.1").contains("As for"), "it has its own options");
    }

    #[test]
    fn formatters_have_nothing_to_complain_of() {
        let pages = pages().into_iter().filter(|(place, _)| place.extension().is_some_and(|end| end == "1"));
        let pages: Vec<_> = pages.map(|(place, page)| (place, String::from_utf8(page).unwrap())).collect();
        assert_eq!(pages.len(), 1 + verbs().len());
        for (program, arguments) in
            [("groff", &["-man", "-Tutf8", "-ww", "-rCHECKSTYLE=2"][..]), ("mandoc", &["-T", "lint", "-W", "warning"])]
        {
            if !has(program) {
                continue;
            }
            for (place, page) in &pages {
                let ran = run(program, arguments, page);
                let said =
                    String::from_utf8_lossy(if program == "groff" { &ran.stderr } else { &ran.stdout }).into_owned();
                assert!(said.is_empty(), "{program}: {}: {said:?}", place.display());
            }
        }
    }

    #[test]
    fn completions_know_every_verb_and_option() {
        for (shell, end) in [("bash", "completions/checksig"), ("zsh", "_checksig"), ("fish", "checksig.fish")] {
            let script = page(end);
            for verb in verbs() {
                assert!(script.contains(verb.get_name()), "{shell}: {}", verb.get_name());
                for option in options(&verb) {
                    let written = if shell == "fish" { format!("-l {option}") } else { format!("--{option}") };
                    assert!(script.contains(&written), "{shell}: {option}");
                }
            }
            let check: &[&str] = if shell == "fish" { &["--no-execute"] } else { &["-n"] };
            if has(shell) {
                let ran = run(shell, check, &script);
                assert!(ran.status.success() && ran.stderr.is_empty(), "{shell}: {ran:?}");
            }
        }
    }

    /// What bash offers for a line, whose last word is being typed.
    fn offered(script: &str, line: &str) -> Vec<String> {
        let words: Vec<_> = line.split(' ').collect();
        let last = words.len() - 1;
        let list = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
        let call = format!(
            "\nCOMP_WORDS=({list}); COMP_CWORD={last}; COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}\n\
             _checksig checksig '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
            words[last],
            words[last - 1]
        );
        let ran = run("bash", &["--norc"], &format!("{script}{call}"));
        assert!(ran.stderr.is_empty(), "{line}: {ran:?}");
        String::from_utf8(ran.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn bash_completes_verbs_options_and_values() {
        if !has("bash") {
            return;
        }
        let script = page("completions/checksig");
        assert_eq!(offered(&script, "checksig ver"), ["verify"]);
        assert_eq!(offered(&script, "checksig verify --limit"), ["--limit-rate"]);
        assert_eq!(offered(&script, "checksig create --cache k"), ["keep"]);
        let readers = offered(&script, "checksig verify --reader ");
        assert!(readers.contains(&"uring".to_owned()) && readers.contains(&"auto".to_owned()), "{readers:?}");
        let drop_in = offered(&script, "checksig sha1sum --");
        assert!(
            drop_in.contains(&"--ignore-missing".to_owned()) && drop_in.contains(&"--tag".to_owned()),
            "{drop_in:?}"
        );
    }
}
