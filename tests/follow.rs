//! Links that stay inside the root, followed where that is asked for: by openat2 and, where Linux refuses it, by the walk.
//!
//! The expected outcomes come from how each tree was made, and nothing outside of it may be read.

mod common;

use std::fs;
use std::os::unix::fs::symlink;

use checksig::OutcomeKind::{Match, Missing, NotRegular, OutsideRoot, Unlisted, Unreadable};
use checksig::{CreateOptions, Error, FileKind, Options, Outcome, OutcomeKind, Policy, Run, Verdict, create, verify};
use common::child::Child;
use common::{Tree, drain, hex_digest, outcomes};

const INSIDE: &[u8] = b"inside";

/// A tree with links of every kind, and the entries that name them.
fn tree(outside: &Tree) -> (Tree, Vec<(String, OutcomeKind)>) {
    fs::write(outside.at("secret"), INSIDE).unwrap();
    let mut tree = Tree::new();
    tree.file("d/e/file", INSIDE);
    let name = outside.path().file_name().unwrap().to_str().unwrap().to_owned();
    let links: [(&str, &str, OutcomeKind); 15] = [
        ("link", "d/e/file", Match),
        ("chain", "link", Match),
        ("d/up", "../link", Match),
        ("d/e/far-up", "../../d/./e//../e/file", Match),
        ("dir", "d/e", Unlisted),
        ("to-dir", "d/e/", NotRegular),
        ("file-as-directory", "link/", Unreadable),
        ("dangling", "nowhere", Missing),
        ("loop", "loop", Unreadable),
        ("absolute", "/etc/passwd", OutsideRoot),
        ("above", "..", OutsideRoot),
        ("out", &format!("../{name}/secret"), OutsideRoot),
        ("out-and-in", &format!("../{}/d/e/file", tree.path().file_name().unwrap().to_str().unwrap()), OutsideRoot),
        ("through-out", "above/x", OutsideRoot),
        ("to-fifo", "fifo", NotRegular),
    ];
    common::make_fifo(&tree.at("fifo"));
    let mut expected = vec![("d/e/file".to_owned(), Match)];
    for (name, target, outcome) in links {
        symlink(target, tree.at(name)).unwrap();
        // That of the directory is in other names only.
        if outcome != Unlisted {
            tree.line(name, &hex_digest(INSIDE));
            expected.push((name.to_owned(), outcome));
        }
    }
    // Chains of as many links as Linux follows, and of one more.
    symlink("d/e/file", tree.at("n1")).unwrap();
    for at in 2..=41 {
        symlink(format!("n{}", at - 1), tree.at(format!("n{at}"))).unwrap();
    }
    for (name, outcome) in [
        ("n40", Match),
        ("n41", Unreadable),
        ("dir/file", Match),
        ("dir/../e/file", OutsideRoot),
        ("dir/none", Missing),
        ("link/x", Unreadable),
    ] {
        tree.line(name, &hex_digest(INSIDE));
        expected.push((name.to_owned(), outcome));
    }
    tree.seal();
    (tree, expected)
}

fn inside() -> Options {
    let mut options = Options::default();
    options.policy = Policy::Inside;
    options
}

#[test]
fn links_inside_are_followed_and_those_that_lead_out_are_not() {
    let outside = Tree::new();
    let (tree, expected) = tree(&outside);
    let (records, _) = tree.verify(&inside());
    assert_eq!(outcomes(&records), expected);
    // By default every link is in the way.
    let (records, report) = tree.verify(&Options::default());
    assert_eq!(report.counts.of(Match), 1, "{:?}", outcomes(&records));
}

/// What the command says of every file, with openat2 or without: all but how it was read.
fn said(tree: &Tree, reader: &str, without: (libc::c_long, i32)) -> Vec<String> {
    let arguments = ["--json", "--follow", "inside", "--reader", reader];
    let child = Child::verify(env!("CARGO_BIN_EXE_checksig"), tree.path());
    let output = child.with(&arguments).without(&[without.0], without.1).run();
    let text = String::from_utf8(output.stdout).expect("JSON");
    let files = text.lines().filter(|line| line.starts_with("{\"type\":\"file\""));
    let plain = |line: &str| {
        let message = line.rsplit_once("\"message\"").map_or("", |parts| parts.1);
        line.split(",\"reader\"").next().unwrap().to_owned() + message
    };
    files.map(plain).collect()
}

