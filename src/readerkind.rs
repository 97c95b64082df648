//! The readers by name: how the bytes of a file came in.
//!
//! Names only: `read` holds the readers themselves.

use std::fmt;
use std::str::FromStr;

/// A way to read a file, as options and reports name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ReaderKind {
    /// The worker that hashes reads from the page cache, without ever waiting for a device.
    Cached,
    /// The worker that hashes maps the file (`mmap(2)`).
    Mmap,
    /// The worker that hashes reads with `pread(2)` and waits for the device.
    Pread,
    /// Reader threads, each waiting in `pread(2)` for one file at a time.
    Threads,
    /// Reader threads, each with an io_uring ring and many reads in flight.
    Uring,
}

/// A name that is no reader's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown reader \"{0}\"; the readers are auto, uring, threads, mmap and pread")]
pub struct UnknownReader(String);

impl ReaderKind {
    /// Every reader, in the order of this enum.
    pub const ALL: [ReaderKind; 5] =
        [ReaderKind::Cached, ReaderKind::Mmap, ReaderKind::Pread, ReaderKind::Threads, ReaderKind::Uring];

    /// The name in options, reports and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            ReaderKind::Cached => "cached",
            ReaderKind::Mmap => "mmap",
            ReaderKind::Pread => "pread",
            ReaderKind::Threads => "threads",
            ReaderKind::Uring => "uring",
        }
    }
}

impl fmt::Display for ReaderKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Which reader a run uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReaderChoice {
    /// The page cache first; what is not there comes through the ring or, where Linux refuses it, through threads.
    #[default]
    Auto,
    /// This reader for every file; a run that cannot have it does not start.
    Forced(ReaderKind),
}

impl FromStr for ReaderChoice {
    type Err = UnknownReader;

    /// Reads `auto` or the name of a reader that can be forced: all but `cached`, which may decline a file.
    fn from_str(name: &str) -> Result<ReaderChoice, UnknownReader> {
        if name == "auto" {
            return Ok(ReaderChoice::Auto);
        }
        ReaderKind::ALL
            .into_iter()
            .find(|kind| kind.name() == name && *kind != ReaderKind::Cached)
            .map(ReaderChoice::Forced)
            .ok_or_else(|| UnknownReader(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reader_but_cached_can_be_forced_by_its_name() {
        assert_eq!("auto".parse(), Ok(ReaderChoice::Auto));
        for kind in ReaderKind::ALL {
            let choice = kind.name().parse::<ReaderChoice>();
            assert_eq!(choice.is_ok(), kind != ReaderKind::Cached, "{kind}");
        }
        assert!("URING".parse::<ReaderChoice>().is_err());
    }
}
