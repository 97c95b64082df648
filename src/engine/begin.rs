//! A root and its manifest, opened, and the run over its entries that begins with them.
//!
//! Knows no verb: what is made of the entries, its caller says.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::options::Options;
use super::run::{Run, Watched, open_manifest, open_root};
use super::share::share;
use crate::error::Error;
use crate::limits;
use crate::manifest::Entries;
use crate::plan::{ManifestEntries, Stock};
use crate::read::read_at_hand;
use crate::report::Verb;
use crate::root::{OpenedFile, Policy, Root, Stamp};

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
        let unreadable = Box::new(move |source: io::Error| Error::ManifestUnreadable { path: path.clone(), source });
        let shared = share(directory, options.resources, options.ordered)?;
        let mut run = Run::new(&shared, verb);
        run.manifest = Some(watched);
        run.begin(stock, unreadable, is_at_hand)
    }
}
