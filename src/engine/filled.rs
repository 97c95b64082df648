//! Which places of a plan have had their record, where records are handed on as they come.
//!
//! A bit each; knows nothing of records.

use std::collections::VecDeque;

use crate::limits;

const BITS: u64 = u64::BITS as u64;
const WORDS_MAX: u64 = limits::PLACES_REMEMBERED as u64 / BITS;

/// The places that have been filled. What lies far behind the last is forgotten.
#[derive(Default)]
pub(super) struct Filled {
    /// A bit for each place from `first_word` on; the words before that are full, but for those that were forgotten.
    words: VecDeque<u64>,
    first_word: u64,
    /// Words that were forgotten, and some before them.
    forgotten: u64,
}

impl Filled {
    /// Fills a place; false where it is known to have been filled before.
    pub(super) fn fill(&mut self, place: u64) -> bool {
        let (word, bit) = (place / BITS, 1 << (place % BITS));
        if word < self.first_word {
            return word < self.forgotten;
        }
        while word - self.first_word >= WORDS_MAX {
            self.words.pop_front();
            self.first_word += 1;
            self.forgotten = self.first_word;
        }
        let at = (word - self.first_word) as usize;
        if self.words.len() <= at {
            self.words.resize(at + 1, 0);
        }
        let is_new = self.words[at] & bit == 0;
        self.words[at] |= bit;
        while self.words.front() == Some(&u64::MAX) {
            self.words.pop_front();
            self.first_word += 1;
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_is_filled_once_in_whatever_order() {
        let mut filled = Filled::default();
        let places = 1_000;
        // 7 and 1 000 have no divisor in common.
        assert!((0..places).all(|at| filled.fill(at * 7 % places)));
        assert!((0..places).all(|place| !filled.fill(place)));
        assert!(filled.words.len() <= 1 && filled.fill(places));
    }

    #[test]
    fn a_gap_takes_a_bounded_memory_and_may_be_filled_at_last() {
        let mut filled = Filled::default();
        let places = 3 * limits::PLACES_REMEMBERED as u64;
        assert!((1..places).all(|place| filled.fill(place)));
        assert!(filled.words.len() as u64 <= WORDS_MAX);
        assert!(!filled.fill(places - 1));
        assert!(filled.fill(0), "nobody knows, and it is the first");
    }
}
