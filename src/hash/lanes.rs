//! Multi-buffer SHA-1 scheduling: which job sits in which lane, and when to run.
//!
//! Knows nothing of files, threads or instruction sets; see `kernel` for the last.
//!
//! A job is one message, and it sits in a lane only while it has bytes: between its buffers it keeps its 20 bytes of
//! state and leaves the lane to another. So whoever has begun a job may submit to it at any time, in any order among
//! jobs, and what is submitted can always be hashed: no set of waiting jobs can keep another from its turn.

use std::collections::VecDeque;

use super::choice::Kernels;
use super::kernel::{Kernel, Proven};
use super::message::{LaneBuffer, Message};
use super::padding::{BLOCK_BYTES, Block};
use super::sha1::{Columns, LANES_MAX, digest_of};
use crate::digest::Digest;
use crate::limits;

const _: () = assert!(limits::WORKER_FILES_OPEN >= LANES_MAX + limits::LONG_JOBS_BESIDE, "a worker can fill its lanes");

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
    kernels: Kernels,
    jobs: Vec<Message<B>>,
    /// As many jobs as there may be.
    room: usize,
    vacant: Vec<Job>,
    /// Jobs that have bytes and sit in no lane, the one that waited longest first.
    waiting: Waiting,
    /// Who sits in which lane; as many as run at the next step, or fewer.
    seats: Vec<Seat>,
    /// How many of them are long.
    long_seats: usize,
    /// The states of those who sit.
    columns: Columns,
    /// Bytes that each kernel has hashed, padding included.
    hashed_bytes: [u64; Kernel::ALL.len()],
    /// Long jobs have the next turn, where they take turns with the short ones.
    long_turn: bool,
}

/// Jobs that have bytes and sit in no lane.
struct Waiting {
    short: VecDeque<Job>,
    long: VecDeque<Job>,
}

#[derive(Clone, Copy)]
struct Seat {
    job: Job,
    is_long: bool,
    /// Blocks of its piece that have not been hashed. The message itself learns of them when its job leaves the lane, or
    /// none are left.
    left: usize,
}

/// Who may sit at a step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// The short ones, and long ones in lanes that they leave empty.
    All,
    Short,
    Long,
}

impl<B: LaneBuffer> Lanes<B> {
    /// Room for `jobs` messages at a time; memory is taken for as many as were ever in progress together.
    pub fn new(kernels: Kernels, jobs: usize) -> Lanes<B> {
        Lanes {
            kernels,
            jobs: Vec::new(),
            room: jobs,
            vacant: Vec::new(),
            waiting: Waiting { short: VecDeque::new(), long: VecDeque::new() },
            seats: Vec::with_capacity(LANES_MAX),
            long_seats: 0,
            columns: Columns::new(),
            hashed_bytes: [0; Kernel::ALL.len()],
            long_turn: false,
        }
    }

    /// Messages that are hashed at once where there are enough.
    pub fn width(&self) -> usize {
        self.kernels.width()
    }

    /// Goes on with other kernels: a job can change from one to another at any step.
    pub fn change_kernels(&mut self, kernels: Kernels) {
        self.kernels = kernels;
    }

    /// Bytes that a kernel has hashed, padding included.
    pub fn hashed_bytes(&self, kernel: Kernel) -> u64 {
        self.hashed_bytes[kernel as usize]
    }

    /// Jobs that have bytes to hash now.
    pub fn ready(&self) -> usize {
        self.seats.len() + self.waiting.len()
    }

    /// Whether more jobs with bytes would fill lanes: long ones that have turns of their own fill none.
    pub fn have_room(&self) -> bool {
        self.ready() < self.width() + self.jobs_of(Turn::Long).min(limits::LONG_JOBS_BESIDE)
    }

    /// Begins a message; `None` when as many as there is room for are in progress.
    pub fn begin(&mut self) -> Option<Job> {
        let job = match self.vacant.pop() {
            Some(job) => job,
            None if self.jobs.len() < self.room => {
                self.jobs.push(Message::new());
                Job(self.jobs.len() as u32 - 1)
            }
            None => return None,
        };
        self.jobs[job.index()].begin();
        Some(job)
    }

    /// Says how many bytes a message will have, so that a long one keeps out of the way of short ones from its first
    /// byte on. Without it a message is short until enough of it has come.
    pub fn announce(&mut self, job: Job, bytes: u64) {
        self.jobs[job.index()].announce(bytes);
    }

    /// Lends the next bytes of a message; `last` ends it. Any number of bytes will do, none included.
    pub fn submit(&mut self, job: Job, buffer: B, last: bool) {
        if self.jobs[job.index()].submit(buffer, last) {
            self.join(job);
        }
    }

