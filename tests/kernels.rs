//! Whole runs with each kernel: the same tree gives the same report, and a kernel that is not to be had no run at all.
//!
//! Digests come from the crate `sha1` alone.

mod common;

use std::fs;
use std::num::NonZeroUsize;

use checksig::OutcomeKind::{Match, Mismatch};
use checksig::hash::{Kernel, KernelChoice, KernelUnavailable};
use checksig::{CreateOptions, Error, Options, ReaderChoice, ReaderKind, Report, Run, create};
use common::{Tree, bytes, drain, outcomes};

/// The kernels that this CPU has; the others must say so, and are counted.
fn kernels(tree: &Tree) -> Vec<Kernel> {
    let (available, lacking): (Vec<_>, Vec<_>) = Kernel::ALL.into_iter().partition(|kernel| kernel.is_available());
    for kernel in &lacking {
        let refused = |error: Error| {
            assert!(error.to_string().contains(kernel.needs()), "{error}");
            matches!(error, Error::KernelUnavailable(KernelUnavailable::Lacking(named)) if named == *kernel)
        };
        assert!(Run::verify(tree.path(), &options(KernelChoice::Forced(*kernel), 1)).err().is_some_and(refused));
    }
    println!("NOT RUN: {} of {} kernels, which this CPU lacks: {lacking:?}", lacking.len(), Kernel::ALL.len());
    available
}

/// One way to read, since records name it and the page cache is not the test's.
fn options(kernel: KernelChoice, workers: usize) -> Options {
    let mut options = Options::default();
    options.resources.kernel = kernel;
    options.resources.reader = ReaderChoice::Forced(ReaderKind::Pread);
    options.resources.workers = NonZeroUsize::new(workers);
    options
}

/// What must not depend on the kernel.
fn found(report: &Report) -> impl PartialEq + std::fmt::Debug {
    (report.verdict(), report.counts, report.failures.clone(), report.bytes, report.readers.clone(), report.cancelled)
}

/// Every length of the last block and its neighbours, a buffer's edge, and one long file among the short ones; more files
/// than the widest kernel has lanes. The last byte of every third is wrong.
fn tree() -> Tree {
    let mut tree = Tree::new();
    let lengths = (0..=130).chain([128 * 1024 - 1, 128 * 1024, 128 * 1024 + 1, 3 << 20]);
    for length in lengths {
        let mut content = bytes(length, length as u64);
        tree.file(length.to_string(), &content);
        if let Some(last) = content.last_mut().filter(|_| length.is_multiple_of(3)) {
            *last ^= 1;
            fs::write(tree.at(length.to_string()), content).unwrap();
        }
    }
    tree.seal();
    tree
}

#[test]
fn every_kernel_gives_the_same_report() {
    let tree = tree();
    let (records, auto) = tree.verify(&options(KernelChoice::Auto, 1));
    assert!(outcomes(&records).iter().all(|(name, kind)| {
        let length: usize = name.parse().unwrap();
        *kind == if length.is_multiple_of(3) && length > 0 { Mismatch } else { Match }
    }));
    assert_eq!(auto.kernels[0].lanes_from, 1);
    assert!(
        auto.kernels.iter().any(|used| used.kernel.name() == auto.kernel),
        "the kernel that hashed the most was chosen"
    );
    assert!(auto.kernels.is_sorted_by(|one, next| one.lanes_from < next.lanes_from));
    assert!(!auto.reasons.iter().any(|reason| reason.starts_with("kernel ")), "{:?}", auto.reasons);
    for kernel in kernels(&tree) {
        for workers in [1, 3] {
            let run = Run::verify(tree.path(), &options(KernelChoice::Forced(kernel), workers)).unwrap();
            let (same, report) = drain(run);
            assert_eq!(same, records, "{kernel}");
            assert_eq!(found(&report), found(&auto), "{kernel}");
            let [used] = report.kernels[..] else { panic!("one kernel for everything: {report:?}") };
            assert_eq!((used.kernel, used.lanes_from, report.kernel), (kernel, 1, kernel.name()));
            assert!(report.reasons.contains(&format!("kernel {kernel}: asked for by name")), "{:?}", report.reasons);
        }
    }
}

#[test]
fn every_kernel_writes_the_same_manifest() {
    let tree = tree();
    let elsewhere = Tree::new();
    let manifest = |kernel| {
        let mut options = CreateOptions::default();
        options.resources.kernel = kernel;
        options.output = Some(elsewhere.at("manifest"));
        options.overwrite = true;
        create(tree.path(), &options).unwrap();
        fs::read(elsewhere.at("manifest")).unwrap()
    };
    let auto = manifest(KernelChoice::Auto);
    for kernel in kernels(&tree) {
        assert!(manifest(KernelChoice::Forced(kernel)) == auto, "{kernel}");
    }
}
