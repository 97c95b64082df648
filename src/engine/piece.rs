//! Segments as the lanes take them: bytes of a file, and where their memory belongs.
//!
//! The seam between `read` and `hash`, which do not know each other.

use super::readers::Team;
use crate::hash::{LaneBuffer, PADDING_ROOM};
use crate::limits;
use crate::read::{Bytes, Ticket};

const _: () = assert!(limits::BUFFER_ROOM_BYTES >= PADDING_ROOM, "a message is padded where it was read");

/// Bytes of a file in the lanes, and where their memory belongs.
pub(super) struct Piece {
    pub(super) ticket: Ticket,
    pub(super) bytes: Bytes,
    pub(super) home: Home,
}

/// Where a buffer goes when its bytes are hashed.
#[derive(Clone, Copy)]
pub(super) enum Home {
    /// The inline source of this generation: an earlier one has been given up, and its buffers with it.
    Inline(u32),
    /// This reader of this team.
    Reader(Team, usize),
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        self.bytes.as_slice()
    }
}

impl LaneBuffer for Piece {
    fn memory(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Buffer(buffer) => buffer.memory(),
            other => other.as_slice(),
        }
    }

    fn memory_mut(&mut self) -> Option<&mut [u8]> {
        match &mut self.bytes {
            Bytes::Buffer(buffer) => Some(buffer.memory_mut()),
            _ => None,
        }
    }
}
