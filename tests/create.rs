//! Manifests that the library writes: which files, in which order, and what stands afterwards.
//!
//! The expected lines come from how each tree was made, and digests from the crate `sha1` alone.

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use checksig::OutcomeKind::{Match, NotRegular};
use checksig::{CreateOptions, Error, FileKind, Options, Run, Verb, Verdict, create, verify};
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
    for _ in 0..2 {
        let run = Run::create(tree.path(), &CreateOptions::default()).unwrap();
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
    let report = create(tree.path(), &CreateOptions::default()).unwrap();
    assert_eq!(report.verdict(), Verdict::Fail);
    assert_eq!(fs::read(tree.at("sha1sum.txt")).unwrap(), b"old");
    assert_eq!(fs::read_dir(tree.path()).unwrap().count(), 1);
}
