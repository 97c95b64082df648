"""The build backend (PEP 517): maturin, and the native command put where maturin takes scripts from.

Builds nothing that Cargo or maturin could build alone: maturin packs a library or a program, never both.

`pip wheel --config-settings=manylinux=2014` builds for any Linux with glibc 2.17 or newer (PEP 599), on whatever Linux
this is: zig, which pip brings, links against the symbols of that version.
"""

import json
import os
import shutil
import subprocess
import sys

import maturin
from maturin import (  # noqa: F401  (hooks that pip looks up here)
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

# `data` in pyproject.toml names the folder above.
SCRIPTS = os.path.join("target", "wheel.data", "scripts")
# Every hook of maturin wants the folder to be there, also those that take nothing from it.
os.makedirs(SCRIPTS, exist_ok=True)

# The one policy that is asked for by name, and the glibc that it stands for.
MANYLINUX = "2014"
GLIBC = "2.17"


def get_requires_for_build_wheel(config_settings=None):
    more = ["ziglang>=0.13", "cargo-zigbuild>=0.20"] if _is_manylinux(config_settings) else []
    return maturin.get_requires_for_build_wheel(config_settings) + more


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    if _is_manylinux(config_settings):
        _stage_command(["zigbuild", "--target", f"{os.uname().machine}-unknown-linux-gnu.{GLIBC}"])
        os.environ["MATURIN_PEP517_ARGS"] = f"--zig --compatibility manylinux{MANYLINUX}"
        config_settings = None
    else:
        _stage_command(["build"])
    return maturin.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    _stage_command(["build"])
    return maturin.build_editable(wheel_directory, config_settings, metadata_directory)


def _is_manylinux(config_settings):
    asked = (config_settings or {}).get("manylinux")
    if asked not in (None, MANYLINUX):
        sys.exit(f"checksig is built for manylinux{MANYLINUX} or for the Linux at hand, not for manylinux{asked}")
    return asked is not None


def _stage_command(build):
    program = _cargo_build_command(build)
    shutil.rmtree(SCRIPTS, ignore_errors=True)
    os.makedirs(SCRIPTS)
    shutil.copy2(program, os.path.join(SCRIPTS, "checksig"))


def _cargo_build_command(build):
    """Builds the command and gives its path, wherever CARGO_TARGET_DIR or CARGO_BUILD_TARGET put it."""
    command = ["cargo", *build, "--release", "--locked", "--bin", "checksig"]
    command.append("--message-format=json-render-diagnostics")
    print("Running", *command, flush=True)
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    except FileNotFoundError:
        sys.exit("checksig is built from Rust sources, and there is no cargo on the PATH: install Rust, see rustup.rs")
    except subprocess.CalledProcessError as error:
        sys.exit(f"cargo failed with exit status {error.returncode}; its messages are above")
    for message in map(json.loads, done.stdout.splitlines()):
        if message.get("executable"):
            return message["executable"]
    sys.exit("cargo built no program named checksig")
