//! Buffers to lend to `Lanes`, and bytes that look like chance and are the same in every run.
//!
//! Hashes nothing.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use checksig::hash::{LaneBuffer, PADDING_ROOM};

/// Bytes with a number to know them by, and with room behind them or without, as read-only memory has none.
#[derive(Debug)]
pub struct Memory {
    pub number: u64,
    bytes: Vec<u8>,
    length: usize,
    room: bool,
}

impl Memory {
    pub fn new(number: u64, bytes: &[u8], room: bool) -> Memory {
        let mut memory = Vec::with_capacity(bytes.len() + PADDING_ROOM);
        memory.extend_from_slice(bytes);
        if room {
            // Not zeros, which padding would have to write anyway.
            memory.resize(bytes.len() + PADDING_ROOM, 0xa5);
        }
        Memory { number, bytes: memory, length: bytes.len(), room }
    }

    pub fn has_room(&self) -> bool {
        self.room
    }
}

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl LaneBuffer for Memory {
    fn memory(&self) -> &[u8] {
        &self.bytes
    }

    fn memory_mut(&mut self) -> Option<&mut [u8]> {
        self.room.then_some(&mut self.bytes)
    }
}

/// The generator splitmix64.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..count.div_ceil(8)).flat_map(|_| self.next().to_le_bytes()).collect();
        bytes.truncate(count);
        bytes
    }
}
