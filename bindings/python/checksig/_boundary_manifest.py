"""Manifests behind the boundary: one that is read line by line as rows, and one that is written.

Makes no object of the model and decides nothing; see `_manifest`, which does the first.
"""

from __future__ import annotations

from ._boundary import check, ffi, lend, lib, owned, text_of
from ._boundary_run import records_of

# What type checkers take for typing.TYPE_CHECKING, without the price of importing typing.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._boundary_run import Row


def read(path: bytes, format: bytes) -> tuple[list[Row], str | None]:
    """Gives the rows, as of a run in which nothing was checked, and the name of the format, if there is an entry."""
    rows: list[Row] = []

    def place(_: object) -> bytes:
        return path

    with owned("ChecksigManifest", lib.checksig_manifest_free) as manifest:
        check(lib.checksig_manifest_open(path, len(path), format, len(format), manifest), place)
        while True:
            with owned("ChecksigBatch", lib.checksig_batch_free) as batch:
                status = check(lib.checksig_manifest_next_batch(manifest[0], batch), place)
                if status == lib.CHECKSIG_STATUS_FINISHED:
                    break
                rows.extend(records_of(batch[0]))
        name = ffi.new("ChecksigText *")
        check(lib.checksig_manifest_format(manifest[0], name))
        return rows, text_of(name) or None


def write(path: bytes, format: bytes, names: Sequence[bytes], digests: bytes, force: bool) -> None:
    """Writes a manifest; `digests` are 20 bytes for each name, one behind the other."""
    lent = [lend(name) for name in names]
    lent_digests = lend(digests)
    entries = ffi.new("ChecksigEntry[]", len(lent))
    for index, (entry, name) in enumerate(zip(entries, lent)):
        entry.name.data, entry.name.len = name, len(name)
        entry.digest = ffi.cast("uint8_t *", lent_digests) + 20 * index
    status = lib.checksig_manifest_write(path, len(path), format, len(format), entries, len(lent), force)
    check(status, lambda _: path)
