//! Sizes, rates and times in words for people.
//!
//! Rounded, in decimal units (1 MB is 1 000 000 bytes); scripts find the exact numbers in `--json`.

use std::fmt;
use std::time::Duration;

/// A number of bytes: `512 B`, `409.6 MB`.
pub(crate) struct Bytes(pub(crate) u64);

impl fmt::Display for Bytes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 1000 {
            return write!(out, "{} B", self.0);
        }
        let (amount, unit) = scaled(self.0 as f64);
        write!(out, "{amount:.1} {unit}B")
    }
}

/// How many bytes came by a reader, and how many of them from the device: `3.0 GB, all from the device`.
pub(crate) struct Brought {
    /// All bytes.
    pub(crate) bytes: u64,
    /// Those of them that had to come from the device.
    pub(crate) device_bytes: u64,
}

impl fmt::Display for Brought {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", Bytes(self.bytes))?;
        match self.device_bytes {
            0 => Ok(()),
            all if all == self.bytes => out.write_str(", all from the device"),
            some => write!(out, ", {} of it from the device", Bytes(some)),
        }
    }
}

/// Bytes over a time: `1.00 GB/s`.
pub(crate) struct Rate(pub(crate) u64, pub(crate) Duration);

impl fmt::Display for Rate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A time of zero is a clock that has not moved yet: a nanosecond is as true, and divides.
        let (amount, unit) = scaled(self.0 as f64 / self.1.as_secs_f64().max(1e-9));
        write!(out, "{amount:.2} {unit}B/s")
    }
}

/// A number below 1 000 with the prefix of its unit. From 999.95 the next unit is taken, lest 1000.0 be shown.
fn scaled(amount: f64) -> (f64, &'static str) {
    let mut amount = amount;
    for unit in ["", "k", "M", "G", "T"] {
        if amount < 999.95 {
            return (amount, unit);
        }
        amount /= 1000.0;
    }
    (amount, "P")
}

/// A time that was measured: `1.25 ms`, `0.41 s`, `2 min 03 s`, `1 h 02 min`.
pub(crate) struct Seconds(pub(crate) Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64();
        if seconds < 0.1 {
            return write!(out, "{:.2} ms", seconds * 1000.0);
        }
        if seconds < 99.995 {
            return write!(out, "{seconds:.2} s");
        }
        let whole = seconds.round() as u64;
        if whole < 3600 {
            return write!(out, "{} min {:02} s", whole / 60, whole % 60);
        }
        write!(out, "{} h {:02} min", whole / 3600, whole / 60 % 60)
    }
}

/// A time to wait, rounded up to seconds: `0:07`, `12:34`, `1:02:03`.
pub(crate) struct Clock(pub(crate) Duration);

impl fmt::Display for Clock {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64().ceil() as u64;
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        if hours > 0 { write!(out, "{hours}:{minutes:02}:{seconds:02}") } else { write!(out, "{minutes}:{seconds:02}") }
    }
}

/// A number with its noun: `1 file`, `2 files`.
pub(crate) struct Count(pub(crate) u64, pub(crate) &'static str);

impl fmt::Display for Count {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}{}", self.0, self.1, if self.0 == 1 { "" } else { "s" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_change_unit_before_they_show_a_thousand() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (999_949, "999.9 kB"),
            (999_950, "1.0 MB"),
            (409_600_000, "409.6 MB"),
            (u64::MAX, "18446.7 PB"),
        ] {
            assert_eq!(Bytes(bytes).to_string(), text);
        }
    }

    #[test]
    fn what_came_from_the_device_is_said() {
        for (bytes, device_bytes, text) in [
            (0, 0, "0 B"),
            (1_200_000_000, 0, "1.2 GB"),
            (3_000_000_000, 3_000_000_000, "3.0 GB, all from the device"),
            (3_000_000_000, 12_345, "3.0 GB, 12.3 kB of it from the device"),
        ] {
            assert_eq!(Brought { bytes, device_bytes }.to_string(), text);
        }
    }

    #[test]
    fn times_and_rates() {
        for (millis, text) in [
            (0, "0.00 ms"),
            (99, "99.00 ms"),
            (100, "0.10 s"),
            (99_994, "99.99 s"),
            (123_000, "2 min 03 s"),
            (3_720_000, "1 h 02 min"),
        ] {
            assert_eq!(Seconds(Duration::from_millis(millis)).to_string(), text);
        }
        for (millis, text) in [(0, "0:00"), (6001, "0:07"), (754_000, "12:34"), (3_723_000, "1:02:03")] {
            assert_eq!(Clock(Duration::from_millis(millis)).to_string(), text);
        }
        assert_eq!(Rate(409_600_000, Duration::from_millis(410)).to_string(), "999.02 MB/s");
        assert_eq!(Rate(0, Duration::ZERO).to_string(), "0.00 B/s");
    }
}
