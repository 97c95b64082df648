"""`checksig verify --json`, `audit --json`, `doctor --json` and docs/json.schema.json: every line that the command writes is as the schema says.

The words of the lines are the matter of the command's own tests.
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import fastjsonschema
import pytest

SCHEMA = json.loads((pathlib.Path(__file__).resolve().parents[2] / "docs" / "json.schema.json").read_text())
VALID = fastjsonschema.compile(SCHEMA)

# As the schema has them, but those that no verb of this version can bring about here: "changed" and "unstable" need a
# file that is written to, or memory that fails, and are shown to the schema below.
OUTCOMES = {"match", "mismatch", "missing", "unreadable", "not_regular", "outside_root"}


def lines(root, *options, status, verb="verify"):
    done = subprocess.run(
        [sys.executable, "-m", "checksig", verb, "--json", *options, root],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=60,
    )
    assert done.returncode == status, done
    return checked(done.stdout)


def checked(out):
    found = [json.loads(line) for line in out.decode().splitlines()]
    for line in found:
        VALID(line)
    assert found[0]["type"] == "start"
    assert found[-1]["type"] in ("summary", "error")
    return found


def test_a_pass(tree):
    tree.add("a").add("b", b"").add(b"\xff\xfe").write()
    found = lines(tree.root, status=0)
    assert [line["type"] for line in found] == ["start", "file", "file", "file", "summary"]


def test_every_kind_of_failure(tree):
    tree.add("good").add("damaged", listed=b"other").list("gone").list("../out").list("long/" * 1000 + "x")
    for name, make in {"directory": os.mkdir, "fifo": os.mkfifo}.items():
        make(tree.path(name))
        tree.list(name)
    os.symlink("good", tree.path("link"))
    tree.list("link")
    server = socket.socket(socket.AF_UNIX)
    server.bind(tree.path("socket"))
    tree.list("socket")
    for line in [b"\xff nonsense", b"1234  short", b"0" * 40, b"0" * 40 + b"  nul\0", b"\\" + b"0" * 40 + b"  \\x", b"MD5 (x) = 0"]:
        tree.line(line)
    tree.line(b"x" * 20000).write()
    found = lines(tree.root, status=1)
    server.close()
    assert {line["outcome"] for line in found if line["type"] == "file"} == OUTCOMES
    assert {line["kind"] for line in found if line.get("outcome") == "not_regular"} == {"directory", "fifo", "socket"}
    reasons = {line["reason"] for line in found if line["type"] == "malformed"}
    assert reasons >= {"form", "digest", "no_name", "nul", "escape", "algorithm", "too_long"}


def test_an_audit(tree):
    tree.add("good").list("old", b"moved").write()
    for name, data in {"new": b"moved", b"\xff": b"more"}.items():
        with open(tree.path(name), "wb") as file:
            file.write(data)
    os.mkfifo(tree.path("fifo"))
    os.mkdir(tree.path("cache"))
    options = ["--exclude", "/cache/", "--follow", "inside", "--format", "gnu", "--limit-rate", "50M", "--idle"]
    start, *found, summary = lines(tree.root, *options, status=1, verb="audit")
    assert (start["verb"], start["format"], start["options"]["exclude"]) == ("audit", "gnu", ["/cache/"])
    unlisted = {line["path"]: line for line in found if line["outcome"] == "unlisted"}
    assert unlisted.keys() == {"new", "\ufffd", "fifo"}
    assert (unlisted["new"]["moved_from"], unlisted["new"]["kind"], unlisted["fifo"]["kind"]) == ("old", "regular", "fifo")
    assert (summary["moved"], summary["counts"]["unlisted"]) == (1, 3)
    assert (summary["excluded"], summary["formats"]) == (1, ["gnu"])
    for wrong in [dict(unlisted["new"], line=1), dict(unlisted["new"], kind="file"), dict(found[0], moved_from="x")]:
        with pytest.raises(fastjsonschema.JsonSchemaException):
            VALID(wrong)


@pytest.mark.parametrize("options", [["--quiet"], ["--reader", "threads"], ["-j", "2", "--kernel", "scalar"]])
def test_options_are_told(tree, options):
    tree.add("a").add("b", listed=b"other").write()
    lines(tree.root, *options, status=1)


def test_a_run_that_cannot_be_done(tree):
    assert lines(tree.root, status=2)[-1]["error"] == "manifest_not_found"
    assert lines(tree.root + "/gone", status=2)[-1]["error"] == "root_not_found"
    tree.add("a").write()
    assert lines(tree.root, "--memory", "1", status=2)[-1]["error"] == "memory_too_small"


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run(huge, number, status):
    command = [sys.executable, "-m", "checksig", "verify", "--json", huge.root]
    heed = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heed)
    time.sleep(1)
    run.send_signal(number)
    out, _ = run.communicate(timeout=60)
    assert run.returncode == status
    summary = checked(out)[-1]
    assert summary["cancelled"] and summary["signal"] == number.name and summary["exit_status"] == status


@pytest.mark.parametrize("name, status", [("", 0), ("/a", 0), ("/gone", 2)])
def test_what_doctor_finds(tree, name, status):
    tree.add("a").write()
    done = subprocess.run([sys.executable, "-m", "checksig", "doctor", "--json", tree.root + name], stdout=subprocess.PIPE, timeout=60)
    assert done.returncode == status
    (line,) = [json.loads(line) for line in done.stdout.decode().splitlines()]
    VALID(line)
    for wrong in [
        dict(line, can_run=not line["can_run"]),
        dict(line, novel=1),
        dict(line, kernels=[dict(line["kernels"][0], standing="fast")]),
        dict(line, calls=[dict(line["calls"][0], refused="yes")]),
        dict(line, cpu=dict(line["cpu"], workers=0)),
        {key: value for key, value in line.items() if key != "limits"},
    ]:
        with pytest.raises(fastjsonschema.JsonSchemaException):
            VALID(wrong)


def test_the_schema_refuses_what_is_wrong(tree):
    tree.add("a").write()
    start, good, summary = lines(tree.root, status=0)
    changed = dict(good, outcome="changed", actual=None, size_bytes=None, message="changed")
    VALID(changed)
    VALID(dict(changed, outcome="unstable", actual=good["actual"], actual_again="0" * 40))
    for wrong in [
        dict(good, outcome="ok"),
        dict(good, outcome="mismatch"),
        dict(good, actual=None),
        dict(good, line=0),
        dict(good, novel=1),
        dict(changed, outcome="unstable"),
        dict(changed, outcome="unreadable"),
        dict(start, schema=2),
        dict(summary, exit_status=1),
        dict(summary, verdict="fail"),
        dict(summary, signal="SIGINT"),
        {key: value for key, value in summary.items() if key != "counts"},
        {"type": "other"},
        [],
    ]:
        with pytest.raises(fastjsonschema.JsonSchemaException):
            VALID(wrong)
