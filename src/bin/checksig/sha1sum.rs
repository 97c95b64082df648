//! `checksig sha1sum`, and the program when it is called `sha1sum`: GNU's options, words, order and exit status over the
//! library's parallel runs.
//!
//! A face of its own: it shares nothing with our own verbs but the library, as what it prints is not ours to choose.
//! `docs/sha1sum.md` lists where it differs.

mod args;
mod check;
mod drive;
mod gathered;
mod hash;
mod help;
mod messages;
mod output;
mod quote;

use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::exit::Exit;
use crate::given;
use args::{Args, Request};
#[allow(unused_imports, reason = "the man page has the same")]
pub(crate) use help::USAGE;
use output::{Broken, Output};

/// The name that makes the program a `sha1sum`, and what it calls itself where it is a verb.
pub(crate) const NAME: &str = "sha1sum";

/// How the program was called.
pub(crate) struct Call<'a> {
    /// What its messages begin with.
    program: &'a OsStr,
    words: &'a [OsString],
}

impl<'a> Call<'a> {
    /// The call, if it is one for `sha1sum`: by the program's name, or by the verb.
    pub(crate) fn from(words: &'a [OsString]) -> Option<Call<'a>> {
        match words {
            [program, words @ ..] if Path::new(program).file_name() == Some(OsStr::new(NAME)) => {
                Some(Call { program, words })
            }
            [_, verb, words @ ..] if verb == NAME => Some(Call::verb(words)),
            _ => None,
        }
    }

    /// `checksig sha1sum` calls itself by the verb alone: who has made an alias of it reads what scripts look for.
    pub(crate) fn verb(words: &'a [OsString]) -> Call<'a> {
        Call { program: OsStr::new(NAME), words }
    }
}

/// Does what the words say.
pub(crate) fn run(call: Call<'_>) -> Exit {
    let mut output = Output::new(call.program.as_bytes());
    let done = obey(call.words, &mut output).and_then(|ok| output.finish().map(|()| ok));
    match done {
        Ok(ok) if ok && !output.err_failed() => Exit::Pass,
        Ok(_) => Exit::Fail,
        Err(broken) => output.give_up(&broken),
    }
}

fn obey(words: &[OsString], output: &mut Output) -> Result<bool, Broken> {
    let posixly = std::env::var_os("POSIXLY_CORRECT").is_some();
    match args::parse(words, posixly) {
        Ok(Request::Help) => {
            help::write_help(output);
            Ok(true)
        }
        Ok(Request::Version) => {
            help::write_version(output);
            Ok(true)
        }
        Ok(Request::Work(args)) => work(args, output),
        Err(usage) => {
            output.say(&[&usage]);
            output.suggest_help();
            Ok(false)
        }
    }
}

fn work(args: Args, output: &mut Output) -> Result<bool, Broken> {
    let mut stdin = Stdin { used: false };
    let ok = if args.check { check::run(args, &mut stdin, output)? } else { hash::run(args, &mut stdin, output)? };
    if stdin.used && given::stdin_was_closed() {
        // What fclose(3) says of it at the end.
        output.say(&[b"standard input: Bad file descriptor"]);
        return Ok(false);
    }
    Ok(ok)
}

/// Standard input, and whether it was wanted.
struct Stdin {
    used: bool,
}

impl Stdin {
    /// A descriptor for it; none where it was closed.
    fn open(&self) -> Option<OwnedFd> {
        if given::stdin_was_closed() { None } else { std::io::stdin().as_fd().try_clone_to_owned().ok() }
    }
}

/// The operands, or `-` where there is none.
fn or_stdin(mut operands: Vec<OsString>) -> Vec<OsString> {
    if operands.is_empty() {
        operands.push("-".into());
    }
    operands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_or_the_verb_makes_the_call() {
        let called = |words: &[&str]| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            Call::from(&words).map(|call| (call.program.to_owned(), call.words.len()))
        };
        assert_eq!(called(&["/usr/bin/sha1sum", "-c"]), Some(("/usr/bin/sha1sum".into(), 1)));
        assert_eq!(called(&["sha1sum"]), Some(("sha1sum".into(), 0)));
        assert_eq!(called(&["/usr/bin/checksig", "sha1sum", "-c", "m"]), Some(("sha1sum".into(), 2)));
        assert_eq!(called(&["sha1sum", "sha1sum"]), Some(("sha1sum".into(), 1)), "an operand of that name");
        assert_eq!(called(&["checksig", "verify", "sha1sum"]), None);
        assert_eq!(called(&[]), None);
    }
}
