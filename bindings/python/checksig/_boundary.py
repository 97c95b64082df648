"""The boundary: the C API as Python functions over bytes, numbers and one class for a run.

The only file that touches cffi. Makes no object of the model and decides nothing: see `_api` and `_model`.
"""

import errno
import os
import sys
from _thread import RLock

from . import exceptions
from ._native import ffi, lib

_OK = lib.CHECKSIG_STATUS_OK
_WAITING = lib.CHECKSIG_STATUS_WAITING
_FINISHED = lib.CHECKSIG_STATUS_FINISHED

# Longer, and Ctrl-C would be slow; shorter buys nothing: records wake the call.
WAIT_MS = 100

_EXCEPTIONS = {
    lib.CHECKSIG_STATUS_BAD_OPTION: exceptions.OptionError,
    lib.CHECKSIG_STATUS_ROOT_NOT_FOUND: exceptions.RootNotFoundError,
    lib.CHECKSIG_STATUS_ROOT_NOT_DIRECTORY: exceptions.RootNotDirectoryError,
    lib.CHECKSIG_STATUS_ROOT_UNREADABLE: exceptions.RootUnreadableError,
    lib.CHECKSIG_STATUS_MANIFEST_NOT_FOUND: exceptions.ManifestNotFoundError,
    lib.CHECKSIG_STATUS_MANIFEST_UNREADABLE: exceptions.ManifestUnreadableError,
    lib.CHECKSIG_STATUS_MANIFEST_NOT_REGULAR: exceptions.ManifestUnreadableError,
    lib.CHECKSIG_STATUS_MANIFEST_CHANGED: exceptions.ManifestUnreadableError,
    lib.CHECKSIG_STATUS_FILE_NOT_FOUND: exceptions.FileMissingError,
    lib.CHECKSIG_STATUS_FILE_NOT_REGULAR: exceptions.FileNotRegularError,
    lib.CHECKSIG_STATUS_FILE_UNREADABLE: exceptions.FileUnreadableError,
    lib.CHECKSIG_STATUS_FILE_CHANGED: exceptions.FileChangedError,
    lib.CHECKSIG_STATUS_READER_UNAVAILABLE: exceptions.ReaderUnavailableError,
    lib.CHECKSIG_STATUS_KERNEL_UNAVAILABLE: exceptions.KernelUnavailableError,
    lib.CHECKSIG_STATUS_NO_THREAD: exceptions.ResourceError,
    lib.CHECKSIG_STATUS_NO_DESCRIPTOR: exceptions.ResourceError,
    lib.CHECKSIG_STATUS_FORKED: exceptions.ForkedError,
}

# Where Python has an exception of its own for what errno says.
_NARROWER = {
    (exceptions.FileNotRegularError, errno.EISDIR): exceptions.FileIsDirectoryError,
    (exceptions.FileUnreadableError, errno.EACCES): exceptions.FilePermissionError,
    (exceptions.FileUnreadableError, errno.EPERM): exceptions.FilePermissionError,
}


def version():
    """The version of the library."""
    return ffi.string(lib.checksig_version()).decode("ascii")


# The memory of an object, held where it is until what this returns is dropped. Raises what cffi and the object have to
# say where there is no memory, or not in one piece. Bare, as it is called for every message.
lend = ffi.from_buffer

if sys.implementation.name == "pypy":

    def lend(memory):
        # PyPy lends the bytes in between, too, where CPython refuses.
        if not memoryview(memory).c_contiguous:
            raise BufferError("memoryview: underlying buffer is not C-contiguous")
        return ffi.from_buffer(memory)


def hash_many(lent):
    """The digests of what was lent, one behind the other, in hexadecimal digits."""
    digests = ffi.new("uint8_t[]", 20 * len(lent))
    _check(lib.checksig_hash_many(_array(lent), len(lent), digests))
    return bytes(ffi.buffer(digests)).hex()


def file_digest(path):
    """The digest of one file, in hexadecimal digits."""
    digest = ffi.new("uint8_t[]", 20)
    _check(lib.checksig_file_digest(path, len(path), digest), lambda _: path)
    return _digest(digest)


