//! The command line, in two steps: the words as clap takes them, then the typed choices of one verb.
//!
//! Touches no file and prints nothing but help and usage errors.

mod audit;
mod create;
mod doctor;
mod help;
mod size;
mod verify;

use std::ffi::OsString;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use checksig::hash::{Kernel, KernelChoice};
use checksig::{BadPattern, CacheEffect, Exclude, Policy, ReaderChoice, ReaderKind, Resources};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};

use audit::AuditWords;
pub(crate) use create::Create;
use create::CreateWords;
pub(crate) use doctor::Doctor;
use doctor::DoctorWords;
pub(crate) use help::explain;
pub(crate) use verify::Verify;
use verify::VerifyWords;

/// What the process is to do.
pub(crate) enum Command {
    /// `checksig verify`.
    Verify(Verify),
    /// `checksig audit`.
    Audit(Verify),
    /// `checksig create`.
    Create(Create),
    /// `checksig sha1sum`, with the words behind it.
    Sha1sum(Vec<OsString>),
    /// `checksig doctor`.
    Doctor(Doctor),
}

/// Reads the command line; `Err` holds help, the version or a usage error, for [`explain`].
pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Command, clap::Error> {
    Ok(match Words::try_parse_from(words).map_err(help::with_remedy)?.verb {
        Verb::Verify(words) => Command::Verify(words.into()),
        Verb::Audit(words) => Command::Audit(words.try_into()?),
        Verb::Create(words) => Command::Create(words.try_into()?),
        Verb::Sha1sum { words } => Command::Sha1sum(words),
        Verb::Doctor(words) => Command::Doctor(words.into()),
    })
}

/// The whole definition, for what is made from it: man pages and completions.
#[allow(dead_code, reason = "the command itself makes none")]
pub(crate) fn definition() -> clap::Command {
    <Words as clap::CommandFactory>::command()
}

#[derive(Parser)]
#[command(
    name = "checksig", version, long_version = help::LONG_VERSION.as_str(), about = help::ABOUT,
    long_about = help::LONG_ABOUT, after_long_help = help::AFTER,
    arg_required_else_help = true, disable_help_subcommand = true, max_term_width = 100
)]
struct Words {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    #[command(about = help::VERIFY, long_about = help::VERIFY_LONG, after_long_help = help::VERIFY_AFTER)]
    Verify(VerifyWords),
    #[command(about = help::AUDIT, long_about = help::AUDIT_LONG, after_long_help = help::AUDIT_AFTER)]
    Audit(AuditWords),
    #[command(about = help::CREATE, long_about = help::CREATE_LONG, after_long_help = help::CREATE_AFTER)]
    Create(CreateWords),
    /// Listed here for its help alone: its words are not clap's, and `main` hands them to `sha1sum` before clap sees them.
    #[command(
        about = help::SHA1SUM, long_about = help::SHA1SUM_LONG, after_long_help = help::SHA1SUM_AFTER, disable_help_flag = true
    )]
    Sha1sum {
        /// As for sha1sum
        #[arg(value_name = "OPTION|FILE", trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
    #[command(about = help::DOCTOR, long_about = help::DOCTOR_LONG, after_long_help = help::DOCTOR_AFTER)]
    Doctor(DoctorWords),
}

/// How files are read and hashed, and what that may take: the same for every verb.
#[derive(Args)]
struct How {
    #[arg(
        long, value_name = "NAME", default_value = "auto", value_parser = reader(), help = help::READER,
        long_help = help::READER_LONG, help_heading = help::READING
    )]
    reader: ReaderChoice,

    #[arg(
        long, value_name = "NAME", default_value = "auto", value_parser = kernel(), help = help::KERNEL,
        long_help = help::KERNEL_LONG, help_heading = help::READING
    )]
    kernel: KernelChoice,

    #[arg(long, help = help::FROM_MEDIA, long_help = help::FROM_MEDIA_LONG, help_heading = help::READING)]
    from_media: bool,

    /// What becomes of the page cache
    #[arg(
        long, value_name = "EFFECT", default_value = "neutral", value_parser = cache(), help_heading = help::READING
    )]
    cache: CacheEffect,

    /// Threads that hash [default: as many CPUs as this process may use]
    #[arg(short = 'j', long, value_name = "N", value_parser = from_one, help_heading = help::TAKING)]
    workers: Option<NonZeroUsize>,

    #[arg(
        long, value_name = "N", value_parser = from_one, help = help::QUEUE_DEPTH, long_help = help::QUEUE_DEPTH_LONG,
        help_heading = help::TAKING
    )]
    queue_depth: Option<NonZeroUsize>,

    #[arg(
        long, value_name = "SIZE", value_parser = size::bytes, help = help::MEMORY, long_help = help::MEMORY_LONG,
        help_heading = help::TAKING
    )]
    memory: Option<u64>,

    #[arg(
        long, value_name = "RATE", value_parser = size::rate, help = help::LIMIT_RATE, long_help = help::LIMIT_RATE_LONG,
        help_heading = help::TAKING
    )]
    limit_rate: Option<NonZeroU64>,

    #[arg(long, help = help::IDLE, long_help = help::IDLE_LONG, help_heading = help::TAKING)]
    idle: bool,
}

