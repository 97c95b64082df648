//! Reading from the medium where a device takes direct reads of most files and not of all.
//!
//! Needs root, a loop device, mkfs.ext4 and mount; where one is missing, it is not run and says so.

use std::fs::{self, File};

use checksig::{OutcomeKind, ReaderKind, Run};

use crate::common::{Tree, bytes, drain, hex_digest, is_root, not_run, options, outcomes, readers};
use crate::disk::{Disk, forget};

#[test]
fn what_a_file_system_keeps_in_an_inode_is_told_and_no_other_file_suffers_for_it() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let disk = match Disk::new(folder.path(), "inline_data").and_then(|disk| disk.mount("rw").map(|()| disk)) {
        Ok(disk) => disk,
        Err(why) => return not_run(&why),
    };
    let content = |name: &str| if name == "i" { b"abc\n".to_vec() } else { bytes(2 << 20, 3) };
    for name in ["i", "a", "b", "c"] {
        fs::write(disk.place.join(name), content(name)).unwrap();
        File::open(disk.place.join(name)).unwrap().sync_all().unwrap();
    }
    for order in [["i", "a", "b", "c"], ["a", "b", "c", "i"]] {
        let mut tree = Tree::new();
        for name in order {
            tree.line(name, &hex_digest(&content(name)));
        }
        tree.seal();
        for reader in readers(&[None, Some(ReaderKind::Uring), Some(ReaderKind::Threads), Some(ReaderKind::Pread)]) {
            forget();
            let mut options = options(reader, 1);
            options.manifest = Some(tree.at("sha1sum.txt"));
            options.resources.from_media = true;
            let (records, report) = drain(Run::verify(&disk.place, &options).unwrap());
            for (name, kind) in outcomes(&records) {
                let expected = if name == "i" { OutcomeKind::Unreadable } else { OutcomeKind::Match };
                assert_eq!(kind, expected, "{reader:?}, {order:?}: {name}");
            }
            let device_bytes: u64 = report.readers.iter().map(|used| used.device_bytes).sum();
            assert_eq!(device_bytes, 3 * (2 << 20), "{reader:?}, {order:?}");
        }
    }
}
