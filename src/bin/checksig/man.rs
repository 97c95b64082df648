//! Man pages: the help of the command and of each of its verbs, in the sections that readers of man pages look for.
//!
//! Knows no option by name. What `--help` says stands here too, and little beside it.

use clap::{Arg, ArgAction, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

/// The day that stands on the pages: when this version was last made ready. Not that of the build, so that pages of one version
/// are the same, whenever they were made.
const DATE: &str = "2026-11-25";

/// The version that has this date.
#[cfg(test)]
const DATED_VERSION: &str = "0.1.0";

/// Verbs that go by a manifest of their root's, and the page of all verbs.
const CHECKS: &[&str] = &["checksig", "verify", "audit"];
const OWN: &[&str] = &["checksig", "verify", "audit", "create"];
const ALL: &[&str] = &["checksig", "verify", "audit", "create", "sha1sum", "doctor"];

/// Files, the pages that tell of them, and what they are there.
const FILES: [(&str, &[&str], &str); 4] = [
    ("ROOT/sha1sum.txt", OWN, "The manifest, where no other is named."),
    ("ROOT/manifest-sha1.txt", CHECKS, "A bag's, taken where none is named and there is no sha1sum.txt."),
    ("ROOT/manifest-sha1.txt", &["create"], "The manifest with --format bagit, where no other is named."),
    (
        "/proc/sys/kernel/io_uring_disabled",
        ALL,
        "Where it is not 0, files that are not in memory are read by threads in place of rings of io_uring.",
    ),
];

const ENVIRONMENT: [(&str, &[&str], &str); 3] = [
    ("NO_COLOR", OWN, "Where it is set to anything, there are no colours."),
    ("POSIXLY_CORRECT", &["sha1sum"], "Where it is set, what follows the first FILE is a FILE."),
    (
        "LC_ALL, LC_CTYPE, LANG",
        &["sha1sum"],
        "The first of them that is set says the locale: of UTF-8, messages show the letters of a name; of others, those of ASCII.",
    ),
];

/// A page for the command and for each verb, by its name.
pub(crate) fn pages(definition: &Command) -> Vec<(String, String)> {
    let verbs: Vec<&Command> = definition.get_subcommands().filter(|verb| !verb.is_hide_set()).collect();
    let names: Vec<String> = std::iter::once("checksig".to_owned())
        .chain(verbs.iter().map(|verb| format!("checksig-{}", verb.get_name())))
        .collect();
    let commands = std::iter::once(definition).chain(verbs);
    let page = |(command, name): (&Command, &String)| (name.clone(), page(command, name, &names));
    commands.zip(&names).map(page).collect()
}

fn page(command: &Command, name: &str, names: &[String]) -> String {
    let mut roff = Roff::new();
    section(&mut roff, "NAME");
    roff.text([roman(format!("{name} - {}", command.get_about().map(ToString::to_string).unwrap_or_default()))]);
    section(&mut roff, "SYNOPSIS");
    synopsis(&mut roff, command);
    section(&mut roff, "DESCRIPTION");
    prose(&mut roff, &command.get_long_about().map(ToString::to_string).unwrap_or_default());
    options(&mut roff, command);
    verbs(&mut roff, command);
    for (title, body) in sections(&command.get_after_long_help().map(ToString::to_string).unwrap_or_default()) {
        section(&mut roff, &title.to_uppercase());
        if title == "Exit status" { statuses(&mut roff, &body) } else { prose(&mut roff, &body) }
    }
    told_there(&mut roff, "FILES", &FILES, command, italic);
    told_there(&mut roff, "ENVIRONMENT", &ENVIRONMENT, command, bold);
    section(&mut roff, "SEE ALSO");
    let others = names.iter().filter(|other| *other != name).map(String::as_str).chain(["sha1sum"]);
    let others: Vec<Vec<Inline>> = others.map(|other| vec![bold(other), roman("(1)")]).collect();
    roff.text(others.join(&roman(", ")));
    let version = env!("CARGO_PKG_VERSION");
    format!(".TH {name} 1 \"{DATE}\" \"checksig {version}\" \"User Commands\"\n{}", roff.to_roff())
}

fn section(roff: &mut Roff, title: &str) {
    roff.control("SH", [title]);
}

/// The section of what is told on the page of a command, if there is any of it.
fn told_there(
    roff: &mut Roff,
    title: &str,
    all: &[(&str, &[&str], &str)],
    command: &Command,
    shown: impl Fn(String) -> Inline,
) {
    let told: Vec<_> = all.iter().filter(|(_, pages, _)| pages.contains(&command.get_name())).collect();
    if !told.is_empty() {
        section(roff, title);
    }
    for (name, _, text) in told {
        term(roff, [shown((*name).to_owned())], text);
    }
}

/// "checksig verify [OPTIONS] [ROOT]", as the help has it.
fn synopsis(roff: &mut Roff, command: &Command) {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").trim();
    let name = command.get_bin_name().unwrap_or("checksig");
    roff.text([bold(name), roman(usage.strip_prefix(name).unwrap_or(usage))]);
}

/// Every option below its heading, in the order of the help.
fn options(roff: &mut Roff, command: &Command) {
    section(roff, "OPTIONS");
    let shown: Vec<&Arg> = command.get_arguments().filter(|option| !option.is_hide_set()).collect();
    let (operands, options): (Vec<&Arg>, Vec<&Arg>) = shown.into_iter().partition(|option| option.is_positional());
    let mut headings: Vec<Option<&str>> = Vec::new();
    for option in &options {
        if !headings.contains(&option.get_help_heading()) {
            headings.push(option.get_help_heading());
        }
    }
    operands.into_iter().for_each(|operand| one_option(roff, operand));
    for heading in headings {
        if let Some(heading) = heading {
            roff.control("SS", [heading]);
        }
        options
            .iter()
            .filter(|option| option.get_help_heading() == heading)
            .for_each(|option| one_option(roff, option));
    }
}

fn one_option(roff: &mut Roff, option: &Arg) {
    let takes_value = option.is_positional() || matches!(option.get_action(), ArgAction::Set | ArgAction::Append);
    let value = option.get_value_names().filter(|_| takes_value).map(|names| names.join(" "));
    let mut head = Vec::new();
    let names =
        [option.get_short().map(|short| format!("-{short}")), option.get_long().map(|long| format!("--{long}"))];
    for name in names.into_iter().flatten() {
        if !head.is_empty() {
            head.push(roman(", "));
        }
        head.push(bold(name));
    }
    if let Some(value) = value {
        if !head.is_empty() {
            head.push(roman(" "));
        }
        head.push(italic(value));
    }
    let help = option.get_long_help().or(option.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut paragraphs = help.split("\n\n");
    term(roff, head, paragraphs.next().unwrap_or_default());
    for paragraph in paragraphs {
        roff.control("IP", []);
        roff.text(marked(paragraph));
    }
    let values = option.get_possible_values();
    if takes_value && !values.is_empty() && !option.is_hide_possible_values_set() {
        roff.control("RS", []);
        for value in values.iter().filter(|value| !value.is_hide_set()) {
            term(roff, [bold(value.get_name())], &value.get_help().map(ToString::to_string).unwrap_or_default());
        }
        roff.control("RE", []);
    }
    let default: Vec<_> = option.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if takes_value && !default.is_empty() {
        roff.control("IP", []);
        roff.text([roman("[default: "), bold(default.join(" ")), roman("]")]);
    }
}

/// The verbs of the command, each a page of its own.
fn verbs(roff: &mut Roff, command: &Command) {
    let verbs: Vec<&Command> = command.get_subcommands().filter(|verb| !verb.is_hide_set()).collect();
    if !verbs.is_empty() {
        section(roff, "COMMANDS");
    }
    for verb in verbs {
        let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
        term(roff, [bold(format!("checksig-{}", verb.get_name())), roman("(1)")], &about);
    }
}

fn term(roff: &mut Roff, head: impl Into<Vec<Inline>>, text: &str) {
    roff.control("TP", []);
    roff.text(head);
    roff.text(marked(text));
}

/// The parts of a help's end: a title alone on a line with a colon behind it, and what follows. What has no title is of the
/// help and not of a page.
fn sections(text: &str) -> Vec<(String, String)> {
    let mut sections: Vec<(String, String)> = Vec::new();
    let mut is_inside = false;
    for line in text.lines() {
        match line.strip_suffix(':').filter(|title| !title.is_empty() && !title.starts_with(' ')) {
            Some(title) => {
                sections.push((title.to_owned(), String::new()));
                is_inside = true;
            }
            // Other text at the margin ends what stood below a title.
            None if !line.is_empty() && !line.starts_with(' ') => is_inside = false,
            None => {
                if let Some((_, body)) = sections.last_mut().filter(|_| is_inside) {
                    body.push_str(line);
                    body.push('\n');
                }
            }
        }
    }
    sections
}

/// "  0    what it means", a line each; a line that is further in goes on.
fn statuses(roff: &mut Roff, body: &str) {
    for line in body.lines().filter(|line| !line.trim().is_empty()) {
        let line = line.trim();
        match line.split_once("  ") {
            Some((status, text)) if status.parse::<u8>().is_ok() => term(roff, [bold(status)], text.trim()),
            _ => {
                roff.text(marked(line));
            }
        }
    }
}

/// Paragraphs, and blocks of lines that stand in from the margin, which are shown as they are.
fn prose(roff: &mut Roff, text: &str) {
    for (at, block) in text.trim_end().split("\n\n").enumerate() {
        if block.starts_with("  ") {
            if at > 0 {
                roff.control("PP", []);
            }
            roff.control("EX", []);
            for line in block.lines() {
                roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
            }
            roff.control("EE", []);
            continue;
        }
        if at > 0 {
            roff.control("PP", []);
        }
        roff.text(marked(block));
    }
}

/// Text in which what stands between backquotes is bold.
fn marked(text: &str) -> Vec<Inline> {
    let pieces = text.split('`').enumerate().filter(|(_, piece)| !piece.is_empty());
    pieces.map(|(at, piece)| if at % 2 == 0 { roman(piece) } else { bold(piece) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_version_has_a_new_date() {
        assert_eq!(env!("CARGO_PKG_VERSION"), DATED_VERSION, "DATE is still that of the version before");
    }

    #[test]
    fn a_title_begins_a_section_and_text_at_the_margin_is_of_none() {
        let found =
            sections("Examples:\n  one\n\n  two\n\nExit status:\n  0    good: all\n\nOther --help says more.\n  x");
        let expected = [("Examples", "  one\n\n  two\n\n"), ("Exit status", "  0    good: all\n\n")];
        assert_eq!(found, expected.map(|(title, body)| (title.to_owned(), body.to_owned())));
    }
}
