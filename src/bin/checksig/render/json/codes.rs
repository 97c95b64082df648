//! Words for programs: what the library says in sentences for people, as names that stay the same.
//!
//! A name that is here once keeps its meaning for ever. What this version does not know yet is `other`.

use checksig::hash::KernelChoice;
use checksig::manifest::{Grammar, LineError};
use checksig::{Error, FileKind, Policy, ReaderChoice};

/// The name of what stands where a regular file should.
pub(super) fn file_kind(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Regular => "regular",
        FileKind::Directory => "directory",
        FileKind::Symlink => "symlink",
        FileKind::Fifo => "fifo",
        FileKind::Socket => "socket",
        FileKind::CharDevice => "char_device",
        FileKind::BlockDevice => "block_device",
        _ => "other",
    }
}

/// The reader that is asked for, as `--reader` has it.
pub(super) fn reader(choice: ReaderChoice) -> &'static str {
    match choice {
        ReaderChoice::Auto => "auto",
        ReaderChoice::Forced(kind) => kind.name(),
    }
}

/// The kernel that is asked for, as `--kernel` has it.
pub(super) fn kernel(choice: KernelChoice) -> &'static str {
    match choice {
        KernelChoice::Auto => "auto",
        KernelChoice::Forced(kernel) => kernel.name(),
    }
}

/// How the lines of a manifest are read, as `--format` has it.
pub(super) fn grammar(grammar: Grammar) -> &'static str {
    match grammar {
        Grammar::Only(format) => format.name(),
        _ => "auto",
    }
}

/// Which links are followed, as `--follow` has it.
pub(super) fn follow(policy: Policy) -> &'static str {
    if policy == Policy::Inside { "inside" } else { "never" }
}

/// The name of what is wrong with a line.
pub(super) fn line_error(why: LineError) -> &'static str {
    match why {
        LineError::Form => "form",
        LineError::Digest => "digest",
        LineError::Algorithm => "algorithm",
        LineError::NoName => "no_name",
        LineError::Nul => "nul",
        LineError::Escape => "escape",
        LineError::OtherFormat(_) => "other_format",
        LineError::Unended => "unended",
        LineError::TooLong => "too_long",
        LineError::ByteOrderMark => "byte_order_mark",
        LineError::Utf16 => "utf16",
        _ => "other",
    }
}

/// The name of why a run could not be done.
pub(super) fn error(error: &Error) -> &'static str {
    match error {
        Error::RootNotFound { .. } => "root_not_found",
        Error::RootNotDirectory { .. } => "root_not_directory",
        Error::RootUnreadable { .. } => "root_unreadable",
        Error::ManifestNotFound { .. } => "manifest_not_found",
        Error::ManifestNotRegular { .. } => "manifest_not_regular",
        Error::ManifestUnreadable { .. } => "manifest_unreadable",
        Error::ManifestChanged { .. } => "manifest_changed",
        Error::ManifestExists { .. } => "manifest_exists",
        Error::ManifestUnwritable { .. } => "manifest_unwritable",
        Error::ReaderUnavailable { .. } => "reader_unavailable",
        Error::UnknownReader(_) => "unknown_reader",
        Error::KernelUnavailable(_) => "kernel_unavailable",
        Error::UnknownKernel(_) => "unknown_kernel",
        Error::UnknownCacheEffect(_) => "unknown_cache_effect",
        Error::MemoryTooSmall { .. } => "memory_too_small",
        Error::QueueDepthTooLarge { .. } => "queue_depth_too_large",
        Error::NotFromMedia { .. } => "not_from_media",
        Error::NoThread(_) => "no_thread",
        Error::NoDescriptor { .. } => "no_descriptor",
        Error::Internal(_) => "internal",
        _ => "other",
    }
}
