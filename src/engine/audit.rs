//! The start of an audit: a verification that goes on with what is in the tree and not in the manifest.
//!
//! Joins what `run` opens with a plan of two halves; the rest happens there.

use std::path::{Path, PathBuf};

use super::begin::Begun;
use super::creation::names_below;
use super::options::Options;
use super::run::Run;
use crate::error::Error;
use crate::plan::{Audit, Scope, Stock, Walk};
use crate::report::Verb;
use crate::root::Policy;

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
        let path = begun.path();
        // The manifest as it was named, and, where that is a link, what it leads to.
        let leads_to = path.canonicalize().ok();
        let own = names_below(
            root,
            [path].into_iter().chain(leads_to.as_deref()).chain(options.own.iter().map(PathBuf::as_path)),
        )?;
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
