//! Every bound of the engine, with the reason for its size, and const asserts that tie those that depend on each other.
//!
//! Numbers only.

/// Bytes of the longest line of a manifest that is an entry. Linux ends a path at 4 096 bytes; the escapes of the
/// formats at most triple it, and the digest and the tag add fewer than 64.
pub const LINE_BYTES_MAX: usize = 16 * 1024;

/// Bytes of a malformed line that are kept to show it.
pub const LINE_SHOWN_BYTES_MAX: usize = 200;

/// Failures, and malformed lines, that a report keeps to show; the others are counted. Whoever wants them all takes
/// the records of the run as they come.
pub const REPORT_FAILURES_MAX: usize = 1_000;

const _: () = assert!(LINE_BYTES_MAX > 3 * 4096 + 64, "a path of the greatest length must fit a line in every format");
const _: () = assert!(LINE_SHOWN_BYTES_MAX < LINE_BYTES_MAX);
