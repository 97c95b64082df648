//! Reports as a handle: the verdict of a run, its counts, and how it was done.
//!
//! Converts only: the engine has judged already, and `message` has the words.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use super::boundary::{Out, borrow, guard, guard_free, take};
use super::choices::name_of;
use super::kinds::ChecksigOutcome;
use super::message::message;
use super::record::ChecksigText;
use super::status::{ChecksigStatus, Failure};
use crate::report::Report;
use crate::verdict::{OutcomeKind, Verdict};

/// What a whole run found. Nothing changes it until it is freed: any number of threads may read it.
pub struct ChecksigReport {
    found: Arc<Found>,
}

/// A report and its message, made once.
pub(super) struct Found {
    report: Report,
    message: Option<String>,
}

/// Whether the tree holds the bytes that its manifest says, or every file of a list has its digest. Take a value that
/// you do not know for a failure.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksigVerdict {
    /// Something was checked, all of it matches, and nothing was left out.
    Pass = 0,
    /// Anything else.
    Fail = 1,
}

/// A whole run in numbers.
#[repr(C)]
pub struct ChecksigSummary {
    pub verdict: ChecksigVerdict,
    /// Whether the run was cancelled before it was done.
    pub cancelled: bool,
    /// Files with an outcome, and those of them that count against the run: with any outcome but match, and in a creation
    /// but CHECKSIG_OUTCOME_NOT_REGULAR.
    pub files: u64,
    pub files_failed: u64,
    /// Lines of the manifest that do not parse.
    pub malformed_lines: u64,
    /// Bytes that were read and hashed.
    pub bytes: u64,
    pub seconds: f64,
    /// Threads that hashed, and the SHA-1 kernel that hashed the most bytes, as text that lives as long as the report.
    pub workers: usize,
    pub kernel: ChecksigText,
    /// How many checksig_report_kernel(), checksig_report_reader() and checksig_report_reason() have.
    pub kernels: usize,
    pub readers: usize,
    pub reasons: usize,
    /// Unlisted files that an audit takes for missing ones: those whose records have a `moved_from`.
    pub moved: u64,
    /// Names that a pattern of checksig_options_add_exclude() kept out; an excluded directory is one, whatever it holds.
    pub excluded: u64,
    /// The format of the entries that were read, or of those that were written, by its name: "gnu", "gnu-binary" (written
    /// only), "bsd", "openssl", "bagit" or "zero"; "mixed" where lines of several stand side by side, of which
    /// checksig_report_format() has each. None where there was no entry of a manifest. It is text that lives as long as
    /// the program.
    pub format: ChecksigText,
    /// How many checksig_report_format() has.
    pub formats: usize,
    /// The manifest that was read, as messages name it: bytes that live as long as the report. Nothing where none was.
    pub manifest: ChecksigText,
}

/// A SHA-1 kernel that was chosen.
#[repr(C)]
pub struct ChecksigKernelUse {
    /// Its name: text that lives as long as the report.
    pub name: ChecksigText,
    /// How many files a thread must have bytes of for it to run: 1 for the first kernel, more for each after it.
    pub lanes_from: usize,
}

/// How much came by one reader.
#[repr(C)]
pub struct ChecksigReaderUse {
    /// Its name: text that lives as long as the report.
    pub name: ChecksigText,
    /// Files whose last byte it read, and the bytes that it read.
    pub files: u64,
    pub bytes: u64,
    /// How many of these files, in whole or in part, and of these bytes had to come from the device, as far as Linux says.
    pub device_files: u64,
    pub device_bytes: u64,
}

impl Found {
    pub(super) fn new(report: Report, root: &Path) -> Found {
        let message = message(&report, root);
        Found { report, message }
    }

    /// What is wrong, in words; `None` where the verdict is pass.
    pub(super) fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }
}

impl ChecksigReport {
    pub(super) fn new(found: Arc<Found>) -> ChecksigReport {
        ChecksigReport { found }
    }
}

/// Fills *out with the verdict and the numbers of a report.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_report_summary(
    report: *const ChecksigReport,
    out: *mut ChecksigSummary,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let report = &unsafe { borrow(report, "report") }?.found.report;
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        out.put(ChecksigSummary {
            verdict: match report.verdict() {
                Verdict::Pass => ChecksigVerdict::Pass,
                Verdict::Fail => ChecksigVerdict::Fail,
            },
            cancelled: report.cancelled,
            files: report.counts.total(),
            files_failed: report.failed(),
            malformed_lines: report.malformed_lines,
            bytes: report.bytes,
            seconds: report.elapsed.as_secs_f64(),
            workers: report.workers,
            kernel: ChecksigText::of(report.kernel.as_bytes()),
            kernels: report.kernels.len(),
            readers: report.readers.len(),
            reasons: report.reasons.len(),
            moved: report.moved,
            excluded: report.excluded,
            format: name_of(report.formats.iter().copied()),
            formats: report.formats.len(),
            manifest: report
                .manifest
                .as_ref()
                .map_or(ChecksigText::none(), |path| ChecksigText::of(path.as_os_str().as_bytes())),
        });
        Ok(ChecksigStatus::Ok)
    })
}

