//! SHA-1 of sixteen messages at once: one AVX-512 register holds the same word of all of them.
//!
//! Knows registers and blocks, and nothing of messages. What its assembly looks like, and how near it comes to the limit
//! of the execution ports, is in ARCHITECTURE.md.
//!
//! A block comes as sixteen words of one message and is needed as one word of sixteen messages: a transposition of 64
//! shuffles. They would all stand before the first round, and the CPU does not look far enough ahead to begin them during
//! the rounds of the block before; so they are written in among those rounds, and what they make waits in memory. That
//! gained 4 % (7.06 to 7.33 GB/s, Zen 4).

use std::arch::x86_64::*;

use super::super::padding::Block;
use super::{Columns, LANES_MAX, ROUND_CONSTANTS, full};

/// Proof that this CPU has the instructions.
#[derive(Clone, Copy, Debug)]
pub(in crate::hash) struct Avx512(());

impl Avx512 {
    pub(in crate::hash) fn detect() -> Option<Avx512> {
        (is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw")).then_some(Avx512(()))
    }

    /// Folds so many blocks of each lane into its column.
    pub(in crate::hash) fn compress(self, columns: &mut Columns, lanes: &[&[Block]], blocks: usize) {
        // SAFETY: `detect`, which alone makes this value, has found the features.
        unsafe { compress(columns, &full(lanes), blocks) }
    }
}

/// Four lanes of a block, transposed within each quarter of the registers: quarter `q` of the register `i` has the word
/// `4 * q + i` of the four.
type Quarters = [__m512i; 4];

/// A quarter of the words of a block: at `i`, the word of all lanes whose number is `4 * i` and the number of the quarter.
type Words = [__m512i; 4];

/// Writes the rounds of the numbers out, so that every index into the words is a constant.
macro_rules! rounds {
    ($round:ident, $twenty:literal: $($t:literal)*) => { $($round!($t, $twenty);)* };
}

#[target_feature(enable = "avx512f,avx512bw")]
fn compress(columns: &mut Columns, lanes: &[&[Block]; LANES_MAX], blocks: usize) {
    if blocks == 0 {
        return;
    }
    let mut state: [__m512i; 5] = std::array::from_fn(|word| load_row(&columns.rows[word]));
    let mut quarters = std::array::from_fn(|four| transpose_four(lanes, four, 0));
    let mut words = std::array::from_fn(|quarter| join(&quarters, quarter));
    for block in 1..blocks {
        state = fold::<true>(state, &mut words, lanes, block, &mut quarters);
    }
    state = fold::<false>(state, &mut words, lanes, 0, &mut quarters);
    for (row, word) in columns.rows.iter_mut().zip(state) {
        store_row(row, word);
    }
}

/// Folds the words into the state; if it is to go on, transposes the block `next` into them meanwhile.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn fold<const GO_ON: bool>(
    state: [__m512i; 5],
    words: &mut [Words; 4],
    lanes: &[&[Block]; LANES_MAX],
    next: usize,
    quarters: &mut [Quarters; 4],
) -> [__m512i; 5] {
    let mut w: [__m512i; 16] = std::array::from_fn(|t| words[t % 4][t / 4]);
    let [mut a, mut b, mut c, mut d, mut e] = state;
    macro_rules! round {
        ($t:literal, $twenty:literal) => {{
            // Truth tables of f(b, c, d): b ? c : d, the parity, the majority (FIPS 180-4, section 4.1.1).
            const F: i32 = [0xca, 0x96, 0xe8, 0x96][$twenty];
            const K: i32 = ROUND_CONSTANTS[$twenty].cast_signed();
            if $t >= 16 {
                let three = _mm512_ternarylogic_epi32::<0x96>(w[$t & 15], w[($t + 8) & 15], w[($t + 2) & 15]);
                w[$t & 15] = _mm512_rol_epi32::<1>(_mm512_xor_si512(three, w[($t + 13) & 15]));
            }
            let sum = _mm512_add_epi32(_mm512_add_epi32(e, _mm512_set1_epi32(K)), w[$t & 15]);
            let sum = _mm512_add_epi32(sum, _mm512_ternarylogic_epi32::<F>(b, c, d));
            let sum = _mm512_add_epi32(sum, _mm512_rol_epi32::<5>(a));
            (a, b, c, d, e) = (sum, a, _mm512_rol_epi32::<30>(b), c, d);
        }};
    }
    macro_rules! ahead {
        ($place:expr, $part:expr) => {
            if GO_ON {
                $place = $part;
            }
        };
    }
    rounds!(round, 0: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19);
    ahead!(quarters[0], transpose_four(lanes, 0, next));
    rounds!(round, 1: 20 21 22 23 24 25 26 27 28 29);
    ahead!(quarters[1], transpose_four(lanes, 1, next));
    rounds!(round, 1: 30 31 32 33 34 35 36 37 38 39);
    ahead!(quarters[2], transpose_four(lanes, 2, next));
    rounds!(round, 2: 40 41 42 43 44 45 46 47 48 49);
    ahead!(quarters[3], transpose_four(lanes, 3, next));
    rounds!(round, 2: 50 51 52 53 54 55 56 57 58 59);
    ahead!(words[0], join(quarters, 0));
    rounds!(round, 3: 60 61 62 63 64);
    ahead!(words[1], join(quarters, 1));
    rounds!(round, 3: 65 66 67 68 69);
    ahead!(words[2], join(quarters, 2));
    rounds!(round, 3: 70 71 72 73 74);
    ahead!(words[3], join(quarters, 3));
    rounds!(round, 3: 75 76 77 78 79);
    let sums = [a, b, c, d, e];
    std::array::from_fn(|word| _mm512_add_epi32(state[word], sums[word]))
}

