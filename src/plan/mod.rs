//! What is to be read, in which order: entries and a root become batches, and a bounded look ahead finds the huge
//! files among them.
//!
//! Starts no thread and reads no file; its sources are a manifest's bytes, the names in a tree, or a list of names.

mod audit;
mod exclude;
mod gnulines;
mod list;
mod listed;
mod order;
mod walk;

pub(crate) use audit::Audit;
pub use exclude::{BadPattern, Exclude};
pub(crate) use gnulines::{Ending, GnuLines};
pub(crate) use list::List;
pub(crate) use order::LargestFirst;
pub(crate) use walk::{Leftovers, Met, Scope, Walk};

use std::collections::VecDeque;
use std::io::{self, BufRead};
use std::sync::Arc;

use rustix::io::Errno;

use self::audit::Audited;
use crate::digest::Digest;
use crate::filekind::FileKind;
use crate::limits;
use crate::manifest::{Entries, Grammar, Item, Malformed};
use crate::root::Root;

/// A file that is to be read and judged.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    /// Its place in the order of the plan, from 0; lines that do not parse have places too.
    pub(crate) place: u64,
    /// The line of the manifest that lists it, or 0.
    pub(crate) line: u64,
    pub(crate) name: Vec<u8>,
    /// The digest that it should have; none where one is to be found.
    pub(crate) expected: Option<Digest>,
    /// Its size, as far as is known: for estimates, and nothing else.
    pub(crate) size_bytes: Option<u64>,
    /// Whether it is there and should not be, so that no digest makes it right.
    pub(crate) unlisted: bool,
}

/// The lines of a manifest.
pub(crate) type ManifestEntries = Entries<Box<dyn BufRead + Send>>;

/// Where a plan comes from.
pub(crate) enum Stock {
    /// The lines of a manifest.
    Manifest(ManifestEntries),
    /// The lines of a manifest as `sha1sum` reads it.
    GnuLines(GnuLines),
    /// The files of the tree itself.
    Tree(Walk),
    /// Names that the caller lists.
    List(List),
    /// The lines of a manifest, and then what is in the tree beside them.
    Audit(Box<Audit>),
}

/// What came of looking one item further.
#[derive(Debug)]
pub(crate) enum Pulled {
    /// A file, to be [admitted](Planner::admit) once there is room for it.
    File(Planned),
    /// A line does not parse.
    Malformed { place: u64, malformed: Malformed },
    /// Something in the tree is not to be read.
    Left { place: u64, met: Met },
    /// Something in the tree is not listed, and is not to be read.
    Unlisted { place: u64, name: Vec<u8>, kind: FileKind },
    /// Something in the tree was left behind by a run that was killed.
    Leftover { name: Vec<u8> },
    /// There is nothing to say of it.
    Passed,
    /// There was no descriptor to go further with; to be pulled again.
    NoDescriptor(Errno),
    /// Nothing is left.
    End,
}

impl Pulled {
    /// Bytes of memory that it takes to its record, about.
    pub(crate) fn cost_bytes(&self) -> usize {
        match self {
            Pulled::File(planned) => cost_bytes(planned.name.len()),
            Pulled::Malformed { malformed, .. } => cost_bytes(malformed.text.len()),
            Pulled::Left { met, .. } => cost_bytes(met.name().len()),
            Pulled::Unlisted { name, .. } => cost_bytes(name.len()),
            Pulled::Leftover { .. } | Pulled::Passed | Pulled::NoDescriptor(_) | Pulled::End => 0,
        }
    }
}

/// What came of looking at the size of one more file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Looked {
    /// It is huge, and no longer waits for a batch.
    Huge { bytes: u64, planned: Planned },
    /// It is not, or cannot be told; with its size if that is known now.
    Ordinary(Option<u64>),
    /// All that wait have been looked at.
    AtAll,
}

/// The planner of one run.
pub(crate) struct Planner {
    root: Arc<Root>,
    stock: Stock,
    next_place: u64,
    waiting: VecDeque<Planned>,
    /// How many of those that wait have been looked at for their size, from the front.
    sized: usize,
    ended: bool,
}

impl Planner {
    pub(crate) fn new(root: Arc<Root>, stock: Stock) -> Planner {
        Planner { root, stock, next_place: 0, waiting: VecDeque::new(), sized: 0, ended: false }
    }

