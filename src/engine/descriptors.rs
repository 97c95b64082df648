//! Waiting for a descriptor where this process, or the machine, has as many open as it may.
//!
//! Who waits here holds none, so that whoever holds some goes on and gives them back. A file is never unreadable for want of
//! a descriptor: either one comes, or the run cannot be done and says so.

use std::io;
use std::time::Duration;

use rustix::io::Errno;

use super::shared::Shared;
use super::softlimit::{Limited, soft_limit};
use crate::error::Error;
use crate::limits;
use crate::read::Failure;

/// The error of a run that cannot begin, or not go on, because Linux said this of an open; `None` where it said something
/// of what was to be opened.
pub(super) fn no_descriptor(errno: Errno) -> Option<Error> {
    let limit = descriptors_max();
    matches!(errno, Errno::MFILE | Errno::NFILE).then(|| Error::NoDescriptor { limit, source: errno.into() })
}

/// Descriptors that this process may have. Where Linux refuses to say, what most systems give.
pub(super) fn descriptors_max() -> u64 {
    told(soft_limit(Limited::Descriptors))
}

fn told(limit: io::Result<Option<u64>>) -> u64 {
    limit.map_or(limits::DESCRIPTORS_USUAL, |most| most.unwrap_or(u64::MAX))
}

impl Shared {
    /// Waits some time for a descriptor, `waits` times so far. As long as anybody in this run holds one it will come; where
    /// nobody does, others must give one back, and for that the run waits so long and no longer.
    pub(super) fn wait_for_descriptor(&self, errno: Errno, waits: &mut u32) {
        std::thread::sleep(Duration::from_millis(limits::LOOK_AROUND_MS));
        *waits = if self.holds_descriptors() { 0 } else { *waits + 1 };
        if *waits >= limits::PASSING_TRIES_MAX {
            no_descriptor(errno).into_iter().for_each(|error| self.fail(error));
        }
    }

    /// Repeats what failed for a reason that may pass as long as the run goes on: for a descriptor as above, for all else as
    /// often as is allowed. To be called by who holds no descriptor.
    pub(super) fn patiently<T>(&self, mut call: impl FnMut() -> Result<T, Failure>) -> Result<T, Failure> {
        let (mut waits, mut tries) = (0, 1);
        loop {
            match call() {
                Err(failure) if self.stopping() || !failure.may_pass() => return Err(failure),
                Err(failure) => match failure.lacked_descriptor() {
                    Some(errno) => self.wait_for_descriptor(errno, &mut waits),
                    None if tries >= limits::PASSING_TRIES_MAX => return Err(failure),
                    None => {
                        tries += 1;
                        std::thread::sleep(Duration::from_millis(limits::LOOK_AROUND_MS));
                    }
                },
                result => return result,
            }
        }
    }

    /// Whether any thread of this run has a file open.
    fn holds_descriptors(&self) -> bool {
        self.ledgers.iter().any(|ledger| ledger.open().holds_descriptors()) || self.confirmers.are_reading()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Kernels;
    use crate::plan::Planned;
    use crate::readerkind::ReaderChoice;
    use crate::root::Root;

    #[test]
    fn a_limit_that_linux_does_not_tell_is_taken_for_the_usual_one() {
        assert_eq!([Ok(None), Ok(Some(16))].map(told), [u64::MAX, 16]);
        assert_eq!(told(Err(Errno::PERM.into())), limits::DESCRIPTORS_USUAL);
    }

    #[test]
    fn a_descriptor_is_waited_for_as_long_as_anybody_in_the_run_holds_one_and_not_much_longer() {
        let shared = Shared::with_workers(Root::current(), Kernels::auto(), ReaderChoice::Auto, 2, true);
        let mut waits = limits::PASSING_TRIES_MAX - 1;
        shared.ledgers.of(1).open().begin(
            3,
            Planned { place: 0, line: 1, name: b"f".to_vec(), expected: None, size_bytes: None, unlisted: false },
        );
        shared.wait_for_descriptor(Errno::MFILE, &mut waits);
        assert!(waits == 0 && !shared.stopping());
        shared.ledgers.of(1).open().defer(3, 0, None);
        shared.wait_for_descriptor(Errno::MFILE, &mut waits);
        assert!(waits == 1 && !shared.stopping());
        let failure = Failure::Unreadable { errno: Errno::NFILE, offset: 0 };
        assert_eq!(shared.patiently(|| Err::<(), _>(failure)), Err(failure));
        let error = shared.take_fault();
        assert!(shared.stopping() && matches!(error, Some(Error::NoDescriptor { .. })), "{error:?}");
    }
}
