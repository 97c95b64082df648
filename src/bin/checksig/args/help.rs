//! The words of `--help`, and how help and usage errors are shown.
//!
//! Text only: what it promises is kept elsewhere, and tests hold the two together.

use std::io::Write;
use std::sync::LazyLock;

use checksig::ReaderKind;
use checksig::hash::Kernel;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::exit::Exit;
use crate::render::name;

pub(super) const ABOUT: &str = "Proves that a directory tree holds the bytes its SHA-1 manifest says it holds";

pub(super) const LONG_ABOUT: &str = "\
Proves that a directory tree holds the bytes its SHA-1 manifest says it holds, as fast as the hardware can read and \
hash them.

A manifest is a text file as `sha1sum` writes it: a digest and a file name on each line. By default it is \
sha1sum.txt in the directory itself. `checksig create` writes one, and `checksig verify` proves later that every \
file in it is there, whole and unchanged. Names are relative to the directory; nothing outside of it is ever read.

What matches must have been read to its last byte. A file that differs is read a second time, in another way, before \
it is called a mismatch.";

pub(super) const AFTER: &str = "\
Examples:
  checksig create holiday    list every file below holiday
  checksig verify photos     prove that they are still the same
  checksig verify photos --quiet && echo intact
  checksig doctor            how fast that can be here, and why not faster

Exit status:
  0    pass: every listed file matches (verify), the manifest is written (create)
  1    fail: a file differs, is missing or was not read; a line is malformed
  2    not done: no root, no manifest, a wrong option, output not writable
  129  ended early by SIGHUP; 130 by SIGINT (Ctrl-C); 143 by SIGTERM

`checksig verify --help` and so on say more, and so do their man pages.";

pub(super) const VERIFY: &str = "Prove that every file in the manifest is there, whole and unchanged";

pub(super) const VERIFY_LONG: &str = "\
Prove that every file in the manifest is there, whole and unchanged.

Standard output has one line for each entry of the manifest, in its order and in the words of `sha1sum -c`:

  NAME: OK                   every byte was read, and the digest is right
  NAME: FAILED               it was read, and is not what the manifest says
  NAME: FAILED open or read  missing, unreadable, no regular file, not in ROOT

Standard error says why, for each failure and each malformed line, and ends with a summary. Names there, and on a \
terminal, are escaped: \\x1b for a control byte, \\u{202e} for a character that could deceive the eye, \\\\ for a \
backslash. With --quiet a run that passes says nothing at all.";

pub(super) const VERIFY_AFTER: &str = "\
Examples:
  checksig verify                   this directory, by its sha1sum.txt
  checksig verify photos --quiet    for cron: silent unless something is wrong
  checksig verify photos --manifest photos.sha1
  checksig verify photos --quiet --from-media --queue-depth 4 --memory 32M
                                    at night: what the disk itself gives, with
                                    few reads at a time, so that others get on
  checksig verify photos --idle --limit-rate 50M
                                    by day: last in every queue, and 50 MiB a
                                    second at most
  checksig verify photos --json | jq -r 'select(.outcome == \"mismatch\").path'

Exit status:
  0    pass: the manifest is well formed, lists a file, and all of them match
  1    fail: anything else that was found
  2    the run could not be done, or standard output could not be written
  129  ended early by SIGHUP; 130 by SIGINT (Ctrl-C); 143 by SIGTERM";

pub(super) const CREATE: &str = "Write a manifest of every regular file below a directory";

pub(super) const CREATE_LONG: &str = "\
Write a manifest of every regular file below a directory.

The manifest appears whole or not at all: if a file cannot be read, or the run is ended early, what was there before \
stays. Links, devices, sockets and FIFOs are left out, and standard error names them. The manifest does not list \
itself.";

pub(super) const CREATE_AFTER: &str = "\
Examples:
  checksig create                   this directory, into its sha1sum.txt
  checksig create --format bsd      lines as the BSDs and `sha1sum --tag` write
  checksig create holiday -o holiday.sha1

Exit status:
  0    the manifest is written and lists every regular file
  1    not written: a file could not be read, or there is none
  2    not written: no root, no place for the manifest, a wrong option
  129  ended early by SIGHUP; 130 by SIGINT (Ctrl-C); 143 by SIGTERM";

pub(super) const DOCTOR: &str = "Tell what this machine allows, and how a directory would be read and hashed";

pub(super) const DOCTOR_LONG: &str = "\
Tell what this machine allows, and how a directory would be read and hashed.

Standard output names the instruction sets of the CPU and how fast each kernel is on it; the calls of Linux that checksig \
uses, and whether they are allowed; the limits of this process; and the device that PATH lies on. What was refused comes \
with the reason and what to do about it. It ends with the reader and the kernels that `checksig verify` would use there.

A few kilobytes of one file at the top of PATH are read, to see whether direct reads are taken. Nothing is written.";

pub(super) const DOCTOR_AFTER: &str = "\
Examples:
  checksig doctor                 this directory, and the machine it is on
  checksig doctor photos
  checksig doctor photos --json | jq '.calls[] | select(.refused)'

Exit status:
  0    `checksig verify` can run there, if by slower ways than others
  2    it cannot: standard output says why; or PATH is not to be had";

