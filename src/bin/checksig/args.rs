//! The command line, in two steps: the words as clap takes them, then the typed choices of one verb.
//!
//! Touches no file and prints nothing but help and usage errors.

mod help;
mod size;

use std::ffi::OsString;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};

use checksig::hash::{Kernel, KernelChoice};
use checksig::manifest::Format;
use checksig::{CacheEffect, CreateOptions, MANIFEST_NAME, Options, ReaderChoice, ReaderKind, Resources};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};

pub(crate) use help::explain;

/// What the process is to do.
pub(crate) enum Command {
    /// `checksig verify`.
    Verify(Verify),
    /// `checksig create`.
    Create(Create),
    /// `checksig doctor`.
    Doctor(Doctor),
}

/// The choices of `checksig verify`.
pub(crate) struct Verify {
    /// The root, as it was given.
    pub(crate) root: PathBuf,
    /// The manifest, given or not: the name that messages show.
    pub(crate) manifest: PathBuf,
    /// What the library is asked for.
    pub(crate) options: Options,
    /// Whether only what is wrong is shown.
    pub(crate) quiet: bool,
    /// Whether JSON Lines take the place of text.
    pub(crate) json: bool,
}

/// The choices of `checksig create`.
pub(crate) struct Create {
    /// The root, as it was given.
    pub(crate) root: PathBuf,
    /// The manifest, given or not: the name that messages show.
    pub(crate) manifest: PathBuf,
    /// What the library is asked for.
    pub(crate) options: CreateOptions,
}

/// The choices of `checksig doctor`.
pub(crate) struct Doctor {
    /// The directory, or the file, that is looked at.
    pub(crate) path: PathBuf,
    /// Whether JSON takes the place of text.
    pub(crate) json: bool,
}

/// Reads the command line; `Err` holds help, the version or a usage error, for [`explain`].
pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Command, clap::Error> {
    Ok(match Words::try_parse_from(words).map_err(help::with_remedy)?.verb {
        Verb::Verify(words) => Command::Verify(words.into()),
        Verb::Create(words) => Command::Create(words.into()),
        Verb::Doctor(DoctorWords { path, json }) => Command::Doctor(Doctor { path, json }),
    })
}

/// The whole definition, for what is made from it: man pages and completions.
#[allow(dead_code, reason = "the command itself makes none")]
pub(crate) fn definition() -> clap::Command {
    <Words as clap::CommandFactory>::command()
}

#[derive(Parser)]
#[command(
    name = "checksig", version, long_version = help::LONG_VERSION.as_str(), about = help::ABOUT, long_about = help::LONG_ABOUT, after_long_help = help::AFTER,
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
    #[command(about = help::CREATE, long_about = help::CREATE_LONG, after_long_help = help::CREATE_AFTER)]
    Create(CreateWords),
    #[command(about = help::DOCTOR, long_about = help::DOCTOR_LONG, after_long_help = help::DOCTOR_AFTER)]
    Doctor(DoctorWords),
}

#[derive(Args)]
struct VerifyWords {
    /// The directory that the names in the manifest are relative to
    #[arg(value_name = "ROOT", default_value = ".")]
    root: PathBuf,

    /// The manifest [default: ROOT/sha1sum.txt]
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,

    #[command(flatten)]
    how: How,

    /// Show only what is wrong; say nothing at all if nothing is
    #[arg(long, help_heading = help::OUTPUT)]
    quiet: bool,

    /// Write JSON Lines instead of text
    #[arg(long, help_heading = help::OUTPUT)]
    json: bool,
}

#[derive(Args)]
struct CreateWords {
    /// The directory whose files are listed
    #[arg(value_name = "ROOT", default_value = ".")]
    root: PathBuf,

    /// Where the manifest goes [default: ROOT/sha1sum.txt]
    #[arg(short, long, value_name = "FILE", value_parser = manifest_to_write())]
    output: Option<PathBuf>,

    /// How a line is written
    #[arg(long, value_name = "FORMAT", default_value = "gnu", value_parser = format())]
    format: Format,

    #[command(flatten)]
    how: How,
}

#[derive(Args)]
struct DoctorWords {
    /// The directory, or the file, that is looked at
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,

