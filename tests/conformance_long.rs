//! What takes long, in the release profile only (`make test-long`): a million messages a kernel, and messages so long that
//! the count of their bits, and then of their bytes, passes 2^32.
//!
//! `cargo test` alone leaves these out: in the profile for tests they take many times as long.

#[path = "common/kernels.rs"]
mod kernels;
#[path = "common/memory.rs"]
mod memory;

use std::sync::Once;
use std::time::Instant;

use checksig::Digest;
use checksig::hash::{Done, Job, Kernels, LaneBuffer, Lanes, Stream};

use kernels::{crate_digest, tell};
use memory::{Memory, Numbers};

/// Lanes of the widest kernel.
const WIDTH_MAX: usize = 16;
const MIB: usize = 1 << 20;
/// Bytes of the one buffer that long messages are made of: within the L2 cache, and no whole number of blocks.
const PIECE: usize = 64 * 1024 + 24;

/// The same bytes for all lanes: none is copied, and none may be written.
struct Shared<'a>(&'a [u8]);

impl AsRef<[u8]> for Shared<'_> {
    fn as_ref(&self) -> &[u8] {
        self.0
    }
}

impl LaneBuffer for Shared<'_> {
    fn memory(&self) -> &[u8] {
        self.0
    }

    fn memory_mut(&mut self) -> Option<&mut [u8]> {
        None
    }
}

/// Says how long each kernel took, since this is what the time of these tests goes into.
fn timed(what: &str, name: &str, run: impl FnOnce()) {
    let started = Instant::now();
    run();
    tell(&format!("{what}, {name}: {:.1} s", started.elapsed().as_secs_f64()));
}

#[test]
#[cfg_attr(debug_assertions, ignore = "takes the release profile: make test-long")]
fn a_million_messages() {
    const MESSAGES: usize = 1_000_000;
    let bytes = Numbers(1).bytes(MIB);
    // Most are short, every 64th is longer; the digest of each is computed once for all kernels.
    let mut numbers = Numbers(2);
    let messages: Vec<&[u8]> = (0..MESSAGES)
        .map(|at| {
            let length = numbers.below(if at % 64 == 0 { 5_000 } else { 300 });
            &bytes[numbers.below(MIB - length)..][..length]
        })
        .collect();
    let right: Vec<Digest> = messages.iter().map(|message| crate_digest(message)).collect();
    for (name, kernels) in kernels::all() {
        timed("a million messages", &name, || {
            let jobs = 2 * kernels.width() + 1;
            check_all(&mut Lanes::new(kernels, jobs), jobs, &messages, &right, &name);
        });
    }
}

/// Keeps as many messages in progress as there is room for; every fifth comes in two pieces, every other has no room.
fn check_all(lanes: &mut Lanes<Memory>, jobs: usize, messages: &[&[u8]], right: &[Digest], name: &str) {
    let mut of_job = vec![0; jobs];
    let (mut done, mut checked) = (Vec::new(), 0);
    let mut step = |lanes: &mut Lanes<Memory>, of_job: &[usize]| {
        let ran = lanes.step(&mut done);
        for done in done.drain(..) {
            if let Done::Digest(job, digest) = done {
                let at = of_job[job.index()];
                assert_eq!(digest, right[at], "{name}: message {at} of {} bytes", messages[at].len());
                checked += 1;
            }
        }
        ran
    };
    for (at, message) in messages.iter().enumerate() {
        let job = loop {
            match lanes.begin() {
                Some(job) => break job,
                None => assert!(step(lanes, &of_job), "jobs without bytes"),
            }
        };
        of_job[job.index()] = at;
        let cut = if at % 5 == 0 { message.len() * (at % 7) / 6 } else { 0 };
        if cut > 0 {
            lanes.submit(job, Memory::new(0, &message[..cut], at % 2 == 0), false);
        }
        lanes.submit(job, Memory::new(1, &message[cut..], at % 2 == 0), true);
    }
    while step(lanes, &of_job) {}
    assert_eq!(checked, messages.len());
}

