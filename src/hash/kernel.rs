//! Which SHA-1 kernel runs: found by what the CPU can do, known-answer-tested, or forced by name.
//!
//! Schedules nothing; a kernel is handed as many inputs as it has lanes, all of one length.

use super::padding::{PADDING_ROOM, pad};
use super::sha1::{self, State};
use crate::digest::Digest;

/// A compression routine and what the scheduler must know of it. A new kernel is a compile error until every `match`
/// here knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kernel {
    /// The crate `sha1`, one message at a time, with the CPU's SHA instructions where it has them.
    Single,
}

/// Bytes that one lane folds in one call: whole blocks.
pub(super) struct LaneInput<'a> {
    pub(super) state: &'a mut State,
    pub(super) blocks: &'a [u8],
}

impl Kernel {
    /// Every kernel, the widest last.
    pub const ALL: [Kernel; 1] = [Kernel::Single];

    /// The widest kernel that this CPU runs and that gives the right answer on it.
    pub fn detect() -> Option<Kernel> {
        Kernel::ALL.into_iter().rev().find(|kernel| kernel.is_right())
    }

    /// The kernel of this name.
    pub fn by_name(name: &str) -> Option<Kernel> {
        Kernel::ALL.into_iter().find(|kernel| kernel.name() == name)
    }

    /// The name in options and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Kernel::Single => "sha1-crate",
        }
    }

    /// Messages that it hashes at once.
    pub const fn lanes(self) -> usize {
        match self {
            Kernel::Single => 1,
        }
    }

    /// Folds the inputs, at most as many as it has lanes and all of one length, into their states.
    pub(super) fn compress(self, inputs: &mut [LaneInput<'_>]) {
        debug_assert!(inputs.len() <= self.lanes());
        debug_assert!(inputs.iter().all(|input| input.blocks.len() == inputs[0].blocks.len()));
        match self {
            Kernel::Single => {
                for input in inputs {
                    sha1::compress_single(input.state, input.blocks);
                }
            }
        }
    }

    /// Hashes the two-block example of FIPS 180-2, appendix A.2, in every lane.
    fn is_right(self) -> bool {
        const MESSAGE: &[u8] = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        const DIGEST: [u8; Digest::BYTES] = [
            0x84, 0x98, 0x3e, 0x44, 0x1c, 0x3b, 0xd2, 0x6e, 0xba, 0xae, 0x4a, 0xa1, 0xf9, 0x51, 0x29, 0xe5, 0xe5, 0x46,
            0x70, 0xf1,
        ];
        let mut tail = [0; MESSAGE.len() + PADDING_ROOM];
        tail[..MESSAGE.len()].copy_from_slice(MESSAGE);
        let padded = pad(&mut tail, MESSAGE.len(), MESSAGE.len() as u64);
        let mut states = vec![sha1::INITIAL; self.lanes()];
        let mut inputs: Vec<_> = states.iter_mut().map(|state| LaneInput { state, blocks: &tail[..padded] }).collect();
        self.compress(&mut inputs);
        states.iter().all(|state| sha1::digest_of(state).as_bytes() == &DIGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_is_found_and_every_name_leads_back_to_its_kernel() {
        assert!(Kernel::detect().is_some());
        for kernel in Kernel::ALL {
            assert_eq!(Kernel::by_name(kernel.name()), Some(kernel));
            assert!(kernel.lanes() >= 1);
        }
        assert_eq!(Kernel::by_name("md5"), None);
    }
}
