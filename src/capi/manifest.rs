//! Manifests without a run: one that is read line by line, and one that is written from entries.
//!
//! Hands lines out as records of what nobody has checked; the grammar is the engine's.

use std::ffi::c_char;

use super::batch::ChecksigBatch;
use super::boundary::{Changing, Out, array, borrow, borrow_mut, bytes, guard, guard_free, path, take};
use super::choices::{grammar, name_of};
use super::hashing::{ChecksigBytes, element};
use super::options::{format_named, truth};
use super::record::ChecksigText;
use super::status::{ChecksigStatus, Failure};
use crate::digest::Digest;
use crate::engine::{Listing, write_manifest};
use crate::manifest::Item;
use crate::report::{FileReport, Record};

/// Lines in a batch: enough that the call costs nothing beside them, and few enough to come soon.
const BATCH_LINES: usize = 256;

/// A manifest that is being read, line by line. One thread at a time may use it.
///
/// After fork() parent and child have one place in the file between them: let only one of them go on.
pub struct ChecksigManifest {
    lines: Changing<Lines>,
}

/// The lines that are still to be handed out.
struct Lines {
    listing: Listing,
    /// Why the reading failed: said again to whoever asks on, to whom an end would mean that it was read whole.
    failed: Option<Failure>,
}

/// One entry of a manifest that is written.
#[repr(C)]
pub struct ChecksigEntry {
    /// Its name: any bytes but NUL, at least one.
    pub name: ChecksigBytes,
    /// The 20 bytes of its digest.
    pub digest: *const u8,
}

/// Opens a manifest to read its lines; none of the files that it lists is looked at.
///
/// path leads where the system says. format is one of checksig_options_set_format() that can be read. *out is the
/// caller's, to be freed with checksig_manifest_free(). Fails where there is no such manifest, or it is no regular file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_manifest_open(
    path: *const c_char,
    path_len: usize,
    format: *const c_char,
    format_len: usize,
    out: *mut *mut ChecksigManifest,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: point 2 of the contract.
        let path = unsafe { self::path(path, path_len, "path") }?;
        // SAFETY: point 2 of the contract.
        let format = format_named(unsafe { bytes(format, format_len, "format") }?)?;
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        let lines = Lines { listing: Listing::open(path, grammar(format)?)?, failed: None };
        out.put_handle(ChecksigManifest { lines: Changing::new(lines) });
        Ok(ChecksigStatus::Ok)
    })
}

/// Reads on, and hands out the next lines.
///
/// CHECKSIG_STATUS_OK: *out is a batch, the caller's, to be freed with checksig_batch_free(); it outlives the manifest.
/// Its records are files with CHECKSIG_OUTCOME_NOT_CHECKED, whose `expected` is the digest, and malformed lines; empty
/// lines and comments have none. CHECKSIG_STATUS_FINISHED: there are no more, and the manifest was read whole. Fails
/// with CHECKSIG_STATUS_MANIFEST_UNREADABLE or _CHANGED where it was not, and every time from then on: nobody knows what
/// it lists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_manifest_next_batch(
    manifest: *mut ChecksigManifest,
    out: *mut *mut ChecksigBatch,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let manifest = unsafe { borrow_mut(manifest, "manifest") }?;
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        let records = manifest.lines.change(Lines::next_records)??;
        if records.is_empty() {
            return Ok(ChecksigStatus::Finished);
        }
        out.put_handle(ChecksigBatch::new(records));
        Ok(ChecksigStatus::Ok)
    })
}

/// Gives the name of the format of the entries that have been handed out: as for the member `format` of ChecksigSummary.
///
/// The text lives as long as the program.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_manifest_format(
    manifest: *const ChecksigManifest,
    out: *mut ChecksigText,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let manifest = unsafe { borrow(manifest, "manifest") }?;
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        out.put(name_of(manifest.lines.get()?.listing.formats().iter()));
        Ok(ChecksigStatus::Ok)
    })
}

/// Frees a manifest and closes its file; NULL is nothing to free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_manifest_free(manifest: *mut ChecksigManifest) {
    // SAFETY: points 1 and 4 of the contract.
    guard_free(|| drop(unsafe { take(manifest) }));
}

