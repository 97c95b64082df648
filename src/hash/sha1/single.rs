//! One message at a time, by the crate `sha1`: the kernel of any CPU, and the independent second opinion.
//!
//! The crate takes the CPU's SHA instructions where it finds them; nothing here is written for speed.

#[cfg(target_arch = "aarch64")]
use sha1_aarch64 as sha1;

use sha1::Digest as _;

use super::super::padding::Block;
use super::{Columns, State};
use crate::digest::Digest;

/// Folds so many blocks of each lane into its column.
pub(in crate::hash) fn compress(columns: &mut Columns, lanes: &[&[Block]], blocks: usize) {
    for (lane, all) in lanes.iter().enumerate() {
        let mut state = columns.get(lane);
        fold(&mut state, &all[..blocks]);
        columns.set(lane, &state);
    }
}

#[cfg(not(target_arch = "aarch64"))]
fn fold(state: &mut State, blocks: &[Block]) {
    use sha1::digest::block_buffer::EagerBuffer;
    use sha1::digest::consts::U64;

    // An empty buffer hands whole blocks on as they lie: the crate's own way from bytes to its block type.
    EagerBuffer::<U64>::default().digest_blocks(blocks.as_flattened(), |blocks| sha1::compress(state, blocks));
}

#[cfg(target_arch = "aarch64")]
fn fold(state: &mut State, blocks: &[Block]) {
    sha1::block_api::compress(state, blocks);
}

/// A message hashed as it comes, by the crate from its first bit to its digest: it shares no code with the lanes.
#[derive(Clone, Default)]
pub struct Stream(sha1::Sha1);

impl Stream {
    /// The digest of a message that is whole in memory.
    pub fn digest(message: &[u8]) -> Digest {
        let mut stream = Stream::default();
        stream.update(message);
        stream.finish()
    }

    /// Takes the next bytes of the message.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all the bytes taken.
    pub fn finish(self) -> Digest {
        Digest::from_bytes(self.0.finalize().into())
    }
}
