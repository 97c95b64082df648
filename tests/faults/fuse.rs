//! A file system whose files go wrong as they are told to: a FUSE server in a thread of the test, by the raw protocol.
//!
//! Judges nothing; what a run must make of such files stands in `served.rs`. Needs root, for mount(2).

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// What reading a file comes to.
pub(crate) enum Behaviour {
    Sound,
    /// EIO for every read that would give the byte at this offset.
    EioAt(u64),
    /// Fewer bytes than were asked for, at least one.
    Short,
    /// The byte at this offset is wrong in so many readings of it, and then right.
    WrongAt(u64, AtomicU32),
    /// No answer before the end of the mount.
    Hang,
    /// From the first read on there is more than it said when it was opened.
    Grows,
    /// An answer after so long.
    Slow(Duration),
}

/// A file to be served.
pub(crate) struct Served {
    pub(crate) name: String,
    pub(crate) content: Vec<u8>,
    pub(crate) behaviour: Behaviour,
    /// Past the page cache: every read comes here, and as it was asked.
    pub(crate) direct: bool,
    pub(crate) was_read: AtomicBool,
}

/// The mounted file system; dropping it fails the reads that hang and takes it away.
pub(crate) struct Mount {
    directory: PathBuf,
    /// Its own, where it was given none.
    own: Option<tempfile::TempDir>,
    stop: Arc<AtomicBool>,
    server: Option<JoinHandle<()>>,
}

/// As long as a server lives at most: a read that hangs keeps its whole process from ending.
const LIFE: Duration = Duration::from_secs(100);

/// Longer than anything that is asked.
const REQUEST_BYTES: usize = 1 << 20;

mod op {
    pub(super) const LOOKUP: u32 = 1;
    pub(super) const FORGET: u32 = 2;
    pub(super) const GETATTR: u32 = 3;
    pub(super) const OPEN: u32 = 14;
    pub(super) const READ: u32 = 15;
    pub(super) const STATFS: u32 = 17;
    pub(super) const RELEASE: u32 = 18;
    pub(super) const INIT: u32 = 26;
    pub(super) const OPENDIR: u32 = 27;
    pub(super) const RELEASEDIR: u32 = 29;
    pub(super) const INTERRUPT: u32 = 36;
    pub(super) const BATCH_FORGET: u32 = 42;
}

const ASYNC_READ: u32 = 1;
const ASYNC_DIRECT: u32 = 1 << 15;
const DIRECT_IO: u32 = 1;
const ROOT_NODE: u64 = 1;

impl Mount {
    /// Mounts the files; with `parallel`, one direct read may become several requests.
    pub(crate) fn new(files: Vec<Served>, parallel: bool) -> io::Result<Mount> {
        let own = tempfile::tempdir()?;
        let mut mount = Mount::at(own.path(), files, parallel)?;
        mount.own = Some(own);
        Ok(mount)
    }

    /// The same over a directory.
    #[allow(unsafe_code, reason = "libc's mount")]
    pub(crate) fn at(directory: &Path, files: Vec<Served>, parallel: bool) -> io::Result<Mount> {
        let device = File::options().read(true).write(true).custom_flags(libc::O_CLOEXEC).open("/dev/fuse")?;
        let options = format!("fd={},rootmode=40000,user_id=0,group_id=0,allow_other", device.as_raw_fd());
        let (place, options) = (c_path(directory), CString::new(options)?);
        let flags = libc::MS_NOSUID | libc::MS_NODEV;
        // SAFETY: the strings and the descriptor live through the call.
        let result = unsafe {
            libc::mount(c"checksig".as_ptr(), place.as_ptr(), c"fuse".as_ptr(), flags, options.as_ptr().cast())
        };
        if result != 0 {
            return Err(io::Error::last_os_error());
        }
        let stop = Arc::new(AtomicBool::new(false));
        let own = Arc::clone(&stop);
        let server = std::thread::spawn(move || serve(&Arc::new(device), &Arc::new(files), parallel, &own));
        Ok(Mount { directory: directory.to_owned(), own: None, stop, server: Some(server) })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.directory
    }
}

impl Drop for Mount {
    #[allow(unsafe_code, reason = "libc's umount2")]
    fn drop(&mut self) {
        // Closing the device ends every request, also of those who hang; only then the rest cannot hang either.
        self.stop.store(true, Ordering::Relaxed);
        self.server.take().map(JoinHandle::join);
        let place = c_path(&self.directory);
        // SAFETY: the string lives through the call.
        unsafe { libc::umount2(place.as_ptr(), libc::MNT_DETACH) };
    }
}

fn c_path(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).expect("a path without a NUL")
}

/// Answers until it is stopped or the file system is gone.
fn serve(device: &Arc<File>, files: &Arc<Vec<Served>>, parallel: bool, stop: &AtomicBool) {
    let begun = std::time::Instant::now();
    let mut request = vec![0; REQUEST_BYTES];
    while !stop.load(Ordering::Relaxed) && begun.elapsed() < LIFE {
        if !is_readable(device) {
            continue;
        }
        match (&**device).read(&mut request) {
            Ok(count) => answer(device, files, parallel, &request[..count]),
            Err(error) if error.raw_os_error() == Some(libc::ENODEV) => return,
            // A request was interrupted before it was taken.
            Err(_) => {}
        }
    }
}

