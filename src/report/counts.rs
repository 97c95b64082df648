//! How many files had which outcome.
//!
//! Counts and adds; judges nothing.

use crate::verdict::OutcomeKind;

/// A number for each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    by_kind: [u64; OutcomeKind::ALL.len()],
}

impl Counts {
    /// Files with this outcome.
    pub const fn of(&self, kind: OutcomeKind) -> u64 {
        self.by_kind[kind as usize]
    }

    /// Files with any outcome.
    pub fn total(&self) -> u64 {
        self.by_kind.iter().sum()
    }

    /// Files with any outcome but match.
    pub fn failed(&self) -> u64 {
        self.total() - self.of(OutcomeKind::Match)
    }

    /// Every outcome with its number, in the order of [`OutcomeKind::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (OutcomeKind, u64)> + '_ {
        OutcomeKind::ALL.into_iter().map(|kind| (kind, self.of(kind)))
    }

    pub(crate) fn add(&mut self, kind: OutcomeKind) {
        self.by_kind[kind as usize] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up() {
        let mut counts = Counts::default();
        for kind in OutcomeKind::ALL {
            counts.add(kind);
            assert_eq!(counts.of(kind), 1);
        }
        assert_eq!(counts.total(), 10);
        assert_eq!(counts.failed(), 9);
        assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), counts.total());
    }
}
