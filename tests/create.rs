//! Manifests that the library writes: which files, in which order, and what stands afterwards.
//!
//! The expected lines come from how each tree was made, and digests from the crate `sha1` alone.

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use checksig::OutcomeKind::{Match, NotRegular};
use checksig::manifest::{BAGIT_MANIFEST_NAME, Format, Grammar, Item};
use checksig::{
    CreateOptions, Error, Exclude, FileKind, HashOptions, Listing, Options, Run, Verb, Verdict, audit, create, verify,
};
use common::{Tree, drain, hex_digest, make_fifo, outcomes};

#[test]
fn create_replaces_regular_files_only() {
    let mut tree = Tree::new();
    tree.file("f", b"f");
    make_fifo(&tree.at("fifo"));
    fs::create_dir(tree.at("directory")).unwrap();
    for (name, kind) in [("fifo", FileKind::Fifo), ("directory", FileKind::Directory)] {
        let mut options = CreateOptions::default();
        options.output = Some(tree.at(name));
        let error = create(tree.path(), &options).unwrap_err();
        assert!(matches!(&error, Error::ManifestNotRegular { kind: found, .. } if *found == kind), "{error}");
    }
    let mut options = CreateOptions::default();
    options.output = Some("/dev/null".into());
    assert!(matches!(create(tree.path(), &options), Err(Error::ManifestNotRegular { .. })));
    // A link is written through, and what it led to keeps its permissions.
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().join("manifest");
    fs::write(&target, "old").unwrap();
    fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).unwrap();
    symlink(&target, tree.at("link")).unwrap();
    options.output = Some(tree.at("link"));
    let error = create(tree.path(), &options).unwrap_err();
    assert!(matches!(&error, Error::ManifestExists { path, .. } if *path == tree.at("link")), "{error}");
    assert_eq!(fs::read(&target).unwrap(), b"old");
    options.overwrite = true;
    assert_eq!(create(tree.path(), &options).unwrap().verdict(), Verdict::Pass);
    assert!(fs::symlink_metadata(tree.at("link")).unwrap().is_symlink());
    assert_eq!(fs::read(&target).unwrap(), format!("{}  f\n", hex_digest(b"f")).as_bytes());
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn create_lists_the_regular_files_in_order_and_verify_agrees() {
    let mut tree = Tree::new();
    for name in ["b", "a/c", "a-b", "a/deep/er/x", "odd \\ name", "new\nline"] {
        tree.file(name, name.as_bytes());
    }
    symlink("b", tree.at("link")).unwrap();
    let mut first = Vec::new();
    for overwrite in [false, true] {
        let mut options = CreateOptions::default();
        options.overwrite = overwrite;
        let run = Run::create(tree.path(), &options).unwrap();
        let (records, report) = drain(run);
        assert_eq!((report.verb, report.verdict()), (Verb::Create, Verdict::Pass));
        assert_eq!(report.counts.of(NotRegular), 1);
        let names: Vec<_> =
            outcomes(&records).into_iter().filter(|(_, kind)| *kind == Match).map(|(name, _)| name).collect();
        assert_eq!(names, ["a-b", "a/c", "a/deep/er/x", "b", "new\nline", "odd \\ name"]);
        let manifest = fs::read(tree.at("sha1sum.txt")).unwrap();
        assert!(first.is_empty() || first == manifest, "the same tree gives the same manifest");
        first = manifest;
        assert_eq!(fs::read_dir(tree.path()).unwrap().count(), 7, "no temporary file is left");
    }
    assert_eq!(verify(tree.path(), &Options::default()).unwrap().verdict(), Verdict::Pass);
}

#[test]
fn create_without_regular_files_writes_nothing_and_leaves_the_old_manifest() {
    let tree = Tree::new();
    fs::write(tree.at("sha1sum.txt"), "old").unwrap();
    let mut options = CreateOptions::default();
    options.overwrite = true;
    let report = create(tree.path(), &options).unwrap();
    assert_eq!(report.verdict(), Verdict::Fail);
    assert_eq!(fs::read(tree.at("sha1sum.txt")).unwrap(), b"old");
    assert_eq!(fs::read_dir(tree.path()).unwrap().count(), 1);
}

#[test]
fn a_manifest_that_somebody_else_puts_there_meanwhile_is_not_replaced() {
    let mut tree = Tree::new();
    tree.file("f", b"f");
    let run = Run::create(tree.path(), &CreateOptions::default()).unwrap();
    fs::write(tree.at("sha1sum.txt"), "theirs").unwrap();
    let error = run.finish().unwrap_err();
    assert!(matches!(&error, Error::ManifestExists { .. }), "{error}");
    assert_eq!(fs::read(tree.at("sha1sum.txt")).unwrap(), b"theirs");
    assert_eq!(fs::read_dir(tree.path()).unwrap().count(), 2, "no temporary file is left");
}

