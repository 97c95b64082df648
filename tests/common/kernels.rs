//! Every kernel that this CPU runs, and messages hashed by one of them.
//!
//! Compares nothing.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::io::Write as _;
use std::sync::Once;

use checksig::Digest;
use checksig::hash::{Done, Kernel, Kernels, Lanes, Stream};

use crate::memory::Memory;

/// Each kernel by itself, by its name, and all of them as the measurement chose. What this CPU lacks is counted and named
/// past the capture of the test harness: a green test must not hide what it has not run.
pub fn all() -> Vec<(String, Kernels)> {
    let (run, lacking): (Vec<_>, Vec<_>) = Kernel::ALL.into_iter().partition(|kernel| kernel.is_available());
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        let mut line = format!("kernels: {} run, {} not run", run.len(), lacking.len());
        lacking.iter().for_each(|kernel| line += &format!(" ({kernel}: needs {})", kernel.needs()));
        tell(&line);
    });
    let forced =
        run.into_iter().map(|kernel| (kernel.to_string(), Kernels::forced(kernel).expect("a kernel of this CPU")));
    forced.chain([(format!("auto: {}", Kernels::auto()), Kernels::auto())]).collect()
}

/// Says something that is to be seen although the test passes.
pub fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The digest by the crate `sha1`, which shares no code with the lanes.
pub fn crate_digest(bytes: &[u8]) -> Digest {
    Stream::digest(bytes)
}

/// The digests of messages that are all submitted before the first step, each in its pieces.
pub fn digests(lanes: &mut Lanes<Memory>, messages: &[&[&[u8]]], has_room: impl Fn(usize) -> bool) -> Vec<Digest> {
    let mut of_job = Vec::new();
    for pieces in messages {
        let job = lanes.begin().expect("room for as many");
        of_job.push(job);
        for (at, piece) in pieces.iter().enumerate() {
            lanes.submit(job, Memory::new(at as u64, piece, has_room(at)), at + 1 == pieces.len());
        }
    }
    let mut done = Vec::new();
    lanes.flush(&mut done);
    let mut digests = vec![None; messages.len()];
    for done in done {
        if let Done::Digest(job, digest) = done {
            let at = of_job.iter().position(|&other| other == job).expect("a job of these");
            assert_eq!(digests[at].replace(digest), None, "two digests of one job");
        }
    }
    digests.into_iter().map(|digest| digest.expect("a digest of each job")).collect()
}
