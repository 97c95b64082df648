//! `--kernel`: each routine by its name, on this CPU and on one that has fewer.
//!
//! That all of them compute SHA-1 is the matter of the tests in `src/hash`.

use std::fs;
use std::process::Command;

use checksig::hash::Kernel;
use serde_json::Value;

use super::support::{Ran, Tree, checksig, has, run};

/// Files enough to fill every lane, one longer than a buffer, one that is damaged.
fn tree() -> Tree {
    let mut tree = Tree::new();
    for nth in 0..40 {
        tree.file(format!("{nth}"), &vec![nth; usize::from(nth) * 99]);
    }
    tree.file("long", &[b'x'; 300_000]).damaged("damaged", b"gamma");
    tree.write_manifest();
    tree
}

/// Runs the command on the CPU that valgrind emulates, which has neither AVX-512 nor SHA instructions.
fn on_a_lesser_cpu(tree: &Tree, arguments: &[&str]) -> Ran {
    let mut command = Command::new("valgrind");
    command.args(["--tool=none", "-q"]).arg(checksig().get_program());
    run(command.args(arguments).current_dir(tree.path()))
}

fn is_refused(ran: &Ran, kernel: Kernel) {
    assert_eq!((ran.status, ran.text()), (Some(2), ""), "{ran:?}");
    let words = format!("checksig: kernel {kernel}: it needs {}, and this CPU is none; use auto", kernel.needs());
    assert!(ran.err.contains(&words), "{ran:?}");
}

#[test]
fn each_kernel_gives_the_same_lines() {
    let tree = tree();
    let auto = tree.verify(&[]);
    assert_eq!(auto.status, Some(1), "{auto:?}");
    let mut lacking = 0;
    for kernel in Kernel::ALL {
        let ran = tree.verify(&["--kernel", kernel.name()]);
        if !kernel.is_available() {
            is_refused(&ran, kernel);
            lacking += 1;
            continue;
        }
        assert_eq!((ran.status, ran.text()), (auto.status, auto.text()), "{kernel}");
        assert!(ran.err.contains(&format!("\nchecksig: kernel {kernel}: asked for by name\n")), "{ran:?}");
        assert!(ran.summary().contains(&format!("; kernel: {kernel}; ")), "{ran:?}");
    }
    println!("NOT RUN: {lacking} of {} kernels, which this CPU lacks", Kernel::ALL.len());
}

#[test]
fn create_takes_a_kernel_too() {
    let tree = tree();
    let manifest = |kernel: &str| {
        let ran = run(tree.command("create").args(["--force", "--kernel", kernel]));
        assert_eq!(ran.status, Some(0), "{ran:?}");
        fs::read(tree.at("sha1sum.txt")).expect("a manifest")
    };
    assert_eq!(manifest("scalar"), manifest("auto"));
}

#[test]
fn a_kernel_that_the_cpu_lacks_is_refused() {
    let tree = tree();
    if !has("valgrind") {
        println!("NOT RUN: 1 test, of the kernels that a CPU lacks");
        return;
    }
    let native = run(&mut tree.command("verify"));
    let auto = on_a_lesser_cpu(&tree, &["verify"]);
    assert_eq!((auto.status, auto.text()), (native.status, native.text()), "{auto:?}");
    let mut refused = Vec::new();
    for kernel in [Kernel::Avx512, Kernel::Avx2, Kernel::ShaNiX2, Kernel::Scalar] {
        let ran = on_a_lesser_cpu(&tree, &["verify", "--kernel", kernel.name()]);
        if ran.status == Some(2) {
            is_refused(&ran, kernel);
            refused.push(kernel);
        } else {
            assert_eq!((ran.status, ran.text()), (native.status, native.text()), "{kernel}: {ran:?}");
        }
    }
    let Some(&lacking) = refused.first() else {
        println!("NOT RUN: this valgrind emulates a CPU with every kernel");
        return;
    };
    assert!(!refused.contains(&Kernel::Scalar));
    is_refused(&on_a_lesser_cpu(&tree, &["create", "--kernel", lacking.name(), "-o", "new"]), lacking);
    assert!(!tree.at("new").exists());
    let ran = on_a_lesser_cpu(&tree, &["verify", "--json", "--kernel", lacking.name()]);
    let last: Value = serde_json::from_str(ran.text().lines().last().expect("a line")).expect("JSON");
    assert_eq!((&last["type"], &last["error"]), (&"error".into(), &"kernel_unavailable".into()));
}