impl From<How> for Resources {
    fn from(how: How) -> Resources {
        let mut resources = Resources::default();
        resources.reader = how.reader;
        resources.kernel = how.kernel;
        resources.workers = how.workers;
        resources.queue_depth = how.queue_depth;
        resources.memory_bytes = how.memory;
        resources.from_media = how.from_media;
        resources.cache = how.cache;
        resources.limit_rate_bytes = how.limit_rate;
        resources.idle = how.idle;
        resources
    }
}

/// The manifest below a root, by the name that a person would use for it.
fn default_manifest(root: &Path, name: impl AsRef<Path>) -> PathBuf {
    if root == Path::new(".") { name.as_ref().to_owned() } else { root.join(name) }
}

/// Takes the names of the readers that can be forced, as the library knows them.
fn reader() -> impl TypedValueParser<Value = ReaderChoice> {
    let forced = ReaderKind::ALL.into_iter().filter(|kind| kind.name().parse::<ReaderChoice>().is_ok());
    let named = forced.map(|kind| PossibleValue::new(kind.name()).help(kind.about()));
    let names = std::iter::once(PossibleValue::new("auto").help(help::READER_AUTO)).chain(named);
    PossibleValuesParser::new(names).try_map(|name| name.parse::<ReaderChoice>())
}

/// Takes the names of the kernels, as the library knows them.
fn kernel() -> impl TypedValueParser<Value = KernelChoice> {
    let named = Kernel::ALL.map(|kernel| PossibleValue::new(kernel.name()).help(kernel.about()));
    let names = std::iter::once(PossibleValue::new("auto").help(help::KERNEL_AUTO)).chain(named);
    PossibleValuesParser::new(names).try_map(|name| name.parse::<KernelChoice>())
}

/// Takes the names of the effects on the page cache.
fn cache() -> impl TypedValueParser<Value = CacheEffect> {
    let names = CacheEffect::ALL.map(|effect| PossibleValue::new(effect.name()).help(effect.about()));
    PossibleValuesParser::new(names).try_map(|name| name.parse::<CacheEffect>())
}

/// Takes the links that are followed, as a policy of the library.
fn follow() -> impl TypedValueParser<Value = Policy> {
    let names = [
        PossibleValue::new("never").help("a link is no file, and a name with one on its way is unreadable"),
        PossibleValue::new("inside").help("those that stay below ROOT"),
    ];
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Policy>())
}

/// Takes any path but `-`: whoever writes that means standard output, and would find a file of that name instead.
fn file_to_write() -> impl TypedValueParser<Value = PathBuf> {
    clap::builder::PathBufValueParser::new().try_map(|path| {
        if path == Path::new("-") {
            return Err("it is put in place whole, so it needs a file (\"./-\" for one of that name)");
        }
        Ok(path)
    })
}

/// A pattern of names that makes sense by itself.
#[derive(Clone)]
struct Pattern(String);

impl FromStr for Pattern {
    type Err = BadPattern;

    fn from_str(word: &str) -> Result<Pattern, BadPattern> {
        Exclude::new([word]).map(|_| Pattern(word.to_owned()))
    }
}

/// Takes a number from 1.
fn from_one(word: &str) -> Result<NonZeroUsize, String> {
    word.parse().map_err(|_| "a whole number from 1 is needed".to_owned())
}

#[cfg(test)]
mod tests;
