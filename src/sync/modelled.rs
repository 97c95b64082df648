//! Locks and conditions of shuttle, with waits that may come to their end: those of shuttle itself never do.
//!
//! A wait without an end is one of shuttle's, so that a wake-up that is lost is a deadlock, which it reports. Any other is a few
//! looks with time for others in between, and may be over too early for anybody: what is right must be right then, too.

use std::ops::{Deref, DerefMut};
use std::sync::{LockResult, PoisonError};
use std::time::Duration;

use shuttle::sync as inner;

/// Looks of a wait that comes to its end.
const LOOKS: usize = 3;

#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(inner::Mutex<T>);

pub(crate) struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    /// None only while the lock is given up for a wait.
    guard: Option<inner::MutexGuard<'a, T>>,
}

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Mutex<T> {
        Mutex(inner::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        Ok(MutexGuard { mutex: self, guard: Some(self.inner()) })
    }

    fn inner(&self) -> inner::MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const HELD: &str = "the lock is held";

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.guard.as_ref().expect(HELD)
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.guard.as_mut().expect(HELD)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Condvar(inner::Condvar);

impl Condvar {
    pub(crate) fn new() -> Condvar {
        Condvar::default()
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }

    pub(crate) fn wait_timeout_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        wait: Duration,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> LockResult<(MutexGuard<'a, T>, ())> {
        let mut looks = 0;
        while condition(&mut guard) && looks < LOOKS {
            let held = guard.guard.take().expect(HELD);
            guard.guard = Some(if wait == Duration::MAX {
                self.0.wait(held).unwrap_or_else(PoisonError::into_inner)
            } else {
                looks += 1;
                drop(held);
                shuttle::thread::yield_now();
                guard.mutex.inner()
            });
        }
        Ok((guard, ()))
    }
}

/// Tries this many orders of a test's threads, or as many as `CHECKSIG_SCHEDULES` says: half of them by chance, half with few
/// changes from one thread to another, which finds what chance seldom does. Atomics of the standard library are no points at
/// which it changes: what races on them alone is not found.
#[cfg(test)]
pub(crate) fn in_many_orders(threads_in_any_order: impl Fn() + Copy + Send + Sync + 'static) {
    let orders = std::env::var("CHECKSIG_SCHEDULES").map_or(10_000, |orders| orders.parse().expect("a number"));
    shuttle::check_random(threads_in_any_order, orders / 2);
    shuttle::check_pct(threads_in_any_order, orders / 2, 3);
}
