"""The C API as it is: NULL, wrong integers, outputs that stay untouched, messages, and the numbers behind the names.

Goes around the Python package, to the functions that it calls.
"""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

import checksig
from checksig._native import ffi, lib

FILLED = 0x5A5A


@pytest.fixture
def run(logs):
    out = ffi.new("ChecksigRun **")
    root = logs.root.encode()
    assert lib.checksig_run_start(root, len(root), ffi.NULL, out) == lib.CHECKSIG_STATUS_OK
    yield out[0]
    lib.checksig_run_free(out[0])


def batch_of(run):
    out = ffi.new("ChecksigBatch **")
    while (status := lib.checksig_run_next_batch(run, 100, out)) == lib.CHECKSIG_STATUS_WAITING:
        pass
    assert status == lib.CHECKSIG_STATUS_OK
    return ffi.gc(out[0], lib.checksig_batch_free)


def report_of(run):
    out = ffi.new("ChecksigReport **")
    assert lib.checksig_run_report(run, out) == lib.CHECKSIG_STATUS_OK
    return ffi.gc(out[0], lib.checksig_report_free)


def last_error():
    return ffi.string(lib.checksig_last_error()).decode()


def functions():
    """Every function of the library that returns a status, with its type."""
    for name in dir(lib):
        function = getattr(lib, name)
        if isinstance(function, ffi.CData):
            kind = ffi.typeof(function)
            if kind.result.cname == "ChecksigStatus":
                yield name, function, kind


def test_null_is_refused_by_every_function():
    tried = 0
    for name, function, kind in functions():
        # Numbers are 1: an array of nothing may be NULL.
        nothing = [ffi.NULL if argument.kind == "pointer" else 1 for argument in kind.args]
        assert function(*nothing) == lib.CHECKSIG_STATUS_NULL_ARGUMENT, name
        assert last_error().endswith(" is NULL"), name
        tried += 1
    assert tried >= 21


def test_freeing_null_does_nothing():
    freeing = [name for name in dir(lib) if name.endswith("_free")]
    assert len(freeing) == 7
    for name in freeing:
        getattr(lib, name)(ffi.NULL)


def test_no_output_is_written_on_failure(run):
    handle = ffi.new("ChecksigRun **")
    handle[0] = ffi.cast("ChecksigRun *", FILLED)
    assert lib.checksig_run_start(b"/no/such/root", 13, ffi.NULL, handle) == lib.CHECKSIG_STATUS_ROOT_NOT_FOUND
    assert handle[0] == ffi.cast("ChecksigRun *", FILLED)
    count = ffi.new("uint64_t *", FILLED)
    assert lib.checksig_report_count(report_of(run), 10, count) == lib.CHECKSIG_STATUS_BAD_ARGUMENT
    assert count[0] == FILLED


def test_indexes_and_integers_are_checked(run):
    batch = batch_of(run)
    length = ffi.new("size_t *")
    record = ffi.new("ChecksigRecord *")
    assert lib.checksig_batch_len(batch, length) == lib.CHECKSIG_STATUS_OK
    assert lib.checksig_batch_record(batch, length[0] - 1, record) == lib.CHECKSIG_STATUS_OK
    for index in [length[0], 2**64 - 1]:
        assert lib.checksig_batch_record(batch, index, record) == lib.CHECKSIG_STATUS_BAD_ARGUMENT
        assert lib.checksig_batch_next_failure(batch, index, length) == lib.CHECKSIG_STATUS_FINISHED
    report = report_of(run)
    text, use, count = ffi.new("ChecksigText *"), ffi.new("ChecksigReaderUse *"), ffi.new("uint64_t *")
    kernel = ffi.new("ChecksigKernelUse *")
    for number in [10, 2**32 - 1]:
        assert lib.checksig_report_count(report, number, count) == lib.CHECKSIG_STATUS_BAD_ARGUMENT
        assert lib.checksig_report_kernel(report, number, kernel) == lib.CHECKSIG_STATUS_BAD_ARGUMENT
        assert lib.checksig_report_reader(report, number, use) == lib.CHECKSIG_STATUS_BAD_ARGUMENT
        assert lib.checksig_report_reason(report, number, text) == lib.CHECKSIG_STATUS_BAD_ARGUMENT
    options = ffi.new("ChecksigOptions **")
    assert lib.checksig_options_new(options) == lib.CHECKSIG_STATUS_OK
    assert lib.checksig_options_set_ordered(options[0], 2) == lib.CHECKSIG_STATUS_BAD_OPTION
    assert lib.checksig_options_set_reader(options[0], b"\xff\x1b[2J", 5) == lib.CHECKSIG_STATUS_BAD_OPTION
    assert "\x1b" not in last_error()
    assert lib.checksig_options_set_manifest(options[0], b"a\0b", 3) == lib.CHECKSIG_STATUS_BAD_ARGUMENT
    lib.checksig_options_free(options[0])


def test_a_report_can_be_asked_for_twice_and_outlives_its_run(logs):
    out = ffi.new("ChecksigRun **")
    root = logs.root.encode()
    assert lib.checksig_run_start(root, len(root), ffi.NULL, out) == lib.CHECKSIG_STATUS_OK
    reports = [report_of(out[0]), report_of(out[0])]
    assert lib.checksig_run_next_batch(out[0], 0, ffi.new("ChecksigBatch **")) == lib.CHECKSIG_STATUS_FINISHED
    lib.checksig_run_free(out[0])
    text = ffi.new("ChecksigText *")
    for report in reports:
        assert lib.checksig_report_message(report, text) == lib.CHECKSIG_STATUS_OK
        assert ffi.unpack(text.data, text.len).decode() == f'"{logs.root}/httpd-08.log" - mismatch'


