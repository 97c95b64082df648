//! Huge files first: a bounded heap, largest on top, that is taken from before any batch.
//!
//! Pure: compares sizes that others found.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Things with a size, at most as many as there is room for; the largest comes first.
pub(crate) struct LargestFirst<T> {
    heap: BinaryHeap<Sized<T>>,
    room: usize,
}

struct Sized<T> {
    bytes: u64,
    thing: T,
}

impl<T> LargestFirst<T> {
    pub(crate) fn new(room: usize) -> LargestFirst<T> {
        LargestFirst { heap: BinaryHeap::with_capacity(room), room }
    }

    /// Takes a thing in, or gives it back where there is no room.
    pub(crate) fn push(&mut self, bytes: u64, thing: T) -> Result<(), T> {
        if self.heap.len() == self.room {
            return Err(thing);
        }
        self.heap.push(Sized { bytes, thing });
        Ok(())
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }

    /// The largest thing.
    pub(crate) fn pop(&mut self) -> Option<T> {
        self.heap.pop().map(|sized| sized.thing)
    }
}

impl<T> Ord for Sized<T> {
    fn cmp(&self, other: &Sized<T>) -> Ordering {
        self.bytes.cmp(&other.bytes)
    }
}

impl<T> PartialOrd for Sized<T> {
    fn partial_cmp(&self, other: &Sized<T>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Sized<T> {
    fn eq(&self, other: &Sized<T>) -> bool {
        self.bytes == other.bytes
    }
}

impl<T> Eq for Sized<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_comes_first_and_a_full_heap_gives_back() {
        let mut heap = LargestFirst::new(3);
        for (bytes, name) in [(5, "b"), (9, "a"), (1, "c")] {
            assert_eq!(heap.push(bytes, name), Ok(()));
        }
        assert_eq!(heap.push(100, "late"), Err("late"));
        assert_eq!(std::iter::from_fn(|| heap.pop()).collect::<Vec<_>>(), ["a", "b", "c"]);
    }
}
