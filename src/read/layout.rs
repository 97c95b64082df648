//! Where a file lies on its disk, as far as it can be told: the order in which a window of files is read.
//!
//! Reads no bytes of the file.

use std::os::fd::{AsRawFd, BorrowedFd};

use crate::root::Stamp;

/// A place on a disk; those of one device are in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    device: u64,
    position: u64,
}

/// The place of an open file. File systems put files that are made one after the other side by side and number them so;
/// where an arm has to move, `exactly` asks for the first block itself (FIEMAP), which costs a call.
pub(super) fn place_of(file: BorrowedFd<'_>, stamp: &Stamp, exactly: bool) -> Place {
    let block = if exactly { first_block(file) } else { None };
    Place { device: stamp.device, position: block.unwrap_or(stamp.inode) }
}

/// `_IOWR('f', 11, struct fiemap)` of `linux/fs.h`.
const FS_IOC_FIEMAP: libc::c_ulong = 0xc020_660b;

/// `struct fiemap` of `linux/fiemap.h`, with room for one extent behind it.
#[repr(C)]
#[derive(Default)]
struct Fiemap {
    start: u64,
    length: u64,
    flags: u32,
    mapped_extents: u32,
    extent_count: u32,
    reserved: u32,
    extent: Extent,
}

/// `struct fiemap_extent`.
#[repr(C)]
#[derive(Default)]
struct Extent {
    logical: u64,
    physical: u64,
    length: u64,
    reserved64: [u64; 2],
    flags: u32,
    reserved: [u32; 3],
}

/// Where the first bytes are on the device, in bytes; `None` where the file system does not say or there are none.
#[allow(unsafe_code, reason = "no crate has this ioctl")]
fn first_block(file: BorrowedFd<'_>) -> Option<u64> {
    let mut fiemap = Fiemap { length: 1, extent_count: 1, ..Fiemap::default() };
    // SAFETY: the call reads and writes a struct fiemap and as many extents behind it as the struct says there is room for:
    // one, of the layout given in linux/fiemap.h; the descriptor is borrowed and open.
    let result = unsafe { libc::ioctl(file.as_raw_fd(), FS_IOC_FIEMAP, &raw mut fiemap) };
    (result == 0 && fiemap.mapped_extents == 1).then_some(fiemap.extent.physical)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsFd;

    use super::*;
    use crate::root::stamp_of;

    #[test]
    fn a_file_with_bytes_has_a_place_and_one_without_is_placed_by_its_number() {
        let mut file = tempfile::tempfile().unwrap();
        let stamp = stamp_of(&file).unwrap();
        assert_eq!(place_of(file.as_fd(), &stamp, true).position, stamp.inode);
        file.write_all(&[1; 10_000]).unwrap();
        file.sync_all().unwrap();
        match first_block(file.as_fd()) {
            Some(block) => assert!(block > 0),
            None => println!("NOT RUN: the file system of the temporary directory does not say where files are"),
        }
    }
}