/// Gives the number of files with an outcome: one of ChecksigOutcome, as an integer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_report_count(
    report: *const ChecksigReport,
    outcome: u32,
    out: *mut u64,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let report = &unsafe { borrow(report, "report") }?.found.report;
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        let kind =
            OutcomeKind::ALL.into_iter().find(|&kind| ChecksigOutcome::from(kind) as u32 == outcome).ok_or_else(
                || Failure::new(ChecksigStatus::BadArgument, format!("argument outcome: there is no {outcome}")),
            )?;
        out.put(report.counts.of(kind));
        Ok(ChecksigStatus::Ok)
    })
}

/// Fills *out with one of the kernels that were chosen; index counts from 0. A run of few files may have had no work for
/// the later ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_report_kernel(
    report: *const ChecksigReport,
    index: usize,
    out: *mut ChecksigKernelUse,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let report = &unsafe { borrow(report, "report") }?.found.report;
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        let used = at(&report.kernels, index)?;
        out.put(ChecksigKernelUse {
            name: ChecksigText::of(used.kernel.name().as_bytes()),
            lanes_from: used.lanes_from,
        });
        Ok(ChecksigStatus::Ok)
    })
}

/// Fills *out with one of the readers that the run used; index counts from 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_report_reader(
    report: *const ChecksigReport,
    index: usize,
    out: *mut ChecksigReaderUse,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let report = &unsafe { borrow(report, "report") }?.found.report;
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        let reader = at(&report.readers, index)?;
        out.put(ChecksigReaderUse {
            name: ChecksigText::of(reader.kind.name().as_bytes()),
            files: reader.files,
            bytes: reader.bytes,
            device_files: reader.device_files,
            device_bytes: reader.device_bytes,
        });
        Ok(ChecksigStatus::Ok)
    })
}

/// Gives the name of one of the formats of the entries: more than one where lines of several stand side by side.
///
/// index counts from 0. The text lives as long as the program.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_report_format(
    report: *const ChecksigReport,
    index: usize,
    out: *mut ChecksigText,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let report = &unsafe { borrow(report, "report") }?.found.report;
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        out.put(ChecksigText::of(at(&report.formats, index)?.name().as_bytes()));
        Ok(ChecksigStatus::Ok)
    })
}

/// Gives one of the sentences that say why the run was done as it was: readers and kernels that were asked for by name,
/// every fallback with its reason and remedy, which manifest was taken where none was named, and where less was used than
/// was asked for, such as workers, queue depth or memory.
///
/// index counts from 0. The text is UTF-8 and lives as long as the report.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_report_reason(
    report: *const ChecksigReport,
    index: usize,
    out: *mut ChecksigText,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let report = &unsafe { borrow(report, "report") }?.found.report;
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        out.put(ChecksigText::of(at(&report.reasons, index)?.as_bytes()));
        Ok(ChecksigStatus::Ok)
    })
}

/// Gives what is wrong in words for people, one line for each of the first malformed lines and failures:
/// "/tmp/logs/httpd-08.log" - mismatch
///
/// The text is UTF-8, holds no control character but the ends of its lines, and lives as long as the report. Where
/// the verdict is pass it is empty and its data is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_report_message(
    report: *const ChecksigReport,
    out: *mut ChecksigText,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let report = unsafe { borrow(report, "report") }?;
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        out.put(report.found.message().map_or(ChecksigText::none(), |text| ChecksigText::of(text.as_bytes())));
        Ok(ChecksigStatus::Ok)
    })
}

/// Frees a report; NULL is nothing to free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_report_free(report: *mut ChecksigReport) {
    // SAFETY: points 1 and 4 of the contract.
    guard_free(|| drop(unsafe { take(report) }));
}

fn at<T>(items: &[T], index: usize) -> Result<&T, Failure> {
    items.get(index).ok_or_else(|| {
        Failure::new(ChecksigStatus::BadArgument, format!("argument index: {index} of {} in all", items.len()))
    })
}
