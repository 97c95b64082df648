//! The options of `checksig sha1sum` as clap would have them: for its man page, and for what shells offer.
//!
//! They are read from the drop-in's own help, where they are written once; its command line is not clap's, and stays so.

use clap::{Arg, ArgAction, Command, ValueHint};

use crate::sha1sum::{NAME, USAGE};

/// The definition, with a verb `sha1sum` that has its options.
pub(crate) fn with_options(definition: Command) -> Command {
    definition.mut_subcommand(NAME, |verb| {
        let about = verb.get_about().cloned().unwrap_or_default();
        let long_about = verb.get_long_about().cloned().unwrap_or_default();
        let after = verb.get_after_long_help().cloned().unwrap_or_default();
        let operands =
            Arg::new("FILE").value_name("FILE").num_args(0..).value_hint(ValueHint::FilePath).help(of_operands());
        Command::new(NAME)
            .about(about)
            .long_about(long_about)
            .after_long_help(after)
            .disable_help_flag(true)
            .args(options(USAGE))
            .arg(operands)
    })
}

/// What is said of the operands.
fn of_operands() -> &'static str {
    USAGE.lines().find(|line| line.contains("FILE is")).expect("the help says what FILE is")
}

/// The options of a help text: their names stand in from the margin, two blanks before what they do. What stands at the margin
/// with a colon behind it is a heading, up to the next empty line.
fn options(help: &'static str) -> Vec<Arg> {
    let mut options: Vec<(&str, Option<&str>, String)> = Vec::new();
    let mut heading = None;
    for line in help.lines() {
        let text = line.trim_start();
        match text.split_once("  ") {
            _ if text.is_empty() => heading = None,
            _ if text == line => heading = text.strip_suffix(':'),
            Some((names, about)) if text.starts_with('-') => {
                options.push((names, heading, about.trim_start().to_owned()));
            }
            _ => {
                let (.., about) = options.last_mut().expect("a line goes on that of an option");
                *about += " ";
                *about += text;
            }
        }
    }
    options.into_iter().map(|(names, heading, about)| option(names, heading, about)).collect()
}

/// `-b, --binary`, `--tag` or `--compat VERSION`.
fn option(names: &'static str, heading: Option<&'static str>, about: String) -> Arg {
    let (short, long) = names.split_once(", ").map_or((None, names), |(short, long)| (Some(short), long));
    let (long, value) = long.split_once(' ').map_or((long, None), |(long, value)| (long, Some(value)));
    let long = long.strip_prefix("--").expect("every option has a long name");
    let option = Arg::new(long).long(long).short(short.and_then(|short| short.chars().nth(1)));
    let option = option.help_heading(heading).help(about);
    match value {
        Some(value) => option.value_name(value),
        None => option.action(ArgAction::SetTrue),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_of_the_help_is_read_with_all_that_is_said_of_it() {
        let found = options(USAGE);
        let long: Vec<_> = found.iter().filter_map(Arg::get_long).collect();
        let expected = [
            "binary",
            "check",
            "tag",
            "text",
            "zero",
            "quiet",
            "status",
            "warn",
            "ignore-missing",
            "strict",
            "compat",
            "help",
            "version",
        ];
        assert_eq!(long, expected);
        let short: String = found.iter().filter_map(Arg::get_short).collect();
        assert_eq!(short, "bctzw");
        let compat = found.iter().find(|option| option.get_long() == Some("compat")).unwrap();
        assert_eq!(compat.get_value_names().unwrap(), ["VERSION"]);
        assert!(compat.get_help().unwrap().to_string().ends_with("raw, but quoted on a terminal"));
        let headed = found.iter().filter(|option| option.get_help_heading().is_some()).count();
        assert_eq!(headed, 6, "those that are for --check");
    }
}
