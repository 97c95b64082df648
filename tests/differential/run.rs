//! Runs a case by both programs and compares what came of it.
//!
//! Both are called by the same name in the same directory, so that every byte can be compared.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};

use super::allowed::Allowed;
use super::case::Case;
use super::tree::{Tree, content};

const OURS: &str = env!("CARGO_BIN_EXE_checksig");

/// How long one process may take.
const PATIENCE: Duration = Duration::from_secs(20);

const PASS: (Option<i32>, Option<i32>) = (Some(0), None);
const FAIL: (Option<i32>, Option<i32>) = (Some(1), None);

/// What came out.
#[derive(PartialEq, Eq)]
struct Came {
    /// The exit status, or the signal that ended it.
    status: (Option<i32>, Option<i32>),
    out: Vec<u8>,
    err: Vec<u8>,
}

/// Whether the system has the locale; where it has not, everything is compared in the locale C.
pub(crate) fn has_utf8() -> bool {
    static HAS: LazyLock<bool> = LazyLock::new(|| {
        let said = Command::new("locale").arg("charmap").env("LC_ALL", "C.UTF-8").output();
        said.is_ok_and(|said| said.stdout == b"UTF-8\n" && said.stderr.is_empty())
    });
    *HAS
}

/// Says what is different that must not be.
pub(crate) fn compare(tree: &Tree, case: &Case) -> Result<(), String> {
    let mut ours = run(tree, case, OURS, |manifest| &manifest.ours);
    let mut theirs = run(tree, case, "sha1sum", |manifest| &manifest.theirs);
    let has_own_words = case.allowed.contains(&Allowed::OwnWords) && theirs.status == PASS;
    let must_fail = !has_own_words && case.allowed.iter().any(|allowed| allowed.must_fail());
    if theirs.status == PASS && (must_fail || case.allowed.contains(&Allowed::Nul) && ours.status == FAIL) {
        theirs.status = FAIL;
    }
    if has_own_words {
        ours.out.clear();
        theirs.out.clear();
    }
    if ours == theirs { Ok(()) } else { Err(format!("ours {}theirs {}", shown(&ours), shown(&theirs))) }
}

fn shown(came: &Came) -> String {
    let lines = |text: &[u8]| {
        let line = |line: &[u8]| format!("    {:.300}\n", line.escape_ascii().to_string());
        text.split_inclusive(|&byte| byte == b'\n').map(line).collect::<String>()
    };
    format!("status {:?}\n  out\n{}  err\n{}", came.status, lines(&came.out), lines(&came.err))
}

fn run(tree: &Tree, case: &Case, program: &str, text: impl Fn(&super::lines::Manifest) -> &Vec<u8>) -> Came {
    let mut stdin = b"what standard input gives".to_vec();
    for (at, manifest) in case.manifests.iter().enumerate() {
        fs::write(tree.at(&format!("m{at}")), text(manifest)).expect("a manifest");
        if case.stdin_is_manifest && at + 1 == case.manifests.len() {
            stdin.clone_from(text(manifest));
        }
    }
    let mut command = Command::new(program);
    command.arg0("sha1sum").args(&case.words).current_dir(tree.path());
    let locale = if case.utf8 && has_utf8() { "C.UTF-8" } else { "C" };
    command.env_clear().env("LC_ALL", locale).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    if case.posixly {
        command.env("POSIXLY_CORRECT", "1");
    }
    let place = |name: &str| tree.at(&format!("../{}-{name}", tree.path().file_name().unwrap().display()));
    let (out, err) = (place("out"), place("err"));
    let out_file = File::create(&out).expect("a file");
    let err_file =
        if case.together { out_file.try_clone().expect("a file") } else { File::create(&err).expect("a file") };
    command.stdout(out_file).stderr(err_file);
    if case.stdin_is_pipe {
        command.stdin(Stdio::piped());
    } else {
        let input = place("in");
        fs::write(&input, &stdin).expect("a file");
        command.stdin(File::open(&input).expect("a file"));
        fs::remove_file(input).expect("a file");
    }
    let mut child = command.spawn().expect("the program starts");
    let (fifo, over) = (tree.at("fifo"), AtomicBool::new(false));
    let status = std::thread::scope(|scope| {
        if let Some(mut pipe) = child.stdin.take() {
            // Who reads no standard input closes it.
            scope.spawn(move || pipe.write_all(&stdin));
        }
        if case.fifo {
            scope.spawn(|| write_to_fifo(&fifo, &over));
        }
        let status = wait(&mut child, case);
        over.store(true, Ordering::Relaxed);
        status
    });
    let read = |path| fs::read(path).unwrap_or_default();
    let came = Came { status, out: read(&out), err: if case.together { Vec::new() } else { read(&err) } };
    for file in [out, err] {
        let _ = fs::remove_file(file);
    }
    came
}

/// Writes to the FIFO once somebody reads it; nobody need.
fn write_to_fifo(fifo: &Path, over: &AtomicBool) {
    let begun = Instant::now();
    while !over.load(Ordering::Relaxed) && begun.elapsed() < PATIENCE {
        let flags = OFlags::WRONLY.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);
        match rustix::fs::open(fifo, flags, Mode::empty()) {
            Ok(writer) => {
                let _ = File::from(writer).write_all(&content(b"fifo"));
                return;
            }
            // Nobody reads it yet.
            Err(_) => std::thread::sleep(Duration::from_micros(300)),
        }
    }
}

fn wait(child: &mut Child, case: &Case) -> (Option<i32>, Option<i32>) {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            return (status.code(), status.signal());
        }
        if begun.elapsed() > PATIENCE {
            let _ = child.kill();
            panic!("it hangs: {case:?}");
        }
        std::thread::sleep(Duration::from_micros(300));
    }
}
