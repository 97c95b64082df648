"""A run that is pulled: arguments checked on the way in, records made into values on the way out.

Touches no cffi (that is `_boundary`) and judges no file (that is the engine).
"""

from __future__ import annotations

import os
from time import monotonic

from . import _boundary
from .exceptions import OptionError

# What type checkers take for typing.TYPE_CHECKING, without the price of importing typing.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Union

    from ._model import FileRecord, MalformedLine, Progress, Report

    AnyPath = Union[str, bytes, os.PathLike[str], os.PathLike[bytes]]
    Row = tuple[Any, ...]

# What the C API takes.
_NUMBER_MAX = 2**32 - 1
_BYTES_MAX = 2**64 - 1
PROGRESS_SECONDS = 0.1


class Run:
    """A verification under way, for those who want its records as they come.

    An iterator of :class:`FileRecord` and :class:`MalformedLine`, matches included, and a context manager: leaving it
    cancels what is still under way. Any thread may call `cancel` and `progress`. The arguments are those of
    :func:`verify`; with ``ordered=False`` records come as they are found, not in the order of the manifest.

    >>> import pathlib, tempfile
    >>> import checksig
    >>> folder = tempfile.TemporaryDirectory()
    >>> root = pathlib.Path(folder.name)
    >>> _ = (root / "a.log").write_bytes(b"abc")
    >>> _ = (root / "sha1sum.txt").write_bytes(b"a9993e364706816aba3e25717850c26c9cd0d89d  a.log\\n")
    >>> with checksig.Run(root) as run:
    ...     for record in run:
    ...         print(record.name, record.outcome)
    ...     print(run.report().ok)
    a.log match
    True
    >>> folder.cleanup()
    """

    def __init__(
        self,
        root: AnyPath,
        *,
        manifest: AnyPath | None = None,
        reader: str = "auto",
        kernel: str = "auto",
        workers: int | None = None,
        queue_depth: int | None = None,
        memory: int | None = None,
        from_media: bool = False,
        cache: str = "neutral",
        limit_rate: int | None = None,
        idle: bool = False,
        ordered: bool = True,
        _root_argument: str = "root",
        _files: list[bytes] | None = None,
    ) -> None:
        self._root = _path(root, _root_argument)
        self._found: dict[str, Any] | None = None
        # Rows that were pulled and not yet handed out, and every row so far that is no match.
        self._pending: Iterator[Row] = iter(())
        self._failed: list[Row] = []
        self._run = _boundary.Run(
            self._root,
            None if manifest is None else _path(manifest, "manifest"),
            (
                _name(reader, "reader"),
                _name(kernel, "kernel"),
                _number(workers, "workers"),
                _number(queue_depth, "queue_depth"),
                _number(memory, "memory", _BYTES_MAX),
                bool(from_media),
                _name(cache, "cache"),
                _number(limit_rate, "limit_rate", _BYTES_MAX),
                bool(idle),
            ),
            bool(ordered),
            _files,
        )

    def __iter__(self) -> Run:
        return self

    def __next__(self) -> FileRecord | MalformedLine:
        while (row := next(self._pending, None)) is None:
            rows = self._next_rows()
            if rows is None:
                raise StopIteration
            self._pending = iter(rows)
        return _malformed(row) if row[0] else _file(row, self._root)

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def progress(self) -> Progress:
        """How far the run has come."""
        from ._model import Progress

        return Progress(*self._run.progress())

    def cancel(self) -> None:
        """Ask the run to stop: it ends soon, and what it has not judged is ``NOT_CHECKED``."""
        self._run.cancel()

    def report(self, on_progress: Callable[[Progress], object] | None = None) -> Report:
        """Wait for the end and report. Records that were not iterated over are only counted, failures are kept."""
        from ._model import KernelUse, Outcome, ReaderUse, Report

        found = dict(self._finish(on_progress))
        del found["malformed_lines"], found["files_failed"]
        found["counts"] = {Outcome(name): count for name, count in found["counts"].items()}
        found["readers"] = tuple(ReaderUse(*reader) for reader in found["readers"])
        found["kernels"] = tuple(KernelUse(*kernel) for kernel in found["kernels"])
        found["reasons"] = tuple(found["reasons"])
        return Report(
            failures=tuple(_file(row, self._root) for row in self._failed if not row[0]),
            malformed=tuple(_malformed(row) for row in self._failed if row[0]),
            **found,
        )

    def close(self) -> None:
        """Cancel the run if it is still under way, and free what it holds."""
        self._run.close()

    def _next_files(self) -> list[FileRecord] | None:
        """The records of files that came within a moment, maybe none; None when every one has been handed out."""
        rows = self._next_rows()
        return None if rows is None else [_file(row, self._root) for row in rows if not row[0]]

    def _next_rows(self) -> list[Row] | None:
        rows: list[Row] | None = self._run.next_batch(failures_only=False)
        self._failed.extend(row for row in rows or () if _is_failure(row))
        return rows

    def _passes(self) -> bool:
        """Wait for the end; whether the verdict is pass."""
        return bool(self._finish(None)["ok"])

    def _finish(self, on_progress: Callable[[Progress], object] | None) -> dict[str, Any]:
        due = monotonic()
        while self._found is None:
            # Each turn is short, so that Python sees Ctrl-C.
            rows = self._run.next_batch(failures_only=True)
            if rows is None:
                self._found = self._run.report()
            else:
                self._failed.extend(rows)
            if on_progress is not None and (rows is None or monotonic() >= due):
                due = monotonic() + PROGRESS_SECONDS
                on_progress(self.progress())
        return self._found


def _is_failure(row: Row) -> bool:
    return bool(row[0]) or row[1] != "match"


def _file(row: Row, root: bytes) -> FileRecord:
    from ._model import FileRecord, Outcome

    _, outcome, line, name, reason, *rest = row
    path = os.fsdecode(os.path.join(root, name))
    return FileRecord(path, os.fsdecode(name), line, Outcome(outcome), reason, *rest)


def _malformed(row: Row) -> MalformedLine:
    from ._model import MalformedLine

    _, _, line, text, reason, *_ = row
    return MalformedLine(line, os.fsdecode(text), reason)


def _path(value: AnyPath, argument: str) -> bytes:
    try:
        path = os.fsencode(value)
    except TypeError:
        raise TypeError(f"{argument} must be str, bytes or os.PathLike, not {type(value).__name__}") from None
    if b"\0" in path:
        raise ValueError(f"{argument} holds a null byte, and no path can")
    return path


def _name(value: str, argument: str) -> bytes:
    if not isinstance(value, str):
        raise TypeError(f"{argument} must be str, not {type(value).__name__}")
    return value.encode("utf-8", "backslashreplace")


def _number(value: int | None, argument: str, most: int = _NUMBER_MAX) -> int:
    if value is None:
        return 0
    from operator import index

    try:
        number = index(value)
    except TypeError:
        raise TypeError(f"{argument} must be int or None, not {type(value).__name__}") from None
    if not 1 <= number <= most:
        raise OptionError(f"{argument} must be from 1 to {most}, not {number}")
    return number
