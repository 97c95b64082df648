//! How fast each kernel is on this very CPU: a few microseconds of measuring in place of a table of CPUs.
//!
//! Decides by speed alone; that a kernel is right has been seen before it is measured.
//!
//! A table by instruction set would be wrong on half of the CPUs: ARCHITECTURE.md has the figures.

use std::hint::black_box;
use std::time::Instant;

use super::kernel::{Kernel, Proven};
use super::padding::{BLOCK_BYTES, Block};
use super::sha1::{Columns, LANES_MAX};

/// Blocks of each lane that are hashed at a time: 2 to 5 µs for the wide kernels.
const BLOCKS: usize = 32;

/// Times that each kernel is measured, in turn with the others; the best one counts, since whatever disturbs a measurement
/// makes it slower. The first round is also what wakes the upper halves of wide registers: some CPUs keep them asleep and
/// run the first ten or twenty microseconds at a fraction of their speed.
const ROUNDS: usize = 4;

/// Hundredths by which a kernel must be faster to be taken in place of one that is preferred otherwise.
const MARGIN_PERCENT: u64 = 5;

/// A kernel and how long it takes for so many blocks of each of its lanes.
pub(super) struct Measured {
    proven: Proven,
    nanoseconds: u64,
}

/// Measures kernels.
pub(super) fn measure(kernels: impl IntoIterator<Item = Proven>) -> Vec<Measured> {
    // Lanes at distances that do not compete for the same sets of the L1 cache.
    const PITCH: usize = BLOCKS + 1;
    static BYTES: [Block; PITCH * LANES_MAX] = [[0x5a; BLOCK_BYTES]; PITCH * LANES_MAX];
    let lanes: Vec<&[Block]> = BYTES.chunks_exact(PITCH).collect();
    let mut all: Vec<_> = kernels.into_iter().map(|proven| Measured { proven, nanoseconds: u64::MAX }).collect();
    let mut columns = Columns::new();
    for _ in 0..ROUNDS {
        for measured in &mut all {
            let started = Instant::now();
            measured.proven.compress(&mut columns, &lanes[..measured.proven.kernel().lanes()], BLOCKS);
            black_box(&columns);
            let nanoseconds = started.elapsed().as_nanos() as u64;
            measured.nanoseconds = measured.nanoseconds.min(nanoseconds).max(1);
        }
    }
    all
}

impl Measured {
    /// The kernel, and bytes that it hashes in a second with all its lanes filled.
    pub(super) fn speed(&self) -> (Kernel, u64) {
        let kernel = self.proven.kernel();
        (kernel, (kernel.lanes() * BLOCKS * BLOCK_BYTES) as u64 * 1_000_000_000 / self.nanoseconds)
    }

    /// The fastest for so many filled lanes. A kernel with fewer lanes hashes them one set after another; one with more
    /// takes as long as if all were filled.
    pub(super) fn fastest(all: &[Measured], filled: usize) -> Option<Proven> {
        let lane_speed = |measured: &Measured| {
            let used = filled.min(measured.proven.kernel().lanes()) as u64;
            used * 1_000_000_000 / measured.nanoseconds
        };
        let mut best: Option<&Measured> = None;
        for measured in all {
            let is_faster = |best: &Measured| lane_speed(measured) * 100 > lane_speed(best) * (100 + MARGIN_PERCENT);
            if best.is_none_or(is_faster) {
                best = Some(measured);
            }
        }
        best.map(|measured| measured.proven)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_depends_on_how_many_lanes_are_filled() {
        let measured = |kernel: Kernel, nanoseconds| Some(Measured { proven: kernel.prove()?, nanoseconds });
        let Some(all) =
            [(Kernel::Avx512, 4_500), (Kernel::Avx2, 6_000), (Kernel::ShaNi, 1_080), (Kernel::ShaNiX2, 1_270)]
                .into_iter()
                .map(|(kernel, nanoseconds)| measured(kernel, nanoseconds))
                .collect::<Option<Vec<_>>>()
        else {
            println!("NOT RUN: this CPU lacks one of the kernels of the example");
            return;
        };
        let fastest = |filled| Measured::fastest(&all, filled).unwrap().kernel();
        assert_eq!((fastest(1), fastest(2), fastest(3)), (Kernel::ShaNi, Kernel::ShaNiX2, Kernel::ShaNiX2));
        // Six lanes by twos take 3 810 ns, and eight 5 080.
        assert_eq!((fastest(6), fastest(8), fastest(16)), (Kernel::ShaNiX2, Kernel::Avx512, Kernel::Avx512));
        assert!(Measured::fastest(&[], 1).is_none());
    }

    #[test]
    fn a_kernel_as_fast_as_a_preferred_one_does_not_replace_it() {
        let proven = |kernel: Kernel| kernel.prove().unwrap();
        let all = [(Kernel::Sha1Crate, 1_000), (Kernel::Scalar, 990)]
            .map(|(kernel, nanoseconds)| Measured { proven: proven(kernel), nanoseconds });
        assert_eq!(Measured::fastest(&all, 1).unwrap().kernel(), Kernel::Sha1Crate);
    }
}
