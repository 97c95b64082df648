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

use super::super::padding::BLOCK_BYTES;
use super::{Columns, LANES_MAX, ROUND_CONSTANTS, full};

/// Proof that this CPU has the instructions.
#[derive(Clone, Copy, Debug)]
pub(in crate::hash) struct Avx512(());

impl Avx512 {
    pub(in crate::hash) fn detect() -> Option<Avx512> {
        (is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw")).then_some(Avx512(()))
    }

    /// Folds so many blocks of each lane into its column.
    pub(in crate::hash) fn compress(self, columns: &mut Columns, lanes: &[&[u8]], blocks: usize) {
        // SAFETY: `detect`, which alone makes this value, has found the features.
        unsafe { compress(columns, &full(lanes, blocks), blocks) }
    }
}

/// Sixteen registers' worth of memory: the words of a block, or what is on the way to them.
type Words = [__m512i; 16];

/// Writes the rounds of the numbers out, so that every index into the words is a constant.
macro_rules! rounds {
    ($round:ident, $twenty:literal: $($t:literal)*) => { $($round!($t, $twenty);)* };
}

#[target_feature(enable = "avx512f,avx512bw")]
fn compress(columns: &mut Columns, lanes: &[&[u8]; LANES_MAX], blocks: usize) {
    if blocks == 0 {
        return;
    }
    let mut state: [__m512i; 5] = std::array::from_fn(|word| load_row(&columns.rows[word]));
    let zero = _mm512_setzero_si512();
    let (mut quarters, mut words) = ([zero; 16], [zero; 16]);
    for part in 0..4 {
        transpose_in_quarters(lanes, part, 0, &mut quarters);
    }
    for part in 0..4 {
        join_quarters(&quarters, part, &mut words);
    }
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
    words: &mut Words,
    lanes: &[&[u8]; LANES_MAX],
    next: usize,
    quarters: &mut Words,
) -> [__m512i; 5] {
    let mut w = *words;
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
        ($call:expr) => {
            if GO_ON {
                $call;
            }
        };
    }
    rounds!(round, 0: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19);
    ahead!(transpose_in_quarters(lanes, 0, next, quarters));
    rounds!(round, 1: 20 21 22 23 24 25 26 27 28 29);
    ahead!(transpose_in_quarters(lanes, 1, next, quarters));
    rounds!(round, 1: 30 31 32 33 34 35 36 37 38 39);
    ahead!(transpose_in_quarters(lanes, 2, next, quarters));
    rounds!(round, 2: 40 41 42 43 44 45 46 47 48 49);
    ahead!(transpose_in_quarters(lanes, 3, next, quarters));
    rounds!(round, 2: 50 51 52 53 54 55 56 57 58 59);
    ahead!(join_quarters(quarters, 0, words));
    rounds!(round, 3: 60 61 62 63 64);
    ahead!(join_quarters(quarters, 1, words));
    rounds!(round, 3: 65 66 67 68 69);
    ahead!(join_quarters(quarters, 2, words));
    rounds!(round, 3: 70 71 72 73 74);
    ahead!(join_quarters(quarters, 3, words));
    rounds!(round, 3: 75 76 77 78 79);
    let sums = [a, b, c, d, e];
    std::array::from_fn(|word| _mm512_add_epi32(state[word], sums[word]))
}

/// Transposes a block of four lanes within each quarter of the registers: `quarters[4 * part + i]` then has, in its
/// quarter `q`, the word `4 * q + i` of the four lanes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn transpose_in_quarters(lanes: &[&[u8]; LANES_MAX], part: usize, block: usize, quarters: &mut Words) {
    let [r0, r1, r2, r3] = std::array::from_fn(|row| load_block(lanes[4 * part + row], block));
    let (low01, high01) = (_mm512_unpacklo_epi32(r0, r1), _mm512_unpackhi_epi32(r0, r1));
    let (low23, high23) = (_mm512_unpacklo_epi32(r2, r3), _mm512_unpackhi_epi32(r2, r3));
    quarters[4 * part] = _mm512_unpacklo_epi64(low01, low23);
    quarters[4 * part + 1] = _mm512_unpackhi_epi64(low01, low23);
    quarters[4 * part + 2] = _mm512_unpacklo_epi64(high01, high23);
    quarters[4 * part + 3] = _mm512_unpackhi_epi64(high01, high23);
}

/// Brings together the four words of all lanes whose numbers leave `part` when divided by four, and turns their bytes to
/// the order of this CPU.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn join_quarters(quarters: &Words, part: usize, words: &mut Words) {
    let swap = _mm512_set4_epi32(0x0c0d_0e0f, 0x0809_0a0b, 0x0405_0607, 0x0001_0203);
    let [q0, q1, q2, q3] = std::array::from_fn(|i| quarters[4 * i + part]);
    let (low01, high01) = (_mm512_shuffle_i32x4::<0x44>(q0, q1), _mm512_shuffle_i32x4::<0xee>(q0, q1));
    let (low23, high23) = (_mm512_shuffle_i32x4::<0x44>(q2, q3), _mm512_shuffle_i32x4::<0xee>(q2, q3));
    words[part] = _mm512_shuffle_epi8(_mm512_shuffle_i32x4::<0x88>(low01, low23), swap);
    words[4 + part] = _mm512_shuffle_epi8(_mm512_shuffle_i32x4::<0xdd>(low01, low23), swap);
    words[8 + part] = _mm512_shuffle_epi8(_mm512_shuffle_i32x4::<0x88>(high01, high23), swap);
    words[12 + part] = _mm512_shuffle_epi8(_mm512_shuffle_i32x4::<0xdd>(high01, high23), swap);
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_block(lane: &[u8], block: usize) -> __m512i {
    let bytes: &[u8; BLOCK_BYTES] = lane[block * BLOCK_BYTES..][..BLOCK_BYTES].try_into().expect("so long");
    // SAFETY: `bytes` is 64 readable bytes; this load asks for no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
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
