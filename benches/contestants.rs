//! The programs that are compared: how each is called, whether it is there, and whether it can say no.
//!
//! Compares nothing; see `compare`.

use std::fs::File;
use std::hint::black_box;
use std::io;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use checksig::hash::Stream;

use crate::corpus::DataSet;
use crate::fio;

/// A way to verify a data set.
pub(crate) struct Contestant {
    /// What a row of the table calls it.
    pub(crate) name: &'static str,
    /// The words of `--only` that choose it.
    pub(crate) word: &'static str,
    /// The programs that it needs, each with the argument that makes it tell its version.
    programs: &'static [(&'static str, &'static str)],
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Checksig,
    ChecksigThreads,
    Sha1sum,
    Rhash,
    Hashdeep,
    OpensslUnderXargs {
        processes: usize,
    },
    /// No program: as many bytes as the data set has, from memory through the crate `sha1`, as one message.
    OneStream,
    Fio,
}

/// The one that all others are compared with.
pub(crate) const BASE: &str = "sha1sum";

const CHECKSIG: &str = env!("CARGO_BIN_EXE_checksig");
const OPENSSL: [(&str, &str); 2] = [("xargs", "--version"), ("openssl", "version")];

/// All of them, in the order of the table.
pub(crate) const ALL: [Contestant; 9] = [
    Contestant {
        name: "checksig verify",
        word: "checksig",
        programs: &[(CHECKSIG, "--version")],
        kind: Kind::Checksig,
    },
    Contestant {
        name: "checksig verify --reader threads",
        word: "threads",
        programs: &[(CHECKSIG, "--version")],
        kind: Kind::ChecksigThreads,
    },
    Contestant { name: "sha1sum -c", word: BASE, programs: &[("sha1sum", "--version")], kind: Kind::Sha1sum },
    Contestant { name: "rhash -c", word: "rhash", programs: &[("rhash", "--version")], kind: Kind::Rhash },
    Contestant { name: "hashdeep -a", word: "hashdeep", programs: &[("hashdeep", "-V")], kind: Kind::Hashdeep },
    Contestant {
        name: "xargs -P2 openssl sha1 (compares nothing)",
        word: "openssl",
        programs: &OPENSSL,
        kind: Kind::OpensslUnderXargs { processes: 2 },
    },
    Contestant {
        name: "xargs -P16 openssl sha1 (compares nothing)",
        word: "openssl",
        programs: &OPENSSL,
        kind: Kind::OpensslUnderXargs { processes: 16 },
    },
    Contestant { name: "one stream from memory (reads nothing)", word: "stream", programs: &[], kind: Kind::OneStream },
    Contestant { name: "fio (hashes nothing)", word: "fio", programs: &[("fio", "--version")], kind: Kind::Fio },
];

/// What one message is hashed from: it stays within the L2 cache.
const STREAM_BUFFER_BYTES: usize = 128 * 1024;

impl Contestant {
    /// Whether it has a row for this data set in this state of the cache.
    pub(crate) fn takes_part(&self, set: &str, cache: &str) -> bool {
        match self.kind {
            // From the page cache no reader thread reads, and of one small file it says nothing.
            Kind::ChecksigThreads => cache == "cold" && set != "tiny",
            Kind::OneStream => cache == "hot" && set == "huge",
            Kind::Fio => cache == "cold" && matches!(set, "mixed" | "large"),
            _ => true,
        }
    }

