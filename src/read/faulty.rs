//! A source that goes wrong at one moment, or from that moment on: what tests put between a reader and who drives it.
//!
//! Reads nothing itself, and does only what `Source` allows a reader to do, but for `Flips`, which is what no reader may.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::buffers::BufferPool;
use super::segment::{Bytes, End, Event, Failure, PlannedFile, Resume, Segment, Ticket};
use super::{Source, Wait};
use crate::root::Root;

/// What goes wrong. Each has points of its own at which it can: see [`Script::points`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A file cannot be opened. Its points are the files taken on.
    OpenFails(Errno),
    /// A file is left to another source. Its points are the files that were not left before.
    Leaves,
    /// A read fails in place of a segment, or after the last one. Its points are both.
    ReadFails(Errno),
    /// As before, but the file turns out to have another size.
    Moves,
    /// One bit of a segment is wrong. Its points are the segments with bytes.
    Flips,
    /// The source breaks, and leaves all files that it has to others. Its points are segments.
    Breaks,
    /// Nothing comes for a while. Its points are segments and ends.
    Delays,
    /// Other files' events come first, as many as `OVERTAKING`. Its points are segments and ends.
    Overtaken,
    /// The end of a file comes late, and those of others meanwhile. Its points are the ends.
    EndsLate,
}

/// How long what is late waits: longer than a reader thread waits for anything, and short beside a run.
const LATE: Duration = Duration::from_millis(8);

/// Events of other files that come before one that is overtaken.
const OVERTAKING: usize = 3;

/// When it goes wrong, and what did: shared by all sources of a run.
pub(crate) struct Script {
    fault: Fault,
    first: u64,
    for_ever: bool,
    points: AtomicU64,
    struck: Mutex<Vec<Struck>>,
    left: Mutex<HashSet<Vec<u8>>>,
}

/// Where it went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Struck {
    pub(crate) name: Vec<u8>,
    /// The first byte that was not handed out.
    pub(crate) offset: u64,
}

impl Script {
    /// At the point of this number, counted from 0, and perhaps at all after it.
    pub(crate) fn new(fault: Fault, first: u64, for_ever: bool) -> Script {
        let (points, struck, left) = (AtomicU64::new(0), Mutex::default(), Mutex::default());
        Script { fault, first, for_ever, points, struck, left }
    }

    /// Points that there were so far.
    pub(crate) fn points(&self) -> u64 {
        self.points.load(Ordering::Relaxed)
    }

    pub(crate) fn struck(&self) -> Vec<Struck> {
        self.struck.lock().unwrap().clone()
    }

    fn strikes(&self, name: &[u8], offset: u64) -> bool {
        let point = self.points.fetch_add(1, Ordering::Relaxed);
        let strikes = point == self.first || self.for_ever && point > self.first;
        if strikes {
            self.struck.lock().unwrap().push(Struck { name: name.to_vec(), offset });
        }
        strikes
    }
}

/// The source between.
pub(crate) struct Faulty<S> {
    source: S,
    script: Arc<Script>,
    /// Where the files of a source that breaks are opened anew.
    root: Arc<Root>,
    files: HashMap<Ticket, Known>,
    /// To be told before anything else.
    due: VecDeque<Event>,
    held: Option<Held>,
    broken: bool,
    /// Copies that went out with a wrong bit, by their address, and what they were made of.
    copies: Vec<(usize, Bytes)>,
}

/// What there is to know of a file in progress.
struct Known {
    name: Vec<u8>,
    /// The first byte that has not been handed out.
    offset: u64,
    /// Whether its last segment has been handed out.
    ended: bool,
    failure: Option<Failure>,
    /// Its source has broken: nothing more of it is told, and another source is to go on.
    lost: bool,
}

/// The events of one file, which wait.
struct Held {
    ticket: Ticket,
    events: VecDeque<Event>,
    /// Until this moment, if there is one; else until so many others have gone by, or there are none.
    until: Option<Instant>,
    others: usize,
    /// All else waits too.
    alone: bool,
}

