"""iter_verify: files as they come, what is raised behind the last one, and what closing does.

What a file's report holds is the matter of test_verify.
"""

import time

import pytest
from test_process import settles, usage

import checksig
from checksig import Outcome, _boundary_run, iter_verify


def test_files_come_in_the_order_of_the_manifest(logs):
    files = list(iter_verify(logs.root))
    assert [type(file) for file in files] == [checksig.FileReport] * 10
    assert [file.line for file in files] == list(range(1, 11))
    assert [file.name for file in files if not file.ok] == ["httpd-08.log"]


def test_files_come_as_they_are_found(tree):
    for number in range(300):
        tree.add(f"file-{number}", b"%d" % number)
    tree.write()
    assert sorted(file.line for file in iter_verify(tree.root, ordered=False)) == list(range(1, 301))


def test_what_no_file_tells_is_raised_after_the_last_one(tree):
    tree.add("a").line(b"nonsense").add("b").write()
    seen = []
    with pytest.raises(checksig.ManifestError, match="^2: bad line") as caught:
        for file in iter_verify(tree.root):
            seen.append(file.name)
    assert seen == ["a", "b"] and [line.line for line in caught.value.report.malformed] == [2]


def test_a_manifest_that_lists_nothing_does_not_pass_in_silence(tree):
    tree.write()
    with pytest.raises(checksig.SignatureError, match="lists no file"):
        assert all(file.ok for file in iter_verify(tree.root))


@pytest.mark.parametrize("listed, seen", [(None, [True]), (b"other", [False])], ids=["untold", "told"])
def test_a_verdict_that_no_file_tells_of_is_raised(tree, monkeypatch, listed, seen):
    tree.add("a", listed=listed).write()
    report = _boundary_run.Run.report
    found = {"ok": False, "message": "a cause that is new"}
    monkeypatch.setattr(_boundary_run.Run, "report", lambda run: {**report(run), **found})
    files = iter_verify(tree.root)
    assert [next(files).ok] == seen
    with pytest.raises(checksig.SignatureError if seen[0] else StopIteration, match="new" if seen[0] else None):
        next(files)


def test_errors_come_with_the_call(tmp_path):
    with pytest.raises(checksig.RootNotFoundError):
        iter_verify(tmp_path / "none")
    with pytest.raises(TypeError, match="^workers must be "):
        iter_verify(tmp_path, workers="2")


def test_closing_cancels_the_run(huge):
    huge.add("small", b"1")
    huge.lines.insert(0, huge.lines.pop())
    huge.write()
    before = usage()
    files = iter_verify(huge.root, workers=1)
    assert next(files).outcome is Outcome.MATCH
    assert usage()[1] > before[1]
    begun = time.monotonic()
    files.close()
    assert time.monotonic() - begun < 30
    settles(before)
    with pytest.raises(StopIteration):
        next(files)


@pytest.mark.parametrize("advance", [False, True], ids=["not begun", "begun"])
def test_one_that_is_dropped_ends_too(huge, advance):
    huge.add("small", b"1")
    huge.lines.insert(0, huge.lines.pop())
    huge.write()
    before = usage()
    files = iter_verify(huge.root, workers=1)
    if advance:
        next(files)
    del files
    settles(before)


def test_what_the_loop_raises_ends_the_run(huge):
    huge.add("small", b"1")
    huge.lines.insert(0, huge.lines.pop())
    huge.write()
    before = usage()

    def work():
        for _ in iter_verify(huge.root, workers=1):
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        work()
    settles(before)
