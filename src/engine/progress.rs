//! How far a run has come, and what it will come to: an estimate from the sizes learnt so far.
//!
//! Arithmetic only. There is no pass over the tree for it: a size is learnt where the file is opened, or where the look ahead
//! finds it in memory.

use std::time::Duration;

/// Files whose sizes must be known before they say anything of the others: the first of three files may be a billionth of
/// the work.
const TELLING_FILES: u64 = 20;

/// More time than this is not told to be left.
const LEFT_MAX: Duration = Duration::from_secs(365 * 24 * 3600);

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Files with an outcome so far.
    pub files_done: u64,
    /// Files with any outcome but match so far.
    pub files_failed: u64,
    /// Bytes read so far.
    pub bytes_done: u64,
    /// Files known so far; the number of all once `planned_all` is true.
    pub files_planned: u64,
    /// Files among them whose size is known, and their bytes together, those read already among them. A file that turns out to
    /// be missing or unreadable has no more bytes than were read of it.
    pub files_sized: u64,
    /// See `files_sized`.
    pub bytes_sized: u64,
    /// Whether the manifest, the tree or the list has been gone through to its end.
    pub planned_all: bool,
    /// Of an audit whose entries all have their outcome: names that it has met in the tree since, listed or not. None before,
    /// and of every other run. While it goes on, how much is left cannot be told.
    pub walked: Option<u64>,
    /// Bytes of the manifest gone through, and its size in bytes: what an estimate of the time left can use before
    /// every file is known. Both 0 where no manifest is read.
    pub manifest_bytes: (u64, u64),
}

impl Progress {
    /// Whether all has been gone through and every file has its outcome: there are at most records to take.
    pub fn is_done(&self) -> bool {
        self.planned_all && self.files_done == self.files_planned
    }

    /// How many files there will have been: those known, and as many more for each byte of the manifest as so far. None where
    /// nothing tells, as in a tree that has not been walked to its end, also by an audit that is through with its manifest.
    pub fn files_expected(&self) -> Option<u64> {
        match (self.planned_all, self.walked, self.manifest_bytes) {
            (true, ..) => Some(self.files_planned),
            (false, Some(_), _) | (false, _, (0, _)) => None,
            (false, None, (read, size)) => Some(scale(self.files_planned, size.max(read), read)),
        }
    }

    /// How many bytes there will have been: the known sizes, and their mean for every other file that is expected. None where
    /// that tells nothing yet.
    pub fn bytes_expected(&self) -> Option<u64> {
        let files = self.files_expected()?;
        if self.files_sized < files.min(TELLING_FILES) {
            return None;
        }
        let unknown = files.saturating_sub(self.files_sized);
        let bytes = self.bytes_sized.saturating_add(scale(self.bytes_sized, unknown, self.files_sized.max(1)));
        Some(bytes.max(self.bytes_done))
    }

    /// The part of the work that is done, from 0 to 1: by bytes, or by files where none has any. None where the whole of it
    /// cannot be told yet.
    pub fn fraction_done(&self) -> Option<f64> {
        let (done, expected) = match self.bytes_expected()? {
            0 => (self.files_done, self.files_expected()?),
            bytes => (self.bytes_done, bytes),
        };
        Some(if expected == 0 { 1.0 } else { (done as f64 / expected as f64).min(1.0) })
    }

    /// How long the rest will take if it goes as it has gone since an earlier moment of the run, so long ago: by bytes, or by
    /// files where none has any. None where that cannot be told, where nothing has moved, or where it would take years.
    pub fn time_left(&self, since: &Progress, elapsed: Duration) -> Option<Duration> {
        let part = match self.bytes_expected()? {
            0 => {
                let done = self.fraction_done()?;
                (1.0 - done) / (done - since.fraction_done().unwrap_or(0.0))
            }
            bytes => (bytes - self.bytes_done) as f64 / self.bytes_done.saturating_sub(since.bytes_done) as f64,
        };
        // Nobody waits for what takes years, and what has not moved would take for ever.
        let left = Duration::try_from_secs_f64(part * elapsed.as_secs_f64()).ok()?;
        Some(left).filter(|left| *left < LEFT_MAX)
    }
}

/// A sum that workers add to and take from in any order, and so may be below 0 for a moment: nothing, then.
pub(super) fn not_negative(bytes: u64) -> u64 {
    if bytes.cast_signed() < 0 { 0 } else { bytes }
}

