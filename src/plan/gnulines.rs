//! The lines of a manifest as `sha1sum -c` reads them: from whatever is open, one after another, in the mode in which the
//! manifest before it ended.
//!
//! An error of reading is kept for the end of the run, as the lines before it are verified all the same.

use std::fs::File;
use std::io::{self, BufReader};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::limits;
use crate::manifest::{Entries, Entry, GnuMode, Grammar, Item, LineError, Malformed};

/// The lines of one manifest.
pub(crate) struct GnuLines {
    entries: Entries<BufReader<File>>,
    /// They come from standard input, so that they cannot name it.
    is_stdin: bool,
    /// The mode that has been told.
    mode: GnuMode,
    ending: Arc<Ending>,
}

/// How the reading of a manifest stands, for whoever asks once the run is through.
#[derive(Debug, Default)]
pub(crate) struct Ending(Mutex<(GnuMode, Option<io::Error>)>);

impl Ending {
    /// The mode that the next manifest begins in.
    pub(crate) fn mode(&self) -> GnuMode {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// Why the manifest was not read to its end, if it was not.
    pub(crate) fn take_error(&self) -> Option<io::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.take()
    }

    fn set_mode(&self, mode: GnuMode) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 = mode;
    }

    fn set_error(&self, error: io::Error) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1 = Some(error);
    }
}

impl GnuLines {
    /// A manifest that begins where `input` stands now.
    pub(crate) fn new(input: OwnedFd, mode: GnuMode, is_stdin: bool) -> GnuLines {
        let input = BufReader::with_capacity(limits::MANIFEST_BUFFER_BYTES, File::from(input));
        let ending = Ending::default();
        ending.set_mode(mode);
        GnuLines {
            entries: Entries::new(input, Grammar::Gnu).with_mode(mode),
            is_stdin,
            mode,
            ending: Arc::new(ending),
        }
    }

    /// How the reading stands, also later.
    pub(crate) fn ending(&self) -> Arc<Ending> {
        Arc::clone(&self.ending)
    }

    /// The next line that says something; none at the end, or where reading failed.
    pub(crate) fn next(&mut self) -> Option<Item> {
        let item = match self.entries.next()? {
            Ok(item) => item,
            Err(error) => {
                self.ending.set_error(error);
                return None;
            }
        };
        let mode = self.entries.mode();
        if mode != self.mode {
            self.mode = mode;
            self.ending.set_mode(mode);
        }
        match item {
            Item::Entry(Entry { line, name, .. }) if self.is_stdin && name == b"-" => {
                Some(Item::Malformed(Malformed { line, why: LineError::Stdin, text: name }))
            }
            item => Some(item),
        }
    }

    /// Whether the next line that says something would have to be waited for: what is known by then is not to wait with it. Reads
    /// what is there of it, and nothing that is not.
    pub(crate) fn would_wait(&mut self) -> bool {
        loop {
            let input = self.entries.input();
            if input.buffer().is_empty() {
                let mut polled = [PollFd::new(input.get_ref(), PollFlags::IN)];
                if poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) == Ok(0) {
                    return !self.entries.has_next();
                }
            }
            match self.entries.read_once() {
                Some(true) => return false,
                Some(false) => {}
                // Its end may be far.
                None => return true,
            }
        }
    }

    /// Bytes of the manifest gone through.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.entries.bytes_read()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const HEX: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

    fn names(listed: &mut GnuLines) -> Vec<String> {
        let shown = |item| match item {
            Item::Entry(entry) => String::from_utf8(entry.name).unwrap(),
            Item::Malformed(malformed) => format!("{:?}", malformed.why),
        };
        std::iter::from_fn(|| listed.next()).map(shown).collect()
    }

    fn gnu_lines(text: &str, mode: GnuMode, is_stdin: bool) -> GnuLines {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.replace("HEX", HEX).as_bytes()).unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        GnuLines::new(file.into(), mode, is_stdin)
    }

    #[test]
    fn the_mode_is_known_at_the_end_and_standard_input_cannot_name_itself() {
        let mut first = gnu_lines("HEX a\nHEX -\n", GnuMode::Open, true);
        let ending = first.ending();
        assert_eq!(ending.mode(), GnuMode::Open);
        assert_eq!(names(&mut first), ["a", "Stdin"]);
        assert_eq!(ending.mode(), GnuMode::Reversed);
        assert_eq!(names(&mut gnu_lines("HEX  a\nHEX -\n", ending.mode(), false)), [" a", "-"]);
    }

    #[test]
    fn an_error_waits_for_the_end() {
        let mut directory = GnuLines::new(File::open("/").unwrap().into(), GnuMode::Open, false);
        let ending = directory.ending();
        assert_eq!(names(&mut directory), [""; 0]);
        assert_eq!(ending.take_error().unwrap().raw_os_error(), Some(libc::EISDIR));
        assert!(ending.take_error().is_none() && directory.next().is_none());
    }

    #[test]
    fn a_pipe_without_a_line_would_have_to_be_waited_for() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let mut lines = GnuLines::new(reader.into(), GnuMode::Open, true);
        assert!(lines.would_wait());
        write!(writer, "{HEX}  a\n{HEX}  b\n").unwrap();
        assert!(!lines.would_wait());
        assert!(lines.next().is_some());
        assert!(!lines.would_wait(), "a second line has come with the first");
        assert!(lines.next().is_some());
        assert!(lines.would_wait());
        write!(writer, "# a comment\n\n{HEX}").unwrap();
        assert!(lines.would_wait(), "half a line, behind lines that say nothing");
        write!(writer, "  c").unwrap();
        assert!(lines.would_wait(), "more of it, and not its end");
        writeln!(writer).unwrap();
        assert!(!lines.would_wait() && !lines.would_wait());
        assert!(matches!(lines.next(), Some(Item::Entry(Entry { line: 5, name, .. })) if name == b"c"));
        write!(writer, "{HEX}  d").unwrap();
        assert!(lines.would_wait());
        drop(writer);
        assert!(!lines.would_wait(), "an end is not waited for, and ends a line");
        assert!(lines.next().is_some());
        assert!(!lines.would_wait() && lines.next().is_none());
    }

    #[test]
    fn a_huge_line_is_not_waited_for_to_its_end() {
        let mut lines = gnu_lines(&"x".repeat(4 * limits::MANIFEST_BUFFER_BYTES), GnuMode::Open, true);
        assert!(lines.would_wait());
        assert!(matches!(lines.next(), Some(Item::Malformed(Malformed { why: LineError::TooLong, .. }))));
        assert!(lines.next().is_none());
    }
}
