"""What a user of the package may write, for type checkers: test_types runs them over it, and Python does too.

Every type that is asserted here is a promise. Needs no newer Python than the package, nor anything that is not installed with it.
"""

from __future__ import annotations

import json
import os
import pathlib
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Optional

import checksig
from checksig import Entry, FileReport, Format, Manifest, Outcome, Progress, Report


def nightly(root: pathlib.Path, log: pathlib.Path) -> bool:
    """An audit whose report goes to a file."""
    try:
        report: Report = checksig.audit(root, exclude=["*.tmp", b"/cache/"], limit_rate=50 * 2**20, idle=True)
    except FileNotFoundError as error:
        sys.exit(f"nothing to audit: {error.filename}")
    except checksig.OptionsError as error:
        sys.exit(str(error))
    found: dict[str, Any] = report.to_dict()
    log.write_text(json.dumps(found))
    return report.ok


def lost(report: Report) -> Iterator[tuple[str, Optional[str]]]:
    """Names of what is not there any more, and where it went."""
    moved = {failure.moved_from: failure.path for failure in report.failures if failure.moved_from is not None}
    for failure in report.failures:
        if failure.outcome is Outcome.MISSING:
            yield failure.name, moved.get(failure.name)


def worst(files: Iterable[FileReport]) -> int:
    return max((file.size_bytes or 0 for file in files), default=0)


class Meter:
    """A callable for progress=."""

    def __init__(self) -> None:
        self.done = 0.0

    def __call__(self, progress: Progress) -> None:
        self.done = progress.fraction_done or 0.0


def check(root: os.PathLike[str]) -> int:
    """Each way to check the same tree; the number of files that are right."""
    meter = Meter()
    try:
        checksig.check_signatures(root)
    except checksig.MalformedManifestError as error:
        print(len(error.malformed), len(error.report.failures))
    except checksig.SignatureError as error:
        print(error.report.message)
    right: int = checksig.verify(root, progress=meter).counts["match"]
    right = checksig.verify(root, progress=lambda progress: print(progress.files_done)).counts[Outcome.MATCH]
    files = checksig.iter_verify(root, ordered=False, workers=None)
    largest = worst(files)
    files.close()
    with checksig.Run(root) as run:
        names: list[str] = [record.name for record in run if isinstance(record, FileReport)]
        run.report().raise_for_failures()
    assert meter.done == 1.0 and len(names) == right and largest >= 0
    return right


def manifests(path: str) -> None:
    manifest: Manifest = Manifest.from_mapping({"a.log": bytes(20), "b.log": "0" * 40})
    manifest.write(path, format=Format.BSD, force=True)
    entries: list[Entry] = list(Manifest.read(path, format="bsd"))
    assert [entry.digest for entry in entries] == ["0" * 40] * 2


def main(folder: str) -> None:
    root = pathlib.Path(folder)
    (root / "a.log").write_bytes(b"abc")
    created: Report = checksig.create(root, format="gnu", force=True)
    digests: list[str] = checksig.hash_many([b"abc", bytearray(b"abc"), memoryview(b"abc")])
    hashed: list[FileReport] = checksig.hash_files([root / "a.log", os.fsencode(root / "a.log")])
    digest: str = checksig.file_digest(root / "a.log")
    assert created.ok and check(root) == 1 and {digest, *digests} == {file.actual for file in hashed}
    assert nightly(root, root.with_name("audit.json")) and not list(lost(created))
    manifests(str(root / "other.sha1"))


if __name__ == "__main__":
    main(sys.argv[1])
