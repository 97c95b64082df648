"""The types of the package: it passes mypy --strict and pyright, a user's program does too, and its mistakes are found.

The checkers are installed for one Python, see on_every_python.py: they look at the sources as every Python has them.
"""

import json
import pathlib
import subprocess
import sys

import pytest

import checksig

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = pathlib.Path(checksig.__file__).parent
SAMPLE = HERE / "sample_user.py"
# One for each line; a line that no checker objects to is a hole in the types.
MISTAKES = """\
import checksig
checksig.check_signatures(1)
checksig.verify("root", "manifest")
checksig.verify("root", workers="2")
checksig.verify("root", progress=lambda: None)
checksig.verify("root", on_progress=print)
checksig.audit("root", exclude=[1])
checksig.verify("root").failures[0].outcome = "match"
checksig.verify("root").failures.append(None)
checksig.hash_many(["abc"])
checksig.hash_files(["a"])[0].actual.upper()
checksig.Manifest.from_mapping({"a": 1})
checksig.no_such_name
"""


def test_a_users_program_runs(tmp_path):
    (tmp_path / "root").mkdir()
    done = subprocess.run([sys.executable, SAMPLE, tmp_path / "root"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def mypy(*arguments, **more):
    pytest.importorskip("mypy", reason="mypy is installed for one Python alone")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--no-incremental", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **more)


def pyright(folder, *files):
    pytest.importorskip("pyright", reason="pyright is installed for one Python alone")
    # An empty configuration of its own, as a user who starts.
    (folder / "pyrightconfig.json").write_text("{}")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=folder)
    return json.loads(done.stdout)["generalDiagnostics"]


def test_mypy_finds_nothing_in_the_package(tmp_path):
    # By name: paths in site-packages would be modules of no package. What cffi made of the header has no types.
    modules = [f"checksig.{path.stem}".replace(".__init__", "") for path in sorted(PACKAGE.glob("*.py"))]
    done = mypy("--follow-imports=silent", *(f"--module={module}" for module in modules), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_mypy_finds_nothing_in_the_program(tmp_path):
    done = mypy(SAMPLE, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_pyright_finds_nothing_in_the_package_and_the_program(tmp_path):
    found = pyright(tmp_path, *sorted(PACKAGE.glob("*.py")), SAMPLE)
    assert [(wrong["file"], wrong["range"]["start"]["line"] + 1, wrong["message"]) for wrong in found] == []


def test_mypy_finds_every_mistake(tmp_path):
    (tmp_path / "mistakes.py").write_text(MISTAKES)
    done = mypy("mistakes.py", cwd=tmp_path)
    lines = {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error: " in line}
    assert lines == set(range(2, MISTAKES.count("\n") + 1)), done.stdout + done.stderr


def test_pyright_finds_every_mistake(tmp_path):
    (tmp_path / "mistakes.py").write_text(MISTAKES)
    found = pyright(tmp_path, "mistakes.py")
    lines = {wrong["range"]["start"]["line"] + 1 for wrong in found if wrong["severity"] == "error"}
    assert lines == set(range(2, MISTAKES.count("\n") + 1)), found
