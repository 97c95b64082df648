//! Names walked component by component, where openat2 cannot be had: with the answers that it gives.
//!
//! Every component is opened from the directory before it and may be no symbolic link; what a link says is walked in the
//! same way, where the policy follows links, so that no step can lead above the root.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::{HANDLE, kind_of, lookup, retry};
use crate::filekind::FileKind;
use crate::limits;
use crate::relpath::RelPath;

/// A handle to a directory on the way.
const STEP: OFlags = HANDLE.union(OFlags::DIRECTORY);

/// Walks a name of which no component may be a symbolic link.
pub(super) fn walk(root: BorrowedFd<'_>, path: &RelPath<'_>, flags: OFlags) -> Result<OwnedFd, Errno> {
    let (directory, last) = walk_to_parent(root, path)?;
    open_component(directory.as_ref().map_or(root, |directory| directory.as_fd()), last, flags)
}

/// The directory that the last component of a name is in, if it is not the root, and that component.
pub(super) fn walk_to_parent<'a>(
    root: BorrowedFd<'_>,
    path: &RelPath<'a>,
) -> Result<(Option<OwnedFd>, &'a [u8]), Errno> {
    check_length(path)?;
    let mut steps = steps(path);
    let last = steps.pop().unwrap_or(b".");
    Ok((walk_down(root, steps)?, last))
}

/// The components to walk; a `.` at the end is one of them, as what is before it can only be a directory.
fn steps<'a>(path: &RelPath<'a>) -> Vec<&'a [u8]> {
    let dot = path.as_bytes().ends_with(b"/.").then_some(&b"."[..]);
    path.components().chain(dot).collect()
}

/// Walks a name through symbolic links, as long as they stay below the root: RESOLVE_BENEATH without RESOLVE_NO_SYMLINKS.
///
/// A link to an absolute path and a `..` at the root lead out (EXDEV); one link more than Linux follows is ELOOP.
pub(super) fn walk_inside(root: BorrowedFd<'_>, path: &RelPath<'_>, flags: OFlags) -> Result<OwnedFd, Errno> {
    check_length(path)?;
    let mut links_left = limits::LINKS_MAX;
    // The components to come, the next last; and the directories behind, none of them a link.
    let mut ahead: Vec<Vec<u8>> = steps(path).into_iter().rev().map(<[u8]>::to_vec).collect();
    let mut behind: Vec<Vec<u8>> = Vec::new();
    let mut directory: Option<OwnedFd> = None;
    loop {
        let component = ahead.pop().unwrap_or(b".".to_vec());
        if component == b".." {
            // Linux asks whether the directory that is left may be searched.
            open_component(directory.as_ref().map_or(root, |directory| directory.as_fd()), b".", STEP)?;
            behind.pop().ok_or(Errno::XDEV)?;
            // From the top, as what is called ".." by now may lie anywhere; one descriptor is enough so.
            directory = walk_down(root, behind.iter().map(Vec::as_slice))?;
            continue;
        }
        let at = directory.as_ref().map_or(root, |directory| directory.as_fd());
        let is_last = ahead.is_empty();
        match open_component(at, &component, if is_last { flags } else { STEP }) {
            Ok(opened) if is_last => return Ok(opened),
            // It is where it was: a ".." that comes goes up from the directory, not from its ".".
            Ok(_) if component == b"." => {}
            Ok(opened) => {
                directory = Some(opened);
                behind.push(component);
            }
            Err(Errno::LOOP) if links_left > 0 => {
                links_left -= 1;
                match retry(|| rustix::fs::readlinkat(at, component.as_slice(), Vec::new())) {
                    // It was a link a moment ago and is none by now: looked at again, as often as there may be links.
                    Err(Errno::INVAL) => ahead.push(component),
                    target => put_ahead(&mut ahead, target?.as_bytes())?,
                }
            }
            Err(errno) => return Err(errno),
        }
    }
}

/// Puts what a link says before what was to come.
fn put_ahead(ahead: &mut Vec<Vec<u8>>, target: &[u8]) -> Result<(), Errno> {
    if target.starts_with(b"/") {
        return Err(Errno::XDEV);
    }
    if target.ends_with(b"/") {
        // It can only be a directory.
        ahead.push(b".".to_vec());
    }
    let components = target.split(|&byte| byte == b'/').filter(|component| !component.is_empty());
    ahead.extend(components.rev().map(<[u8]>::to_vec));
    Ok(())
}

/// The directory at the end of these components; none where there are no components.
fn walk_down<'a>(
    root: BorrowedFd<'_>,
    components: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Option<OwnedFd>, Errno> {
    let mut directory: Option<OwnedFd> = None;
    for component in components {
        let at = directory.as_ref().map_or(root, |directory| directory.as_fd());
        directory = Some(open_component(at, component, STEP)?);
    }
    Ok(directory)
}

fn check_length(path: &RelPath<'_>) -> Result<(), Errno> {
    if path.as_bytes().len() >= limits::PATH_BYTES_MAX { Err(Errno::NAMETOOLONG) } else { Ok(()) }
}

fn open_component(directory: BorrowedFd<'_>, component: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
    let opened = retry(|| rustix::fs::openat(directory, component, flags.union(OFlags::NOFOLLOW), Mode::empty()));
    let is_link = || {
        rustix::fs::statat(directory, component, AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|stat| kind_of(&stat) == FileKind::Symlink)
    };
    match opened {
        // A link where a directory belongs is ENOTDIR here and ELOOP to openat2; the same name must fare the same. EMLINK is
        // what FreeBSD says of a link.
        Err(Errno::NOTDIR | Errno::MLINK) if is_link() => Err(Errno::LOOP),
        // A handle to the link itself is no way in either.
        Ok(handle) if flags.contains(lookup::PATH) => match rustix::fs::fstat(&handle) {
            Ok(stat) if kind_of(&stat) == FileKind::Symlink => Err(Errno::LOOP),
            _ => Ok(handle),
        },
        opened => opened,
    }
}
