//! The words of `--help`, and how help and usage errors are shown.
//!
//! Text only: what it promises is kept elsewhere, and tests hold the two together.

use std::io::Write;
use std::sync::LazyLock;

use checksig::hash::Kernel;
use checksig::{ReaderKind, ShownText};
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::exit::{self, Exit};
use crate::given;

pub(super) const ABOUT: &str = "Proves that a directory tree holds the bytes its SHA-1 manifest says it holds";

pub(super) const LONG_ABOUT: &str = "\
Proves that a directory tree holds the bytes its SHA-1 manifest says it holds, as fast as the hardware can read and \
hash them.

A manifest is a text file as `sha1sum` writes it: a digest and a file name on each line. By default it is \
sha1sum.txt in the directory itself or, where that is not there, a bag's manifest-sha1.txt. `checksig create` writes \
one, and `checksig verify` proves later that every file in it is there, whole and unchanged; `checksig audit` proves as well that nothing else is there. Names are \
relative to the directory; nothing outside of it is ever read.

What matches must have been read to its last byte. A file that differs is read a second time, in another way, before \
it is called a mismatch.";

pub(super) const AFTER: &str = "\
Examples:
  checksig create holiday    list every file below holiday
  checksig verify photos     prove that they are still the same
  checksig audit photos      and that no other file has come
  checksig verify photos --quiet && echo intact
  checksig doctor            how fast that can be here, and why not faster

Exit status:
  0    pass: every listed file matches (verify, audit) and no other is there
       (audit), the manifest is written (create)
  1    fail: a file differs, is missing, unlisted or was not read; a line is
       malformed
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
backslash. With --quiet a run that passes says nothing at all.

On a terminal a line at the bottom tells how far it is: files, bytes, bytes a second, and the time left, estimated from the \
sizes seen so far. The signal SIGUSR1 makes a run of verify, audit or create say the same on standard error: `kill -USR1 PID`. To \
`checksig sha1sum` it is the end, as to any sha1sum.";

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
  checksig verify photos --json --output photos.jsonl
                                    for the record: whole, or not there
  checksig verify photos --json | jq -r 'select(.outcome == \"mismatch\").path'

Exit status:
  0    pass: the manifest is well formed, lists a file, and all of them match
  1    fail: anything else that was found
  2    the run could not be done, or its findings could not be written
  129  ended early by SIGHUP; 130 by SIGINT (Ctrl-C); 143 by SIGTERM";

pub(super) const AUDIT: &str = "Verify, and prove that nothing is there that the manifest does not list";

pub(super) const AUDIT_LONG: &str = "\
Verify, and prove that nothing is there that the manifest does not list.

First every entry is verified, as by `checksig verify`, whose help says what is printed. Then the whole of ROOT is gone \
through, and everything without an entry is a failure: regular files, links, FIFOs, sockets and devices. Only the \
manifest itself need not be listed, the file of --output, and what --exclude names. Directories need no entry, so that \
an empty one is not noticed.

  NAME: UNLISTED             it is there and has no entry

Where entries are missing, files without an entry are read too. If one has the digest of a missing entry, standard error \
says so, as in `new: unlisted; moved: old -> new`; both are failures all the same.

It takes 16 bytes of memory for each entry.";

pub(super) const AUDIT_AFTER: &str = "\
Examples:
  checksig audit                  this directory, by its sha1sum.txt
  checksig audit photos --exclude '*.tmp' --exclude /cache/
  checksig audit photos --json | jq -r 'select(.outcome == \"unlisted\").path'

Exit status:
  0    pass: every entry matches, and nothing else is there
  1    fail: anything else that was found
  2    the run could not be done, or its findings could not be written
  129  ended early by SIGHUP; 130 by SIGINT (Ctrl-C); 143 by SIGTERM";

pub(super) const GRAMMAR: &str = "The format of the manifest; auto finds it out";

pub(super) const GRAMMAR_LONG: &str = "\
The format of the manifest.

