//! Which names a manifest lists, at 16 bytes a name, for the verb that asks what is not listed.
//!
//! Keeps no name: a hash of 128 bits stands for each, by keys that nobody can know beforehand, so that no tree can be made
//! to hold an unlisted name which passes for a listed one, and no manifest to make the lookups slow.

use std::hash::{BuildHasher, RandomState};

use crate::relpath::RelPath;

/// Hashes that there is room for at first.
const HASHES_MIN: usize = 1_024;

/// A set of names, which is filled, then sealed, then asked.
pub(crate) struct Listed {
    /// Two keys of SipHash-1-3, 64 bits from each.
    keys: [RandomState; 2],
    hashes: Vec<u128>,
    /// The name at hand without `.` and empty components.
    plain: Vec<u8>,
}

impl Listed {
    pub(crate) fn new() -> Listed {
        Listed { keys: [RandomState::new(), RandomState::new()], hashes: Vec::new(), plain: Vec::new() }
    }

    /// Takes a name in, as an entry spells it. One that leads out of the root is no name in the tree.
    pub(crate) fn insert(&mut self, name: &[u8]) {
        let Ok(path) = RelPath::new(name) else { return };
        self.plain.clear();
        for component in path.components() {
            if !self.plain.is_empty() {
                self.plain.push(b'/');
            }
            self.plain.extend_from_slice(component);
        }
        let hash = self.hash(&self.plain);
        if self.hashes.len() == self.hashes.capacity() {
            self.make_room();
        }
        self.hashes.push(hash);
    }

    /// Keeps every hash once, and takes more memory only if that made little room: a name that is listed time and again
    /// takes no more of it.
    fn make_room(&mut self) {
        self.seal();
        if self.hashes.len() > self.hashes.capacity() / 2 {
            self.hashes.reserve(self.hashes.len().max(HASHES_MIN));
        } else if self.hashes.capacity() == 0 {
            self.hashes.reserve(HASHES_MIN);
        }
    }

    /// Says that all names have been taken in.
    pub(crate) fn seal(&mut self) {
        self.hashes.sort_unstable();
        self.hashes.dedup();
    }

    /// Whether a name in the tree, as a walk spells it, was taken in.
    pub(crate) fn contains(&self, name: &[u8]) -> bool {
        self.hashes.binary_search(&self.hash(name)).is_ok()
    }

    fn hash(&self, name: &[u8]) -> u128 {
        let [high, low] = [0, 1].map(|half: usize| u128::from(self.keys[half].hash_one(name)));
        high << 64 | low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_listed_however_an_entry_spells_it_and_no_other_is() {
        let mut listed = Listed::new();
        for name in ["b", "./d//./f", "a", "b", "../up", "/etc/passwd", "c/", "x/../y"] {
            listed.insert(name.as_bytes());
        }
        listed.insert(b"\xff\n");
        listed.seal();
        assert_eq!(listed.hashes.len(), 4, "the same name is kept once");
        for name in [&b"a"[..], b"b", b"d/f", b"\xff\n"] {
            assert!(listed.contains(name));
        }
        for name in ["c", "d", "f", "up", "etc/passwd", "y", "x/../y", "A", "", "a "] {
            assert!(!listed.contains(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn a_name_that_is_listed_time_and_again_takes_the_memory_of_one() {
        let mut listed = Listed::new();
        for _ in 0..20 * HASHES_MIN {
            listed.insert(b"one");
            listed.insert(b"other");
        }
        assert!(listed.hashes.capacity() < 2 * HASHES_MIN, "{}", listed.hashes.capacity());
        let names: Vec<String> = (0..5 * HASHES_MIN).map(|at| format!("d/{at}")).collect();
        names.iter().for_each(|name| listed.insert(name.as_bytes()));
        assert!(listed.hashes.capacity() <= 2 * (names.len() + 2), "{}", listed.hashes.capacity());
        listed.seal();
        assert!(names.iter().all(|name| listed.contains(name.as_bytes())) && listed.contains(b"one"));
        assert!(!listed.contains(b"d/none"));
    }

    #[test]
    fn other_keys_make_other_hashes() {
        let [one, other] = [Listed::new(), Listed::new()];
        assert_ne!(one.hash(b"name"), other.hash(b"name"));
        assert_ne!(one.hash(b"name") >> 64, one.hash(b"name") & u128::from(u64::MAX), "nor are the halves one");
    }
}