class Run:
    """A run of the library. Any thread may call any method at any time, and so may the handler of a signal."""

    def __init__(self, root, manifest, resources, ordered, files=None):
        """A run on a root; or, where there are files, on those alone.

        `resources` is (reader, kernel, workers, queue depth, memory, from media, cache, limit rate, idle): names as
        bytes, and 0 for a number that the library is to choose.
        """
        reader, kernel, workers, queue_depth, memory, from_media, cache, limit_rate, idle = resources
        self._root = root
        self._manifest = manifest
        self._process = os.getpid()
        # Guards the next two. Reentrant, because a signal can come while it is held.
        self._lock = RLock()
        self._calls = 0
        self._closed = False
        # Freed with this object where nobody calls close().
        self._handle = _owned("ChecksigRun", lib.checksig_run_free)
        with _owned("ChecksigOptions", lib.checksig_options_free) as options:
            _check(lib.checksig_options_new(options))
            if manifest is not None:
                _check(lib.checksig_options_set_manifest(options[0], manifest, len(manifest)))
            _check(lib.checksig_options_set_reader(options[0], reader, len(reader)))
            _check(lib.checksig_options_set_kernel(options[0], kernel, len(kernel)))
            _check(lib.checksig_options_set_workers(options[0], workers))
            _check(lib.checksig_options_set_queue_depth(options[0], queue_depth))
            _check(lib.checksig_options_set_memory(options[0], memory))
            _check(lib.checksig_options_set_from_media(options[0], from_media))
            _check(lib.checksig_options_set_cache(options[0], cache, len(cache)))
            _check(lib.checksig_options_set_limit_rate(options[0], limit_rate))
            _check(lib.checksig_options_set_idle(options[0], idle))
            _check(lib.checksig_options_set_ordered(options[0], ordered))
            if files is None:
                _check(lib.checksig_run_start(root, len(root), options[0], self._handle), self._path)
            else:
                lent = [lend(file) for file in files]
                _check(lib.checksig_run_start_files(_array(lent), len(lent), options[0], self._handle))

    def next_batch(self, failures_only):
        """Rows of the records that came within WAIT_MS, maybe none; None when every one has been handed out."""
        with _owned("ChecksigBatch", lib.checksig_batch_free) as batch:
            status = self._call(lib.checksig_run_next_batch, WAIT_MS, batch)
            if status == _FINISHED:
                return None
            if status == _WAITING:
                return []
            return _failures(batch[0]) if failures_only else _records(batch[0])

    def progress(self):
        """(files done, files failed, bytes done, files planned, planned all, manifest bytes done, manifest bytes)."""
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
        )

    def cancel(self):
        """Asks the run to stop."""
        self._call(lib.checksig_run_cancel)

    def report(self):
        """Waits for the end, drops the records that were not taken, and gives the report as a dict."""
        with _owned("ChecksigReport", lib.checksig_report_free) as report:
            self._call(lib.checksig_run_report, report)
            return _report(report[0])

    def close(self):
        """Cancels the run, waits for its threads and frees it. A second time it does nothing.

        Where another thread is inside a call, that call ends soon and the freeing is left to it.
        """
        with self._own_lock():
            if self._closed:
                return
            self._closed = True
            is_free = self._calls == 0
            if not is_free:
                lib.checksig_run_cancel(self._handle[0])
        if is_free:
            ffi.release(self._handle)

    def _call(self, function, *arguments):
        with self._own_lock():
            if self._closed:
                raise ValueError("the run is closed")
            self._calls += 1
        try:
            return _check(function(self._handle[0], *arguments), self._path)
        finally:
            with self._own_lock():
                self._calls -= 1
                is_last = self._closed and self._calls == 0
            if is_last:
                ffi.release(self._handle)

    def _own_lock(self):
        # In a child after fork(), a lock that another thread held would be held for ever, and its call never end.
        if self._process != os.getpid():
            self._process, self._lock, self._calls = os.getpid(), RLock(), 0
        return self._lock

    def _path(self, kind):
        """The path that an exception of this kind is about."""
        if not issubclass(kind, (exceptions.ManifestNotFoundError, exceptions.ManifestUnreadableError)):
            return self._root
        return os.path.join(self._root, b"sha1sum.txt") if self._manifest is None else self._manifest


def _owned(kind, free):
    """A place for a handle, NULL for now, that frees it when the place is released or forgotten.

    It is there before the call that fills it: Ctrl-C is raised the moment that such a call returns.
    """
    return ffi.gc(ffi.new(kind + " **"), lambda place: free(place[0]))


