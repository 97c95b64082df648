"""progress=: a callable or a bar, on every function that takes it; what a callable raises; and tqdm where it is missing."""

import io
import os
import sys

import pytest
from test_process import settles, usage

import checksig


def verify(logs, progress):
    checksig.verify(logs.root, progress=progress)


def check(logs, progress):
    with pytest.raises(checksig.SignatureError):
        checksig.check_signatures(logs.root, progress=progress)


def hash_files(logs, progress):
    checksig.hash_files([logs.path(f"httpd-{number:02}.log") for number in range(9)] + ["none"], progress=progress)


def audit(logs, progress):
    checksig.audit(logs.root, progress=progress)


# Each with ten files of which one fails; of those that create lists none does.
FUNCTIONS = [verify, check, audit, hash_files]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_it_is_told_and_ends_complete(logs, function):
    seen = []
    function(logs, seen.append)
    last = seen[-1]
    assert isinstance(last, checksig.Progress)
    assert (last.files_done, last.files_failed, last.files_planned, last.planned_all) == (10, 1, 10, True)


def test_it_is_told_of_a_manifest_that_is_written(logs):
    seen = []
    checksig.create(logs.root, force=True, progress=seen.append)
    last = seen[-1]
    assert (last.files_done, last.files_failed, last.planned_all, last.manifest_bytes) == (10, 0, True, 0)
    assert last.fraction_done == 1.0


def test_an_audit_tells_the_names_that_it_has_walked_past(logs):
    seen = []
    checksig.audit(logs.root, progress=seen.append)
    # The ten logs; their manifest needs no entry.
    assert seen[-1].names_walked == 10
    checksig.verify(logs.root, progress=seen.append)
    assert seen[-1].names_walked is None


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("nothing", [None, False])
def test_nobody_need_be_told(logs, function, nothing):
    function(logs, nothing)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_it_is_not(logs, function):
    for wrong in [1, "bar", [print]]:
        with pytest.raises(TypeError, match="^progress must be callable, bool or None, not "):
            function(logs, wrong)


@pytest.mark.parametrize("kind", [RuntimeError, KeyboardInterrupt, StopIteration, GeneratorExit, SystemExit])
@pytest.mark.parametrize("function", ["verify", "check_signatures", "audit", "create", "hash_files"])
def test_what_a_callable_raises_is_passed_on_when_the_run_is_over(huge, function, kind):
    def stop(_):
        raise kind("enough")

    what = [huge.path("huge-00")] * 3 if function == "hash_files" else huge.root
    options = {"output": huge.root + "/new"} if function == "create" else {}
    before = usage()
    with pytest.raises(kind, match="enough"):
        getattr(checksig, function)(what, progress=stop, **options)
    settles(before)
    # Nothing was written either.
    assert len(os.listdir(huge.root)) == 17


def test_a_callable_may_start_a_run_of_its_own(logs):
    seen = []
    checksig.verify(logs.root, progress=lambda _: seen.append(checksig.verify(logs.root).files))
    assert set(seen) == {10}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_bar(logs, function, monkeypatch):
    pytest.importorskip("tqdm")
    shown = io.StringIO()
    monkeypatch.setattr(sys, "stderr", shown)
    function(logs, True)
    assert "10/10 files, 1 failed" in shown.getvalue() and "100%" in shown.getvalue()
    assert shown.getvalue().endswith("\n")


def test_without_tqdm_the_error_names_what_to_install_and_nothing_has_begun(logs, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    before = usage()
    for call in [
        lambda: checksig.verify(logs.root, progress=True),
        lambda: checksig.hash_files(iter(["never read"]), progress=True),
    ]:
        with pytest.raises(ImportError, match=r"pip install 'checksig\[progress\]'"):
            call()
    settles(before)
