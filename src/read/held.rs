//! An open file that is being read, by whatever source has it just now.
//!
//! Reads nothing. Where it is dropped, what reading it brought into the page cache goes again: also where the run was
//! cancelled and nobody reads it to its end.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::manner::Way;
use crate::root::{OpenedFile, Stamp};

/// One file, and how it is read. Rings keep its descriptor for the reads that Linux has, too.
#[derive(Debug)]
pub(crate) struct Held<F: AsFd = OwnedFd> {
    /// `None` only while it is being taken apart.
    file: Option<F>,
    /// What it was when it was opened.
    pub(super) stamp: Stamp,
    /// How it is read by one who may wait; chosen before the first such read.
    pub(super) way: Option<Way>,
}

impl Held {
    pub(super) fn new(opened: OpenedFile) -> Held {
        Held { file: Some(opened.file), stamp: opened.stamp, way: None }
    }
}

impl<F: AsFd> Held<F> {
    pub(super) fn descriptor(&self) -> &F {
        self.file.as_ref().expect("it is there until it is taken apart")
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.descriptor().as_fd()
    }

    /// The way that was chosen, and the file for it.
    pub(super) fn way_and_fd(&mut self) -> Option<(&mut Way, BorrowedFd<'_>)> {
        self.way.as_mut().zip(self.file.as_ref().map(F::as_fd))
    }

    /// The same file with its descriptor kept otherwise.
    #[cfg_attr(checksig_portable, allow(dead_code, reason = "only a ring has it"))]
    pub(super) fn kept<G: AsFd>(mut self, keep: impl FnOnce(F) -> G) -> Held<G> {
        Held { file: self.file.take().map(keep), stamp: self.stamp, way: self.way.take() }
    }
}

impl<F: AsFd> Drop for Held<F> {
    fn drop(&mut self) {
        if let Some((way, file)) = self.way_and_fd() {
            way.leave(file);
        }
    }
}
