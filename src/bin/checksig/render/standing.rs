//! How far a run has come, in words: for whoever asks by SIGUSR1, and for whoever ends it by a signal.
//!
//! Plain text; the live line says the same in its own form.

use std::time::Instant;

use checksig::Progress;

use super::figures::{Bytes, Clock, Count, Rate, Seconds};
use super::pace::Pace;
use crate::signals::Signal;

/// The answer to SIGUSR1, one line.
pub(crate) fn status(progress: &Progress, pace: &Pace) -> String {
    let now = Instant::now();
    let mut line = format!("checksig: {}", so_far(progress));
    if let Some(expected) = progress.bytes_expected() {
        line += &format!(" of about {}", Bytes(expected));
    }
    let (bytes, time) = pace.recent(progress, now);
    line += &format!(" in {}, now {}", Seconds(pace.elapsed(now)), Rate(bytes, time));
    if let Some(left) = pace.left(progress, now) {
        line += &format!(", {} left", Clock(left));
    }
    line + "\n"
}

/// The last word of a process that could not wait for its run to stop.
pub(crate) fn cut_off(signal: Signal, progress: &Progress) -> Vec<u8> {
    let (name, so_far) = (signal.name(), so_far(progress));
    format!("checksig: FAIL: interrupted by {name} after {so_far}; not everything that was found has been said\n")
        .into_bytes()
}

/// How many files of how many have an outcome: `1 of 2 files`, or, while the others are not known,
/// `1 file, 31 % into the manifest` and `1 file, 7 names into the tree`.
pub(super) fn files(progress: &Progress, judged: u64) -> String {
    let (read, size) = progress.manifest_bytes;
    let knows_all = progress.planned_all || progress.walked.unwrap_or(0) == 0 && size > 0 && read == size;
    match (knows_all, progress.walked, progress.manifest_bytes) {
        (true, ..) => format!("{judged} of {}", Count(progress.files_planned, "file")),
        (false, Some(walked), _) => format!("{}, {} into the tree", Count(judged, "file"), Count(walked, "name")),
        (false, None, (_, 0)) => Count(judged, "file").to_string(),
        (false, None, (read, size)) => {
            let percent = u128::from(read) * 100 / u128::from(size);
            format!("{}, {percent} % into the manifest", Count(judged, "file"))
        }
    }
}

fn so_far(progress: &Progress) -> String {
    let files = files(progress, progress.files_done);
    format!("{files}, {} failed, {}", progress.files_failed, Bytes(progress.bytes_done))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn one_line_says_how_far_it_is() {
        let mut progress = Progress::default();
        (progress.files_done, progress.files_failed, progress.files_planned) = (40, 3, 100);
        (progress.files_sized, progress.bytes_done, progress.bytes_sized) = (50, 4_000_000, 5_000_000);
        progress.manifest_bytes = (500, 1000);
        let pace = Pace::new(Instant::now() - Duration::from_secs(4));
        let line = status(&progress, &pace);
        let start = "checksig: 40 files, 50 % into the manifest, 3 failed, 4.0 MB of about 20.0 MB in 4.00 s, now ";
        assert!(line.starts_with(start) && line.ends_with("0:17 left\n"), "{line}");
        progress.manifest_bytes = (1000, 1000);
        let all = status(&progress, &pace);
        assert!(all.starts_with("checksig: 40 of 100 files, 3 failed, "), "the manifest was read to its end: {all}");
        progress.planned_all = true;
        assert!(status(&progress, &pace).starts_with("checksig: 40 of 100 files, 3 failed, "));
        let last = String::from_utf8(cut_off(Signal::Interrupt, &progress)).expect("UTF-8");
        assert!(last.starts_with("checksig: FAIL: interrupted by SIGINT after 40 of 100 files, 3 failed, 4.0 MB; "));
        (progress.planned_all, progress.walked) = (false, Some(700));
        assert!(
            status(&progress, &pace).starts_with("checksig: 40 files, 700 names into the tree, 3 failed, 4.0 MB in ")
        );
        let walking = Progress::default();
        assert!(status(&walking, &pace).starts_with("checksig: 0 files, 0 failed, 0 B in 4.00 s, now 0.00 B/s\n"));
    }
}
