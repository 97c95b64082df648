//! The kernels and the lane scheduler by themselves, out of the caches nearest to one core: bytes a second, cycles a byte,
//! and the ratio to the crate `sha1` in turn with it.
//!
//! `cargo bench --bench kernels` takes a minute and ends with two tables; `-- --quiet` leaves out most of what
//! criterion says before, and `-- avx512` measures only what has that in its name. With `KERNELS_LANES=all` every number
//! of filled lanes is measured and not the usual few.
//!
//! Everything goes through `Lanes`, so that small messages include beginning, padding and handing back. The clock that
//! cycles are computed with is estimated beside each measurement, see `clock.rs`: it is that of a core under light work,
//! and wide registers may make a CPU run slower than that.

mod clock;
#[path = "../tests/common/memory.rs"]
mod memory;
mod workload;

use std::iter::repeat_n;
use std::time::{Duration, Instant};

use checksig::hash::{Kernel, Kernels};
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};

use workload::{MIX_JOBS, PIECE_BYTES, Workload, arena, log_normal};

const LENGTHS: [(&str, usize); 6] = [
    ("64 B", 64),
    ("1 KiB", 1 << 10),
    ("4 KiB", 4 << 10),
    ("16 KiB", 16 << 10),
    ("64 KiB", 64 << 10),
    ("1 MiB", 1 << 20),
];

/// Filled lanes, of those that a kernel has: powers of two, their neighbours, and where one kernel takes over from another.
const FILLED: [usize; 10] = [1, 2, 3, 4, 6, 8, 11, 12, 14, 16];

const MEDIANS: [(&str, usize); 4] =
    [("1 KiB", 1 << 10), ("4 KiB", 4 << 10), ("16 KiB", 16 << 10), ("64 KiB", 64 << 10)];
const SIGMAS: [f64; 2] = [1.0, 1.5];

/// Messages that a mix is compared with: as many and as long as any kernel could wish.
const IDEAL_MESSAGES: usize = 16;

/// One measurement, and that of the other contestant that took its turn.
struct Sample {
    hertz: f64,
    bytes: u64,
    speed: f64,
    base_speed: f64,
}

/// The medians of a measurement's samples: bytes a second, cycles a byte, and the ratio to the other contestant.
#[derive(Clone, Copy)]
struct Figures {
    speed: f64,
    base_speed: f64,
    cycles_per_byte: f64,
    ratio: f64,
}

fn main() {
    // `cargo test --all-targets` runs benches without a word; only `cargo bench` says `--bench`.
    if std::env::args_os().len() == 1 {
        println!("kernels: nothing to do as a test; run `cargo bench --bench kernels`");
        return;
    }
    // Short measurements, many of them: the median of ten tells more than the mean of a second.
    // From 1 000 resamples down criterion warns at every start.
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(30))
        .measurement_time(Duration::from_millis(120))
        .nresamples(1_001)
        .configure_from_args();
    let lacking: Vec<String> = Kernel::ALL
        .into_iter()
        .filter(|kernel| !kernel.is_available())
        .map(|kernel| format!("{kernel} (needs {})", kernel.needs()))
        .collect();
    let grid = grid(&mut criterion);
    let mixes = mixes(&mut criterion);
    criterion.final_summary();
    println!("\n- CPU: {}, at {:.2} GHz now", cpu(), clock::hertz() / 1e9);
    println!("- auto: {}", Kernels::auto());
    println!("- not run: {}", if lacking.is_empty() { "none".to_owned() } else { lacking.join(", ") });
    println!("\nEqual messages: GB/s, cycles a byte, times the crate `sha1` with messages of that length\n\n{grid}");
    println!(
        "Mixes of lengths, log-normal, by auto, {MIX_JOBS} jobs; beside {IDEAL_MESSAGES} messages of 16 KiB\n\n{mixes}"
    );
}

fn grid(criterion: &mut Criterion) -> String {
    let mut table = format!("| kernel × filled lanes | {} |\n", LENGTHS.map(|(name, _)| name).join(" | "));
    table += &format!("| --- | {} |\n", ["---:"; LENGTHS.len()].join(" | "));
    let all = std::env::var("KERNELS_LANES").is_ok_and(|lanes| lanes == "all");
    for kernel in Kernel::ALL {
        let Ok(kernels) = Kernels::forced(kernel) else { continue };
        for filled in (1..=kernel.lanes()).filter(|filled| all || FILLED.contains(filled)) {
            let row = format!("{kernel} × {filled}");
            let figures = LENGTHS.map(|(name, length)| equal(criterion, &kernels, filled, &row, name, length));
            if figures.iter().any(Option::is_some) {
                table += &format!("| {row} | {} |\n", figures.map(cell).join(" | "));
            }
        }
    }
    table
}