    /// Runs full lanes until the first of them is through with its bytes, and hands back what is done. Returns whether
    /// there was anything to run.
    pub fn step(&mut self, done: &mut Vec<Done<B>>) -> bool {
        if self.ready() == 0 {
            return false;
        }
        let kernel = self.take_seats();
        let blocks = self.run(kernel);
        for lane in (0..self.seats.len()).rev() {
            let seat = &mut self.seats[lane];
            seat.left -= blocks;
            if seat.left == 0 {
                let message = &mut self.jobs[seat.job.index()];
                message.advance_to(0);
                seat.left = message.piece().len();
                if seat.left == 0 {
                    self.settle(lane, done);
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
        debug_assert!(!self.vacant.contains(&job), "a job that is over is not abandoned");
        if let Some(lane) = self.seats.iter().position(|seat| seat.job == job) {
            self.leave(lane);
        }
        self.waiting.forget(job);
        let message = &mut self.jobs[job.index()];
        done.extend(message.abandon().map(|buffer| Done::Buffer(job, buffer)));
        self.vacant.push(job);
    }

    /// Gives the lanes to those whose turn it is, and says by which kernel they run.
    ///
    /// Who sits stays until its buffer is through, unless the kernel for fewer jobs has fewer lanes, or a long job has to
    /// make room.
    fn take_seats(&mut self) -> Proven {
        let turn = self.next_turn();
        let kernel = self.kernels.for_filled(self.jobs_of(turn));
        let all_may_stay = self.seats.len() <= kernel.kernel().lanes() && turn == Turn::All && self.long_seats == 0;
        for lane in (0..self.seats.len()).rev().skip_while(|_| all_may_stay) {
            let seat = self.seats[lane];
            let has_turn = match turn {
                Turn::All => !seat.is_long || self.waiting.short.is_empty(),
                Turn::Short => !seat.is_long,
                Turn::Long => seat.is_long,
            };
            if !has_turn || lane >= kernel.kernel().lanes() {
                self.leave(lane);
                self.waiting.queue(seat.is_long).push_front(seat.job);
            }
        }
        while self.seats.len() < kernel.kernel().lanes() {
            let Some((job, is_long)) = self.waiting.next(turn) else { break };
            let message = &self.jobs[job.index()];
            self.columns.set(self.seats.len(), &message.state);
            self.seats.push(Seat { job, is_long, left: message.piece().len() });
            self.long_seats += usize::from(is_long);
        }
        kernel
    }

    /// Long jobs take turns with short ones where the short ones fill all lanes; where they do not, a long one beside
    /// them costs nothing.
    fn next_turn(&mut self) -> Turn {
        if self.jobs_of(Turn::Long) == 0 || self.jobs_of(Turn::Short) < self.width() {
            return Turn::All;
        }
        self.long_turn = !self.long_turn;
        if self.long_turn { Turn::Long } else { Turn::Short }
    }

    /// Jobs with bytes that may sit.
    fn jobs_of(&self, turn: Turn) -> usize {
        let long = self.waiting.long.len() + self.long_seats;
        match turn {
            Turn::All => self.ready(),
            Turn::Short => self.ready() - long,
            Turn::Long => long,
        }
    }

    /// Runs all who sit until the first is through with its piece, and says how many blocks of each that was.
    fn run(&mut self, kernel: Proven) -> usize {
        let mut lanes: [&[Block]; LANES_MAX] = [&[]; LANES_MAX];
        for (lane, seat) in lanes.iter_mut().zip(&self.seats) {
            let piece = self.jobs[seat.job.index()].piece();
            *lane = &piece[piece.len() - seat.left..];
        }
        let blocks = self.seats.iter().map(|seat| seat.left).min().unwrap_or(0);
        kernel.compress(&mut self.columns, &lanes[..self.seats.len()], blocks);
        self.hashed_bytes[kernel.kernel() as usize] += (blocks * BLOCK_BYTES * self.seats.len()) as u64;
        blocks
    }

    /// Hands back the buffer that the job in a lane is through with, and empties the lane: where the job has another
    /// buffer, those that wait come first all the same.
    fn settle(&mut self, lane: usize, done: &mut Vec<Done<B>>) {
        let job = self.seats[lane].job;
        self.leave(lane);
        while let Some((buffer, last)) = self.jobs[job.index()].take_done() {
            done.push(Done::Buffer(job, buffer));
            let message = &mut self.jobs[job.index()];
            if last {
                done.push(Done::Digest(job, digest_of(&message.state)));
                self.vacant.push(job);
                return;
            }
            if !message.open_next() {
                return;
            }
        }
        self.join(job);
    }

    /// Lets a job that has bytes wait for a lane.
    fn join(&mut self, job: Job) {
        let is_long = self.jobs[job.index()].length() > limits::SHORT_JOB_BYTES_MAX;
        self.waiting.queue(is_long).push_back(job);
    }

    /// Empties a lane: its job takes its state along, and the last lane moves into its place.
    fn leave(&mut self, lane: usize) {
        let seat = self.seats.swap_remove(lane);
        self.long_seats -= usize::from(seat.is_long);
        let message = &mut self.jobs[seat.job.index()];
        message.state = self.columns.get(lane);
        message.advance_to(seat.left);
        if lane < self.seats.len() {
            let moved = self.columns.get(self.seats.len());
            self.columns.set(lane, &moved);
        }
    }
}

impl Waiting {
    fn len(&self) -> usize {
        self.short.len() + self.long.len()
    }

    fn queue(&mut self, is_long: bool) -> &mut VecDeque<Job> {
        if is_long { &mut self.long } else { &mut self.short }
    }

    /// The next to sit, and whether it is long.
    fn next(&mut self, turn: Turn) -> Option<(Job, bool)> {
        let short = if turn == Turn::Long { None } else { self.short.pop_front() };
        short.map(|job| (job, false)).or_else(|| {
            let long = if turn == Turn::Short { None } else { self.long.pop_front() };
            long.map(|job| (job, true))
        })
    }

    fn forget(&mut self, job: Job) {
        self.short.retain(|&other| other != job);
        self.long.retain(|&other| other != job);
    }
}

#[cfg(test)]
mod tests;
