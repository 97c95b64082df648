//! Whole messages through every kernel and the lanes: all short lengths, all positions, all splits, and what others say.
//!
//! The kernels by themselves, block by block, are tested in the library; what takes long is in `conformance_long.rs`.

#[path = "common/kernels.rs"]
mod kernels;
#[path = "common/memory.rs"]
mod memory;
#[path = "common/script.rs"]
mod script;

use std::io::{ErrorKind, Write as _};
use std::process::{Command, Stdio};

use checksig::Digest;
use checksig::hash::{Done, Lanes};
use checksig::limits;
use proptest::prelude::*;

use kernels::{crate_digest, digests, tell};
use memory::{Memory, Numbers};
use script::Played;

const MIB: usize = 1 << 20;

/// Each length up to 4 096 as a message of its own bytes, in groups that fill the lanes: each length once in each lane.
#[test]
fn all_lengths_up_to_4096_in_every_lane() {
    // And 15 more: a whole number of groups, whatever the width, so that the shortest get into every lane too.
    const LENGTH_MAX: usize = 4_096 + 15;
    let bytes = Numbers(1).bytes(3 * LENGTH_MAX);
    let messages: Vec<&[u8]> = (0..=LENGTH_MAX).map(|length| &bytes[(length * 7) % LENGTH_MAX..][..length]).collect();
    let right: Vec<Digest> = messages.iter().map(|message| crate_digest(message)).collect();
    for (name, kernels) in kernels::all() {
        let width = kernels.width();
        let mut lanes = Lanes::new(kernels, width);
        for first in 0..width {
            let room = first % 2 == 0;
            let lengths: Vec<usize> = (first..=LENGTH_MAX).chain(0..first).collect();
            for group in lengths.chunks_exact(width) {
                let pieces: Vec<[&[u8]; 1]> = group.iter().map(|&length| [messages[length]]).collect();
                let pieces: Vec<&[&[u8]]> = pieces.iter().map(|pieces| &pieces[..]).collect();
                let right: Vec<Digest> = group.iter().map(|&length| right[length]).collect();
                assert_eq!(digests(&mut lanes, &pieces, |_| room), right, "{name}, from {}", group[0]);
            }
        }
    }
}

/// So many lanes filled, one message longer or shorter than the others in each position in turn; the others end together.
#[test]
fn every_number_of_filled_lanes_with_the_odd_one_in_every_position() {
    let bytes = Numbers(2).bytes(8_192);
    for (name, kernels) in kernels::all() {
        for filled in 1..=kernels.width() {
            let mut lanes = Lanes::new(kernels.clone(), filled);
            for odd in 0..filled {
                for odd_length in [0, 55, 56, 64, 5_000] {
                    let message =
                        |lane: usize| &bytes[97 * lane..][..if lane == odd { odd_length } else { 300 + odd % 2 * 20 }];
                    let messages: Vec<[&[u8]; 1]> = (0..filled).map(|lane| [message(lane)]).collect();
                    let pieces: Vec<&[&[u8]]> = messages.iter().map(|pieces| &pieces[..]).collect();
                    let right: Vec<Digest> = messages.iter().map(|[message]| crate_digest(message)).collect();
                    assert_eq!(
                        digests(&mut lanes, &pieces, |_| odd % 3 != 0),
                        right,
                        "{name}: {odd_length} in {odd} of {filled}"
                    );
                }
            }
        }
    }
}

/// Two buffers and three, cut at every point, each with and without room for the padding, all lanes filled.
#[test]
fn every_split_into_two_and_three_buffers() {
    // 55 and 56: the padding fits the last block, and just does not; 63 to 65, 119 to 129: around whole blocks.
    for length in [0, 1, 55, 56, 63, 64, 65, 119, 120, 127, 128, 129] {
        let whole = Numbers(length as u64).bytes(length);
        let right = crate_digest(&whole);
        let mut splits: Vec<Vec<&[u8]>> = Vec::new();
        for first in 0..=length {
            splits.push(vec![&whole[..first], &whole[first..]]);
            splits
                .extend((first..=length).map(|second| vec![&whole[..first], &whole[first..second], &whole[second..]]));
        }
        for (name, kernels) in kernels::all() {
            let width = kernels.width();
            let mut lanes = Lanes::new(kernels, width);
            for group in splits.chunks(width) {
                let pieces: Vec<&[&[u8]]> = group.iter().map(|pieces| &pieces[..]).collect();
                for rooms in [0b000, 0b111, 0b010] {
                    let digests = digests(&mut lanes, &pieces, |at| rooms >> at & 1 == 1);
                    assert!(digests.iter().all(|&digest| digest == right), "{name}: {length} bytes, rooms {rooms:b}");
                }
            }
        }
    }
}

