//! One command line by chance, with the manifests and the standard input that belong to it.
//!
//! Runs nothing.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use super::allowed::Allowed;
use super::chance::Chance;
use super::lines::{Manifest, manifest};
use super::tree::{FILES, OTHERS, digest};

/// What is to be run.
pub(crate) struct Case {
    pub(crate) words: Vec<OsString>,
    /// In the tree as `m0`, `m1`, …; the one that standard input gives is the last.
    pub(crate) manifests: Vec<Manifest>,
    /// Whether standard input is the last manifest; else it is a few bytes.
    pub(crate) stdin_is_manifest: bool,
    /// Standard input is a pipe and not a file.
    pub(crate) stdin_is_pipe: bool,
    /// Both streams go to one file.
    pub(crate) together: bool,
    /// The FIFO is among the names, and wants a writer.
    pub(crate) fifo: bool,
    pub(crate) posixly: bool,
    /// In a locale of UTF-8, where there is one.
    pub(crate) utf8: bool,
    /// An option is not one, or does not go with the others.
    pub(crate) is_odd: bool,
    pub(crate) operands: usize,
    pub(crate) allowed: Vec<Allowed>,
}

impl Case {
    pub(crate) fn new(seed: u64, index: u64) -> Case {
        let mut chance = Chance::new(seed, index);
        let mut case = Case {
            words: Vec::new(),
            manifests: Vec::new(),
            stdin_is_manifest: false,
            stdin_is_pipe: chance.once_in(3),
            together: chance.once_in(4),
            fifo: chance.once_in(30),
            posixly: chance.once_in(20),
            utf8: chance.once_in(3),
            is_odd: chance.once_in(12),
            operands: 0,
            allowed: Vec::new(),
        };
        let check = chance.once_in(4) || chance.once_in(2);
        let operands = if check { case.manifests(&mut chance) } else { case.files(&mut chance) };
        case.operands = operands.len();
        let options = case.options(check, &mut chance);
        case.words = operands;
        // Options go anywhere among the operands; an operand that looks like an option goes behind `--`.
        if case.words.iter().any(|word| word.as_bytes().starts_with(b"-") && word != "-") {
            case.words.insert(0, "--".into());
            case.words.splice(0..0, options);
        } else {
            for option in options {
                let at = if case.posixly { 0 } else { chance.below(case.words.len() + 1) };
                case.words.insert(at, option);
            }
            if chance.once_in(10) {
                case.words.push("--".into());
            }
        }
        case
    }

    /// Manifests to be checked; gives the operands.
    fn manifests(&mut self, chance: &mut Chance) -> Vec<OsString> {
        let count = chance.pick(&[1, 1, 1, 2, 3]);
        let mut operands: Vec<OsString> = Vec::new();
        for at in 0..count {
            let mut made = manifest(chance, &mut self.allowed);
            if self.fifo && at == 0 {
                let line = format!("{}  fifo\n", digest(b"fifo"));
                for text in [&mut made.ours, &mut made.theirs] {
                    text.splice(0..0, line.bytes());
                }
                made.lines += 1;
            }
            self.manifests.push(made);
            operands.push(format!("m{at}").into());
        }
        if !self.fifo && chance.once_in(6) {
            self.stdin_is_manifest = true;
            operands.pop();
            if count > 1 || chance.once_in(2) {
                operands.push("-".into());
            }
        }
        if !operands.is_empty() && chance.once_in(12) {
            operands
                .insert(chance.below(operands.len() + 1), OsStr::new(chance.pick(&["none", "dir", "", "a/x"])).into());
        }
        operands
    }

    /// Files to be hashed.
    fn files(&mut self, chance: &mut Chance) -> Vec<OsString> {
        let mut operands: Vec<OsString> = Vec::new();
        for _ in 0..chance.below(9) {
            let name = match chance.below(12) {
                0 => &b"-"[..],
                1 => &b""[..],
                2 | 3 => chance.pick(&OTHERS),
                _ => chance.pick(&FILES),
            };
            operands.push(OsStr::from_bytes(name).into());
        }
        if self.fifo {
            operands.insert(chance.below(operands.len() + 1), "fifo".into());
        }
        operands
    }

    fn options(&mut self, check: bool, chance: &mut Chance) -> Vec<OsString> {
        const CHECK: [&str; 10] =
            ["-w", "--warn", "--quiet", "--status", "--strict", "--ignore-missing", "--stri", "--q", "--ig", "--w"];
        const HASH: [&str; 12] =
            ["-b", "-t", "-z", "--tag", "--binary", "--text", "--zero", "--ta", "--te", "-bz", "-tz", "-tb"];
        const ODD: [&str; 22] = [
            "-q",
            "--foo",
            "--foo=bar",
            "--st",
            "--s",
            "--t",
            "--=x",
            "--check=1",
            "--chec",
            "--help",
            "--version",
            "-cq",
            "-h",
            "--he",
            "--vers",
            "-c-",
            "-:",
            "--quiet=",
            "-bcz",
            "--checks",
            "-W",
            "--zero",
        ];
        let mut options: Vec<&str> = Vec::new();
        if check {
            options.push(chance.pick(&["-c", "-c", "--check", "--c", "-cw", "-wc", "-cc"]));
        }
        let usual = if check { &CHECK[..] } else { &HASH[..] };
        for _ in 0..chance.pick(&[0, 0, 1, 1, 2, 3]) {
            options.push(chance.pick(usual));
        }
        if self.is_odd {
            let odd = if chance.once_in(2) { &ODD[..] } else { [&HASH[..], &CHECK[..]][usize::from(!check)] };
            options.push(chance.pick(odd));
        }
        let own_words = |option: &&str| matches!(*option, "--help" | "--version" | "--he" | "--vers");
        if options.iter().any(own_words) {
            self.allowed.push(Allowed::OwnWords);
        }
        options.into_iter().map(OsString::from).collect()
    }
}

impl std::fmt::Debug for Case {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<String> = self.words.iter().map(|word| word.as_bytes().escape_ascii().to_string()).collect();
        write!(out, "sha1sum {words:?}")?;
        if self.stdin_is_manifest {
            write!(out, " with the last manifest in standard input")?;
        }
        for manifest in &self.manifests {
            let shown: Vec<String> = manifest
                .ours
                .split_inclusive(|&byte| byte == b'\n')
                .map(|line| format!("{:.300}", line.escape_ascii().to_string()))
                .collect();
            write!(out, "\n  manifest:\n    {}", shown.join("\n    "))?;
        }
        write!(
            out,
            "\n  {:?}, one file for both streams: {}, POSIXLY_CORRECT: {}, UTF-8: {}",
            self.allowed, self.together, self.posixly, self.utf8
        )
    }
}
