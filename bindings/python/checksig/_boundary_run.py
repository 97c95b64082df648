"""A run of the library behind the boundary: its handle, its records as rows, and its report as a dict.

Makes no object of the model and decides nothing; see `_run`, which does the first.
"""

from __future__ import annotations

import os
from _thread import RLock

from ._boundary import array_of, bytes_of, check, digest_of, ffi, lend, lib, owned, text_of
from .exceptions import ManifestError

# What type checkers take for typing.TYPE_CHECKING, without the price of importing typing.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Row = tuple[Any, ...]

# Longer, and Ctrl-C would be slow; shorter buys nothing: records wake the call.
WAIT_MS = 100

_START = {
    "verify": lib.checksig_run_start,
    "audit": lib.checksig_run_start_audit,
    "create": lib.checksig_run_start_create,
}

# Where the command's flag, and so the argument, has another name than the option of the library.
_RENAMED = {"force": "overwrite"}


class Run:
    """A run of the library. Any thread may call any method at any time, and so may the handler of a signal."""

    def __init__(
        self, verb: str, root: bytes, manifest: bytes, options: Mapping[str, Any], files: list[bytes] | None
    ) -> None:
        """A run on a root, or of the verb "hash" on a list of files.

        `manifest` is the one that the run will take, for exceptions; `options` are bytes, numbers and lists of bytes,
        by the names of their arguments.
        """
        self._root = root
        self._manifest = manifest
        self._process = os.getpid()
        # Guards the next two. Reentrant, because a signal can come while it is held.
        self._lock = RLock()
        self._calls: set[object] = set()
        self._closed = False
        # Freed with this object where nobody calls close().
        self._handle = owned("ChecksigRun", lib.checksig_run_free)
        with owned("ChecksigOptions", lib.checksig_options_free) as options_handle:
            check(lib.checksig_options_new(options_handle))
            for name, value in options.items():
                _set(options_handle[0], name, value)
            if files is None:
                check(_START[verb](root, len(root), options_handle[0], self._handle), self._path)
            else:
                lent = [lend(file) for file in files]
                check(lib.checksig_run_start_files(array_of(lent), len(lent), options_handle[0], self._handle))

    def next_batch(self, failures_only: bool) -> list[Row] | None:
        """Rows of the records that came within WAIT_MS, maybe none; None when every one has been handed out."""
        with owned("ChecksigBatch", lib.checksig_batch_free) as batch:
            status = self._call(lib.checksig_run_next_batch, WAIT_MS, batch)
            if status == lib.CHECKSIG_STATUS_FINISHED:
                return None
            if status == lib.CHECKSIG_STATUS_WAITING:
                return []
            return _failures(batch[0]) if failures_only else records_of(batch[0])

    def progress(self) -> Row:
        """What is done and what is known to come, in the order of the fields of Progress."""
        out = ffi.new("ChecksigProgress *")
        self._call(lib.checksig_run_progress, out)
        return (
            out.files_done,
            out.files_failed,
            out.bytes_done,
            out.files_planned,
            out.planned_all,
            out.manifest_bytes_done,
            out.manifest_bytes,
            _known(out.files_expected),
            _known(out.bytes_expected),
            _known(out.fraction_done),
            _known(out.names_walked),
        )

    def cancel(self) -> None:
        """Asks the run to stop."""
        self._call(lib.checksig_run_cancel)

    def report(self) -> dict[str, Any]:
        """Waits for the end, drops the records that were not taken, and gives the report as a dict."""
        with owned("ChecksigReport", lib.checksig_report_free) as report:
            self._call(lib.checksig_run_report, report)
            return _report(report[0])

    def close(self) -> None:
        """Cancels the run, waits for its threads and frees it. A second time it does nothing.

        Where another thread is inside a call, that call ends soon and the freeing is left to it.
        """
        with self._own_lock():
            if self._closed:
                return
            self._closed = True
            is_free = not self._calls
            if not is_free:
                lib.checksig_run_cancel(self._handle[0])
        if is_free:
            ffi.release(self._handle)

    def _call(self, function: Callable[..., int], *arguments: Any) -> int:
        # A mark and not a number: Ctrl-C can be raised before it is set as well as behind that.
        mark = object()
        try:
            with self._own_lock():
                if self._closed:
                    raise ValueError("the run is closed")
                self._calls.add(mark)
            return check(function(self._handle[0], *arguments), self._path)
        finally:
            with self._own_lock():
                self._calls.discard(mark)
                is_last = self._closed and not self._calls
            if is_last:
                ffi.release(self._handle)

    def _own_lock(self) -> RLock:
        # In a child after fork(), a lock that another thread held would be held for ever, and its call never end.
        if self._process != os.getpid():
            self._process, self._lock, self._calls = os.getpid(), RLock(), set()
        return self._lock

    def _path(self, kind: type[Exception]) -> bytes:
        """The path that an exception of this kind is about."""
        return self._manifest if issubclass(kind, ManifestError) else self._root


