"""The functions that most users need, over `Run`.

Judges no file: the engine has, and the report says so.
"""

from __future__ import annotations

from ._arguments import path
from ._progress import Telling
from ._run import Run

# What type checkers take for typing.TYPE_CHECKING, without the price of importing typing.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from typing import Any

    from ._arguments import AnyPath
    from ._model import FileReport
    from ._progress import AskedFor
    from ._report import Report


def check_signatures(
    root_dir: AnyPath,
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
    progress: AskedFor = None,
) -> None:
    """Check, in parallel, the SHA-1 digest of every file that ``root_dir/sha1sum.txt`` lists.

    Returns None when every file matches. Otherwise every entry has been checked all the same, and the exception says
    what is wrong, a line for each file. The keyword arguments are those of :func:`verify`.

    :raises SignatureError: a ValueError whose `report` has every file that is no match
    :raises MalformedManifestError: a SignatureError and a ManifestError: lines of the manifest do not parse
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
    given = locals()
    with Telling(progress) as tell, Run._of("verify", path(root_dir, "root_dir"), given) as run:
        # The report of a run that passes would cost more than the run of a small tree.
        if not run._finish(tell):
            run._report().raise_for_failures()


def verify(
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
    progress: AskedFor = None,
) -> Report:
    """Check every file that the manifest lists, and report: a mismatch is in the report and raises nothing.

    :param manifest: the manifest; without one, ``sha1sum.txt`` below the root or, where that is not there, ``manifest-sha1.txt``
    :param format: "auto", which finds out the format of the manifest, or one for every line: see :class:`Format`
    :param follow: which symbolic links are followed below the root: "never", or "inside": those that stay below it
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
    :param progress: called with a :class:`Progress` about ten times a second and at the end, from this thread; what it
        raises ends the run and is passed on. True for a bar of tqdm: ``pip install 'checksig[progress]'``
    :raises OptionsError: an option has a value that it cannot have
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
    >>> report
    Report(ok=False, files=2, bytes=3, match=1, missing=1, failures=['b.log'])
    >>> [(failure.name, str(failure.outcome)) for failure in report.failures]
    [('b.log', 'missing')]
    >>> folder.cleanup()
    """
    return _done("verify", path(root, "root"), locals())


def audit(
    root: AnyPath,
    *,
    manifest: AnyPath | None = None,
    format: str = "auto",
    follow: str = "never",
    exclude: Iterable[AnyPath] = (),
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
) -> Report:
    """Check every file that the manifest lists, and look for what is there and not listed: that is a failure too.

    Unlisted files come behind the others in `failures`, in byte order of their names; one that has the digest of a missing
    entry was moved from there, as it seems: see `moved_from`. The manifest itself need not be listed. The other keyword
    arguments are those of :func:`verify`.

    :param exclude: patterns of what need not be listed, such as ``["*.tmp", "/cache/"]``: without a slash that of the
        last part of a name, with one that of the whole name, with a slash at the end of directories only
    :raises OptionsError: an option has a value that it cannot have; a pattern makes no sense
    :raises ChecksigError: the audit could not be made at all

    >>> import pathlib, tempfile
    >>> import checksig
    >>> folder = tempfile.TemporaryDirectory()
    >>> root = pathlib.Path(folder.name)
    >>> _ = (root / "new.log").write_bytes(b"abc")
    >>> _ = (root / "x.tmp").write_bytes(b"")
    >>> _ = (root / "sha1sum.txt").write_bytes(b"a9993e364706816aba3e25717850c26c9cd0d89d  old.log\\n")
    >>> report = checksig.audit(root, exclude=["*.tmp"])
    >>> [(failure.name, str(failure.outcome), failure.moved_from) for failure in report.failures]
    [('old.log', 'missing', None), ('new.log', 'unlisted', 'old.log')]
    >>> folder.cleanup()
    """
    return _done("audit", path(root, "root"), locals())


def create(
    root: AnyPath,
    *,
    output: AnyPath | None = None,
    force: bool = False,
    format: str = "gnu",
    exclude: Iterable[AnyPath] = (),
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
    progress: AskedFor = None,
) -> Report:
    """Write a manifest of every regular file below a directory, whole or not at all.

    Returns when it is written; links, devices, sockets and FIFOs are not in it, and `left_out` in the report names them.
    The manifest does not list itself. The other keyword arguments are those of :func:`verify`.

    :param output: where the manifest goes; without it ``sha1sum.txt`` below the root, of a bag ``manifest-sha1.txt``
    :param force: replace the file that is there already
    :param format: how an entry is written: see :class:`Format`
    :param exclude: patterns of what is not listed: as for :func:`audit`
    :raises SignatureError: nothing was written: there is no regular file, or some, in the `report`, could not be read
    :raises ManifestExistsError: a FileExistsError: a file, be it a manifest or not, is there already, and `force` is false
    :raises ManifestUnwritableError: an OSError: it cannot be written there
    :raises OptionsError: an option has a value that it cannot have
    :raises ChecksigError: there is no root

    >>> import pathlib, tempfile
    >>> import checksig
    >>> folder = tempfile.TemporaryDirectory()
    >>> root = pathlib.Path(folder.name)
    >>> _ = (root / "a.log").write_bytes(b"abc")
    >>> checksig.create(root)
    Report(ok=True, files=1, bytes=3, match=1)
    >>> (root / "sha1sum.txt").read_text()
    'a9993e364706816aba3e25717850c26c9cd0d89d  a.log\\n'
    >>> folder.cleanup()
    """
    report = _done("create", path(root, "root"), locals())
    # Whoever goes on without looking at the report takes the manifest for written.
    report.raise_for_failures()
    return report


def iter_verify(
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
) -> Generator[FileReport, None, None]:
    """Check every file that the manifest lists, and yield what became of each as it comes, matches included.

    The run starts with the call, and closing the generator cancels it. What no file can tell is raised after the last
    one: a loop that came to its end and saw only files that are `ok` has seen the whole tree pass. The other keyword
    arguments are those of :func:`verify`.

    :param ordered: whether files come in the order of the manifest, or as they are found
    :raises MalformedManifestError: after the last file: lines of the manifest do not parse
    :raises SignatureError: after the last file: all of them are `ok` and the run did not pass; the manifest lists none, say
    :raises ChecksigError: the check could not be made at all

    >>> import pathlib, tempfile
    >>> import checksig
    >>> folder = tempfile.TemporaryDirectory()
    >>> root = pathlib.Path(folder.name)
    >>> _ = (root / "a.log").write_bytes(b"abc")
    >>> _ = (root / "sha1sum.txt").write_bytes(b"a9993e364706816aba3e25717850c26c9cd0d89d  a.log\\n")
    >>> for file in checksig.iter_verify(root):
    ...     print(file.name, file.outcome)
    a.log match
    >>> folder.cleanup()
    """
    return _files(Run._of("verify", path(root, "root"), locals()))


def _files(run: Run) -> Generator[FileReport, None, None]:
    from ._model import FileReport

    told = False
    with run:
        for record in run:
            if isinstance(record, FileReport):
                told = told or not record.ok
                yield record
        report = run.report()
        # Where a file has told of the failure, only what it cannot tell is left to be raised.
        if report.malformed or report.cancelled or not told:
            report.raise_for_failures()


def _done(verb: str, root: bytes, given: Mapping[str, Any]) -> Report:
    """The report of a run from its beginning to its end; `given` are the arguments of the function, by name."""
    with Telling(given["progress"]) as tell, Run._of(verb, root, given) as run:
        run._finish(tell)
        return run._report()
