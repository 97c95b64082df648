//! The line grammars.

/// Which lines are entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Grammar {
    /// checksig's own verbs.
    #[default]
    Strict,
    /// What GNU `sha1sum -c` takes, for its drop-in alone.
    Gnu,
}
