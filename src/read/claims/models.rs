//! Readers of one file that come and go in every order: what this run brought in goes with the last of them, and never before.

use std::sync::atomic::{AtomicUsize, Ordering};

use shuttle::thread;

use super::*;
use crate::root::stamp_of;
use crate::sync::in_many_orders;

#[test]
fn pages_go_with_the_last_reader_and_nobody_takes_them_for_what_was_there() {
    in_many_orders(|| {
        let stamp = stamp_of(std::fs::File::open("/").expect("the root")).expect("its state");
        let claims = Arc::new(Claims::default());
        // What is cached: nothing at first; whoever reads brings it in.
        let (cached, reading) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let reader = || {
            let (claims, cached, reading) = (Arc::clone(&claims), Arc::clone(&cached), Arc::clone(&reading));
            thread::spawn(move || {
                let residency = || match cached.load(Ordering::SeqCst) {
                    0 => Residency::Nothing,
                    _ => Residency::All,
                };
                let (found, claim) = claims.look(stamp, 0, || Some(residency()));
                assert_eq!(found, Some(Residency::Nothing), "what another reader brought is not what was there");
                let claim = claim.expect("nothing was cached");
                reading.fetch_add(1, Ordering::SeqCst);
                thread::yield_now();
                cached.fetch_add(1, Ordering::SeqCst);
                thread::yield_now();
                reading.fetch_sub(1, Ordering::SeqCst);
                claim.end(|| {
                    assert_eq!(reading.load(Ordering::SeqCst), 0, "somebody still reads");
                    cached.store(0, Ordering::SeqCst);
                });
            })
        };
        let readers = [reader(), reader(), reader()];
        readers.into_iter().for_each(|reader| reader.join().expect("a reader"));
        assert_eq!(cached.load(Ordering::SeqCst), 0, "the last one removed it");
        assert!(claims.lock().is_empty());
    });
}
