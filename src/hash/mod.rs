//! Bytes into digests: many messages at once, each with its own buffers.
//!
//! Pure: sees no file and no thread, and knows nothing of where the bytes come from.

mod kernel;
mod lanes;
mod padding;
mod sha1;

pub use kernel::Kernel;
pub use lanes::{Done, Job, LaneBuffer, Lanes};
pub use padding::PADDING_ROOM;
pub use sha1::Stream;
