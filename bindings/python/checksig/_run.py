"""A run that is pulled: arguments checked on the way in, records made into values on the way out.

Touches no cffi (that is `_boundary`) and judges no file (that is the engine).
"""

from __future__ import annotations

import os

from . import _boundary_run
from ._arguments import options, path

# What type checkers take for typing.TYPE_CHECKING, without the price of importing typing.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from ._arguments import AnyPath
    from ._boundary_run import Row
    from ._model import FileReport, MalformedLine, Progress
    from ._progress import Telling
    from ._report import Report


class Run:
    """A verification under way, for those who watch or cancel it from elsewhere.

    An iterator of :class:`FileReport` and :class:`MalformedLine`, matches included, and a context manager: leaving it
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
    ...         print(record.line, record.ok, record.message)
    ...     print(run.report().ok)
    1 True match
    True
    >>> folder.cleanup()
    """

    def __init__(
        self,
        root: AnyPath,
        *,
        manifest: AnyPath | None = None,
        format: str = "auto",
        follow: str = "never",
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
    ) -> None:
        self._start("verify", path(root, "root"), locals())

    @classmethod
    def _of(cls, verb: str, root: bytes, given: Mapping[str, Any], files: list[bytes] | None = None) -> Run:
        """A run of any verb; `given` are the arguments of a function by name, of which options are taken."""
        run = cls.__new__(cls)
        run._start(verb, root, given, files)
        return run

    def _start(self, verb: str, root: bytes, given: Mapping[str, Any], files: list[bytes] | None = None) -> None:
        chosen = options(given)
        self._verb = verb
        self._root = root
        self._manifest = _manifest(verb, root, chosen)
        self._found: dict[str, Any] | None = None
        # Rows that were pulled and not yet handed out, and every row so far that is no match.
        self._pending: Iterator[Row] = iter(())
        self._failed: list[Row] = []
        self._run = _boundary_run.Run(verb, root, self._manifest, chosen, files)

    def __iter__(self) -> Run:
        return self

    def __next__(self) -> FileReport | MalformedLine:
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

    def report(self) -> Report:
        """Wait for the end and report. Records that were not iterated over are only counted, failures are kept."""
        self._finish()
        return self._report()

    def close(self) -> None:
        """Cancel the run if it is still under way, and free what it holds."""
        self._run.close()

    def _next_rows(self, failures_only: bool = False) -> list[Row] | None:
        """What came within a moment, maybe nothing; None when everything has been handed out."""
        rows = self._run.next_batch(failures_only)
        self._failed.extend(row for row in rows or () if _is_failure(row))
        return rows

    def _finish(self, tell: Telling | None = None) -> bool:
        """Wait for the end, and tell of it meanwhile; whether the verdict is pass."""
        while self._found is None:
            # Each turn is short, so that Python sees Ctrl-C.
            if self._next_rows(failures_only=True) is None:
                self._found = self._run.report()
            if tell is not None:
                tell(self, last=self._found is not None)
        return bool(self._found["ok"])

    def _report(self) -> Report:
        from ._model import KernelUse, Outcome, ReaderUse
        from ._report import Report

        assert self._found is not None
        found = dict(self._found)
        found["counts"] = {Outcome(name): count for name, count in found["counts"].items()}
        found["readers"] = tuple(ReaderUse(*reader) for reader in found["readers"])
        found["kernels"] = tuple(KernelUse(*kernel) for kernel in found["kernels"])
        found["reasons"] = tuple(found["reasons"])
        found["formats"] = tuple(found["formats"])
        # One that nobody named may be a bag's; a list of files has none.
        found["manifest"] = os.fsdecode(found["manifest"] or self._manifest)
        # What is no regular file is no failure to write a manifest.
        harmless = Outcome.NOT_REGULAR if self._verb == "create" else None
        files = [_file(row, self._root) for row in self._failed if not row[0]]
        return Report(
            verb=self._verb,
            root=os.fsdecode(self._root),
            failures=tuple(file for file in files if file.outcome is not harmless),
            left_out=tuple(file for file in files if file.outcome is harmless),
            malformed=tuple(_malformed(row) for row in self._failed if row[0]),
            **found,
        )


def _manifest(verb: str, root: bytes, chosen: Mapping[str, Any]) -> bytes:
    """The manifest that the run will take, or write."""
    if verb == "create":
        name = b"manifest-sha1.txt" if chosen.get("format") == b"bagit" else b"sha1sum.txt"
        return bytes(chosen.get("output", os.path.join(root, name)))
    return bytes(chosen.get("manifest", os.path.join(root, b"sha1sum.txt")))


def _is_failure(row: Row) -> bool:
    return bool(row[0]) or row[3] != "match"


def _file(row: Row, root: bytes) -> FileReport:
    from ._model import FileKind, FileReport, Outcome

    _, name, line, outcome, *known, kind, moved_from = row
    last = None if kind is None else FileKind(kind), None if moved_from is None else os.fsdecode(moved_from)
    fields: Row = os.fsdecode(os.path.join(root, name)), os.fsdecode(name), line, Outcome(outcome), *known, *last
    return FileReport(*fields)


def _malformed(row: Row) -> MalformedLine:
    from ._model import LineError, MalformedLine

    _, line, text, reason, message = row
    return MalformedLine(line, os.fsdecode(text), LineError(reason), message)
