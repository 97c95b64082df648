//! What the control groups of this process grant: CPUs by either version of them, memory by version 2.
//!
//! Reads /proc and /sys; changes nothing. CPUs are looked for where `std::thread::available_parallelism` looks, of which the
//! number of workers comes, so that the two agree.

use std::fs;
use std::path::{Path, PathBuf};

/// Where version 2 is mounted, by systemd's and everybody's custom; version 1 has a directory there for each controller.
const CGROUPS: &str = "/sys/fs/cgroup";

/// What /proc says of the groups of this process, and where they are.
pub(super) struct Cgroups {
    /// `number:controllers:name` a line (cgroups(7)); version 2 has the number 0 and no controllers.
    own: String,
    mountinfo: String,
    /// [`CGROUPS`], but in tests.
    top: PathBuf,
}

impl Cgroups {
    pub(super) fn of_this_process() -> Cgroups {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        Cgroups { own: read("/proc/self/cgroup"), mountinfo: read("/proc/self/mountinfo"), top: CGROUPS.into() }
    }

    /// CPUs' worth of time: the least that any group on the way up grants.
    pub(super) fn cpus(&self) -> Option<f64> {
        let quota = |quota: &str, period: &str| -> Option<f64> {
            // Where there is no quota it is "max", or -1 in version 1.
            Some(quota.trim().parse::<u64>().ok()? as f64 / period.trim().parse::<u64>().ok()? as f64)
        };
        let of_first = |group: &Path| {
            let read = |name| fs::read_to_string(group.join(name)).ok();
            quota(&read("cpu.cfs_quota_us")?, &read("cpu.cfs_period_us")?)
        };
        let of_second = |group: &Path| {
            let text = fs::read_to_string(group.join("cpu.max")).ok()?;
            let (most, period) = text.split_once(' ')?;
            quota(most, period)
        };
        match self.name_for("cpu") {
            Some(name) => up(self.place_of_cpu(name)?, of_first).reduce(f64::min),
            None => up(self.second()?, of_second).reduce(f64::min),
        }
    }

    /// Bytes of memory; none where there is no limit, or where it is [not known](Cgroups::knows_memory).
    pub(super) fn memory_bytes(&self) -> Option<u64> {
        let of = |group: &Path| fs::read_to_string(group.join("memory.max")).ok()?.trim().parse().ok();
        up(self.second()?, of).min()
    }

    /// Whether memory is counted by version 2: nothing here reads what version 1 grants.
    pub(super) fn knows_memory(&self) -> bool {
        self.top.join("cgroup.controllers").exists() && self.name_for("memory").is_none()
    }

    /// The name of the own group where version 1 has this controller.
    fn name_for(&self, controller: &str) -> Option<&str> {
        self.own.lines().find_map(|line| {
            let (_, rest) = line.split_once(':')?;
            let (controllers, name) = rest.split_once(':')?;
            controllers.split(',').any(|one| one == controller).then(|| name.trim_start_matches('/'))
        })
    }

    /// The own group of version 2, and the top of all.
    fn second(&self) -> Option<(PathBuf, PathBuf)> {
        let name = self.own.lines().find_map(|line| line.strip_prefix("0::/"))?;
        Some((self.top.join(name), self.top.clone()))
    }

    /// The own group of version 1, and the top of all: where custom mounts them, or where mountinfo says, which also tells which
    /// part of them a container sees.
    fn place_of_cpu(&self, name: &str) -> Option<(PathBuf, PathBuf)> {
        let custom = ["cpu", "cpu,cpuacct"].map(|folder| (self.top.join(folder).join(name), self.top.join(folder)));
        custom.into_iter().chain(self.mounted_cpu(name)).find(|(group, _)| group.exists())
    }

    fn mounted_cpu(&self, name: &str) -> Option<(PathBuf, PathBuf)> {
        self.mountinfo.lines().find_map(|line| {
            // "id parent device root at options [more …] - type source options".
            let (front, back) = line.split_once(" - ")?;
            let mut front = front.split(' ').skip(3);
            let (root, at) = (front.next()?, front.next()?);
            let mut back = back.split(' ');
            let is_cpus = back.next()? == "cgroup" && back.nth(1)?.split(',').any(|option| option == "cpu");
            let below = Path::new(name).strip_prefix(root.trim_start_matches('/')).ok().filter(|_| is_cpus)?;
            Some((Path::new(at).join(below), at.into()))
        })
    }
}

