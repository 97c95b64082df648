//! Stands in for the priorities of single threads in a build that knows none.
//!
//! Changes nothing: elsewhere a priority is that of the whole process, which is the host's.

/// Says that there is no such thing.
pub(super) fn give_way() -> Vec<String> {
    vec!["idle: this build cannot change the priority of some threads alone; start the program with nice".to_owned()]
}