/// Loads a block of the lanes `4 * four` to `4 * four + 3`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn transpose_four(lanes: &[&[Block]; LANES_MAX], four: usize, block: usize) -> Quarters {
    let [r0, r1, r2, r3] = std::array::from_fn(|row| load_block(&lanes[4 * four + row][block]));
    let (low01, high01) = (_mm512_unpacklo_epi32(r0, r1), _mm512_unpackhi_epi32(r0, r1));
    let (low23, high23) = (_mm512_unpacklo_epi32(r2, r3), _mm512_unpackhi_epi32(r2, r3));
    [
        _mm512_unpacklo_epi64(low01, low23),
        _mm512_unpackhi_epi64(low01, low23),
        _mm512_unpacklo_epi64(high01, high23),
        _mm512_unpackhi_epi64(high01, high23),
    ]
}

/// Joins a quarter of the words of all lanes, and turns their bytes to the order of this CPU.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn join(quarters: &[Quarters; 4], quarter: usize) -> Words {
    let swap = _mm512_set4_epi32(0x0c0d_0e0f, 0x0809_0a0b, 0x0405_0607, 0x0001_0203);
    let [q0, q1, q2, q3] = std::array::from_fn(|four| quarters[four][quarter]);
    let (low01, high01) = (_mm512_shuffle_i32x4::<0x44>(q0, q1), _mm512_shuffle_i32x4::<0xee>(q0, q1));
    let (low23, high23) = (_mm512_shuffle_i32x4::<0x44>(q2, q3), _mm512_shuffle_i32x4::<0xee>(q2, q3));
    [
        _mm512_shuffle_epi8(_mm512_shuffle_i32x4::<0x88>(low01, low23), swap),
        _mm512_shuffle_epi8(_mm512_shuffle_i32x4::<0xdd>(low01, low23), swap),
        _mm512_shuffle_epi8(_mm512_shuffle_i32x4::<0x88>(high01, high23), swap),
        _mm512_shuffle_epi8(_mm512_shuffle_i32x4::<0xdd>(high01, high23), swap),
    ]
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_block(block: &Block) -> __m512i {
    // SAFETY: `block` is 64 readable bytes; this load asks for no alignment.
    unsafe { _mm512_loadu_si512(block.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_row(row: &[u32; LANES_MAX]) -> __m512i {
    // SAFETY: `row` is 64 readable bytes; this load asks for no alignment.
    unsafe { _mm512_loadu_si512(row.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store_row(row: &mut [u32; LANES_MAX], word: __m512i) {
    // SAFETY: `row` is 64 writable bytes; this store asks for no alignment.
    unsafe { _mm512_storeu_si512(row.as_mut_ptr().cast(), word) }
}
