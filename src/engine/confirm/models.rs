//! Threads that judge suspects and the end of a run that is being stopped, in every order: each suspect has one outcome.

use shuttle::thread;

use super::*;
use crate::engine::options::Resources;
use crate::engine::outbox::Taken;
use crate::hash::Kernels;
use crate::readerkind::ReaderKind;
use crate::root::{Root, stamp_of};
use crate::sync::in_many_orders;

const SUSPECTS: u64 = 3;

fn suspect(place: u64) -> Suspect {
    let planned =
        Planned { place, line: place + 1, name: vec![b'f'], expected: None, size_bytes: None, unlisted: false };
    let stamp = stamp_of(std::fs::File::open("/").expect("the root")).expect("its state");
    Suspect { planned, first: Digest::from_bytes([0; 20]), proof: Proof { stamp, reader: ReaderKind::Pread } }
}

#[test]
fn suspects_of_a_run_that_ends_meanwhile_have_one_outcome_each() {
    in_many_orders(|| {
        let shared = Shared::new(Root::current(), Kernels::at_hand(), Resources::default(), true);
        let shared = Arc::new(shared);
        (0..SUSPECTS).for_each(|place| Confirmers::submit(&shared, suspect(place)));
        let judge = |places: [u64; 2]| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                for place in places {
                    if shared.confirmers.look_up(place).is_some() {
                        thread::yield_now();
                        shared.confirmers.settle(&shared, place, Outcome::Missing);
                    }
                }
            })
        };
        // Both judge the second: one of them may have been given up.
        let judges = [judge([0, 1]), judge([1, 2])];
        shared.confirmers.finish(&shared);
        judges.into_iter().for_each(|judge| judge.join().expect("a judge"));
        shared.outbox.close();
        let mut lines = Vec::new();
        while let Taken::Records(records) = shared.outbox.take(Duration::MAX) {
            lines.extend(records.into_iter().map(|record| match record {
                crate::report::Record::File(file) => file.line,
                crate::report::Record::Malformed(_) => unreachable!("there is no manifest"),
            }));
        }
        assert!(lines.iter().copied().eq(1..=SUSPECTS), "{lines:?}");
        assert!(!shared.confirmers.are_busy());
    });
}
