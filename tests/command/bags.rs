//! Bags (RFC 8493) where nobody names a manifest: which one is taken, and that the output says so.
//!
//! How their manifests are read is the matter of `names.rs` and of the library's own tests.

use std::fs;

use serde_json::Value;

use super::support::{Tree, digest, run};

/// A tree with a bag's manifest, which lists a name that is percent-encoded, and no other.
fn bag() -> Tree {
    let tree = Tree::new();
    fs::create_dir(tree.at("data")).expect("a directory");
    fs::write(tree.at("data/a%b"), "alpha").expect("a file");
    fs::write(tree.at("manifest-sha1.txt"), format!("{}  data/a%25b\n", digest(b"alpha"))).expect("a manifest");
    tree
}

const TAKEN: &str = "checksig: manifest manifest-sha1.txt: taken since there is no sha1sum.txt\n";

#[test]
fn a_bags_own_manifest_is_taken_where_there_is_no_other_and_the_output_says_so() {
    let tree = bag();
    for verb in ["verify", "audit"] {
        let ran = run(&mut tree.command(verb));
        assert_eq!((ran.status, ran.text()), (Some(0), "data/a%b: OK\n"), "{ran:?}");
        assert!(ran.err.starts_with(TAKEN), "{ran:?}");
        let ran = run(tree.command(verb).arg("--json"));
        let lines: Vec<Value> = ran.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!((&lines[0]["manifest"], &lines[0]["format"]), (&"manifest-sha1.txt".into(), &"bagit".into()));
        let reasons = lines[2]["reasons"].as_array().expect("a list");
        assert!(reasons.iter().any(|reason| TAKEN.contains(reason.as_str().expect("text"))), "{ran:?}");
        assert_eq!(run(tree.command(verb).arg("--quiet")).err, "", "silent all the same");
    }
    fs::write(tree.at("data/a%b"), "other").expect("a file");
    let ran = run(&mut tree.command("verify"));
    assert!(
        ran.status == Some(1) && ran.err.starts_with("checksig: manifest-sha1.txt:1: data/a%b: mismatch"),
        "{ran:?}"
    );
    let ran = run(tree.command("verify").current_dir("/").arg(tree.path()));
    assert!(ran.err.starts_with(&format!("checksig: {}:1: ", tree.at("manifest-sha1.txt").display())), "{ran:?}");
}

#[test]
fn sha1sum_txt_wins_where_both_are_there_also_if_it_cannot_be_read() {
    let tree = bag();
    fs::write(tree.at("sha1sum.txt"), format!("{}  gone\n", digest(b""))).expect("a manifest");
    let ran = run(&mut tree.command("verify"));
    assert!(ran.status == Some(1) && !ran.err.contains("taken since"), "{ran:?}");
    assert_eq!(ran.text(), "gone: FAILED open or read\n");
    fs::remove_file(tree.at("sha1sum.txt")).expect("a manifest");
    for make in [|place| fs::create_dir(place), |place| std::os::unix::fs::symlink("manifest-sha1.txt", place)] {
        make(tree.at("sha1sum.txt")).expect("no manifest");
        let ran = run(&mut tree.command("verify"));
        assert!(ran.status == Some(2) && ran.err.starts_with("checksig: ./sha1sum.txt: "), "{ran:?}");
        let _ = fs::remove_dir(tree.at("sha1sum.txt")).or_else(|_| fs::remove_file(tree.at("sha1sum.txt")));
    }
}

#[test]
fn where_neither_is_there_both_are_named_and_what_to_do() {
    let tree = Tree::new();
    for verb in ["verify", "audit"] {
        let ran = run(tree.command(verb).current_dir("/").arg(tree.path()));
        let place = tree.at("sha1sum.txt");
        let said = "no such manifest, nor manifest-sha1.txt beside it; \"checksig create\" writes one";
        assert_eq!((ran.status, ran.err), (Some(2), format!("checksig: {}: {said}\n", place.display())));
    }
    let ran = run(tree.command("verify").args(["--manifest", "gone"]));
    assert_eq!(ran.err, "checksig: gone: no such manifest; \"checksig create\" writes one\n");
}

#[test]
fn output_does_not_replace_it() {
    let tree = bag();
    let before = fs::read(tree.at("manifest-sha1.txt")).expect("a manifest");
    for name in ["manifest-sha1.txt", "sha1sum.txt"] {
        let ran = run(tree.command("verify").args(["-o", name]));
        assert!(ran.status == Some(2) && ran.err.contains("the manifest, or listed in it"), "{name}: {ran:?}");
    }
    assert_eq!(fs::read(tree.at("manifest-sha1.txt")).expect("a manifest"), before);
    assert!(!tree.at("sha1sum.txt").exists());
}
