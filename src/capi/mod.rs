//! The C face: the engine's runs and reports as opaque handles, statuses and borrowed bytes.
//!
//! Decides nothing about files, and lets neither a panic nor a Rust type out.
//!
//! One contract holds for every exported function, and the `SAFETY` notes of this folder name it by number:
//!
//! 1. A handle is NULL or came from the function that makes its type, and was not freed since.
//! 2. Bytes are a pointer and a length: that many bytes stay readable and unwritten until the function returns.
//! 3. An output pointer is NULL or is aligned and writable for its type, and nothing else uses the place meanwhile.
//! 4. No other thread frees a handle while a function uses it, and options, hashers and manifests are used by one thread
//!    at a time.
//! 5. An array is a pointer to its first element, aligned for it, and a number of elements: point 2 holds for the memory
//!    of all of them, and for what each of them points to. An array of outputs is so many places of point 3.
//!
//! NULL is always caught; of nothing, be it no bytes of an element or no elements of an array, it is as good a pointer
//! as any. What breaks the contract otherwise cannot be seen from this side.
#![allow(unreachable_pub, reason = "cbindgen exports what is `pub`, and the module itself is private")]

mod batch;
mod boundary;
mod choices;
mod hasher;
mod hashing;
mod kinds;
mod manifest;
mod message;
mod options;
mod record;
mod report;
mod resources;
mod run;
mod signatures;
mod start;
mod status;

/// Handles are reached through bare pointers, where the compiler would not ask: any thread may use these three.
const _: () = {
    const fn any_thread<T: Send + Sync>() {}
    any_thread::<run::ChecksigRun>();
    any_thread::<batch::ChecksigBatch>();
    any_thread::<report::ChecksigReport>();
};
