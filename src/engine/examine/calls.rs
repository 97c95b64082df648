//! What is asked of Linux, and whether it is allowed: each call or flag that a run uses, and what takes its place.
//!
//! Tries what can be tried without a run.

use rustix::io::Errno;

use super::found::{CallFound, Trouble};
use crate::read::{FileFound, probe_deferred};
use crate::root::{OPENAT2_INSTEAD, OPENAT2_REMEDY, Root, probe_openat2};

/// Every call, in the order in which a run comes to it.
pub(super) fn calls(root: Option<&Root>, tried: Option<&FileFound>) -> Vec<CallFound> {
    let mut calls = vec![openat2()];
    calls.extend(root.filter(|_| tried.is_some()).map(no_atime));
    if let Some(found) = tried {
        calls.extend([nowait(found), cachestat(found), direct(found), align(found)]);
    }
    calls.extend(uring());
    calls.push(huge_pages());
    calls
}

fn call(name: &'static str, purpose: &'static str, refused: Option<Trouble>) -> CallFound {
    CallFound { name, purpose, refused }
}

fn trouble(why: impl Into<String>, instead: &str, remedy: Option<&str>) -> Trouble {
    Trouble { why: why.into(), instead: instead.to_owned(), remedy: remedy.map(str::to_owned) }
}

/// Linux's own words for an errno, without Rust's number behind them.
fn words(errno: Errno) -> String {
    let text = errno.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

fn openat2() -> CallFound {
    let refused = probe_openat2().err().map(|errno| trouble(words(errno), OPENAT2_INSTEAD, Some(OPENAT2_REMEDY)));
    call("openat2", "opens names that cannot leave the root", refused)
}

fn no_atime(root: &Root) -> CallFound {
    let refused = root.leaves_marks().then(|| {
        trouble(
            "only the owner of a file, and root, may ask for it",
            "reading changes the time of access, as far as the mount option relatime lets it",
            Some("run as the owner of the files, or mount with noatime"),
        )
    });
    call("O_NOATIME", "leaves the time of access as it was", refused)
}

fn nowait(found: &FileFound) -> CallFound {
    let refused = found.nowait.err().map(|errno| {
        trouble(
            words(errno),
            "what cachestat says is in memory is read there, and all else by the readers",
            Some(match errno {
                Errno::NOSYS | Errno::INVAL => "Linux 4.14 or newer has it; a seccomp profile may allow preadv2",
                _ => "ext4, XFS and btrfs have it; a seccomp profile may allow preadv2",
            }),
        )
    });
    call("preadv2 RWF_NOWAIT", "reads what is in memory without waiting for the device", refused)
}

fn cachestat(found: &FileFound) -> CallFound {
    let refused = found.cachestat.err().map(|errno| {
        let remedy = match errno {
            Errno::PERM | Errno::ACCESS => "run as the owner of the files; a seccomp profile may allow cachestat",
            Errno::OPNOTSUPP => "a file system with a page cache has it, as ext4, XFS and btrfs do",
            _ => "Linux 6.5 or newer has it; a seccomp profile may allow it",
        };
        let instead = "files are tried in memory without asking, which makes Linux read ahead; mincore tells of some";
        trouble(words(errno), instead, Some(remedy))
    });
    call("cachestat", "tells what is in memory before it is read", refused)
}

fn direct(found: &FileFound) -> CallFound {
    let refused = found.direct.err().map(|errno| {
        trouble(
            words(errno),
            "cold files come through the page cache, and go from it again; --from-media cannot be had",
            Some("a file system on a disk has it, as ext4, XFS and btrfs do"),
        )
    });
    call("O_DIRECT", "reads past the page cache", refused)
}

fn align(found: &FileFound) -> CallFound {
    let refused = (!found.says_align).then(|| {
        let release = rustix::system::uname().release().to_string_lossy().into_owned();
        trouble("not said", "a page will do wherever direct reads are taken", Some(align_remedy(&release)))
    });
    call("statx DIOALIGN", "tells how direct reads must be aligned", refused)
}

/// There is no errno that would tell an old Linux from a file system that does not say it.
fn align_remedy(release: &str) -> &'static str {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse::<u32>().unwrap_or(0));
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if version < (6, 1) { "Linux 6.1 or newer says it" } else { "a file system on a disk says it, as ext4 and XFS do" }
}

fn uring() -> Vec<CallFound> {
    let (name, purpose) = ("io_uring", "many reads in flight: setup, enter, and the operation READ");
    match probe_deferred() {
        Err(refused) => {
            let instead = "threads that wait for one read each".to_owned();
            vec![call(name, purpose, Some(Trouble { why: refused.why(), instead, remedy: refused.remedy() }))]
        }
        Ok(is_deferred) => {
            let deferred = (!is_deferred)
                .then(|| trouble("not known", "completions interrupt the reader", Some("Linux 6.1 or newer has it")));
            let flag = "io_uring DEFER_TASKRUN";
            vec![call(name, purpose, None), call(flag, "completions come when they are asked for", deferred)]
        }
    }
}

fn huge_pages() -> CallFound {
    let setting = std::fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled").ok();
    call("MADV_HUGEPAGE", "buffers for long direct reads", no_huge_pages(setting.as_deref()))
}

/// By the setting of Linux, or without one.
fn no_huge_pages(setting: Option<&str>) -> Option<Trouble> {
    let instead = "buffers of small pages: long direct reads go to the device in more pieces";
    match setting {
        None => {
            Some(trouble("not known: /sys does not say", instead, Some("mount /sys to see whether Linux has them")))
        }
        Some(setting) if setting.contains("[never]") => {
            let remedy = "root can allow them: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled";
            Some(trouble("transparent_hugepage is never", instead, Some(remedy)))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_linux_have_no_number_behind_them() {
        for errno in [Errno::PERM, Errno::NOSYS, Errno::OPNOTSUPP] {
            assert!(!words(errno).is_empty() && !words(errno).contains('('), "{}", words(errno));
        }
    }

    #[test]
    fn a_remedy_is_of_what_stands_in_the_way() {
        for (release, newer) in [("5.15.0-91-generic", true), ("6.0.9", true), ("6.1", false), ("6.18.3", false)] {
            assert_eq!(align_remedy(release).contains("newer"), newer, "{release}");
        }
        let unknown = no_huge_pages(None).unwrap();
        assert!(unknown.why.starts_with("not known"), "{}", unknown.why);
        assert!(no_huge_pages(Some("always madvise [never]\n")).unwrap().remedy.unwrap().contains("echo madvise"));
        assert_eq!(no_huge_pages(Some("always [madvise] never\n")), None);
    }

    #[test]
    fn whatever_is_refused_comes_with_what_takes_its_place_and_a_remedy() {
        let refused = FileFound {
            nowait: Err(Errno::OPNOTSUPP),
            cachestat: Err(Errno::PERM),
            says_align: false,
            direct: Err(Errno::INVAL),
            is_better_direct: false,
        };
        for call in [nowait(&refused), cachestat(&refused), direct(&refused), align(&refused)] {
            let Some(Trouble { why, instead, remedy: Some(remedy) }) = call.refused else { panic!("{}", call.name) };
            assert!(![why, instead, remedy].contains(&String::new()), "{}", call.name);
        }
        let names: Vec<_> = calls(None, None).iter().map(|call| call.name).collect();
        assert_eq!(names[..2], ["openat2", "io_uring"], "without a file to try there is less to tell");
    }
}
