//! What is typed arrives as typed choices, and nonsense does not.
//!
//! Parses only; what the choices do is tested over the binary.

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
    assert_eq!(verify.manifest_of(None), Path::new("sha1sum.txt"));
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
        "checksig verify --limit-rate 0",
        "checksig verify --limit-rate fast",
        "checksig verify --idle=yes",
        "checksig doctor a b",
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
