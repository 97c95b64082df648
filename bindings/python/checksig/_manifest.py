"""Manifests as values: read, iterated over, made from a mapping, and written; no file that they list is looked at.

Touches no cffi (that is `_boundary_manifest`) and parses no line (that is the engine). Imported when the first is needed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from string import hexdigits
from typing import Iterator, Mapping, Optional, Union

from . import _boundary_manifest
from ._arguments import options, path as path_of
from ._run import _malformed
from .exceptions import ManifestError

# What type checkers take for typing.TYPE_CHECKING.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._arguments import AnyPath

# An exception is for people to read; `malformed` has every line.
_LINES_SHOWN = 20


@dataclass(frozen=True)
class Entry:
    """One entry of a manifest: a name, relative to the root, and the digest that the file is to have.

    :raises ValueError: the digest is not 40 hexadecimal digits
    """

    #: Bytes that are not UTF-8 are as ``os.fsdecode`` shows them.
    name: str
    #: 40 hexadecimal digits, in lower case.
    digest: str

    def __post_init__(self) -> None:
        if len(self.digest) != 40 or self.digest.strip(hexdigits):
            raise ValueError(f"the digest of {self.name!r} must be 40 hexadecimal digits, not {self.digest!r}")
        object.__setattr__(self, "digest", self.digest.lower())


@dataclass(frozen=True, repr=False)
class Manifest:
    """The entries of a manifest, in their order; a name may be there more than once.

    >>> import pathlib, tempfile
    >>> from checksig import Manifest
    >>> folder = tempfile.TemporaryDirectory()
    >>> there = pathlib.Path(folder.name) / "sha1sum.txt"
    >>> Manifest.from_mapping({"a.log": "a9993e364706816aba3e25717850c26c9cd0d89d"}).write(there)
    >>> manifest = Manifest.read(there)
    >>> manifest
    Manifest(1 entry, format='gnu')
    >>> for entry in manifest:
    ...     print(entry.name, entry.digest)
    a.log a9993e364706816aba3e25717850c26c9cd0d89d
    >>> folder.cleanup()
    """

    entries: tuple[Entry, ...]
    #: The format of its entries; ``"mixed"`` where lines of several stand side by side, None where there was none.
    format: Optional[str] = field(default=None, compare=False)

    @classmethod
    def read(cls, path: AnyPath, *, format: str = "auto") -> Manifest:
        """The entries of a manifest, all of them or none.

        :param format: "auto", which finds out the format, or one for every line: see :class:`Format`
        :raises ManifestError: lines do not parse: `malformed` has them
        :raises ManifestNotFoundError: a ManifestError and a FileNotFoundError
        :raises ManifestUnreadableError: a ManifestError and an OSError: it is no regular file, or not read to its end
        :raises OptionsError: there is no such format
        """
        place = path_of(path, "path")
        rows, found = _boundary_manifest.read(place, options({"format": format})["format"])
        malformed = tuple(_malformed(row) for row in rows if row[0])
        if malformed:
            shown = [f"{os.fsdecode(place)!r}, line {line.line}: {line.message}: {line.text!r}" for line in malformed]
            more = len(shown) - _LINES_SHOWN
            error = ManifestError("\n".join(shown[:_LINES_SHOWN] + [f"… and {more} more"] * (more > 0)))
            error.malformed = malformed
            raise error
        return cls(tuple(Entry(os.fsdecode(row[1]), row[5]) for row in rows), found)

    @classmethod
    def from_mapping(cls, digests: Mapping[str, Union[str, bytes]]) -> Manifest:
        """The manifest of a mapping from names to digests, which are 40 hexadecimal digits or 20 bytes.

        Names are str, bytes or os.PathLike, relative to the root and with ``/`` between their parts.

        :raises TypeError: a name or a digest is neither
        :raises ValueError: a digest has another length, or a name holds a null byte
        """
        if not isinstance(digests, Mapping):
            raise TypeError(f"digests must be a mapping from names to digests, not {type(digests).__name__}")
        return cls(tuple(Entry(_name(name), _digits(name, digest)) for name, digest in digests.items()))

    def write(self, path: AnyPath, *, format: str = "gnu", force: bool = False) -> None:
        """Write the entries in their order, whole or not at all, and wait until the bytes are on the device.

        The name ``-`` is written ``./-``, since to ``sha1sum`` that is standard input; in a bag it is a name as any other.

        :param format: how an entry is written: see :class:`Format`
        :param force: replace the file that is there already
        :raises ManifestExistsError: a FileExistsError: a file, be it a manifest or not, is there already, and `force` is false
        :raises ManifestUnwritableError: an OSError
        :raises OptionsError: there is no such format, or no line of it can carry one of the names
        """
        chosen = options({"format": format, "force": force})
        names = [os.fsencode(entry.name) for entry in self.entries]
        digests = bytes.fromhex("".join(entry.digest for entry in self.entries))
        _boundary_manifest.write(path_of(path, "path"), chosen["format"], names, digests, chosen["force"])

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        """How many there are, and in which format they were."""
        count = f"{len(self)} {'entry' if len(self) == 1 else 'entries'}"
        return f"Manifest({count})" if self.format in (None, "mixed") else f"Manifest({count}, format={self.format!r})"


def _name(name: AnyPath) -> str:
    return os.fsdecode(path_of(name, "a name"))


def _digits(name: object, digest: Union[str, bytes]) -> str:
    if isinstance(digest, bytes):
        return digest.hex()
    if not isinstance(digest, str):
        raise TypeError(f"the digest of {name!r} must be str or bytes, not {type(digest).__name__}")
    return digest
