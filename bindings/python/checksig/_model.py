"""What a run found, as values: outcomes, records, readers, kernels, progress and the report.

Data only: nothing here reads, checks or decides. Imported when the first of them is needed, because `dataclasses` costs
more than the rest of the package.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Mapping, Optional


class Outcome(str, enum.Enum):
    """What became of one file. Only ``MATCH`` is a success. Each is equal to its name in lower case, as in JSON."""

    MATCH = "match"
    MISMATCH = "mismatch"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    CHANGED = "changed"
    UNSTABLE = "unstable"
    NOT_REGULAR = "not_regular"
    OUTSIDE_ROOT = "outside_root"
    UNLISTED = "unlisted"
    NOT_CHECKED = "not_checked"
    #: An outcome that this package does not know, from a newer library: a failure.
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, value: object) -> Outcome:
        return cls.UNKNOWN

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class FileRecord:
    """What became of one file."""

    #: The root joined with the name, as given; of a list of files, the path as given. Bytes that are not UTF-8 are as
    #: ``os.fsdecode`` shows them.
    path: str
    #: The name in the manifest, relative to the root; of a list, the same as `path`.
    name: str
    #: The line of the manifest that lists it, from 1; 0 where there is no manifest.
    line: int
    outcome: Outcome
    #: The outcome in words: ``unreadable: Permission denied``.
    reason: str
    #: The listed digest, 40 hexadecimal digits; where there is no manifest, the same as `actual`.
    expected: Optional[str]
    #: The digest that was found, where all of the file was read.
    actual: Optional[str]
    #: The size in bytes, where all of the file was read.
    size_bytes: Optional[int]
    #: For ``UNREADABLE``, the error number, and the bytes that were read before it.
    errno: Optional[int]
    offset_bytes: int
    #: The reader that the bytes came by, where any came.
    reader: Optional[str]

    @property
    def ok(self) -> bool:
        """Whether the file holds the listed bytes; where there is no manifest, whether it has a digest."""
        return self.outcome is Outcome.MATCH


@dataclass(frozen=True)
class MalformedLine:
    """One line of the manifest that does not parse."""

    #: The number of the line, from 1.
    line: int
    #: The line as it stands, or its beginning.
    text: str
    #: What is wrong with it.
    reason: str

    @property
    def ok(self) -> bool:
        """False: a line that does not parse lists a file that nobody checked."""
        return False


@dataclass(frozen=True)
class ReaderUse:
    """How much came by one reader."""

    name: str
    #: Files whose last byte it read, and the bytes that it read.
    files: int
    bytes: int
    #: How many of these had to come from the device and were not in the page cache, as far as Linux says.
    device_files: int
    device_bytes: int


@dataclass(frozen=True)
class KernelUse:
    """A SHA-1 kernel that was chosen."""

    name: str
    #: How many files a thread must have bytes of for it to run: 1 for the first kernel, more for each after it.
    lanes_from: int


@dataclass(frozen=True)
class Progress:
    """How far a run has come."""

    files_done: int
    files_failed: int
    bytes_done: int
    #: Files known so far: all of them once `planned_all` is true.
    files_planned: int
    planned_all: bool
    manifest_bytes_done: int
    manifest_bytes: int


@dataclass(frozen=True, repr=False)
class Report:
    """What a whole run found."""

    #: Whether something was checked, all of it matches, and nothing was left out.
    ok: bool
    #: The number of files with each outcome; ``report.counts["mismatch"]`` works as well as ``Outcome.MISMATCH``.
    counts: Mapping[Outcome, int]
    #: Every file that is no match, in the order of the manifest.
    failures: tuple[FileRecord, ...]
    #: Every line of the manifest that does not parse.
    malformed: tuple[MalformedLine, ...]
    #: What is wrong in words, twenty lines at most; empty where `ok` is true.
    message: str
    #: Files with an outcome.
    files: int
    #: Bytes that were read and hashed.
    bytes: int
    seconds: float
    cancelled: bool
    readers: tuple[ReaderUse, ...]
    #: Why these readers and kernels: what was asked for by name, and every fallback with its reason and remedy.
    reasons: tuple[str, ...]
    #: The SHA-1 kernel that hashed the most bytes, and all that were chosen.
    kernel: str
    kernels: tuple[KernelUse, ...]
    #: The number of threads that hashed.
    workers: int

    def __bool__(self) -> bool:
        """`ok`, so that ``if not verify(root):`` means what it says."""
        return self.ok

    def __repr__(self) -> str:
        """The verdict and the numbers; the failures are in `failures`."""
        found = ", ".join(f"{outcome}={count}" for outcome, count in self.counts.items() if count)
        lines = f", malformed_lines={len(self.malformed)}" if self.malformed else ""
        return f"Report(ok={self.ok}, files={self.files}, bytes={self.bytes}{', ' if found else ''}{found}{lines})"
