//! Messages through the lanes, as a worker feeds them: the same few buffers again and again, a piece a message at a time.
//!
//! Measures nothing, and looks at no digest.

use std::hint::black_box;

use checksig::hash::{Done, Kernels, LaneBuffer, Lanes, PADDING_ROOM};
use checksig::limits;

use crate::memory::Numbers;

/// Bytes of a piece: sixteen of them are within the L2 cache, one within the L1.
pub(crate) const PIECE_BYTES: usize = 16 * 1024;

/// From one buffer to the next, so that lanes side by side do not compete for the same sets of the L1 cache.
const PITCH: usize = (PIECE_BYTES + PADDING_ROOM).next_multiple_of(limits::PAGE_BYTES) + limits::BUFFER_STAGGER_BYTES;

/// Jobs of a mix of lengths: so many buffers are within the L2 cache.
pub(crate) const MIX_JOBS: usize = 32;

/// Longest message of a mix; one that has a lane for the whole run would be all that is measured.
const MIX_LENGTH_MAX: f64 = 16.0 * 1024.0 * 1024.0;

struct Buffer<'a> {
    memory: &'a mut [u8],
    length: usize,
}

impl AsRef<[u8]> for Buffer<'_> {
    fn as_ref(&self) -> &[u8] {
        &self.memory[..self.length]
    }
}

impl LaneBuffer for Buffer<'_> {
    fn memory(&self) -> &[u8] {
        self.memory
    }

    fn memory_mut(&mut self) -> Option<&mut [u8]> {
        Some(self.memory)
    }
}

/// Memory for so many buffers.
pub(crate) fn arena(buffers: usize) -> Vec<u8> {
    vec![0x5a; PITCH * buffers]
}

/// Lanes with a buffer a job.
pub(crate) struct Workload<'a> {
    lanes: Lanes<Buffer<'a>>,
    pool: Vec<Buffer<'a>>,
    /// Bytes of each job that have not been submitted.
    left: Vec<usize>,
    done: Vec<Done<Buffer<'a>>>,
}

impl<'a> Workload<'a> {
    pub(crate) fn new(kernels: Kernels, jobs: usize, arena: &'a mut [u8]) -> Workload<'a> {
        let pool = arena.chunks_exact_mut(PITCH).take(jobs).map(|memory| Buffer { memory, length: 0 });
        Workload { lanes: Lanes::new(kernels, jobs), pool: pool.collect(), left: vec![0; jobs], done: Vec::new() }
    }

    /// Hashes messages of these lengths, as many at a time as there are jobs; returns their bytes.
    pub(crate) fn run(&mut self, lengths: impl Iterator<Item = usize>) -> u64 {
        let mut lengths = lengths.peekable();
        let mut bytes = 0;
        loop {
            while lengths.peek().is_some() {
                let Some(job) = self.lanes.begin() else { break };
                let (length, buffer) = (lengths.next().unwrap_or(0), self.pool.pop().expect("a buffer a job"));
                bytes += length as u64;
                self.left[job.index()] = length;
                self.submit(job, buffer);
            }
            if !self.lanes.step(&mut self.done) {
                return bytes;
            }
            let mut done = std::mem::take(&mut self.done);
            for done in done.drain(..) {
                match done {
                    Done::Buffer(job, buffer) if self.left[job.index()] > 0 => self.submit(job, buffer),
                    Done::Buffer(_, buffer) => self.pool.push(buffer),
                    Done::Digest(_, digest) => {
                        black_box(digest);
                    }
                }
            }
            self.done = done;
        }
    }

    fn submit(&mut self, job: checksig::hash::Job, mut buffer: Buffer<'a>) {
        let left = &mut self.left[job.index()];
        buffer.length = PIECE_BYTES.min(*left);
        *left -= buffer.length;
        let last = *left == 0;
        self.lanes.submit(job, buffer, last);
    }
}

/// Lengths whose logarithms are distributed normally around that of the median, some 64 MiB together.
pub(crate) fn log_normal(median: usize, sigma: f64) -> Vec<usize> {
    let mut numbers = Numbers(median as u64);
    let mut uniform = || (numbers.below(1 << 53) as f64 + 0.5) / (1_u64 << 53) as f64;
    let (mut lengths, mut bytes) = (Vec::new(), 0);
    while bytes < 64 << 20 {
        // Box and Muller's way from two uniform numbers to a normal one.
        let normal = (-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos();
        let length = (median as f64 * (sigma * normal).exp()).min(MIX_LENGTH_MAX) as usize;
        bytes += length;
        lengths.push(length);
    }
    lengths
}
