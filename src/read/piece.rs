//! What one buffer of a file is for: how much is asked for, and what an answer means.
//!
//! Reads nothing; plain reads and direct ones, by a ring or by pread, share these rules.

use std::ops::Range;

/// A part of a file on its way into one buffer.
#[derive(Debug)]
pub(super) struct Piece {
    /// Where in the file it begins, in bytes.
    pub(super) offset: u64,
    /// Bytes of the file that belong to it.
    pub(super) wanted: usize,
    /// Whether the file ends with it.
    pub(super) last: bool,
    got: usize,
    /// Reads begin and end at multiples of this; 1 where they may at any byte.
    align: usize,
}

/// What the answer to a read means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// All that was wanted is there, and of a last piece not one byte more.
    Whole,
    /// Some is missing: it is to be asked for again. A short answer is never taken for the end of the file.
    More,
    /// The file is shorter or longer than it was.
    Moved,
}

impl Piece {
    /// The piece at `offset` of a file of `size_bytes`, for a buffer of `capacity` bytes.
    pub(super) fn at(offset: u64, size_bytes: u64, capacity: usize, align: usize) -> Piece {
        debug_assert!(capacity.is_multiple_of(align) && offset.is_multiple_of(align as u64));
        let remaining = size_bytes - offset;
        let last = remaining <= capacity as u64;
        let wanted = if last { remaining as usize } else { capacity };
        Piece { offset, wanted, last, got: 0, align }
    }

    /// The part of the buffer that is to be filled next. Of a last piece one byte more than the file should have is asked
    /// for: if it comes, the file grew.
    pub(super) fn range(&self) -> Range<usize> {
        let end = (self.wanted + usize::from(self.last)).next_multiple_of(self.align);
        self.got / self.align * self.align..end
    }

    /// Where in the file the bytes for that part are.
    pub(super) fn read_offset(&self) -> u64 {
        self.offset + self.range().start as u64
    }

    /// Where in the file the first byte is that has not come.
    pub(super) fn missing_offset(&self) -> u64 {
        self.offset + self.got as u64
    }

    /// Takes in that a read of that part brought so many bytes.
    pub(super) fn take(&mut self, count: usize) -> Answer {
        let end = self.range().start + count;
        if end == self.wanted {
            Answer::Whole
        } else if end > self.got && end < self.wanted {
            self.got = end;
            Answer::More
        } else {
            // Nothing new where there should be something, or one byte more than there should be.
            Answer::Moved
        }
    }

    /// From now on reads may begin and end at any byte.
    pub(super) fn read_plainly(&mut self) {
        self.align = 1;
    }

    #[cfg_attr(checksig_portable, allow(dead_code, reason = "only a ring has it"))]
    pub(super) fn is_direct(&self) -> bool {
        self.align > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_piece_asks_for_one_byte_more_and_others_for_their_own() {
        let mut first = Piece::at(0, 10_001, 8_192, 1);
        assert_eq!((first.range(), first.last), (0..8_192, false));
        assert_eq!(first.take(8_192), Answer::Whole);
        let mut last = Piece::at(8_192, 10_001, 8_192, 1);
        assert_eq!((last.range(), last.wanted, last.last), (0..1_810, 1_809, true));
        assert_eq!(last.take(1_810), Answer::Moved, "it grew");
        let mut empty = Piece::at(0, 0, 8_192, 1);
        assert_eq!((empty.range(), empty.take(0)), (0..1, Answer::Whole));
    }

    #[test]
    fn a_short_answer_is_no_end() {
        let mut piece = Piece::at(4_096, 14_096, 16_384, 1);
        assert_eq!(piece.take(9_000), Answer::More);
        assert_eq!((piece.range(), piece.read_offset()), (9_000..10_001, 13_096));
        assert_eq!(piece.take(0), Answer::Moved, "it was truncated");
        assert_eq!(piece.take(1_000), Answer::Whole);
    }

    #[test]
    fn direct_reads_begin_and_end_at_multiples() {
        let mut piece = Piece::at(16_384, 16_384 + 5_000, 16_384, 512);
        assert_eq!((piece.range(), piece.wanted), (0..5_120, 5_000));
        assert_eq!(piece.take(1_100), Answer::More);
        // The sector that came in part is read again.
        assert_eq!((piece.range(), piece.read_offset(), piece.missing_offset()), (1_024..5_120, 17_408, 17_484));
        assert_eq!(piece.take(76), Answer::Moved, "no further than before");
        assert_eq!(piece.take(3_976), Answer::Whole);
        // A file that ends with a sector: the next one is asked for to see that there is none.
        let whole = Piece::at(0, 16_384, 16_384, 4_096);
        assert_eq!((whole.range(), whole.last), (0..20_480, true));
    }
}