/// With openat2, as it is another call that is refused, and without.
const WITH: (libc::c_long, i32) = (libc::SYS_reboot, libc::EPERM);
const WITHOUT: (libc::c_long, i32) = (libc::SYS_openat2, libc::ENOSYS);

#[test]
fn the_walk_that_stands_in_for_openat2_gives_the_same() {
    let outside = Tree::new();
    let (tree, _) = tree(&outside);
    for reader in ["auto", "pread", "threads"] {
        let with = said(&tree, reader, WITH);
        assert!(with.len() > 15);
        assert_eq!(with, said(&tree, reader, WITHOUT), "{reader}");
    }
}

#[test]
fn the_walk_reads_the_same_file_by_whatever_a_link_says() {
    let mut tree = Tree::new();
    for name in ["f", "a/f", "a/b/f"] {
        tree.file(name, name.as_bytes());
    }
    for name in ["up", "a/up", "a/b/up"] {
        symlink("../f", tree.at(name)).unwrap();
    }
    // Every target of up to four words; an empty one is a slash more.
    let words = [".", "..", "a", "b", "f", ""];
    let mut targets: Vec<String> = words.map(str::to_owned).into();
    for _ in 1..4 {
        let longer: Vec<_> = targets.iter().flat_map(|head| words.map(|word| format!("{head}/{word}"))).collect();
        targets.extend(longer);
        targets.sort();
        targets.dedup();
    }
    targets.retain(|target| !target.is_empty());
    assert!(targets.len() > 1_000, "{}", targets.len());
    for (at, target) in targets.iter().enumerate() {
        symlink(target, tree.at(format!("a/{at}"))).unwrap();
        // The link, what is in the directory that it leads to, a link in there that goes up, and a `.` behind it.
        for rest in ["", "/f", "/up", "/."] {
            tree.line(format!("a/{at}{rest}"), &hex_digest(b"f"));
        }
    }
    for name in ["f/.", "a/f/.", "a/.", "a/./f", "./.", "up/."] {
        tree.line(name, &hex_digest(b"f"));
    }
    tree.seal();
    let (with, without) = (said(&tree, "pread", WITH), said(&tree, "pread", WITHOUT));
    assert_eq!(with.len(), 3 + 4 * targets.len() + 6);
    let differ: Vec<_> = with.iter().zip(&without).filter(|(one, other)| one != other).collect();
    assert!(differ.is_empty() && with.len() == without.len(), "{} differ: {:#?}", differ.len(), differ.first());
}

