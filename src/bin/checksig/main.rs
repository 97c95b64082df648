//! The command `checksig`: argv in, lines and an exit status out.
//!
//! A face: it converts and prints, and every decision is the library's. It sees only what `checksig` makes public, and
//! holds no unsafe code but what `given` asks Linux before Rust begins and what `allowance` tells the C library.
//!
//! Rust opens descriptors 0 to 2 on `/dev/null` where the parent closed them, so that no file of a run can come to stand where
//! messages go; what would go to `>&-` is an error all the same, and what would go to `2>&-` is lost.

#![deny(unsafe_code)]

#[allow(unsafe_code, reason = "what the C library is told before there is a second thread")]
mod allowance;
mod args;
mod audit;
mod create;
mod doctor;
mod drive;
mod exit;
#[allow(unsafe_code, reason = "a function that is called before main")]
mod given;
mod render;
mod sha1sum;
mod signals;
mod verify;

use std::process::ExitCode;

fn main() -> ExitCode {
    allowance::fit_heaps();
    let words: Vec<_> = std::env::args_os().collect();
    if let Some(call) = sha1sum::Call::from(&words) {
        return sha1sum::run(call).into();
    }
    let watch = signals::Watch::begin();
    let exit = match args::parse(words) {
        Ok(args::Command::Verify(choices)) => verify::run(choices, &watch),
        Ok(args::Command::Audit(choices)) => audit::run(choices, &watch),
        Ok(args::Command::Create(choices)) => create::run(choices, &watch),
        Ok(args::Command::Doctor(choices)) => doctor::run(&choices),
        Ok(args::Command::Sha1sum(words)) => sha1sum::run(sha1sum::Call::verb(&words)),
        Err(usage) => args::explain(&usage),
    };
    exit.into()
}
