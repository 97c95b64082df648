//! The scheduler against the crate `sha1`, with every kernel that this CPU runs.

#[path = "../../../tests/common/memory.rs"]
mod memory;

use memory::Memory;

use super::*;
use crate::hash::{Kernel, Stream};

/// Each kernel of this CPU by itself, and all of them as the measurement chose.
fn all_kernels() -> Vec<Kernels> {
    let forced = Kernel::ALL.into_iter().filter_map(|kernel| Kernels::forced(kernel).ok());
    forced.chain([Kernels::auto()]).collect()
}

fn message(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 131 + at / 251) as u8).collect()
}

fn digests(done: Vec<Done<Memory>>) -> Vec<(Job, Digest)> {
    done.into_iter()
        .filter_map(|done| match done {
            Done::Digest(job, digest) => Some((job, digest)),
            Done::Buffer(..) => None,
        })
        .collect()
}

#[test]
fn every_split_of_a_message_at_the_edges_of_blocks_gives_the_digest_of_the_whole() {
    // 55 and 56: the padding fits the last block, and just does not; 63 to 65 and 119 to 129: around whole blocks.
    for length in [0, 1, 55, 56, 63, 64, 65, 119, 120, 127, 128, 129, 200] {
        let whole = message(length);
        for kernels in all_kernels() {
            let mut lanes = Lanes::new(kernels.clone(), 2);
            for room in [true, false] {
                for first in 0..=length {
                    for second in [first, (first + 1).min(length), length] {
                        let job = lanes.begin().unwrap();
                        lanes.submit(job, Memory::new(0, &whole[..first], room), false);
                        lanes.submit(job, Memory::new(0, &whole[first..second], room), false);
                        lanes.submit(job, Memory::new(0, &whole[second..], room), true);
                        let mut done = Vec::new();
                        lanes.flush(&mut done);
                        assert_eq!(done.len(), 4, "three buffers and a digest");
                        assert_eq!(digests(done), [(job, Stream::digest(&whole))], "{length} {first} {second}");
                    }
                }
            }
        }
    }
}

#[test]
fn jobs_take_turns_and_each_gets_its_own_digest() {
    for kernels in all_kernels() {
        let count = 3 * kernels.width() + 1;
        let mut lanes = Lanes::new(kernels, count);
        let jobs: Vec<_> = (0..count).map(|_| lanes.begin().unwrap()).collect();
        assert!(lanes.begin().is_none());
        let lengths = |at: usize| (at * 997) % 5_000;
        let mut done = Vec::new();
        // Halves in opposite orders, with steps between: a waiting job must not hold a lane.
        for (at, &job) in jobs.iter().enumerate() {
            let whole = message(lengths(at));
            lanes.submit(job, Memory::new(0, &whole[..whole.len() / 2], true), false);
            lanes.step(&mut done);
        }
        lanes.flush(&mut done);
        assert_eq!(lanes.ready(), 0);
        for (at, &job) in jobs.iter().enumerate().rev() {
            let whole = message(lengths(at));
            lanes.submit(job, Memory::new(0, &whole[whole.len() / 2..], at % 2 == 0), true);
        }
        lanes.flush(&mut done);
        assert_eq!(done.len(), 3 * count);
        for (job, digest) in digests(done) {
            let at = jobs.iter().position(|&other| other == job).unwrap();
            assert_eq!(digest, Stream::digest(&message(lengths(at))));
        }
        assert!((0..count).all(|_| lanes.begin().is_some()));
    }
}

#[test]
fn an_abandoned_job_hands_its_buffers_back_and_leaves_the_others_alone() {
    for kernels in all_kernels() {
        let mut lanes = Lanes::new(kernels.clone(), 2);
        let (kept, left) = (lanes.begin().unwrap(), lanes.begin().unwrap());
        for job in [left, kept] {
            lanes.submit(job, Memory::new(0, &message(100), true), false);
            lanes.submit(job, Memory::new(0, &message(100), true), job == kept);
        }
        let mut done = Vec::new();
        lanes.abandon(left, &mut done);
        assert_eq!(done.len(), 2);
        lanes.flush(&mut done);
        assert_eq!(digests(done), [(kept, Stream::digest(&[message(100), message(100)].concat()))]);
        assert!(lanes.begin().is_some() && lanes.begin().is_some() && lanes.begin().is_none());
    }
}

