//! The data sets that tools are compared on: seeded files on disk, and their digests by somebody else's program.
//!
//! Measures nothing, and computes no digest: the oracle is the system's `sha1sum`, never the code under test.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A data set that lies ready.
pub(crate) struct DataSet {
    /// Its name: one of [`NAMES`].
    pub(crate) name: &'static str,
    /// What a row of the table calls it.
    pub(crate) title: String,
    /// The directory with the files and `sha1sum.txt`.
    pub(crate) root: PathBuf,
    /// The names of the files, each with a NUL behind it, for `xargs -0`.
    pub(crate) names: PathBuf,
    /// The same digests in hashdeep's form.
    pub(crate) known: PathBuf,
    pub(crate) files: usize,
    pub(crate) bytes: u64,
}

/// The names of the data sets, in the order of the table.
pub(crate) const NAMES: [&str; 6] = ["small", "mixed", "large", "huge", "tiny", "lopsided"];

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// A change here makes data sets of before it obsolete.
const RECIPE_VERSION: u32 = 1;

/// Files a directory: enough directories that walking them is part of the work, as on a real server.
const FILES_PER_DIRECTORY: usize = 100;

/// Makes a data set below `directory`, or takes the one that is already there.
///
/// `scale` is the share of its files that is made; of the single file of `huge`, the share of its bytes.
pub(crate) fn prepare(directory: &Path, name: &'static str, scale: f64) -> io::Result<DataSet> {
    let sizes = sizes(name, scale);
    let folder = if scale == 1.0 { name.to_owned() } else { format!("{name}-x{scale}") };
    let set = DataSet::at(directory, &folder, name, title(name, &sizes), &sizes);
    // The mark says that the directory is ours to replace, and what it holds once it is complete.
    let mark = directory.join(format!("{folder}.mark"));
    let recipe = format!("version {RECIPE_VERSION}, {name}, {} files, {} bytes\n", set.files, set.bytes);
    if fs::read_to_string(&mark).is_ok_and(|marked| marked == recipe) && set.root.is_dir() {
        return Ok(set);
    }
    if set.root.exists() {
        if !mark.exists() {
            let complaint =
                format!("{} exists and was not made by this benchmark; choose another --dir", set.root.display());
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, complaint));
        }
        fs::remove_dir_all(&set.root)?;
    }
    eprintln!("making {} in {} ({:.1} GB) …", set.title, set.root.display(), set.bytes as f64 / 1e9);
    fs::create_dir_all(&set.root)?;
    fs::write(&mark, "incomplete\n")?;
    if name == "lopsided" {
        link_files(&set, &prepare(directory, "small", scale)?, &prepare(directory, "huge", scale)?)?;
    } else {
        write_files(&set, &sizes)?;
        write_manifest(&set)?;
    }
    write_known(&set, &sizes)?;
    fs::write(&mark, recipe)?;
    Ok(set)
}

/// A tree of one file whose manifest is wrong, to find out whether a tool can say no.
pub(crate) fn prepare_wrong(directory: &Path) -> io::Result<DataSet> {
    let sizes = ["right".len() as u64];
    let set = DataSet::at(directory, "wrong", "wrong", "wrong".to_owned(), &sizes);
    fs::create_dir_all(set.root.join("d000"))?;
    let file = file_name(0);
    fs::write(set.root.join(&file), "right")?;
    fs::write(&set.names, format!("{file}\0"))?;
    // The digest of no bytes at all.
    fs::write(set.root.join("sha1sum.txt"), format!("da39a3ee5e6b4b0d3255bfef95601890afd80709  {file}\n"))?;
    write_known(&set, &sizes)?;
    Ok(set)
}

fn file_name(index: usize) -> String {
    format!("d{:03}/f{index:06}", index / FILES_PER_DIRECTORY)
}

fn title(name: &str, sizes: &[u64]) -> String {
    let bytes: u64 = sizes.iter().sum();
    match name {
        "mixed" => format!("mixed: {} files, {:.2} GiB", sizes.len(), bytes as f64 / GIB as f64),
        "small" => format!("small: {} × {} KiB", sizes.len(), sizes[0] / KIB),
        "tiny" => format!("tiny: {} × {} B", sizes.len(), sizes[0]),
        "lopsided" => {
            let (few, last) = (sizes.len() - 1, sizes[sizes.len() - 1]);
            format!("lopsided: {few} × {} KiB, then 1 × {} MiB", sizes[0] / KIB, last / MIB)
        }
        _ => format!("{name}: {} × {} MiB", sizes.len(), sizes[0] / MIB),
    }
}

fn sizes(name: &str, scale: f64) -> Vec<u64> {
    let scaled = |count: f64| (count * scale).round().max(1.0) as usize;
    match name {
        "small" => vec![4 * KIB; scaled(100_000.0)],
        "mixed" => log_normal_sizes(scaled(12_000.0), 3e9 * scale),
        "large" => vec![64 * MIB; scaled(32.0)],
        "huge" => vec![scaled(2048.0) as u64 * MIB],
        "tiny" => vec![100],
        "lopsided" => [sizes("small", scale), sizes("huge", scale)].concat(),
        other => unreachable!("{other} is none of NAMES"),
    }
}

