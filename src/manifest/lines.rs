//! Bytes cut into lines at LF, or into records at NUL, whatever their length, in bounded memory.
//!
//! Knows nothing of what a line says, nor of CR; see `line`.

use std::io::{self, BufRead, ErrorKind};

/// The lines of a reader. A line that lies whole in the reader's buffer is lent from there, without a copy.
pub(super) struct Lines<R> {
    input: R,
    /// The beginning of a line that crosses the end of the reader's buffer: at most `kept_bytes_max` of it.
    carried: Vec<u8>,
    kept_bytes_max: usize,
    /// What ends a line.
    end: u8,
    bytes_read: u64,
    /// The next line has begun in `carried`.
    began: bool,
    /// There is no more to come: the end was reached, or reading failed, which is told once.
    ended: Option<io::Result<()>>,
}

/// Where the next line stands.
enum Stands {
    /// Its end is so far in the reader's buffer.
    Until(usize),
    /// What is there of it has no end, but there may be more.
    Unfinished,
    /// Nothing comes any more.
    Last,
}

impl<R: BufRead> Lines<R> {
    /// At least `kept_bytes_max` bytes of every line are lent; what a longer line has beyond them may be passed over.
    pub(super) fn new(input: R, kept_bytes_max: usize) -> Lines<R> {
        Lines { input, carried: Vec::new(), kept_bytes_max, end: b'\n', bytes_read: 0, began: false, ended: None }
    }

    /// What the lines are read from, before the first is taken.
    pub(super) fn input_mut(&mut self) -> &mut R {
        &mut self.input
    }

    /// From now on NUL ends what LF ended.
    pub(super) fn end_with_nul(&mut self) {
        self.end = 0;
    }

    /// What the lines are cut from.
    pub(super) fn input(&self) -> &R {
        &self.input
    }

    /// Bytes of the lines taken so far, their ends included.
    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// Takes the next line and lends it, without its end, to `look`, and whether it had one; `None` at the end. A
    /// closure, because the line may be consumed from the reader's buffer only after it has been looked at.
    pub(super) fn next_line<T>(&mut self, look: impl FnOnce(&[u8], bool) -> T) -> io::Result<Option<T>> {
        loop {
            match self.gather() {
                Stands::Unfinished => {}
                Stands::Last => {
                    let began = std::mem::take(&mut self.began);
                    self.ended.replace(Ok(())).unwrap_or(Ok(()))?;
                    return Ok(began.then(|| look(&self.carried, false)));
                }
                Stands::Until(end) => {
                    // It is in memory: nothing is read.
                    let buffer = self.input.fill_buf()?;
                    let seen = if self.began {
                        let room = self.kept_bytes_max - self.carried.len();
                        self.carried.extend_from_slice(&buffer[..end.min(room)]);
                        look(&self.carried, true)
                    } else {
                        look(&buffer[..end], true)
                    };
                    self.consume(end + 1);
                    self.carried.clear();
                    self.began = false;
                    return Ok(Some(seen));
                }
            }
        }
    }

    /// Reads once, if there is nothing in memory, so that it waits only where that read would; and says whether the next line, or
    /// the end, is there now. None where more of a line has come than is kept of one, and not its end.
    pub(super) fn read_once(&mut self) -> Option<bool> {
        match self.gather() {
            Stands::Until(_) | Stands::Last => Some(true),
            Stands::Unfinished if self.carried.len() < self.kept_bytes_max => Some(false),
            Stands::Unfinished => None,
        }
    }

    /// Looks for the end of the next line in the reader's buffer, which is filled if it is empty; takes what is there if the end is
    /// not.
    fn gather(&mut self) -> Stands {
        if self.ended.is_some() {
            return Stands::Last;
        }
        let buffer = match self.input.fill_buf() {
            Ok(buffer) => buffer,
            Err(error) if error.kind() == ErrorKind::Interrupted => return Stands::Unfinished,
            Err(error) => {
                self.ended = Some(Err(error));
                return Stands::Last;
            }
        };
        if buffer.is_empty() {
            self.ended = Some(Ok(()));
            return Stands::Last;
        }
        if let Some(end) = find(self.end, buffer) {
            return Stands::Until(end);
        }
        self.began = true;
        let room = self.kept_bytes_max - self.carried.len();
        self.carried.extend_from_slice(&buffer[..buffer.len().min(room)]);
        let taken = buffer.len();
        self.consume(taken);
        Stands::Unfinished
    }

