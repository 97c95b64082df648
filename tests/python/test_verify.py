"""verify and Run: reports, records as they come, options and their refusals.

Texts of exceptions are the matter of test_check_signatures, what the values can do that of test_model.
"""

import hashlib
import os
import time

import pytest

import checksig
from checksig import Outcome, verify
from checksig._arguments import options


def test_a_report_of_a_good_tree(tree):
    tree.add("a", b"1").add("b", b"22").write()
    report = verify(tree.root)
    assert report.ok
    assert (report.files, report.bytes, report.failures, report.malformed, report.message) == (2, 3, (), (), "")
    assert report.counts == {**dict.fromkeys(report.counts, 0), Outcome.MATCH: 2}
    assert list(report.counts)[:3] == [Outcome.MATCH, Outcome.MISMATCH, Outcome.MISSING]
    assert report.seconds > 0 and report.workers >= 1
    assert report.kernels[0].lanes_from == 1 and report.kernel in [used.name for used in report.kernels]
    assert sum(use.files for use in report.readers) == 2
    assert not report.cancelled


def test_a_bag_is_verified_by_its_own_manifest_where_none_is_named(tree):
    tree.add("data/a", b"1").write()
    os.rename(tree.path("sha1sum.txt"), tree.path("manifest-sha1.txt"))
    report = verify(tree.root)
    assert report.ok and (report.formats, report.manifest) == (("bagit",), os.fsdecode(tree.path("manifest-sha1.txt")))
    assert checksig.check_signatures(tree.root) is None


def test_a_mismatch_is_in_the_report_with_both_digests(logs):
    report = verify(logs.root)
    (failure,) = report.failures
    with open(logs.path("httpd-08.log"), "rb") as file:
        found = file.read()
    assert not report.ok and not failure.ok
    assert (failure.name, failure.line, failure.outcome) == ("httpd-08.log", 9, Outcome.MISMATCH)
    assert failure.path == os.path.join(logs.root, "httpd-08.log")
    assert failure.actual == hashlib.sha1(found).hexdigest() != failure.expected
    assert failure.expected == logs.lines[8][:40].decode()
    assert failure.size_bytes == len(found)


def test_failures_and_malformed_lines_are_kept_to_the_last(tree):
    for number in range(3000):
        tree.list(f"gone-{number}").line(b"nonsense")
    report = verify(tree.write())
    assert [failure.line for failure in report.failures] == list(range(1, 6000, 2))
    assert [line.line for line in report.malformed] == list(range(2, 6001, 2))
    assert report.counts["missing"] == 3000


def test_another_manifest(tree, tmp_path, monkeypatch):
    tree.add("a").write("other.sha1")
    for manifest in [os.path.join(tree.root, "other.sha1"), tree.path("other.sha1")]:
        assert verify(tree.root, manifest=manifest).ok
    monkeypatch.chdir(tree.root)
    assert verify(".", manifest="other.sha1").ok
    with pytest.raises(checksig.ManifestNotFoundError) as caught:
        verify(tree.root, manifest=tmp_path / "none")
    assert caught.value.filename == str(tmp_path / "none")


@pytest.mark.parametrize("reader", ["auto", "uring", "threads", "mmap", "pread"])
@pytest.mark.parametrize("workers", [None, 1, 3])
def test_every_reader_finds_the_same(logs, reader, workers):
    try:
        report = verify(logs.root, reader=reader, workers=workers)
    except checksig.ReaderUnavailableError as error:
        assert reader == "uring"
        pytest.skip(str(error))
    assert [failure.name for failure in report.failures] == ["httpd-08.log"]
    if reader != "auto":
        assert {use.name for use in report.readers} == {reader}
    if workers:
        assert report.workers <= workers


def test_options_that_cannot_be(tree):
    tree.add("a").write()
    for workers in [0, -1, 2**32, 2**64]:
        with pytest.raises(checksig.OptionsError, match="workers"):
            verify(tree.root, workers=workers)
    with pytest.raises(checksig.OptionsError, match='unknown reader "floppy"'):
        verify(tree.root, reader="floppy")
    for argument in ["workers", "reader", "kernel", "manifest"]:
        with pytest.raises(TypeError, match=f"^{argument} must be "):
            verify(tree.root, **{argument: 1.5})
    with pytest.raises(TypeError, match="^root must be "):
        verify(None)


def test_records_come_in_the_order_of_the_manifest(logs):
    logs.line(b"nonsense").write()
    with checksig.Run(logs.root) as run:
        records = list(run)
        report = run.report()
    assert [record.line for record in records] == list(range(1, 12))
    assert [record.ok for record in records] == [True] * 8 + [False, True, False]
    assert records[0].actual == records[0].expected == logs.lines[0][:40].decode()
    assert records[10].text == "nonsense"
    assert list(report.failures) == [records[8]] and list(report.malformed) == [records[10]]


def test_records_in_any_order_are_the_same(tree):
    for number in range(500):
        tree.add(f"file-{number}", b"%d" % number)
    tree.write()
    with checksig.Run(tree.root, ordered=False) as run:
        assert sorted(record.line for record in run) == list(range(1, 501))


def test_a_report_has_the_failures_that_were_not_iterated_over(logs):
    with checksig.Run(logs.root) as run:
        assert next(run).name == "httpd-00.log"
        assert [failure.name for failure in run.report().failures] == ["httpd-08.log"]


@pytest.mark.parametrize("wait_s", [0, 0.2], ids=["before the first file", "within a file"])
def test_a_cancelled_run_does_not_pass(huge, wait_s):
    with checksig.Run(huge.root, workers=1) as run:
        time.sleep(wait_s)
        run.cancel()
        report = run.report()
    assert not report.ok
    assert report.cancelled or report.counts["not_checked"] > 0
    assert report.message
    assert report.files == sum(report.counts.values())


def test_a_closed_run_says_so(logs):
    run = checksig.Run(logs.root)
    run.close()
    run.close()
    for use in [run.progress, run.cancel, run.report, lambda: next(run)]:
        with pytest.raises(ValueError, match="the run is closed"):
            use()


def test_an_option_that_nobody_knows_is_refused():
    with pytest.raises(TypeError, match="^there is no option frm_media$"):
        options({"root": "/", "progress": None, "frm_media": True})