#[test]
fn a_long_job_never_sits_beside_short_ones_while_others_of_them_wait() {
    for kernels in all_kernels() {
        let width = kernels.width();
        let mut lanes = Lanes::new(kernels, 4 * width + 3);
        let long: Vec<_> = (0..3).map(|_| lanes.begin().unwrap()).collect();
        for &job in &long {
            lanes.announce(job, limits::SHORT_JOB_BYTES_MAX + 1);
            lanes.submit(job, Memory::new(0, &message(64 * 50), true), false);
        }
        // Alone they fill the lanes that there are.
        assert!(lanes.have_room());
        let mut done = Vec::new();
        let (mut begun, mut turns_of_long, mut turns_of_short) = (0, 0, 0);
        for _ in 0..200 {
            while lanes.have_room() {
                let Some(job) = lanes.begin() else { break };
                lanes.submit(job, Memory::new(0, &message(64 * (begun % 7) + 10), begun % 2 == 0), true);
                begun += 1;
            }
            assert!(lanes.jobs_of(Turn::Short) >= width, "short ones fill the lanes beside the long ones");
            lanes.take_seats();
            let sits = |is_long| lanes.seats.iter().any(|seat| seat.is_long == is_long);
            let (is_long, is_short) = (sits(true), sits(false));
            assert!(is_long != is_short, "either the ones or the others");
            turns_of_long += usize::from(is_long);
            turns_of_short += usize::from(is_short);
            // Undoes the turn that looking took.
            lanes.long_turn = !lanes.long_turn;
            lanes.step(&mut done);
            for done in done.drain(..) {
                if let Done::Buffer(job, _) = done
                    && long.contains(&job)
                {
                    lanes.submit(job, Memory::new(0, &message(64 * 50), true), false);
                }
            }
        }
        assert!(turns_of_long.abs_diff(turns_of_short) <= 1, "they take turns: {turns_of_long}, {turns_of_short}");
    }
}

#[test]
fn a_long_job_takes_a_lane_that_short_ones_leave_empty() {
    // Of the measured ones the kernel for two may be one of a single lane, which leaves none empty.
    for kernels in all_kernels().into_iter().filter(|kernels| kernels.for_filled(2).kernel().lanes() > 1) {
        let mut lanes = Lanes::new(kernels, 2);
        let (long, short) = (lanes.begin().unwrap(), lanes.begin().unwrap());
        lanes.announce(long, u64::MAX);
        let whole = message(10_000);
        lanes.submit(long, Memory::new(0, &whole, true), true);
        lanes.submit(short, Memory::new(0, &whole, true), true);
        lanes.take_seats();
        let seated: Vec<_> = lanes.seats.iter().map(|seat| seat.job).collect();
        assert_eq!(seated, [short, long]);
        let mut done = Vec::new();
        lanes.flush(&mut done);
        assert!(digests(done).iter().all(|(_, digest)| *digest == Stream::digest(&whole)));
    }
}

#[test]
fn a_job_goes_on_where_it_was_when_the_kernel_changes() {
    // Sixteen at first, and fewer and fewer at the end, so that every kernel of the choice takes states over.
    let kernels = Kernels::auto();
    let count = LANES_MAX + 3;
    let mut lanes = Lanes::new(kernels, count);
    let mut expected = Vec::new();
    for at in 0..count {
        let whole = message(at * 1_000 + 17);
        let job = lanes.begin().unwrap();
        lanes.submit(job, Memory::new(0, &whole[..at * 500], true), false);
        lanes.submit(job, Memory::new(0, &whole[at * 500..], at % 3 == 0), true);
        expected.push((job, Stream::digest(&whole)));
    }
    let mut done = Vec::new();
    lanes.flush(&mut done);
    let mut found = digests(done);
    found.sort_by_key(|(job, _)| job.index());
    expected.sort_by_key(|(job, _)| job.index());
    assert_eq!(found, expected);
}
