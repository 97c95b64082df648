//! `checksig sha1sum` beside the system's `sha1sum`: generated manifests, trees and command lines, and the same standard
//! output, standard error and exit status from both.
//!
//! Where the two may differ is listed in `allowed.rs`, each with its reason, and nowhere else.
//! `CHECKSIG_DIFFERENTIAL_CASES` and `CHECKSIG_DIFFERENTIAL_SEED` change how many cases there are and which.

mod allowed;
mod case;
mod chance;
mod lines;
mod run;
mod tree;

use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use allowed::Allowed;
use case::Case;
use tree::Tree;

const CASES: u64 = 1_500;
const SEED: u64 = 20_261_125;

/// Cases that are compared at the same time: more than CPUs, as most of a case is waiting for processes.
const AT_A_TIME: u64 = 4;

/// The version of coreutils that has been compared with, 9.1: before 9.0 a CR was not escaped, and 9.11 quotes names on status lines.
/// Others may have other words.
const COMPARABLE: u32 = 1;

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |value| value.parse().expect("a number"))
}

/// Whether the system has a GNU `sha1sum` of a version that can be compared with.
fn has_gnu() -> Result<String, String> {
    let said = Command::new("sha1sum").arg("--version").env("LC_ALL", "C").output();
    let said = said.map_err(|error| format!("no sha1sum: {error}"))?;
    let first = String::from_utf8_lossy(&said.stdout).lines().next().unwrap_or_default().to_owned();
    let minor = first.strip_prefix("sha1sum (GNU coreutils) 9.").and_then(|minor| minor.parse().ok());
    if minor == Some(COMPARABLE) { Ok(first) } else { Err(format!("it is {first:?}")) }
}

#[test]
fn ours_does_what_gnus_does() {
    let (cases, seed) = (number("CHECKSIG_DIFFERENTIAL_CASES", CASES), number("CHECKSIG_DIFFERENTIAL_SEED", SEED));
    let version = match has_gnu() {
        Ok(version) => version,
        Err(why) => {
            println!("SKIPPED: {cases} differential cases: {why}");
            return;
        }
    };
    let (next, figures) = (AtomicU64::new(0), Mutex::new(Figures::default()));
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                let tree = Tree::new();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    // A few failures show what is wrong; thousands would only be long.
                    if index >= cases || failures.lock().unwrap().len() >= 3 {
                        return;
                    }
                    let case = Case::new(seed, index);
                    if let Err(difference) = run::compare(&tree, &case) {
                        let told = format!("seed {seed}, case {index}: {case:?}\n{difference}");
                        failures.lock().unwrap().push(told);
                    }
                    figures.lock().unwrap().add(&case);
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n\n"));
    let figures = figures.into_inner().unwrap();
    println!("{version}, seed {seed}: {figures}");
    if !run::has_utf8() {
        println!("NOT RUN: nothing in a locale of UTF-8: the system has no C.UTF-8");
    }
    if rustix::process::geteuid().is_root() {
        println!("NOT RUN: a file that may not be read: root may read every one");
    }
    figures.check_coverage(cases);
}

/// What was compared.
#[derive(Default)]
struct Figures {
    cases: u64,
    checks: u64,
    manifests: u64,
    lines: u64,
    operands: u64,
    odd: u64,
    allowed: [u64; Allowed::ALL.len()],
}

impl Figures {
    fn add(&mut self, case: &Case) {
        self.cases += 1;
        self.checks += u64::from(!case.manifests.is_empty());
        self.manifests += case.manifests.len() as u64;
        self.lines += case.manifests.iter().map(|manifest| manifest.lines).sum::<u64>();
        self.operands += case.operands as u64;
        self.odd += u64::from(case.is_odd);
        for allowed in &case.allowed {
            self.allowed[*allowed as usize] += 1;
        }
    }

    /// A generator that no longer makes something would compare nothing and pass.
    fn check_coverage(&self, cases: u64) {
        assert_eq!(self.cases, cases);
        if cases >= 1_000 {
            assert!(self.checks > cases / 3 && self.lines > 3 * cases && self.operands > cases && self.odd > 20);
            assert!(self.allowed.iter().all(|&count| count > 0), "{self}");
        }
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Figures { cases, checks, manifests, lines, operands, odd, allowed } = self;
        write!(
            out,
            "{cases} command lines, {checks} of them checks, {odd} with odd options; {manifests} manifests, {lines} \
             lines, {operands} operands; allowed differences:"
        )?;
        Allowed::ALL.iter().zip(allowed).try_for_each(|(allowed, count)| write!(out, " {allowed:?} {count},"))
    }
}
