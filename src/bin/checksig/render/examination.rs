//! The text of `doctor`: what was found, a topic a paragraph, and what to do about what was refused.
//!
//! Converts; what is refused and what that means, the library says.

use std::fmt::Write;

use checksig::{Error, Examination, KernelFound, KernelStanding, LimitFound, PlaceFound, RunFound, ShownText, Trouble};

use super::figures::{Bytes, Count};
use super::name::write_shown;

/// Where the text begins beside the topics.
const INDENT: usize = 10;

/// All of it, as lines.
pub(crate) fn text(found: &Examination) -> Vec<u8> {
    let mut page = Page::default();
    cpu(found, &mut page);
    kernels(&found.kernels, &mut page);
    calls(found, &mut page);
    limits(&found.limits, &mut page);
    match &found.place {
        Some(place) => self::place(found, place, &mut page),
        None => page.topic("Place", &shown(found.path.as_os_str().as_encoded_bytes())),
    }
    if let Some(run) = &found.run {
        self::run(run, &mut page);
    }
    end(found, &mut page);
    page.0.into_bytes()
}

/// Lines, each with its topic before it or room for one.
#[derive(Default)]
struct Page(String);

impl Page {
    fn topic(&mut self, topic: &str, line: &str) {
        let _ = writeln!(self.0, "{topic:INDENT$}{line}");
    }

    fn line(&mut self, line: &str) {
        self.topic("", line);
    }

    /// What was refused, below that which was.
    fn trouble(&mut self, trouble: &Trouble) {
        self.line(&format!("       {}", ShownText(&trouble.why)));
        self.line(&format!("       instead: {}", trouble.instead));
        if let Some(remedy) = &trouble.remedy {
            self.line(&format!("       remedy: {remedy}"));
        }
    }
}

fn cpu(found: &Examination, page: &mut Page) {
    let cpu = &found.cpu;
    let model = cpu.model.as_ref().map_or(cpu.architecture.clone(), |model| format!("{model}, {}", cpu.architecture));
    page.topic("CPU", &shown(model.as_bytes()));
    let sets = |has: bool| {
        let names: Vec<_> = cpu.instruction_sets.iter().filter(|set| set.1 == has).map(|set| set.0).collect();
        names.join(", ")
    };
    let (has, lacks) = (sets(true), sets(false));
    if !has.is_empty() {
        page.line(&format!("has {has}"));
    }
    if !lacks.is_empty() {
        page.line(&format!("lacks {lacks}"));
    }
    let allowed = cpu.allowed.map_or(String::new(), |cpus| format!("; {cpus} allowed by affinity"));
    let quota = cpu.quota.map_or(String::new(), |cpus| format!("; {cpus:.1} granted by the cgroup"));
    page.line(&format!("{}{allowed}{quota}", Count(cpu.workers as u64, "worker")));
}

fn kernels(kernels: &[KernelFound], page: &mut Page) {
    for (at, found) in kernels.iter().enumerate() {
        let standing = match found.standing {
            KernelStanding::Measured { bytes_per_second } => format!("{:>8}/s", Bytes(bytes_per_second).to_string()),
            KernelStanding::ForComparison => "there to compare with, never chosen".to_owned(),
            KernelStanding::Wrong => "gives a wrong digest: this CPU or its memory is failing".to_owned(),
            KernelStanding::Lacking => format!("needs {}", found.kernel.needs()),
            _ => "not known".to_owned(),
        };
        let chosen = match found.lanes_from {
            Some(1) => "  chosen".to_owned(),
            Some(lanes) => format!("  chosen from {lanes} files at hand on"),
            None => String::new(),
        };
        page.topic(if at == 0 { "Kernels" } else { "" }, &format!("{:14} {standing}{chosen}", found.kernel.name()));
    }
}

fn calls(found: &Examination, page: &mut Page) {
    page.topic("Linux", &shown(found.linux.as_bytes()));
    for call in &found.calls {
        let word = if call.refused.is_none() { "yes" } else { "no" };
        page.line(&format!("{word:4} {:22} {}", call.name, call.purpose));
        call.refused.iter().for_each(|trouble| page.trouble(trouble));
    }
}

