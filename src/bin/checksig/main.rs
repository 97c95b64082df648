//! The command `checksig`: argv in, lines and an exit status out.
//!
//! A face: it converts and prints, and every decision is the library's. It sees only what `checksig` makes public, and
//! holds no unsafe code. Rust opens descriptors 0 to 2 on `/dev/null` where the parent closed them, so that no file
//! of a run can come to stand where messages go; with `>&-` the lines are lost and the exit status still tells.

#![forbid(unsafe_code)]

mod args;
mod audit;
mod create;
mod drive;
mod exit;
mod render;
mod signals;
mod verify;

use std::process::ExitCode;

fn main() -> ExitCode {
    let watch = signals::Watch::begin();
    let exit = match args::parse(std::env::args_os()) {
        Ok(args::Command::Verify(choices)) => verify::run(choices, &watch),
        Ok(args::Command::Audit(choices)) => audit::run(choices, &watch),
        Ok(args::Command::Create(choices)) => create::run(choices, &watch),
        Err(usage) => args::explain(&usage),
    };
    exit.into()
}
