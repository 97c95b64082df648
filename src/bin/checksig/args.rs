//! The command line, in two steps: the words as clap takes them, then the typed choices of one verb.
//!
//! Touches no file and prints nothing but help and usage errors.

mod audit;
mod create;
mod help;
mod size;
mod verify;

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use checksig::hash::{Kernel, KernelChoice};
use checksig::{BadPattern, CacheEffect, Exclude, Policy, ReaderChoice, ReaderKind, Resources};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};

use audit::AuditWords;
pub(crate) use create::Create;
use create::CreateWords;
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
}

/// Reads the command line; `Err` holds help, the version or a usage error, for [`explain`].
pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Command, clap::Error> {
    Ok(match Words::try_parse_from(words)?.verb {
        Verb::Verify(words) => Command::Verify(words.into()),
        Verb::Audit(words) => Command::Audit(words.try_into()?),
        Verb::Create(words) => Command::Create(words.try_into()?),
        Verb::Sha1sum { words } => Command::Sha1sum(words),
    })
}

#[derive(Parser)]
#[command(
    name = "checksig", version, about = help::ABOUT, long_about = help::LONG_ABOUT, after_long_help = help::AFTER,
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
    #[command(about = help::SHA1SUM, disable_help_flag = true)]
    Sha1sum {
        #[arg(value_name = "OPTION|FILE", trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
}

/// How files are read and hashed, and what that may take: the same for every verb.
#[derive(Args)]
struct How {
    #[arg(
        long, value_name = "NAME", default_value = "auto", value_parser = reader(), help = help::READER,
        long_help = help::READER_LONG
    )]
    reader: ReaderChoice,

    #[arg(
        long, value_name = "NAME", default_value = "auto", value_parser = kernel(), help = help::KERNEL,
        long_help = help::KERNEL_LONG
    )]
    kernel: KernelChoice,

    /// Threads that hash [default: as many CPUs as this process may use]
    #[arg(short = 'j', long, value_name = "N", value_parser = from_one)]
    workers: Option<NonZeroUsize>,

    #[arg(long, value_name = "N", value_parser = from_one, help = help::QUEUE_DEPTH, long_help = help::QUEUE_DEPTH_LONG)]
    queue_depth: Option<NonZeroUsize>,

    #[arg(long, value_name = "SIZE", value_parser = size::bytes, help = help::MEMORY, long_help = help::MEMORY_LONG)]
    memory: Option<u64>,

    #[arg(long, help = help::FROM_MEDIA, long_help = help::FROM_MEDIA_LONG)]
    from_media: bool,

    /// What becomes of the page cache
    #[arg(long, value_name = "EFFECT", default_value = "neutral", value_parser = cache())]
    cache: CacheEffect,
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
        resources
    }
}

/// The manifest below a root, by the name that a person would use for it.
fn default_manifest(root: &Path, name: &str) -> PathBuf {
    if root == Path::new(".") { PathBuf::from(name) } else { root.join(name) }
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
    PossibleValuesParser::new(names).map(|name| if name == "inside" { Policy::Inside } else { Policy::Beneath })
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
mod tests {
    use checksig::manifest::{Format, Grammar};

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
        assert_eq!((verify.options.grammar, verify.options.policy), (Grammar::Detect, Policy::Beneath));
        assert_eq!(verify.options.resources, Resources::default());
        let Ok(Command::Create(create)) = read("checksig create dir") else { panic!("create") };
        assert_eq!(create.manifest, Path::new("dir/sha1sum.txt"));
        assert_eq!(create.options.format, Format::Gnu);
        assert!(!create.options.overwrite && !create.options.follow_inside);
        let Ok(Command::Create(create)) = read("checksig create dir --format bagit") else { panic!("create") };
        assert_eq!(create.manifest, Path::new("dir/manifest-sha1.txt"));
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
        let Ok(Command::Create(create)) = read("checksig create dir -o m --format bsd --kernel avx2") else {
            panic!("create")
        };
        assert_eq!(create.options.output.as_deref(), Some(Path::new("m")));
        assert_eq!(create.options.format, Format::Bsd);
        assert_eq!(create.options.resources.kernel, KernelChoice::Forced(Kernel::Avx2));
    }

    #[test]
    fn formats_links_and_exclusions_arrive() {
        let line = "checksig audit dir --format bagit --follow inside --exclude *.tmp --exclude /cache/";
        let Ok(Command::Audit(audit)) = read(line) else { panic!("audit") };
        assert_eq!(audit.options.grammar, Grammar::Only(Format::Bagit));
        assert_eq!(audit.options.policy, Policy::Inside);
        let both = Exclude::new(["*.tmp", "/cache/"]).expect("patterns");
        assert_eq!(format!("{:?}", audit.options.exclude), format!("{both:?}"));
        let Ok(Command::Create(create)) = read("checksig create -z --force --follow inside") else { panic!("create") };
        assert_eq!(create.options.format, Format::Zero);
        assert!(create.options.overwrite && create.options.follow_inside);
        let Ok(Command::Create(create)) = read("checksig create --tag") else { panic!("create") };
        assert_eq!(create.options.format, Format::Bsd);
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
            "checksig verify --cache Keep",
            "checksig create --from-media=yes",
            "checksig create -o -",
            "checksig create --format tar",
            "checksig create --format auto",
            "checksig create --tag --zero",
            "checksig create --tag --format gnu",
            "checksig create --exclude [a",
            "checksig audit --exclude /",
            "checksig verify --exclude a",
            "checksig verify --format gnu-binary",
            "checksig verify --follow outside",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
