"""The report of a whole run, as a value.

Judges nothing: whether a run passed is what the engine said. Imported when the first report is made; see `_model`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

from ._json import text
from ._model import FileReport, KernelUse, MalformedLine, Outcome, ReaderUse
from .exceptions import Cancelled, MalformedManifestError, SignatureError

# A repr is for one line; the rest is in `failures`.
_NAMES_SHOWN = 3


@dataclass(frozen=True, repr=False)
class Report:
    """What a whole run found."""

    #: What the run did: ``"verify"``, ``"audit"`` or ``"create"``.
    verb: str
    #: The directory and the manifest, as they were given; without one, the manifest that was taken.
    root: str
    manifest: str
    #: The formats of the manifest's entries, by their names: more than one where lines of several stand side by side.
    formats: tuple[str, ...]
    #: Whether something was checked, all of it matches, and nothing was left out.
    ok: bool
    #: The number of files with each outcome; ``report.counts["mismatch"]`` works as well as ``Outcome.MISMATCH``.
    counts: Mapping[str, int]
    #: Every file that is no match, in the order of the manifest.
    failures: tuple[FileReport, ...]
    #: Every line of the manifest that does not parse.
    malformed: tuple[MalformedLine, ...]
    #: What `create` left out of the manifest because it is no regular file: none of them is a failure.
    left_out: tuple[FileReport, ...]
    #: What is wrong in words, twenty lines at most; empty where `ok` is true.
    message: str
    #: Files with an outcome.
    files: int
    #: Unlisted files that have a `moved_from`, and names that `exclude` kept out, of a directory its own alone.
    moved: int
    excluded: int
    #: Bytes that were read and hashed.
    bytes: int
    #: From the start of the run to its end.
    seconds: float
    #: Whether the run was ended before it was done; then it did not pass.
    cancelled: bool
    readers: tuple[ReaderUse, ...]
    #: Why the run was done as it was: readers and kernels that were asked for by name, every fallback with its reason and remedy,
    #: which manifest was taken where none was named, and where less was used than was asked for.
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
        """The verdict, the numbers and the first names; the others are in `failures`."""
        shown = [f"ok={self.ok}", f"files={self.files}", f"bytes={self.bytes}"]
        shown += [f"{outcome}={count}" for outcome, count in self.counts.items() if count]
        if self.malformed:
            shown.append(f"malformed_lines={len(self.malformed)}")
        if self.cancelled:
            shown.append("cancelled=True")
        if self.failures:
            names = [repr(failure.name) for failure in self.failures[:_NAMES_SHOWN]]
            more = len(self.failures) - len(names)
            shown.append(f"failures=[{', '.join(names)}{f', and {more} more' if more else ''}]")
        return f"Report({', '.join(shown)})"

    def raise_for_failures(self) -> None:
        """Returns None where `ok` is true, and raises what :func:`check_signatures` would have raised otherwise.

        :raises SignatureError: files do not match, are missing, could not be read, or there was nothing to check
        :raises MalformedManifestError: a SignatureError and a ManifestError: lines of the manifest do not parse
        :raises Cancelled: the run was ended before it was done, whatever it had found by then
        """
        if self.ok:
            return
        if self.cancelled:
            raise Cancelled(self.message, self)
        raise (MalformedManifestError if self.malformed else SignatureError)(self.message, self)

    def to_dict(self) -> dict[str, Any]:
        """The same for `json.dumps`, with the fields of ``summary`` in the JSON of the command, and lists of
        `failures`, `malformed` lines and what was `left_out`.

        Names that are not UTF-8 are there twice: to be read, and in base64 under ``path_b64``, ``root_b64`` and so on.

        >>> import json, pathlib, tempfile
        >>> import checksig
        >>> folder = tempfile.TemporaryDirectory()
        >>> _ = (pathlib.Path(folder.name) / "list").write_text("a9993e364706816aba3e25717850c26c9cd0d89d  a.log")
        >>> found = checksig.verify(folder.name, manifest=pathlib.Path(folder.name) / "list").to_dict()
        >>> found["verdict"], found["counts"]["missing"], json.loads(json.dumps(found)) == found
        ('fail', 1, True)
        >>> found["failures"][0]["path"], found["failures"][0]["outcome"]
        ('a.log', 'missing')
        >>> folder.cleanup()
        """
        return {
            "verb": self.verb,
            **text("root", self.root),
            **text("manifest", self.manifest),
            "verdict": "pass" if self.ok else "fail",
            "counts": {str(outcome): count for outcome, count in self.counts.items()},
            "moved": self.moved,
            "excluded": self.excluded,
            "formats": list(self.formats),
            "malformed_lines": len(self.malformed),
            "files": self.files,
            "bytes": self.bytes,
            "seconds": self.seconds,
            "cancelled": self.cancelled,
            "readers": [
                {
                    "reader": use.name,
                    "files": use.files,
                    "bytes": use.bytes,
                    "device_files": use.device_files,
                    "device_bytes": use.device_bytes,
                }
                for use in self.readers
            ],
            "reasons": list(self.reasons),
            "kernel": self.kernel,
            "kernels": [{"name": use.name, "from": use.lanes_from} for use in self.kernels],
            "workers": self.workers,
            "failures": [failure.to_dict() for failure in self.failures],
            "malformed": [line.to_dict() for line in self.malformed],
            "left_out": [file.to_dict() for file in self.left_out],
        }
