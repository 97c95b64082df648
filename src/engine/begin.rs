//! A root and its manifest, opened, and the run over its entries that begins with them.
//!
//! Knows no verb: what is made of the entries, its caller says.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::descriptors::no_descriptor;
use super::options::{MANIFEST_NAME, Options};
use super::run::{Run, open_root};
use super::share::share;
use super::watched::Watched;
use crate::error::Error;
use crate::limits;
use crate::manifest::{BAGIT_MANIFEST_NAME, Entries};
use crate::plan::{ManifestEntries, Stock};
use crate::read::read_at_hand;
use crate::report::Verb;
use crate::root::{OpenedFile, Policy, Refusal, Root, Stamp, open_anywhere};

/// A root and its manifest, opened.
pub(super) struct Begun {
    directory: Root,
    manifest: OpenedFile,
    path: PathBuf,
}

impl Begun {
    pub(super) fn open(root: &Path, options: &Options, policy: Policy) -> Result<Begun, Error> {
        let directory = open_root(root, policy)?;
        let (manifest, path) = open_manifest(&directory, root, options)?;
        Ok(Begun { directory, manifest, path })
    }

    /// The manifest, as messages name it.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The manifest, as it was opened.
    pub(super) fn stamp(&self) -> Stamp {
        self.manifest.stamp
    }

    /// Starts a run over the entries of the manifest.
    pub(super) fn start(
        self,
        verb: Verb,
        options: &Options,
        stock: impl FnOnce(ManifestEntries) -> Stock,
    ) -> Result<Run, Error> {
        let Begun { directory, manifest, path } = self;
        // An audit goes through the whole tree, and rests in between: it is not small.
        let at_hand = match verb {
            Verb::Audit => None,
            _ => read_at_hand(&manifest, limits::SMALL_MANIFEST_BYTES_MAX),
        };
        let is_at_hand = at_hand.is_some();
        let (reader, mut watched) = Watched::open(manifest, at_hand, &path);
        let grammar = options.grammar.for_manifest(path.file_name().unwrap_or_default().as_bytes());
        watched.is_bag_by_name = grammar != options.grammar;
        let stock = stock(Entries::new(reader, grammar));
        let is_bags_own = options.manifest.is_none() && path.ends_with(BAGIT_MANIFEST_NAME);
        let named = path.clone();
        let unreadable = Box::new(move |source: io::Error| Error::ManifestUnreadable { path: path.clone(), source });
        let shared = share(directory, options.resources, options.ordered)?;
        if is_bags_own {
            shared.note_reason(format!("manifest {BAGIT_MANIFEST_NAME}: taken since there is no {MANIFEST_NAME}"));
        }
        let mut run = Run::new(&shared, verb);
        run.report.manifest = Some(named);
        run.manifest = Some(watched);
        run.begin(stock, unreadable, is_at_hand)
    }
}

/// The names of a root's own manifest, in the order in which they are looked for: what `create` writes, and that of a bag.
pub(super) const OWN_MANIFESTS: [&str; 2] = [MANIFEST_NAME, BAGIT_MANIFEST_NAME];

/// Opens the manifest: one that was named, wherever it is; the root's own, by the rules for names below the root.
///
/// Only where nothing has the first of the root's names is the second looked for: what stands there and cannot be read may
/// list what the other does not.
fn open_manifest(directory: &Root, root: &Path, options: &Options) -> Result<(OpenedFile, PathBuf), Error> {
    if let Some(path) = &options.manifest {
        let opened = open_anywhere(path).map_err(|refusal| manifest_refused(refusal, path.clone()))?;
        return Ok((opened, path.clone()));
    }
    for name in OWN_MANIFESTS {
        let path = root.join(name);
        match directory.open(name.as_bytes()) {
            Ok(opened) => return Ok((opened, path)),
            Err(Refusal::Missing) if !directory.holds(name) => {}
            Err(refusal) => return Err(own_refused(refusal, path)),
        }
    }
    let [first, second] = OWN_MANIFESTS;
    Err(Error::ManifestNotFound { path: root.join(first), beside: Some(second) })
}

/// Why the root's own manifest cannot be had, where something has its name.
fn own_refused(refusal: Refusal, path: PathBuf) -> Error {
    let why = match refusal {
        Refusal::Missing => "a symbolic link that leads to nothing",
        Refusal::OutsideRoot => {
            "a symbolic link that leads out of the root; what it leads to can be named as the manifest"
        }
        Refusal::Errno(Errno::LOOP) => {
            "a symbolic link that is not followed; what it leads to can be named as the manifest"
        }
        refusal => return manifest_refused(refusal, path),
    };
    Error::ManifestUnreadable { path, source: io::Error::other(why) }
}

/// Why a manifest that was named cannot be had.
pub(super) fn manifest_refused(refusal: Refusal, path: PathBuf) -> Error {
    match refusal {
        Refusal::Missing => Error::ManifestNotFound { path, beside: None },
        Refusal::NotRegular(kind) => Error::ManifestNotRegular { path, kind },
        Refusal::OutsideRoot => Error::Internal("a name that may lead anywhere led out of a root".to_owned()),
        Refusal::Errno(errno) => {
            no_descriptor(errno).unwrap_or(Error::ManifestUnreadable { path, source: errno.into() })
        }
    }
}
