//! `--help` and `--version` of `sha1sum`, in words of our own.
//!
//! Text only.

use super::output::Output;

/// Every option and what it does; `sha1sum_page` reads it too.
pub(crate) const USAGE: &str = "\
Print or check SHA-1 digests as GNU sha1sum does, many files at a time.

With no FILE, or where FILE is -, standard input is read.

  -b, --binary      write * before each name; it changes nothing else
  -c, --check       read manifests from the FILEs and check what they list
      --tag         write lines as the BSDs do: SHA1 (NAME) = DIGEST
  -t, --text        write a blank before each name (the default)
  -z, --zero        end lines with NUL, and escape nothing in names

Only with --check; of the first three, the last one named wins:
      --quiet           no line for a file that is right
      --status          no status lines and no warnings: the exit status tells
  -w, --warn            say which lines are improperly formatted
      --ignore-missing  pass over files that do not exist
      --strict          exit with 1 for an improperly formatted line, too
      --compat VERSION  names on status lines as coreutils 9.1 prints them
                        (raw) or 9.11 (quoted for the shell); without it,
                        raw, but quoted on a terminal

      --help            show this and exit
      --version         show the version and exit
";

const EXAMPLES: &str = "
Examples:
  PROGRAM *.iso > isos.sha1     write a manifest
  PROGRAM -c isos.sha1          check it: NAME: OK, NAME: FAILED, or
                                NAME: FAILED open or read
  PROGRAM -c --quiet *.sha1 && echo intact
  find . -type f -print0 | xargs -0 PROGRAM > all.sha1

Exit status: 0 if all is well, 1 if not. A manifest is well if it has a line
that is properly formatted, a file that matches, and nothing that does not.

Lines are those that sha1sum writes, or BSD or OpenSSL ones. Names are relative
to the current directory and lead anywhere: check only manifests that you trust,
or take `checksig verify`, which stays below its root. SHA-1 finds damage; it
does not stop who can choose the files.
";

pub(super) fn write_help(output: &mut Output) {
    let program = String::from_utf8_lossy(output.program()).into_owned();
    let text = format!("Usage: {program} [OPTION]... [FILE]...\n{USAGE}{}", EXAMPLES.replace("PROGRAM", &program));
    output.out().extend_from_slice(text.as_bytes());
}

pub(super) fn write_version(output: &mut Output) {
    let text = concat!(
        "sha1sum (checksig) ",
        env!("CARGO_PKG_VERSION"),
        "\nDoes what sha1sum of GNU coreutils does, in parallel; it is no part of coreutils.\n"
    );
    output.out().extend_from_slice(text.as_bytes());
}
