"""The package as it is installed: its version, what importing costs, its command, its files and its examples.

Tests no check of files.
"""

import doctest
import importlib
import os
import pathlib
import subprocess
import sys

import pytest

import checksig

TOP = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = pathlib.Path(checksig.__file__).parent


def run(*arguments, **more):
    return subprocess.run(arguments, capture_output=True, text=True, timeout=60, **more)


def test_the_version_is_cargos():
    line = next(line for line in (TOP / "Cargo.toml").read_text().splitlines() if line.startswith("version"))
    assert line == f'version = "{checksig.__version__}"'


def test_a_library_of_another_version_is_refused(monkeypatch):
    monkeypatch.setattr(checksig._boundary, "version", lambda: "9.9.9")
    with pytest.raises(ImportError, match="9.9.9"):
        importlib.reload(checksig)


@pytest.mark.parametrize("name", [*sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem not in ("__init__", "__main__")), None])
def test_the_examples_of_the_docstrings(name):
    module = importlib.import_module(f"checksig.{name}" if name else "checksig")
    assert doctest.testmod(module).failed == 0


def test_every_function_and_class_that_is_not_an_exception_has_an_example_or_is_a_value():
    public = [getattr(checksig, name) for name in checksig.__all__]
    functions = [thing for thing in public if not isinstance(thing, type)]
    assert functions and all(">>>" in thing.__doc__ and ":raises " in thing.__doc__ for thing in functions)
    assert all(thing.__doc__ for thing in public)


def test_every_name_of_the_package_is_there():
    for name in checksig.__all__:
        assert getattr(checksig, name).__module__.startswith("checksig")
        assert name in dir(checksig)
    with pytest.raises(AttributeError):
        _ = checksig.check


def test_importing_leaves_out_what_is_dear():
    script = "import sys; bare = set(sys.modules); import checksig; print(*sorted(set(sys.modules) - bare))"
    imported = set(run(sys.executable, "-I", "-c", script).stdout.split())
    assert "checksig._native" in imported
    dear = {"checksig._model", "checksig._report", "checksig._manifest", "tqdm", "cffi", "dataclasses", "enum", "importlib.metadata", "pathlib", "re", "typing"}
    assert not imported & dear


def test_what_a_wheel_has_to_bring():
    for file in ["py.typed", "include/checksig.h"]:
        assert (PACKAGE / file).is_file()
    committed = TOP / "bindings" / "c" / "checksig.h"
    assert (PACKAGE / "include" / "checksig.h").read_text() == committed.read_text()


def test_the_command_and_the_module_are_one():
    command = os.path.join(os.path.dirname(sys.executable), "checksig")
    with open(command, "rb") as file:
        assert file.read(4) == b"\x7fELF", "no script of Python, which would take 20 ms to start"
    direct = run(command, "--version")
    module = run(sys.executable, "-m", "checksig", "--version")
    assert (module.returncode, module.stdout, module.stderr) == (direct.returncode, direct.stdout, direct.stderr)
