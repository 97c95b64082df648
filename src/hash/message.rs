//! One SHA-1 message as it comes in buffers: its state, its incomplete block, its padding, and what to hash next.
//!
//! Chooses no order among messages and runs no kernel; see `lanes`.

use std::collections::VecDeque;
use std::ops::Range;

use super::padding::{BLOCK_BYTES, Block, PADDING_ROOM, pad};
use super::sha1::{INITIAL, State};

/// Bytes of the memory that a message is padded in where its own buffer has no room: less than a block of it, and the room.
const SCRATCH_BYTES: usize = BLOCK_BYTES + PADDING_ROOM;

/// Memory with bytes to hash, lent to [`Lanes`](super::Lanes) until they are hashed.
pub trait LaneBuffer: AsRef<[u8]> {
    /// The bytes, and whatever room stands behind them.
    fn memory(&self) -> &[u8];

    /// The same memory, if [`PADDING_ROOM`] bytes or more stand behind the bytes and may be written, so that the
    /// message can be padded where it lies; `None` otherwise.
    fn memory_mut(&mut self) -> Option<&mut [u8]>;
}

/// One message: its state, what is submitted, and how far the current buffer has been hashed.
pub(super) struct Message<B> {
    /// While the message sits in a lane, its state is there, and this one is old.
    pub(super) state: State,
    bytes: u64,
    announced: u64,
    current: Option<Current<B>>,
    waiting: VecDeque<(B, bool)>,
    /// The bytes of an incomplete block, from one buffer to the next.
    carry: [u8; BLOCK_BYTES],
    carried: usize,
    /// The last blocks of a message that cannot be padded where it lies.
    scratch: [u8; SCRATCH_BYTES],
}

/// The buffer that a job is at: hashed in the order carry, body, scratch, each in whole blocks.
struct Current<B> {
    buffer: B,
    last: bool,
    carry_full: bool,
    body: Range<usize>,
    scratch: Range<usize>,
}

impl<B: LaneBuffer> Message<B> {
    pub(super) fn new() -> Message<B> {
        Message {
            state: INITIAL,
            bytes: 0,
            announced: 0,
            current: None,
            waiting: VecDeque::new(),
            carry: [0; BLOCK_BYTES],
            carried: 0,
            scratch: [0; SCRATCH_BYTES],
        }
    }

    /// Begins anew.
    pub(super) fn begin(&mut self) {
        debug_assert!(self.current.is_none() && self.waiting.is_empty());
        (self.state, self.bytes, self.announced, self.carried) = (INITIAL, 0, 0, 0);
    }

    /// Takes the next bytes; returns whether there was nothing to hash before.
    pub(super) fn submit(&mut self, buffer: B, last: bool) -> bool {
        if self.current.is_some() {
            self.waiting.push_back((buffer, last));
            return false;
        }
        self.open(buffer, last);
        true
    }

    /// What is to be hashed next, in one piece; empty when the current buffer is done.
    pub(super) fn piece(&self) -> &[Block] {
        let current = self.current.as_ref().expect("a message with something to hash has a buffer");
        current.piece(&self.carry, &self.scratch)
    }

    /// Notes that all but the last `left` blocks of the piece have been hashed.
    pub(super) fn advance_to(&mut self, left: usize) {
        let hashed = (self.piece().len() - left) * BLOCK_BYTES;
        self.current.as_mut().expect("a message that was hashed has a buffer").advance(hashed);
    }

    /// Bytes that are known to be the message's: as many as were announced, or more if more have come.
    pub(super) fn length(&self) -> u64 {
        self.bytes.max(self.announced)
    }

    /// Says how many bytes the message will have.
    pub(super) fn announce(&mut self, bytes: u64) {
        self.announced = bytes;
    }

    /// Gives the current buffer back, and whether it was the last, if it is done.
    pub(super) fn take_done(&mut self) -> Option<(B, bool)> {
        let current = self.current.take_if(|current| current.piece(&self.carry, &self.scratch).is_empty())?;
        if !current.last {
            let rest = &current.buffer.as_ref()[current.body.end..];
            self.carry[self.carried..][..rest.len()].copy_from_slice(rest);
            self.carried += rest.len();
        }
        Some((current.buffer, current.last))
    }

    /// Goes on to the next buffer, if there is one.
    pub(super) fn open_next(&mut self) -> bool {
        match self.waiting.pop_front() {
            Some((buffer, last)) => {
                self.open(buffer, last);
                true
            }
            None => false,
        }
    }

    /// Gives every buffer back, hashed or not.
    pub(super) fn abandon(&mut self) -> impl Iterator<Item = B> + '_ {
        let current = self.current.take().map(|current| current.buffer);
        current.into_iter().chain(self.waiting.drain(..).map(|(buffer, _)| buffer))
    }

    /// Takes a buffer as the current one: completes the carried block, finds the whole blocks, pads the end.
    fn open(&mut self, mut buffer: B, last: bool) {
        let bytes = buffer.as_ref();
        let length = bytes.len();
        self.bytes += length as u64;
        let mut start = 0;
        if self.carried > 0 {
            start = length.min(BLOCK_BYTES - self.carried);
            self.carry[self.carried..][..start].copy_from_slice(&bytes[..start]);
            self.carried += start;
        }
        let carry_full = self.carried == BLOCK_BYTES;
        if carry_full {
            self.carried = 0;
        }
        let mut body = start..length - (length - start) % BLOCK_BYTES;
        let mut scratch = 0..0;
        if last {
            if self.carried > 0 {
                // The whole buffer went into the carried block and did not fill it.
                self.scratch[..self.carried].copy_from_slice(&self.carry[..self.carried]);
                scratch.end = pad(&mut self.scratch, self.carried, self.bytes);
            } else if let Some(memory) = buffer.memory_mut() {
                body.end += pad(&mut memory[body.end..], length - body.end, self.bytes);
            } else {
                let tail = &buffer.as_ref()[body.end..];
                self.scratch[..tail.len()].copy_from_slice(tail);
                let tail_bytes = tail.len();
                scratch.end = pad(&mut self.scratch, tail_bytes, self.bytes);
            }
        }
        self.current = Some(Current { buffer, last, carry_full, body, scratch });
    }
}

impl<B: LaneBuffer> Current<B> {
    /// The blocks to hash next, in one piece; empty when the buffer is done.
    fn piece<'a>(&'a self, carry: &'a [u8; BLOCK_BYTES], scratch: &'a [u8; SCRATCH_BYTES]) -> &'a [Block] {
        let bytes: &[u8] = if self.carry_full {
            carry
        } else if !self.body.is_empty() {
            &self.buffer.memory()[self.body.clone()]
        } else {
            &scratch[self.scratch.clone()]
        };
        let (blocks, rest) = bytes.as_chunks();
        debug_assert!(rest.is_empty(), "only whole blocks are hashed");
        blocks
    }

    fn advance(&mut self, bytes: usize) {
        if self.carry_full {
            // None, when another lane had no whole block to run with.
            self.carry_full = bytes == 0;
        } else if !self.body.is_empty() {
            self.body.start += bytes;
        } else {
            self.scratch.start += bytes;
        }
    }
}
