//! The upper mark of reading: the best rate at which fio reads the same files past the page cache, hashing nothing.
//!
//! Only finds the rate; `contestants` makes a row of it.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use crate::contestants::quoted;
use crate::corpus::DataSet;

const BLOCKS: [&str; 3] = ["256k", "512k", "1m"];
const DEPTHS: [u32; 3] = [8, 16, 32];

/// Files that fio has open at a time; without a number it opens all of them first.
const OPEN_FILES: u32 = 64;

#[derive(Clone, Copy)]
struct Setting {
    block: &'static str,
    depth: u32,
}

/// The best setting for each data set: sought in its first run, as nine a round would be most of a benchmark's time.
static BEST: Mutex<BTreeMap<&'static str, Setting>> = Mutex::new(BTreeMap::new());

/// The time in which fio would read as many bytes as the data set has.
pub(crate) fn run(set: &DataSet) -> Result<Duration, String> {
    let known = BEST.lock().expect("nobody panics with it").get(set.name).copied();
    if let Some(setting) = known {
        return seconds(set, setting);
    }
    let settings = BLOCKS.into_iter().flat_map(|block| DEPTHS.map(|depth| Setting { block, depth }));
    let times: Vec<(Duration, Setting)> =
        settings.map(|setting| Ok((seconds(set, setting)?, setting))).collect::<Result<_, String>>()?;
    let (time, best) = times.into_iter().min_by_key(|(time, _)| *time).expect("there are settings");
    eprintln!("fio reads {} fastest with blocks of {}, {} at a time", set.name, best.block, best.depth);
    BEST.lock().expect("nobody panics with it").insert(set.name, best);
    Ok(time)
}

/// fio reads whole blocks only: what it leaves of the files is taken to be as fast as the rest.
fn seconds(set: &DataSet, setting: Setting) -> Result<Duration, String> {
    let output = Command::new("fio")
        .args(["--name=upper", "--ioengine=io_uring", "--direct=1", "--rw=read", "--readonly", "--opendir=."])
        .args(["--file_service_type=sequential", "--output-format=terse"])
        .args([format!("--bs={}", setting.block), format!("--iodepth={}", setting.depth)])
        .arg(format!("--openfiles={OPEN_FILES}"))
        .current_dir(&set.root)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(quoted(&output));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    read(&text).map(|rate| Duration::from_secs_f64(set.bytes as f64 / rate)).ok_or(format!("fio said {text:?}"))
}

/// Bytes a second, of the terse format in its version 3: among its first fields are the KiB read and the milliseconds.
fn read(text: &str) -> Option<f64> {
    let fields: Vec<&str> = text.lines().find(|line| line.starts_with("3;fio-"))?.split(';').collect();
    let (kib, milliseconds): (f64, f64) = (fields.get(5)?.parse().ok()?, fields.get(8)?.parse().ok()?);
    (kib > 0.0).then(|| kib * 1024.0 / milliseconds.max(1.0) * 1000.0)
}
