//! Every open.

/// Where the names of a manifest may lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Policy {
    /// Below the root and through no symbolic link.
    #[default]
    Beneath,
    /// Anywhere, as `sha1sum -c` allows; relative names start at the root.
    Free,
}