/// A buffer that completes no block sits in a lane beside one that completes a carried block, and a step runs no block at
/// all; where `moves_out`, the second then makes room for a shorter job before it has run. Neither may take the carried
/// block for hashed.
#[test]
fn a_carried_block_that_has_not_run_is_kept() {
    let whole = Numbers(4).bytes(64);
    for ((name, kernels), moves_out) in
        kernels::all().into_iter().flat_map(|kernels| [false, true].map(|moves| (kernels.clone(), moves)))
    {
        let mut lanes = Lanes::new(kernels, 3);
        let [carries, comes_short, other] = std::array::from_fn(|_| lanes.begin().unwrap());
        let mut done = Vec::new();
        if moves_out {
            lanes.announce(carries, limits::SHORT_JOB_BYTES_MAX + 1);
        }
        lanes.submit(carries, Memory::new(0, &whole[..10], true), false);
        lanes.flush(&mut done);
        lanes.submit(carries, Memory::new(1, &whole[10..], true), true);
        lanes.submit(comes_short, Memory::new(2, &[], true), false);
        lanes.step(&mut done);
        lanes.submit(other, Memory::new(3, &whole, true), true);
        lanes.flush(&mut done);
        let digests: Vec<Digest> = done
            .iter()
            .filter_map(|done| match done {
                Done::Digest(_, digest) => Some(*digest),
                Done::Buffer(..) => None,
            })
            .collect();
        assert_eq!(digests, [crate_digest(&whole); 2], "{name}, {moves_out}");
    }
}

/// FIPS 180-4's examples (as published in FIPS 180-2, appendix A, and with the standard's page of examples), and the
/// short messages of the NESSIE project's test vectors.
#[test]
fn published_digests_by_value() {
    const LETTERS: &str = "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
    let digits = "1234567890".repeat(8);
    let million = "a".repeat(1_000_000);
    let published = [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("a", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("message digest", "c12252ceda8be8994d5fa0290a47231c1d16aae3"),
        ("abcdefghijklmnopqrstuvwxyz", "32d10c7b8cf96570ca04ce37f2a19d84240d3a89"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
        (LETTERS, "a49b2446a02c645bf419f995b67091253a04a259"),
        ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "761c457bf73b14d27e9e9265c46f4b4dda11f940"),
        (&digits, "50abf5706a150990a08b2c5ea40fa0e585554732"),
        (&million, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
    ];
    assert_eq!(LETTERS.len() * 8, 896);
    for (name, kernels) in kernels::all() {
        let width = kernels.width();
        let mut lanes = Lanes::new(kernels, width);
        for first in 0..published.len() {
            let group: Vec<_> = (0..width).map(|lane| published[(first + lane) % published.len()]).collect();
            let messages: Vec<[&[u8]; 1]> = group.iter().map(|(message, _)| [message.as_bytes()]).collect();
            let pieces: Vec<&[&[u8]]> = messages.iter().map(|pieces| &pieces[..]).collect();
            for room in [true, false] {
                for (digest, (message, right)) in digests(&mut lanes, &pieces, |_| room).iter().zip(&group) {
                    assert_eq!(digest.to_string(), *right, "{name}: {message:.40}");
                }
            }
        }
    }
}

/// The first value of NIST's Monte Carlo test for SHA-1 (SHA1Monte.rsp of the SHA Validation System): a thousand messages,
/// each of the three digests before it.
#[test]
fn the_monte_carlo_test_of_nist() {
    for (name, kernels) in kernels::all() {
        let mut lanes = Lanes::new(kernels, 1);
        let seed: Digest = "dd4df644eaf3d85bace2b21accaa22b28821f5cd".parse().unwrap();
        let mut last = [seed; 3];
        for round in 0..1_000 {
            let message = last.map(|digest| *digest.as_bytes()).concat();
            let next = digests(&mut lanes, &[&[&message]], |_| round % 2 == 0)[0];
            last = [last[1], last[2], next];
        }
        assert_eq!(last[2].to_string(), "11f5c38b4479d4ad55cb69fadf62de0b036d5163", "{name}");
    }
}

/// Digests by Python, which nobody here wrote: OpenSSL or HACL* below it. `None`, and said so, where there is no Python.
fn python_digests(messages: &[Vec<u8>]) -> Option<Vec<String>> {
    const PROGRAM: &str = "
import hashlib, sys
while head := sys.stdin.buffer.read(8):
    print(hashlib.sha1(sys.stdin.buffer.read(int.from_bytes(head, 'little'))).hexdigest())
";
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut command = Command::new(python);
    let child = match command.args(["-c", PROGRAM]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            tell("oracles: the crate sha1 run, 1 not run (Python's hashlib: no python3 on the PATH)");
            return None;
        }
        child => child,
    };
    let mut child = child.expect("a process");
    let mut pipe = child.stdin.take().expect("a pipe");
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            for message in messages {
                let head = (message.len() as u64).to_le_bytes();
                pipe.write_all(&head).and_then(|()| pipe.write_all(message)).expect("Python reads to the end");
            }
        });
        child.wait_with_output().expect("what Python prints")
    });
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).expect("digits").lines().map(str::to_owned).collect())
}

