//! The memory that files are read into: page-aligned buffers of one size, made on demand, reused, bounded in number.
//!
//! Knows nothing of who fills them or reads from them.

use std::io;

use memmap2::MmapMut;

use crate::limits;

/// Memory for some bytes of a file, with room behind them for one byte more (to see that there is none), or for the sector
/// that it would be in, and for what a hasher writes behind a message.
#[derive(Debug)]
pub(crate) struct Buffer {
    memory: MmapMut,
    start: usize,
    capacity: usize,
    length: usize,
}

/// The buffers of one reader thread: small ones for files that fit them, so that many can be read at a time, and large ones
/// for the pieces of all others.
#[derive(Debug)]
#[cfg_attr(checksig_portable, allow(dead_code, reason = "only a ring has it"))]
pub(crate) struct Pools {
    pub(crate) small: BufferPool,
    pub(crate) large: BufferPool,
}

/// Buffers of one size.
#[derive(Debug)]
pub(crate) struct BufferPool {
    free: Vec<Buffer>,
    made: usize,
    most: usize,
    capacity: usize,
}

impl Buffer {
    /// A buffer for `capacity` bytes. Successive ones begin at different distances from a page, because lanes that run
    /// side by side through buffers at equal distances compete for the same few sets of the L1 cache.
    fn new(capacity: usize, index: usize) -> io::Result<Buffer> {
        let start = index * limits::BUFFER_STAGGER_BYTES % limits::PAGE_BYTES;
        let memory = MmapMut::map_anon(start + capacity + limits::BUFFER_ROOM_BYTES)?;
        Ok(Buffer { memory, start, capacity, length: 0 })
    }

    /// A buffer of no pool.
    pub(super) fn alone(capacity: usize) -> io::Result<Buffer> {
        Buffer::new(capacity, 0)
    }

    /// Bytes of a file that it holds.
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Where bytes are read into: the whole buffer, and the room behind it.
    pub(crate) fn target(&mut self) -> &mut [u8] {
        &mut self.memory[self.start..]
    }

    /// Says how many bytes of the target are the file's.
    pub(crate) fn set_length(&mut self, length: usize) {
        assert!(length <= self.capacity, "a buffer holds its capacity");
        self.length = length;
    }

    /// The bytes, and all the memory behind them.
    pub(crate) fn memory(&self) -> &[u8] {
        &self.memory[self.start..]
    }

    /// The same, to be written.
    pub(crate) fn memory_mut(&mut self) -> &mut [u8] {
        &mut self.memory[self.start..]
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.memory[self.start..][..self.length]
    }
}

#[cfg_attr(checksig_portable, allow(dead_code, reason = "only a ring has it"))]
impl Pools {
    /// Room for so many buffers of each size.
    pub(crate) fn new(small: usize, large: usize) -> io::Result<Pools> {
        Ok(Pools {
            small: BufferPool::new(limits::SMALL_BUFFER_BYTES, small)?,
            large: BufferPool::new(limits::LARGE_BUFFER_BYTES, large)?,
        })
    }

    /// Gives a buffer back.
    pub(crate) fn give(&mut self, buffer: Buffer) {
        if buffer.capacity() == limits::SMALL_BUFFER_BYTES { self.small.give(buffer) } else { self.large.give(buffer) }
    }

    /// Buffers that have been taken and not given back.
    pub(crate) fn out(&self) -> usize {
        self.small.out() + self.large.out()
    }
}

impl BufferPool {
    /// Room for `most` buffers of `capacity` bytes each. The first is made here, so that there always is one.
    pub(crate) fn new(capacity: usize, most: usize) -> io::Result<BufferPool> {
        assert!(most > 0 && capacity > 0);
        Ok(BufferPool { free: vec![Buffer::new(capacity, 0)?], made: 1, most, capacity })
    }

    /// Bytes that each buffer holds.
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Buffers that have been taken and not given back.
    pub(crate) fn out(&self) -> usize {
        self.made - self.free.len()
    }

    /// Buffers that could be taken now, if memory lasts.
    pub(crate) fn available(&self) -> usize {
        self.free.len() + (self.most - self.made)
    }

    /// Takes a buffer: `None` until one is given back. Where memory does not last, the pool stays as large as it is.
    pub(crate) fn take(&mut self) -> Option<Buffer> {
        if let Some(buffer) = self.free.pop() {
            return Some(buffer);
        }
        if self.made == self.most {
            return None;
        }
        match Buffer::new(self.capacity, self.made) {
            Ok(buffer) => {
                self.made += 1;
                Some(buffer)
            }
            Err(_) => {
                self.most = self.made;
                None
            }
        }
    }

    /// Gives a buffer back.
    pub(crate) fn give(&mut self, mut buffer: Buffer) {
        buffer.length = 0;
        self.free.push(buffer);
        assert!(self.free.len() <= self.made, "a buffer comes back to the pool that it was taken from");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_gives_what_it_has_and_no_more() {
        let mut pool = BufferPool::new(1_000, 3).unwrap();
        let taken: Vec<_> = std::iter::from_fn(|| pool.take()).collect();
        assert_eq!((taken.len(), pool.available()), (3, 0));
        for mut buffer in taken {
            assert!(buffer.target().len() > 1_000);
            buffer.set_length(1_000);
            assert_eq!(buffer.as_ref().len(), 1_000);
            assert!(buffer.memory().len() >= 1_000 + limits::BUFFER_ROOM_BYTES);
            pool.give(buffer);
        }
        assert_eq!(pool.available(), 3);
        assert_eq!(pool.take().unwrap().as_ref().len(), 0);
    }
}
