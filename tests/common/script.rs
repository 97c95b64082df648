//! Bytes as a script for `Lanes`: jobs begun, fed, stepped and abandoned in any order, beside a twin that feeds each
//! message to `Stream`.
//!
//! Any bytes are a script, so that a fuzzer may make them. Knows of the lanes only what they promise.
#![allow(unreachable_pub, reason = "test files and the fuzz target include it")]

use std::collections::VecDeque;

use checksig::hash::{Done, Job, Kernel, Kernels, Lanes, Stream};
use checksig::limits;

use crate::memory::{Memory, Numbers};

/// What was done, for a test to see that its scripts do everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Played {
    pub begun: usize,
    pub submitted: usize,
    pub steps: usize,
    pub digests: usize,
    pub abandoned: usize,
    pub announced_long: usize,
    pub full: usize,
}

/// Plays a script to its end, and panics where the lanes break a promise.
pub fn play(script: &[u8]) -> Played {
    let mut script = Script(script.iter());
    let kernels = script.kernels();
    let rooms = 1 + usize::from(script.byte()) % 48;
    let mut stage = Stage::new(kernels, rooms);
    while let Some(word) = script.0.next() {
        let value = script.byte();
        match word % 16 {
            0..3 => stage.begin(),
            3..9 => stage.submit(value, script.length(), word & 0x80 != 0, word & 0x60 == 0),
            9..12 => stage.step(),
            12 => stage.submit_to_all(value, script.length()),
            13 => stage.abandon(value),
            14 => stage.announce(value, u64::from(script.byte())),
            _ if value < 64 => stage.flush(),
            _ => stage.step(),
        }
    }
    stage.end();
    stage.played
}

struct Script<'a>(std::slice::Iter<'a, u8>);

impl Script<'_> {
    fn byte(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(0)
    }

    /// One kernel for everything, or what the measurement chose; that also where the CPU lacks the kernel.
    fn kernels(&mut self) -> Kernels {
        let kernel = Kernel::ALL.get(usize::from(self.byte()) % (Kernel::ALL.len() + 1)).copied();
        kernel.and_then(|kernel| Kernels::forced(kernel).ok()).unwrap_or_else(Kernels::auto)
    }

    /// Around the edges of a block, short, or longer than any piece that a lane is at.
    fn length(&mut self) -> usize {
        let value = usize::from(self.byte());
        match value {
            0..130 => value,
            130..146 => (value - 130) * 64,
            146..162 => (value - 146) * 64 + 55,
            162..178 => (value - 162) * 64 + 56,
            _ => (value - 177) * usize::from(self.byte()),
        }
    }
}

/// A message as the twin sees it.
struct Message {
    job: Job,
    stream: Stream,
    /// The numbers of the buffers that are lent, the first submitted first.
    lent: VecDeque<u64>,
    ended: bool,
}

struct Stage {
    lanes: Lanes<Memory>,
    rooms: usize,
    /// The messages in progress.
    messages: Vec<Message>,
    buffers: u64,
    done: Vec<Done<Memory>>,
    /// Blocks that were submitted and may not have been hashed, and buffers on top: more steps than that are for nothing.
    steps_left: usize,
    played: Played,
}

impl Stage {
    fn new(kernels: Kernels, rooms: usize) -> Stage {
        let lanes = Lanes::new(kernels, rooms);
        let (messages, done) = (Vec::new(), Vec::new());
        Stage { lanes, rooms, messages, buffers: 0, done, steps_left: 0, played: Played::default() }
    }

    fn begin(&mut self) {
        let Some(job) = self.lanes.begin() else {
            assert_eq!(self.messages.len(), self.rooms, "there was room");
            self.played.full += 1;
            return;
        };
        assert!(job.index() < self.rooms);
        assert!(self.messages.iter().all(|other| other.job.index() != job.index()), "a job that is in progress");
        self.messages.push(Message { job, stream: Stream::default(), lent: VecDeque::new(), ended: false });
        self.played.begun += 1;
        self.look();
    }

    /// A message that more bytes may come to, chosen by a number.
    fn open(&self, chosen: u8) -> Option<usize> {
        let open: Vec<usize> = (0..self.messages.len()).filter(|&at| !self.messages[at].ended).collect();
        open.get(usize::from(chosen) % open.len().max(1)).copied()
    }