    /// Write one line of JSON instead of text
    #[arg(long)]
    json: bool,
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

impl From<VerifyWords> for Verify {
    fn from(words: VerifyWords) -> Verify {
        let mut options = Options::default();
        options.resources = words.how.into();
        let manifest = words.manifest.clone().unwrap_or_else(|| default_manifest(&words.root));
        options.manifest = words.manifest;
        Verify { root: words.root, manifest, options, quiet: words.quiet, json: words.json }
    }
}

impl From<CreateWords> for Create {
    fn from(words: CreateWords) -> Create {
        let mut options = CreateOptions::default();
        options.format = words.format;
        options.resources = words.how.into();
        let manifest = words.output.clone().unwrap_or_else(|| default_manifest(&words.root));
        options.output = words.output;
        Create { root: words.root, manifest, options }
    }
}

/// The manifest below a root, by the name that a person would use for it.
fn default_manifest(root: &Path) -> PathBuf {
    if root == Path::new(".") { PathBuf::from(MANIFEST_NAME) } else { root.join(MANIFEST_NAME) }
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

/// Takes the names of the formats.
fn format() -> impl TypedValueParser<Value = Format> {
    let names = [
        PossibleValue::new("gnu").help("DIGEST  NAME, as sha1sum writes it"),
        PossibleValue::new("gnu-binary").help("DIGEST *NAME, as sha1sum --binary writes it"),
        PossibleValue::new("bsd").help("SHA1 (NAME) = DIGEST, as sha1sum --tag writes it"),
    ];
    PossibleValuesParser::new(names).map(|name| match name.as_str() {
        "bsd" => Format::Bsd,
        "gnu-binary" => Format::GnuBinary,
        _ => Format::Gnu,
    })
}

/// Takes any path but `-`: whoever writes that means standard output, and would find a file of that name instead.
fn manifest_to_write() -> impl TypedValueParser<Value = PathBuf> {
    clap::builder::PathBufValueParser::new().try_map(|path| {
        if path == Path::new("-") {
            return Err("a manifest is put in place whole, so it needs a file (\"./-\" for one of that name)");
        }
        Ok(path)
    })
}

/// Takes a number from 1.
fn from_one(word: &str) -> Result<NonZeroUsize, String> {
    word.parse().map_err(|_| "a whole number from 1 is needed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Command, clap::error::ErrorKind> {
        parse(line.split(' ').map(OsString::from)).map_err(|error| error.kind())
    }

    #[test]
    fn clap_finds_no_fault_with_the_definitions() {
        <Words as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn what_is_not_said_is_the_librarys_default() {
        let Ok(Command::Verify(verify)) = read("checksig verify") else { panic!("verify") };
        assert_eq!(verify.root, Path::new("."));
        assert_eq!(verify.manifest, Path::new("sha1sum.txt"));
        assert_eq!(verify.options.manifest, None);
        assert_eq!(verify.options.resources, Resources::default());
        let Ok(Command::Create(create)) = read("checksig create dir") else { panic!("create") };
        assert_eq!(create.manifest, Path::new("dir/sha1sum.txt"));
        assert_eq!(create.options.format, Format::Gnu);
    }

    #[test]
    fn each_choice_arrives() {
        let line = "checksig verify dir --manifest m --reader pread --kernel scalar -j 3 --quiet --json";
        let Ok(Command::Verify(verify)) = read(line) else { panic!("verify") };
        assert_eq!(verify.options.manifest.as_deref(), Some(Path::new("m")));
        assert_eq!(verify.options.resources.reader, ReaderChoice::Forced(ReaderKind::Pread));
        assert_eq!(verify.options.resources.kernel, KernelChoice::Forced(Kernel::Scalar));
        assert_eq!(verify.options.resources.workers, NonZeroUsize::new(3));
        assert!(verify.quiet && verify.json);
        let line = "checksig verify --queue-depth 7 --memory 64M --from-media --cache keep";
        let Ok(Command::Verify(verify)) = read(line) else { panic!("verify") };
        let resources = verify.options.resources;
        assert_eq!((resources.queue_depth, resources.memory_bytes), (NonZeroUsize::new(7), Some(64 << 20)));
        assert_eq!((resources.from_media, resources.cache), (true, CacheEffect::Keep));
        let Ok(Command::Create(create)) = read("checksig create --limit-rate 3M --idle") else { panic!("create") };
        let resources = create.options.resources;
        assert_eq!((resources.limit_rate_bytes, resources.idle), (NonZeroU64::new(3 << 20), true));
        let Ok(Command::Doctor(doctor)) = read("checksig doctor dir --json") else { panic!("doctor") };
        assert_eq!((doctor.path.as_path(), doctor.json), (Path::new("dir"), true));
        let Ok(Command::Create(create)) = read("checksig create dir -o m --format bsd --kernel avx2") else {
            panic!("create")
        };
        assert_eq!(create.options.output.as_deref(), Some(Path::new("m")));
        assert_eq!(create.options.format, Format::Bsd);
        assert_eq!(create.options.resources.kernel, KernelChoice::Forced(Kernel::Avx2));
    }

    #[test]
    fn nonsense_is_refused() {
        for line in [
            "checksig",
            "checksig --bogus",
            "checksig verify a b",
            "checksig verify --reader cached",
            "checksig verify --kernel AVX2",
            "checksig verify -j 0",
            "checksig verify -j many",
            "checksig verify --queue-depth 0",
            "checksig verify --memory much",
            "checksig verify --limit-rate 0",
            "checksig verify --limit-rate fast",
            "checksig verify --idle=yes",
            "checksig doctor a b",
            "checksig verify --cache Keep",
            "checksig create --from-media=yes",
            "checksig create -o -",
            "checksig create --format tar",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
