//! Sizes, and rates, as people write them: `64M`.
//!
//! Knows no option: whether a size is enough is the library's matter.

use std::num::NonZeroU64;

/// Reads a number of bytes, with K or KiB, M or MiB, G or GiB behind it. KB is none of them: to some it means 1000 bytes.
pub(super) fn bytes(word: &str) -> Result<u64, String> {
    let scaled = word.strip_suffix("iB").unwrap_or(word);
    let (digits, shift) = match scaled.char_indices().next_back() {
        Some((at, 'K' | 'k')) => (&scaled[..at], 10),
        Some((at, 'M' | 'm')) => (&scaled[..at], 20),
        Some((at, 'G' | 'g')) => (&scaled[..at], 30),
        _ => (word, 0),
    };
    // A sign would parse, and mean nothing.
    let number = if digits.starts_with('+') { None } else { digits.parse::<u64>().ok() };
    let size = number.and_then(|number| number.checked_mul(1 << shift));
    size.ok_or_else(|| {
        "a whole number of bytes is needed, or of KiB, MiB or GiB with K, M or G behind it: 64M".to_owned()
    })
}

/// Reads a number of bytes a second, which is a size from 1.
pub(super) fn rate(word: &str) -> Result<NonZeroU64, String> {
    bytes(word).ok().and_then(NonZeroU64::new).ok_or_else(|| {
        "a whole number of bytes a second is needed, from 1, or of KiB, MiB or GiB with K, M or G behind it: 20M"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::{NonZeroU64, bytes, rate};

    #[test]
    fn a_suffix_is_a_power_of_1024() {
        for (word, size) in [
            ("0", 0),
            ("4096", 4096),
            ("3K", 3 << 10),
            ("64m", 64 << 20),
            ("64MiB", 64 << 20),
            ("7KiB", 7 << 10),
            ("2G", 2 << 30),
        ] {
            assert_eq!(bytes(word), Ok(size), "{word}");
        }
        assert_eq!(bytes("18446744073709551615"), Ok(u64::MAX));
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for word in [
            "",
            "M",
            "64MB",
            "iB",
            "64iB",
            "MiB",
            "64Mib",
            "64MiBiB",
            "1.5G",
            "-1",
            "+1",
            "1 G",
            "64\u{39c}",
            "18446744073709551616",
            "17179869184G",
        ] {
            let complaint = bytes(word).unwrap_err();
            assert!(complaint.contains("64M"), "{word}: {complaint}");
        }
    }

    #[test]
    fn a_rate_is_a_size_that_is_not_nothing() {
        assert_eq!(rate("20M"), Ok(NonZeroU64::new(20 << 20).unwrap()));
        for word in ["0", "0M", "20M/s", "", "-1"] {
            assert!(rate(word).unwrap_err().contains("20M"), "{word}");
        }
    }
}
