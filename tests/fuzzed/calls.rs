//! Bytes as a sequence of calls of the C API, over a few small trees of which is known what is wrong with them.
//!
//! Keeps the contract of the header, which no library could watch over: no handle is used after it was freed, and none by two
//! threads that may not. Everything else is tried, in any order.
#![allow(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one contract holds for every call, and each block says how it is kept"
)]

use std::ffi::{CStr, CString};
use std::ptr::null_mut;
use std::slice;

use sha1::Digest as _;

use crate::c::*;
use crate::found::{look_at_batch, look_at_report};
use crate::places::{Expected, Places};

/// Calls at most, and runs at a time: some of them have threads.
const CALLS_MAX: usize = 48;
const RUNS_MAX: usize = 3;

/// Plays a script to its end, and panics where the library breaks a promise.
pub fn play(script: &[u8]) {
    let mut player = Player::default();
    for step in script.chunks(2).take(CALLS_MAX) {
        player.call(step[0], step.get(1).copied().unwrap_or(0), script);
    }
    player.end(script.first().copied().unwrap_or(0));
}

#[derive(Default)]
struct Player {
    options: Vec<Options>,
    runs: Vec<Running>,
    batches: Vec<Handle>,
    reports: Vec<Handle>,
}

#[derive(Clone, Copy)]
struct Options {
    handle: Handle,
    /// Something was chosen that a run may be refused for.
    is_choosy: bool,
    has_manifest: bool,
    /// Asked for past the page cache: on what has nothing else, as memory, no file can be read so.
    from_media: bool,
}

struct Running {
    handle: Handle,
    /// What the run must find; nothing where its options make that another thing.
    expected: Option<Expected>,
    was_cancelled: bool,
    records: u64,
    failures: u64,
    is_over: bool,
}

impl Player {
    fn call(&mut self, call: u8, value: u8, script: &[u8]) {
        match call % 18 {
            0 => self.new_options(),
            1..4 => self.set(call / 18, value),
            4..6 => self.start(value),
            6 => self.start_files(value),
            7..10 => self.next_batch(value),
            10 => self.progress(value),
            11 => self.cancel(value),
            12 => self.report(value),
            13 => self.free_one(value),
            14 => hash_many(script, value),
            15 => one_file(value),
            16 => self.wait_and_cancel(value),
            _ => null_is_caught(),
        }
    }

    fn new_options(&mut self) {
        let mut handle = null_mut();
        // SAFETY: the place is a local variable.
        assert_eq!(unsafe { checksig_options_new(&raw mut handle) }, OK);
        self.options.push(Options { handle, is_choosy: false, has_manifest: false, from_media: false });
    }

    /// Sets one option to one of the values that it may have, or may not.
    fn set(&mut self, option: u8, value: u8) {
        const READERS: [&str; 6] = ["auto", "threads", "mmap", "pread", "uring", "tape"];
        const KERNELS: [&str; 5] = ["auto", "scalar", "avx2", "sha1-crate", "md5"];
        let Some(at) = self.options.len().checked_sub(1) else { return };
        let Options { handle, is_choosy, has_manifest, from_media } = &mut self.options[at];
        let pick = usize::from(value);
        let truth = [OK, OK, BAD_OPTION][pick % 3];
        // SAFETY: the handle is live and this thread's alone; texts are literals with their lengths.
        let (status, expected) = unsafe {
            match option % 9 {
                0 => (checksig_options_set_workers(*handle, u32::from(value % 4)), OK),
                1 => {
                    let name = READERS[pick % READERS.len()];
                    *is_choosy = true;
                    let expected = if name == "tape" { BAD_OPTION } else { OK };
                    (checksig_options_set_reader(*handle, name.as_ptr(), name.len()), expected)
                }
                2 => {
                    let name = KERNELS[pick % KERNELS.len()];
                    *is_choosy = true;
                    let expected = if name == "md5" { BAD_OPTION } else { OK };
                    (checksig_options_set_kernel(*handle, name.as_ptr(), name.len()), expected)
                }
                3 => {
                    *is_choosy = true;
                    (checksig_options_set_queue_depth(*handle, [0, 1, 3, 5_000][pick % 4]), OK)
                }
                4 => {
                    *is_choosy = true;
                    (checksig_options_set_memory(*handle, [0, 1, 8 << 20][pick % 3]), OK)
                }
                5 => {
                    *is_choosy = true;
                    *from_media |= pick % 3 == 1;
                    (checksig_options_set_from_media(*handle, u32::from(value % 3)), truth)
                }
                6 => {
                    let (name, expected) = [("keep", OK), ("neutral", OK), ("", BAD_OPTION)][pick % 3];
                    (checksig_options_set_cache(*handle, name.as_ptr(), name.len()), expected)
                }
                7 if value < 128 => (checksig_options_set_ordered(*handle, u32::from(value % 3)), truth),
                // A run that gives way has no place in a machine that is kept busy: idle is only ever refused.
                7 => (checksig_options_set_idle(*handle, 2), BAD_OPTION),
                _ if value < 128 => (checksig_options_set_limit_rate(*handle, [0, 1 << 40][pick % 2]), OK),
                _ => {
                    let manifest = Places::get().manifest(value);
                    let bytes = manifest.as_bytes();
                    *has_manifest = true;
                    (checksig_options_set_manifest(*handle, bytes.as_ptr(), bytes.len()), OK)
                }
            }
        };
        expect_status(status, &[expected]);
    }

