//! Waiting a moment for more to hash side by side, where bytes come slower than they are hashed.
//!
//! Hashes nothing.

use std::time::Duration;

use super::Worker;
use crate::limits;

impl Worker {
    /// Where few jobs have bytes and the readers have more files in progress, waits a moment for them: one lane by itself
    /// costs more than twice the CPU time of several. Returns whether anything came.
    ///
    /// What has come is not held up for long by files that do not come: after a wait in vain many steps are made without.
    pub(super) fn gather(&mut self) -> bool {
        let ready = self.lanes.ready();
        if !self.links.are_any() || ready == 0 || ready >= limits::GATHERED_JOBS || self.files.len() <= ready {
            return false;
        }
        if self.steps_ungathered > 0 {
            self.steps_ungathered -= 1;
            return false;
        }
        match self.links.events.recv_timeout(Duration::from_micros(limits::GATHER_US_MAX)) {
            Ok(from) => {
                self.handle_all(from);
                true
            }
            Err(_) => {
                self.steps_ungathered = limits::STEPS_UNGATHERED;
                false
            }
        }
    }
}
