//! The table of reads that Linux has: it owns their buffers and files until their completions come.
//!
//! Talks to no ring. A completion is told from a stale one by the generation in its `user_data`.

use std::os::fd::OwnedFd;
use std::rc::Rc;

use crate::read::buffers::Buffer;

/// One read: where it goes, where it comes from, and whose it is.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) buffer: Buffer,
    pub(super) file: Rc<OwnedFd>,
    /// Which part of the buffer's target is to be filled.
    pub(super) range: std::ops::Range<usize>,
    /// Where in the file, in bytes.
    pub(super) offset: u64,
    /// How often Linux has put it off.
    pub(super) tries: u32,
    pub(super) owner: Owner,
}

/// Which piece of which file a read is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) file: usize,
    pub(super) piece: u64,
}

/// Reads in flight, at most as many as the table has room for.
pub(super) struct Inflight {
    entries: Vec<Entry>,
    vacant: Vec<u32>,
}

struct Entry {
    generation: u32,
    read: Option<Read>,
}

impl Inflight {
    pub(super) fn new(room: u32) -> Inflight {
        Inflight {
            entries: (0..room).map(|_| Entry { generation: 0, read: None }).collect(),
            vacant: (0..room).rev().collect(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len() - self.vacant.len()
    }

    pub(super) fn has_room(&self) -> bool {
        !self.vacant.is_empty()
    }

    /// Takes a read in; its `user_data` will tell it.
    pub(super) fn insert(&mut self, read: Read) -> u64 {
        let index = self.vacant.pop().expect("only where there is room");
        let entry = &mut self.entries[index as usize];
        entry.read = Some(read);
        u64::from(entry.generation) << 32 | u64::from(index)
    }

    /// The read of this `user_data`, to describe it to the ring.
    pub(super) fn get_mut(&mut self, user_data: u64) -> Option<&mut Read> {
        self.entry(user_data)?.read.as_mut()
    }

    /// Gives the read of a completion back; `None` for a completion of no read here.
    pub(super) fn remove(&mut self, user_data: u64) -> Option<Read> {
        let entry = self.entry(user_data)?;
        let read = entry.read.take()?;
        entry.generation = entry.generation.wrapping_add(1);
        self.vacant.push(user_data as u32);
        Some(read)
    }

    fn entry(&mut self, user_data: u64) -> Option<&mut Entry> {
        let entry = self.entries.get_mut(user_data as u32 as usize)?;
        (u64::from(entry.generation) == user_data >> 32).then_some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::buffers::BufferPool;

    #[test]
    fn a_completion_gives_its_own_read_back_once() {
        let mut pool = BufferPool::new(64, 2).unwrap();
        let file = Rc::new(OwnedFd::from(std::fs::File::open("/dev/null").unwrap()));
        let mut read = |piece| Read {
            buffer: pool.take().unwrap(),
            file: Rc::clone(&file),
            range: 0..64,
            offset: 0,
            tries: 0,
            owner: Owner { file: 7, piece },
        };
        let mut inflight = Inflight::new(2);
        let (first, second) = (inflight.insert(read(1)), inflight.insert(read(2)));
        assert!(!inflight.has_room());
        assert_eq!(inflight.get_mut(second).unwrap().owner.piece, 2);
        let back = inflight.remove(first).unwrap();
        assert_eq!(back.owner, Owner { file: 7, piece: 1 });
        assert!(inflight.remove(first).is_none(), "stale");
        // The same place, another generation.
        let third = inflight.insert(back);
        assert_ne!(third, first);
        assert!(inflight.remove(first).is_none());
        assert!(inflight.remove(u64::MAX).is_none());
        assert_eq!(inflight.len(), 2);
    }
}
