//! The C API as a program in C sees it: what `calls` needs of `bindings/c/checksig.h`, written down a second time.
//!
//! Calls nothing. Structs that the library fills stand in larger rooms, as it may have more to say than is read here.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;

// What is declared here is linked with it.
use checksig as _;

pub const OK: u32 = 0;
pub const WAITING: u32 = 1;
pub const FINISHED: u32 = 2;
pub const NULL_ARGUMENT: u32 = 10;
pub const BAD_ARGUMENT: u32 = 11;
pub const BAD_OPTION: u32 = 12;
pub const ROOT_NOT_FOUND: u32 = 20;
pub const MANIFEST_NOT_FOUND: u32 = 23;
pub const FILE_NOT_FOUND: u32 = 26;
pub const FILE_NOT_REGULAR: u32 = 27;
pub const READER_UNAVAILABLE: u32 = 30;
pub const KERNEL_UNAVAILABLE: u32 = 33;

/// Every handle is a pointer to something that is not told.
pub type Handle = *mut c_void;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Bytes {
    pub data: *const c_void,
    pub len: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Text {
    pub data: *const c_char,
    pub len: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Record {
    pub kind: u32,
    pub outcome: u32,
    pub line: u64,
    pub name: Text,
    pub reason: Text,
    pub expected: *const u8,
    pub actual: *const u8,
    pub size_bytes: i64,
    pub error_number: i32,
    pub offset_bytes: u64,
    pub reader: Text,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Summary {
    pub verdict: u32,
    pub cancelled: bool,
    pub files: u64,
    pub files_failed: u64,
    pub malformed_lines: u64,
    pub bytes: u64,
    pub seconds: f64,
    pub workers: usize,
    pub kernel: Text,
    pub kernels: usize,
    pub readers: usize,
    pub reasons: usize,
}

/// What begins with a name of a kernel or a reader; the rest is numbers.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Named {
    pub name: Text,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Progress {
    pub files_done: u64,
    pub files_failed: u64,
    pub bytes_done: u64,
    pub files_planned: u64,
}

/// A place for a struct, and more behind it.
#[repr(C)]
pub struct Room<T> {
    value: MaybeUninit<T>,
    more: [u64; 64],
}

impl<T: Copy> Room<T> {
    pub fn new() -> Room<T> {
        Room { value: MaybeUninit::zeroed(), more: [0; 64] }
    }

    pub fn place(&mut self) -> *mut c_void {
        (&raw mut *self).cast()
    }

    /// What was filled in; zeros where nothing was.
    pub fn value(&self) -> T {
        assert!(self.more[32..].iter().all(|&word| word == 0), "no struct is so large");
        // SAFETY: every `T` here is of numbers, bare pointers and a bool, for which zeros are a value.
        unsafe { self.value.assume_init() }
    }
}

unsafe extern "C" {
    pub fn checksig_version() -> *const c_char;
    pub fn checksig_last_error() -> *const c_char;
    pub fn checksig_last_error_number() -> i32;
    pub fn checksig_options_new(out: *mut Handle) -> u32;
    pub fn checksig_options_set_manifest(options: Handle, text: *const u8, len: usize) -> u32;
    pub fn checksig_options_set_workers(options: Handle, value: u32) -> u32;
    pub fn checksig_options_set_reader(options: Handle, text: *const u8, len: usize) -> u32;
    pub fn checksig_options_set_kernel(options: Handle, text: *const u8, len: usize) -> u32;
    pub fn checksig_options_set_queue_depth(options: Handle, value: u32) -> u32;
    pub fn checksig_options_set_memory(options: Handle, value: u64) -> u32;
    pub fn checksig_options_set_from_media(options: Handle, value: u32) -> u32;
    pub fn checksig_options_set_cache(options: Handle, text: *const u8, len: usize) -> u32;
    pub fn checksig_options_set_limit_rate(options: Handle, value: u64) -> u32;
    pub fn checksig_options_set_idle(options: Handle, value: u32) -> u32;
    pub fn checksig_options_set_ordered(options: Handle, value: u32) -> u32;
    pub fn checksig_options_free(options: Handle);
    pub fn checksig_run_start(root: *const u8, len: usize, options: Handle, out: *mut Handle) -> u32;
    pub fn checksig_run_start_files(paths: *const Bytes, count: usize, options: Handle, out: *mut Handle) -> u32;
    pub fn checksig_run_next_batch(run: Handle, timeout_ms: u32, out: *mut Handle) -> u32;
    pub fn checksig_run_progress(run: Handle, out: *mut c_void) -> u32;
    pub fn checksig_run_cancel(run: Handle) -> u32;
    pub fn checksig_run_report(run: Handle, out: *mut Handle) -> u32;
    pub fn checksig_run_free(run: Handle);
    pub fn checksig_batch_len(batch: Handle, out: *mut usize) -> u32;
    pub fn checksig_batch_record(batch: Handle, index: usize, out: *mut c_void) -> u32;
    pub fn checksig_batch_next_failure(batch: Handle, from: usize, out: *mut usize) -> u32;
    pub fn checksig_batch_free(batch: Handle);
    pub fn checksig_report_summary(report: Handle, out: *mut c_void) -> u32;
    pub fn checksig_report_count(report: Handle, outcome: u32, out: *mut u64) -> u32;
    pub fn checksig_report_kernel(report: Handle, index: usize, out: *mut c_void) -> u32;
    pub fn checksig_report_reader(report: Handle, index: usize, out: *mut c_void) -> u32;
    pub fn checksig_report_reason(report: Handle, index: usize, out: *mut Text) -> u32;
    pub fn checksig_report_message(report: Handle, out: *mut Text) -> u32;
    pub fn checksig_report_free(report: Handle);
    pub fn checksig_hash_many(messages: *const Bytes, count: usize, digests: *mut u8) -> u32;
    pub fn checksig_file_digest(path: *const u8, len: usize, digest: *mut u8) -> u32;
    pub fn checksig_check_signatures(root: *const c_char) -> *mut c_char;
    pub fn checksig_string_free(text: *mut c_char);
}