#[test]
fn the_roots_own_manifest_is_not_written_through_a_link() {
    let elsewhere = Tree::new();
    let mut tree = Tree::new();
    tree.file("f", b"f");
    fs::write(elsewhere.at("victim"), "theirs").unwrap();
    for (name, format) in [("sha1sum.txt", Format::Gnu), ("manifest-sha1.txt", Format::Bagit)] {
        for target in [elsewhere.at("victim"), elsewhere.at("none"), "f".into()] {
            symlink(&target, tree.at(name)).unwrap();
            for (overwrite, follow_inside) in [(false, false), (true, false), (true, true)] {
                let mut options = CreateOptions::default();
                (options.format, options.overwrite, options.follow_inside) = (format, overwrite, follow_inside);
                let error = create(tree.path(), &options).unwrap_err();
                assert!(matches!(&error, Error::ManifestNotRegular { kind: FileKind::Symlink, .. }), "{error}");
            }
            fs::remove_file(tree.at(name)).unwrap();
        }
    }
    assert_eq!(fs::read(elsewhere.at("victim")).unwrap(), b"theirs");
    assert!(!elsewhere.at("none").exists());
    assert_eq!(fs::read(tree.at("f")).unwrap(), b"f");
}

#[test]
fn with_overwrite_too_only_what_stood_there_at_the_start_is_replaced() {
    let mut tree = Tree::new();
    tree.file("f", b"f");
    let mut options = CreateOptions::default();
    options.overwrite = true;
    for stood in [false, true] {
        let path = tree.at("sha1sum.txt");
        if stood {
            fs::write(&path, "old").unwrap();
        }
        let run = Run::create(tree.path(), &options).unwrap();
        if stood {
            fs::rename(&path, tree.at("kept")).unwrap();
        }
        make_fifo(&path);
        let error = run.finish().unwrap_err();
        assert!(matches!(&error, Error::ManifestUnwritable { .. }), "{error}");
        assert!(error.to_string().ends_with("something else was put there meanwhile, and stays"), "{error}");
        assert!(!fs::symlink_metadata(&path).unwrap().is_file());
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_manifest_that_could_only_be_a_directory_is_refused_before_anything_is_read() {
    let mut tree = Tree::new();
    tree.file("f", b"f");
    for name in ["new/", "new/."] {
        let mut options = CreateOptions::default();
        options.output = Some(tree.at(name));
        let error = Run::create(tree.path(), &options).err().expect("no run");
        assert!(matches!(&error, Error::ManifestNotRegular { kind: FileKind::Directory, .. }), "{error}");
        let error = checksig::Output::begin(&tree.at(name), tree.path(), Some(&tree.at("m"))).unwrap_err();
        assert!(matches!(&error, Error::OutputNotRegular { kind: FileKind::Directory, .. }), "{error}");
    }
}

#[test]
fn what_a_killed_run_left_is_not_listed_and_told() {
    let mut tree = Tree::new();
    tree.file("f", b"f").file(".checksig-aZ09bc.tmp", b"left").file("d/.checksig-aZ09bc.tmp", b"elsewhere");
    // Not what they are called: too short, too long, another letter, another end.
    for name in [".checksig-aZ09b.tmp", ".checksig-aZ09bcd.tmp", ".checksig-aZ09b_.tmp", ".checksig-aZ09bc"] {
        tree.file(name, name.as_bytes());
    }
    let (records, report) = drain(Run::create(tree.path(), &CreateOptions::default()).unwrap());
    assert_eq!(report.verdict(), Verdict::Pass);
    let names: Vec<_> = outcomes(&records).into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            ".checksig-aZ09b.tmp",
            ".checksig-aZ09b_.tmp",
            ".checksig-aZ09bc",
            ".checksig-aZ09bcd.tmp",
            "d/.checksig-aZ09bc.tmp",
            "f"
        ]
    );
    let told = |reason: &String| reason.starts_with(".checksig-aZ09bc.tmp: what a create that was killed left behind");
    assert!(report.reasons.iter().any(told), "{:?}", report.reasons);
}

