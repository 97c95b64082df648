//! Standard output against `sha1sum -c`, line for line, on trees that nobody chose by hand.
//!
//! Only what the two have in common: names below the root, no links. Without `sha1sum` it is skipped, and says so.

use std::fs;
use std::process::{Command, Stdio};

use super::support::{Tree, digest, has, run};

/// Lengths at which SHA-1's padding and checksig's buffers change their ways, and some in between.
const SIZES: [usize; 14] = [0, 1, 55, 56, 63, 64, 65, 119, 120, 4096, 65_537, 131_072, 131_073, 1_500_000];

/// A sequence that looks random and is the same each time (xorshift64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    /// A name of any bytes that a name may have, in one of a few directories.
    fn name(&mut self, nth: usize) -> Vec<u8> {
        let mut name = [&b""[..], b"one/", b"one/two/", b"a b/", b"new\nline/"][self.below(5)].to_vec();
        name.extend_from_slice(format!("{nth:03}").as_bytes());
        for _ in 0..self.below(12) {
            match self.below(256) as u8 {
                0 | b'/' => name.push(b'_'),
                byte => name.push(byte),
            }
        }
        name
    }
}

#[test]
fn the_lines_are_those_of_sha1sum() {
    if !has("sha1sum") {
        return;
    }
    for seed in [0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb] {
        let tree = grow(&mut Dice(seed));
        let theirs = sha1sum_check(&tree);
        for reader in ["auto", "pread"] {
            let ours = tree.verify(&["--reader", reader]);
            assert_eq!(ours.status, Some(1), "seed {seed:x}, {reader}");
            let pairs = ours.out.split(|&byte| byte == b'\n').zip(theirs.split(|&byte| byte == b'\n'));
            for (ours, theirs) in pairs {
                let (ours, theirs) = (String::from_utf8_lossy(ours), String::from_utf8_lossy(theirs));
                assert_eq!(ours, theirs, "seed {seed:x}, {reader}");
            }
            assert_eq!(ours.out.len(), theirs.len(), "seed {seed:x}, {reader}");
        }
    }
}

/// 150 entries, of which some are damaged, missing, directories, malformed or there twice.
fn grow(dice: &mut Dice) -> Tree {
    let mut tree = Tree::new();
    let mut last = b"000".to_vec();
    for nth in 0..150 {
        let name = dice.name(nth);
        let content = vec![nth as u8; SIZES[dice.below(SIZES.len())]];
        match dice.below(12) {
            0 => tree.damaged(&name, &content),
            1 => tree.lists(&digest(&content), &name),
            2 => tree.line("0123456789abcdef  too short a digest"),
            3 => tree.lists(&digest(b""), &last),
            4 => {
                fs::create_dir_all(tree.at(&name)).expect("a directory");
                tree.lists(&digest(b""), &name)
            }
            _ => tree.file(&name, &content),
        };
        last = name;
    }
    tree.write_manifest();
    tree
}

fn sha1sum_check(tree: &Tree) -> Vec<u8> {
    let mut command = Command::new("sha1sum");
    command.args(["-c", "sha1sum.txt"]).current_dir(tree.path()).env("LC_ALL", "C").stderr(Stdio::null());
    command.output().expect("sha1sum starts").stdout
}

#[test]
fn what_create_writes_sha1sum_takes_and_the_other_way_round() {
    if !has("sha1sum") {
        return;
    }
    let tree = Tree::new();
    let mut dice = Dice(0x5eed);
    for nth in 0..100 {
        let place = tree.at(dice.name(nth));
        fs::create_dir_all(place.parent().expect("a parent")).expect("a directory");
        fs::write(place, vec![nth as u8; SIZES[dice.below(SIZES.len())]]).expect("a file");
    }
    for format in ["gnu", "gnu-binary", "bsd"] {
        let created = run(tree.command("create").args(["--force", "--format", format]));
        assert_eq!(created.status, Some(0), "{created:?}");
        let theirs = sha1sum_check(&tree);
        let ours = run(&mut tree.command("verify"));
        assert_eq!((ours.status, ours.out == theirs), (Some(0), true), "{format}: {ours:?}");
        assert_eq!(theirs.iter().filter(|&&byte| byte == b'\n').count(), 100, "{format}");
    }
}
