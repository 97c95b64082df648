//! The command as a child process whose memory and threads are watched while it runs.
//!
//! Looks into /proc; knows no tree.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::fs;
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// How a run of the command went, and the most that was seen of it.
#[derive(Debug)]
pub struct Watched {
    pub status: Option<i32>,
    pub err: String,
    /// The most memory that it has had, in bytes (VmHWM).
    pub memory_bytes: u64,
    /// The most threads of this name at a time.
    pub threads: usize,
}

/// Runs the command and looks at it every millisecond: how much memory it has had, and how many threads have this name.
pub fn watch(command: &mut Command, thread: &str) -> Watched {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the command runs");
    let folder = format!("/proc/{}", child.id());
    let name = Path::new(command.get_program()).file_name().expect("a program").to_string_lossy().into_owned();
    let (mut memory_bytes, mut threads) = (0, 0);
    let status = loop {
        memory_bytes = memory_bytes.max(peak_bytes(&folder, &name));
        threads = threads.max(threads_named(&folder, thread));
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    let mut err = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut err).expect("text");
    Watched { status: status.code(), err, memory_bytes, threads }
}

/// Nothing before it has the name of its program: until then its memory may still be that of the process that started it.
fn peak_bytes(folder: &str, name: &str) -> u64 {
    let status = fs::read_to_string(format!("{folder}/status")).unwrap_or_default();
    let is_itself =
        status.lines().next().and_then(|line| line.strip_prefix("Name:")).is_some_and(|told| told.trim() == name);
    if !is_itself {
        return 0;
    }
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Threads of the process itself: a worker that Linux starts for a ring has the name of the thread that the ring is of until it
/// is given its own, and a flag from the start.
fn threads_named(folder: &str, name: &str) -> usize {
    /// `PF_IO_WORKER` of Linux's `sched.h`.
    const IO_WORKER: u64 = 0x10;
    let Ok(tasks) = fs::read_dir(format!("{folder}/task")) else { return 0 };
    let stats = tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("stat")).ok());
    // "number (name) state and five numbers, then the flags"; of the name Linux keeps 15 bytes.
    let is_one = |stat: &String| {
        let (Some(start), Some(end)) = (stat.find('('), stat.rfind(')')) else { return false };
        let flags = stat[end + 1..].split_whitespace().nth(6).and_then(|flags| flags.parse::<u64>().ok());
        &stat[start + 1..end] == name && flags.is_some_and(|flags| flags & IO_WORKER == 0)
    };
    stats.filter(is_one).count()
}

/// A tree of sixteen small files, below this place, with a manifest of so many lines that name them in turn.
pub fn few_files_of_many_lines(place: &Path, lines: usize, digest: fn(&[u8]) -> String) -> tempfile::TempDir {
    fs::create_dir_all(place).expect("a directory");
    let tree = tempfile::tempdir_in(place).expect("a directory");
    let entry = |at: usize| {
        let (name, content) = (format!("file-number-{at}"), vec![at as u8; at * 10]);
        fs::write(tree.path().join(&name), &content).expect("a file");
        format!("{}  {name}\n", digest(&content))
    };
    let entries: Vec<_> = (0..16).map(entry).collect();
    let mut manifest = BufWriter::new(fs::File::create(tree.path().join("sha1sum.txt")).expect("a manifest"));
    entries
        .iter()
        .cycle()
        .take(lines)
        .for_each(|entry| manifest.write_all(entry.as_bytes()).expect("room on the disk"));
    manifest.flush().expect("room on the disk");
    drop(manifest);
    tree
}
