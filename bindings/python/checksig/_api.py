"""The two functions that most users need, over `Run`.

Judges no file: the engine has, and the report says so.
"""

from __future__ import annotations

from ._run import Run
from .exceptions import ManifestError, SignatureError

# What type checkers take for typing.TYPE_CHECKING, without the price of importing typing.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ._model import Progress, Report
    from ._run import AnyPath


def check_signatures(root_dir: AnyPath) -> None:
    """Check, in parallel, the SHA-1 digest of every file that ``root_dir/sha1sum.txt`` lists.

    Returns None when every file matches. Otherwise every entry has been checked all the same, and the exception says
    what is wrong, a line for each file.

    :raises SignatureError: a ValueError whose `report` has every file that is no match
    :raises ManifestError: a SignatureError: lines of the manifest do not parse
    :raises FileNotFoundError: the directory, or the manifest in it, is not there; also a ValueError
    :raises NotADirectoryError: `root_dir` is not a directory; also a ValueError

    >>> import pathlib, tempfile
    >>> from checksig import check_signatures
    >>> folder = tempfile.TemporaryDirectory()
    >>> root = pathlib.Path(folder.name)
    >>> _ = (root / "a.log").write_bytes(b"abc")
    >>> _ = (root / "sha1sum.txt").write_bytes(b"a9993e364706816aba3e25717850c26c9cd0d89d  a.log\\n")
    >>> check_signatures(root)
    >>> _ = (root / "a.log").write_bytes(b"abd")
    >>> try:
    ...     check_signatures(root)
    ... except ValueError as error:
    ...     print(str(error).replace(folder.name, "/tmp/logs"))
    "/tmp/logs/a.log" - mismatch
    >>> folder.cleanup()
    """
    with Run(root_dir, _root_argument="root_dir") as run:
        if run._passes():
            return
        report = run.report()
    kind = ManifestError if report.malformed else SignatureError
    raise kind(report.message, report)


def verify(
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
    on_progress: Callable[[Progress], object] | None = None,
) -> Report:
    """Check every file that the manifest lists, and report: a mismatch is in the report and raises nothing.

    :param manifest: the manifest; without one, ``sha1sum.txt`` below the root or, where that is not there, ``manifest-sha1.txt``
    :param reader: "auto", or one way to read every file: "uring", "threads", "mmap" or "pread"
    :param kernel: "auto", which measures what is fastest on this CPU, or one SHA-1 kernel for every file: "avx512",
        "avx2", "sha-ni", "sha-ni-x2", "sha-ni-x4", "sha-ni-xor", "sha-ni-xor-x2", "sha-ni-xor-x4", "sha1-crate", "scalar"
    :param workers: threads that hash; without a number, as many as CPU affinity and the cgroup's quota allow
    :param queue_depth: reads in flight on the device at a time, 4096 at most; without a number it is chosen for the device; the
        readers "pread" and "mmap" take no notice of it
    :param memory: bytes that all buffers may take, 4 MiB at least; without a number 51 MiB and 8 MiB a worker, at most
    :param from_media: read every byte from the device itself (O_DIRECT), also what is in the page cache
    :param cache: "neutral", which leaves the page cache as it was, or "keep": what was read stays cached
    :param limit_rate: bytes a second that are read at most, from devices and from memory; without a number no limit
    :param idle: the threads of the run, and no others, give way to everybody else, for the CPU and for the disk
    :param on_progress: called with a :class:`Progress` about ten times a second, from this thread
    :raises ChecksigError: the check could not be made at all

    >>> import pathlib, tempfile
    >>> import checksig
    >>> folder = tempfile.TemporaryDirectory()
    >>> root = pathlib.Path(folder.name)
    >>> _ = (root / "a.log").write_bytes(b"abc")
    >>> _ = (root / "list").write_bytes(
    ...     b"a9993e364706816aba3e25717850c26c9cd0d89d  a.log\\n"
    ...     b"a9993e364706816aba3e25717850c26c9cd0d89d  b.log\\n"
    ... )
    >>> report = checksig.verify(root, manifest=root / "list")
    >>> report.ok, report.counts["match"], report.counts["missing"]
    (False, 1, 1)
    >>> [(failure.name, str(failure.outcome)) for failure in report.failures]
    [('b.log', 'missing')]
    >>> folder.cleanup()
    """
    with Run(
        root,
        manifest=manifest,
        reader=reader,
        kernel=kernel,
        workers=workers,
        queue_depth=queue_depth,
        memory=memory,
        from_media=from_media,
        cache=cache,
        limit_rate=limit_rate,
        idle=idle,
    ) as run:
        return run.report(on_progress)
