//! SHA-1 itself: its state, its constants, and one file a kernel.
//!
//! Knows blocks only; messages and their padding are `message`'s affair, and who runs when is `lanes`'.

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "loads and stores of registers, and the call behind a proof of the CPU")]
pub(super) mod avx2;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "loads and stores of registers, and the call behind a proof of the CPU")]
pub(super) mod avx512;
pub(super) mod scalar;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "loads of registers, and the call behind a proof of the CPU")]
pub(super) mod sha_ni;
pub(super) mod single;

pub use single::Stream;

#[cfg(target_arch = "x86_64")]
use super::padding::Block;
use crate::digest::Digest;

/// The five words that a message is folded into.
pub(super) type State = [u32; 5];

/// The state before the first block (FIPS 180-4, section 5.3.1).
pub(super) const INITIAL: State = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];

/// The constant of each twenty rounds (FIPS 180-4, section 4.2.1).
pub(super) const ROUND_CONSTANTS: [u32; 4] = [0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xca62_c1d6];

/// Lanes of the widest kernel.
pub(super) const LANES_MAX: usize = 16;

/// The states of all lanes as the wide kernels keep them: a row for each word, a column for each lane. Narrow kernels
/// use the first columns. What stands in the columns of lanes that do not run is of no meaning.
#[derive(Clone)]
#[repr(C, align(64))]
pub(super) struct Columns {
    rows: [[u32; LANES_MAX]; 5],
}

impl Columns {
    pub(super) fn new() -> Columns {
        Columns { rows: [[0; LANES_MAX]; 5] }
    }

    /// The state of one lane.
    pub(super) fn get(&self, lane: usize) -> State {
        self.rows.map(|row| row[lane])
    }

    pub(super) fn set(&mut self, lane: usize, state: &State) {
        for (row, &word) in self.rows.iter_mut().zip(state) {
            row[lane] = word;
        }
    }
}

/// As many lanes as a kernel has, of so many blocks each or more. A lane that is missing repeats the first, and what comes
/// of it is of no meaning.
#[cfg(target_arch = "x86_64")]
fn full<'a, const LANES: usize>(lanes: &[&'a [Block]]) -> [&'a [Block]; LANES] {
    match lanes.try_into() {
        Ok(all) => all,
        Err(_) => std::array::from_fn(|lane| *lanes.get(lane).unwrap_or(&lanes[0])),
    }
}

/// The digest that a final state is.
pub(super) fn digest_of(state: &State) -> Digest {
    let mut bytes = [0; Digest::BYTES];
    for (bytes, word) in bytes.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    Digest::from_bytes(bytes)
}
