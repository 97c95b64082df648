"""What a run may use: reads in flight, memory, the medium itself, and what becomes of the page cache.

Whether a run keeps within it is the matter of the library's own tests.
"""

import inspect
import os
import time

import pytest

import checksig
from checksig._native import ffi, lib

MIB = 2**20
GIVEN = {
    "queue_depth": 3,
    "memory": 8 * MIB,
    "from_media": True,
    "cache": "keep",
    "limit_rate": 2**64 - 1,
    "idle": True,
}


@pytest.mark.parametrize("reader", ["auto", "uring", "threads", "pread"])
@pytest.mark.parametrize("given", [{name: value} for name, value in GIVEN.items()] + [GIVEN], ids="+".join)
def test_what_is_given_changes_no_outcome(logs, reader, given):
    try:
        report = checksig.verify(logs.root, reader=reader, **given)
    except checksig.ReaderUnavailableError as error:
        assert reader == "uring"
        pytest.skip(str(error))
    assert [failure.name for failure in report.failures] == ["httpd-08.log"]
    assert report.counts["match"] == 9


def test_every_way_in_takes_the_same(logs):
    for function in [checksig.verify, checksig.hash_files, checksig.Run]:
        parameters = inspect.signature(function).parameters
        assert [parameters[name].default for name in GIVEN] == [None, None, False, "neutral", None, False]
    with checksig.Run(logs.root, **GIVEN) as run:
        assert sum(record.ok for record in run) == 9
    (record,) = checksig.hash_files([f"{logs.root}/httpd-00.log"], **GIVEN)
    assert record.ok


def test_the_rate_is_kept(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(bytes(300_000))
    begun = time.monotonic()
    records = checksig.hash_files([path] * 4, limit_rate=2 * MIB)
    # The last file is not waited for, and a tenth of a second is saved up.
    assert all(record.ok for record in records) and time.monotonic() - begun >= 900_000 / (2 * MIB) - 0.1


def test_idle_leaves_the_threads_of_the_caller_alone(logs):
    before = os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0)
    assert checksig.verify(logs.root, idle=True).counts["match"] == 9
    assert before == (os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0))


def test_a_report_tells_what_came_from_the_device(logs):
    readers = checksig.verify(logs.root).readers
    assert sum(use.files for use in readers) == 10
    for use in readers:
        assert 0 <= use.device_files <= use.files and 0 <= use.device_bytes <= use.bytes


def test_values_that_cannot_be(tree):
    tree.add("a").write()
    for argument, values in {"queue_depth": [0, -1, 2**32], "memory": [0, -1, 2**64], "limit_rate": [0, -1, 2**64]}.items():
        for value in values:
            with pytest.raises(checksig.OptionsError, match=f"^{argument} must be from 1 to "):
                checksig.verify(tree.root, **{argument: value})
    for argument in ["queue_depth", "memory", "cache", "limit_rate"]:
        with pytest.raises(TypeError, match=f"^{argument} must be "):
            checksig.verify(tree.root, **{argument: 1.5})
    for name in ["KEEP", "", "keep\0", "\udcff\x1b[2J"]:
        with pytest.raises(checksig.OptionsError, match="^unknown effect on the page cache ") as caught:
            checksig.verify(tree.root, cache=name)
        assert str(caught.value).isprintable()


def test_what_cannot_be_met_is_an_option_error_with_the_remedy(tree):
    tree.add("a").write()
    with pytest.raises(checksig.OptionsError, match=r"^memory: 4194303 bytes .* 4194304 \(4 MiB\) at least$"):
        checksig.verify(tree.root, memory=4 * MIB - 1)
    assert checksig.verify(tree.root, memory=4 * MIB).ok
    too_large = "^queue depth: 4097 is too large; a run has 4096 reads in flight at most$"
    with pytest.raises(checksig.OptionsError, match=too_large):
        checksig.verify(tree.root, queue_depth=4097)
    assert checksig.verify(tree.root, queue_depth=4096).ok
    with pytest.raises(checksig.OptionsError, match="^reader mmap: .* the readers uring, threads and pread can$"):
        checksig.hash_files([], reader="mmap", from_media=True)


def test_the_c_api_refuses_a_value_and_keeps_the_old_one(logs):
    options = ffi.new("ChecksigOptions **")
    assert lib.checksig_options_new(options) == lib.CHECKSIG_STATUS_OK
    assert lib.checksig_options_set_cache(options[0], b"keep", 4) == lib.CHECKSIG_STATUS_OK
    for name in [b"drop", b"keep\0", b"\xff\x1b[2J", b""]:
        assert lib.checksig_options_set_cache(options[0], name, len(name)) == lib.CHECKSIG_STATUS_BAD_OPTION
        assert b"\x1b" not in ffi.string(lib.checksig_last_error())
    assert lib.checksig_options_set_from_media(options[0], 2) == lib.CHECKSIG_STATUS_BAD_OPTION
    assert ffi.string(lib.checksig_last_error()) == b"from_media is 0 or 1, not 2"
    run, root = ffi.new("ChecksigRun **"), logs.root.encode()
    assert lib.checksig_options_set_queue_depth(options[0], 2**32 - 1) == lib.CHECKSIG_STATUS_OK
    assert lib.checksig_run_start(root, len(root), options[0], run) == lib.CHECKSIG_STATUS_BAD_OPTION
    # 0 is for the library to choose.
    assert lib.checksig_options_set_queue_depth(options[0], 0) == lib.CHECKSIG_STATUS_OK
    assert lib.checksig_options_set_memory(options[0], 1) == lib.CHECKSIG_STATUS_OK
    assert lib.checksig_run_start(root, len(root), options[0], run) == lib.CHECKSIG_STATUS_BAD_OPTION
    assert lib.checksig_options_set_memory(options[0], 0) == lib.CHECKSIG_STATUS_OK
    assert lib.checksig_run_start(root, len(root), options[0], run) == lib.CHECKSIG_STATUS_OK
    lib.checksig_run_free(run[0])
    assert lib.checksig_options_set_idle(options[0], 2) == lib.CHECKSIG_STATUS_BAD_OPTION
    assert ffi.string(lib.checksig_last_error()) == b"idle is 0 or 1, not 2"
    for setter in [
        lib.checksig_options_set_queue_depth,
        lib.checksig_options_set_memory,
        lib.checksig_options_set_limit_rate,
        lib.checksig_options_set_idle,
    ]:
        assert setter(ffi.NULL, 1) == lib.CHECKSIG_STATUS_NULL_ARGUMENT
    lib.checksig_options_free(options[0])
