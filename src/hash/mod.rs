//! Bytes into digests: many messages at once, each with its own buffers.
//!
//! Pure: sees no file and no thread, and knows nothing of where the bytes come from.

mod calibration;
mod choice;
#[cfg(test)]
mod conformance;
mod cpu;
mod kernel;
mod lanes;
mod many;
mod message;
mod padding;
mod sha1;

pub use choice::{KernelChoice, KernelSpeed, KernelUnavailable, KernelUse, Kernels};
pub use cpu::instruction_sets;
pub use kernel::{Kernel, UnknownKernel};
pub use lanes::{Done, Job, Lanes};
pub use many::hash_many;
pub use message::LaneBuffer;
pub use padding::PADDING_ROOM;
pub use sha1::Stream;
