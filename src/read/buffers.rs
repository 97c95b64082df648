//! The memory that files are read into: page-aligned buffers of one size, made on demand, reused, bounded in number.
//!
//! Knows nothing of who fills them or reads from them.

use std::io;
use std::sync::Arc;

use memmap2::{MmapMut, MmapRaw};

use super::advice;
use crate::limits;

/// Memory for some bytes of a file, with room behind them for one byte more (to see that there is none), or for the sector
/// that it would be in, and for what a hasher writes behind a message.
#[derive(Debug)]
pub(crate) struct Buffer {
    /// What it is a part of, with other buffers; this part is its own.
    arena: Arc<MmapRaw>,
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

/// Buffers of one size, all in one map, whose pages are Linux's until they are touched. The one given back last is taken
/// first, so that few are touched where few are needed.
#[derive(Debug)]
pub(crate) struct BufferPool {
    free: Vec<Buffer>,
    count: usize,
    capacity: usize,
}

/// The pages that buffers are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pages {
    /// Those of 4 KiB: a few small files take a few.
    Ordinary,
    /// Huge ones where Linux gives them, for long direct reads.
    Huge,
}

impl Buffer {
    /// Bytes of a file that it holds.
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Where bytes are read into: the whole buffer, and the room behind it.
    pub(crate) fn target(&mut self) -> &mut [u8] {
        self.memory_mut()
    }

    /// Says how many bytes of the target are the file's.
    pub(crate) fn set_length(&mut self, length: usize) {
        assert!(length <= self.capacity, "a buffer holds its capacity");
        self.length = length;
    }

    /// The bytes, and all the memory behind them.
    #[allow(unsafe_code, reason = "a part of a map that others have parts of as well")]
    pub(crate) fn memory(&self) -> &[u8] {
        let first = self.arena.as_ptr().wrapping_add(self.start);
        // SAFETY: arena() has made the map longer than the end of the last of its parts, and no two buffers have parts that
        // overlap; this one is borrowed, so that nobody writes to its part, and the arena lives as long as it does.
        unsafe { std::slice::from_raw_parts(first, room_for(self.capacity)) }
    }

    /// The same, to be written.
    #[allow(unsafe_code, reason = "a part of a map that others have parts of as well")]
    pub(crate) fn memory_mut(&mut self) -> &mut [u8] {
        let first = self.arena.as_mut_ptr().wrapping_add(self.start);
        // SAFETY: as above; and it is borrowed by one only, so that nobody else reads or writes its part.
        unsafe { std::slice::from_raw_parts_mut(first, room_for(self.capacity)) }
    }

    /// A buffer of no pool.
    pub(super) fn alone(capacity: usize) -> io::Result<Buffer> {
        Ok(arena(capacity, 1, Pages::Ordinary)?.remove(0))
    }
}

/// Bytes of a buffer with the room behind it.
const fn room_for(capacity: usize) -> usize {
    capacity + limits::BUFFER_ROOM_BYTES
}

/// Bytes of memory that each buffer of this capacity takes among others.
pub(crate) const fn taken_bytes(capacity: usize) -> usize {
    room_for(capacity).next_multiple_of(limits::PAGE_BYTES) + limits::BUFFER_STAGGER_BYTES
}

/// So many buffers, side by side. Each begins a bit further from a page than the one before, because lanes that run side
/// by side through buffers at equal distances compete for the same few sets of the L1 cache.
fn arena(capacity: usize, count: usize, pages: Pages) -> io::Result<Vec<Buffer>> {
    let pitch = taken_bytes(capacity);
    // Only those that the buffers fill, or they would take more than is counted.
    let huge_bytes = match pages {
        Pages::Huge => count * pitch / limits::HUGE_PAGE_BYTES * limits::HUGE_PAGE_BYTES,
        Pages::Ordinary => 0,
    };
    let slack = if huge_bytes > 0 { limits::HUGE_PAGE_BYTES } else { 0 };
    let map = MmapMut::map_anon(count * pitch + slack)?;
    let first = map.as_ptr().align_offset(slack.max(1));
    if huge_bytes > 0 {
        advice::wants_huge_pages(&map, first, huge_bytes);
    }
    let arena = Arc::new(MmapRaw::from(map));
    let buffer = |index| Buffer { arena: Arc::clone(&arena), start: first + index * pitch, capacity, length: 0 };
    // The first is taken first.
    Ok((0..count).rev().map(buffer).collect())
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.memory()[..self.length]
    }
}

