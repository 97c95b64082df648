//! What a worker learns of the sizes of files, for the estimate of the time left.
//!
//! Counts; asks nobody. A size may have been learnt before by the look ahead, and is then put right.

use crate::plan::Planned;

/// What has been learnt since it was last told to the others. Both numbers wrap around: the sum of all is what counts.
#[derive(Default)]
pub(super) struct Sizes {
    files: u64,
    bytes: u64,
}

impl Sizes {
    /// A file is open, and so long.
    pub(super) fn begin(&mut self, planned: &mut Planned, bytes: u64) {
        let before = planned.size_bytes.replace(bytes);
        self.files += u64::from(before.is_none());
        self.bytes = self.bytes.wrapping_add(bytes).wrapping_sub(before.unwrap_or(0));
    }

    /// No more than this will have been read of a file.
    pub(super) fn end(&mut self, planned: &mut Planned, read_bytes: u64) {
        self.begin(planned, read_bytes);
    }

    /// What is new: files, and bytes.
    pub(super) fn take(&mut self) -> (u64, u64) {
        let Sizes { files, bytes } = std::mem::take(self);
        (files, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_counts_once_with_what_is_known_of_it_last() {
        let planned =
            |size_bytes| Planned { place: 0, line: 1, name: Vec::new(), expected: None, size_bytes, unlisted: false };
        let mut sizes = Sizes::default();
        let (mut fresh, mut looked_at, mut missing) = (planned(None), planned(Some(100)), planned(None));
        sizes.begin(&mut fresh, 7);
        sizes.begin(&mut looked_at, 110);
        assert_eq!(sizes.take(), (1, 17));
        sizes.end(&mut looked_at, 30);
        sizes.end(&mut missing, 0);
        assert_eq!(sizes.take(), (1, 80u64.wrapping_neg()));
    }
}