    /// The last options that were made, or the defaults.
    fn chosen(&self, value: u8) -> Options {
        let default = Options { handle: null_mut(), is_choosy: false, has_manifest: false, from_media: false };
        if value >= 128 { default } else { self.options.last().copied().unwrap_or(default) }
    }

    fn start(&mut self, value: u8) {
        if self.runs.len() == RUNS_MAX {
            return;
        }
        let (root, expected) = Places::get().root(value);
        let options = self.chosen(value);
        let mut handle = null_mut();
        // SAFETY: the root is a text with its length, the options are live or NULL, the place is a local variable.
        let status = unsafe { checksig_run_start(root.as_ptr(), root.len(), options.handle, &raw mut handle) };
        self.started(status, handle, expected, options);
    }

    fn start_files(&mut self, value: u8) {
        if self.runs.len() == RUNS_MAX {
            return;
        }
        let (paths, expected) = Places::get().list(value);
        let list: Vec<Bytes> = paths.iter().map(|path| Bytes { data: path.as_ptr().cast(), len: path.len() }).collect();
        let options = self.chosen(value);
        let mut handle = null_mut();
        // SAFETY: the list is of texts with their lengths, the options are live or NULL, the place is a local variable.
        let status = unsafe { checksig_run_start_files(list.as_ptr(), list.len(), options.handle, &raw mut handle) };
        let expected = if options.has_manifest { Err(BAD_OPTION) } else { Ok(expected) };
        self.started(status, handle, expected, Options { has_manifest: false, ..options });
    }

    fn started(&mut self, status: u32, handle: Handle, expected: Result<Expected, u32>, options: Options) {
        const CHOOSY: [u32; 3] = [BAD_OPTION, READER_UNAVAILABLE, KERNEL_UNAVAILABLE];
        let mut allowed = vec![expected.map_or_else(|status| status, |_| OK)];
        if options.is_choosy {
            allowed.extend(CHOOSY);
        }
        if options.has_manifest {
            allowed.extend([OK, MANIFEST_NOT_FOUND]);
        }
        expect_status(status, &allowed);
        assert_eq!(status == OK, !handle.is_null());
        if status == OK {
            let expected = expected.ok().filter(|_| !options.has_manifest && !options.from_media);
            let (was_cancelled, is_over) = (false, false);
            self.runs.push(Running { handle, expected, was_cancelled, records: 0, failures: 0, is_over });
        }
    }

    fn run(&mut self, value: u8) -> Option<&mut Running> {
        let count = self.runs.len();
        self.runs.get_mut(usize::from(value) % count.max(1))
    }

    fn next_batch(&mut self, value: u8) {
        let Some(run) = self.run(value) else { return };
        let mut batch = null_mut();
        // SAFETY: the run is live, the place is a local variable.
        let status = unsafe { checksig_run_next_batch(run.handle, u32::from(value / 16), &raw mut batch) };
        run.took(status, batch);
        if status == OK {
            self.batches.push(batch);
        }
    }

