//! How the files of a run are read where they may be waited for: past the page cache or through it.
//!
//! Decides for one open file at a time; reads none.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::device::{Device, Devices};
use super::disks::{DIRECT, direct_align};
use super::footprint::{Footprint, cached_from};
use super::pace::Pace;
use super::residency::{Residency, residency};
use super::segment::PlannedFile;
use crate::limits;
use crate::readerkind::Origin;
use crate::root::{Stamp, UNMARKED};

/// What the readers of a run were asked for, and what they have learnt of its devices.
#[derive(Debug)]
pub(crate) struct Manner {
    /// Every byte comes from the device itself, also of files that are cached.
    pub(crate) from_media: bool,
    /// The page cache is left as it was.
    pub(crate) is_neutral: bool,
    /// Windows of files are read in the order of their blocks: the disk turns.
    #[cfg_attr(checksig_portable, allow(dead_code, reason = "only a ring has it"))]
    pub(crate) by_block: AtomicBool,
    pub(crate) devices: Devices,
    /// How many bytes a second, over all readers.
    pub(crate) pace: Pace,
    pub(crate) apart: Apart,
}

/// Whether files that another machine or a program serves, below a root on a disk, are left to readers of their own: a ring
/// may be given other bytes than such a file has, and each read and each open may hang.
#[derive(Debug, Default)]
pub(crate) struct Apart {
    are_kept: AtomicBool,
    /// The device of the root, which is a disk.
    root: OnceLock<u64>,
}

/// How one file is read.
#[derive(Debug)]
pub(super) enum Way {
    /// Through the page cache, where the bytes are, or into which they come from the device.
    Plain { footprint: Footprint },
    /// Past it (O_DIRECT), at multiples of so many bytes.
    Direct { align: usize, device: Arc<Device> },
}

impl Default for Manner {
    /// Through the page cache, and leaving it as it was.
    fn default() -> Manner {
        Manner {
            from_media: false,
            is_neutral: true,
            by_block: AtomicBool::new(false),
            devices: Devices::default(),
            pace: Pace::new(None),
            apart: Apart::default(),
        }
    }
}

impl Manner {
    /// Whether readers of their own are to read this file, and the others of its device.
    pub(super) fn keeps_apart(&self, file: BorrowedFd<'_>, stamp: Stamp) -> bool {
        let may_be = self.may_keep_apart() && self.apart.root.get() != Some(&stamp.device);
        may_be && self.devices.of(file, stamp).is_remote()
    }

    /// The same of a file that a source has opened; `None` of one that nobody has.
    pub(crate) fn is_apart(&self, file: &PlannedFile) -> Option<bool> {
        file.resume.as_ref().map(|resume| self.keeps_apart(resume.held.fd(), resume.held.stamp))
    }

    /// Leaves such files below the root, of which this is the device if it has one, to readers of their own.
    pub(crate) fn keep_apart(&self, root: Option<u64>) {
        if let Some(device) = root {
            self.apart.root.get_or_init(|| device);
        }
        self.apart.are_kept.store(true, Ordering::Relaxed);
    }

    /// Takes the files of the root's own device for such as well.
    #[cfg(test)]
    pub(crate) fn forget_root(&mut self) {
        self.apart.root = OnceLock::new();
    }

    /// Whether any file may be left to readers of its own.
    pub(crate) fn may_keep_apart(&self) -> bool {
        self.apart.are_kept.load(Ordering::Relaxed)
    }

    /// There are no readers but the usual ones after all.
    pub(crate) fn keep_together(&self) {
        self.apart.are_kept.store(false, Ordering::Relaxed);
    }

    /// Chooses the way for a file from this offset on, and sets its descriptor up for it. It is an error only where the
    /// bytes must come from the device and cannot.
    pub(super) fn choose(&self, file: BorrowedFd<'_>, stamp: Stamp, offset: u64) -> Result<Way, Errno> {
        let remaining = stamp.size_bytes - offset;
        // An empty file has nothing to read past the cache, and those of /proc only say that they are empty.
        if remaining > 0 && self.from_media {
            return self.past_the_cache(file, stamp, offset);
        }
        let cached = cached_from(file, stamp.size_bytes, offset);
        if cached != Some(Residency::All) && self.is_neutral {
            let device = self.devices.of(file, stamp);
            match device.direct_align().map(|align| (align, set_flags(file, DIRECT))) {
                Some((align, Ok(()))) if offset.is_multiple_of(align as u64) => {
                    return Ok(Way::Direct { align, device });
                }
                Some((_, Err(errno))) => device.refuse_direct(errno),
                _ => {}
            }
            device.tell_if_refused();
        }
        self.through_the_cache(file, stamp, offset)
    }

    /// The way for a file that a blocking reader opens ahead: a short one of which nothing is cached comes through the cache, as
    /// Linux reads it in while others are opened, and for direct reads nobody does that.
    pub(super) fn choose_ahead(&self, file: BorrowedFd<'_>, stamp: Stamp, offset: u64) -> Result<Way, Errno> {
        let bytes = stamp.size_bytes;
        let is_short = offset == 0 && bytes > 0 && bytes <= limits::LARGE_BUFFER_BYTES as u64;
        let is_new = || residency(file, 0, bytes) == Some(Residency::Nothing);
        if !self.from_media && is_short && is_new() {
            return self.through_the_cache(file, stamp, 0);
        }
        self.choose(file, stamp, offset)
    }

