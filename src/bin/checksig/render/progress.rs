//! The progress bar: how far a run has come and when it will be done.
//!
//! Drawn by the thread that takes the records, ten times a second at most: a run has no thread and no lock for it.

use std::time::{Duration, Instant};

use checksig::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::figures::{Bytes, Count, Rate};

/// A run that is over sooner shows no progress: it would only flicker.
const PATIENCE: Duration = Duration::from_millis(300);

/// The parts that the bar is divided into.
const PARTS: u64 = 1000;

/// Files that must have been judged before their number says anything of the time left: sizes are not known ahead, and
/// the first of three files may be a billionth of the work.
const TELLING_FILES: u64 = 20;

/// The bar on standard error; dropping it takes it away.
pub(crate) struct Bar {
    bar: ProgressBar,
    started: Instant,
}

impl Bar {
    /// A bar that is not shown yet.
    pub(crate) fn new() -> Bar {
        let bar = ProgressBar::with_draw_target(Some(PARTS), ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{bar:25} {wide_msg}").expect("the template is right");
        bar.set_style(style.progress_chars("━╸─"));
        Bar { bar, started: Instant::now() }
    }

    /// Shows how far the run has come.
    pub(crate) fn draw(&mut self, progress: &Progress) {
        let elapsed = self.started.elapsed();
        if elapsed < PATIENCE {
            return;
        }
        if self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        let done = fraction_done(progress).filter(|_| progress.files_done >= TELLING_FILES);
        self.bar.set_position((done.unwrap_or(0.0) * PARTS as f64) as u64);
        self.bar.set_message(message(progress, elapsed, done));
    }

    /// Does something with the bar out of the way.
    pub(crate) fn above<R>(&self, write: impl FnOnce() -> R) -> R {
        self.bar.suspend(write)
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The part of the run that is done, from 0 to 1, where it can be told: the part of the known files that have their
/// outcome, times the part of the manifest that these files come from.
fn fraction_done(progress: &Progress) -> Option<f64> {
    let (read, size) = progress.manifest_bytes;
    let planned = match (progress.planned_all, size) {
        (true, _) => 1.0,
        (false, 0) => return None,
        (false, _) => read as f64 / size as f64,
    };
    let judged = progress.files_done as f64 / progress.files_planned.max(1) as f64;
    Some((planned * judged).clamp(0.0, 1.0))
}

/// What stands beside the bar, the most wanted first: a narrow terminal cuts the end off.
fn message(progress: &Progress, elapsed: Duration, done: Option<f64>) -> String {
    let mut text = String::new();
    if let Some(done) = done {
        text += &format!("{:3.0} %  ", (done * 100.0).floor());
    }
    if let Some(left) = done.and_then(|done| time_left(elapsed, done)) {
        text += &format!("{left} left  ");
    }
    text += &Count(progress.files_done, "file").to_string();
    if progress.files_failed > 0 {
        // Without colour: a line that is cut off could lose the sequence that ends it.
        text += &format!(", {} failed", progress.files_failed);
    }
    text += &format!(", {}, {}", Bytes(progress.bytes_done), Rate(progress.bytes_done, elapsed));
    text
}

/// The time left if the rest goes as fast as what is done: `0:07`, `12:34`, `1:02:03`.
fn time_left(elapsed: Duration, done: f64) -> Option<String> {
    // Of the first hundredth no estimate is worth showing, and nobody waits for the last of days.
    if !(0.01..1.0).contains(&done) {
        return None;
    }
    let seconds = (elapsed.as_secs_f64() * (1.0 - done) / done).ceil() as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    Some(if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(files_done: u64, files_planned: u64, planned_all: bool, manifest_bytes: (u64, u64)) -> Progress {
        let mut progress = Progress::default();
        (progress.files_done, progress.files_planned, progress.planned_all) = (files_done, files_planned, planned_all);
        progress.manifest_bytes = manifest_bytes;
        progress.bytes_done = 2_000_000;
        progress
    }

    #[test]
    fn the_manifest_tells_how_far_before_every_file_is_known() {
        assert_eq!(fraction_done(&progress(50, 100, false, (500, 1000))), Some(0.25));
        assert_eq!(fraction_done(&progress(50, 100, true, (1000, 1000))), Some(0.5));
        assert_eq!(fraction_done(&progress(50, 100, true, (0, 0))), Some(0.5));
        assert_eq!(fraction_done(&progress(50, 100, false, (0, 0))), None);
        assert_eq!(fraction_done(&progress(0, 0, true, (0, 0))), Some(0.0));
    }

    #[test]
    fn one_line_says_it_all() {
        let mut halfway = progress(50, 100, true, (1, 1));
        let second = Duration::from_secs(1);
        let text = message(&halfway, second, fraction_done(&halfway));
        assert_eq!(text, " 50 %  0:01 left  50 files, 2.0 MB, 2.00 MB/s");
        halfway.files_failed = 3;
        let text = message(&halfway, second, None);
        assert_eq!(text, "50 files, 3 failed, 2.0 MB, 2.00 MB/s");
        assert_eq!(time_left(Duration::from_secs(3600), 0.5).as_deref(), Some("1:00:00"));
        assert_eq!(time_left(second, 0.001), None);
    }
}
