//! The locks of what is modelled: those of the standard library, or, under the cfg `checksig_shuttle`, of the crate `shuttle`,
//! which runs the threads of a test one at a time, in one order after another (`make models`).
//!
//! Adds nothing to them. What has no model takes its locks from the standard library.

#[cfg(checksig_shuttle)]
mod modelled;

#[cfg(all(test, checksig_shuttle))]
pub(crate) use modelled::in_many_orders;
#[cfg(checksig_shuttle)]
pub(crate) use modelled::{Condvar, Mutex, MutexGuard};
#[cfg(not(checksig_shuttle))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};
