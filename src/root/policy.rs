//! Where the names of a manifest may lead, and the words by which that is chosen.
//!
//! Opens nothing: the parent keeps to it.

use std::str::FromStr;

/// Where the names of a manifest may lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Policy {
    /// Below the root and through no symbolic link. The root itself may be one.
    #[default]
    Beneath,
    /// Below the root, also through symbolic links as long as these stay below it: one that is absolute, or that goes up
    /// out of the root on its way, leads out of it.
    Inside,
    /// Anywhere, as `sha1sum -c` allows; relative names start at the root.
    Free,
}

/// A word that says of no links whether they are followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are no links {0:?} to follow; there are never and inside")]
pub struct UnknownPolicy(String);

impl FromStr for Policy {
    type Err = UnknownPolicy;

    /// The links that are followed: `never` or `inside`. [`Free`](Policy::Free) has no word, as only a drop-in `sha1sum` has it.
    fn from_str(word: &str) -> Result<Policy, UnknownPolicy> {
        match word {
            "never" => Ok(Policy::Beneath),
            "inside" => Ok(Policy::Inside),
            word => Err(UnknownPolicy(word.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_chosen_by_a_word() {
        assert_eq!("never".parse(), Ok(Policy::default()));
        assert_eq!("inside".parse(), Ok(Policy::Inside));
        for word in ["", "Inside", "always", "free"] {
            let complaint = word.parse::<Policy>().unwrap_err().to_string();
            assert!(complaint.contains("never and inside"), "{complaint}");
        }
    }
}
