//! The command line as `getopt_long(3)` takes it apart, and the choices of GNU `sha1sum` in it, with GNU's complaints.
//!
//! Touches no file and prints nothing. No crate has these messages, and they are part of the interface.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// What is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Request {
    Help,
    Version,
    Work(Args),
}

/// The choices.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Args {
    pub(super) check: bool,
    /// `--binary`, and what `--tag` makes of it, or `--text`; none where nothing was said.
    binary: Option<bool>,
    pub(super) tag: bool,
    pub(super) zero: bool,
    pub(super) ignore_missing: bool,
    pub(super) strict: bool,
    pub(super) say: Say,
    /// Whose way of printing names `--check` has; none where the terminal decides.
    pub(super) compat: Option<Compat>,
    pub(super) operands: Vec<OsString>,
}

/// How much `--check` says: one switch with four places, and the last one named wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Say {
    #[default]
    Each,
    Warn,
    Quiet,
    Status,
}

/// Whose way of printing names on status lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compat {
    /// coreutils 9.1, and up to 9.10: raw.
    Raw,
    /// coreutils 9.11: quoted for the shell where needed.
    Quoted,
}

#[derive(Clone, Copy)]
enum Flag {
    Check,
    IgnoreMissing,
    Quiet,
    Status,
    Warn,
    Strict,
    Tag,
    Zero,
    Binary,
    Text,
    Help,
    Version,
}

/// The long options, in the order in which an ambiguous one is answered.
const LONG: [(&str, Flag); 12] = [
    ("check", Flag::Check),
    ("ignore-missing", Flag::IgnoreMissing),
    ("quiet", Flag::Quiet),
    ("status", Flag::Status),
    ("warn", Flag::Warn),
    ("strict", Flag::Strict),
    ("tag", Flag::Tag),
    ("zero", Flag::Zero),
    ("binary", Flag::Binary),
    ("text", Flag::Text),
    ("help", Flag::Help),
    ("version", Flag::Version),
];

/// Our own option. It cannot be abbreviated, so that every abbreviation means what it means to GNU.
const COMPAT: &str = "compat";

/// A complaint, without the program's name before it.
pub(super) type Usage = Vec<u8>;

impl Args {
    /// Whether `*` stands before a name on a line that is written.
    pub(super) fn is_binary(&self) -> bool {
        self.binary == Some(true)
    }

    fn set(&mut self, flag: Flag) -> Option<Request> {
        match flag {
            Flag::Check => self.check = true,
            Flag::IgnoreMissing => self.ignore_missing = true,
            Flag::Quiet => self.say = Say::Quiet,
            Flag::Status => self.say = Say::Status,
            Flag::Warn => self.say = Say::Warn,
            Flag::Strict => self.strict = true,
            Flag::Tag => (self.tag, self.binary) = (true, Some(true)),
            Flag::Zero => self.zero = true,
            Flag::Binary => self.binary = Some(true),
            Flag::Text => self.binary = Some(false),
            Flag::Help => return Some(Request::Help),
            Flag::Version => return Some(Request::Version),
        }
        None
    }

    /// What does not go together, asked in GNU's order.
    fn check_together(&self) -> Result<(), &'static str> {
        let only = |said: bool, complaint| if said && !self.check { Err(complaint) } else { Ok(()) };
        if self.tag && self.binary == Some(false) {
            return Err("--tag does not support --text mode");
        }
        if self.check && self.zero {
            return Err("the --zero option is not supported when verifying checksums");
        }
        if self.check && self.tag {
            return Err("the --tag option is meaningless when verifying checksums");
        }
        if self.check && self.binary.is_some() {
            return Err("the --binary and --text options are meaningless when verifying checksums");
        }
        only(self.ignore_missing, "the --ignore-missing option is meaningful only when verifying checksums")?;
        only(self.say == Say::Status, "the --status option is meaningful only when verifying checksums")?;
        only(self.say == Say::Warn, "the --warn option is meaningful only when verifying checksums")?;
        only(self.say == Say::Quiet, "the --quiet option is meaningful only when verifying checksums")?;
        only(self.strict, "the --strict option is meaningful only when verifying checksums")
    }
}

/// Reads the words behind the program's name. Options may stand among the operands, unless `posixly`.
pub(super) fn parse(words: &[OsString], posixly: bool) -> Result<Request, Usage> {
    let mut args = Args::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let asked = match word.as_bytes() {
            b"--" => break,
            [b'-', b'-', option @ ..] => take_long(option, &mut words, &mut args)?,
            [b'-', letters @ ..] if !letters.is_empty() => take_letters(letters, &mut args)?,
            _ => {
                args.operands.push(word.clone());
                if posixly {
                    break;
                }
                None
            }
        };
        if let Some(request) = asked {
            return Ok(request);
        }
    }
    args.operands.extend(words.cloned());
    args.check_together()?;
    Ok(Request::Work(args))
}

