//! The JSON of `doctor`: one object, on one line.
//!
//! Shape only; `docs/json.md` describes it for its users.

use std::borrow::Cow;

use checksig::hash::KernelUse;
use checksig::{CallFound, Examination, KernelStanding, LimitFound, PlaceFound, RunFound, Trouble};
use serde::Serialize;

use super::encode::{append, as_base64, as_text, kernels};
use super::{SCHEMA, codes};

/// All of it, as one line.
pub(crate) fn examination(found: &Examination) -> Vec<u8> {
    let path = found.path.as_os_str().as_encoded_bytes();
    let cpu = &found.cpu;
    let kernels = found.kernels.iter().map(|kernel| {
        let (standing, bytes_per_second) = match kernel.standing {
            KernelStanding::Measured { bytes_per_second } => ("measured", Some(bytes_per_second)),
            KernelStanding::ForComparison => ("for_comparison", None),
            KernelStanding::Wrong => ("wrong", None),
            KernelStanding::Lacking => ("lacking", None),
            _ => ("other", None),
        };
        Kernel { name: kernel.kernel.name(), standing, bytes_per_second, from: kernel.lanes_from }
    });
    let line = Line {
        r#type: "examination",
        schema: SCHEMA,
        checksig: env!("CARGO_PKG_VERSION"),
        path: as_text(path),
        path_b64: as_base64(path),
        can_run: found.can_run(),
        error: found.obstacle.as_ref().map(codes::error),
        message: found.obstacle.as_ref().map(ToString::to_string),
        cpu: Cpu {
            architecture: &cpu.architecture,
            model: cpu.model.as_deref(),
            instruction_sets: cpu.instruction_sets.iter().filter(|set| set.1).map(|set| set.0).collect(),
            lacking: cpu.instruction_sets.iter().filter(|set| !set.1).map(|set| set.0).collect(),
            cpus_allowed: cpu.allowed,
            cpus_granted: cpu.quota,
            workers: cpu.workers,
        },
        kernels: kernels.collect(),
        linux: &found.linux,
        calls: found.calls.iter().map(Call::from).collect(),
        limits: found.limits.iter().map(Limit::from).collect(),
        place: found.place.as_ref().map(Place::from),
        run: found.run.as_ref().map(Run::from),
    };
    let mut lines = Vec::new();
    append(&mut lines, &line);
    lines
}

#[derive(Serialize)]
struct Line<'a> {
    r#type: &'static str,
    schema: u32,
    checksig: &'static str,
    path: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_b64: Option<String>,
    can_run: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    cpu: Cpu<'a>,
    kernels: Vec<Kernel>,
    linux: &'a str,
    calls: Vec<Call<'a>>,
    limits: Vec<Limit<'a>>,
    place: Option<Place<'a>>,
    run: Option<Run<'a>>,
}

#[derive(Serialize)]
struct Cpu<'a> {
    architecture: &'a str,
    model: Option<&'a str>,
    instruction_sets: Vec<&'static str>,
    lacking: Vec<&'static str>,
    cpus_allowed: Option<usize>,
    cpus_granted: Option<f64>,
    workers: usize,
}

#[derive(Serialize)]
struct Kernel {
    name: &'static str,
    standing: &'static str,
    bytes_per_second: Option<u64>,
    from: Option<usize>,
}

#[derive(Serialize)]
struct Call<'a> {
    name: &'static str,
    purpose: &'static str,
    refused: Option<Refused<'a>>,
}

impl<'a> From<&'a CallFound> for Call<'a> {
    fn from(call: &'a CallFound) -> Call<'a> {
        Call { name: call.name, purpose: call.purpose, refused: call.refused.as_ref().map(Refused::from) }
    }
}

#[derive(Serialize)]
struct Refused<'a> {
    why: &'a str,
    instead: &'a str,
    remedy: Option<&'a str>,
}

impl<'a> From<&'a Trouble> for Refused<'a> {
    fn from(trouble: &'a Trouble) -> Refused<'a> {
        Refused { why: &trouble.why, instead: &trouble.instead, remedy: trouble.remedy.as_deref() }
    }
}

#[derive(Serialize)]
struct Limit<'a> {
    name: &'static str,
    most: Option<u64>,
    known: bool,
    refused: Option<Refused<'a>>,
}

impl<'a> From<&'a LimitFound> for Limit<'a> {
    fn from(limit: &'a LimitFound) -> Limit<'a> {
        Limit {
            name: limit.name,
            most: limit.most,
            known: limit.is_known,
            refused: limit.trouble.as_ref().map(Refused::from),
        }
    }
}

#[derive(Serialize)]
struct Place<'a> {
    file_system: Option<&'a str>,
    source: Option<&'a str>,
    mounted_at: Option<Cow<'a, str>>,
    device: &'static str,
    scheduler: Option<&'a str>,
    knows_priorities: bool,
    tried: Option<Cow<'a, str>>,
    direct_align_bytes: Option<usize>,
}

impl<'a> From<&'a PlaceFound> for Place<'a> {
    fn from(place: &'a PlaceFound) -> Place<'a> {
        let text = |path: &'a std::path::PathBuf| as_text(path.as_os_str().as_encoded_bytes());
        Place {
            file_system: place.file_system.as_deref(),
            source: place.source.as_deref(),
            mounted_at: place.mounted_at.as_ref().map(text),
            device: place.device.name(),
            scheduler: place.scheduler.as_deref(),
            knows_priorities: place.knows_priorities,
            tried: place.tried.as_ref().map(text),
            direct_align_bytes: place.direct_align,
        }
    }
}

#[derive(Serialize)]
struct Run<'a> {
    cached: &'static str,
    uncached: &'static str,
    reader_threads: usize,
    reads_in_flight: usize,
    reader_bytes: u64,
    direct: Option<bool>,
    files_per_worker: usize,
    #[serde(serialize_with = "kernels")]
    kernels: &'a [KernelUse],
    reasons: &'a [String],
}

impl<'a> From<&'a RunFound> for Run<'a> {
    fn from(run: &'a RunFound) -> Run<'a> {
        Run {
            cached: run.cached.name(),
            uncached: run.uncached.name(),
            reader_threads: run.reader_threads,
            reads_in_flight: run.reads_in_flight,
            reader_bytes: run.reader_bytes,
            direct: run.is_direct,
            files_per_worker: run.files_per_worker,
            kernels: &run.kernels,
            reasons: &run.reasons,
        }
    }
}
