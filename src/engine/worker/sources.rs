//! Where the files of a worker are read: by its own source, by the readers, or, when nothing else is trusted or to be had, by
//! plain pread.
//!
//! Reads nothing itself.

use std::io;
use std::sync::Arc;

use super::Worker;
use crate::engine::readers::Team;
use crate::engine::shared::Shared;
use crate::error::Error;
use crate::hash::{Kernels, Lanes};
use crate::limits;
use crate::read::{HAS_CACHED_READS, Inline, Manner, PlannedFile, Source};
use crate::readerkind::{ReaderChoice, ReaderKind};
use crate::root::Root;

/// The source that a worker drives itself; none where every file goes to the readers.
pub(in crate::engine) fn inline(shared: &Shared) -> io::Result<Option<Box<dyn Source + Send>>> {
    let (root, manner) = (Arc::clone(&shared.root), Arc::clone(&shared.manner));
    let buffers = shared.worker_buffers();
    Ok(match shared.resources.reader {
        // What is cached is not asked about either.
        ReaderChoice::Auto if shared.resources.from_media => None,
        ReaderChoice::Auto if !HAS_CACHED_READS => {
            Some(shared.driven_anywhere(Inline::waiting(root, manner, buffers)?))
        }
        ReaderChoice::Auto | ReaderChoice::Forced(ReaderKind::Cached) => {
            Some(shared.driven_anywhere(Inline::cached(root, manner, buffers)?))
        }
        ReaderChoice::Forced(ReaderKind::Pread) => {
            Some(shared.driven_anywhere(Inline::waiting(root, manner, buffers)?))
        }
        ReaderChoice::Forced(ReaderKind::Mmap) => Some(shared.driven_anywhere(Inline::mapped(root, manner, buffers)?)),
        ReaderChoice::Forced(ReaderKind::Threads | ReaderKind::Uring) => None,
    })
}

impl Worker {
    /// Leaves a file to the readers, together with others.
    pub(super) fn send_to_readers(&mut self, file: PlannedFile) {
        if self.shared.is_small() {
            // The readers are threads.
            return self.outgrown.files.push(file);
        }
        let file = match self.is_remote(&file) {
            true => match self.send_apart(file) {
                Ok(()) => return,
                Err(back) => back,
            },
            false => file,
        };
        self.outgoing.push(file);
        let link = self.links.to(&self.shared, self.index, Team::Usual);
        if link.is_none_or(|link| self.outgoing.len() >= link.files_at_a_time) {
            self.send_files();
        }
    }

    /// Whether a file is to be kept apart; where nobody has opened it, it is taken for what the last such file beside it was.
    fn is_remote(&mut self, file: &PlannedFile) -> bool {
        match self.shared.manner.is_apart(file) {
            Some(true) => {
                let slash = file.name.iter().rposition(|&byte| byte == b'/');
                self.remote_directory = slash.map(|slash| file.name[..=slash].to_vec());
                true
            }
            Some(false) => {
                self.remote_directory.take_if(|directory| file.name.starts_with(directory));
                false
            }
            None => self.remote_directory.as_ref().is_some_and(|directory| file.name.starts_with(directory)),
        }
    }

    /// Leaves a file to the readers of those that are kept apart; gives it back where there are none.
    fn send_apart(&mut self, file: PlannedFile) -> Result<(), PlannedFile> {
        let mut files = vec![file];
        if let Some(link) = self.links.to(&self.shared, self.index, Team::Remote) {
            match link.read(files) {
                Ok(()) => return Ok(()),
                Err(back) => files = back,
            }
        }
        self.shared.manner.keep_together();
        self.remote_directory = None;
        Err(files.pop().expect("it was put in above"))
    }

    /// Hands files to the readers; where none can be started, this thread reads them itself.
    pub(super) fn send_files(&mut self) {
        self.rounds_held = 0;
        let files = std::mem::take(&mut self.outgoing);
        if files.is_empty() {
            return;
        }
        let files = match self.links.to(&self.shared, self.index, Team::Usual) {
            Some(link) => match link.read(files) {
                Ok(()) => return,
                Err(files) => files,
            },
            None => files,
        };
        if self.shared.stopping() {
            // The readers have gone first. The files are in the ledger, and accounted for when this worker leaves.
            return;
        }
        self.shared.note_reason("reader pread: no reader thread could be started".to_owned());
        match &mut self.inline {
            // A new source would not have the other files that this one has in progress.
            Some(source) => source.wait_from_now_on(),
            None => self.read_by(Inline::waiting),
        }
        for file in files {
            match &mut self.inline {
                Some(source) if source.has_room() => source.add(file),
                // Another time.
                _ => self.outgoing.push(file),
            }
        }
    }

    /// From now on this thread reads and hashes as second readings do, whatever its source was until now: nobody knows
    /// whether the reader or the kernel was wrong. To be called where no file is in progress.
    pub(super) fn distrust(&mut self) {
        self.distrusts = true;
        self.shared.counters.count_kernels(|kernel| self.lanes.hashed_bytes(kernel));
        self.lanes = Lanes::new(Kernels::plain(), limits::FILES_PER_WORKER_MAX);
        self.read_by(Inline::plain);
    }

    /// From now on this thread reads by such a source itself.
    fn read_by(&mut self, source: fn(Arc<Root>, Arc<Manner>, usize) -> io::Result<Inline>) {
        let (root, manner) = (Arc::clone(&self.shared.root), Arc::clone(&self.shared.manner));
        match source(root, manner, self.shared.worker_buffers()) {
            Ok(source) => {
                self.inline = Some(self.shared.driven_anywhere(source));
                self.generation += 1;
            }
            Err(error) => self.shared.fail(Error::Internal(format!("no memory for a reader: {error}"))),
        }
    }
}