impl<S: Source> Faulty<S> {
    pub(crate) fn new(source: S, script: Arc<Script>, root: Arc<Root>) -> Faulty<S> {
        let (files, due, copies) = (HashMap::new(), VecDeque::new(), Vec::new());
        Faulty { source, script, root, files, due, held: None, broken: false, copies }
    }

    /// The next event that is not held back.
    fn next(&mut self, wait: Wait) -> Event {
        loop {
            if let Some(event) = self.due.pop_front() {
                return event;
            }
            if self.held.as_ref().is_some_and(Held::is_over) {
                self.due = self.held.take().expect("it was there").events;
                continue;
            }
            if self.held.as_ref().is_some_and(|held| held.alone) {
                return self.nothing(wait);
            }
            let event = self.source.poll(wait);
            let ticket = match &event {
                Event::Segment(segment) => segment.ticket,
                Event::End(end) => end.file.ticket,
                Event::Elsewhere(file) => file.ticket,
                Event::Starved | Event::Idle => match &mut self.held {
                    Some(held) if held.until.is_none() => {
                        held.others = 0;
                        continue;
                    }
                    Some(_) if matches!(event, Event::Idle) => return self.nothing(wait),
                    _ => return event,
                },
            };
            match &mut self.held {
                Some(held) if held.ticket == ticket => held.events.push_back(event),
                Some(held) => {
                    held.others = held.others.saturating_sub(1);
                    return event;
                }
                None => {
                    if let Some(event) = self.strike(ticket, event) {
                        return event;
                    }
                }
            }
        }
    }

    fn nothing(&self, wait: Wait) -> Event {
        if let Wait::Most(limit) = wait {
            std::thread::sleep(limit.min(LATE));
        }
        Event::Idle
    }

    /// What becomes of an event: itself, another in its place, or nothing for now.
    fn strike(&mut self, ticket: Ticket, event: Event) -> Option<Event> {
        let known = self.files.get_mut(&ticket).expect("an event is about a file taken on");
        if self.broken && !known.lost && !known.ended {
            known.lost = true;
            self.script.struck.lock().unwrap().push(Struck { name: known.name.clone(), offset: known.offset });
        }
        let read = matches!(&event, Event::Segment(_)) || matches!(&event, Event::End(end) if end.result.is_ok());
        if known.failure.is_none() && !known.lost && read {
            let strikes = |script: &Script| script.strikes(&known.name, known.offset);
            match self.script.fault {
                Fault::ReadFails(errno) if strikes(&self.script) => {
                    known.failure = Some(Failure::Unreadable { errno, offset: known.offset });
                }
                Fault::Moves if strikes(&self.script) => known.failure = Some(Failure::Moved),
                Fault::Breaks if !known.ended && strikes(&self.script) => {
                    self.broken = true;
                    known.lost = true;
                }
                Fault::Delays if strikes(&self.script) => return self.hold(ticket, event, true, true),
                Fault::Overtaken if strikes(&self.script) => return self.hold(ticket, event, false, false),
                Fault::EndsLate if matches!(event, Event::End(_)) && strikes(&self.script) => {
                    return self.hold(ticket, event, true, false);
                }
                _ => {}
            }
        }
        match event {
            Event::Segment(segment) if known.failure.is_some() || known.lost => {
                self.source.release(ticket, segment.bytes);
                None
            }
            Event::Segment(segment) => {
                let length = segment.bytes.as_slice().len();
                let flips =
                    self.script.fault == Fault::Flips && length > 0 && self.script.strikes(&known.name, known.offset);
                known.offset += length as u64;
                known.ended = segment.last;
                Some(Event::Segment(if flips { self.flip(segment) } else { segment }))
            }
            // One that has its own reason not to be read whole keeps it.
            Event::End(End { mut file, result: Ok(_) }) if known.lost => {
                let Known { name, offset, .. } = self.files.remove(&ticket).expect("it was there above");
                let opened = self.root.open(&name).expect("it is there still");
                let held = super::held::Held::new(opened);
                // It may have been.
                file.resume = Some(Box::new(Resume { held, offset, was_mapped: true }));
                Some(Event::Elsewhere(file))
            }
            Event::End(end) => {
                let failure = self.files.remove(&ticket).and_then(|known| known.failure);
                // One that has its own reason not to be read whole keeps it.
                Some(end.file.end(end.result.and_then(|proof| failure.map_or(Ok(proof), Err))))
            }
            Event::Elsewhere(file) => {
                let failure = self.files.remove(&ticket).and_then(|known| known.failure);
                Some(match failure {
                    Some(failure) => file.end(Err(failure)),
                    None => Event::Elsewhere(file),
                })
            }
            Event::Starved | Event::Idle => unreachable!("about no file"),
        }
    }