    /// The way for one thread that reads a whole file alone, a read after the other: through the cache, as Linux reads
    /// ahead for it there, which it does for no direct reads.
    pub(super) fn choose_to_be_read_ahead(&self, file: BorrowedFd<'_>, stamp: Stamp) -> Result<Way, Errno> {
        if self.from_media { self.choose(file, stamp, 0) } else { self.through_the_cache(file, stamp, 0) }
    }

    /// The way for the rest of a file that Linux has just begun to bring in.
    pub(super) fn stay_with_the_cache(&self, file: BorrowedFd<'_>, stamp: Stamp, offset: u64) -> Result<Way, Errno> {
        set_flags(file, OFlags::empty())?;
        let remaining = stamp.size_bytes - offset;
        Ok(Way::Plain { footprint: Footprint::of_coming(file, offset, remaining, self.is_neutral) })
    }

    /// The way for a file of which a direct read was refused with this errno: through the page cache, if that will do.
    pub(super) fn give_way(
        &self,
        device: &Device,
        file: BorrowedFd<'_>,
        stamp: Stamp,
        offset: u64,
        errno: Errno,
    ) -> Result<Way, Errno> {
        if self.from_media {
            return Err(errno);
        }
        device.refuse_direct(errno);
        device.tell_if_refused();
        self.through_the_cache(file, stamp, offset)
    }

    /// What the report should say of the devices.
    pub(crate) fn reasons(&self) -> Vec<String> {
        self.devices.reasons()
    }

    /// The way to the device itself, or no way. Each file is asked: what Linux keeps in an inode, encrypts, verifies or
    /// journals is read through the cache, whatever the flag says, on devices that take direct reads of all other files.
    fn past_the_cache(&self, file: BorrowedFd<'_>, stamp: Stamp, offset: u64) -> Result<Way, Errno> {
        let device = self.devices.of(file, stamp);
        let align = if device.is_memory() { 0 } else { direct_align(file) };
        if align == 0 || !offset.is_multiple_of(align as u64) {
            return Err(Errno::OPNOTSUPP);
        }
        set_flags(file, DIRECT)?;
        Ok(Way::Direct { align, device })
    }

    fn through_the_cache(&self, file: BorrowedFd<'_>, stamp: Stamp, offset: u64) -> Result<Way, Errno> {
        set_flags(file, OFlags::empty())?;
        if !self.is_neutral {
            return Ok(Way::Plain { footprint: Footprint::of(file, stamp.size_bytes, offset, false) });
        }
        let look = || cached_from(file, stamp.size_bytes, offset);
        let (cached, claim) = self.devices.claims.look(stamp, offset, look);
        Ok(Way::Plain { footprint: Footprint::seen(file, cached, offset, true).with(claim) })
    }
}

impl Way {
    /// What reads must begin and end at multiples of.
    pub(super) fn align(&self) -> usize {
        match self {
            Way::Plain { .. } => 1,
            Way::Direct { align, .. } => *align,
        }
    }

    /// Whether it is to be read from memory and nothing may come into it that stays.
    pub(super) fn must_not_wait(&self) -> bool {
        matches!(self, Way::Plain { footprint } if footprint.is_from_memory() && footprint.removes())
    }

    /// Tells Linux that the whole of a short file will be wanted, so that it begins to read while others are opened.
    pub(super) fn announce(&mut self, file: BorrowedFd<'_>, stamp: Stamp) {
        if let Way::Plain { footprint } = self
            && !footprint.is_from_memory()
            && stamp.size_bytes <= limits::LARGE_BUFFER_BYTES as u64
        {
            footprint.announce(file, stamp.size_bytes);
        }
    }

    /// To be called before a part of the file is asked for. Says where it comes from.
    pub(super) fn note(&mut self, file: BorrowedFd<'_>, offset: u64, bytes: u64) -> Origin {
        match self {
            Way::Plain { footprint } => footprint.note(file, offset, bytes),
            Way::Direct { .. } => Origin::Device,
        }
    }

    /// To be called when all before this offset has come.
    pub(super) fn came(&mut self, file: BorrowedFd<'_>, offset: u64) {
        if let Way::Plain { footprint } = self {
            footprint.forget_some(file, offset);
        }
    }

    /// To be called when the file is no longer read.
    pub(super) fn leave(&mut self, file: BorrowedFd<'_>) {
        if let Way::Plain { footprint } = self {
            footprint.restore(file);
        }
    }
}

/// Says how an open file is to be read. It may be waited for from now on: some Linuxes end a ring's read of a file that was
/// opened not to wait with EAGAIN, again and again.
fn set_flags(file: BorrowedFd<'_>, flags: OFlags) -> Result<(), Errno> {
    // The time of access stays as it is by a flag as well, where it was opened with that.
    let kept = rustix::fs::fcntl_getfl(file)?.intersection(UNMARKED);
    rustix::fs::fcntl_setfl(file, flags.union(kept))
}
