//! Every kernel by itself, block by block: each number of lanes, each lane with bytes and a state of its own.
//!
//! Schedules nothing: what the kernels do under `Lanes`, with whole messages and their padding, is in `tests/conformance.rs`
//! and `tests/conformance_long.rs`.

use std::collections::HashMap;

use super::kernel::{Kernel, Proven};
use super::padding::{BLOCK_BYTES, Block, PADDING_ROOM, pad};
use super::sha1::{Columns, INITIAL, LANES_MAX, State, digest_of};

/// Every kernel that this CPU runs; the others are counted and named.
fn kernels() -> Vec<Proven> {
    let (run, not_run): (Vec<Kernel>, Vec<Kernel>) = Kernel::ALL.into_iter().partition(|kernel| kernel.is_available());
    let lacking: Vec<String> = not_run.iter().map(|kernel| format!(" ({kernel}: needs {})", kernel.needs())).collect();
    println!("kernels: {} run, {} NOT RUN{}", run.len(), not_run.len(), lacking.concat());
    run.into_iter().filter_map(Kernel::prove).collect()
}

/// Numbers that look like chance, and are the same in every run (the generator splitmix64).
fn number(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn bytes(seed: u64, count: usize) -> Vec<u8> {
    (0..count as u64).map(|at| number((seed << 32) + at) as u8).collect()
}

fn state(seed: u64) -> State {
    std::array::from_fn(|word| number((seed << 32) + (1 << 31) + word as u64) as u32)
}

fn blocks_of<'a>(lanes: &[&'a [u8]]) -> Vec<&'a [Block]> {
    lanes.iter().map(|lane| lane.as_chunks().0).collect()
}

/// What the standard's formulas make of one state and some blocks, a lane at a time.
fn folded(before: &State, blocks: &[u8]) -> State {
    let scalar = Kernel::Scalar.prove().expect("it needs nothing");
    let mut columns = Columns::new();
    columns.set(0, before);
    let blocks = blocks.as_chunks().0;
    scalar.compress(&mut columns, &[blocks], blocks.len());
    columns.get(0)
}

/// The twin itself is held against values that nobody here computed.
#[test]
fn one_block_by_hand() {
    // FIPS 180-2, appendix A.1: the words of the state after the only block of "abc".
    let mut block = [0; 3 + PADDING_ROOM];
    block[..3].copy_from_slice(b"abc");
    let end = pad(&mut block, 3, 3);
    assert_eq!(folded(&INITIAL, &block[..end]), [0xa999_3e36, 0x4706_816a, 0xba3e_2571, 0x7850_c26c, 0x9cd0_d89d]);
    assert_eq!(digest_of(&INITIAL).to_string(), "67452301efcdab8998badcfe10325476c3d2e1f0");
}

/// One, two and three blocks are the first, the next and the last of a kernel that prepares a block ahead; seven leave
/// something over however many it takes at a time. Lanes begin anywhere in memory and go on behind the blocks asked for.
#[test]
fn any_number_of_lanes_any_state_any_number_of_blocks() {
    for proven in kernels() {
        for lanes in 1..=proven.kernel().lanes() {
            for blocks in [0, 1, 2, 3, 7] {
                let seed = |lane: usize| ((lanes * 8 + blocks) * LANES_MAX + lane) as u64;
                let data: Vec<Vec<u8>> =
                    (0..lanes).map(|lane| bytes(seed(lane), lane + (blocks + lane) * BLOCK_BYTES)).collect();
                let slices: Vec<&[u8]> = data.iter().enumerate().map(|(lane, data)| &data[lane..]).collect();
                let mut columns = Columns::new();
                (0..lanes).for_each(|lane| columns.set(lane, &state(seed(lane))));
                proven.compress(&mut columns, &blocks_of(&slices), blocks);
                for (lane, slice) in slices.iter().enumerate() {
                    let right = folded(&state(seed(lane)), &slice[..blocks * BLOCK_BYTES]);
                    assert_eq!(columns.get(lane), right, "{}: lane {lane} of {lanes}", proven.kernel());
                }
            }
        }
    }
}

/// Each bit of a block and of a state reaches the result of its own lane and of no other.
#[test]
fn a_bit_changes_its_own_lane_and_no_other() {
    for proven in kernels() {
        let lanes = proven.kernel().lanes();
        let plain: Vec<Vec<u8>> = (0..lanes).map(|lane| bytes(lane as u64, BLOCK_BYTES)).collect();
        let run = |data: &[Vec<u8>], flipped: Option<(usize, usize)>| -> Vec<State> {
            let mut columns = Columns::new();
            (0..lanes).for_each(|lane| columns.set(lane, &INITIAL));
            if let Some((lane, bit)) = flipped {
                let mut state = INITIAL;
                state[bit / 32] ^= 1 << (bit % 32);
                columns.set(lane, &state);
            }
            let slices: Vec<&[u8]> = data.iter().map(Vec::as_slice).collect();
            proven.compress(&mut columns, &blocks_of(&slices), 1);
            (0..lanes).map(|lane| columns.get(lane)).collect()
        };
        let before = run(&plain, None);
        let only_lane = |lane: usize, after: &[State]| {
            for other in 0..lanes {
                assert_eq!(after[other] != before[other], other == lane, "{}: {lane}, {other}", proven.kernel());
            }
        };
        for lane in 0..lanes {
            let mut seen = HashMap::new();
            for bit in 0..BLOCK_BYTES * 8 {
                let mut data = plain.clone();
                data[lane][bit / 8] ^= 1 << (bit % 8);
                let after = run(&data, None);
                only_lane(lane, &after);
                assert_eq!(seen.insert(after[lane], bit), None, "{}: two bits do the same", proven.kernel());
                assert_eq!(after[lane], folded(&INITIAL, &data[lane]), "{}: bit {bit}", proven.kernel());
            }
            (0..160).for_each(|bit| only_lane(lane, &run(&plain, Some((lane, bit)))));
        }
    }
}

/// What a lane holds beyond the blocks asked for, and what stands in the columns of lanes that do not run, is of no
/// consequence to those that do.
#[test]
fn what_does_not_run_does_not_matter() {
    for proven in kernels() {
        let width = proven.kernel().lanes();
        let data: Vec<Vec<u8>> = (0..width).map(|lane| bytes(lane as u64, 2 * BLOCK_BYTES)).collect();
        for lanes in 1..=width {
            let slices: Vec<&[u8]> = data[..lanes].iter().map(Vec::as_slice).collect();
            let run = |rest: u64| -> Vec<State> {
                let mut columns = Columns::new();
                for lane in 0..LANES_MAX {
                    columns.set(lane, &if lane < lanes { INITIAL } else { state(rest + lane as u64) });
                }
                proven.compress(&mut columns, &blocks_of(&slices), 1);
                (0..lanes).map(|lane| columns.get(lane)).collect()
            };
            assert_eq!(run(1), run(100), "{}: {lanes} lanes", proven.kernel());
        }
    }
}
