//! The live line: how far a run has come and when it will be done, at the bottom of a terminal.
//!
//! Drawn by the thread that takes the records, ten times a second at most: a run has no thread and no lock for it. It holds
//! nothing that came from outside, and the cursor waits at its start, so that whatever is written next, be it the `^C` of
//! the terminal itself, does not push it up the screen.

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use checksig::Progress;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, write};
use rustix::termios::{tcgetpgrp, tcgetwinsize};

use super::figures::{Bytes, Clock, Count, Rate};
use super::pace::Pace;

/// A run that is over sooner shows no progress: it would only flicker.
const PATIENCE: Duration = Duration::from_millis(300);

/// To the start of the line, and everything from there on away: also what a terminal that became narrower has made further
/// lines of.
const CLEAR: &[u8] = b"\r\x1b[J";

/// Columns of the bar, at most, and those without which it says nothing.
const BAR: std::ops::RangeInclusive<usize> = 8..=25;

/// The columns of a terminal that does not say how wide it is.
const COLUMNS: usize = 80;

/// The line on standard error; dropping it takes it away.
pub(crate) struct Live {
    text: String,
    shown: Shown,
}

/// Whether the line stands on the terminal: for whoever ends the process from another thread.
#[derive(Clone, Default)]
pub(crate) struct Shown(Arc<AtomicBool>);

impl Live {
    /// A line that is not shown yet.
    pub(crate) fn new() -> Live {
        Live { text: String::new(), shown: Shown::default() }
    }

    /// What knows whether it is shown.
    pub(crate) fn shown(&self) -> Shown {
        self.shown.clone()
    }

    /// Shows how far the run has come.
    pub(crate) fn draw(&mut self, progress: &Progress, pace: &Pace) {
        let now = Instant::now();
        if pace.elapsed(now) < PATIENCE {
            return;
        }
        let columns = tcgetwinsize(io::stderr()).map_or(0, |size| usize::from(size.ws_col));
        // The last column stays free: what is written there moves the cursor on some terminals.
        self.text = compose(&fields(progress, pace, now), if columns == 0 { COLUMNS } else { columns } - 1);
        self.put();
    }

    /// Does something with the line out of the way.
    pub(crate) fn above<R>(&self, write: impl FnOnce() -> R) -> R {
        if !self.shown.0.swap(false, Ordering::Relaxed) {
            return write();
        }
        put(CLEAR);
        let result = write();
        self.put();
        result
    }

    fn put(&self) {
        // In the background it would stand in the way of what the user types.
        if in_foreground() {
            self.shown.0.store(true, Ordering::Relaxed);
            put(format!("\r{}\x1b[J\r", self.text).as_bytes());
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if self.shown.0.swap(false, Ordering::Relaxed) {
            put(CLEAR);
        }
    }
}

impl Shown {
    /// Takes the line away and says something, if the terminal takes it at once. For a process that is about to end,
    /// while the thread that draws may be stuck.
    pub(crate) fn replace(&self, message: &[u8]) {
        let stderr = io::stderr();
        let mut ready = [PollFd::new(&stderr, PollFlags::OUT)];
        let at_once = rustix::event::Timespec::default();
        if poll(&mut ready, Some(&at_once)) != Ok(1) || !ready[0].revents().contains(PollFlags::OUT) {
            return;
        }
        if self.0.swap(false, Ordering::Relaxed) {
            put(CLEAR);
        }
        put(message);
    }
}

/// Writes to the terminal; where it takes nothing there is nobody to be told.
fn put(bytes: &[u8]) {
    let mut left = bytes;
    while !left.is_empty() {
        match write(io::stderr().as_fd(), left) {
            Ok(0) => return,
            Ok(count) => left = &left[count..],
            Err(Errno::INTR) => {}
            Err(_) => return,
        }
    }
}

/// Whether the terminal is this process's to write to, or does not say.
fn in_foreground() -> bool {
    tcgetpgrp(io::stderr()).map_or(true, |group| group == rustix::process::getpgrp())
}

/// One part of the line.
struct Field {
    text: String,
    /// What goes first where there is no room: the highest number.
    spare: u8,
    kind: Kind,
}

#[derive(PartialEq)]
enum Kind {
    Words,
    /// As long as there is room for, so much of it full.
    Bar(f64),
}

/// What is to be said, in the order in which it stands there.
fn fields(progress: &Progress, pace: &Pace, now: Instant) -> Vec<Field> {
    let words = |text: String, spare| Field { text, spare, kind: Kind::Words };
    let mut fields = Vec::new();
    let done = progress.fraction_done();
    if let Some(done) = done {
        fields.push(Field { text: String::new(), spare: 7, kind: Kind::Bar(done) });
        fields.push(words(format!("{:.0} %", (done * 100.0).floor()), 1));
    }
    // The entries are all judged: what is done now, and of what there is no telling how much is left.
    match progress.walked {
        Some(walked) if !progress.planned_all => {
            fields.push(words(format!("looking for unlisted files: {}", Count(walked, "name")), 1));
        }
        Some(_) => fields.push(words("looking for moved files".to_owned(), 6)),
        None => {}
    }
    fields.push(words(Count(progress.files_done, "file").to_string(), 3));
    if progress.files_failed > 0 {
        // Without colour: the end of a line that is cut off must not be lost.
        fields.push(words(format!("{} failed", progress.files_failed), 0));
    }
    let bytes = Bytes(progress.bytes_done);
    fields.push(words(bytes.to_string(), 5));
    if let Some(expected) = progress.bytes_expected() {
        let exact = progress.planned_all && progress.files_sized == progress.files_planned;
        fields.push(words(format!(" of {}{}", if exact { "" } else { "about " }, Bytes(expected)), 6));
    }
    let (bytes, time) = pace.recent(progress, now);
    fields.push(words(Rate(bytes, time).to_string(), 4));
    if let Some(left) = pace.left(progress, now) {
        fields.push(words(format!("{} left", Clock(left)), 2));
    }
    fields
}

/// As many of the fields as fit, most wanted first, each in its place.
fn compose(fields: &[Field], columns: usize) -> String {
    let mut kept: Vec<&Field> = fields.iter().collect();
    loop {
        // All but the bar are ASCII.
        let words: usize =
            kept.iter().map(|field| field.gap().len() + field.text.len()).sum::<usize>().saturating_sub(2);
        let room = columns.saturating_sub(words).min(*BAR.end());
        let fits =
            if kept.iter().any(|field| field.kind != Kind::Words) { room >= *BAR.start() } else { words <= columns };
        if fits || kept.len() <= 1 {
            let text: String = kept.iter().flat_map(|field| [field.gap().to_owned(), field.shown(room)]).collect();
            return text.trim_start().chars().take(columns).collect();
        }
        let spare = kept.iter().map(|field| field.spare).max();
        kept.retain(|field| Some(field.spare) != spare);
    }
}

impl Field {
    /// What stands before it.
    fn gap(&self) -> &'static str {
        if self.text.starts_with(' ') { "" } else { "  " }
    }

