//! A disk that cannot be read from some block on: an ext4 image on a loop device, cut off in the middle of a file.
//!
//! Needs root, a loop device, mkfs.ext4 and mount; where one is missing, it is not run and says so.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use checksig::{ReaderKind, Record};
use serde_json::Value;

use crate::common::child::Child;
use crate::common::{Tree, bytes, drain, files, hex_digest, is_root, not_run, options, readers};

const LARGE: usize = 8 << 20;
const BLOCK: usize = 4_096;

/// Runs a program; what it said where it fails.
fn tool(words: &[&str]) -> Result<String, String> {
    let output = Command::new(words[0]).args(&words[1..]).output().map_err(|error| format!("{}: {error}", words[0]))?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(said(&output.stdout)) } else { Err(format!("{words:?}: {}", said(&output.stderr))) }
}

/// A loop device with a file system that is, or is not, mounted.
pub(crate) struct Disk {
    image: PathBuf,
    device: String,
    pub(crate) place: PathBuf,
}

impl Disk {
    /// Not mounted, with these features of ext4.
    pub(crate) fn new(folder: &Path, features: &str) -> Result<Disk, String> {
        let (image, place) = (folder.join("image"), folder.join("mounted"));
        File::create(&image).and_then(|file| file.set_len(32 << 20)).map_err(|error| error.to_string())?;
        fs::create_dir(&place).map_err(|error| error.to_string())?;
        tool(&["mkfs.ext4", "-q", "-F", "-b", "4096", "-I", "256", "-O", features, text(&image)])?;
        let device = tool(&["losetup", "--find", "--show", text(&image)])?;
        Ok(Disk { image, device, place })
    }

    pub(crate) fn mount(&self, how: &str) -> Result<(), String> {
        tool(&["mount", "-t", "ext4", "-o", how, &self.device, text(&self.place)]).map(drop)
    }

    fn unmount(&self) {
        let _ = tool(&["umount", text(&self.place)]);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.unmount();
        let _ = tool(&["losetup", "--detach", &self.device]);
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// Where in the image each block of these bytes lies.
fn positions(places: &HashMap<&[u8], usize>, content: &[u8]) -> Vec<usize> {
    let place = |block: &[u8]| {
        let mut whole = block.to_vec();
        whole.resize(BLOCK, 0);
        *places.get(&whole[..]).expect("what was written is in the image")
    };
    content.chunks(BLOCK).map(place).collect()
}

/// A disk with a large file and small ones, and a manifest of all; the large one cannot be read from this offset on.
fn bad_disk(folder: &Path, tree: &mut Tree) -> Result<(Disk, u64), String> {
    let disk = Disk::new(folder, "^has_journal")?;
    disk.mount("rw")?;
    let small: Vec<_> = (0..5).map(|at| (format!("small-{at}"), bytes(10_000 + at * 3_000, at as u64))).collect();
    let large = ("large".to_owned(), bytes(LARGE, 99));
    for (name, content) in small.iter().chain([&large]) {
        fs::write(disk.place.join(name), content).map_err(|error| error.to_string())?;
        File::open(disk.place.join(name)).and_then(|file| file.sync_all()).map_err(|error| error.to_string())?;
        tree.line(name, &hex_digest(content));
    }
    tree.seal();
    disk.unmount();
    let image = fs::read(&disk.image).map_err(|error| error.to_string())?;
    // ext4 puts files where it likes: behind the small ones, and so that half of the large one is lost if that can be.
    let places: HashMap<_, _> = image.chunks(BLOCK).zip((0..).step_by(BLOCK)).collect();
    let end = small.iter().flat_map(|(_, content)| positions(&places, content)).max().expect("blocks") + BLOCK;
    let blocks = positions(&places, &large.1);
    let cut = end.max(blocks[blocks.len() / 2]);
    let lost = blocks.iter().position(|&block| block >= cut).ok_or("the large file lies before the small ones")?;
    disk.mount("ro")?;
    File::options()
        .write(true)
        .open(&disk.image)
        .and_then(|file| file.set_len(cut as u64))
        .map_err(|error| error.to_string())?;
    Ok((disk, (lost * BLOCK) as u64))
}

/// Forgets what has been read of the disk.
pub(crate) fn forget() {
    fs::write("/proc/sys/vm/drop_caches", "3").expect("root may");
}

#[test]
fn a_file_of_which_the_disk_gives_only_a_part_is_unreadable_by_every_reader() {
    if !is_root() {
        return;
    }
    let (folder, mut tree) = (tempfile::tempdir().unwrap(), Tree::new());
    let (disk, lost) = match bad_disk(folder.path(), &mut tree) {
        Ok(disk) => disk,
        Err(why) => return not_run(&why),
    };
    for reader in readers(&[None, Some(ReaderKind::Uring), Some(ReaderKind::Pread), Some(ReaderKind::Threads)]) {
        forget();
        let mut options = options(reader, 2);
        options.manifest = Some(tree.at("sha1sum.txt"));
        let run = checksig::Run::verify(&disk.place, &options).unwrap();
        let (records, report) = drain(run);
        assert_eq!(files(&records).count(), 6, "{reader:?}");
        for file in files(&records) {
            match &file.outcome {
                checksig::Outcome::Match if file.name.starts_with(b"small") => {}
                checksig::Outcome::Unreadable { errno: libc::EIO, offset }
                    if file.name == b"large" && *offset <= lost => {}
                other => panic!("{reader:?}: {:?}: {other:?}", String::from_utf8_lossy(&file.name)),
            }
        }
        assert_eq!(report.verdict(), checksig::Verdict::Fail, "{reader:?}");
        assert!(matches!(&records[5], Record::File(file) if file.name == b"large"), "in its place");
    }
}

#[test]
fn a_map_of_what_the_disk_does_not_give_is_a_failure_and_no_signal() {
    if !is_root() {
        return;
    }
    let (folder, mut tree) = (tempfile::tempdir().unwrap(), Tree::new());
    let (disk, _) = match bad_disk(folder.path(), &mut tree) {
        Ok(disk) => disk,
        Err(why) => return not_run(&why),
    };
    forget();
    let manifest = tree.at("sha1sum.txt");
    let words = ["--json", "--reader", "mmap", "--manifest", text(&manifest)];
    let output = Child::verify(env!("CARGO_BIN_EXE_checksig"), &disk.place).with(&words).run();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let lines: Vec<Value> =
        String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = lines.iter().filter(|line| line["type"] == "file").collect();
    assert_eq!(told.len(), 6);
    for line in told {
        assert_eq!(line["outcome"] == "match", line["path"] != "large", "{line}");
    }
}
