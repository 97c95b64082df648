"""Digests without a manifest: of objects in memory, of one file, of the files of a list.

Touches no cffi (that is `_boundary`) and reads no file (that is the engine).
"""

from __future__ import annotations

from . import _boundary
from ._arguments import each, name, path as path_of
from ._progress import Telling
from ._run import Run, _file

# What type checkers take for typing.TYPE_CHECKING, without the price of importing typing.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from _typeshed import ReadableBuffer

    from ._arguments import AnyPath
    from ._model import FileReport
    from ._progress import AskedFor

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
        for index, buffer in enumerate(each(buffers, "buffers", "buffers")):
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
    return _boundary.file_digest(path_of(path, "path"))


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
    progress: AskedFor = None,
) -> list[FileReport]:
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
    ...     print(record.ok, record.actual, record.message)
    True a9993e364706816aba3e25717850c26c9cd0d89d match
    False None missing
    >>> folder.cleanup()
    """
    given = locals()
    files = [name(path, f"paths[{index}]") for index, path in enumerate(each(paths, "paths", "paths"))]
    records: list[FileReport] = []
    with Telling(progress) as tell, Run._of("hash", b"", given, files) as run:
        while (rows := run._next_rows()) is not None:
            records.extend(_file(row, b"") for row in rows)
            tell(run)
        # Raises what went wrong with the run itself.
        run._finish(tell)
    return records


def _refusal(buffer: object, index: int, error: Exception) -> Exception:
    if isinstance(error, TypeError):
        kind = type(buffer).__name__
        return TypeError(f"buffers[{index}] must be bytes or another object with a buffer, not {kind}")
    return BufferError(f"buffers[{index}]: {error}")


def _hashed(lent: list[Any]) -> list[str]:
    digits = _boundary.hash_many(lent)
    return [digits[at : at + 40] for at in range(0, len(digits), 40)]