def _set(options: Any, name: str, value: Any) -> None:
    """Sets an option; of a list, every item is added."""
    if isinstance(value, list):
        add = getattr(lib, f"checksig_options_add_{name}")
        for item in value:
            check(add(options, item, len(item)))
        return
    put = getattr(lib, f"checksig_options_set_{_RENAMED.get(name, name)}")
    check(put(options, value, len(value)) if isinstance(value, bytes) else put(options, value))


def _known(number: float) -> float | None:
    return number if number >= 0 else None


def _names(kind: str, prefix: str) -> dict[int, str]:
    """The values of a C enum with their names: {0: "match", ...}."""
    elements = ffi.typeof(kind).elements
    return {value: elements[value][len(prefix) :].lower() for value in sorted(elements)}


_OUTCOMES = _names("ChecksigOutcome", "CHECKSIG_OUTCOME_")
_KINDS = _names("ChecksigFileKind", "CHECKSIG_FILE_KIND_")
_LINE_ERRORS = _names("ChecksigLineError", "CHECKSIG_LINE_ERROR_")


def _failures(batch: Any) -> list[Row]:
    index = ffi.new("size_t *")
    rows = []
    while check(lib.checksig_batch_next_failure(batch, index[0], index)) == lib.CHECKSIG_STATUS_OK:
        rows.append(_record(batch, index[0]))
        index[0] += 1
    return rows


def records_of(batch: Any) -> list[Row]:
    length = ffi.new("size_t *")
    check(lib.checksig_batch_len(batch, length))
    return [_record(batch, index) for index in range(length[0])]


def _record(batch: Any, index: int) -> Row:
    """A row: whether it is a malformed line, then what follows, in the order of the fields of its value.

    Of a malformed line (line, text, reason, message); of a file (name, line, outcome, ...).
    """
    record = ffi.new("ChecksigRecord *")
    check(lib.checksig_batch_record(batch, index, record))
    name, message = bytes_of(record.name), text_of(record.reason)
    # A kind that is not known is no file either.
    if record.kind != lib.CHECKSIG_RECORD_KIND_FILE:
        return (True, record.line, name, _LINE_ERRORS.get(record.line_error, "other"), message)
    return (
        False,
        name,
        record.line,
        _OUTCOMES.get(record.outcome, "unknown"),
        message,
        digest_of(record.expected),
        digest_of(record.actual),
        _known(record.size_bytes),
        record.error_number or None,
        record.offset_bytes if record.error_number else None,
        text_of(record.reader) or None,
        digest_of(record.actual_again),
        _KINDS.get(record.file_kind, "other") if record.file_kind else None,
        bytes_of(record.moved_from) or None,
    )


def _report(report: Any) -> dict[str, Any]:
    summary = ffi.new("ChecksigSummary *")
    check(lib.checksig_report_summary(report, summary))
    text = ffi.new("ChecksigText *")
    check(lib.checksig_report_message(report, text))
    message = text_of(text)
    counts = {}
    count = ffi.new("uint64_t *")
    for number, name in _OUTCOMES.items():
        check(lib.checksig_report_count(report, number, count))
        counts[name] = count[0]
    readers = []
    use = ffi.new("ChecksigReaderUse *")
    for index in range(summary.readers):
        check(lib.checksig_report_reader(report, index, use))
        readers.append((text_of(use.name), use.files, use.bytes, use.device_files, use.device_bytes))
    kernels = []
    kernel = ffi.new("ChecksigKernelUse *")
    for index in range(summary.kernels):
        check(lib.checksig_report_kernel(report, index, kernel))
        kernels.append((text_of(kernel.name), kernel.lanes_from))
    reasons = []
    for index in range(summary.reasons):
        check(lib.checksig_report_reason(report, index, text))
        reasons.append(text_of(text))
    formats = []
    for index in range(summary.formats):
        check(lib.checksig_report_format(report, index, text))
        formats.append(text_of(text))
    return {
        # A verdict that is not known is no pass.
        "ok": summary.verdict == lib.CHECKSIG_VERDICT_PASS,
        "message": message,
        "counts": counts,
        "formats": formats,
        "manifest": bytes_of(summary.manifest),
        "files": summary.files,
        "moved": summary.moved,
        "excluded": summary.excluded,
        "bytes": summary.bytes,
        "seconds": summary.seconds,
        "cancelled": summary.cancelled,
        "readers": readers,
        "reasons": reasons,
        "kernel": text_of(summary.kernel),
        "kernels": kernels,
        "workers": summary.workers,
    }
