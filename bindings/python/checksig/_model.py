"""What a run found, as values: outcomes, files, malformed lines, readers, kernels and progress.

Data only: nothing here reads, checks or decides; the report of a whole run is in `_report`. Imported when the first of
them is needed, because `dataclasses` costs more than the rest of the package.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, fields
from typing import Any, Optional

from ._json import text


class _Name(str, enum.Enum):
    """A name that is equal to its text, as in JSON and among the options of the command."""

    def __str__(self) -> str:
        return str(self.value)

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


class Outcome(_Name):
    """What became of one file. Only ``MATCH`` is a success. Each is equal to its name in lower case."""

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


class FileKind(_Name):
    """What a file is, as `stat` tells it. Each is equal to its name in lower case, as in JSON."""

    REGULAR = "regular"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    FIFO = "fifo"
    SOCKET = "socket"
    CHAR_DEVICE = "char_device"
    BLOCK_DEVICE = "block_device"
    OTHER = "other"

    @classmethod
    def _missing_(cls, value: object) -> FileKind:
        return cls.OTHER


class LineError(_Name):
    """What is wrong with a line of a manifest. Each is equal to its name in lower case, as in JSON."""

    #: It fits none of the forms.
    FORM = "form"
    #: Its digest is not 40 hexadecimal digits.
    DIGEST = "digest"
    #: Its tag is another algorithm's.
    ALGORITHM = "algorithm"
    #: No name stands behind the digest.
    NO_NAME = "no_name"
    #: Its name holds a NUL byte.
    NUL = "nul"
    #: A backslash begins no escape.
    ESCAPE = "escape"
    #: It is an entry of another format than the one that was asked for.
    OTHER_FORMAT = "other_format"
    #: The last record of a manifest whose records end with NUL has no end.
    UNENDED = "unended"
    #: It is longer than any entry.
    TOO_LONG = "too_long"
    #: The manifest begins with a UTF-8 byte order mark, or is UTF-16.
    BYTE_ORDER_MARK = "byte_order_mark"
    UTF16 = "utf16"
    #: What this package has no name for.
    OTHER = "other"

    @classmethod
    def _missing_(cls, value: object) -> LineError:
        return cls.OTHER


class Format(_Name):
    """How the entries of a manifest are written. Each is equal to its name on the command line."""

    #: Found out from the manifest's name and its beginning; for reading alone.
    AUTO = "auto"
    #: ``DIGEST  NAME``, as ``sha1sum`` writes.
    GNU = "gnu"
    #: ``DIGEST *NAME``, as ``sha1sum --binary`` writes; for writing alone, and read as ``GNU``.
    GNU_BINARY = "gnu-binary"
    #: ``SHA1 (NAME) = DIGEST``, as ``sha1sum --tag`` and the BSDs write.
    BSD = "bsd"
    #: ``SHA1(NAME)= DIGEST``, as ``openssl dgst`` writes.
    OPENSSL = "openssl"
    #: ``DIGEST  NAME`` with CR, LF and % percent-encoded: a bag's ``manifest-sha1.txt`` (RFC 8493).
    BAGIT = "bagit"
    #: ``DIGEST  NAME`` ended by NUL, without escapes, as ``sha1sum --zero`` writes.
    ZERO = "zero"


class _Value:
    """What frozen values have in common: a repr that leaves out what is not there."""

    __slots__ = ()

    def __repr__(self) -> str:
        there = ((field.name, getattr(self, field.name)) for field in fields(self))  # type: ignore[arg-type]
        shown = ", ".join(f"{name}={value!r}" for name, value in there if value is not None)
        return f"{type(self).__name__}({shown})"


@dataclass(frozen=True, repr=False)
class FileReport(_Value):
    """What became of one file."""

    #: The root joined with the name, as given; of a list of files, the path as given. Bytes that are not UTF-8 are as
    #: ``os.fsdecode`` shows them.
    path: str
    #: The name in the manifest, relative to the root; of a list, the same as `path`.
    name: str
    #: The line of the manifest that lists it, from 1; 0 where none does.
    line: int
    outcome: Outcome
    #: The outcome in words: ``unreadable: Permission denied``.
    message: str
    #: The listed digest, 40 hexadecimal digits; where there is no manifest, the same as `actual`.
    expected: Optional[str]
    #: The digest that was found, where all of the file was read.
    actual: Optional[str]
    #: The size in bytes, where all of the file was read.
    size_bytes: Optional[int]
    #: For ``UNREADABLE``, the error number, and the bytes that were read before it.
    errno: Optional[int]
    offset_bytes: Optional[int]
    #: The reader that the bytes came by, where any came.
    reader: Optional[str]
    #: For ``UNSTABLE``, the digest of the second reading.
    actual_again: Optional[str]
    #: For ``NOT_REGULAR`` what stands in the place of a file, for ``UNLISTED`` what it is.
    kind: Optional[FileKind]
    #: For ``UNLISTED``, the name of a missing entry that lists its digest: the file was moved from there, as it seems. Each
    #: missing entry is named once, and both stay failures.
    moved_from: Optional[str]

    @property
    def ok(self) -> bool:
        """Whether the file holds the listed bytes; where there is no manifest, whether it has a digest."""
        return self.outcome is Outcome.MATCH

    def to_dict(self) -> dict[str, Any]:
        """The same for `json.dumps`, with the fields that a ``file`` has in the JSON of the command.

        ``path`` is the name, and where that is not UTF-8 ``path_b64`` has its very bytes in base64.
        """
        found: dict[str, Any] = {
            "line": self.line,
            **text("path", self.name),
            "outcome": str(self.outcome),
            "expected": self.expected,
            "actual": self.actual,
            "size_bytes": self.size_bytes,
            "reader": self.reader,
        }
        if not self.ok:
            found["message"] = self.message
        if self.outcome is Outcome.UNREADABLE:
            found.update(errno=self.errno, offset_bytes=self.offset_bytes)
        if self.actual_again is not None:
            found["actual_again"] = self.actual_again
        if self.kind is not None:
            found["kind"] = str(self.kind)
        if self.moved_from is not None:
            found.update(text("moved_from", self.moved_from))
        return found


@dataclass(frozen=True)
class MalformedLine:
    """A line of the manifest that does not parse."""

    #: The number of the line, from 1.
    line: int
    #: The line as it stands, or its beginning.
    text: str
    #: What is wrong with it, and the same in words.
    reason: LineError
    message: str

    @property
    def ok(self) -> bool:
        """False: a line that does not parse lists a file that nobody checked."""
        return False

    def to_dict(self) -> dict[str, Any]:
        """The same for `json.dumps`; ``text_b64`` has the very bytes where they are not UTF-8."""
        return {"line": self.line, "reason": str(self.reason), "message": self.message, **text("text", self.text)}


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
    #: Bytes of the manifest gone through, and its size in bytes; both 0 where none is read.
    manifest_bytes_done: int
    manifest_bytes: int
    #: How many files and bytes there will have been, estimated from the sizes learnt so far; None where nothing tells yet.
    files_expected: Optional[int]
    bytes_expected: Optional[int]
    #: The part of the work that is done, from 0 to 1; None where the whole of it cannot be told yet.
    fraction_done: Optional[float]
    #: Names that an audit has met in the tree since the entries of its manifest were all judged; None before that, and of every
    #: other run.
    names_walked: Optional[int]