With auto each line may be of the formats gnu, bsd and openssl, which cannot be taken for each other. Records end with \
NUL, as in the format zero, if the first of them does and another follows it, or nothing. A manifest called \
manifest-sha1.txt or tagmanifest-sha1.txt is a bag's (RFC 8493). A format that is named is taken for every line, and a \
line of another one is malformed.";

pub(super) const GRAMMAR_AUTO: &str = "as the manifest's name and its beginning say";

pub(super) const FOLLOW: &str = "Which symbolic links are followed below ROOT";

pub(super) const FOLLOW_LONG: &str = "\
Which symbolic links are followed below ROOT. ROOT itself may always be one.

With inside, a link is followed unless it leads out of ROOT, on its way or in the end, or is absolute; what is outside is \
never opened. To an audit a link without an entry is unlisted, whatever it leads to.";

pub(super) const FOLLOW_CREATE_LONG: &str = "\
Which symbolic links are followed below ROOT. ROOT itself may always be one.

With inside, a link to a regular file is listed as a file, unless it leads out of ROOT, on its way or in the end, or is \
absolute. A link to a directory is left out, as what is there is listed under its own name. Such a manifest is verified \
with --follow inside.";

pub(super) const EXCLUDE_AUDIT: &str = "What need not be listed; may be repeated";

pub(super) const EXCLUDE_AUDIT_LONG: &str = "\
What need not be listed, such as '*.tmp'; may be repeated. What is listed is verified all the same.

A pattern without a slash is that of the last part of a name, in any directory; one with a slash is that of the whole \
name below ROOT. A slash at the beginning means ROOT's own, one at the end directories only. * and ? match no slash, ** \
any number of directories; [a-z], [!a-z] and {one,other} are known, and \\ takes the meaning from what follows. \
A directory is excluded with all that it holds. ? and [] stand for one byte, and a ! at the beginning for itself.";

pub(super) const EXCLUDE_CREATE: &str = "What is not listed; may be repeated";

pub(super) const EXCLUDE_CREATE_LONG: &str = "\
What is not listed, such as '*.tmp'; may be repeated.

A pattern without a slash is that of the last part of a name, in any directory; one with a slash is that of the whole \
name below ROOT. A slash at the beginning means ROOT's own, one at the end directories only. * and ? match no slash, ** \
any number of directories; [a-z], [!a-z] and {one,other} are known, and \\ takes the meaning from what follows. \
A directory is excluded with all that it holds. ? and [] stand for one byte, and a ! at the beginning for itself.";

pub(super) const CREATE: &str = "Write a manifest of every regular file below a directory";

pub(super) const CREATE_LONG: &str = "\
Write a manifest of every regular file below a directory.

The manifest appears whole or not at all: if a file cannot be read, or the run is ended early, what was there before \
stays. One that is there already is replaced only with --force. Links, devices, sockets and FIFOs are left out, and \
standard error names them. The manifest does not list itself. That of a bag is to list data/ and nothing else: what else \
is there is for --exclude to leave out.";

pub(super) const CREATE_AFTER: &str = "\
Examples:
  checksig create                   this directory, into its sha1sum.txt
  checksig create --force           write it anew
  checksig create --tag             lines as the BSDs and `sha1sum --tag` write
  checksig create holiday --format bagit --exclude '/*.txt'
  checksig create holiday -o holiday.sha1

Exit status:
  0    the manifest is written and lists every regular file
  1    not written: a file could not be read, or there is none
  2    not written: no root, no place for the manifest, a wrong option, a name
       that no bag's manifest can list, as it begins with a blank
  129  ended early by SIGHUP; 130 by SIGINT (Ctrl-C); 143 by SIGTERM";

pub(super) const OUTPUT: &str = "Write to FILE, whole or not at all, what would go to standard output";

pub(super) const OUTPUT_LONG: &str = "\
Write to FILE, whole or not at all, what would go to standard output.

It is written under another name beside FILE and takes its place at the end, so that FILE holds this run or is what it was \
before. Where a signal ends the run, or it cannot be done, lines of text are thrown away, since they could be taken for all \
there is; JSON says so itself, and is kept if nothing stood at FILE. FILE must not be the manifest or a file that it lists.";

