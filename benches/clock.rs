//! How fast the CPU's clock runs, without its counters: virtual machines seldom let a program read those.
//!
//! Measures nothing else.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Additions, each with the rotation that follows it.
const PAIRS: u32 = 20_000;
/// An addition of two registers and a rotation by a constant take a cycle each on every CPU that there is a kernel for,
/// and each waits for the one before. The rotation keeps the compiler, and the renaming of newer CPUs, from folding
/// several additions into one.
const CYCLES_PER_PAIR: u32 = 2;

/// Cycles a second, now. The shortest of some times counts: whatever comes between makes them longer.
pub(crate) fn hertz() -> f64 {
    let time = (0..3).map(|_| chain()).min().unwrap_or(Duration::MAX);
    f64::from(PAIRS * CYCLES_PER_PAIR) / time.as_secs_f64()
}

fn chain() -> Duration {
    let mut sum = black_box(1_u64);
    let step = black_box(0x9e37_79b9_7f4a_7c15_u64);
    let started = Instant::now();
    for _ in 0..PAIRS {
        sum = sum.wrapping_add(step).rotate_left(5);
    }
    black_box(sum);
    started.elapsed()
}
