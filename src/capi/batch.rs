//! Batches: some records of a run, handed out together.
//!
//! Only keeps them; `record` gives them their C form.

use super::boundary::{Out, borrow, guard, guard_free, take};
use super::record::{ChecksigRecord, Row};
use super::status::{ChecksigStatus, Failure};
use crate::report::Record;

/// Some records of a run, in the order in which they were handed on.
///
/// Nothing changes it until it is freed: any number of threads may read it.
pub struct ChecksigBatch {
    rows: Vec<Row>,
}

impl ChecksigBatch {
    pub(super) fn new(records: Vec<Record>) -> ChecksigBatch {
        ChecksigBatch { rows: records.into_iter().map(Row::new).collect() }
    }
}

/// Gives the number of records of a batch: at least 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_batch_len(batch: *const ChecksigBatch, out: *mut usize) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let batch = unsafe { borrow(batch, "batch") }?;
        // SAFETY: point 3 of the contract.
        unsafe { Out::new(out, "out") }?.put(batch.rows.len());
        Ok(ChecksigStatus::Ok)
    })
}

/// Fills *out with the record at index, which counts from 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_batch_record(
    batch: *const ChecksigBatch,
    index: usize,
    out: *mut ChecksigRecord,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let batch = unsafe { borrow(batch, "batch") }?;
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        out.put(row(batch, index)?.to_c());
        Ok(ChecksigStatus::Ok)
    })
}

/// Gives the index of the first record from index `from` on that is no match, or CHECKSIG_STATUS_FINISHED where every
/// one from there on is: for callers that want failures alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_batch_next_failure(
    batch: *const ChecksigBatch,
    from: usize,
    out: *mut usize,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let batch = unsafe { borrow(batch, "batch") }?;
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        let rest = batch.rows.iter().enumerate().skip(from);
        let Some((index, _)) = rest.into_iter().find(|(_, row)| !row.is_match()) else {
            return Ok(ChecksigStatus::Finished);
        };
        out.put(index);
        Ok(ChecksigStatus::Ok)
    })
}

/// Frees a batch and what its records point to; NULL is nothing to free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_batch_free(batch: *mut ChecksigBatch) {
    // SAFETY: points 1 and 4 of the contract.
    guard_free(|| drop(unsafe { take(batch) }));
}

fn row(batch: &ChecksigBatch, index: usize) -> Result<&Row, Failure> {
    batch.rows.get(index).ok_or_else(|| {
        let message = format!("argument index: {index} of a batch of {}", batch.rows.len());
        Failure::new(ChecksigStatus::BadArgument, message)
    })
}
