//! End to end, beside other tools: whole programs on whole trees, with a hot and with a cold page cache.
//!
//! `checksig` is a program among others here; of the library only the hash of one stream is used, as a mark beside them.
//! BENCHMARKS.md explains the rows.

mod contestants;
mod corpus;
mod fio;

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use clap::Parser;

use contestants::{ALL, BASE, Contestant};
use corpus::DataSet;

/// Compares checksig with other tools that verify SHA-1 manifests, and prints one Markdown table.
///
/// Makes its data sets on the first run (7.7 GB, and some minutes) and uses them again afterwards. Cold rows need
/// root: they empty the page cache of the whole machine before each run.
#[derive(Parser)]
#[command(
    bin_name = "cargo bench --bench compare --",
    after_help = "Examples (each behind `cargo bench --bench compare --`):
  --files-scale 0.02 --rounds 1    a smoke test, within a minute
  --only small,hot                 one data set, out of the page cache
  --only checksig,sha1sum,rhash    three tools on everything
  --only cold,checksig,threads     the ring beside blocking reads
  --dir /srv/data/compare          on the disk that matters to you"
)]
struct Args {
    /// Where the data sets are, or are to be made [default: target/compare]
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Timed runs of each tool on each data set; the table shows their median
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// Rows to measure: data sets (small, mixed, large, huge, tiny, lopsided), states of the cache (hot, cold) and tools
    /// (checksig, threads, sha1sum, rhash, hashdeep, openssl, stream, fio); of a kind that is not mentioned, all
    #[arg(long, value_delimiter = ',', value_parser = word)]
    only: Vec<String>,
    /// The share of the files to make and to verify, for quick runs; figures to publish take 1
    #[arg(long, default_value_t = 1.0, value_parser = scale)]
    files_scale: f64,
    /// Given by cargo, and of no consequence
    #[arg(long, hide = true)]
    bench: bool,
}

const CACHES: [&str; 2] = ["hot", "cold"];

/// Runs of a tool on `tiny` that make one time: a start takes a few milliseconds, and what else the machine does adds as much.
const TINY_REPETITIONS: u32 = 20;

fn words() -> impl Iterator<Item = &'static str> {
    corpus::NAMES.into_iter().chain(CACHES).chain(ALL.iter().map(|contestant| contestant.word))
}

fn word(text: &str) -> Result<String, String> {
    if words().any(|word| word == text) {
        Ok(text.to_owned())
    } else {
        Err("not a data set, a cache or a tool".to_owned())
    }
}

fn scale(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|scale| *scale > 0.0 && *scale <= 1.0)
        .ok_or_else(|| "a share is above 0 and at most 1".to_owned())
}

impl Args {
    /// Whether `--only` lets this word of its kind pass.
    fn wants(&self, word: &str, mut kind: impl Iterator<Item = &'static str>) -> bool {
        let mentions = |wanted: &str| self.only.iter().any(|only| only == wanted);
        mentions(word) || !kind.any(mentions)
    }
}

/// The cells of a row behind its names: seconds of every round, or why there are none.
type Cells = Result<Vec<Duration>, String>;