    /// Goes one item further. An error of reading the manifest ends the plan.
    pub(crate) fn pull(&mut self) -> io::Result<Pulled> {
        if self.ended {
            return Ok(Pulled::End);
        }
        let place = self.next_place;
        let file = |line, name, expected| {
            Pulled::File(Planned { place, line, name, expected, size_bytes: None, unlisted: false })
        };
        let line = |item| match item {
            Item::Entry(entry) => file(entry.line, entry.name, Some(entry.digest)),
            Item::Malformed(malformed) => Pulled::Malformed { place, malformed },
        };
        let pulled = match &mut self.stock {
            Stock::Manifest(entries) => entries.next().transpose().map(|item| item.map(line)),
            Stock::GnuLines(lines) => Ok(lines.next().map(line)),
            Stock::Tree(walk) => Ok(walk.next(&self.root).map(|met| match met {
                Met::File(name) => file(0, name, None),
                Met::Leftover(name) => Pulled::Leftover { name },
                Met::NoDescriptor(errno) => Pulled::NoDescriptor(errno),
                met => Pulled::Left { place, met },
            })),
            Stock::List(list) => Ok(list.next().map(|name| file(0, name, None))),
            Stock::Audit(audit) => audit.next(&self.root).map(|audited| {
                audited.map(|audited| match audited {
                    Audited::Line(item) => line(item),
                    Audited::Unlisted(name) => {
                        Pulled::File(Planned { place, line: 0, name, expected: None, size_bytes: None, unlisted: true })
                    }
                    Audited::Left(name, kind) => Pulled::Unlisted { place, name, kind },
                    Audited::NoDescriptor(errno) => Pulled::NoDescriptor(errno),
                    Audited::Unreadable(met) => Pulled::Left { place, met },
                    Audited::Rest | Audited::Passed => Pulled::Passed,
                })
            }),
        };
        match pulled {
            Ok(Some(pulled)) => {
                let has_place = !matches!(pulled, Pulled::Passed | Pulled::Leftover { .. } | Pulled::NoDescriptor(_));
                self.next_place += u64::from(has_place);
                Ok(pulled)
            }
            Ok(None) => {
                self.ended = true;
                Ok(Pulled::End)
            }
            Err(error) => {
                self.ended = true;
                Err(error)
            }
        }
    }

    /// Whether nothing more comes until it is [told to go on](Planner::go_on).
    pub(crate) fn rests(&self) -> bool {
        matches!(&self.stock, Stock::Audit(audit) if audit.rests())
    }

    /// Goes on with what is not listed, which is to be read or not.
    pub(crate) fn go_on(&mut self, reads: bool) {
        if let Stock::Audit(audit) = &mut self.stock {
            audit.go_on(reads);
        }
    }

    /// Lets a file wait for a batch.
    pub(crate) fn admit(&mut self, planned: Planned) {
        self.waiting.push_back(planned);
    }

    /// Lets files wait again that were in a batch, before all others.
    pub(crate) fn put_back(&mut self, files: impl DoubleEndedIterator<Item = Planned>) {
        files.rev().for_each(|planned| self.waiting.push_front(planned));
        self.sized = 0;
    }

    /// Whether nothing has to be waited for to go one item further; where it is the manifest that is gone through, its reader
    /// must say.
    pub(crate) fn is_at_hand(&mut self) -> bool {
        match &mut self.stock {
            Stock::Tree(walk) => walk.is_at_hand(&self.root),
            Stock::GnuLines(lines) => !lines.would_wait(),
            Stock::Manifest(_) | Stock::List(_) => true,
            Stock::Audit(_) => false,
        }
    }

    /// Bytes of the manifest gone through; 0 where there is none.
    pub(crate) fn manifest_bytes(&self) -> u64 {
        match &self.stock {
            Stock::Manifest(entries) => entries.bytes_read(),
            Stock::Audit(audit) => audit.manifest_bytes(),
            Stock::GnuLines(lines) => lines.bytes_read(),
            Stock::Tree(_) | Stock::List(_) => 0,
        }
    }

    /// How the lines of the manifest are read, if there is one; found out with its first item.
    pub(crate) fn grammar(&self) -> Option<Grammar> {
        match &self.stock {
            Stock::Manifest(entries) => Some(entries.grammar()),
            Stock::Audit(audit) => Some(audit.grammar()),
            Stock::GnuLines(_) => Some(Grammar::Gnu),
            Stock::Tree(_) | Stock::List(_) => None,
        }
    }

    /// Names of the tree so far that a pattern excludes.
    pub(crate) fn excluded(&self) -> u64 {
        match &self.stock {
            Stock::Tree(walk) => walk.excluded(),
            Stock::Audit(audit) => audit.excluded(),
            Stock::Manifest(_) | Stock::GnuLines(_) | Stock::List(_) => 0,
        }
    }