fn cell(figures: Option<Figures>) -> String {
    let text =
        |figures: Figures| format!("{:.2}, {:.2}, {:.2}×", figures.speed / 1e9, figures.cycles_per_byte, figures.ratio);
    figures.map_or("–".to_owned(), text)
}

/// So many equal messages at a time through one kernel, in turn with the crate's.
fn equal(
    criterion: &mut Criterion,
    kernels: &Kernels,
    filled: usize,
    row: &str,
    name: &str,
    length: usize,
) -> Option<Figures> {
    let base = Kernels::forced(Kernel::Sha1Crate).expect("the crate runs on any CPU");
    let (mut memory, mut base_memory) = (arena(filled), arena(1));
    let mut workload = Workload::new(kernels.clone(), filled, &mut memory);
    let mut base_workload = Workload::new(base, 1, &mut base_memory);
    let bytes = (filled * length) as u64;
    measure(criterion, row, name, bytes, |rounds| {
        let messages = filled * rounds as usize;
        let this = timed(|| workload.run(repeat_n(length, messages)));
        // A quarter of the bytes: the time of both is about the same then.
        (this, timed(|| base_workload.run(repeat_n(length, messages.div_ceil(4)))))
    })
}

fn mixes(criterion: &mut Criterion) -> String {
    let mut table = "| median | sigma | GB/s | ideal, GB/s | loss |\n| --- | ---: | ---: | ---: | ---: |\n".to_owned();
    for (name, median) in MEDIANS {
        for sigma in SIGMAS {
            let lengths = log_normal(median, sigma);
            let (mut memory, mut ideal_memory) = (arena(MIX_JOBS), arena(IDEAL_MESSAGES));
            let mut workload = Workload::new(Kernels::auto(), MIX_JOBS, &mut memory);
            let mut ideal = Workload::new(Kernels::auto(), IDEAL_MESSAGES, &mut ideal_memory);
            let bytes: u64 = lengths.iter().map(|&length| length as u64).sum();
            let row = format!("mix of median {name}");
            let figures = measure(criterion, &row, &format!("sigma {sigma}"), bytes, |rounds| {
                // Without an end between rounds, at which lanes would run empty.
                let endless = repeat_n(&lengths, rounds as usize).flatten().copied();
                let this = timed(|| workload.run(endless));
                let messages = (this.0 as usize / PIECE_BYTES).next_multiple_of(IDEAL_MESSAGES);
                (this, timed(|| ideal.run(repeat_n(PIECE_BYTES, messages))))
            });
            if let Some(Figures { speed, base_speed, ratio, .. }) = figures {
                let loss = 100.0 * (1.0 - ratio);
                table +=
                    &format!("| {name} | {sigma} | {:.2} | {:.2} | {loss:.1} % |\n", speed / 1e9, base_speed / 1e9);
            }
        }
    }
    table
}

fn timed(run: impl FnOnce() -> u64) -> (u64, Duration) {
    let started = Instant::now();
    let bytes = run();
    (bytes, started.elapsed())
}

/// Lets criterion measure, and keeps what each of its samples was; `None` where it was told to leave this one out.
fn measure(
    criterion: &mut Criterion,
    group: &str,
    name: &str,
    bytes: u64,
    mut run: impl FnMut(u64) -> ((u64, Duration), (u64, Duration)),
) -> Option<Figures> {
    let mut samples: Vec<Sample> = Vec::new();
    let mut group = criterion.benchmark_group(group);
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Bytes(bytes));
    group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
        bencher.iter_custom(|rounds| {
            let before = clock::hertz();
            let ((bytes, time), (base_bytes, base_time)) = run(rounds);
            let speed = |bytes: u64, time: Duration| bytes as f64 / time.as_secs_f64();
            let hertz = (before + clock::hertz()) / 2.0;
            let (speed, base_speed) = (speed(bytes, time), speed(base_bytes, base_time));
            samples.push(Sample { hertz, bytes, speed, base_speed });
            time
        });
    });
    group.finish();
    figures(&samples)
}

/// The medians; what was measured to warm up counts where it was as long as the rest.
fn figures(samples: &[Sample]) -> Option<Figures> {
    let most = samples.iter().map(|sample| sample.bytes).max()?;
    let median = |figure: fn(&Sample) -> f64| {
        let mut all: Vec<f64> = samples.iter().filter(|sample| sample.bytes * 2 > most).map(figure).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    Some(Figures {
        speed: median(|sample| sample.speed),
        base_speed: median(|sample| sample.base_speed),
        cycles_per_byte: median(|sample| sample.hertz / sample.speed),
        ratio: median(|sample| sample.speed / sample.base_speed),
    })
}

fn cpu() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name"));
    name.map_or("unknown", |name| name.trim_start_matches(['\t', ':', ' '])).to_owned()
}