    fn consume(&mut self, bytes: usize) {
        self.input.consume(bytes);
        self.bytes_read += bytes as u64;
    }
}

/// Where the first such byte is. Blocks of fixed size and no early exit inside them let the compiler compare 32 bytes at a
/// time; `iter().position` alone looks at them one by one.
fn find(wanted: u8, bytes: &[u8]) -> Option<usize> {
    const BLOCK: usize = 32;
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let position = |part: &[u8]| part.iter().position(|&byte| byte == wanted);
    for (index, block) in blocks.iter().enumerate() {
        if block.iter().fold(false, |found, &byte| found | (byte == wanted)) {
            return Some(index * BLOCK + position(block)?);
        }
    }
    Some(blocks.len() * BLOCK + position(rest)?)
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};

    use super::*;

    fn lines<R: BufRead>(input: R, kept_bytes_max: usize) -> (Vec<Vec<u8>>, u64) {
        let mut lines = Lines::new(input, kept_bytes_max);
        let mut all = Vec::new();
        while let Some(line) = lines.next_line(|line, _| line.to_vec()).unwrap() {
            all.push(line);
        }
        (all, lines.bytes_read())
    }

    #[test]
    fn an_end_is_found_wherever_it_stands() {
        // A block of 32 bytes, one less, one more, two and a rest.
        for length in [0, 1, 31, 32, 33, 63, 64, 65, 70] {
            let mut bytes = vec![b'x'; length];
            assert_eq!(find(b'\n', &bytes), None);
            for at in (0..length).rev() {
                bytes[at] = b'\n';
                assert_eq!(find(b'\n', &bytes), Some(at), "of {length}");
                assert_eq!(find(0, &bytes), None);
            }
        }
    }

    #[test]
    fn cuts_do_not_depend_on_the_buffer() {
        let text = b"one\n\ntwo \r\n\nthe last line has no end";
        let expected: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
        for capacity in [1, 2, 3, 4, 5, 7, 64] {
            let (all, bytes_read) = lines(BufReader::with_capacity(capacity, &text[..]), 100);
            assert_eq!(all, expected, "capacity {capacity}");
            assert_eq!(bytes_read, text.len() as u64);
        }
        assert_eq!(lines(&b""[..], 9).0, [b""; 0]);
        assert_eq!(lines(&b"\n"[..], 9).0, [b""]);
        assert_eq!(lines(&b"a\n"[..], 9).0, [b"a"]);
    }

    #[test]
    fn records_end_with_nul_and_the_last_says_whether_it_did() {
        for (text, expected) in
            [(&b"a\nb\0\0c"[..], &[(&b"a\nb"[..], true), (b"", true), (b"c", false)][..]), (b"a\0", &[(b"a", true)])]
        {
            for capacity in [1, 2, 64] {
                let mut lines = Lines::new(BufReader::with_capacity(capacity, text), 9);
                lines.end_with_nul();
                for &(record, ended) in expected {
                    assert_eq!(
                        lines.next_line(|text, ended| (text.to_vec(), ended)).unwrap().unwrap(),
                        (record.to_vec(), ended)
                    );
                }
                assert_eq!(lines.next_line(|_, _| ()).unwrap(), None);
            }
        }
    }

    #[test]
    fn a_long_line_is_kept_in_part_and_the_next_one_whole() {
        let long = BufReader::with_capacity(64, io::repeat(b'x').take(1_000_000).chain(&b"\nnext\n"[..]));
        let mut lines = Lines::new(long, 10);
        assert_eq!(lines.next_line(|line, _| line.to_vec()).unwrap().unwrap(), [b'x'; 10]);
        assert!(lines.carried.capacity() < 100, "memory must not grow with the line");
        assert_eq!(lines.next_line(|line, _| line.to_vec()).unwrap().unwrap(), b"next");
    }

    /// Interrupts every other read and fails at the end.
    struct Rough(&'static [u8], bool);

    impl Read for Rough {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(ErrorKind::Interrupted.into());
            }
            match self.0.read(&mut out[..1])? {
                0 => Err(ErrorKind::PermissionDenied.into()),
                bytes => Ok(bytes),
            }
        }
    }

    #[test]
    fn interruptions_are_ridden_out_and_errors_are_not() {
        let mut lines = Lines::new(BufReader::new(Rough(b"ab\ncd", false)), 9);
        assert_eq!(lines.next_line(|line, _| line.to_vec()).unwrap().unwrap(), b"ab");
        let error = lines.next_line(|line, _| line.to_vec()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "half a line before an error is not a line");
    }
}