    fn shown(&self, room: usize) -> String {
        let Kind::Bar(done) = self.kind else { return self.text.clone() };
        let full = (done * room as f64) as usize;
        let head = usize::from(full < room);
        "━".repeat(full) + &"╸".repeat(head) + &"─".repeat(room.saturating_sub(full + head))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn halfway() -> Progress {
        let mut progress = Progress::default();
        (progress.files_done, progress.files_planned, progress.files_sized) = (500, 1000, 1000);
        (progress.bytes_done, progress.bytes_sized, progress.planned_all) = (6_000_000_000, 12_000_000_000, true);
        progress
    }

    fn line(progress: &Progress, columns: usize) -> String {
        let start = Instant::now();
        compose(&fields(progress, &Pace::new(start), start + Duration::from_secs(4)), columns)
    }

    #[test]
    fn a_wide_terminal_has_it_all() {
        let bar = "━━━━━━━━━━━━╸────────────";
        let text = format!("{bar}  50 %  500 files  6.0 GB of 12.0 GB  1.50 GB/s  0:04 left");
        assert_eq!(line(&halfway(), 200), text);
        assert_eq!(line(&halfway(), text.chars().count()), text);
        let mut failing = halfway();
        (failing.files_failed, failing.files_sized) = (3, 999);
        let rest = "500 files  3 failed  6.0 GB of about 12.0 GB  1.50 GB/s  0:05 left";
        assert!(line(&failing, 200).ends_with(rest), "{}", line(&failing, 200));
    }

    #[test]
    fn a_narrow_one_has_the_most_wanted() {
        for (columns, text) in [
            (79, "━━━━━━━━━━╸──────────  50 %  500 files  6.0 GB of 12.0 GB  1.50 GB/s  0:04 left"),
            (60, "50 %  500 files  6.0 GB of 12.0 GB  1.50 GB/s  0:04 left"),
            (45, "50 %  500 files  6.0 GB  1.50 GB/s  0:04 left"),
            (39, "50 %  500 files  1.50 GB/s  0:04 left"),
            (30, "50 %  500 files  0:04 left"),
            (16, "50 %  0:04 left"),
            (14, "50 %"),
            (3, "50 "),
        ] {
            assert_eq!(line(&halfway(), columns), text);
        }
        let mut failing = halfway();
        failing.files_failed = 3;
        assert_eq!(line(&failing, 20), "50 %  3 failed");
        for columns in 0..120 {
            assert!(line(&failing, columns).chars().count() <= columns);
        }
    }

    #[test]
    fn what_cannot_be_told_is_left_out() {
        let mut walking = halfway();
        walking.planned_all = false;
        assert_eq!(line(&walking, 79), "500 files  6.0 GB  1.50 GB/s");
    }

    #[test]
    fn an_audit_says_what_it_does_behind_its_entries() {
        let mut walking = halfway();
        (walking.planned_all, walking.walked, walking.manifest_bytes) = (false, Some(1200), (900, 900));
        assert_eq!(line(&walking, 99), "looking for unlisted files: 1200 names  500 files  6.0 GB  1.50 GB/s");
        assert_eq!(line(&walking, 50), "looking for unlisted files: 1200 names  500 files");
        walking.planned_all = true;
        let text = line(&walking, 200);
        assert!(text.contains("  50 %  looking for moved files  500 files  ") && text.ends_with("0:04 left"), "{text}");
    }
}
