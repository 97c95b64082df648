//! Stands in for what Linux says about devices in a build that asks no operating system about them.
//!
//! Knows nothing, and says so.

use std::os::fd::AsFd;

use rustix::fs::OFlags;

use crate::readerkind::DeviceKind;

/// Whether there are direct reads.
pub(crate) const HAS_DIRECT_READS: bool = false;

/// Nothing: there are no direct reads here.
pub(super) const DIRECT: OFlags = OFlags::empty();

/// Nobody says more than that it is a device.
pub(crate) fn kind_of(_file: impl AsFd, _number: u64) -> DeviceKind {
    DeviceKind::Local
}

/// Nobody says so.
pub(crate) fn is_remote(_file: impl AsFd) -> bool {
    false
}

/// By its number.
pub(super) fn name_of(number: u64) -> String {
    number.to_string()
}

/// Nobody says so.
pub(super) fn is_memory(_file: impl AsFd) -> bool {
    false
}

/// 0: direct reads are not taken.
pub(super) fn direct_align(_file: impl AsFd) -> usize {
    0
}

/// Nobody says which.
pub(crate) fn scheduler_of(_number: u64) -> Option<String> {
    None
}

/// Nobody says so.
pub(super) fn says_direct_align(_file: impl AsFd) -> bool {
    false
}