    /// Whether going one item further would mean to wait for somebody who writes the manifest as it is read.
    pub(crate) fn would_wait(&mut self) -> bool {
        if let Stock::GnuLines(lines) = &mut self.stock { lines.would_wait() } else { false }
    }

    /// Files that wait for a batch.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether everything has been pulled, or all that can be for now.
    pub(crate) fn ended(&self) -> bool {
        self.ended || self.rests()
    }

    /// The next files, at most as many as make a batch; the last ones in as many parts as there are workers.
    pub(crate) fn batch(&mut self, workers: usize) -> Vec<Planned> {
        let share = if self.ended() { self.waiting.len().div_ceil(workers) } else { self.waiting.len() };
        let count = share.min(limits::BATCH_FILES);
        self.sized = self.sized.saturating_sub(count);
        self.waiting.drain(..count).collect()
    }

    /// Looks at the size of one more of those that wait, and takes it out if it is huge.
    pub(crate) fn look_ahead(&mut self) -> Looked {
        let Some(planned) = self.waiting.get_mut(self.sized) else {
            return Looked::AtAll;
        };
        planned.size_bytes = self.root.size_hint(&planned.name);
        match planned.size_bytes {
            Some(bytes) if bytes >= limits::HUGE_FILE_BYTES => {
                let planned = self.waiting.remove(self.sized).expect("it was looked at just now");
                Looked::Huge { bytes, planned }
            }
            size => {
                self.sized += 1;
                Looked::Ordinary(size)
            }
        }
    }
}

/// Bytes of memory that an entry takes from the plan to its record, about.
pub(crate) fn cost_bytes(name_bytes: usize) -> usize {
    name_bytes + limits::ENTRY_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Grammar;
    use crate::root::Policy;

    fn planner(root: &std::path::Path, names: &[&str]) -> Planner {
        let text: String = names.iter().map(|name| format!("{}  {name}\n", "0".repeat(40))).collect();
        let lines: Box<dyn BufRead + Send> = Box::new(io::Cursor::new(text));
        let root = Arc::new(Root::open_root(root, Policy::Beneath).unwrap());
        let mut planner = Planner::new(root, Stock::Manifest(Entries::new(lines, Grammar::Strict)));
        while let Pulled::File(planned) = planner.pull().unwrap() {
            planner.admit(planned);
        }
        planner
    }

    fn names(batch: Vec<Planned>) -> Vec<String> {
        batch.into_iter().map(|planned| String::from_utf8(planned.name).unwrap()).collect()
    }

    #[test]
    fn a_look_ahead_takes_the_huge_files_out_and_leaves_the_others_in_order() {
        if cfg!(checksig_portable) {
            println!("NOT RUN: this build looks nothing up in memory only");
            return;
        }
        let tree = tempfile::tempdir().unwrap();
        for (name, bytes) in [("a", 10), ("huge", limits::HUGE_FILE_BYTES), ("b", limits::HUGE_FILE_BYTES - 1)] {
            std::fs::File::create(tree.path().join(name)).unwrap().set_len(bytes).unwrap();
        }
        let mut planner = planner(tree.path(), &["a", "missing", "huge", "b"]);
        assert_eq!([planner.look_ahead(), planner.look_ahead()], [Looked::Ordinary(Some(10)), Looked::Ordinary(None)]);
        let Looked::Huge { bytes, planned } = planner.look_ahead() else { panic!("it is huge") };
        assert_eq!((bytes, planned.place, planned.line), (limits::HUGE_FILE_BYTES, 2, 3));
        let almost = Looked::Ordinary(Some(limits::HUGE_FILE_BYTES - 1));
        assert_eq!([planner.look_ahead(), planner.look_ahead()], [almost, Looked::AtAll]);
        assert_eq!(names(planner.batch(1)), ["a", "missing", "b"]);
        assert_eq!(planner.look_ahead(), Looked::AtAll);
    }

    #[test]
    fn the_last_files_are_shared_out_and_full_batches_are_not() {
        let tree = tempfile::tempdir().unwrap();
        let many: Vec<String> = (0..2 * limits::BATCH_FILES + 3).map(|at| at.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let mut planner = planner(tree.path(), &many);
        let sizes: Vec<_> = std::iter::from_fn(|| Some(planner.batch(2).len()).filter(|&count| count > 0)).collect();
        assert_eq!(sizes[0], limits::BATCH_FILES);
        assert_eq!(sizes.iter().sum::<usize>(), many.len());
        assert!(sizes.windows(2).all(|pair| pair[0] >= pair[1]) && *sizes.last().unwrap() == 1, "{sizes:?}");
    }
}
