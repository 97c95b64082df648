//! Audits through the library: what is there and not listed, what was moved, and what need not be listed.
//!
//! The expected outcomes come from how each tree was made, and digests from the crate `sha1` alone.

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use checksig::OutcomeKind::{Match, Mismatch, Missing, NotRegular, OutsideRoot, Unlisted, Unreadable};
use checksig::{
    Batch, CreateOptions, Error, Exclude, FileKind, Options, Outcome, OutcomeKind, Policy, Record, Report, Run, Verb,
    Verdict, create,
};
use common::{Tree, bytes, drain, files, hex_digest, is_root, make_fifo, outcomes};

fn audit(tree: &Tree, options: &Options) -> (Vec<Record>, Report) {
    drain(Run::audit(tree.path(), options).expect("a run"))
}

fn named(expected: &[(&str, OutcomeKind)]) -> Vec<(String, OutcomeKind)> {
    expected.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect()
}

/// A tree as its manifest says, with things in several directories.
fn sound() -> Tree {
    let mut tree = Tree::new();
    for name in ["b", "a/c", "a-b", "a/deep/er/x", "z"] {
        tree.file(name, name.as_bytes());
    }
    tree.seal();
    tree
}

#[test]
fn a_tree_that_holds_what_is_listed_and_nothing_else_passes() {
    let tree = sound();
    fs::create_dir_all(tree.at("empty/below")).unwrap();
    let (records, report) = audit(&tree, &Options::default());
    assert_eq!((report.verb, report.verdict()), (Verb::Audit, Verdict::Pass), "{records:?}");
    assert_eq!((report.counts.total(), report.moved, report.failed()), (5, 0, 0));
}

#[test]
fn one_changed_one_missing_one_new_and_one_moved_are_each_named_rightly() {
    let mut tree = sound();
    tree.file("changed", b"before").line("missing", &hex_digest(b"was here")).line("old", &hex_digest(b"moved")).seal();
    fs::write(tree.at("changed"), "after!").unwrap();
    fs::write(tree.at("a/new"), "new").unwrap();
    fs::write(tree.at("moved"), "moved").unwrap();
    let expected = named(&[
        ("b", Match),
        ("a/c", Match),
        ("a-b", Match),
        ("a/deep/er/x", Match),
        ("z", Match),
        ("changed", Mismatch),
        ("missing", Missing),
        ("old", Missing),
        ("a/new", Unlisted),
        ("moved", Unlisted),
    ]);
    for ordered in [true, false] {
        let mut options = Options::default();
        options.ordered = ordered;
        let (records, report) = audit(&tree, &options);
        let mut found = outcomes(&records);
        if !ordered {
            let place = |(name, _): &(String, OutcomeKind)| expected.iter().position(|(other, _)| other == name);
            found.sort_by_key(place);
        }
        assert_eq!(found, expected);
        assert_eq!((report.verdict(), report.failed(), report.moved), (Verdict::Fail, 5, 1));
        for file in files(&records) {
            let is_moved = file.name == b"moved";
            assert_eq!(file.moved_from.as_deref(), is_moved.then_some(&b"old"[..]), "{file:?}");
            if file.outcome.kind() == Unlisted {
                let content = fs::read(tree.at(&file.name)).unwrap();
                assert_eq!((file.line, file.expected), (0, None));
                assert_eq!(file.actual().unwrap().to_string(), hex_digest(&content));
                assert_eq!(file.size_bytes, Some(content.len() as u64));
            }
        }
        assert!(report.failures.iter().any(|file| file.moved_from.is_some()), "the report has it too");
    }
}

#[test]
fn where_nothing_is_missing_no_unlisted_file_is_read() {
    let tree = sound();
    for name in ["new", "a/other"] {
        fs::write(tree.at(name), name).unwrap();
    }
    let (records, report) = audit(&tree, &Options::default());
    assert_eq!(outcomes(&records)[5..], named(&[("a/other", Unlisted), ("new", Unlisted)]));
    assert_eq!(report.bytes, 19, "what is listed");
    assert!(
        files(&records).skip(5).all(|file| file.outcome == Outcome::Unlisted { kind: FileKind::Regular, actual: None })
    );
}