#[cfg_attr(checksig_portable, allow(dead_code, reason = "only a ring has it"))]
impl Pools {
    /// Room for so many buffers of each size.
    pub(crate) fn new(small: usize, large: usize) -> io::Result<Pools> {
        Ok(Pools {
            small: BufferPool::with(limits::SMALL_BUFFER_BYTES, small, Pages::Ordinary)?,
            large: BufferPool::with(limits::LARGE_BUFFER_BYTES, large, Pages::Huge)?,
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
    /// So many buffers of `capacity` bytes each.
    pub(crate) fn new(capacity: usize, count: usize) -> io::Result<BufferPool> {
        BufferPool::with(capacity, count, Pages::Ordinary)
    }

    /// Pools for several readers, side by side in one map and in huge pages, of which one pool could fill none. What each reader
    /// takes first lies together, so that readers that need few buffers touch few pages.
    pub(crate) fn side_by_side(capacity: usize, count: usize, pools: usize) -> io::Result<Vec<BufferPool>> {
        assert!(count > 0 && capacity > 0);
        let mut buffers = arena(capacity, count * pools, Pages::Huge)?;
        let mut free: Vec<_> = (0..pools).map(|_| Vec::with_capacity(count)).collect();
        // What is taken first of the arena is its last, and so it is of a pool.
        while !buffers.is_empty() {
            free.iter_mut().for_each(|free| free.extend(buffers.pop()));
        }
        free.iter_mut().for_each(|free| free.reverse());
        Ok(free.into_iter().map(|free| BufferPool { free, count, capacity }).collect())
    }

    fn with(capacity: usize, count: usize, pages: Pages) -> io::Result<BufferPool> {
        assert!(count > 0 && capacity > 0);
        Ok(BufferPool { free: arena(capacity, count, pages)?, count, capacity })
    }

    /// Bytes that each buffer holds.
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Buffers that have been taken and not given back.
    pub(crate) fn out(&self) -> usize {
        self.count - self.free.len()
    }

    /// Buffers that could be taken now.
    pub(crate) fn available(&self) -> usize {
        self.free.len()
    }

    /// Takes a buffer: `None` until one is given back.
    pub(crate) fn take(&mut self) -> Option<Buffer> {
        self.free.pop()
    }

    /// Gives a buffer back.
    pub(crate) fn give(&mut self, mut buffer: Buffer) {
        buffer.length = 0;
        self.free.push(buffer);
        assert!(self.free.len() <= self.count, "a buffer comes back to the pool that it was taken from");
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

    #[test]
    fn pools_side_by_side_take_first_what_lies_together() {
        let (count, pools) = (3, 5);
        let mut pools = BufferPool::side_by_side(300_000, count, pools).unwrap();
        let turns: Vec<Vec<_>> =
            (0..count).map(|_| pools.iter_mut().map(|pool| pool.take().unwrap()).collect()).collect();
        assert!(pools.iter_mut().all(|pool| pool.take().is_none()));
        let starts: Vec<_> = turns.iter().flatten().map(|buffer| buffer.start).collect();
        assert!(starts.is_sorted_by(|a, b| b - a >= room_for(300_000)), "{starts:?}");
        for (at, buffer) in turns.into_iter().flatten().enumerate() {
            pools[at % 5].give(buffer);
        }
        assert!(pools.iter().all(|pool| pool.out() == 0));
    }
}
