"""The values that a run gives: frozen, picklable, printed, turned into JSON, and raised.

How a run comes to them is the matter of the other tests.
"""

import base64
import dataclasses
import inspect
import json
import os
import pathlib
import pickle
import re
import subprocess
import sys
import time

import fastjsonschema
import pytest

import checksig
from checksig import Outcome, verify

TOP = pathlib.Path(__file__).resolve().parents[2]


def test_values_are_frozen_and_survive_pickling(logs):
    report = verify(logs.root)
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.ok = True
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.failures[0].outcome = Outcome.MATCH
    assert pickle.loads(pickle.dumps(report)) == report


def test_an_outcome_that_is_not_known_is_a_failure():
    assert Outcome("of next year") is Outcome.UNKNOWN
    assert str(Outcome.NOT_REGULAR) == f"{Outcome.NOT_REGULAR}" == "not_regular" == Outcome.NOT_REGULAR
    assert repr(Outcome.NOT_REGULAR) == "Outcome.NOT_REGULAR"


def test_a_report_is_true_if_it_is_ok_and_its_repr_is_one_line(tree):
    tree.add("a", b"1").write()
    report = verify(tree.root)
    assert report and repr(report) == "Report(ok=True, files=1, bytes=1, match=1)"
    tree.list("gone\n\x1b[2J\u202e").line(b"nonsense").write()
    report = verify(tree.root)
    found = "match=1, missing=1, malformed_lines=1, failures=['gone\\n\\x1b[2J\\u202e']"
    assert not report and repr(report) == f"Report(ok=False, files=2, bytes=1, {found})"
    assert repr(report.failures[0]).isprintable() and repr(report.malformed[0]).isprintable()
    for number in range(5):
        tree.list(f"gone-{number}")
    tree.write()
    assert repr(verify(tree.root)).endswith("'gone-0', 'gone-1', and 3 more])")


def test_a_file_shows_what_there_is_of_it(tree):
    tree.list("gone").write()
    (failure,) = verify(tree.root).failures
    assert repr(failure) == (
        f"FileReport(path={tree.root + '/gone'!r}, name='gone', line=1, outcome=Outcome.MISSING, message='missing', "
        f"expected={failure.expected!r})"
    )


def test_a_report_raises_what_check_signatures_would(logs):
    report = verify(logs.root)
    with pytest.raises(checksig.SignatureError) as caught:
        report.raise_for_failures()
    assert caught.value.report is report and str(caught.value) == report.message


def test_a_report_that_is_ok_raises_nothing(tree):
    tree.add("a").write()
    assert verify(tree.root).raise_for_failures() is None


def test_malformed_lines_and_an_empty_manifest_are_raised_too(tree):
    tree.write()
    with pytest.raises(checksig.SignatureError, match="lists no file"):
        verify(tree.root).raise_for_failures()
    tree.add("a").line(b"nonsense").write()
    with pytest.raises(checksig.ManifestError, match="^1: bad line|^2: bad line"):
        verify(tree.root).raise_for_failures()


def test_a_run_that_was_cancelled_raises_so(huge):
    with checksig.Run(huge.root, workers=1) as run:
        time.sleep(0.1)
        run.cancel()
        report = run.report()
    with pytest.raises(checksig.Cancelled) as caught:
        report.raise_for_failures()
    assert isinstance(caught.value, checksig.SignatureError) and caught.value.report is report
    assert report.cancelled and "cancelled=True" in repr(report)
    assert pickle.loads(pickle.dumps(caught.value)).report == report


# What is another for every run; and what a report has and the summary need not have: it stands in other lines.
OF_THE_RUN = {"seconds", "readers", "reasons", "kernel", "kernels", "workers"}
MORE = {"verb", "root", "manifest", "failures", "malformed", "left_out"}
OF_THE_PROCESS = {"type", "exit_status", "signal"}


