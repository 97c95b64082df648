//! Lines gathered for one descriptor and written many at a time, so that no line is torn where others write to the same pipe.
//!
//! Knows no words.

use std::os::fd::BorrowedFd;

use libc::PIPE_BUF;
use rustix::fs::{FileType, fstat};
use rustix::io::{Errno, retry_on_intr};

/// Bytes that are gathered before they are written: what a pipe holds.
const FULL: usize = 64 * 1024;

/// Lines that have not been written.
#[derive(Default)]
pub(super) struct Gathered {
    bytes: Vec<u8>,
    /// Where lines end. What ends them is not looked for: with `--zero` it is no LF, and names have some.
    ends: Vec<usize>,
}

impl Gathered {
    /// Where the next line is put.
    pub(super) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// To be called at the end of each line, or of a few that may be torn apart no more than one.
    pub(super) fn line_ends(&mut self) {
        if self.ends.last().copied().unwrap_or(0) < self.bytes.len() {
            self.ends.push(self.bytes.len());
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= FULL
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Writes everything, and forgets it. To a pipe it writes no more at a time than Linux writes in one piece, so that with
    /// `xargs -P` every line stays whole; a longer line goes by itself.
    pub(super) fn write(&mut self, descriptor: BorrowedFd<'_>) -> Result<(), Errno> {
        self.line_ends();
        let is_pipe = fstat(descriptor).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Fifo);
        let written = if is_pipe { self.write_in_groups(descriptor) } else { write_all(descriptor, &self.bytes) };
        self.clear();
        written
    }

    fn write_in_groups(&self, descriptor: BorrowedFd<'_>) -> Result<(), Errno> {
        let mut written = 0;
        while written < self.bytes.len() {
            let fitting = self.ends.partition_point(|&end| end <= written + PIPE_BUF);
            let end = match self.ends[..fitting].last() {
                Some(&end) if end > written => end,
                _ => self.ends[fitting],
            };
            write_all(descriptor, &self.bytes[written..end])?;
            written = end;
        }
        Ok(())
    }
}

fn write_all(descriptor: BorrowedFd<'_>, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        match retry_on_intr(|| rustix::io::write(descriptor, bytes))? {
            0 => return Err(Errno::IO),
            count => bytes = &bytes[count..],
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixDatagram;

    use super::*;

    fn gathered(lengths: &[usize]) -> Gathered {
        let mut lines = Gathered::default();
        for &length in lengths {
            let end = lines.bytes.len() + length;
            lines.bytes().resize(end, b'x');
            lines.line_ends();
        }
        lines
    }

    #[test]
    fn groups_are_whole_lines_and_no_longer_than_a_pipe_takes_in_one_piece() {
        for (lengths, groups) in [
            (&[PIPE_BUF - 1, 1, 1][..], &[PIPE_BUF, 1][..]),
            (&[1, PIPE_BUF, 1], &[1, PIPE_BUF, 1]),
            (&[1, PIPE_BUF + 1, 1, 1], &[1, PIPE_BUF + 1, 2]),
            (&[5, 0, 5], &[10]),
        ] {
            // Each write is a datagram.
            let (ours, theirs) = UnixDatagram::pair().unwrap();
            gathered(lengths).write_in_groups(ours.as_fd()).unwrap();
            drop(ours);
            let mut buffer = [0; 2 * PIPE_BUF];
            for &group in groups {
                assert_eq!(theirs.recv(&mut buffer).unwrap(), group, "{lengths:?}");
            }
        }
    }

    #[test]
    fn everything_is_written_also_without_an_end() {
        let (mut reader, writer) = std::io::pipe().unwrap();
        let mut lines = gathered(&[3, 4]);
        lines.bytes().push(b'y');
        lines.write(writer.as_fd()).unwrap();
        assert!(lines.is_empty());
        drop(writer);
        let mut read = Vec::new();
        reader.read_to_end(&mut read).unwrap();
        assert_eq!(read, b"xxxxxxxy");
    }
}
