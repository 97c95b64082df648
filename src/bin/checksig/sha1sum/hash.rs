//! `sha1sum FILE…`: a line for each file, in their order.
//!
//! Joins the library's run with the lines; the library finds the digests.

use std::os::unix::ffi::OsStrExt;

use checksig::manifest::{Format, write_entry};
use checksig::{Digest, Record, Resources, Run};

use super::args::Args;
use super::messages::why;
use super::output::{Broken, Output};
use super::{Stdin, drive, or_stdin};

/// Writes the lines, and says whether every file has one.
pub(super) fn run(args: Args, stdin: &mut Stdin, output: &mut Output) -> Result<bool, Broken> {
    let lines = Lines { tag: args.tag, binary: args.is_binary(), zero: args.zero };
    let operands = or_stdin(args.operands);
    stdin.used = operands.iter().any(|operand| operand.as_bytes() == b"-");
    let run = match Run::sha1sum_hash(operands, stdin.open(), &Resources::default()) {
        Ok(run) => run,
        Err(error) => {
            output.say(&[error.to_string().as_bytes()]);
            return Ok(false);
        }
    };
    let mut ok = true;
    let run = drive::to_its_end(run, output, |record, output| {
        let Record::File(file) = record else { return };
        match file.actual().filter(|_| file.outcome.is_match()) {
            Some(digest) => lines.write(output.out(), &digest, &file.name),
            None => {
                ok = false;
                output.say_of(&file.name, &why(&file.outcome));
            }
        }
    })?;
    if let Err(error) = run.finish() {
        output.say(&[error.to_string().as_bytes()]);
        ok = false;
    }
    Ok(ok)
}

/// How lines are written.
struct Lines {
    tag: bool,
    binary: bool,
    zero: bool,
}

impl Lines {
    fn write(&self, out: &mut Vec<u8>, digest: &Digest, name: &[u8]) {
        if self.zero {
            return self.write_raw(out, digest, name);
        }
        let format = match (self.tag, self.binary) {
            (true, _) => Format::Bsd,
            (false, true) => Format::GnuBinary,
            (false, false) => Format::Gnu,
        };
        write_entry(out, format, digest, name).expect("a file that was read has a name, and a vector takes everything");
    }

    /// A line that ends with NUL needs no escapes.
    fn write_raw(&self, out: &mut Vec<u8>, digest: &Digest, name: &[u8]) {
        let digits = digest.to_hex();
        let parts: [&[u8]; 4] = match (self.tag, self.binary) {
            (true, _) => [b"SHA1 (", name, b") = ", &digits],
            (false, true) => [&digits, b" *", name, b""],
            (false, false) => [&digits, b"  ", name, b""],
        };
        parts.iter().for_each(|part| out.extend_from_slice(part));
        out.push(0);
    }
}