/// Lengths from 0 to 3 MiB side by side, in pieces of any size, with steps between: by the lanes, the crate and Python.
#[test]
fn random_mixes_of_lengths_agree_with_the_crate_and_with_python() {
    let mut numbers = Numbers(3);
    let mut length = |at: usize| match at % 8 {
        0 => numbers.below(3 * MIB),
        1 | 2 => numbers.below(100_000),
        3 => numbers.below(64),
        _ => numbers.below(5_000),
    };
    let lengths: Vec<usize> = (0..96).map(&mut length).chain([0, 3 * MIB, MIB - 1, MIB + 55]).collect();
    let messages: Vec<Vec<u8>> = lengths.into_iter().map(|length| numbers.bytes(length)).collect();
    let right: Vec<Digest> = messages.iter().map(|message| crate_digest(message)).collect();
    if let Some(python) = python_digests(&messages) {
        assert_eq!(right.iter().map(Digest::to_string).collect::<Vec<_>>(), python);
    }
    for (name, kernels) in kernels::all() {
        let jobs_max = kernels.width() + 3;
        let mut lanes = Lanes::new(kernels, jobs_max);
        let mut open = Vec::new();
        let (mut next, mut done, mut ended) = (0, Vec::new(), 0);
        while ended < messages.len() {
            while let Some(job) = if next < messages.len() { lanes.begin() } else { None } {
                open.push((job, next, 0));
                next += 1;
            }
            // A piece to each that has more to come, and one step: jobs meet at other places in their messages each time.
            for (job, message, at) in &mut open {
                let whole = &messages[*message];
                if *at > whole.len() {
                    continue;
                }
                let longest = [100, 10_000, 200_000][numbers.below(3)];
                let piece = numbers.below(longest).min(whole.len() - *at);
                let last = *at + piece == whole.len();
                lanes.submit(*job, Memory::new(0, &whole[*at..][..piece], numbers.below(2) == 0), last);
                *at += piece + usize::from(last);
            }
            lanes.step(&mut done);
            for done in done.drain(..) {
                if let Done::Digest(job, digest) = done {
                    let at = open.iter().position(|(other, ..)| *other == job).expect("a job that is open");
                    let (_, message, _) = open.swap_remove(at);
                    assert_eq!(
                        digest,
                        right[message],
                        "{name}: message {message} of {} bytes",
                        messages[message].len()
                    );
                    ended += 1;
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// The same scripts that `fuzz/` plays.
    #[test]
    fn scripts_of_any_bytes_break_no_promise(script in proptest::collection::vec(any::<u8>(), 0..600)) {
        script::play(&script);
    }
}

/// A script that never abandons or never fills the room would prove nothing about it.
#[test]
fn scripts_do_everything_there_is_to_do() {
    let mut sum = Played::default();
    for seed in 0..200 {
        let played = script::play(&Numbers(seed).bytes(600));
        sum.begun += played.begun;
        sum.submitted += played.submitted;
        sum.steps += played.steps;
        sum.digests += played.digests;
        sum.abandoned += played.abandoned;
        sum.announced_long += played.announced_long;
        sum.full += played.full;
    }
    println!("{sum:?}");
    let each = [sum.begun, sum.submitted, sum.steps, sum.digests, sum.abandoned, sum.announced_long, sum.full];
    assert!(each.into_iter().all(|count| count > 200), "{sum:?}");
}
