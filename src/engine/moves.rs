//! Where missing entries have gone: unlisted files that have their digests.
//!
//! Judges nothing: a moved file is one that is missing, and another that is unlisted. It sees the records of an audit in
//! which all that is missing comes before all that is unlisted.

use std::collections::{HashMap, VecDeque};

use crate::digest::Digest;
use crate::limits;
use crate::plan::cost_bytes;
use crate::report::{FileReport, Record};
use crate::verdict::{Outcome, OutcomeKind};

/// The digest of no bytes (FIPS 180-4), which tells nothing of where a file has gone.
const EMPTY: Digest = Digest::from_bytes([
    0xda, 0x39, 0xa3, 0xee, 0x5e, 0x6b, 0x4b, 0x0d, 0x32, 0x55, 0xbf, 0xef, 0x95, 0x60, 0x18, 0x90, 0xaf, 0xd8, 0x07,
    0x09,
]);

/// The missing entries that no file has been found for, by digest, in the order of the manifest.
#[derive(Default)]
pub(super) struct Moves {
    missing: HashMap<Digest, VecDeque<Vec<u8>>>,
    bytes: usize,
    /// Entries that there was no room for.
    left_out: u64,
    /// Whether what is unlisted has begun to come.
    is_past_entries: bool,
}

impl Moves {
    /// Takes a missing entry in, or says of an unlisted file which one it was.
    pub(super) fn follow(&mut self, record: &mut Record) {
        let Record::File(FileReport { outcome, name, expected, moved_from, .. }) = record else { return };
        let is_unlisted = outcome.kind() == OutcomeKind::Unlisted;
        self.is_past_entries |= is_unlisted;
        debug_assert!(!self.is_past_entries || *outcome != Outcome::Missing, "all that is missing comes first");
        match (outcome, expected) {
            // Empty files are all alike.
            (Outcome::Missing, Some(digest)) if *digest != EMPTY => self.insert(*digest, name),
            (Outcome::Unlisted { actual: Some(digest), .. }, _) => *moved_from = self.take(digest),
            _ => {}
        }
    }

    /// Missing entries that were not kept, as they were too many.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    fn insert(&mut self, digest: Digest, name: &[u8]) {
        let cost = cost_bytes(name.len());
        if self.bytes + cost > limits::MOVES_BYTES_MAX {
            self.left_out += 1;
            return;
        }
        self.bytes += cost;
        self.missing.entry(digest).or_default().push_back(name.to_vec());
    }

    fn take(&mut self, digest: &Digest) -> Option<Vec<u8>> {
        let names = self.missing.get_mut(digest)?;
        let name = names.pop_front();
        if names.is_empty() {
            self.missing.remove(digest);
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::records::record;
    use crate::filekind::FileKind;
    use crate::plan::Planned;

    fn follow(moves: &mut Moves, name: &str, expected: Option<u8>, outcome: Outcome) -> Option<String> {
        let expected = expected.map(digest);
        let planned =
            Planned { place: 0, line: 0, name: name.into(), expected, size_bytes: None, unlisted: expected.is_none() };
        let (_, mut record) = record(planned, outcome, None);
        moves.follow(&mut record);
        let Record::File(file) = record else { panic!("a file") };
        file.moved_from.map(|name| String::from_utf8(name).unwrap())
    }

    fn digest(byte: u8) -> Digest {
        Digest::from_bytes([byte; 20])
    }

    fn unlisted(actual: Option<u8>) -> Outcome {
        Outcome::Unlisted { kind: FileKind::Regular, actual: actual.map(digest) }
    }

    #[test]
    fn each_missing_entry_is_found_once_and_in_order() {
        let mut moves = Moves::default();
        for (name, byte) in [("a", 1), ("b", 1), ("c", 2)] {
            assert_eq!(follow(&mut moves, name, Some(byte), Outcome::Missing), None);
        }
        // What is there, or differs, has not been moved.
        follow(&mut moves, "d", Some(3), Outcome::Match);
        follow(&mut moves, "e", Some(4), Outcome::Mismatch { actual: digest(3) });
        for (name, byte, from) in [
            ("w", Some(1), Some("a")),
            ("x", Some(3), None),
            ("y", None, None),
            ("z", Some(1), Some("b")),
            ("zz", Some(1), None),
            ("zzz", Some(2), Some("c")),
        ] {
            assert_eq!(follow(&mut moves, name, None, unlisted(byte)).as_deref(), from, "{name}");
        }
        assert_eq!(moves.left_out(), 0);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut moves = Moves::default();
        let name = "x".repeat(4_000);
        let entries = 2 * limits::MOVES_BYTES_MAX / cost_bytes(name.len());
        for _ in 0..entries {
            follow(&mut moves, &name, Some(1), Outcome::Missing);
        }
        assert!(moves.bytes <= limits::MOVES_BYTES_MAX);
        assert_eq!(moves.left_out() + moves.missing[&digest(1)].len() as u64, entries as u64);
    }
}
