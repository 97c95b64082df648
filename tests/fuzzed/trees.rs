//! Bytes as a tree and a manifest, verified, audited and listed anew beside a naive model that looks at the tree with the
//! standard library.
//!
//! Makes them; what is to be found is the affair of `model`.

use std::fs;
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

use checksig::limits;
use checksig::manifest::{Format, Grammar, write_entry};
use checksig::{
    Batch, CreateOptions, Digest, Error, Options, OutcomeKind, Policy, ReaderChoice, ReaderKind, Record, Report, Run,
    Verdict,
};

use crate::model::{self, Model};

/// Things that a tree may hold, parents before what is in them.
const THINGS: [&str; 9] = ["a", "b", "d", "d/a", "d/b", "d/d", "d/d/a", "e", "e/a"];

/// What entries may call them, and other names that mean harm or nothing.
const SPELLINGS: [&str; 23] = [
    "./a",
    "d//a",
    "d/./a",
    "a/.",
    "d/.",
    "d/",
    ".",
    "..",
    "/etc/passwd",
    "../outside/secret",
    "d/../a",
    "d/../../outside/secret",
    "a/b",
    "none",
    "d/none",
    "b/a",
    "b/d/a",
    "b/secret",
    "d/d/d/a",
    "a/",
    "//a",
    "sha1sum.txt",
    "d/b/secret",
];

/// Where links lead, within and out.
const TARGETS: [&str; 17] = [
    "a",
    "b",
    "d",
    "d/a",
    "../a",
    "..",
    "../b",
    "../../outside",
    "../outside",
    "/etc",
    "d/../a",
    "none",
    ".",
    "./d/",
    "a/",
    "../outside/secret",
    "d/d",
];

/// Lengths at the edges of a block, of a window and of a buffer.
const LENGTHS: [usize; 8] = [0, 1, 55, 64, 4_096, 16_385, 40_000, 131_073];

/// Plays a script: first the tree, then the manifest, then what is asked of both.
pub fn play(script: &[u8]) {
    let mut script = Script(script.iter());
    let how = How::new(&mut script);
    let directory = crate::directory::new(how.in_memory);
    let root = directory.path().join("root");
    let outside = directory.path().join("outside");
    for made in [&root, &outside] {
        fs::create_dir(made).expect("a directory");
    }
    fs::write(outside.join("secret"), "what nobody may read").expect("a file");
    for _ in 0..script.byte() % 10 {
        make(&root, script.byte(), script.byte(), script.byte());
    }
    // The mark of an encoding counts on the first line alone; none of these is one.
    let mut lines = vec![b"# made".to_vec()];
    for _ in 0..script.byte() % 12 {
        lines.push(line(&root, &mut script));
    }
    fs::write(root.join("sha1sum.txt"), lines.join(&b'\n')).expect("a manifest");
    compare(&root, &lines, &how);
    list_anew(&root, &how);
}

struct Script<'a>(std::slice::Iter<'a, u8>);

impl<'a> Script<'a> {
    fn byte(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(0)
    }

    fn bytes(&mut self, count: usize) -> &'a [u8] {
        let bytes = self.0.as_slice();
        let (taken, rest) = bytes.split_at(count.min(bytes.len()));
        self.0 = rest.iter();
        taken
    }
}

/// How the tree is gone over.
struct How {
    options: Options,
    in_memory: bool,
}

impl How {
    fn new(script: &mut Script<'_>) -> How {
        const READERS: [Option<ReaderKind>; 8] = [
            None,
            None,
            None,
            None,
            Some(ReaderKind::Pread),
            Some(ReaderKind::Threads),
            Some(ReaderKind::Mmap),
            Some(ReaderKind::Uring),
        ];
        let value = script.byte();
        let mut options = Options::default();
        options.grammar = Grammar::Strict;
        options.policy = if value & 1 == 0 { Policy::Beneath } else { Policy::Inside };
        options.ordered = value & 2 == 0;
        // Memory for buffers is what a run takes longest to get.
        options.resources.memory_bytes = Some(limits::MEMORY_BYTES_MIN);
        options.resources.workers = NonZeroUsize::new(usize::from(value >> 2 & 3));
        options.resources.reader =
            READERS[usize::from(value >> 4 & 7)].map_or(ReaderChoice::Auto, ReaderChoice::Forced);
        How { options, in_memory: value >= 128 }
    }

    fn follows(&self) -> bool {
        self.options.policy == Policy::Inside
    }
}

/// Puts a thing into the tree, where its parent is a directory and has room for it.
fn make(root: &Path, name: u8, kind: u8, value: u8) {
    let path = root.join(THINGS[usize::from(name) % THINGS.len()]);
    let parent = path.parent().expect("the root at least");
    let _ = fs::create_dir(parent);
    // What is behind a link is not of this tree.
    if path.symlink_metadata().is_ok() || !parent.symlink_metadata().is_ok_and(|found| found.is_dir()) {
        return;
    }
    match kind % 12 {
        0..6 => fs::write(&path, content(value)).expect("a file"),
        6 => fs::create_dir(&path).expect("a directory"),
        7..10 => symlink(TARGETS[usize::from(value) % TARGETS.len()], &path).expect("a link"),
        10 => {
            let mode = rustix::fs::Mode::RWXU;
            rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).expect("a FIFO");
        }
        // The name of a socket has to be short, which that of the directory may not be.
        _ => drop(UnixListener::bind(&path)),
    }
}

