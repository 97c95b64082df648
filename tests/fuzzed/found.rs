//! What the C API hands out, read to the last byte that it points to: batches of records, and reports.
//!
//! Calls nothing that changes anything.

use std::slice;

use crate::c::*;
use crate::calls::expect_status;
use crate::places::Expected;

/// Reads every record of a batch; how many there are, and how many of them are failures.
pub fn look_at_batch(batch: Handle) -> (u64, u64) {
    let (mut count, mut failures) = (0, Vec::new());
    // SAFETY: the batch is live, the place is a local variable.
    expect_status(unsafe { checksig_batch_len(batch, &raw mut count) }, &[OK]);
    assert!(count > 0);
    for index in 0..count {
        let mut room = Room::<Record>::new();
        // SAFETY: the batch is live, the room is larger than what is filled in.
        expect_status(unsafe { checksig_batch_record(batch, index, room.place()) }, &[OK]);
        if !is_match(&room.value()) {
            failures.push(index);
        }
    }
    let mut room = Room::<Record>::new();
    // SAFETY: as above; there is no such record.
    expect_status(unsafe { checksig_batch_record(batch, count, room.place()) }, &[BAD_ARGUMENT]);
    let (mut found, mut from) = (Vec::new(), 0);
    loop {
        let mut index = 0;
        // SAFETY: the batch is live, the place is a local variable.
        let status = unsafe { checksig_batch_next_failure(batch, from, &raw mut index) };
        expect_status(status, &[OK, FINISHED]);
        if status == FINISHED {
            break;
        }
        found.push(index);
        from = index + 1;
    }
    assert_eq!(found, failures);
    (count as u64, failures.len() as u64)
}

/// Whether the record says so; everything that it points to is read.
fn is_match(record: &Record) -> bool {
    assert!(record.kind <= 1 && record.outcome <= 9);
    let reason = text(record.reason);
    assert!(std::str::from_utf8(&reason).is_ok_and(|reason| !reason.is_empty()));
    text(record.name);
    text(record.reader);
    let digest = |digest: *const u8| {
        // SAFETY: it points to 20 bytes of the batch, which is live.
        (!digest.is_null()).then(|| unsafe { slice::from_raw_parts(digest, 20) }.to_vec())
    };
    let (expected, actual) = (digest(record.expected), digest(record.actual));
    match record.outcome {
        0 => assert!(expected.is_some() && expected == actual && record.size_bytes >= 0),
        1 => assert!(expected.is_some() && actual.is_some() && expected != actual),
        _ => {}
    }
    assert!(record.error_number == 0 || record.outcome == 3);
    assert!(record.offset_bytes == 0 || record.outcome == 3);
    assert!(record.kind == 0 || record.line > 0 && record.outcome == 9);
    record.outcome == 0
}

/// Reads all of a report, and holds it against what the run had to find.
pub fn look_at_report(report: Handle, expected: Option<Expected>) {
    let mut room = Room::<Summary>::new();
    // SAFETY: the report is live, the room is larger than what is filled in.
    expect_status(unsafe { checksig_report_summary(report, room.place()) }, &[OK]);
    let summary = room.value();
    let is_pass = summary.verdict == 0;
    assert!(!(is_pass && (summary.cancelled || summary.files == 0)));
    assert_eq!(
        is_pass,
        summary.files_failed == 0 && summary.malformed_lines == 0 && summary.files > 0 && !summary.cancelled
    );
    if let Some(expected) = expected {
        let found = (summary.files, summary.files_failed, summary.malformed_lines);
        assert_eq!(found, (expected.files, expected.failed, expected.malformed));
        assert_eq!((is_pass, summary.cancelled), (expected.is_sound(), false));
    }
    let counts: Vec<u64> = (0..10).map(|outcome| count(report, outcome, OK)).collect();
    assert_eq!(counts.iter().sum::<u64>(), summary.files);
    assert_eq!(counts[0], summary.files - summary.files_failed);
    count(report, 10, BAD_ARGUMENT);
    assert!(!text(summary.kernel).is_empty() && summary.seconds >= 0.0);
    read_lists(report, &summary);
    let mut message = Text { data: std::ptr::null(), len: 0 };
    // SAFETY: the report is live, the place is a local variable.
    expect_status(unsafe { checksig_report_message(report, &raw mut message) }, &[OK]);
    let message = text(message);
    assert_eq!(message.is_empty(), is_pass, "{}", message.escape_ascii());
    assert!(
        std::str::from_utf8(&message)
            .is_ok_and(|text| !text.contains(|letter: char| letter.is_control() && letter != '\n'))
    );
}

fn read_lists(report: Handle, summary: &Summary) {
    let mut room = Room::<Named>::new();
    for (index, expected) in statuses(summary.kernels) {
        // SAFETY: the report is live, the room is larger than what is filled in.
        expect_status(unsafe { checksig_report_kernel(report, index, room.place()) }, &[expected]);
        assert!(!text(room.value().name).is_empty());
    }
    for (index, expected) in statuses(summary.readers) {
        // SAFETY: as above.
        expect_status(unsafe { checksig_report_reader(report, index, room.place()) }, &[expected]);
    }
    for (index, expected) in statuses(summary.reasons) {
        let mut reason = Text { data: std::ptr::null(), len: 0 };
        // SAFETY: the report is live, the place is a local variable.
        expect_status(unsafe { checksig_report_reason(report, index, &raw mut reason) }, &[expected]);
        assert_eq!(text(reason).is_empty(), expected != OK);
    }
}

/// The indices of a list with the status that each has to give, and the first that it has not.
fn statuses(count: usize) -> impl Iterator<Item = (usize, u32)> {
    (0..count).map(|index| (index, OK)).chain([(count, BAD_ARGUMENT)])
}

fn count(report: Handle, outcome: u32, expected: u32) -> u64 {
    let mut count = 0;
    // SAFETY: the report is live, the place is a local variable.
    expect_status(unsafe { checksig_report_count(report, outcome, &raw mut count) }, &[expected]);
    count
}

/// The bytes of a text, each of them read.
fn text(text: Text) -> Vec<u8> {
    if text.data.is_null() {
        assert_eq!(text.len, 0);
        return Vec::new();
    }
    // SAFETY: a text that is not NULL points to so many bytes, as long as what it came from lives.
    unsafe { slice::from_raw_parts(text.data.cast::<u8>(), text.len) }.to_vec()
}