    fn progress(&mut self, value: u8) {
        let Some(run) = self.run(value) else { return };
        let mut room = Room::<Progress>::new();
        // SAFETY: the run is live, the room is larger than what is filled in.
        expect_status(unsafe { checksig_run_progress(run.handle, room.place()) }, &[OK]);
        let progress = room.value();
        assert!(progress.files_failed <= progress.files_done && progress.files_done <= progress.files_planned);
        if let Some(expected) = run.expected.filter(|_| !run.was_cancelled) {
            assert!(progress.files_planned <= expected.files && progress.files_failed <= expected.failed);
        }
    }

    fn cancel(&mut self, value: u8) {
        let Some(run) = self.run(value) else { return };
        run.was_cancelled = true;
        // SAFETY: the run is live.
        expect_status(unsafe { checksig_run_cancel(run.handle) }, &[OK]);
    }

    /// One thread waits for records and another cancels, which the header allows.
    fn wait_and_cancel(&mut self, value: u8) {
        let Some(run) = self.run(value) else { return };
        run.was_cancelled = true;
        let address = run.handle as usize;
        let mut batch = null_mut();
        let status = std::thread::scope(|scope| {
            // SAFETY: the run is live until the scope has ended, and any thread may cancel it.
            let other = scope.spawn(move || expect_status(unsafe { checksig_run_cancel(address as Handle) }, &[OK]));
            // SAFETY: the run is live, the place is a local variable.
            let status = unsafe { checksig_run_next_batch(run.handle, 20, &raw mut batch) };
            // The scope would not wait until what the thread kept is gone, and LeakSanitizer may look just then.
            other.join().expect("it cancels");
            status
        });
        run.took(status, batch);
        if status == OK {
            self.batches.push(batch);
        }
    }

    fn report(&mut self, value: u8) {
        let Some(run) = self.run(value) else { return };
        let mut report = null_mut();
        // SAFETY: the run is live, the place is a local variable.
        expect_status(unsafe { checksig_run_report(run.handle, &raw mut report) }, &[OK]);
        run.is_over = true;
        look_at_report(report, run.expected.filter(|_| !run.was_cancelled));
        self.reports.push(report);
    }

    fn free_one(&mut self, value: u8) {
        let at = usize::from(value / 4);
        // SAFETY: each was live and is forgotten; NULL is nothing to free.
        unsafe {
            match value % 4 {
                0 => checksig_run_free(take(&mut self.runs, at).map_or(null_mut(), |run| run.handle)),
                1 => checksig_batch_free(take(&mut self.batches, at).unwrap_or(null_mut())),
                2 => checksig_report_free(take(&mut self.reports, at).unwrap_or(null_mut())),
                _ => checksig_options_free(take(&mut self.options, at).map_or(null_mut(), |options| options.handle)),
            }
        }
    }

    /// Frees what is left, in one of two orders: batches and reports outlive their run.
    fn end(mut self, order: u8) {
        let runs_first = order.is_multiple_of(2);
        for kind in if runs_first { [0, 3, 1, 2] } else { [2, 1, 3, 0] } {
            // What was handed out is whole after the run is gone.
            self.batches.iter().for_each(|&batch| _ = look_at_batch(batch));
            while !match kind {
                0 => self.runs.is_empty(),
                1 => self.batches.is_empty(),
                2 => self.reports.is_empty(),
                _ => self.options.is_empty(),
            } {
                self.free_one(kind);
            }
        }
    }
}

impl Running {
    /// Counts what a call for records came to.
    fn took(&mut self, status: u32, batch: Handle) {
        expect_status(status, &[OK, WAITING, FINISHED]);
        assert_eq!(status == OK, !batch.is_null());
        if status == OK {
            assert!(!self.is_over, "records after the end");
            let (records, failures) = look_at_batch(batch);
            self.records += records;
            self.failures += failures;
        }
        let Some(expected) = self.expected.filter(|_| !self.was_cancelled && !self.is_over) else { return };
        let (records, failures) = (expected.files + expected.malformed, expected.failed + expected.malformed);
        assert!(self.records <= records && self.failures <= failures, "more than there is");
        if status == FINISHED {
            assert_eq!((self.records, self.failures), (records, failures));
            self.is_over = true;
        }
    }
}