fn limits(limits: &[LimitFound], page: &mut Page) {
    for (at, limit) in limits.iter().enumerate() {
        let most = match limit.most {
            _ if !limit.is_known => "not known".to_owned(),
            None => "no limit".to_owned(),
            Some(most) if limit.is_bytes => Bytes(most).to_string(),
            Some(most) => most.to_string(),
        };
        page.topic(if at == 0 { "Limits" } else { "" }, &format!("{:22} {most}", limit.name));
        limit.trouble.iter().for_each(|trouble| page.trouble(trouble));
    }
}

fn place(found: &Examination, place: &PlaceFound, page: &mut Page) {
    page.topic("Place", &shown(found.path.as_os_str().as_encoded_bytes()));
    if let (Some(file_system), Some(source), Some(at)) = (&place.file_system, &place.source, &place.mounted_at) {
        let line = format!("{file_system} of {source}, mounted at ");
        page.line(&format!("{}{}", shown(line.as_bytes()), shown(at.as_os_str().as_encoded_bytes())));
    }
    page.line(&format!("{}: {}", place.device.name(), place.device.about()));
    if let Some(scheduler) = &place.scheduler {
        let known = if place.knows_priorities { "knows" } else { "knows no" };
        page.line(&format!("I/O scheduler {}, which {known} priorities (--idle)", shown(scheduler.as_bytes())));
    }
    match (&place.tried, place.direct_align) {
        (Some(tried), Some(align)) => {
            let tried = shown(tried.as_os_str().as_encoded_bytes());
            page.line(&format!("direct reads at multiples of {align} bytes, tried on {tried}"));
        }
        (Some(tried), None) => {
            page.line(&format!("no direct reads, tried on {}", shown(tried.as_os_str().as_encoded_bytes())));
        }
        (None, _) => page.line("no file that can be read is at its top, so none was tried"),
    }
}

fn run(run: &RunFound, page: &mut Page) {
    page.topic("A run", &format!("reads what is in memory by: {}, the threads that hash", run.cached));
    let past = match run.is_direct {
        Some(true) => "past the page cache",
        Some(false) => "through the page cache",
        None => "past the page cache or through it, which was not tried",
    };
    page.line(&format!(
        "and the rest by: {}, {past}; {} threads, {} reads in flight at most, buffers of {}",
        run.uncached,
        run.reader_threads,
        run.reads_in_flight,
        Bytes(run.reader_bytes)
    ));
    let kernels: Vec<_> = run
        .kernels
        .iter()
        .map(|used| {
            if used.lanes_from == 1 {
                used.kernel.to_string()
            } else {
                format!("{} from {}", used.kernel, used.lanes_from)
            }
        })
        .collect();
    page.line(&format!("hashes by: {}", kernels.join(", ")));
    page.line(&format!("has {} in progress a worker at most", Count(run.files_per_worker as u64, "file")));
    for reason in &run.reasons {
        page.line(&ShownText(reason).to_string());
    }
}

fn end(found: &Examination, page: &mut Page) {
    let calls = found.calls.iter().filter(|call| call.refused.is_some());
    let limits = found.limits.iter().filter(|limit| limit.trouble.is_some());
    let refused = calls.count() + limits.count();
    let verdict = match (&found.obstacle, refused) {
        (Some(error @ Error::NoThread(_)), _) => {
            format!("no run can be done but a small one, in the thread that asks: {}", ShownText(&error.to_string()))
        }
        (Some(error), _) => format!("no run can be done: {}", ShownText(&error.to_string())),
        (None, 0) => "a run can be done, and nothing is refused".to_owned(),
        (None, 1) => "a run can be done; 1 thing is refused, see above".to_owned(),
        (None, refused) => format!("a run can be done; {refused} things are refused, see above"),
    };
    page.topic("Verdict", &verdict);
}

/// Text that may hold anything, as it may be shown.
fn shown(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    write_shown(&mut text, bytes);
    String::from_utf8_lossy(&text).into_owned()
}