def test_an_array_of_nothing_may_be_null_and_no_other():
    digests = ffi.new("uint8_t[40]", [FILLED & 0xFF] * 40)
    untouched = bytes(ffi.buffer(digests))
    elements = ffi.new("ChecksigBytes[2]")
    assert lib.checksig_hash_many(ffi.NULL, 0, ffi.NULL) == lib.CHECKSIG_STATUS_OK
    elements[1].len = 1
    assert lib.checksig_hash_many(elements, 2, digests) == lib.CHECKSIG_STATUS_NULL_ARGUMENT
    assert last_error() == "argument messages[1] is NULL"
    elements[1].len = 2**64 - 1
    elements[1].data = digests
    assert lib.checksig_hash_many(elements, 2, digests) == lib.CHECKSIG_STATUS_BAD_ARGUMENT
    assert lib.checksig_hash_many(elements, 2**60, digests) == lib.CHECKSIG_STATUS_BAD_ARGUMENT
    assert lib.checksig_hash_many(elements, 1, ffi.NULL) == lib.CHECKSIG_STATUS_NULL_ARGUMENT
    assert lib.checksig_file_digest(b"a\0b", 3, digests) == lib.CHECKSIG_STATUS_BAD_ARGUMENT
    assert lib.checksig_file_digest(b"/no/such/file", 13, digests) == lib.CHECKSIG_STATUS_FILE_NOT_FOUND
    assert bytes(ffi.buffer(digests)) == untouched
    elements[1].len = 0
    assert lib.checksig_hash_many(elements, 2, digests) == lib.CHECKSIG_STATUS_OK
    assert bytes(ffi.buffer(digests)).hex() == "da39a3ee5e6b4b0d3255bfef95601890afd80709" * 2


def test_a_list_of_files_is_a_run_like_any_other(logs):
    paths = [os.path.join(logs.root, "httpd-08.log").encode(), b"", b"a\0b"]
    lent = [ffi.from_buffer(path) for path in paths]
    elements = ffi.new("ChecksigBytes[]", [(memory, len(memory)) for memory in lent])
    options, out = ffi.new("ChecksigOptions **"), ffi.new("ChecksigRun **")
    assert lib.checksig_run_start_files(elements, 3, ffi.NULL, out) == lib.CHECKSIG_STATUS_OK
    # They have been copied.
    ffi.memmove(elements, bytes(ffi.sizeof(elements)), ffi.sizeof(elements))
    found = []
    while len(found) < len(paths):
        batch, length, record = batch_of(out[0]), ffi.new("size_t *"), ffi.new("ChecksigRecord *")
        assert lib.checksig_batch_len(batch, length) == lib.CHECKSIG_STATUS_OK
        for index in range(length[0]):
            assert lib.checksig_batch_record(batch, index, record) == lib.CHECKSIG_STATUS_OK
            digest = bytes(ffi.buffer(record.actual, 20)) if record.actual else None
            name = ffi.unpack(record.name.data, record.name.len)
            found.append((name, record.outcome, record.line, record.error_number, digest))
    lib.checksig_run_free(out[0])
    with open(paths[0], "rb") as file:
        digest = hashlib.sha1(file.read()).digest()
    assert found == [
        (paths[0], lib.CHECKSIG_OUTCOME_MATCH, 0, 0, digest),
        (paths[1], lib.CHECKSIG_OUTCOME_MISSING, 0, 0, None),
        (paths[2], lib.CHECKSIG_OUTCOME_UNREADABLE, 0, 22, None),
    ]
    assert lib.checksig_run_start_files(ffi.NULL, 0, ffi.NULL, out) == lib.CHECKSIG_STATUS_OK
    summary, text = ffi.new("ChecksigSummary *"), ffi.new("ChecksigText *")
    report = report_of(out[0])
    lib.checksig_run_free(out[0])
    assert lib.checksig_report_summary(report, summary) == lib.CHECKSIG_STATUS_OK
    assert (summary.verdict, summary.files) == (lib.CHECKSIG_VERDICT_FAIL, 0)
    assert lib.checksig_report_message(report, text) == lib.CHECKSIG_STATUS_OK
    assert ffi.unpack(text.data, text.len) == b"the list names no file, so nothing was read"
    assert lib.checksig_options_new(options) == lib.CHECKSIG_STATUS_OK
    assert lib.checksig_options_set_manifest(options[0], b"m", 1) == lib.CHECKSIG_STATUS_OK
    assert lib.checksig_run_start_files(ffi.NULL, 0, options[0], out) == lib.CHECKSIG_STATUS_BAD_OPTION
    lib.checksig_options_free(options[0])


def test_the_error_of_a_thread_is_its_own():
    lib.checksig_run_start(b"/no/such/root", 13, ffi.NULL, ffi.new("ChecksigRun **"))
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(last_error).result() == ""
    assert last_error() == "/no/such/root: no such directory"
    assert lib.checksig_last_error_number() == 2


def test_the_article_s_two_functions(logs, tree):
    text = lib.checksig_check_signatures(logs.root.encode())
    assert ffi.string(text).decode() == f'"{logs.root}/httpd-08.log" - mismatch'
    lib.checksig_string_free(text)
    for root in [ffi.NULL, b"/no/such/root", b""]:
        text = lib.checksig_check_signatures(root)
        assert text != ffi.NULL and ffi.string(text)
        lib.checksig_string_free(text)


def test_outcomes_have_the_same_names_on_both_sides():
    names = {name[len("CHECKSIG_OUTCOME_") :] for name in ffi.typeof("ChecksigOutcome").elements.values()}
    assert names == {outcome.name for outcome in checksig.Outcome} - {"UNKNOWN"}