/// Sizes whose logarithms are normal, as those of files on real servers roughly are: with this spread and a mean of
/// 250 KB, half of the files are below 34 KB, and the two in a hundred above 1.8 MB have half of the bytes.
fn log_normal_sizes(count: usize, bytes: f64) -> Vec<u64> {
    const SPREAD: f64 = 2.0;
    let mut random = Random(0x5eed);
    let mut unit = || (random.next() >> 11) as f64 / (1u64 << 53) as f64;
    // Box and Muller's transform of two uniform numbers into a normal one.
    let mut normal = || (-2.0 * (1.0 - unit()).ln()).sqrt() * (std::f64::consts::TAU * unit()).cos();
    let shares: Vec<f64> = (0..count).map(|_| (SPREAD * normal()).exp()).collect();
    let sum: f64 = shares.iter().sum();
    shares.into_iter().map(|share| ((share / sum * bytes) as u64).max(1)).collect()
}

fn write_files(set: &DataSet, sizes: &[u64]) -> io::Result<()> {
    let mut names = BufWriter::new(File::create(&set.names)?);
    let mut block = vec![0; MIB as usize];
    for (index, &size) in sizes.iter().enumerate() {
        let name = file_name(index);
        let path = set.root.join(&name);
        if index % FILES_PER_DIRECTORY == 0 {
            fs::create_dir(path.parent().expect("a file lies in a directory"))?;
        }
        // Noise, so that no file system compresses it and no storage finds two blocks that are the same.
        let mut random = Random(index as u64 ^ size << 20);
        let mut file = File::create(path)?;
        let mut left = size;
        while left > 0 {
            let part = &mut block[..left.min(MIB) as usize];
            random.fill(part);
            file.write_all(part)?;
            left -= part.len() as u64;
        }
        write!(names, "{name}\0")?;
    }
    names.into_inner()?.sync_all()
}

/// Makes a data set of the files of `small` and then that of `huge`: hard links, which take no room and share their cache.
fn link_files(set: &DataSet, small: &DataSet, huge: &DataSet) -> io::Result<()> {
    let last = file_name(small.files);
    for index in 0..small.files {
        let name = file_name(index);
        if index % FILES_PER_DIRECTORY == 0 {
            fs::create_dir(set.root.join(&name).parent().expect("a file lies in a directory"))?;
        }
        fs::hard_link(small.root.join(&name), set.root.join(&name))?;
    }
    fs::create_dir_all(set.root.join(&last).parent().expect("a file lies in a directory"))?;
    fs::hard_link(huge.root.join(file_name(0)), set.root.join(&last))?;
    fs::write(&set.names, fs::read_to_string(&small.names)? + &last + "\0")?;
    let of_huge = fs::read_to_string(huge.root.join("sha1sum.txt"))?.replace(&file_name(0), &last);
    fs::write(set.root.join("sha1sum.txt"), fs::read_to_string(small.root.join("sha1sum.txt"))? + &of_huge)
}

fn write_manifest(set: &DataSet) -> io::Result<()> {
    let status = Command::new("xargs")
        .args(["-0", "sha1sum"])
        .current_dir(&set.root)
        .stdin(File::open(&set.names)?)
        .stdout(File::create(set.root.join("sha1sum.txt"))?)
        .stderr(Stdio::inherit())
        .status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("xargs -0 sha1sum: {status}"))) }
}

fn write_known(set: &DataSet, sizes: &[u64]) -> io::Result<()> {
    let manifest = fs::read_to_string(set.root.join("sha1sum.txt"))?;
    let mut known = BufWriter::new(File::create(&set.known)?);
    known.write_all(b"%%%% HASHDEEP-1.0\n%%%% size,sha1,filename\n")?;
    for (line, size) in manifest.lines().zip(sizes) {
        let (digest, name) = line.split_once("  ").ok_or_else(|| io::Error::other("sha1sum wrote an odd line"))?;
        writeln!(known, "{size},{digest},{name}")?;
    }
    known.flush()
}

impl DataSet {
    fn at(directory: &Path, folder: &str, name: &'static str, title: String, sizes: &[u64]) -> DataSet {
        DataSet {
            name,
            title,
            root: directory.join(folder),
            names: directory.join(format!("{folder}.names")),
            known: directory.join(format!("{folder}.hashdeep")),
            files: sizes.len(),
            bytes: sizes.iter().sum(),
        }
    }

    /// Reads every byte once, so that the page cache holds them.
    pub(crate) fn warm(&self) -> io::Result<()> {
        let mut block = vec![0; MIB as usize];
        for index in 0..self.files {
            let mut file = File::open(self.root.join(file_name(index)))?;
            while file.read(&mut block)? > 0 {}
        }
        Ok(())
    }
}

/// Splitmix64 (Steele, Lea and Flood, 2014): noise from a seed, the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&self.next().to_le_bytes()[..part.len()]);
        }
    }
}
