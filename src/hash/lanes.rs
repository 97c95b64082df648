//! Multi-buffer SHA-1 scheduling: which job sits in which lane, and when to run.
//!
//! Knows nothing of files, threads or instruction sets; see `kernel` for the last.
//!
//! A job is one message, and it sits in a lane only while it has bytes: between its buffers it keeps its 20 bytes of
//! state and leaves the lane to another. So whoever has begun a job may submit to it at any time, in any order among
//! jobs, and what is submitted can always be hashed: no set of waiting jobs can keep another from its turn.

use std::collections::VecDeque;

use super::kernel::Kernel;
use super::message::{LaneBuffer, Message};
use crate::digest::Digest;

/// A message in progress. It is valid until its digest is handed out or it is abandoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Job(u32);

impl Job {
    /// A number below the room of its [`Lanes`], that no other job in progress there has.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What [`Lanes`] hands back.
#[derive(Debug)]
pub enum Done<B> {
    /// A buffer whose bytes have been hashed; its contents are no longer the caller's bytes.
    Buffer(Job, B),
    /// The digest of a job whose last buffer has been handed back; the job is over.
    Digest(Job, Digest),
}

/// The jobs of one worker and the lanes that they take turns in.
pub struct Lanes<B> {
    kernel: Kernel,
    jobs: Vec<Message<B>>,
    vacant: Vec<Job>,
    /// Jobs that have bytes, the one that waited longest first; the first `kernel.lanes()` of them run.
    ready: VecDeque<Job>,
}

impl<B: LaneBuffer> Lanes<B> {
    /// Room for `jobs` messages at a time; all memory is taken here.
    pub fn new(kernel: Kernel, jobs: usize) -> Lanes<B> {
        Lanes {
            kernel,
            jobs: (0..jobs).map(|_| Message::new()).collect(),
            vacant: (0..jobs as u32).rev().map(Job).collect(),
            ready: VecDeque::with_capacity(jobs),
        }
    }

    /// Messages that are hashed at once.
    pub fn width(&self) -> usize {
        self.kernel.lanes()
    }

    /// Jobs that have bytes to hash now.
    pub fn ready(&self) -> usize {
        self.ready.len()
    }

    /// Begins a message; `None` when as many as there is room for are in progress.
    pub fn begin(&mut self) -> Option<Job> {
        let job = self.vacant.pop()?;
        self.jobs[job.index()].begin();
        Some(job)
    }

    /// Lends the next bytes of a message; `last` ends it. Any number of bytes will do, none included.
    pub fn submit(&mut self, job: Job, buffer: B, last: bool) {
        let message = &mut self.jobs[job.index()];
        if message.submit(buffer, last) {
            self.ready.push_back(job);
        }
    }

    /// Runs full lanes until the first of them is through with its bytes, and hands back what is done. Returns whether
    /// there was anything to run.
    pub fn step(&mut self, done: &mut Vec<Done<B>>) -> bool {
        let running = self.ready.len().min(self.kernel.lanes());
        if running == 0 {
            return false;
        }
        match self.kernel.lanes() {
            1 => self.run_one(),
            _ => unreachable!("a wider kernel brings its own arrangement of states"),
        }
        let mut lane = 0;
        for _ in 0..running {
            let job = self.ready[lane];
            match self.settle(job, done) {
                Next::SameBuffer => lane += 1,
                // The others that wait come first: a long message shares the lane with the short ones behind it.
                Next::OtherBuffer => {
                    self.ready.remove(lane);
                    self.ready.push_back(job);
                }
                Next::Nothing => {
                    self.ready.remove(lane);
                }
            }
        }
        true
    }

    /// Runs until no job has bytes left.
    pub fn flush(&mut self, done: &mut Vec<Done<B>>) {
        while self.step(done) {}
    }

    /// Ends a message without a digest and hands back its buffers.
    pub fn abandon(&mut self, job: Job, done: &mut Vec<Done<B>>) {
        let message = &mut self.jobs[job.index()];
        done.extend(message.abandon().map(|buffer| Done::Buffer(job, buffer)));
        self.ready.retain(|&other| other != job);
        debug_assert!(!self.vacant.contains(&job), "a job that is over is not abandoned");
        self.vacant.push(job);
    }

    /// Hashes all that the first ready job has at hand in one piece.
    fn run_one(&mut self) {
        let message = &mut self.jobs[self.ready[0].index()];
        let input = message.input();
        let hashed = input.blocks.len();
        self.kernel.compress(&mut [input]);
        message.advance(hashed);
    }

