//! Whether it is worth trying to have the next file from memory, by what became of those before it: neighbours in a
//! manifest are mostly cached together or not at all.
//!
//! Counts only; it knows no file.

use crate::limits;

/// Tries that are left out for some time where several in a row have failed.
#[derive(Debug, Default)]
pub(super) struct Tries {
    /// Tries that failed since the last that did not, and those that were left out between them.
    row: u32,
    left_out: u32,
}

impl Tries {
    /// Whether to try; where not, it counts as left out.
    pub(super) fn is_worth_it(&mut self) -> bool {
        let skips = self.left_out > 0;
        if skips {
            self.left_out -= 1;
            self.row = self.row.saturating_add(1);
        }
        !skips
    }

    /// Takes in what came of a try.
    pub(super) fn tell(&mut self, succeeded: bool) {
        self.row = if succeeded { 0 } else { self.row.saturating_add(1) };
        self.left_out = if self.row < limits::MISSES_IN_A_ROW { 0 } else { self.row.min(limits::TRIES_LEFT_OUT_MAX) };
    }
}

/// Whether so many files in a row came from memory that the next is believed to, without asking Linux. Each time that this
/// was wrong, the row must be twice as long.
#[derive(Debug)]
pub(super) struct Confidence {
    hits: u32,
    wanted: u32,
}

impl Default for Confidence {
    fn default() -> Confidence {
        Confidence { hits: 0, wanted: limits::HITS_IN_A_ROW }
    }
}

impl Confidence {
    pub(super) fn is_there(&self) -> bool {
        self.hits >= self.wanted
    }

    /// Takes in whether a file came from memory.
    pub(super) fn tell(&mut self, hit: bool) {
        if !hit && self.is_there() {
            self.wanted = (2 * self.wanted).min(limits::HITS_IN_A_ROW_MAX);
        }
        self.hits = if hit { self.hits.saturating_add(1) } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_failures_leaves_tries_out_and_one_success_ends_it() {
        let mut tries = Tries::default();
        let mut made = Vec::new();
        for at in 0..400 {
            if tries.is_worth_it() {
                tries.tell(false);
                made.push(at);
            }
        }
        // Eight, then one after as many as the row was long, at most 64.
        assert_eq!(made, [0, 1, 2, 3, 4, 5, 6, 7, 16, 34, 70, 135, 200, 265, 330, 395]);
        while !tries.is_worth_it() {}
        tries.tell(true);
        assert!((0..8).all(|_| {
            let worth_it = tries.is_worth_it();
            tries.tell(false);
            worth_it
        }));
        assert!(!tries.is_worth_it());
    }

    #[test]
    fn confidence_comes_by_a_row_of_hits_and_goes_by_one_miss_and_comes_less_easily_each_time() {
        let mut confidence = Confidence::default();
        let mut row = limits::HITS_IN_A_ROW;
        for _ in 0..20 {
            for _ in 0..row {
                assert!(!confidence.is_there());
                confidence.tell(true);
            }
            assert!(confidence.is_there());
            confidence.tell(false);
            row = (2 * row).min(limits::HITS_IN_A_ROW_MAX);
            // A miss of a file that was asked about proves nobody wrong.
            confidence.tell(false);
        }
    }
}
