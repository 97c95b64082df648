//! `sha1sum FILE…`: a line for each file, in their order.
//!
//! Joins the library's run with the lines; the library finds the digests.

use std::os::unix::ffi::OsStrExt;

use checksig::manifest::{Format, write_entry, write_entry_zero};
use checksig::{Digest, Record, Resources, Run};

use super::args::Args;
use super::messages::why;
use super::output::{Broken, Output};
use super::{Stdin, drive, or_stdin};

/// Writes the lines, and says whether every file has one.
pub(super) fn run(args: Args, stdin: &mut Stdin, output: &mut Output) -> Result<bool, Broken> {
    let format = match (args.tag, args.is_binary()) {
        (true, _) => Format::Bsd,
        (false, true) => Format::GnuBinary,
        (false, false) => Format::Gnu,
    };
    let lines = Lines { format, zero: args.zero };
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
    format: Format,
    zero: bool,
}

impl Lines {
    fn write(&self, out: &mut Vec<u8>, digest: &Digest, name: &[u8]) {
        let write = if self.zero { write_entry_zero } else { write_entry };
        write(out, self.format, digest, name).expect("a file that was read has a name, and a vector takes everything");
    }
}