fn content(value: u8) -> Vec<u8> {
    let length = LENGTHS[usize::from(value) % LENGTHS.len()];
    (0..length).map(|at| (at / 61) as u8 ^ value).collect()
}

/// A line of the manifest: an entry that is right or not, or bytes.
fn line(root: &Path, script: &mut Script<'_>) -> Vec<u8> {
    let (kind, value) = (script.byte(), script.byte());
    let name = match kind % 8 {
        0..4 => THINGS[usize::from(value) % THINGS.len()].as_bytes(),
        4 | 5 => SPELLINGS[usize::from(value) % SPELLINGS.len()].as_bytes(),
        6 => script.bytes(usize::from(value) % 300),
        _ => {
            let bytes = script.bytes(usize::from(value) % 80);
            return bytes.iter().copied().filter(|&byte| byte != b'\n').collect();
        }
    };
    // A wrong one in eight. To read a FIFO would take for ever.
    let path = root.join(Path::new(std::ffi::OsStr::from_bytes(name)));
    let is_right = kind < 224 && path.is_file();
    let right = if is_right { fs::read(path).expect("a file") } else { vec![kind] };
    let digest: Digest = model::digest(&right).parse().expect("a digest");
    let format = [Format::Gnu, Format::GnuBinary, Format::Bsd, Format::OpenSsl][usize::from(kind >> 3 & 3)];
    let mut line = Vec::new();
    // A name that no line can have leaves an empty one.
    let _ = write_entry(&mut line, format, &digest, name);
    line.pop();
    line
}

/// Runs both verbs that read the manifest, beside the model.
fn compare(root: &Path, lines: &[Vec<u8>], how: &How) {
    let model = Model { root, follows: how.follows() };
    let expected = model.verify(lines);
    let Some((records, report)) = run(root, how, Run::verify) else { return };
    expect(&records, &report, &expected, how);
    let expected = [expected, model.unlisted(lines)].concat();
    let Some((records, report)) = run(root, how, Run::audit) else { return };
    expect(&records, &report, &expected, how);
}

fn expect(records: &[Record], report: &Report, expected: &[model::Found], how: &How) {
    let mut found: Vec<model::Found> = records.iter().map(found_in).collect();
    let mut expected = expected.to_vec();
    if !how.options.ordered {
        found.sort();
        expected.sort();
    }
    assert_eq!(found, expected, "{:?}", how.options);
    let matches = expected.iter().filter(|(_, _, kind)| *kind == Some(OutcomeKind::Match)).count();
    let passes = matches > 0 && matches == expected.len();
    assert_eq!(report.verdict() == Verdict::Pass, passes, "{report:?}");
}

fn found_in(record: &Record) -> model::Found {
    match record {
        Record::File(file) => (file.line, file.name.clone(), Some(file.outcome.kind())),
        Record::Malformed(malformed) => (malformed.line, Vec::new(), None),
        other => panic!("{other:?}"),
    }
}

/// All records and the report; nothing where this machine lacks the reader.
fn run(root: &Path, how: &How, start: fn(&Path, &Options) -> Result<Run, Error>) -> Option<(Vec<Record>, Report)> {
    let mut run = match start(root, &how.options) {
        Err(Error::ReaderUnavailable { .. }) => return None,
        run => run.expect("a run"),
    };
    let mut records = Vec::new();
    loop {
        match run.next_batch(Duration::from_secs(10)) {
            Batch::Records(more) => records.extend(more),
            Batch::Waiting => panic!("nothing came for ten seconds"),
            Batch::Finished => return Some((records, run.finish().expect("a report"))),
        }
    }
}

/// A manifest that is made of the tree lists its files, and verifies.
fn list_anew(root: &Path, how: &How) {
    let files = Model { root, follows: how.follows() }.files();
    let mut options = CreateOptions::default();
    options.overwrite = true;
    options.follow_inside = how.follows();
    options.resources = how.options.resources;
    let before = fs::read(root.join("sha1sum.txt")).expect("a manifest");
    let report = match checksig::create(root, &options) {
        Err(Error::ReaderUnavailable { .. }) => return,
        report => report.expect("a report"),
    };
    assert_eq!(
        (report.verdict() == Verdict::Pass, report.counts.of(OutcomeKind::Match)),
        (!files.is_empty(), files.len() as u64)
    );
    if files.is_empty() {
        assert_eq!(fs::read(root.join("sha1sum.txt")).expect("a manifest"), before, "of nothing there is no manifest");
        return;
    }
    let Some((records, report)) = run(root, how, Run::verify) else { return };
    let mut names: Vec<_> = records.iter().map(|record| found_in(record).1).collect();
    names.sort();
    assert_eq!((names, report.verdict()), (files, Verdict::Pass));
}