fn take_letters(letters: &[u8], args: &mut Args) -> Result<Option<Request>, Usage> {
    for &letter in letters {
        let flag = match letter {
            b'b' => Flag::Binary,
            b'c' => Flag::Check,
            b't' => Flag::Text,
            b'w' => Flag::Warn,
            b'z' => Flag::Zero,
            other => return Err([b"invalid option -- '", &[other][..], b"'"].concat()),
        };
        args.set(flag);
    }
    Ok(None)
}

fn take_long<'a>(
    option: &[u8],
    words: &mut impl Iterator<Item = &'a OsString>,
    args: &mut Args,
) -> Result<Option<Request>, Usage> {
    let (name, value) = match option.iter().position(|&byte| byte == b'=') {
        Some(at) => (&option[..at], Some(OsStr::from_bytes(&option[at + 1..]))),
        None => (option, None),
    };
    if name == COMPAT.as_bytes() {
        let value = value.or_else(|| words.next().map(OsString::as_os_str));
        args.compat = Some(compat(value)?);
        return Ok(None);
    }
    let exact = LONG.iter().find(|(long, _)| long.as_bytes() == name);
    let mut possible = LONG.iter().filter(|(long, _)| long.as_bytes().starts_with(name));
    let (long, flag) = match (exact, possible.next(), possible.next()) {
        (Some(found), ..) | (None, Some(found), None) => found,
        (None, None, _) => return Err([b"unrecognized option '--", option, b"'"].concat()),
        (None, Some(_), Some(_)) => {
            let mut complaint = [b"option '--", option, b"' is ambiguous; possibilities:"].concat();
            for (long, _) in LONG.iter().filter(|(long, _)| long.as_bytes().starts_with(name)) {
                complaint.extend_from_slice(format!(" '--{long}'").as_bytes());
            }
            return Err(complaint);
        }
    };
    if value.is_some() {
        return Err(format!("option '--{long}' doesn't allow an argument").into_bytes());
    }
    Ok(args.set(*flag))
}

fn compat(value: Option<&OsStr>) -> Result<Compat, Usage> {
    match value.map(OsStr::as_bytes) {
        Some(b"9.1") => Ok(Compat::Raw),
        Some(b"9.11") => Ok(Compat::Quoted),
        Some(_) => Err(b"the --compat option takes 9.1 or 9.11".to_vec()),
        None => Err(b"option '--compat' requires an argument".to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str, posixly: bool) -> Result<Request, String> {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        parse(&words, posixly).map_err(|usage| String::from_utf8(usage).unwrap())
    }

    fn args(line: &str) -> Args {
        match read(line, false) {
            Ok(Request::Work(args)) => args,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn options_stand_anywhere_up_to_two_dashes() {
        let found = args("a -c b --str -w -- -x --quiet");
        assert!(found.check && found.strict && found.say == Say::Warn);
        assert_eq!(found.operands, ["a", "b", "-x", "--quiet"]);
        assert_eq!(args("- -bz a").operands, ["-", "a"]);
        let Ok(Request::Work(posixly)) = read("-c a -w", true) else { panic!("work") };
        assert_eq!(posixly.say, Say::Each);
        assert_eq!(posixly.operands, ["a", "-w"]);
    }

    #[test]
    fn the_last_one_wins() {
        assert_eq!(args("-c --quiet --status -w").say, Say::Warn);
        assert_eq!(args("-cw --quiet").say, Say::Quiet);
        assert_eq!(args("-c --quiet --status").say, Say::Status);
        assert!(args("-t -b").is_binary() && !args("-b -t").is_binary() && args("-t --tag").is_binary());
        assert_eq!(args("-c --compat=9.11 --compat 9.1").compat, Some(Compat::Raw));
    }

    #[test]
    fn help_and_version_come_before_what_is_wrong_behind_them() {
        assert_eq!(read("-c --he -q", false), Ok(Request::Help));
        assert_eq!(read("--v -q", false), Ok(Request::Version));
        assert_eq!(read("-q --help", false), Err("invalid option -- 'q'".to_owned()));
    }

    /// The complaints that GNU has as well are compared with GNU's in `tests/differential`.
    #[test]
    fn our_own_option_is_not_abbreviated() {
        assert!(args("--c").check);
        assert_eq!(args("-c --compat 9.11 a").operands, ["a"]);
        assert_eq!(read("--compat", false), Err("option '--compat' requires an argument".to_owned()));
        assert_eq!(read("--compat=10", false), Err("the --compat option takes 9.1 or 9.11".to_owned()));
        assert_eq!(read("--compa=9.1", false), Err("unrecognized option '--compa=9.1'".to_owned()));
    }
}
