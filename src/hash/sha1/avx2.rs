//! SHA-1 of eight messages at once: one AVX2 register holds the same word of all of them.
//!
//! Knows registers and blocks, and nothing of messages. With sixteen registers the words of a block stand in memory,
//! and so nothing is gained by transposing the next block among the rounds, as AVX-512 does.

use std::arch::x86_64::*;

use super::super::padding::Block;
use super::{Columns, LANES_MAX, ROUND_CONSTANTS, full};

/// Lanes of this kernel: the first of the columns.
pub(in crate::hash) const LANES: usize = 8;

/// Proof that this CPU has the instructions.
#[derive(Clone, Copy, Debug)]
pub(in crate::hash) struct Avx2(());

impl Avx2 {
    pub(in crate::hash) fn detect() -> Option<Avx2> {
        is_x86_feature_detected!("avx2").then_some(Avx2(()))
    }

    /// Folds so many blocks of each lane into its column.
    pub(in crate::hash) fn compress(self, columns: &mut Columns, lanes: &[&[Block]], blocks: usize) {
        // SAFETY: `detect`, which alone makes this value, has found the feature.
        unsafe { compress(columns, &full(lanes), blocks) }
    }
}

/// Writes the rounds of the numbers out, so that every index into the words is a constant.
macro_rules! rounds {
    ($round:ident, $twenty:literal: $($t:literal)*) => { $($round!($t, $twenty);)* };
}

#[target_feature(enable = "avx2")]
fn compress(columns: &mut Columns, lanes: &[&[Block]; LANES], blocks: usize) {
    let mut state: [__m256i; 5] = std::array::from_fn(|word| load_row(&columns.rows[word]));
    for block in 0..blocks {
        let (first, second) = (words::<0>(lanes, block), words::<1>(lanes, block));
        let mut w: [__m256i; 16] = std::array::from_fn(|t| if t < 8 { first[t] } else { second[t - 8] });
        let [mut a, mut b, mut c, mut d, mut e] = state;
        macro_rules! round {
            ($t:literal, $twenty:literal) => {{
                const K: i32 = ROUND_CONSTANTS[$twenty].cast_signed();
                if $t >= 16 {
                    let early = _mm256_xor_si256(w[($t + 13) & 15], w[($t + 8) & 15]);
                    let late = _mm256_xor_si256(w[($t + 2) & 15], w[$t & 15]);
                    w[$t & 15] = rotate_left::<1, 31>(_mm256_xor_si256(early, late));
                }
                // FIPS 180-4, section 4.1.1; in the majority the two terms have no bit in common.
                let f = match $twenty {
                    0 => _mm256_xor_si256(d, _mm256_and_si256(b, _mm256_xor_si256(c, d))),
                    2 => _mm256_or_si256(_mm256_and_si256(c, d), _mm256_and_si256(b, _mm256_xor_si256(c, d))),
                    _ => _mm256_xor_si256(b, _mm256_xor_si256(c, d)),
                };
                let sum = _mm256_add_epi32(_mm256_add_epi32(e, _mm256_set1_epi32(K)), w[$t & 15]);
                let sum = _mm256_add_epi32(_mm256_add_epi32(sum, f), rotate_left::<5, 27>(a));
                (a, b, c, d, e) = (sum, a, rotate_left::<30, 2>(b), c, d);
            }};
        }
        rounds!(round, 0: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19);
        rounds!(round, 1: 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39);
        rounds!(round, 2: 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59);
        rounds!(round, 3: 60 61 62 63 64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79);
        let sums = [a, b, c, d, e];
        state = std::array::from_fn(|word| _mm256_add_epi32(state[word], sums[word]));
    }
    for (row, word) in columns.rows.iter_mut().zip(state) {
        store_row(row, word);
    }
}

/// Half a block of every lane, as eight words of all lanes each, in the byte order of this CPU.
#[inline]
#[target_feature(enable = "avx2")]
fn words<const HALF: usize>(lanes: &[&[Block]; LANES], block: usize) -> [__m256i; 8] {
    let swap = _mm256_setr_epi8(
        3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12,
    );
    // Each group of four lanes first, within the halves of the registers.
    let [front, back]: [[__m256i; 4]; 2] = std::array::from_fn(|group| {
        let [r0, r1, r2, r3] = std::array::from_fn(|row| load_half::<HALF>(&lanes[4 * group + row][block]));
        let (low01, high01) = (_mm256_unpacklo_epi32(r0, r1), _mm256_unpackhi_epi32(r0, r1));
        let (low23, high23) = (_mm256_unpacklo_epi32(r2, r3), _mm256_unpackhi_epi32(r2, r3));
        [
            _mm256_unpacklo_epi64(low01, low23),
            _mm256_unpackhi_epi64(low01, low23),
            _mm256_unpacklo_epi64(high01, high23),
            _mm256_unpackhi_epi64(high01, high23),
        ]
    });
    std::array::from_fn(|t| {
        let (front, back) = (front[t % 4], back[t % 4]);
        let joined = if t < 4 {
            _mm256_permute2x128_si256::<0x20>(front, back)
        } else {
            _mm256_permute2x128_si256::<0x31>(front, back)
        };
        _mm256_shuffle_epi8(joined, swap)
    })
}

#[inline]
#[target_feature(enable = "avx2")]
fn rotate_left<const LEFT: i32, const RIGHT: i32>(x: __m256i) -> __m256i {
    _mm256_or_si256(_mm256_slli_epi32::<LEFT>(x), _mm256_srli_epi32::<RIGHT>(x))
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_half<const HALF: usize>(block: &Block) -> __m256i {
    let half = &block.as_chunks::<32>().0[HALF];
    // SAFETY: `half` is 32 readable bytes; this load asks for no alignment.
    unsafe { _mm256_loadu_si256(half.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_row(row: &[u32; LANES_MAX]) -> __m256i {
    // SAFETY: `row` is 64 readable bytes, of which this reads 32; it asks for no alignment.
    unsafe { _mm256_loadu_si256(row.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store_row(row: &mut [u32; LANES_MAX], word: __m256i) {
    // SAFETY: `row` is 64 writable bytes, of which this writes 32; it asks for no alignment.
    unsafe { _mm256_storeu_si256(row.as_mut_ptr().cast(), word) }
}