#[test]
fn of_many_that_killed_runs_left_the_first_are_named_and_the_others_counted() {
    let mut tree = Tree::new();
    tree.file("f", b"f");
    for at in 0..500 {
        fs::write(tree.at(format!(".checksig-{at:06}.tmp")), "left").unwrap();
    }
    let report = create(tree.path(), &CreateOptions::default()).unwrap();
    assert_eq!((report.verdict(), report.counts.total()), (Verdict::Pass, 1));
    let told: Vec<_> = report.reasons.iter().filter(|reason| reason.contains("left behind")).collect();
    assert_eq!(told.len(), 4, "{told:?}");
    for (at, reason) in told[..3].iter().enumerate() {
        assert!(reason.starts_with(&format!(".checksig-{at:06}.tmp: ")), "{reason}");
    }
    assert!(told[3].starts_with("left behind: 497 more such files; "), "{told:?}");
}

#[test]
fn what_is_excluded_is_not_listed() {
    let mut tree = Tree::new();
    for name in ["a", "b.tmp", "cache/x", "d/cache/y", "d/e.tmp", "d/f"] {
        tree.file(name, name.as_bytes());
    }
    let mut options = CreateOptions::default();
    options.exclude = Exclude::new(["*.tmp", "/cache/"]).unwrap();
    let (records, report) = drain(Run::create(tree.path(), &options).unwrap());
    assert_eq!(report.verdict(), Verdict::Pass);
    let names: Vec<_> = outcomes(&records).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["a", "d/cache/y", "d/f"]);
}

#[test]
fn a_bags_manifest_has_its_own_name_and_cannot_carry_a_leading_blank() {
    let mut tree = Tree::new();
    tree.file("data/100%", b"x").file("data/new\nline", b"y");
    let mut options = CreateOptions::default();
    options.format = Format::Bagit;
    assert_eq!(create(tree.path(), &options).unwrap().verdict(), Verdict::Pass);
    let text = format!("{}  data/100%25\n{}  data/new%0Aline\n", hex_digest(b"x"), hex_digest(b"y"));
    assert_eq!(fs::read(tree.at("manifest-sha1.txt")).unwrap(), text.as_bytes());
    let mut reading = Options::default();
    reading.manifest = Some(tree.at("manifest-sha1.txt"));
    assert_eq!(verify(tree.path(), &reading).unwrap().verdict(), Verdict::Pass);
    tree.file(" blank", b"z");
    options.overwrite = true;
    let error = create(tree.path(), &options).unwrap_err();
    assert!(matches!(&error, Error::ManifestUnwritable { .. }), "{error}");
    assert!(error.to_string().contains("the name \" blank\" begins with a blank"), "{error}");
    assert_eq!(fs::read(tree.at("manifest-sha1.txt")).unwrap(), text.as_bytes(), "what was there stays");
}

#[test]
fn the_report_names_the_format_and_counts_what_is_excluded() {
    let mut tree = Tree::new();
    for name in ["data/a", "data/b.tmp", "data/cache/c.tmp", "data/cache/d"] {
        tree.file(name, b"x");
    }
    let exclude = Exclude::new(["*.tmp", "cache/"]).unwrap();
    for format in Format::ALL {
        let mut options = CreateOptions::default();
        (options.format, options.exclude) = (format, exclude.clone());
        // By its name alone a bag's manifest is known.
        let name = if format == Format::Bagit { BAGIT_MANIFEST_NAME } else { "m" };
        options.output = Some(tree.at(name));
        let report = create(tree.path(), &options).unwrap();
        assert_eq!(report.formats, [format]);
        // A directory counts once, whatever it holds.
        assert_eq!((report.excluded, report.counts.total()), (2, 1), "{format:?}");
        let mut options = Options::default();
        options.manifest = Some(tree.at(name));
        let found = match format {
            // Read, they are the same.
            Format::GnuBinary => Format::Gnu,
            format => format,
        };
        let report = verify(tree.path(), &options).unwrap();
        assert_eq!(
            (&report.formats[..], report.excluded, report.verdict()),
            (&[found][..], 0, Verdict::Pass),
            "{format:?}"
        );
        options.exclude = exclude.clone();
        let report = audit(tree.path(), &options).unwrap();
        assert_eq!((&report.formats[..], report.excluded, report.verdict()), (&[found][..], 2, Verdict::Pass));
        let listed: Vec<_> = Listing::open(tree.at(name), Grammar::Detect).unwrap().map(Result::unwrap).collect();
        assert!(matches!(&listed[..], [Item::Entry(entry)] if entry.name == b"data/a"), "{listed:?}");
        fs::remove_file(tree.at(name)).unwrap();
    }
    let report = Run::hash([tree.at("data/a")], &HashOptions::default()).unwrap().finish().unwrap();
    assert_eq!((report.formats, report.excluded), (Vec::new(), 0));
}