pub(super) const SHA1SUM: &str = "Do what GNU sha1sum does, in parallel: same options, same output";

pub(super) const SHA1SUM_LONG: &str = "\
Do what GNU sha1sum does, in parallel: same options, same output, same exit status. `checksig` under the name `sha1sum` does the \
same.

Where it differs on purpose: a NUL never cuts a name short; a line of more than 16 KiB is improperly formatted, and those behind \
it are checked; a file that changes while it is read is an error, and one that does not match was read twice; and on a terminal \
names on status lines are quoted for the shell, as coreutils 9.11 quotes them, while 9.1 prints them raw.

Names are relative to the current directory and lead anywhere: check only manifests that you trust, or take `checksig verify`, \
which stays below its root.";

pub(super) const SHA1SUM_AFTER: &str = "\
Examples:
  checksig sha1sum photos/*.jpg > jpgs.sha1
  checksig sha1sum -c --quiet jpgs.sha1 && echo intact

Exit status:
  0    all is well
  1    anything else";

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
pub(super) const FINDINGS: &str = "Output";

/// What `--version` says: what was compiled in, which is the same for everybody who compiled the same.
pub(super) static LONG_VERSION: LazyLock<String> = LazyLock::new(|| {
    let kernels: Vec<_> = Kernel::ALL.into_iter().filter(|kernel| kernel.is_built_in()).map(Kernel::name).collect();
    let readers = ReaderKind::ALL.map(ReaderKind::name);
    let (version, kernels, readers) = (env!("CARGO_PKG_VERSION"), kernels.join(", "), readers.join(", "));
    format!("{version}\nkernels: {kernels}\nreaders: {readers}\n`checksig doctor` tells which of them this machine has")
});

pub(super) const LIMIT_RATE: &str = "Bytes a second that are read at most, such as 20M [default: no limit]";

pub(super) const LIMIT_RATE_LONG: &str = "\
Bytes a second that are read at most, over all files: a number of bytes, or of KiB, MiB or GiB with K, M or G behind it, as \
20M or 20MiB [default: no limit].

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
that cannot be had here is an error.

A summary tells how many files came by which reader. The first way of auto is cached there; it cannot be forced, as it passes \
over what is not in memory.";

pub(super) const READER_AUTO: &str = "the page cache first, then uring, or else threads";

pub(super) const QUEUE_DEPTH: &str = "Reads in flight on the device at a time [default: chosen for the device]";

pub(super) const QUEUE_DEPTH_LONG: &str = "\
Reads in flight on the device at a time, over all files; 4096 at most [default: chosen for the device].

With the reader threads it is the number of threads; with pread and mmap it has no effect, as each thread that hashes waits \
for one read (-j). A small number leaves the device to others, a large one may suit an array of many disks.";

pub(super) const MEMORY: &str = "Memory for all buffers, such as 64M [default: 51M and 8M a worker, at most]";

pub(super) const MEMORY_LONG: &str = "\
Memory for all buffers: a number of bytes, or of KiB, MiB or GiB with K, M or G behind it, as 65536K, 64M or 64MiB; 4M at \
least [default: 51M and 8M a worker, at most].";

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
        let shown = given::stdout().and_then(|mut out| usage.print().and_then(|()| out.flush()));
        return shown.map_or_else(unshown, |()| Exit::Pass);
    }
    // A usage error repeats what was typed, which may hold anything.
    let text = usage.render().to_string();
    let _ = std::io::stderr().write_all(ShownText(&text).to_string().as_bytes());
    Exit::CannotRun
}

/// Help or the version could not be written: a pipe that nobody reads any more is no news, as in `checksig --help | head`.
fn unshown(error: std::io::Error) -> Exit {
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        exit::by_closed_pipe();
    }
    let message = format!("checksig: standard output cannot be written: {error}\n");
    let _ = std::io::stderr().write_all(message.as_bytes());
    Exit::CannotRun
}