/// What a group, and those above it up to the top, grant.
fn up<T>((own, top): (PathBuf, PathBuf), read: impl Fn(&Path) -> Option<T>) -> impl Iterator<Item = T> {
    let groups: Vec<PathBuf> =
        own.ancestors().take_while(|group| group.starts_with(&top)).map(Path::to_owned).collect();
    groups.into_iter().filter_map(move |group| read(&group))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cgroups(own: &str, mountinfo: &str, files: &[(&str, &str)]) -> (tempfile::TempDir, Cgroups) {
        let top = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = top.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let mountinfo = mountinfo.replace("TOP", top.path().to_str().unwrap());
        let found = Cgroups { own: own.to_owned(), mountinfo, top: top.path().to_owned() };
        (top, found)
    }

    #[test]
    fn the_second_version_grants_the_least_on_the_way_up() {
        let files =
            [("cgroup.controllers", "cpu memory"), ("a/cpu.max", "150000 100000\n"), ("a/b/cpu.max", "max 100000\n")];
        let memory = [("memory.max", "5000\n"), ("a/memory.max", "max\n"), ("a/b/memory.max", "6000\n")];
        let (_top, found) = cgroups("0::/a/b\n", "", &[&files[..], &memory].concat());
        assert_eq!((found.cpus(), found.memory_bytes(), found.knows_memory()), (Some(1.5), Some(5000), true));
        let (_top, found) = cgroups("0::/a\n", "", &[("a/cpu.max", "max 100000\n")]);
        assert_eq!((found.cpus(), found.memory_bytes()), (None, None));
        let (_top, found) = cgroups("", "", &files);
        assert_eq!(found.cpus(), None);
    }

    #[test]
    fn the_first_version_grants_by_two_files_wherever_it_is_mounted() {
        let quota = |group: &str, quota: &str| {
            [
                (format!("{group}/cpu.cfs_quota_us"), quota.to_owned()),
                (format!("{group}/cpu.cfs_period_us"), "100000\n".to_owned()),
            ]
        };
        let mount = "40 31 0:29 /docker/x TOP/far rw,relatime shared:1 - cgroup cgroup rw,cpuacct,cpu\n";
        for (own, mountinfo, groups, cpus) in [
            ("4:cpu:/a/b\n0::/c\n", "", vec![("cpu/a/b", "-1\n"), ("cpu/a", "250000\n"), ("cpu", "-1\n")], Some(2.5)),
            ("4:cpu,cpuacct:/a\n", "", vec![("cpu,cpuacct/a", "50000\n")], Some(0.5)),
            ("4:cpu:/\n", "", vec![("cpu", "-1\n")], None),
            // A container sees its own part, by its name outside.
            ("4:cpuacct,cpu:/docker/x/y\n", mount, vec![("far/y", "150000\n"), ("far", "-1\n")], Some(1.5)),
            ("4:cpu:/elsewhere\n", mount, vec![("far", "100000\n")], None),
            ("4:cpuset:/a\n", "", vec![("cpu/a", "100000\n")], None),
        ] {
            let files: Vec<_> = groups.iter().flat_map(|(group, most)| quota(group, most)).collect();
            let files: Vec<_> = files.iter().map(|(name, text)| (&**name, &**text)).collect();
            // What version 2 says of another controller's group is not asked.
            let (_top, found) = cgroups(own, mountinfo, &[&files[..], &[("c/cpu.max", "1 2")]].concat());
            assert_eq!(found.cpus(), cpus, "{own}");
        }
    }

    #[test]
    fn memory_of_the_first_version_is_not_known() {
        let hybrid = "9:cpu,cpuacct:/a\n4:memory:/docker/1\n0::/a\n";
        for (own, known) in [(hybrid, false), ("0::/user.slice\n", true), ("", true), ("3:blkio,memory:/\n", false)] {
            let (_top, found) = cgroups(own, "", &[("cgroup.controllers", "memory\n")]);
            assert_eq!(found.knows_memory(), known, "{own}");
        }
    }

    #[test]
    fn it_agrees_with_what_the_number_of_workers_comes_of() {
        let cpus = std::thread::available_parallelism().unwrap().get();
        if let Some(granted) = Cgroups::of_this_process().cpus() {
            assert!(cpus as f64 <= granted.floor().max(1.0), "{cpus} of {granted}");
        }
    }
}