fn main() -> ExitCode {
    // `cargo test --all-targets` runs benches without a word; only `cargo bench` says `--bench`.
    if std::env::args_os().len() == 1 {
        println!("compare: nothing to do as a test; run `cargo bench --bench compare -- --help`");
        return ExitCode::SUCCESS;
    }
    match compare(&Args::parse()) {
        Ok(table) => {
            println!("{table}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("compare: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(args: &Args) -> io::Result<String> {
    let directory = args.dir.clone().unwrap_or_else(default_directory);
    fs::create_dir_all(&directory)?;
    let wrong = corpus::prepare_wrong(&directory)?;
    let tools: Vec<&Contestant> =
        ALL.iter().filter(|tool| args.wants(tool.word, ALL.iter().map(|tool| tool.word))).collect();
    let unfit: Vec<Option<String>> = tools.iter().map(|tool| tool.unfit(&wrong)).collect();
    let mut text = surroundings(&directory, &tools);
    text += "\n| data set | cache | tool | median, s | least – most, s | GB/s | times `sha1sum -c` |\n";
    text += "| --- | --- | --- | ---: | ---: | ---: | ---: |\n";
    for name in corpus::NAMES.into_iter().filter(|name| args.wants(name, corpus::NAMES.into_iter())) {
        let set = corpus::prepare(&directory, name, args.files_scale)?;
        for cache in CACHES.into_iter().filter(|cache| args.wants(cache, CACHES.into_iter())) {
            let fit = tools.iter().copied().zip(&unfit).filter(|(tool, _)| tool.takes_part(name, cache));
            let (tools, mut cells): (Vec<&Contestant>, Vec<Cells>) =
                fit.map(|(tool, unfit)| (tool, unfit.clone().map_or(Ok(Vec::new()), Err))).unzip();
            if tools.is_empty() {
                continue;
            }
            match ready(&set, cache) {
                Ok(()) => measure(&set, cache, args.rounds, &tools, &mut cells),
                Err(reason) => cells.fill(Err(format!("skipped: {reason}"))),
            }
            rows(&mut text, &set, cache, &tools, &cells);
        }
    }
    Ok(text)
}

/// Where cargo builds, which no version control looks at.
fn default_directory() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target"), PathBuf::from);
    target.join("compare")
}

/// Brings the page cache into its state for the first time, or says why that cannot be.
fn ready(set: &DataSet, cache: &str) -> Result<(), String> {
    if cache == "cold" {
        return empty_cache().map_err(|error| format!("cold runs need root (/proc/sys/vm/drop_caches: {error})"));
    }
    let available = available_bytes().unwrap_or(u64::MAX);
    // Less than a tenth to spare, and the cache would evict what the next tool is to find in it.
    if set.bytes + set.bytes / 10 > available {
        return Err(format!("{:.1} GB of free memory do not hold it", available as f64 / 1e9));
    }
    set.warm().map_err(|error| error.to_string())
}

fn empty_cache() -> io::Result<()> {
    // Dirty pages cannot be dropped; `sync` writes them first.
    Command::new("sync").status()?;
    fs::write("/proc/sys/vm/drop_caches", "3")
}

fn available_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Times all tools in turn, round by round, so that whatever the machine does meanwhile falls on all of them. Each
/// round begins with another tool. A tool that fails once has no time, whatever its other rounds took.
fn measure(set: &DataSet, cache: &str, rounds: u32, tools: &[&Contestant], cells: &mut [Cells]) {
    // With a hot cache the first round is thrown away: it warms what `warm` cannot, such as names and programs.
    let untimed = u32::from(cache == "hot");
    for round in 0..rounds + untimed {
        for turn in 0..tools.len() {
            let index = (turn + round as usize) % tools.len();
            let Ok(times) = &mut cells[index] else { continue };
            let run =
                if round < untimed { "to warm up".to_owned() } else { format!("{} of {rounds}", round + 1 - untimed) };
            eprintln!("{}, {cache}, {run}: {}", set.title, tools[index].name);
            match time(set, cache, tools[index]) {
                Ok(time) if round >= untimed => times.push(time),
                Ok(_) => {}
                Err(reason) => cells[index] = Err(format!("error: {reason}")),
            }
        }
    }
}

fn time(set: &DataSet, cache: &str, tool: &Contestant) -> Result<Duration, String> {
    if cache == "cold" {
        empty_cache().map_err(|error| error.to_string())?;
        tool.load();
        return tool.run(set);
    }
    // What takes milliseconds is run several times, and the mean is taken.
    let repetitions = if set.name == "tiny" { TINY_REPETITIONS } else { 1 };
    (0..repetitions).try_fold(Duration::ZERO, |sum, _| Ok(sum + tool.run(set)?)).map(|sum: Duration| sum / repetitions)
}

/// Seconds with as many decimals as say something.
fn shown(seconds: f64) -> String {
    if seconds < 0.1 { format!("{seconds:.5}") } else { format!("{seconds:.3}") }
}

fn median(times: &[Duration]) -> f64 {
    let mut seconds: Vec<f64> = times.iter().map(Duration::as_secs_f64).collect();
    seconds.sort_by(f64::total_cmp);
    let middle = seconds.len() / 2;
    if seconds.len() % 2 == 1 { seconds[middle] } else { (seconds[middle - 1] + seconds[middle]) / 2.0 }
}

fn rows(text: &mut String, set: &DataSet, cache: &str, tools: &[&Contestant], cells: &[Cells]) {
    let base = tools.iter().zip(cells).find(|(tool, _)| tool.word == BASE).and_then(|(_, cells)| cells.as_deref().ok());
    let base = base.map(median);
    for (tool, cells) in tools.iter().zip(cells) {
        write!(text, "| {} | {cache} | {} | ", set.title, tool.name).expect("a string takes all");
        let row = match cells {
            Err(reason) => format!("{} | | | |", reason.replace('|', "/")),
            Ok(times) => {
                let seconds = median(times);
                let least = times.iter().min().map_or(0.0, Duration::as_secs_f64);
                let most = times.iter().max().map_or(0.0, Duration::as_secs_f64);
                let ratio = base.map_or("–".to_owned(), |base| format!("{:.2}", base / seconds));
                let rate = set.bytes as f64 / seconds / 1e9;
                format!("{} | {} – {} | {rate:.2} | {ratio} |", shown(seconds), shown(least), shown(most))
            }
        };
        *text += &row;
        *text += "\n";
    }
}

/// What a reader must know to judge the figures: the machine, the system, the tools and the command line.
fn surroundings(directory: &Path, tools: &[&Contestant]) -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown", |cpu| cpu.trim_start_matches(['\t', ':', ' ']));
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    let linux = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let df = Command::new("df").arg("--output=fstype").arg(directory).output();
    let df = df.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let file_system = df.lines().last().unwrap_or("unknown");
    let mut versions: Vec<String> = Vec::new();
    for version in tools.iter().flat_map(|tool| tool.versions()) {
        if !versions.contains(&version) {
            versions.push(version);
        }
    }
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let command = format!("cargo bench --bench compare -- {}", words.join(" "));
    format!(
        "- CPU: {cpu}, {cpus} threads for us\n- Linux {}, file system {file_system}\n- tools: {}\n- command: `{}`\n",
        linux.trim(),
        versions.join("; "),
        command.trim_end_matches([' ', '-']),
    )
}