#[test]
fn whatever_has_no_entry_is_unlisted_and_what_has_one_is_not() {
    let mut tree = sound();
    symlink("b", tree.at("link")).unwrap();
    symlink("nowhere", tree.at("a/dangling")).unwrap();
    symlink("a", tree.at("a/to-directory")).unwrap();
    make_fifo(&tree.at("fifo"));
    make_fifo(&tree.at("listed-fifo"));
    drop(std::os::unix::net::UnixListener::bind(tree.at("socket")).unwrap());
    // What fails is listed all the same, however it is spelt; what leads out of the root lists nothing.
    let digest = hex_digest(b"");
    tree.line("listed-fifo", &digest).line(".//a/./to-directory", &digest).line("a/../a/new", &digest);
    tree.line("/b", &digest).seal();
    fs::write(tree.at("a/new"), "").unwrap();
    let (records, report) = audit(&tree, &Options::default());
    assert_eq!(
        outcomes(&records)[5..],
        named(&[
            ("listed-fifo", NotRegular),
            (".//a/./to-directory", Unreadable),
            ("a/../a/new", OutsideRoot),
            ("/b", OutsideRoot),
            ("a/dangling", Unlisted),
            ("a/new", Unlisted),
            ("fifo", Unlisted),
            ("link", Unlisted),
            ("socket", Unlisted),
        ])
    );
    assert_eq!(report.verdict(), Verdict::Fail);
    let kind = |name: &[u8]| match files(&records).find(|file| file.name == name).unwrap().outcome {
        Outcome::Unlisted { kind, actual: None } => kind,
        ref other => panic!("{other:?}"),
    };
    assert_eq!((kind(b"link"), kind(b"fifo"), kind(b"socket")), (FileKind::Symlink, FileKind::Fifo, FileKind::Socket));
    assert_eq!((kind(b"a/dangling"), kind(b"a/new")), (FileKind::Symlink, FileKind::Regular));
}

#[test]
fn each_missing_entry_is_found_once_and_copies_are_new() {
    let mut tree = sound();
    for name in ["one", "two"] {
        tree.line(name, &hex_digest(b"same"));
    }
    tree.seal();
    for name in ["x", "y", "z2"] {
        fs::write(tree.at(name), "same").unwrap();
    }
    let (records, report) = audit(&tree, &Options::default());
    let moved: Vec<_> =
        files(&records).filter_map(|file| Some((&file.name[..], file.moved_from.as_deref()?))).collect();
    assert_eq!(moved, [(&b"x"[..], &b"one"[..]), (b"y", b"two")]);
    assert_eq!((report.moved, report.counts.of(Unlisted), report.counts.of(Missing)), (2, 3, 2));
}

#[test]
fn an_empty_file_is_not_told_to_be_another_one() {
    let mut tree = sound();
    tree.line("gone", &hex_digest(b"")).line("old", &hex_digest(b"moved")).seal();
    fs::write(tree.at("empty"), "").unwrap();
    fs::write(tree.at("new"), "moved").unwrap();
    let (records, report) = audit(&tree, &Options::default());
    let moved: Vec<_> =
        files(&records).filter_map(|file| Some((&file.name[..], file.moved_from.as_deref()?))).collect();
    assert_eq!((moved, report.moved), (vec![(&b"new"[..], &b"old"[..])], 1));
    assert_eq!((report.counts.of(Unlisted), report.counts.of(Missing)), (2, 2));
}

