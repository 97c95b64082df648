"""The build backend (PEP 517): maturin, and the native command put where maturin takes scripts from.

Builds nothing that Cargo or maturin could build alone: maturin packs a library or a program, never both.
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
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

# `data` in pyproject.toml names the folder above.
SCRIPTS = os.path.join("target", "wheel.data", "scripts")
# Every hook of maturin wants the folder to be there, also those that take nothing from it.
os.makedirs(SCRIPTS, exist_ok=True)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    _stage_command()
    return maturin.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    _stage_command()
    return maturin.build_editable(wheel_directory, config_settings, metadata_directory)


def _stage_command():
    program = _cargo_build_command()
    shutil.rmtree(SCRIPTS, ignore_errors=True)
    os.makedirs(SCRIPTS)
    shutil.copy2(program, os.path.join(SCRIPTS, "checksig"))


def _cargo_build_command():
    """Builds the command and gives its path, wherever CARGO_TARGET_DIR or CARGO_BUILD_TARGET put it."""
    command = ["cargo", "build", "--release", "--locked", "--bin", "checksig"]
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
