//! The readers by name: how the bytes of a file came in, where they had been, and what becomes of the page cache.
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

    /// What it does, in a few words for help texts.
    pub const fn about(self) -> &'static str {
        match self {
            ReaderKind::Cached => "the threads that hash, from the page cache only",
            ReaderKind::Mmap => "the threads that hash map the files, whatever is in memory",
            ReaderKind::Pread => "the threads that hash read and wait, file by file",
            ReaderKind::Threads => "threads of their own, each waiting for one file at a time",
            ReaderKind::Uring => "rings of io_uring, many reads in flight",
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

/// Where the bytes were when they were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// In the page cache.
    Cache,
    /// On the device.
    Device,
}

impl Origin {
    /// Both, in the order of this enum.
    pub const ALL: [Origin; 2] = [Origin::Cache, Origin::Device];

    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Origin::Cache => "cache",
            Origin::Device => "device",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// What a device is, as far as the choice of a reader goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeviceKind {
    /// A disk of this machine, or what Linux says nothing more about: many reads at a time.
    Local,
    /// One disk that turns: in the order of its surface.
    Rotating,
    /// Another machine, or a program: FUSE and network file systems. Each read may hang, and an open as well.
    Remote,
}

impl DeviceKind {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            DeviceKind::Local => "local",
            DeviceKind::Rotating => "rotating",
            DeviceKind::Remote => "remote",
        }
    }

    /// How it is read, in a few words.
    pub const fn about(self) -> &'static str {
        match self {
            DeviceKind::Local => "many reads at a time",
            DeviceKind::Rotating => "one disk that turns: in the order of its surface",
            DeviceKind::Remote => "another machine or a program: each read may hang",
        }
    }
}

/// What a run does to the page cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CacheEffect {
    /// It is left as it was: what the run brought in goes again, and what was there stays.
    #[default]
    Neutral,
    /// What was read stays cached, as far as Linux keeps it.
    Keep,
}

/// A name that is no effect on the page cache.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown effect on the page cache \"{0}\"; there are neutral and keep")]
pub struct UnknownCacheEffect(String);

impl CacheEffect {
    /// Every effect, in the order of this enum.
    pub const ALL: [CacheEffect; 2] = [CacheEffect::Neutral, CacheEffect::Keep];

    /// The name in options.
    pub const fn name(self) -> &'static str {
        match self {
            CacheEffect::Neutral => "neutral",
            CacheEffect::Keep => "keep",
        }
    }

    /// What it does, in a few words for help texts.
    pub const fn about(self) -> &'static str {
        match self {
            CacheEffect::Neutral => "what the run brought in goes again, what was there stays",
            CacheEffect::Keep => "what was read stays cached, for whoever reads it next",
        }
    }
}

impl fmt::Display for CacheEffect {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for CacheEffect {
    type Err = UnknownCacheEffect;

    fn from_str(name: &str) -> Result<CacheEffect, UnknownCacheEffect> {
        let named = CacheEffect::ALL.into_iter().find(|effect| effect.name() == name);
        named.ok_or_else(|| UnknownCacheEffect(name.to_owned()))
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

    #[test]
    fn every_effect_on_the_page_cache_is_found_by_its_name() {
        for effect in CacheEffect::ALL {
            assert_eq!(effect.name().parse(), Ok(effect));
        }
        assert!("".parse::<CacheEffect>().is_err());
    }
}
