//! SHA-1 by the CPU's SHA instructions: one message, or two or four side by side.
//!
//! Knows registers and blocks, and nothing of messages.
//!
//! Four rounds are one instruction, `sha1rnds4`, and each waits for the one before: 6 cycles on Zen 4, 20 times a block,
//! which is all the time that one message takes. The instruction can begin every second cycle, so that further messages
//! cost little until the ports are full.
//!
//! `sha1msg2`, half of the message schedule, is microcoded on recent Intel CPUs. From the 32nd word on the schedule can do
//! without it: W[t] = rol2(W[t-6] ^ W[t-16] ^ W[t-28] ^ W[t-32]), whose terms all lie outside the vector being made. That
//! is the rule of FIPS 180-4, section 6.1.2, applied twice. Which of the two is faster is measured by `calibration`.

use std::arch::x86_64::*;

use super::super::padding::Block;
use super::{Columns, State, full};

/// Proof that this CPU has the instructions.
#[derive(Clone, Copy, Debug)]
pub(in crate::hash) struct ShaNi(());

impl ShaNi {
    pub(in crate::hash) fn detect() -> Option<ShaNi> {
        (is_x86_feature_detected!("sha") && is_x86_feature_detected!("ssse3") && is_x86_feature_detected!("sse4.1"))
            .then_some(ShaNi(()))
    }

    /// Folds so many blocks of each of at most `LANES` lanes into its column. `XOR` takes the schedule without
    /// `sha1msg2`.
    pub(in crate::hash) fn compress<const LANES: usize, const XOR: bool>(
        self,
        columns: &mut Columns,
        lanes: &[&[Block]],
        blocks: usize,
    ) {
        let mut states = std::array::from_fn(|lane| columns.get(lane));
        // SAFETY: `detect`, which alone makes this value, has found the features.
        unsafe { compress::<LANES, XOR>(&mut states, &full(lanes), blocks) };
        for (lane, state) in states.iter().enumerate() {
            columns.set(lane, state);
        }
    }
}

/// The last eight vectors of four words each, the first word in the highest place, as the instructions want it.
type Schedule = [__m128i; 8];

#[target_feature(enable = "sha,ssse3,sse4.1")]
fn compress<const LANES: usize, const XOR: bool>(
    states: &mut [State; LANES],
    lanes: &[&[Block]; LANES],
    blocks: usize,
) {
    let zero = _mm_setzero_si128();
    let (mut abcd, mut e) = ([zero; LANES], [zero; LANES]);
    for (lane, state) in states.iter().enumerate() {
        let [a, b, c, d, e_word] = state.map(u32::cast_signed);
        abcd[lane] = _mm_set_epi32(a, b, c, d);
        e[lane] = _mm_set_epi32(e_word, 0, 0, 0);
    }
    #[allow(clippy::needless_range_loop, reason = "it is the number of a block in every lane")]
    for block in 0..blocks {
        let (abcd_before, e_before) = (abcd, e);
        let mut abcd_last = abcd;
        let mut schedules = [[zero; 8]; LANES];
        macro_rules! four_rounds {
            ($quad:literal, $twenty:literal) => {
                for lane in 0..LANES {
                    let w = &mut schedules[lane];
                    w[$quad & 7] = match $quad {
                        0..4 => load(&lanes[lane][block], $quad),
                        4..8 => next_words(w, $quad),
                        _ if XOR => next_words_by_xor(w, $quad),
                        _ => next_words(w, $quad),
                    };
                    // The rotated a of four rounds ago is the e of now.
                    let e_and_words = match $quad {
                        0 => _mm_add_epi32(e[lane], w[0]),
                        _ => _mm_sha1nexte_epu32(abcd_last[lane], w[$quad & 7]),
                    };
                    abcd_last[lane] = abcd[lane];
                    abcd[lane] = _mm_sha1rnds4_epu32::<$twenty>(abcd[lane], e_and_words);
                }
            };
        }
        macro_rules! twenty_rounds {
            ($twenty:literal: $($quad:literal)*) => { $(four_rounds!($quad, $twenty);)* };
        }
        twenty_rounds!(0: 0 1 2 3 4);
        twenty_rounds!(1: 5 6 7 8 9);
        twenty_rounds!(2: 10 11 12 13 14);
        twenty_rounds!(3: 15 16 17 18 19);
        for lane in 0..LANES {
            e[lane] = _mm_sha1nexte_epu32(abcd_last[lane], e_before[lane]);
            abcd[lane] = _mm_add_epi32(abcd[lane], abcd_before[lane]);
        }
    }
    for (lane, state) in states.iter_mut().enumerate() {
        *state = [
            _mm_extract_epi32::<3>(abcd[lane]),
            _mm_extract_epi32::<2>(abcd[lane]),
            _mm_extract_epi32::<1>(abcd[lane]),
            _mm_extract_epi32::<0>(abcd[lane]),
            _mm_extract_epi32::<3>(e[lane]),
        ]
        .map(i32::cast_unsigned);
    }
}

/// Words `4 * quad` to `4 * quad + 3` from the sixteen before them, by the instructions for it.
#[inline]
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn next_words(w: &Schedule, quad: usize) -> __m128i {
    let partial = _mm_sha1msg1_epu32(w[(quad - 4) & 7], w[(quad - 3) & 7]);
    _mm_sha1msg2_epu32(_mm_xor_si128(partial, w[(quad - 2) & 7]), w[(quad - 1) & 7])
}

/// The same from the thirty-two before them, without `sha1msg2`.
#[inline]
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn next_words_by_xor(w: &Schedule, quad: usize) -> __m128i {
    let six_before = _mm_alignr_epi8::<8>(w[(quad - 2) & 7], w[(quad - 1) & 7]);
    let near = _mm_xor_si128(six_before, w[(quad - 4) & 7]);
    let far = _mm_xor_si128(w[(quad - 7) & 7], w[quad & 7]);
    let sum = _mm_xor_si128(near, far);
    _mm_or_si128(_mm_slli_epi32::<2>(sum), _mm_srli_epi32::<30>(sum))
}

/// Four words of the message, in the byte order of this CPU, the first in the highest place.
#[inline]
#[target_feature(enable = "ssse3")]
fn load(block: &Block, quad: usize) -> __m128i {
    let quad = &block.as_chunks::<16>().0[quad];
    // SAFETY: `quad` is 16 readable bytes; this load asks for no alignment.
    let words = unsafe { _mm_loadu_si128(quad.as_ptr().cast()) };
    _mm_shuffle_epi8(words, _mm_set_epi64x(0x0001_0203_0405_0607, 0x0809_0a0b_0c0d_0e0f))
}
