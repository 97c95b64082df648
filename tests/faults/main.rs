//! Faults of storage and of Linux, made to happen: what runs must make of files that go wrong while they are read.
//!
//! Holds no test itself. What cannot be tried here is printed as NOT RUN, and counted.

#[path = "../common/mod.rs"]
mod common;

#[path = "../common/pages.rs"]
mod pages;

mod below;
mod disk;
mod fuse;
mod media;
mod moving;
mod refused;
mod served;
mod small;
mod swapped;
mod traced;
mod ways;

/// Rounds of what depends on chance: few where nobody has asked for more.
fn loops() -> u32 {
    std::env::var("CHECKSIG_FAULTS_LOOPS").map_or(1, |loops| loops.parse().expect("a number of rounds"))
}