def _check(status, path_for=None):
    """Passes on a status that is no failure and raises the exception for one that is."""
    if status in (_OK, _WAITING, _FINISHED):
        return status
    message = ffi.string(lib.checksig_last_error()).decode("utf-8", "replace")
    kind = _EXCEPTIONS.get(status, exceptions.InternalError)
    if not issubclass(kind, OSError):
        raise kind(message)
    number = lib.checksig_last_error_number() or errno.EINVAL
    kind = _NARROWER.get((kind, number), kind)
    if path_for is None:
        raise kind(number, message)
    raise kind(number, message, os.fsdecode(path_for(kind)))


def _array(lent):
    """An array of what was lent; it is of use while that is held."""
    array = ffi.new("ChecksigBytes[]", len(lent))
    for element, memory in zip(array, lent):
        element.data, element.len = memory, len(memory)
    return array


def _names(kind, prefix):
    """The values of a C enum with their names: {0: "match", ...}."""
    elements = ffi.typeof(kind).elements
    return {value: elements[value][len(prefix) :].lower() for value in sorted(elements)}


_OUTCOMES = _names("ChecksigOutcome", "CHECKSIG_OUTCOME_")


def _failures(batch):
    index = ffi.new("size_t *")
    rows = []
    while _check(lib.checksig_batch_next_failure(batch, index[0], index)) == _OK:
        rows.append(_record(batch, index[0]))
        index[0] += 1
    return rows


def _records(batch):
    length = ffi.new("size_t *")
    _check(lib.checksig_batch_len(batch, length))
    return [_record(batch, index) for index in range(length[0])]


def _record(batch, index):
    """(malformed, outcome, line, name, reason, expected, actual, size, errno, offset, reader)."""
    record = ffi.new("ChecksigRecord *")
    _check(lib.checksig_batch_record(batch, index, record))
    return (
        # A kind that is not known is no file either.
        record.kind != lib.CHECKSIG_RECORD_KIND_FILE,
        _OUTCOMES.get(record.outcome, "unknown"),
        record.line,
        _bytes(record.name),
        _text(record.reason),
        _digest(record.expected),
        _digest(record.actual),
        record.size_bytes if record.size_bytes >= 0 else None,
        record.error_number or None,
        record.offset_bytes,
        _text(record.reader) or None,
    )


def _report(report):
    summary = ffi.new("ChecksigSummary *")
    _check(lib.checksig_report_summary(report, summary))
    text = ffi.new("ChecksigText *")
    _check(lib.checksig_report_message(report, text))
    message = _text(text)
    counts = {}
    count = ffi.new("uint64_t *")
    for number, name in _OUTCOMES.items():
        _check(lib.checksig_report_count(report, number, count))
        counts[name] = count[0]
    readers = []
    use = ffi.new("ChecksigReaderUse *")
    for index in range(summary.readers):
        _check(lib.checksig_report_reader(report, index, use))
        readers.append((_text(use.name), use.files, use.bytes, use.device_files, use.device_bytes))
    kernels = []
    kernel = ffi.new("ChecksigKernelUse *")
    for index in range(summary.kernels):
        _check(lib.checksig_report_kernel(report, index, kernel))
        kernels.append((_text(kernel.name), kernel.lanes_from))
    reasons = []
    for index in range(summary.reasons):
        _check(lib.checksig_report_reason(report, index, text))
        reasons.append(_text(text))
    return {
        # A verdict that is not known is no pass.
        "ok": summary.verdict == lib.CHECKSIG_VERDICT_PASS,
        "message": message,
        "counts": counts,
        "files": summary.files,
        "files_failed": summary.files_failed,
        "malformed_lines": summary.malformed_lines,
        "bytes": summary.bytes,
        "seconds": summary.seconds,
        "cancelled": summary.cancelled,
        "readers": readers,
        "reasons": reasons,
        "kernel": _text(summary.kernel),
        "kernels": kernels,
        "workers": summary.workers,
    }


def _bytes(text):
    return ffi.unpack(text.data, text.len) if text.data else b""


def _text(text):
    return _bytes(text).decode("utf-8", "replace")


def _digest(pointer):
    return bytes(ffi.buffer(pointer, 20)).hex() if pointer else None
