//! What a directory is mounted from, by /proc/self/mountinfo.
//!
//! Reads that list alone.

use std::ffi::OsString;
use std::fs;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// A mounted file system.
pub(super) struct Mount {
    pub(super) file_system: String,
    pub(super) source: String,
    pub(super) at: PathBuf,
}

/// The mount that an open directory is in; `None` where Linux does not say.
pub(super) fn of(directory: impl AsFd) -> Option<Mount> {
    mount_of(mount_id(directory)?, &fs::read("/proc/self/mountinfo").ok()?)
}

/// The number of the mount, by the `mnt_id` of /proc/self/fdinfo (proc_pid_fdinfo(5)), which is older than that of statx(2).
fn mount_id(directory: impl AsFd) -> Option<u64> {
    use std::os::fd::AsRawFd;
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", directory.as_fd().as_raw_fd())).ok()?;
    info.lines().find_map(|line| line.strip_prefix("mnt_id:"))?.trim().parse().ok()
}

/// "id parent device root at options [more …] - type source options" (proc_pid_mountinfo(5)).
fn mount_of(id: u64, mountinfo: &[u8]) -> Option<Mount> {
    mountinfo.split(|byte| *byte == b'\n').find_map(|line| {
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
        let dash = fields.iter().position(|field| *field == b"-")?;
        let is_it = std::str::from_utf8(fields[0]).ok()?.parse() == Ok(id);
        let (at, file_system, source) = (fields.get(4)?, fields.get(dash + 1)?, fields.get(dash + 2)?);
        is_it.then(|| Mount {
            file_system: String::from_utf8_lossy(file_system).into_owned(),
            source: String::from_utf8_lossy(&unescaped(source)).into_owned(),
            at: OsString::from_vec(unescaped(at)).into(),
        })
    })
}

/// Space, TAB, newline and backslash stand there as three octal digits behind a backslash.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let [first, tail @ ..] = rest {
        let octal = tail.get(..3).filter(|_| *first == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => (bytes.push(byte), rest = &tail[3..]).0,
            None => (bytes.push(*first), rest = tail).0,
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_is_found_by_its_number_and_unescaped() {
        let list = b"22 1 254:1 / / rw - ext4 /dev/root rw\n\
            23 22 0:21 /sub /a\\040b\\134c rw,relatime shared:7 master:2 - fuse.sshfs me@there:/\\011x rw\n";
        let mount = mount_of(23, list).unwrap();
        assert_eq!(
            (&*mount.file_system, &*mount.source, mount.at.to_str()),
            ("fuse.sshfs", "me@there:/\tx", Some("/a b\\c"))
        );
        assert_eq!(mount_of(22, list).unwrap().at, PathBuf::from("/"));
        assert!(mount_of(2, list).is_none());
        assert!(mount_of(5, b"5 1\n5\n\n - x y").is_none());
    }

    #[test]
    fn this_machine_has_a_root() {
        let root = fs::File::open("/").unwrap();
        let Some(mount) = of(&root) else {
            println!("NOT RUN: no /proc here");
            return;
        };
        assert_eq!(mount.at, PathBuf::from("/"));
    }
}
