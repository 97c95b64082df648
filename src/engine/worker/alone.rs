//! What a worker does otherwise while it is the caller's own thread, and how it becomes one among others.
//!
//! Whatever it would have to wait for, or to leave to other threads, it keeps and says that the run is not small.

use super::Worker;
use crate::engine::confirm::{Confirmers, confirm_at_hand};
use crate::engine::queue::WorkQueue;
use crate::engine::shared::Shared;
use crate::plan::Planned;
use crate::read::PlannedFile;

/// What shows that a run is not small.
#[derive(Default)]
pub(super) struct Outgrown {
    /// Files for the readers.
    pub(super) files: Vec<PlannedFile>,
    /// A file could not be opened for a reason that may pass, or its second reading has to wait.
    pub(super) waits: bool,
    /// Bytes of the files that have been begun, and whether they are too many.
    bytes: u64,
    is_much: bool,
}

impl Outgrown {
    /// Takes in how long a file is that has been begun.
    pub(super) fn mind(&mut self, file_bytes: u64, shared: &Shared) {
        self.bytes = self.bytes.saturating_add(file_bytes);
        self.is_much = shared.is_small() && self.bytes > shared.small.bytes;
    }
}

impl Worker {
    /// Whether the run has turned out not to be small. No further round is to be made before this worker is one among
    /// others.
    pub(in crate::engine) fn has_outgrown(&self) -> bool {
        let Outgrown { files, waits, is_much, .. } = &self.outgrown;
        *waits || *is_much || !files.is_empty()
    }

    /// Gives back the files that it has not begun.
    pub(in crate::engine) fn put_back(&mut self) -> std::vec::IntoIter<Planned> {
        self.queue.drain().collect::<Vec<_>>().into_iter()
    }

    /// The same worker with all that it has begun, in a thread of a run that has others.
    pub(in crate::engine) fn among_others(mut self, queue: WorkQueue) -> Worker {
        self.queue = queue;
        self.files_max = self.shared.files_per_worker();
        if !self.distrusts {
            self.lanes.change_kernels(self.shared.kernels().clone());
        }
        let Outgrown { files, .. } = std::mem::take(&mut self.outgrown);
        Confirmers::begin(&self.shared);
        files.into_iter().for_each(|file| self.send_to_readers(file));
        self
    }

    /// Reads a suspect again, if this is the caller's own thread: where it has to wait, threads will.
    pub(super) fn confirm_at_hand(&mut self, suspect: u64) {
        self.outgrown.waits |= self.shared.is_small() && !confirm_at_hand(&self.shared, suspect);
    }
}
