//! The start of an audit: a verification that goes on with what is in the tree and not in the manifest.
//!
//! Joins what `run` opens with a plan of two halves; the rest happens there.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::begin::Begun;
use super::creation::names_below;
use super::options::Options;
use super::run::Run;
use crate::error::Error;
use crate::plan::{Audit, Scope, Stock, Walk};
use crate::report::Verb;
use crate::root::{Policy, Stamp};

impl Run {
    /// Starts to verify the files below `root` against a manifest, and to look for what is there and not listed.
    ///
    /// Records come for every line, in the order of the manifest, and then for everything that has no entry, in byte order:
    /// regular files, links, FIFOs, sockets and devices are [`Unlisted`](crate::Outcome::Unlisted), directories are not,
    /// but one that cannot be listed is a failure of its own. Where entries are missing, unlisted files are read, and one
    /// that has the digest of such an entry says so: see [`FileReport::moved_from`](crate::FileReport::moved_from).
    ///
    /// The manifest itself need not be listed, nor what [`Options::exclude`] covers and [`Options::own`] names; all are verified where they are. An
    /// audit is confined to its root: with [`Policy::Free`] there is none.
    pub fn audit(root: &Path, options: &Options) -> Result<Run, Error> {
        if options.policy == Policy::Free {
            return Err(Error::AuditNotConfined);
        }
        let begun = Begun::open(root, options, options.policy)?;
        let manifest = exempt(begun.stamp(), begun.path());
        let own = names_below(root, manifest.iter().chain(&options.own).map(PathBuf::as_path))?;
        let walk = Walk::new(Scope {
            own,
            exclude: options.exclude.clone(),
            // A link that is not listed is unlisted itself, whatever it leads to: what that is has a name of its own.
            follows: false,
            leftovers: None,
        });
        begun.start(Verb::Audit, options, |entries| Stock::Audit(Box::new(Audit::new(entries, walk))))
    }
}

/// Where the manifest need not be listed: as it was named if that is a link, and where the file is that was opened. What has
/// come to stand there since then is another file, and nobody's exemption.
fn exempt(opened: Stamp, path: &Path) -> Vec<PathBuf> {
    let is_opened = |path: &Path| {
        fs::symlink_metadata(path).is_ok_and(|there| (there.dev(), there.ino()) == (opened.device, opened.inode))
    };
    let mut paths = vec![path.to_owned()];
    if fs::symlink_metadata(path).is_ok_and(|there| there.is_symlink()) {
        paths.extend(path.canonicalize().ok().filter(|target| is_opened(target)));
    } else {
        paths.retain(|path| is_opened(path));
    }
    paths
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::root::stamp_of;

    #[test]
    fn only_the_file_that_was_opened_and_the_link_to_it_are_exempt() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let at = |name: &str| root.join(name);
        for name in ["m", "other"] {
            fs::write(at(name), name).unwrap();
        }
        for (name, target) in [("link", "m"), ("astray", "other"), ("dangling", "none")] {
            symlink(target, at(name)).unwrap();
        }
        let opened = stamp_of(fs::File::open(at("m")).unwrap()).unwrap();
        for (path, expected) in [
            ("m", vec!["m"]),
            ("link", vec!["link", "m"]),
            // As if these had been changed since they led to what was opened.
            ("other", vec![]),
            ("none", vec![]),
            ("astray", vec!["astray"]),
            ("dangling", vec!["dangling"]),
        ] {
            assert_eq!(exempt(opened, &at(path)), expected.into_iter().map(at).collect::<Vec<_>>(), "{path}");
        }
    }
}
