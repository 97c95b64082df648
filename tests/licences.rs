//! THIRD-PARTY-LICENSES names every crate that is part of the command or the library, and no other.
//!
//! Judges no licence: `bindings/build/about.toml` has those that are accepted, and cargo-about refuses any other.

use std::collections::BTreeSet;
use std::process::Command;

#[test]
fn every_crate_of_the_command_and_the_library_has_its_licence_in_the_collection() {
    let mut crates = BTreeSet::new();
    for target in ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"] {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(["tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}", "--target", target]);
        let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let tree = String::from_utf8(output.stdout).unwrap();
        crates.extend(tree.lines().filter(|line| !line.is_empty()).map(|line| {
            let mut words = line.split(' ');
            let (name, version) = (words.next().unwrap(), words.next().unwrap());
            format!("{name} {}", version.trim_start_matches('v'))
        }));
    }
    let collection = include_str!("../THIRD-PARTY-LICENSES");
    let named = collection.lines().filter_map(|line| line.strip_prefix("* ")).map(|line| {
        let mut words = line.split(' ');
        format!("{} {}", words.next().unwrap(), words.next().unwrap())
    });
    let named: BTreeSet<String> = named.collect();
    assert!(crates.len() > 20, "{crates:?}");
    assert_eq!(named, crates, "run `make licences`");
}
