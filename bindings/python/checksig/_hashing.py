"""Digests without a manifest: of objects in memory, of one file, of the files of a list.

Touches no cffi (that is `_boundary`) and reads no file (that is the engine).
"""

from __future__ import annotations

import os
from time import monotonic

from . import _boundary
from ._run import PROGRESS_SECONDS, Run, _path

# What type checkers take for typing.TYPE_CHECKING, without the price of importing typing.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, TypeVar

    from _typeshed import ReadableBuffer

    from ._model import FileRecord, Progress
    from ._run import AnyPath

    T = TypeVar("T")

# What one call of the library is given: at a GB a second and more, Ctrl-C waits for it a quarter of a second at most,
# unless a single buffer is longer than that.
_CALL_BYTES = 256 * 2**20
_CALL_BUFFERS = 10_000


def hash_many(buffers: Iterable[ReadableBuffer]) -> list[str]:
    """The SHA-1 digest of each buffer, in their order: 40 hexadecimal digits each. Many are hashed at a time.

    A buffer is anything with bytes in memory: ``bytes``, ``bytearray``, ``memoryview``, ``mmap``, ``array``, an array
    of NumPy; also one that is empty or may not be written to. None is copied, and the interpreter lock is free
    meanwhile: do not change them before the call is over. To hash in several threads, give each a part.

    :raises TypeError: one of them has no buffer (a str has none: encode it), or `buffers` is itself one
    :raises BufferError: the memory of one of them is not in one piece, as of ``memoryview(b"abcd")[::2]``

    >>> from checksig import hash_many
    >>> hash_many([b"abc", memoryview(b"_abc_")[1:4], bytearray()])[1:]
    ['a9993e364706816aba3e25717850c26c9cd0d89d', 'da39a3ee5e6b4b0d3255bfef95601890afd80709']
    >>> hash_many(["abc"])
    Traceback (most recent call last):
        ...
    TypeError: buffers[0] must be bytes or another object with a buffer, not str
    """
    digests: list[str] = []
    lent: list[Any] = []
    lent_bytes = 0
    try:
        for index, buffer in enumerate(_each(buffers, "buffers")):
            try:
                memory = _boundary.lend(buffer)
            except (TypeError, BufferError, ValueError) as error:
                raise _refusal(buffer, index, error) from None
            lent.append(memory)
            lent_bytes += len(memory)
            # Held by the list alone, so that it is let go with it.
            del memory
            if lent_bytes >= _CALL_BYTES or len(lent) >= _CALL_BUFFERS:
                digests.extend(_hashed(lent))
                lent.clear()
                lent_bytes = 0
        digests.extend(_hashed(lent))
    finally:
        # What is lent cannot be resized; an exception keeps this frame, and must not keep that too.
        lent.clear()
    return digests


def file_digest(path: AnyPath) -> str:
    """The SHA-1 digest of one regular file: 40 hexadecimal digits.

    It is read in this thread, with the interpreter lock free; symbolic links are followed. A digest is given only if
    every byte of the file was read and nobody wrote to it meanwhile. For many files :func:`hash_files` is faster.

    :raises FileMissingError: a FileNotFoundError
    :raises FileIsDirectoryError: an IsADirectoryError
    :raises FileNotRegularError: it is a FIFO, a device or a socket: none has an end that can be proved
    :raises FilePermissionError: a PermissionError
    :raises FileUnreadableError: an OSError: it could not be read whole
    :raises FileChangedError: an OSError: it was written to meanwhile

    >>> from checksig import file_digest
    >>> file_digest("/no/such/file")
    Traceback (most recent call last):
        ...
    checksig.FileMissingError: /no/such/file: no such file
    """
    digest: str = _boundary.file_digest(_path(path, "path"))
    return digest


def hash_files(
    paths: Iterable[AnyPath],
    *,
    reader: str = "auto",
    kernel: str = "auto",
    workers: int | None = None,
    queue_depth: int | None = None,
    memory: int | None = None,
    from_media: bool = False,
    cache: str = "neutral",
    limit_rate: int | None = None,
    idle: bool = False,
    on_progress: Callable[[Progress], object] | None = None,
) -> list[FileRecord]:
    """The SHA-1 digests of files, in parallel: one record for each path, in their order; also for one given twice.

    The digest is the record's `actual`, and its `ok` says whether there is one. What is wrong with a file is its
    `outcome` and raises nothing: missing, unreadable, no regular file, changed meanwhile. Symbolic links are followed,
    and relative paths start at the current directory. The keyword arguments are those of :func:`verify`.

    :raises TypeError: one of them is no path, or `paths` is itself one
    :raises ChecksigError: nothing could be read at all

    >>> import pathlib, tempfile
    >>> from checksig import hash_files
    >>> folder = tempfile.TemporaryDirectory()
    >>> here, gone = pathlib.Path(folder.name) / "here", pathlib.Path(folder.name) / "gone"
    >>> _ = here.write_bytes(b"abc")
    >>> for record in hash_files([here, gone]):
    ...     print(record.ok, record.actual, record.reason)
    True a9993e364706816aba3e25717850c26c9cd0d89d match
    False None missing
    >>> folder.cleanup()
    """
    files = [_name(path, index) for index, path in enumerate(_each(paths, "paths"))]
    records: list[FileRecord] = []
    due = monotonic()
    with Run(
        b"",
        reader=reader,
        kernel=kernel,
        workers=workers,
        queue_depth=queue_depth,
        memory=memory,
        from_media=from_media,
        cache=cache,
        limit_rate=limit_rate,
        idle=idle,
        _files=files,
    ) as run:
        while (more := run._next_files()) is not None:
            records.extend(more)
            if on_progress is not None and monotonic() >= due:
                due = monotonic() + PROGRESS_SECONDS
                on_progress(run.progress())
        # Raises what went wrong with the run itself.
        run._finish(on_progress)
    return records


def _each(values: Iterable[T], argument: str) -> Iterator[T]:
    """Refuses one value where many are meant: its parts would be taken for values, each byte of a map for a buffer."""
    kind = type(values).__name__
    if isinstance(values, (str, os.PathLike)) or _has_buffer(values):
        raise TypeError(f"{argument} must be an iterable of {argument}, not one {kind}: put it into a list")
    try:
        return iter(values)
    except TypeError:
        raise TypeError(f"{argument} must be an iterable of {argument}, not {kind}") from None


def _has_buffer(value: Any) -> bool:
    try:
        memoryview(value).release()
    except TypeError:
        return False
    except (BufferError, ValueError):
        # It has one, and not now: a map that is closed.
        return True
    return True


def _refusal(buffer: object, index: int, error: Exception) -> Exception:
    if isinstance(error, TypeError):
        kind = type(buffer).__name__
        return TypeError(f"buffers[{index}] must be bytes or another object with a buffer, not {kind}")
    return BufferError(f"buffers[{index}]: {error}")


def _hashed(lent: list[Any]) -> list[str]:
    digits: str = _boundary.hash_many(lent)
    return [digits[at : at + 40] for at in range(0, len(digits), 40)]


def _name(path: AnyPath, index: int) -> bytes:
    try:
        return os.fsencode(path)
    except TypeError:
        kind = type(path).__name__
        raise TypeError(f"paths[{index}] must be str, bytes or os.PathLike, not {kind}") from None