/// Writes a manifest of entries that the caller has, in their order, and waits until its bytes are on the device.
///
/// path leads where the system says. format is one of checksig_options_set_format(). entries is an array of count
/// entries; it may be NULL where count is 0. It is written beside its place first, and then put there: nobody sees half
/// of it. What stands there already stays with overwrite 0 (CHECKSIG_STATUS_MANIFEST_EXISTS) and is replaced with 1, if
/// it is a regular file. The name "-" is written "./-", since to sha1sum and the like that is standard input; not in the
/// format "bagit". CHECKSIG_STATUS_BAD_ARGUMENT says that no line of this format can carry a name, and
/// checksig_last_error() which; then nothing is written. Any number of threads may call it at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_manifest_write(
    path: *const c_char,
    path_len: usize,
    format: *const c_char,
    format_len: usize,
    entries: *const ChecksigEntry,
    count: usize,
    overwrite: u32,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: point 2 of the contract.
        let path = unsafe { self::path(path, path_len, "path") }?;
        // SAFETY: point 2 of the contract.
        let format = format_named(unsafe { bytes(format, format_len, "format") }?)?.unwrap_or_default();
        // SAFETY: point 5 of the contract.
        let entries = unsafe { array(entries, count, "entries") }?;
        // SAFETY: point 5 of the contract.
        let entries: Vec<_> = entries.iter().enumerate().map(|it| unsafe { entry(it) }).collect::<Result<_, _>>()?;
        let entries = entries.iter().map(|(digest, name)| (digest, *name));
        write_manifest(path, format, entries, truth(overwrite, "overwrite")?)?;
        Ok(ChecksigStatus::Ok)
    })
}

/// The digest and the name of one of the entries.
///
/// # Safety
/// The entry keeps point 5 of the contract, and is let go of when the exported function returns.
unsafe fn entry((index, entry): (usize, &ChecksigEntry)) -> Result<(Digest, &[u8]), Failure> {
    // SAFETY: this function asks of its caller what `element` asks.
    let name = unsafe { element(&entry.name, format_args!("entries[{index}].name")) }?;
    // SAFETY: by point 5 of the contract it is NULL or 20 readable bytes, which are an array of 20.
    let digest = unsafe { entry.digest.cast::<[u8; Digest::BYTES]>().as_ref() };
    let digest = digest.ok_or_else(|| Failure::null(format_args!("entries[{index}].digest")))?;
    Ok((Digest::from_bytes(*digest), name))
}

impl Lines {
    /// The next lines as records; none at the end.
    fn next_records(&mut self) -> Result<Vec<Record>, Failure> {
        let mut records = Vec::new();
        while records.len() < BATCH_LINES && self.failed.is_none() {
            match self.listing.next() {
                Some(Ok(item)) => records.push(record(item)),
                Some(Err(error)) => self.failed = Some(error.into()),
                None => break,
            }
        }
        match &self.failed {
            Some(failure) if records.is_empty() => Err(failure.clone()),
            _ => Ok(records),
        }
    }
}

/// A line as a record of what nobody has checked.
fn record(item: Item) -> Record {
    match item {
        Item::Entry(entry) => Record::File(FileReport::listed(entry)),
        Item::Malformed(malformed) => Record::Malformed(malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::boundary::catch;

    /// Stands for a fault in the grammars, whose panics end where they are called from here.
    #[test]
    fn a_manifest_that_a_panic_went_through_is_not_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        let listing = folder.path().join("sha1sum.txt");
        std::fs::write(&listing, "").unwrap();
        let place = listing.to_str().unwrap();
        let mut manifest = std::ptr::null_mut();
        // SAFETY: a path of so many bytes, the four of a literal, and a place for the handle.
        let opened = unsafe {
            checksig_manifest_open(place.as_ptr().cast(), place.len(), c"auto".as_ptr(), 4, &raw mut manifest)
        };
        assert_eq!(opened, ChecksigStatus::Ok);
        // SAFETY: it was made just now and is not freed yet.
        let panicked = catch(|| unsafe { &mut (*manifest).lines }.change(|_| panic!("a fault")));
        assert_eq!(panicked.unwrap_err().status, ChecksigStatus::Internal);
        let mut batch = std::ptr::null_mut();
        // SAFETY: the manifest is not freed yet, and the output has its place.
        let read = unsafe { checksig_manifest_next_batch(manifest, &raw mut batch) };
        assert_eq!((read, batch.is_null()), (ChecksigStatus::Internal, true));
        // SAFETY: it is used no more.
        unsafe { checksig_manifest_free(manifest) };
    }
}
