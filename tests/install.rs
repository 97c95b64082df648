//! `make install`: what is put where, and that a C program finds it by pkg-config, linked both ways.
//!
//! Installs what this test was built with; the release build that `make install` begins with is not made here.

#[path = "common/c.rs"]
mod c;
#[path = "common/c_programs.rs"]
mod c_programs;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use c_programs::{HEADERS, libraries};
use tempfile::TempDir;

const TOP: &str = env!("CARGO_MANIFEST_DIR");
const PREFIX: &str = "/opt/a place";

/// What Cargo would have built for an installation: the command, the libraries, and the pages that an example writes.
fn built(folder: &Path) -> PathBuf {
    let built = folder.join("built");
    fs::create_dir(&built).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_checksig"), built.join("checksig")).unwrap();
    for name in ["libchecksig.so", "libchecksig.a"] {
        fs::copy(libraries().join(name), built.join(name)).unwrap();
    }
    let mut pages = Command::new(env!("CARGO"));
    pages.args(["run", "--quiet", "--locked", "--example", "pages", "--"]).arg(built.join("pages")).current_dir(TOP);
    c::must_run(&mut pages);
    built
}

/// Every file below a directory, by its path from there.
fn files(directory: &Path) -> Vec<String> {
    let mut waiting = vec![directory.to_owned()];
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() && !path.is_symlink() {
            waiting.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            found.push(path.strip_prefix(directory).unwrap().to_str().unwrap().to_owned());
        }
    }
    found.sort();
    found
}

fn text(command: &mut Command) -> String {
    String::from_utf8(c::must_run(command).stdout).unwrap().trim_end().to_owned()
}

#[test]
fn everything_is_put_in_its_place_and_found_there() {
    if Command::new("make").arg("--version").output().is_err() {
        println!("NOT RUN: no make here");
        return;
    }
    let folder = TempDir::new().unwrap();
    let stage = folder.path().join("stage");
    let mut make = Command::new("make");
    make.arg("--silent").arg("install-built").arg(format!("BUILT={}", built(folder.path()).display()));
    make.arg(format!("PREFIX={PREFIX}")).arg(format!("DESTDIR={}", stage.display())).current_dir(TOP);
    // Twice: an installation may be renewed.
    for _ in 0..2 {
        c::must_run(&mut make);
    }
    let place = stage.join(&PREFIX[1..]);
    let verbs = ["", "-audit", "-create", "-doctor", "-sha1sum", "-verify"];
    let mut expected: Vec<String> = verbs.iter().map(|verb| format!("share/man/man1/checksig{verb}.1")).collect();
    expected.extend(
        [
            "bin/checksig",
            "include/checksig.h",
            "lib/libchecksig.a",
            "lib/libchecksig.so",
            "lib/libchecksig.so.0",
            "lib/pkgconfig/checksig.pc",
            "share/bash-completion/completions/checksig",
            "share/fish/vendor_completions.d/checksig.fish",
            "share/zsh/site-functions/_checksig",
        ]
        .map(str::to_owned),
    );
    expected.sort();
    assert_eq!(files(&place), expected);
    assert_eq!(files(&stage).len(), expected.len(), "nothing is put elsewhere");
    for (name, mode) in [("bin/checksig", 0o755), ("lib/libchecksig.so.0", 0o755), ("include/checksig.h", 0o644)] {
        assert_eq!(fs::metadata(place.join(name)).unwrap().permissions().mode() & 0o777, mode, "{name}");
    }
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(text(Command::new(place.join("bin/checksig")).arg("-V")), format!("checksig {version}"));
    let dynamic = text(Command::new("readelf").arg("-dW").arg(place.join("lib/libchecksig.so")));
    assert!(dynamic.contains("soname: [libchecksig.so.0]") && dynamic.contains("NODELETE"), "{dynamic}");
    let package = fs::read_to_string(place.join("lib/pkgconfig/checksig.pc")).unwrap();
    assert!(package.contains(&format!("\nprefix={PREFIX}\n")), "{package}");
    assert!(!package.contains("@PREFIX@") && !package.contains("@VERSION@"), "{package}");
    if Command::new("pkg-config").arg("--version").output().is_err() {
        println!("NOT RUN: programs that find the library by pkg-config, which is not here");
        return;
    }
    programs_find_it(&stage, &place, folder.path());
}

fn programs_find_it(stage: &Path, place: &Path, folder: &Path) {
    let package = |options: &[&str]| {
        let mut command = Command::new("pkg-config");
        command.env("PKG_CONFIG_PATH", place.join("lib/pkgconfig")).env("PKG_CONFIG_SYSROOT_DIR", stage);
        text(command.args(options).arg("checksig"))
    };
    assert_eq!(package(&["--modversion"]), env!("CARGO_PKG_VERSION"));
    fs::write(folder.join("empty"), "").unwrap();
    let archive = format!("'{}'", place.join("lib/libchecksig.a").display());
    for (libraries, name) in [
        (package(&["--libs"]), "shared"),
        (package(&["--libs", "--static"]).replacen("-lchecksig", &archive, 1), "static"),
    ] {
        // By a shell, which takes the words as a Makefile would.
        let program = folder.join(name);
        let line = format!(
            "cc -std=c11 -Werror {} -o '{}' '{HEADERS}/examples/hash_many.c' {libraries}",
            package(&["--cflags"]),
            program.display()
        );
        c::must_run(Command::new("sh").arg("-c").arg(line));
        let needed = text(Command::new("readelf").arg("-dW").arg(&program));
        assert_eq!(needed.contains("[libchecksig.so.0]"), name == "shared", "{needed}");
        let mut run = Command::new(&program);
        let found = text(run.arg(folder.join("empty")).env("LD_LIBRARY_PATH", place.join("lib")));
        assert!(found.ends_with("1 files, 0 without a digest"), "{found}");
    }
}
