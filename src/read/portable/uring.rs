//! Stands in for the reader of io_uring in a build that has none.
//!
//! Reads nothing: there never is such a source.

use std::fmt;
use std::io;
use std::sync::Arc;

use super::manner::Manner;
use super::segment::{Bytes, Event, PlannedFile, Ticket};
use super::{ReaderRoom, Source, Wait};
use crate::root::Root;

/// A source that nobody has.
pub(crate) enum Uring {}

/// Why there is no ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused;

/// Says that there is none.
pub(crate) fn probe() -> Result<(), Refused> {
    Err(Refused)
}

/// The same.
pub(crate) fn probe_deferred() -> Result<bool, Refused> {
    Err(Refused)
}

impl Uring {
    /// The same.
    pub(crate) fn new(_root: Arc<Root>, _manner: Arc<Manner>, _room: ReaderRoom) -> Result<io::Result<Uring>, Refused> {
        Err(Refused)
    }
}

impl Refused {
    /// That there is none.
    pub(crate) fn why(&self) -> String {
        "this build has no io_uring".to_owned()
    }

    /// Nothing can be done about it.
    pub(crate) fn remedy(&self) -> Option<String> {
        None
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.why())
    }
}

impl Source for Uring {
    fn add(&mut self, _file: PlannedFile) {
        match *self {}
    }

    fn has_room(&self) -> bool {
        match *self {}
    }

    fn in_progress(&self) -> usize {
        match *self {}
    }

    fn poll(&mut self, _wait: Wait) -> Event {
        match *self {}
    }

    fn release(&mut self, _ticket: Ticket, _bytes: Bytes) {
        match *self {}
    }

    fn buffers_out(&self) -> usize {
        match *self {}
    }
}
