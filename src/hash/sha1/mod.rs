//! SHA-1 itself: its state, its first value, and one file a kernel.
//!
//! Knows blocks only; messages and their padding are `lanes`' affair.

mod single;

pub use single::Stream;
pub(super) use single::compress as compress_single;

use crate::digest::Digest;

/// The five words that a message is folded into.
pub(super) type State = [u32; 5];

/// The state before the first block (FIPS 180-4, section 5.3.1).
pub(super) const INITIAL: State = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];

/// The digest that a final state is.
pub(super) fn digest_of(state: &State) -> Digest {
    let mut bytes = [0; Digest::BYTES];
    for (bytes, word) in bytes.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    Digest::from_bytes(bytes)
}