#[allow(unsafe_code, reason = "libc's poll")]
fn is_readable(device: &File) -> bool {
    let mut poll = libc::pollfd { fd: device.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one structure, which lives through the call.
    unsafe { libc::poll(&raw mut poll, 1, 20) > 0 }
}

fn number(bytes: &[u8], at: usize) -> u64 {
    u64::from_ne_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn answer(device: &Arc<File>, files: &Arc<Vec<Served>>, parallel: bool, request: &[u8]) {
    let (opcode, unique, node) = (word(request, 4), number(request, 8), number(request, 16));
    let body = &request[40..];
    let file = (node as usize).checked_sub(2).and_then(|at| files.get(at));
    let result = match opcode {
        op::FORGET | op::BATCH_FORGET | op::INTERRUPT => return,
        op::INIT => {
            let flags = word(body, 12) & (ASYNC_READ | if parallel { ASYNC_DIRECT } else { 0 });
            Ok(Out::default().words(&[7, 31, 1 << 17, flags, 64 | 48 << 16, 4_096, 1, 0]).words(&[0; 8]))
        }
        op::LOOKUP => {
            let name = body.strip_suffix(&[0]).unwrap_or(body);
            match files.iter().position(|file| file.name.as_bytes() == name) {
                // The name is good for an hour, the attributes for no time.
                Some(at) => Ok(Out::default()
                    .numbers(&[at as u64 + 2, 0, 3_600, 0])
                    .words(&[0, 0])
                    .attributes(at as u64 + 2, Some(&files[at]))),
                None => Err(libc::ENOENT),
            }
        }
        op::GETATTR => Ok(Out::default().numbers(&[0]).words(&[0, 0]).attributes(node, file)),
        op::OPEN => {
            let direct = file.is_some_and(|file| file.direct);
            Ok(Out::default().numbers(&[0]).words(&[if direct { DIRECT_IO } else { 0 }, 0]))
        }
        op::OPENDIR => Ok(Out::default().numbers(&[0]).words(&[0, 0])),
        op::RELEASE | op::RELEASEDIR => Ok(Out::default()),
        // Without any blocks or files: who asks wants the type of the file system, which Linux knows.
        op::STATFS => Ok(Out::default().numbers(&[0; 10])),
        op::READ => {
            let Some(file) = file else { return reply(device, unique, Err(libc::EISDIR)) };
            let (offset, size) = (number(body, 8), word(body, 16) as usize);
            match file.behaviour {
                Behaviour::Hang => return,
                Behaviour::Slow(time) => {
                    let (device, data) = (Arc::clone(device), file.read(offset, size));
                    std::thread::spawn(move || {
                        std::thread::sleep(time);
                        reply(&device, unique, data.map(Out));
                    });
                    return;
                }
                _ => file.read(offset, size).map(Out),
            }
        }
        _ => Err(libc::ENOSYS),
    };
    reply(device, unique, result);
}

fn reply(device: &File, unique: u64, result: Result<Out, i32>) {
    let (error, body) = result.map_or_else(|errno| (-errno, Vec::new()), |out| (0, out.0));
    let header = Out::default().words(&[16 + body.len() as u32, error as u32]).numbers(&[unique]);
    // Whoever asked may have gone meanwhile.
    let _ = (&*device).write(&[header.0, body].concat());
}

/// The bytes of an answer.
#[derive(Default)]
struct Out(Vec<u8>);

impl Out {
    fn words(mut self, words: &[u32]) -> Out {
        words.iter().for_each(|word| self.0.extend_from_slice(&word.to_ne_bytes()));
        self
    }

    fn numbers(mut self, numbers: &[u64]) -> Out {
        numbers.iter().for_each(|number| self.0.extend_from_slice(&number.to_ne_bytes()));
        self
    }

    /// Those of the root where there is no file.
    fn attributes(self, node: u64, file: Option<&Served>) -> Out {
        let size = file.map_or(0, Served::size);
        let mode = if node == ROOT_NODE { libc::S_IFDIR | 0o755 } else { libc::S_IFREG | 0o644 };
        let times = [1_000_000_000; 3];
        let out = self.numbers(&[node, size, size.div_ceil(512)]).numbers(&times);
        out.words(&[0, 0, 0, mode, 1, 0, 0, 0, 4_096, 0])
    }
}

impl Served {
    /// What it says its size is.
    fn size(&self) -> u64 {
        let grown = matches!(self.behaviour, Behaviour::Grows) && self.was_read.load(Ordering::Relaxed);
        self.content.len() as u64 + if grown { 1_000 } else { 0 }
    }

    fn read(&self, offset: u64, size: usize) -> Result<Vec<u8>, i32> {
        let asked = offset..offset + size as u64;
        let from = (offset as usize).min(self.content.len());
        let mut data = self.content[from..(from + size).min(self.content.len())].to_vec();
        match &self.behaviour {
            Behaviour::EioAt(at) if asked.contains(at) => return Err(libc::EIO),
            Behaviour::Short if data.len() > 1 => {
                let less = 1 + (offset as usize / 7 + size) % (data.len() - 1);
                data.truncate(data.len() - less);
            }
            Behaviour::WrongAt(at, times) if asked.contains(at) => {
                let again = times.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |times| times.checked_sub(1));
                if again.is_ok() {
                    data[(at - offset) as usize] ^= 0x55;
                }
            }
            Behaviour::Grows => {
                self.was_read.store(true, Ordering::Relaxed);
                data.resize(size.min(self.content.len() + 1_000 - from), b'+');
            }
            _ => {}
        }
        Ok(data)
    }
}