def test_a_report_is_json_with_the_fields_of_the_commands(logs):
    tree = logs
    tree.add(b"\xff\xfe", b"x", listed=b"y").list("gone").line(b"\x80 nonsense")
    os.mkdir(tree.path("folder"))
    tree.list("folder").write()
    report = verify(tree.root)
    found = report.to_dict()
    assert json.loads(json.dumps(found)) == found
    command = [sys.executable, "-m", "checksig", "verify", "--json", "--quiet", tree.root]
    out = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    start, *lines, summary = map(json.loads, out.decode().splitlines())
    kinds = {"file": found["failures"], "malformed": found["malformed"]}
    for kind, values in kinds.items():
        theirs = [line for line in lines if line["type"] == kind]
        assert len(theirs) == len(values) > 0
        for line, value in zip(theirs, values):
            assert value.items() <= ({"message": None} | line).items()
    same = (found.keys() & summary.keys()) - OF_THE_RUN
    assert {name: found[name] for name in same} == {name: summary[name] for name in same}
    schema = json.loads((TOP / "docs" / "json.schema.json").read_text())["definitions"]["summary"]
    assert found.keys() - MORE == set(schema["required"]) - OF_THE_PROCESS
    assert (found["verb"], found["root"], found["manifest"]) == (start["verb"], start["root"], start["manifest"])
    odd = found["failures"][1]
    assert (odd["path"], base64.b64decode(odd["path_b64"])) == ("\ufffd\ufffd", b"\xff\xfe")


def test_every_file_in_a_report_is_as_the_schema_says(tree):
    schema = json.loads((TOP / "docs" / "json.schema.json").read_text())
    valid = fastjsonschema.compile(schema)
    tree.add("damaged", b"1", listed=b"2").list("gone").list("../out").list("long/" * 1000 + "x").write()
    failures = verify(tree.root).failures
    assert {str(failure.outcome) for failure in failures} == {"mismatch", "missing", "outside_root", "unreadable"}
    for failure in failures:
        valid({"type": "file", **failure.to_dict()})


def test_the_public_functions_take_one_argument_by_place(logs):
    functions = [value for name in checksig.__all__ if inspect.isfunction(value := getattr(checksig, name))]
    assert len(functions) >= 6
    for function in functions:
        first, *others = inspect.signature(function).parameters.values()
        assert first.kind is first.POSITIONAL_OR_KEYWORD
        assert {parameter.kind for parameter in others} <= {inspect.Parameter.KEYWORD_ONLY}


VERBS = {"check_signatures": "verify", "verify": "verify", "iter_verify": "verify", "Run": "verify", "audit": "audit", "create": "create"}
# What prints, and shorter ways to say --format.
OF_THE_COMMAND_ALONE = {"help", "quiet", "json", "tag", "zero"}


@pytest.mark.parametrize("name", VERBS)
def test_the_keyword_arguments_are_the_flags_of_the_command(name):
    text = subprocess.run([sys.executable, "-m", "checksig", VERBS[name], "--help"], capture_output=True, text=True).stdout
    # Each at the beginning of its line, behind a short form.
    flags = {flag.replace("-", "_") for flag in re.findall(r"^ +(?:-\w, )?--([a-z-]+)", text, re.MULTILINE)}
    flags -= OF_THE_COMMAND_ALONE if VERBS[name] == "create" else OF_THE_COMMAND_ALONE | {"output"}
    taken = inspect.signature(getattr(checksig, name)).parameters.keys()
    assert taken - {"root", "root_dir", "progress", "ordered"} == flags


def test_the_formats_are_those_of_the_command(tree):
    tree.add("a").write()
    with pytest.raises(checksig.OptionsError, match="^format: there is no format ") as caught:
        verify(tree.root, format="floppy")
    told = set(str(caught.value).split("there are ")[1].replace(" and ", ", ").replace(",,", ",").split(", "))
    assert told == {str(name) for name in checksig.Format}
    for name in checksig.Format:
        if name is not checksig.Format.GNU_BINARY:
            verify(tree.root, format=name)