    fn hold(&mut self, ticket: Ticket, event: Event, timed: bool, alone: bool) -> Option<Event> {
        let until = timed.then(|| Instant::now() + LATE);
        self.held = Some(Held { ticket, events: [event].into(), until, others: OVERTAKING, alone });
        None
    }

    /// A copy of the segment with its middle bit wrong: what a map holds must not be written to.
    fn flip(&mut self, segment: Segment) -> Segment {
        let bytes = segment.bytes.as_slice();
        let mut pool = BufferPool::new(bytes.len(), 1).expect("memory");
        let mut copy = pool.take().expect("a pool has one buffer at least");
        copy.target()[..bytes.len()].copy_from_slice(bytes);
        copy.target()[bytes.len() / 2] ^= 0x10;
        copy.set_length(bytes.len());
        self.copies.push((copy.as_ref().as_ptr().addr(), segment.bytes));
        Segment { bytes: Bytes::Buffer(copy), ..segment }
    }
}

impl Held {
    fn is_over(&self) -> bool {
        match self.until {
            Some(until) => Instant::now() >= until,
            None => self.others == 0,
        }
    }
}

impl<S: Source> Source for Faulty<S> {
    fn add(&mut self, file: PlannedFile) {
        let offset = file.resume.as_ref().map_or(0, |resume| resume.offset);
        match self.script.fault {
            Fault::OpenFails(errno) if file.resume.is_none() && self.script.strikes(&file.name, 0) => {
                return self.due.push_back(file.end(Err(Failure::Unreadable { errno, offset: 0 })));
            }
            Fault::Leaves => {
                let is_new = self.script.left.lock().unwrap().insert(file.name.clone());
                if is_new && self.script.strikes(&file.name, offset) {
                    return self.due.push_back(Event::Elsewhere(file));
                }
            }
            _ => {}
        }
        self.files
            .insert(file.ticket, Known { name: file.name.clone(), offset, ended: false, failure: None, lost: false });
        self.source.add(file);
    }

    fn has_room(&self) -> bool {
        !self.broken && self.source.has_room()
    }

    fn in_progress(&self) -> usize {
        let ends = |event: &&Event| matches!(event, Event::End(_) | Event::Elsewhere(_));
        let held = self.held.iter().flat_map(|held| &held.events);
        self.source.in_progress() + self.due.iter().chain(held).filter(ends).count()
    }

    fn poll(&mut self, wait: Wait) -> Event {
        self.next(wait)
    }

    fn release(&mut self, ticket: Ticket, bytes: Bytes) {
        let place = bytes.as_slice().as_ptr().addr();
        let bytes = match self.copies.iter().position(|(copy, _)| *copy == place) {
            Some(at) => self.copies.swap_remove(at).1,
            None => bytes,
        };
        self.source.release(ticket, bytes);
    }

    fn rest(&mut self) {
        self.source.rest();
    }

    fn wait_from_now_on(&mut self) {
        self.source.wait_from_now_on();
    }

    fn buffers_out(&self) -> usize {
        self.source.buffers_out()
    }

    fn surplus(&mut self) -> Option<PlannedFile> {
        let file = self.source.surplus()?;
        self.files.remove(&file.ticket);
        Some(file)
    }

    fn has_room_for_surplus(&self) -> bool {
        !self.broken && self.source.has_room_for_surplus()
    }

    fn has_events(&self) -> bool {
        !self.due.is_empty() || self.source.has_events()
    }

    fn take_reason(&mut self) -> Option<String> {
        self.source.take_reason()
    }

    fn broken(&self) -> Option<String> {
        if self.broken { Some("a fault of the test's".to_owned()) } else { self.source.broken() }
    }
}