    /// Hands back what a job is through with.
    fn settle(&mut self, job: Job, done: &mut Vec<Done<B>>) -> Next {
        let message = &mut self.jobs[job.index()];
        let mut next = Next::SameBuffer;
        loop {
            let Some((buffer, last)) = message.take_done() else {
                return next;
            };
            done.push(Done::Buffer(job, buffer));
            if last {
                done.push(Done::Digest(job, message.digest()));
                self.vacant.push(job);
                return Next::Nothing;
            }
            if !message.open_next() {
                return Next::Nothing;
            }
            next = Next::OtherBuffer;
        }
    }
}

/// What a job that ran has to hash next.
enum Next {
    /// More of the buffer that it was at.
    SameBuffer,
    /// The next buffer.
    OtherBuffer,
    /// Nothing now: it waits for bytes, or is over.
    Nothing,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::{PADDING_ROOM, Stream};

    /// Bytes with room behind them, or without, as read-only memory has none.
    struct Memory {
        bytes: Vec<u8>,
        length: usize,
    }

    impl Memory {
        fn new(bytes: &[u8], room: bool) -> Memory {
            let mut memory = bytes.to_vec();
            if room {
                memory.resize(bytes.len() + PADDING_ROOM, 0xa5);
            }
            Memory { bytes: memory, length: bytes.len() }
        }
    }

    impl AsRef<[u8]> for Memory {
        fn as_ref(&self) -> &[u8] {
            &self.bytes[..self.length]
        }
    }

    impl LaneBuffer for Memory {
        fn memory(&self) -> &[u8] {
            &self.bytes
        }

        fn memory_mut(&mut self) -> Option<&mut [u8]> {
            (self.bytes.len() >= self.length + PADDING_ROOM).then_some(&mut self.bytes)
        }
    }

    fn message(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at * 131 + at / 251) as u8).collect()
    }

    fn crate_digest(bytes: &[u8]) -> Digest {
        let mut stream = Stream::default();
        stream.update(bytes);
        stream.finish()
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
            for kernel in Kernel::ALL {
                let mut lanes = Lanes::new(kernel, 2);
                for room in [true, false] {
                    for first in 0..=length {
                        for second in [first, (first + 1).min(length), length] {
                            let job = lanes.begin().unwrap();
                            lanes.submit(job, Memory::new(&whole[..first], room), false);
                            lanes.submit(job, Memory::new(&whole[first..second], room), false);
                            lanes.submit(job, Memory::new(&whole[second..], room), true);
                            let mut done = Vec::new();
                            lanes.flush(&mut done);
                            assert_eq!(done.len(), 4, "three buffers and a digest");
                            assert_eq!(digests(done), [(job, crate_digest(&whole))], "{length} {first} {second}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn jobs_take_turns_and_each_gets_its_own_digest() {
        for kernel in Kernel::ALL {
            let count = 3 * kernel.lanes() + 1;
            let mut lanes = Lanes::new(kernel, count);
            let jobs: Vec<_> = (0..count).map(|_| lanes.begin().unwrap()).collect();
            assert!(lanes.begin().is_none());
            let lengths = |at: usize| (at * 997) % 5_000;
            let mut done = Vec::new();
            // Halves in opposite orders, with steps between: a waiting job must not hold a lane.
            for (at, &job) in jobs.iter().enumerate() {
                let whole = message(lengths(at));
                lanes.submit(job, Memory::new(&whole[..whole.len() / 2], true), false);
                lanes.step(&mut done);
            }
            lanes.flush(&mut done);
            assert_eq!(lanes.ready(), 0);
            for (at, &job) in jobs.iter().enumerate().rev() {
                let whole = message(lengths(at));
                lanes.submit(job, Memory::new(&whole[whole.len() / 2..], at % 2 == 0), true);
            }
            lanes.flush(&mut done);
            assert_eq!(done.len(), 3 * count);
            for (job, digest) in digests(done) {
                let at = jobs.iter().position(|&other| other == job).unwrap();
                assert_eq!(digest, crate_digest(&message(lengths(at))));
            }
            assert!((0..count).all(|_| lanes.begin().is_some()));
        }
    }

    #[test]
    fn an_abandoned_job_hands_its_buffers_back_and_leaves_the_others_alone() {
        for kernel in Kernel::ALL {
            let mut lanes = Lanes::new(kernel, 2);
            let (kept, left) = (lanes.begin().unwrap(), lanes.begin().unwrap());
            for job in [left, kept] {
                lanes.submit(job, Memory::new(&message(100), true), false);
                lanes.submit(job, Memory::new(&message(100), true), job == kept);
            }
            let mut done = Vec::new();
            lanes.abandon(left, &mut done);
            assert_eq!(done.len(), 2);
            lanes.flush(&mut done);
            assert_eq!(digests(done), [(kept, crate_digest(&[message(100), message(100)].concat()))]);
            assert!(lanes.begin().is_some() && lanes.begin().is_some() && lanes.begin().is_none());
        }
    }
}