fn take<T>(handles: &mut Vec<T>, at: usize) -> Option<T> {
    (!handles.is_empty()).then(|| handles.remove(at % handles.len()))
}

/// A failure says in words what it is.
pub fn expect_status(status: u32, allowed: &[u32]) {
    // SAFETY: the text belongs to the library, and this thread calls nothing before it has been read.
    let said = unsafe { CStr::from_ptr(checksig_last_error()) }.to_str().expect("UTF-8");
    assert!(allowed.contains(&status), "{status} where {allowed:?} may be: {said}");
    assert!(status < NULL_ARGUMENT || !said.is_empty());
}

fn hash_many(script: &[u8], value: u8) {
    let pieces: Vec<&[u8]> = script.chunks(usize::from(value).max(1)).collect();
    let messages: Vec<Bytes> =
        pieces.iter().map(|piece| Bytes { data: piece.as_ptr().cast(), len: piece.len() }).collect();
    let mut digests = vec![[0_u8; 20]; pieces.len()];
    // SAFETY: the messages are pieces of the script, and there is room for a digest of each.
    let status = unsafe { checksig_hash_many(messages.as_ptr(), messages.len(), digests.as_mut_ptr().cast()) };
    expect_status(status, &[OK]);
    for (piece, digest) in pieces.iter().zip(&digests) {
        assert_eq!(digest[..], sha1::Sha1::digest(piece)[..]);
    }
}

fn one_file(value: u8) {
    let (path, expected) = Places::get().file(value);
    let mut digest = [0_u8; 20];
    // SAFETY: the path is a text with its length, and there is room for a digest.
    let status = unsafe { checksig_file_digest(path.as_ptr(), path.len(), digest.as_mut_ptr()) };
    expect_status(status, &[expected.map_or_else(|status| status, |_| OK)]);
    assert_eq!(digest, expected.unwrap_or_default(), "written only where it is known");
    let (root, expected) = Places::get().root(value);
    let root = CString::new(root).expect("no NUL");
    // SAFETY: the root ends with NUL; the text is freed once and is not used after that.
    let is_sound = unsafe {
        let text = checksig_check_signatures(root.as_ptr());
        let is_sound = text.is_null();
        assert!(is_sound || !CStr::from_ptr(text).to_bytes().is_empty());
        checksig_string_free(text);
        is_sound
    };
    assert_eq!(is_sound, expected.is_ok_and(|expected| expected.is_sound()));
}

fn null_is_caught() {
    let (mut number, mut room) = (0_usize, Room::<Record>::new());
    // SAFETY: NULL is the case under test; the other places are local variables.
    unsafe {
        assert_eq!(slice::from_raw_parts(checksig_version(), 1)[0] as u8, env!("CARGO_PKG_VERSION").as_bytes()[0]);
        for status in [
            checksig_options_new(null_mut()),
            checksig_options_set_workers(null_mut(), 1),
            checksig_run_start(null_mut(), 0, null_mut(), null_mut()),
            checksig_run_start_files(null_mut(), 1, null_mut(), null_mut()),
            checksig_run_next_batch(null_mut(), 0, null_mut()),
            checksig_run_progress(null_mut(), room.place()),
            checksig_run_cancel(null_mut()),
            checksig_run_report(null_mut(), null_mut()),
            checksig_batch_len(null_mut(), &raw mut number),
            checksig_batch_record(null_mut(), 0, room.place()),
            checksig_report_summary(null_mut(), room.place()),
            checksig_hash_many(null_mut(), 1, null_mut()),
            checksig_file_digest(null_mut(), 0, null_mut()),
        ] {
            expect_status(status, &[NULL_ARGUMENT]);
        }
        assert_eq!(checksig_last_error_number(), 0);
        [checksig_options_free, checksig_run_free, checksig_batch_free, checksig_report_free]
            .into_iter()
            .for_each(|free| free(null_mut()));
        checksig_string_free(null_mut());
    }
}
