//! Names that the caller lists, in the caller's order, for the verb that is told what to read.
//!
//! Reads nothing, and passes over no name: each becomes a file of the plan, also one that cannot be.

/// Names in one piece of memory: beside its bytes each takes no more than a number.
pub(crate) struct List {
    bytes: Vec<u8>,
    /// Where each name ends.
    ends: Vec<usize>,
    /// How many have been handed out.
    next: usize,
}

impl List {
    /// A list of these names.
    pub(crate) fn new(names: impl Iterator<Item = impl AsRef<[u8]>>) -> List {
        let mut list = List { bytes: Vec::new(), ends: Vec::with_capacity(names.size_hint().0), next: 0 };
        for name in names {
            list.bytes.extend_from_slice(name.as_ref());
            list.ends.push(list.bytes.len());
        }
        list
    }

    /// The next name.
    pub(crate) fn next(&mut self) -> Option<Vec<u8>> {
        let end = *self.ends.get(self.next)?;
        let start = self.next.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.next += 1;
        Some(self.bytes[start..end].to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_as_they_were_listed() {
        let names = [&b"b"[..], b"", b"a\0/\xff", b"b", b""];
        let mut list = List::new(names.into_iter());
        assert_eq!(std::iter::from_fn(|| list.next()).collect::<Vec<_>>(), names);
        assert_eq!(list.next(), None);
        assert_eq!(List::new(std::iter::empty::<Vec<u8>>()).next(), None);
    }
}
