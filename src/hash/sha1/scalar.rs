//! SHA-1 as the standard writes it, a lane at a time: the slow twin of every other kernel.
//!
//! Nothing here is written for speed; it is read beside FIPS 180-4, sections 4.1.1 and 6.1.2.

use super::super::padding::Block;
use super::{Columns, ROUND_CONSTANTS, State};

/// Folds so many blocks of each lane into its column.
pub(in crate::hash) fn compress(columns: &mut Columns, lanes: &[&[Block]], blocks: usize) {
    for (lane, all) in lanes.iter().enumerate() {
        let mut state = columns.get(lane);
        for block in &all[..blocks] {
            fold(&mut state, block);
        }
        columns.set(lane, &state);
    }
}

fn fold(state: &mut State, block: &Block) {
    let mut w = [0; 80];
    for (word, bytes) in w.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    for t in 16..80 {
        w[t] = (w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16]).rotate_left(1);
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for (t, word) in w.into_iter().enumerate() {
        let f = match t {
            0..20 => (b & c) ^ (!b & d),
            40..60 => (b & c) ^ (b & d) ^ (c & d),
            _ => b ^ c ^ d,
        };
        let next =
            a.rotate_left(5).wrapping_add(f).wrapping_add(e).wrapping_add(ROUND_CONSTANTS[t / 20]).wrapping_add(word);
        (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
    }
    for (word, sum) in state.iter_mut().zip([a, b, c, d, e]) {
        *word = word.wrapping_add(sum);
    }
}