#[test]
fn the_manifest_alone_is_exempt_and_by_its_own_name() {
    let tree = sound();
    fs::copy(tree.at("sha1sum.txt"), tree.at("a/sha1sum.txt")).unwrap();
    fs::hard_link(tree.at("sha1sum.txt"), tree.at("again.txt")).unwrap();
    let (records, _) = audit(&tree, &Options::default());
    assert_eq!(outcomes(&records)[5..], named(&[("a/sha1sum.txt", Unlisted), ("again.txt", Unlisted)]));
    // One that is named: the others are not its business.
    let mut options = Options::default();
    options.manifest = Some(tree.at("again.txt"));
    let (records, _) = audit(&tree, &options);
    assert_eq!(outcomes(&records)[5..], named(&[("a/sha1sum.txt", Unlisted), ("sha1sum.txt", Unlisted)]));
    // By a link, with the file that it leads to; and by a way around.
    symlink("../again.txt", tree.at("a/link")).unwrap();
    for path in ["a/link", "a/../a/link"] {
        options.manifest = Some(tree.at(path));
        let (records, _) = audit(&tree, &options);
        assert_eq!(outcomes(&records)[5..], named(&[("a/sha1sum.txt", Unlisted), ("sha1sum.txt", Unlisted)]), "{path}");
    }
    // From elsewhere, nothing in the tree is exempt.
    let elsewhere = tempfile::tempdir().unwrap();
    fs::copy(tree.at("sha1sum.txt"), elsewhere.path().join("sha1sum.txt")).unwrap();
    options.manifest = Some(elsewhere.path().join("sha1sum.txt"));
    let (records, _) = audit(&tree, &options);
    assert_eq!(records.len(), 5 + 4);
}

#[test]
fn what_is_excluded_need_not_be_listed_and_is_verified_where_it_is() {
    let mut tree = sound();
    tree.file("listed.tmp", b"before").seal();
    fs::write(tree.at("listed.tmp"), "after!").unwrap();
    for name in ["x.tmp", "cache/y", "a/cache/y", "new"] {
        fs::create_dir_all(tree.at(name).parent().unwrap()).unwrap();
        fs::write(tree.at(name), name).unwrap();
    }
    let mut options = Options::default();
    options.exclude = Exclude::new(["*.tmp", "/cache/"]).unwrap();
    let (records, _) = audit(&tree, &options);
    let expected = named(&[("listed.tmp", Mismatch), ("a/cache/y", Unlisted), ("new", Unlisted)]);
    assert_eq!(outcomes(&records)[5..], expected);
}