/// Messages of the same endless bytes, each of its own length, through full lanes.
fn check_long(kernels: Kernels, lengths: &[u64], right: &[Digest], piece: &[u8], name: &str) {
    let width = kernels.width();
    let mut lanes = Lanes::new(kernels, width);
    let jobs: Vec<Job> = (0..width).map(|_| lanes.begin().expect("room")).collect();
    let of_job = |job: Job| jobs.iter().position(|&other| other == job).expect("a job of these");
    let mut left: Vec<u64> = lengths[..width].to_vec();
    let feed = |lanes: &mut Lanes<_>, at: usize, left: &mut [u64]| {
        let bytes = left[at].min(piece.len() as u64);
        left[at] -= bytes;
        lanes.submit(jobs[at], Shared(&piece[..bytes as usize]), left[at] == 0);
    };
    (0..width).for_each(|at| feed(&mut lanes, at, &mut left));
    let (mut done, mut checked) = (Vec::new(), 0);
    while lanes.step(&mut done) {
        for done in done.drain(..) {
            match done {
                Done::Buffer(job, _) if left[of_job(job)] > 0 => feed(&mut lanes, of_job(job), &mut left),
                Done::Buffer(..) => {}
                Done::Digest(job, digest) => {
                    let at = of_job(job);
                    assert_eq!(digest, right[at], "{name}: {} bytes", lengths[at]);
                    checked += 1;
                }
            }
        }
    }
    assert_eq!(checked, width);
}

/// The digests of the first so many of the endless bytes, by the crate in one pass.
fn long_digests(lengths: &[u64], piece: &[u8]) -> Vec<Digest> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&at| lengths[at]);
    let mut digests = vec![crate_digest(b""); lengths.len()];
    let (mut stream, mut at_byte) = (Stream::default(), 0);
    for at in order {
        while at_byte < lengths[at] {
            let place = (at_byte % piece.len() as u64) as usize;
            let bytes = (lengths[at] - at_byte).min((piece.len() - place) as u64);
            stream.update(&piece[place..][..bytes as usize]);
            at_byte += bytes;
        }
        digests[at] = stream.clone().finish();
    }
    digests
}

/// Lengths around an edge, the edge itself first, so that the kernels of one lane have that.
fn around(edge: u64) -> [u64; WIDTH_MAX] {
    const STEPS: [i64; WIDTH_MAX] = [0, 1, -1, 56, 55, -8, -9, 64, 63, 65, -64, 119, 120, 4_096, PIECE as i64, 100_000];
    STEPS.map(|step| edge.checked_add_signed(step).expect("edges are far from both ends"))
}

/// All but the slow twin, which would take a third of the time, and the mix of others: the counters of long
/// messages are the same code for all kernels, and each routine by itself is here.
fn fast_kernels() -> impl Iterator<Item = (String, Kernels)> {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| tell("long messages: scalar and auto not run (slow; a mix of the others)"));
    let is_fast = |name: &str| name != "scalar" && !name.starts_with("auto");
    kernels::all().into_iter().filter(move |(name, _)| is_fast(name))
}

fn past(what: &str, edge: u64) {
    let piece = Numbers(3).bytes(PIECE);
    let lengths = around(edge);
    let right = long_digests(&lengths, &piece);
    for (name, kernels) in fast_kernels() {
        timed(what, &name, || check_long(kernels, &lengths, &right, &piece, &name));
    }
}

#[test]
#[cfg_attr(debug_assertions, ignore = "takes the release profile: make test-long")]
fn messages_of_two_to_the_32_bits() {
    past("2^32 bits", 1 << 29);
}

/// Where there is one lane only, it has one byte more than 2^32; the third lane has 2^32 exactly.
#[test]
#[cfg_attr(debug_assertions, ignore = "takes the release profile: make test-long")]
fn messages_of_more_than_two_to_the_32_bytes() {
    past("more than 2^32 bytes", (1 << 32) + 1);
}

/// The standard's extremely long example: 64 bytes 16 777 216 times, 1 GiB.
#[test]
#[cfg_attr(debug_assertions, ignore = "takes the release profile: make test-long")]
fn the_published_digest_of_a_gibibyte() {
    const BLOCK: &[u8] = b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno";
    let piece = BLOCK.repeat(1_000);
    let right: Digest = "7789f0c9ef7bfc40d93311143dfbe69e2017f592".parse().expect("a digest");
    for (name, kernels) in fast_kernels() {
        timed("1 GiB", &name, || check_long(kernels, &[1 << 30; WIDTH_MAX], &[right; WIDTH_MAX], &piece, &name));
    }
}