    /// Verifies the data set from its root, and says nothing of files that are right where the tool has a word for it.
    fn command(&self, set: &DataSet) -> io::Result<Command> {
        let mut command = match self.kind {
            Kind::Checksig => with(CHECKSIG, &["verify", ".", "--quiet"]),
            Kind::ChecksigThreads => with(CHECKSIG, &["verify", ".", "--quiet", "--reader", "threads"]),
            Kind::Sha1sum => with("sha1sum", &["--check", "--quiet", "sha1sum.txt"]),
            Kind::Rhash => with("rhash", &["--sha1", "--skip-ok", "--check", "sha1sum.txt"]),
            // The audit wants the files as arguments: all directories below the root, which hold nothing else.
            Kind::Hashdeep => {
                let mut command = with("hashdeep", &["-c", "sha1", "-l", "-a", "-r", "-k"]);
                command.arg(std::path::absolute(&set.known)?);
                for directory in std::fs::read_dir(&set.root)? {
                    let directory = directory?;
                    if directory.file_type()?.is_dir() {
                        command.arg(directory.file_name());
                    }
                }
                command
            }
            // As many files a process as keep all processes busy, and few enough that the last one is not waited for.
            Kind::OpensslUnderXargs { processes } => {
                let batch = (set.files / (4 * processes)).clamp(1, 500).to_string();
                let mut command = with("xargs", &["-0", "-n", &batch, "-P", &processes.to_string(), "openssl", "sha1"]);
                command.stdin(File::open(&set.names)?);
                command
            }
            Kind::OneStream | Kind::Fio => unreachable!("neither verifies anything"),
        };
        command.current_dir(&set.root).stdout(Stdio::null()).stderr(Stdio::piped());
        Ok(command)
    }

    /// Runs it to its end, and gives the time from its start to its exit; of fio, by its own account. An exit other than
    /// 0 is an error that quotes the tool.
    pub(crate) fn run(&self, set: &DataSet) -> Result<Duration, String> {
        match self.kind {
            Kind::OneStream => return Ok(one_stream(set.bytes)),
            Kind::Fio => return fio::run(set),
            _ => {}
        }
        let started = Instant::now();
        let output = self.command(set).and_then(|mut command| command.output()).map_err(|error| error.to_string())?;
        let time = started.elapsed();
        if output.status.success() { Ok(time) } else { Err(quoted(&output)) }
    }

    /// Says why it cannot take part: it is not installed, or it calls a tree right that is wrong. The latter is asked
    /// only of those that compare.
    pub(crate) fn unfit(&self, wrong: &DataSet) -> Option<String> {
        for (program, version) in self.programs {
            if let Err(error) = Command::new(program).arg(version).output() {
                return Some(match error.kind() {
                    io::ErrorKind::NotFound => format!("skipped: {program} is not installed"),
                    _ => format!("skipped: {program}: {error}"),
                });
            }
        }
        let compares = !matches!(self.kind, Kind::OpensslUnderXargs { .. } | Kind::OneStream | Kind::Fio);
        (compares && self.run(wrong).is_ok()).then(|| "error: it accepts a file whose digest is wrong".to_owned())
    }

    /// Loads the programs into the page cache, which a cold run has emptied of them as well.
    pub(crate) fn load(&self) {
        self.versions();
    }

    /// The first line of what each of its programs says of its version.
    pub(crate) fn versions(&self) -> Vec<String> {
        let version = |(program, argument): &(&str, &str)| {
            let output = Command::new(program).arg(argument).output().ok()?;
            let first = String::from_utf8_lossy(&output.stdout).lines().next()?.to_owned();
            let name = program.rsplit('/').next().unwrap_or(program);
            Some(if first.starts_with(|letter: char| letter.is_ascii_digit()) {
                format!("{name} {first}")
            } else {
                first
            })
        };
        self.programs.iter().filter_map(version).collect()
    }
}

fn with(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// The last word of a tool that failed.
pub(crate) fn quoted(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let last = stderr.lines().last().unwrap_or("nothing on standard error");
    format!("{}: {last}", output.status)
}

fn one_stream(bytes: u64) -> Duration {
    let buffer = vec![0x5a; STREAM_BUFFER_BYTES];
    let started = Instant::now();
    let mut stream = Stream::default();
    let mut left = bytes;
    while left > 0 {
        let part = left.min(buffer.len() as u64) as usize;
        stream.update(black_box(&buffer[..part]));
        left -= part as u64;
    }
    black_box(stream.finish());
    started.elapsed()
}