/// The headings that options stand under.
pub(super) const READING: &str = "Reading and hashing";
pub(super) const TAKING: &str = "What it takes from others";
pub(super) const OUTPUT: &str = "Output";

/// What `--version` says: what was compiled in, which is the same for everybody who compiled the same.
pub(super) static LONG_VERSION: LazyLock<String> = LazyLock::new(|| {
    let kernels: Vec<_> = Kernel::ALL.into_iter().filter(|kernel| kernel.is_built_in()).map(Kernel::name).collect();
    let readers = ReaderKind::ALL.map(ReaderKind::name);
    let (version, kernels, readers) = (env!("CARGO_PKG_VERSION"), kernels.join(", "), readers.join(", "));
    format!("{version}\nkernels: {kernels}\nreaders: {readers}\n`checksig doctor` tells which of them this machine has")
});

pub(super) const LIMIT_RATE: &str = "Bytes a second that are read at most, such as 20M [default: no limit]";

pub(super) const LIMIT_RATE_LONG: &str = "\
Bytes a second that are read at most, over all files: a number of bytes, or of KiB, MiB or GiB with K, M or G behind it \
[default: no limit].

It counts what is read, whether that comes from a device or is in memory, and files that are read a second time. It is kept \
over tenths of a second: in between, a read is made whole. A read counts for whole blocks, and for 4 KiB at least, as that is \
what a disk reads for a file of one byte.";

pub(super) const IDLE: &str = "Give way to everything else that wants the CPU or the disk";

pub(super) const IDLE_LONG: &str = "\
Give way to everything else that wants the CPU or the disk: for an audit beside a live service.

The threads that read and hash get SCHED_IDLE and the idle class of I/O priorities. Disks keep to the latter where their \
scheduler knows it (`checksig doctor` says whether it does); elsewhere --queue-depth and --limit-rate help. \
What Linux refuses, the summary says. While others keep every CPU busy, Ctrl-C may take longer than a second.";

pub(super) const READER: &str = "How files are read; auto takes the fastest way";

pub(super) const READER_LONG: &str = "\
How files are read.

What is in the page cache is read by the threads that hash, without ever waiting. The rest comes through rings of \
io_uring, with many reads in flight, or, where Linux refuses a ring, through threads that wait for one read each. That is \
auto. A name forces one way for every file: to compare them, or to do without one that is under suspicion. A reader \
that cannot be had here is an error.";

pub(super) const READER_AUTO: &str = "the page cache first, then uring, or else threads";

pub(super) const QUEUE_DEPTH: &str = "Reads in flight on the device at a time [default: chosen for the device]";

pub(super) const QUEUE_DEPTH_LONG: &str = "\
Reads in flight on the device at a time, over all files [default: chosen for the device].

With the reader threads it is the number of threads. A small number leaves the device to others, a large one may suit an \
array of many disks.";

pub(super) const MEMORY: &str = "Memory for all buffers, such as 64M [default: 48M and 8M a worker, at most]";

pub(super) const MEMORY_LONG: &str = "\
Memory for all buffers: a number of bytes, or of KiB, MiB or GiB with K, M or G behind it; 4M at least [default: 48M \
and 8M a worker, at most].";

pub(super) const FROM_MEDIA: &str = "Read every byte from the device itself, also what is in memory";

pub(super) const FROM_MEDIA_LONG: &str = "\
Read every byte from the device itself, past the page cache (O_DIRECT), also what is cached.

A file that is in memory can be right there and damaged on the disk; without this, what is in memory is taken from \
there. The reader mmap cannot do it.";

pub(super) const KERNEL: &str = "How files are hashed; auto takes what is fastest on this CPU";

pub(super) const KERNEL_LONG: &str = "\
How files are hashed.

A kernel is a routine that computes SHA-1, for one file or for several side by side. Which one is fastest depends on \
the CPU and on how many files are at hand, so auto measures those that this CPU has, in less than a millisecond, and \
changes from one to the next as files come and go. A name forces one kernel for everything: to compare them, or to do \
without one that is under suspicion. A kernel that this CPU lacks is an error.";

pub(super) const KERNEL_AUTO: &str = "the fastest for as many files as are at hand";

/// Adds what to do to a usage error that clap has no advice for.
pub(super) fn with_remedy(mut usage: clap::Error) -> clap::Error {
    if usage.kind() == ErrorKind::InvalidSubcommand && usage.get(ContextKind::SuggestedSubcommand).is_none() {
        let advice = "the first word is what to do: 'checksig verify DIRECTORY'";
        usage.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![advice.into()]));
    }
    usage
}

/// Shows help or the version on standard output, a usage error on standard error.
pub(crate) fn explain(usage: &clap::Error) -> Exit {
    if !usage.use_stderr() {
        let shown = usage.print().and_then(|()| std::io::stdout().flush());
        return if shown.is_ok() { Exit::Pass } else { Exit::CannotRun };
    }
    // A usage error repeats what was typed, which may hold anything.
    let mut text = Vec::new();
    for line in usage.render().to_string().lines() {
        name::write_escaped(&mut text, line.as_bytes());
        text.push(b'\n');
    }
    let _ = std::io::stderr().write_all(&text);
    Exit::CannotRun
}