#[test]
fn a_directory_that_cannot_be_listed_is_a_failure_unless_it_is_excluded() {
    let tree = sound();
    fs::create_dir(tree.at("closed")).unwrap();
    fs::set_permissions(tree.at("closed"), fs::Permissions::from_mode(0o000)).unwrap();
    let look = |exclude: &[&str]| {
        let mut options = Options::default();
        options.exclude = Exclude::new(exclude).unwrap();
        let (records, report) = audit(&tree, &options);
        (outcomes(&records)[5..].to_vec(), report.verdict())
    };
    let looked = if rustix::process::geteuid().is_root() {
        // Threads have owners of their own on Linux; the run's threads have this one's.
        for entry in [".", "a", "a/deep", "a/deep/er"] {
            fs::set_permissions(tree.at(entry), fs::Permissions::from_mode(0o755)).unwrap();
        }
        std::thread::scope(|scope| {
            scope
                .spawn(|| {
                    let nobody = rustix::thread::Uid::from_raw(65_534);
                    rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
                    [look(&[]), look(&["closed"])]
                })
                .join()
                .unwrap()
        })
    } else {
        [look(&[]), look(&["closed"])]
    };
    fs::set_permissions(tree.at("closed"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(looked[0], (named(&[("closed", Unreadable)]), Verdict::Fail));
    assert_eq!(looked[1], (Vec::new(), Verdict::Pass));
}

#[test]
fn an_unlisted_file_that_cannot_be_read_is_unlisted() {
    if !is_root() {
        return;
    }
    let mut tree = sound();
    tree.line("gone", &hex_digest(b"secret")).seal();
    fs::write(tree.at("secret"), "secret").unwrap();
    fs::set_permissions(tree.at("secret"), fs::Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(tree.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let (records, report) = std::thread::scope(|scope| {
        let audit = || {
            let nobody = rustix::thread::Uid::from_raw(65_534);
            rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
            audit(&tree, &Options::default())
        };
        scope.spawn(audit).join().unwrap()
    });
    assert_eq!(outcomes(&records)[5..], named(&[("gone", Missing), ("secret", Unlisted)]));
    assert_eq!((report.moved, files(&records).last().unwrap().actual()), (0, None));
}

#[test]
fn malformed_lines_list_nothing_and_an_empty_manifest_makes_everything_unlisted() {
    let mut tree = sound();
    fs::write(tree.at("new"), "new").unwrap();
    tree.raw(format!("{} new\n", hex_digest(b"new")).as_bytes()).seal();
    let (records, report) = audit(&tree, &Options::default());
    assert_eq!((report.malformed_lines, report.verdict()), (1, Verdict::Fail));
    assert!(matches!(records[5], Record::Malformed(_)), "in its place");
    assert_eq!(outcomes(&records).last().unwrap(), &("new".to_owned(), Unlisted));
    fs::write(tree.at("sha1sum.txt"), "# nothing\n").unwrap();
    let (records, report) = audit(&tree, &Options::default());
    assert_eq!((records.len() as u64, report.counts.of(Unlisted), report.verdict()), (6, 6, Verdict::Fail));
}

#[test]
fn a_tree_as_create_found_it_passes_with_every_format() {
    use checksig::manifest::Format;
    for format in Format::ALL {
        let tree = sound();
        fs::remove_file(tree.at("sha1sum.txt")).unwrap();
        let mut choices = CreateOptions::default();
        choices.format = format;
        assert_eq!(create(tree.path(), &choices).unwrap().verdict(), Verdict::Pass);
        let mut options = Options::default();
        options.manifest = Some(tree.at(choices.manifest_name()));
        let (records, report) = audit(&tree, &options);
        assert_eq!((records.len(), report.verdict()), (5, Verdict::Pass), "{format:?}: {records:?}");
    }
}

#[test]
fn an_audit_is_confined_whatever_the_policy() {
    let elsewhere = Tree::new();
    fs::write(elsewhere.at("f"), "outside").unwrap();
    let mut tree = sound();
    symlink(elsewhere.path(), tree.at("out")).unwrap();
    tree.line("out/f", &hex_digest(b"outside"))
        .line(elsewhere.at("f").to_str().unwrap(), &hex_digest(b"outside"))
        .seal();
    for policy in [Policy::Beneath, Policy::Inside] {
        let mut options = Options::default();
        options.policy = policy;
        let (records, _) = audit(&tree, &options);
        let found: Vec<_> = outcomes(&records)[5..].iter().map(|(_, kind)| *kind).collect();
        let through = if policy == Policy::Inside { OutsideRoot } else { Unreadable };
        assert_eq!(found, [through, OutsideRoot, Unlisted], "{policy:?}: the link itself has no entry");
    }
    let mut options = Options::default();
    options.policy = Policy::Free;
    let error = Run::audit(tree.path(), &options).err().expect("no run");
    assert!(matches!(&error, Error::AuditNotConfined), "{error}");
}

#[test]
fn thousands_of_either_kind_come_in_order_and_cancelling_ends_it() {
    let mut tree = Tree::new();
    for at in 0..3_000_u64 {
        tree.file(format!("d{}/listed{at:04}", at % 5), &bytes(at as usize % 300, at));
    }
    tree.line("gone", &hex_digest(b"gone")).seal();
    for at in 0..3_000 {
        fs::write(tree.at(format!("d{}/unlisted{at:04}", at % 7)), at.to_string()).ok();
    }
    let (records, report) = audit(&tree, &Options::default());
    assert_eq!(report.counts.of(Match), 3_000);
    let unlisted: Vec<_> = files(&records).skip(3_001).map(|file| &file.name[..]).collect();
    let expected = (0..3_000).filter(|at| at % 7 < 5).count();
    assert_eq!((unlisted.len(), report.counts.of(Unlisted)), (expected, expected as u64));
    assert!(unlisted.is_sorted(), "in byte order");
    assert_eq!(report.counts.total(), report.counts.of(Match) + 1 + expected as u64);

    let mut run = Run::audit(tree.path(), &Options::default()).unwrap();
    assert!(matches!(run.next_batch(std::time::Duration::from_secs(10)), Batch::Records(_)));
    run.canceller().cancel();
    let started = std::time::Instant::now();
    let report = run.finish().unwrap();
    assert!(started.elapsed().as_secs() < 5);
    assert!(report.verdict() == Verdict::Fail && report.counts.total() <= 3_001 + expected as u64);
}