/// `amount * times / over`, where that is too much, the most there is.
fn scale(amount: u64, times: u64, over: u64) -> u64 {
    u64::try_from(u128::from(amount) * u128::from(times) / u128::from(over)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run that has read half of a manifest of 200 files, and knows the sizes of 50 of them: 1 000 bytes each.
    const HALFWAY: Progress = Progress {
        files_done: 40,
        files_failed: 0,
        bytes_done: 40_000,
        files_planned: 100,
        files_sized: 50,
        bytes_sized: 50_000,
        planned_all: false,
        walked: None,
        manifest_bytes: (5_000, 10_000),
    };

    #[test]
    fn what_is_not_known_is_taken_to_be_like_what_is() {
        assert_eq!(HALFWAY.files_expected(), Some(200));
        assert_eq!(HALFWAY.bytes_expected(), Some(200_000));
        assert_eq!(HALFWAY.fraction_done(), Some(0.2));
        let planned = Progress { planned_all: true, ..HALFWAY };
        assert_eq!((planned.files_expected(), planned.bytes_expected()), (Some(100), Some(100_000)));
        let sized = Progress { files_sized: 100, bytes_sized: 80_000, ..planned };
        assert_eq!((sized.bytes_expected(), sized.fraction_done()), (Some(80_000), Some(0.5)));
    }

    #[test]
    fn nothing_is_guessed_from_nothing() {
        assert_eq!(Progress::default().fraction_done(), None);
        // A tree is being walked.
        assert_eq!(Progress { manifest_bytes: (0, 0), ..HALFWAY }.fraction_done(), None);
        let audit = Progress { walked: Some(7), manifest_bytes: (10_000, 10_000), ..HALFWAY };
        assert_eq!((audit.fraction_done(), audit.bytes_expected()), (None, None));
        assert_eq!(Progress { planned_all: true, ..audit }.fraction_done(), Some(0.4));
        let few = Progress { files_sized: TELLING_FILES - 1, ..HALFWAY };
        assert_eq!((few.files_expected(), few.bytes_expected(), few.fraction_done()), (Some(200), None, None));
        // Two files, whose sizes are known: that is all there is to know.
        let two = Progress { files_planned: 2, files_sized: 2, files_done: 0, planned_all: true, ..HALFWAY };
        assert_eq!(two.fraction_done(), Some(0.8));
        let one_of_two = Progress { files_sized: 1, ..two };
        assert_eq!(one_of_two.fraction_done(), None);
    }

    #[test]
    fn files_without_bytes_and_runs_without_files_have_an_end() {
        let empty = Progress { bytes_done: 0, bytes_sized: 0, ..HALFWAY };
        assert_eq!((empty.bytes_expected(), empty.fraction_done()), (Some(0), Some(0.2)));
        let nothing = Progress { planned_all: true, ..Progress::default() };
        assert_eq!(nothing.fraction_done(), Some(1.0));
    }

    #[test]
    fn the_rest_takes_what_it_took_of_late() {
        let second = Duration::from_secs(1);
        let earlier = Progress { bytes_done: 20_000, files_done: 20, ..HALFWAY };
        assert_eq!(HALFWAY.time_left(&earlier, second), Some(8 * second));
        assert_eq!(HALFWAY.time_left(&Progress::default(), second), Some(4 * second));
        // By files: 40 of 200, and none at the start.
        let empty = Progress { bytes_done: 0, bytes_sized: 0, ..HALFWAY };
        assert_eq!(empty.time_left(&Progress { files_done: 0, ..empty }, second), Some(4 * second));
        // What stands still, or takes years, has no end.
        assert_eq!(HALFWAY.time_left(&HALFWAY, second), None);
        assert_eq!(Progress::default().time_left(&Progress::default(), second), None);
        let crawling = Progress { bytes_done: 39_999, ..HALFWAY };
        assert_eq!(HALFWAY.time_left(&crawling, 3600 * second), None);
    }

    #[test]
    fn a_sum_that_wraps_around_is_nothing() {
        assert_eq!((not_negative(0), not_negative(7), not_negative(7_u64.wrapping_sub(8))), (0, 7, 0));
    }

    #[test]
    fn no_size_is_too_large() {
        let huge = Progress { bytes_sized: u64::MAX, ..HALFWAY };
        assert_eq!(huge.bytes_expected(), Some(u64::MAX));
        let read_twice = Progress { bytes_done: 300_000, ..HALFWAY };
        assert_eq!((read_twice.bytes_expected(), read_twice.fraction_done()), (Some(300_000), Some(1.0)));
    }
}