#[test]
fn create_lists_links_to_files_and_audit_agrees() {
    let outside = Tree::new();
    fs::write(outside.at("secret"), INSIDE).unwrap();
    let mut tree = Tree::new();
    tree.file("d/file", INSIDE);
    for (name, target) in [
        ("link", "d/file"),
        ("d/dir", "../d"),
        ("around", "."),
        ("loop", "loop"),
        ("out", outside.path().to_str().unwrap()),
    ] {
        symlink(target, tree.at(name)).unwrap();
    }
    let mut choices = CreateOptions::default();
    choices.follow_inside = true;
    let (records, report) = drain(Run::create(tree.path(), &choices).unwrap());
    assert_eq!(report.verdict(), Verdict::Pass);
    let listed =
        [("around", NotRegular), ("d/dir", NotRegular), ("d/file", Match), ("link", Match), ("loop", NotRegular)];
    let mut expected: Vec<_> = listed.map(|(name, kind)| (name.to_owned(), kind)).into();
    expected.push(("out".to_owned(), NotRegular));
    assert_eq!(outcomes(&records), expected, "no link is walked through, so that none makes a round");
    let text = ["d/file", "link"].map(|name| format!("{}  {name}\n", hex_digest(INSIDE))).concat();
    assert_eq!(fs::read(tree.at("sha1sum.txt")).unwrap(), text.as_bytes());

    let audit = |options: &Options| {
        let (records, report) = drain(Run::audit(tree.path(), options).unwrap());
        let unlisted = outcomes(&records).into_iter().filter(|(_, kind)| *kind == Unlisted).map(|(name, _)| name);
        (unlisted.collect::<Vec<_>>(), report.counts.of(Match))
    };
    // What is left out of the manifest is not listed, links to directories among it.
    let left_out = ["around", "d/dir", "loop", "out"];
    assert_eq!(audit(&inside()), (left_out.map(str::to_owned).to_vec(), 2));
    assert_eq!(audit(&Options::default()).0, left_out);
    for name in left_out {
        fs::remove_file(tree.at(name)).unwrap();
    }
    let report = checksig::audit(tree.path(), &inside()).unwrap();
    assert_eq!(report.verdict(), Verdict::Pass);
    // The same with links left alone: they are left out, and then unlisted.
    choices.follow_inside = false;
    choices.overwrite = true;
    assert_eq!(create(tree.path(), &choices).unwrap().counts.of(Match), 1);
}

#[test]
fn an_unlisted_link_is_a_link_and_nothing_that_was_moved() {
    let mut tree = Tree::new();
    tree.file("d/listed", INSIDE).file("z", b"old").line("old", &hex_digest(b"old")).seal();
    // What "old" was is called "z" now, which an entry may name as well or not; "a" is new and leads to it.
    for entries in [&["d/listed"][..], &["d/listed", "z"]] {
        let digest = |name: &str| hex_digest(&fs::read(tree.at(name)).unwrap());
        let lines = entries.iter().map(|name| format!("{}  {name}\n", digest(name))).collect::<String>();
        fs::write(tree.at("sha1sum.txt"), lines + &format!("{}  old\n", hex_digest(b"old"))).unwrap();
        for (name, target) in [("a", "z"), ("b", "d"), ("c", "none")] {
            let _ = symlink(target, tree.at(name));
        }
        let (records, report) = drain(Run::audit(tree.path(), &inside()).unwrap());
        assert_eq!(report.verdict(), Verdict::Fail);
        let unlisted: Vec<_> = common::files(&records).filter(|file| file.outcome.kind() == Unlisted).collect();
        for link in &unlisted[..3] {
            let expected = Outcome::Unlisted { kind: FileKind::Symlink, actual: None };
            assert_eq!((&link.outcome, &link.moved_from), (&expected, &None), "{link:?}");
        }
        let moved: Vec<_> =
            unlisted.iter().filter_map(|file| Some((&file.name[..], file.moved_from.as_deref()?))).collect();
        let expected: &[(&[u8], &[u8])] = if entries.len() == 1 { &[(b"z", b"old")] } else { &[] };
        assert_eq!((moved.as_slice(), unlisted.len()), (expected, 5 - entries.len()));
    }
}

#[test]
fn a_link_in_the_place_of_the_manifest_is_not_passed_over_for_a_bags() {
    for (to, why) in [("nowhere", "leads to nothing"), ("../outside", "leads out of the root")] {
        let mut tree = Tree::new();
        tree.file("f", b"x").seal();
        fs::rename(tree.at("sha1sum.txt"), tree.at("manifest-sha1.txt")).unwrap();
        assert_eq!(verify(tree.path(), &Options::default()).unwrap().verdict(), Verdict::Pass);
        symlink(to, tree.at("sha1sum.txt")).unwrap();
        for (policy, why) in [(Policy::Beneath, "not followed"), (Policy::Inside, why)] {
            let mut options = Options::default();
            options.policy = policy;
            let error = verify(tree.path(), &options).unwrap_err();
            assert!(matches!(&error, Error::ManifestUnreadable { .. }), "{error:?}");
            assert!(error.to_string().contains(why) && !error.to_string().contains("report"), "{error}");
        }
    }
}