    fn submit(&mut self, chosen: u8, length: usize, last: bool, read_only: bool) {
        let Some(at) = self.open(chosen) else { return };
        let memory = Memory::new(self.buffers, &contents(self.buffers, length), !read_only);
        let message = &mut self.messages[at];
        message.stream.update(memory.as_ref());
        message.lent.push_back(self.buffers);
        message.ended = last;
        self.buffers += 1;
        self.steps_left += length / 64 + 4;
        self.lanes.submit(message.job, memory, last);
        self.played.submitted += 1;
        self.look();
    }

    /// Fills the lanes with one stroke, which single submissions seldom do.
    fn submit_to_all(&mut self, value: u8, length: usize) {
        for chosen in 0..self.messages.len() {
            self.submit(chosen as u8, length + chosen * usize::from(value % 32), value & 0x80 != 0, value & 0x60 == 0);
        }
    }

    fn announce(&mut self, chosen: u8, value: u64) {
        let Some(at) = self.open(chosen) else { return };
        let bytes = if value >= 128 { limits::SHORT_JOB_BYTES_MAX + value - 128 } else { value };
        self.lanes.announce(self.messages[at].job, bytes);
        self.played.announced_long += usize::from(bytes > limits::SHORT_JOB_BYTES_MAX);
        self.look();
    }

    fn abandon(&mut self, chosen: u8) {
        if self.messages.is_empty() {
            return;
        }
        let message = &self.messages[usize::from(chosen) % self.messages.len()];
        let job = message.job;
        self.lanes.abandon(job, &mut self.done);
        self.take();
        let at = self.messages.iter().position(|message| message.job == job).expect("no digest comes of abandoning");
        assert!(self.messages.swap_remove(at).lent.is_empty(), "a buffer was not handed back");
        self.played.abandoned += 1;
        self.look();
    }

    fn step(&mut self) {
        let ready = self.lanes.ready();
        assert_eq!(self.lanes.step(&mut self.done), ready > 0);
        if ready > 0 {
            self.steps_left = self.steps_left.checked_sub(1).expect("steps come to an end");
        }
        self.played.steps += 1;
        self.take();
        self.look();
    }

    fn flush(&mut self) {
        self.lanes.flush(&mut self.done);
        self.take();
        self.look();
        assert_eq!(self.lanes.ready(), 0);
        self.steps_left = 0;
    }

    /// Takes what was handed back, each at its time and once.
    fn take(&mut self) {
        for done in self.done.drain(..) {
            let job = match &done {
                Done::Buffer(job, _) | Done::Digest(job, _) => *job,
            };
            let at = self.messages.iter().position(|message| message.job == job).expect("a job in progress");
            match done {
                Done::Buffer(_, memory) => {
                    assert_eq!(self.messages[at].lent.pop_front(), Some(memory.number), "in the order submitted");
                    if !memory.has_room() {
                        assert!(memory.as_ref() == contents(memory.number, memory.as_ref().len()), "it was written to");
                    }
                }
                Done::Digest(_, digest) => {
                    let message = self.messages.swap_remove(at);
                    assert!(message.ended && message.lent.is_empty(), "a digest before its time");
                    assert_eq!(digest, message.stream.finish());
                    self.played.digests += 1;
                }
            }
        }
    }

    /// Whoever has lent a buffer has something to hash, and nobody else; whoever has ended and lent nothing is over.
    fn look(&self) {
        assert_eq!(self.lanes.ready(), self.messages.iter().filter(|message| !message.lent.is_empty()).count());
        assert!(self.messages.iter().all(|message| !message.ended || !message.lent.is_empty()), "a digest is missing");
    }

    /// Ends every message, each by steps alone, and sees that there is room for as many as before.
    fn end(&mut self) {
        while self.messages.iter().any(|message| !message.ended) {
            self.submit(self.buffers as u8, self.buffers as usize % 70, true, self.buffers.is_multiple_of(3));
        }
        while self.lanes.ready() > 0 {
            self.step();
        }
        assert!(self.messages.is_empty(), "every message has ended");
        (0..self.rooms).for_each(|_| self.begin());
        assert!(self.lanes.begin().is_none());
        assert_eq!(self.messages.len(), self.rooms);
    }
}

/// The bytes of a buffer, by its number: no two begin alike.
fn contents(number: u64, length: usize) -> Vec<u8> {
    Numbers(number << 20).bytes(length)
}
