"""The boundary: the C API as Python functions over bytes and numbers; how its statuses become exceptions.

cffi is touched here and in the two files beside it alone. Makes no object of the model and decides nothing: see `_api` and `_model`.
"""

from __future__ import annotations

import errno
import os
import sys

from . import _native, exceptions

# What type checkers take for typing.TYPE_CHECKING, without the price of importing typing.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

# Made from the header when the package is built, and of no types.
ffi: Any = _native.ffi
lib: Any = _native.lib

_OK = lib.CHECKSIG_STATUS_OK
_WAITING = lib.CHECKSIG_STATUS_WAITING
_FINISHED = lib.CHECKSIG_STATUS_FINISHED

_EXCEPTIONS = {
    lib.CHECKSIG_STATUS_BAD_ARGUMENT: exceptions.OptionsError,
    lib.CHECKSIG_STATUS_BAD_OPTION: exceptions.OptionsError,
    lib.CHECKSIG_STATUS_ROOT_NOT_FOUND: exceptions.RootNotFoundError,
    lib.CHECKSIG_STATUS_ROOT_NOT_DIRECTORY: exceptions.RootNotDirectoryError,
    lib.CHECKSIG_STATUS_ROOT_UNREADABLE: exceptions.RootUnreadableError,
    lib.CHECKSIG_STATUS_MANIFEST_NOT_FOUND: exceptions.ManifestNotFoundError,
    lib.CHECKSIG_STATUS_MANIFEST_UNREADABLE: exceptions.ManifestUnreadableError,
    lib.CHECKSIG_STATUS_MANIFEST_NOT_REGULAR: exceptions.ManifestUnreadableError,
    lib.CHECKSIG_STATUS_MANIFEST_CHANGED: exceptions.ManifestChangedError,
    lib.CHECKSIG_STATUS_MANIFEST_EXISTS: exceptions.ManifestExistsError,
    lib.CHECKSIG_STATUS_MANIFEST_UNWRITABLE: exceptions.ManifestUnwritableError,
    lib.CHECKSIG_STATUS_FILE_NOT_FOUND: exceptions.FileMissingError,
    lib.CHECKSIG_STATUS_FILE_NOT_REGULAR: exceptions.FileNotRegularError,
    lib.CHECKSIG_STATUS_FILE_UNREADABLE: exceptions.FileUnreadableError,
    lib.CHECKSIG_STATUS_FILE_CHANGED: exceptions.FileChangedError,
    lib.CHECKSIG_STATUS_READER_UNAVAILABLE: exceptions.ReaderUnavailableError,
    lib.CHECKSIG_STATUS_KERNEL_UNAVAILABLE: exceptions.KernelUnavailableError,
    lib.CHECKSIG_STATUS_NO_THREAD: exceptions.ResourceError,
    lib.CHECKSIG_STATUS_NO_DESCRIPTOR: exceptions.ResourceError,
    lib.CHECKSIG_STATUS_FORKED: exceptions.ForkedError,
}

# Where Python has an exception of its own for what errno says.
_NARROWER: dict[tuple[type[Exception], int], type[exceptions.FileError]] = {
    (exceptions.FileNotRegularError, errno.EISDIR): exceptions.FileIsDirectoryError,
    (exceptions.FileUnreadableError, errno.EACCES): exceptions.FilePermissionError,
    (exceptions.FileUnreadableError, errno.EPERM): exceptions.FilePermissionError,
}


def version() -> str:
    """The version of the library."""
    text: str = ffi.string(lib.checksig_version()).decode("ascii")
    return text


# The memory of an object, held where it is until what this returns is dropped. Raises what cffi and the object have to
# say where there is no memory, or not in one piece. Bare, as it is called for every message.
lend: Callable[[Any], Any] = ffi.from_buffer

if sys.implementation.name == "pypy":

    def _lend_in_one_piece(memory: Any) -> Any:
        # PyPy lends the bytes in between, too, where CPython refuses.
        if not memoryview(memory).c_contiguous:
            raise BufferError("memoryview: underlying buffer is not C-contiguous")
        return ffi.from_buffer(memory)

    lend = _lend_in_one_piece


def hash_many(lent: Sequence[Any]) -> str:
    """The digests of what was lent, one behind the other, in hexadecimal digits."""
    digests = ffi.new("uint8_t[]", 20 * len(lent))
    check(lib.checksig_hash_many(array_of(lent), len(lent), digests))
    return bytes(ffi.buffer(digests)).hex()


def file_digest(path: bytes) -> str:
    """The digest of one file, in hexadecimal digits."""
    digest = ffi.new("uint8_t[]", 20)
    check(lib.checksig_file_digest(path, len(path), digest), lambda _: path)
    return bytes(ffi.buffer(digest)).hex()


def owned(kind: str, free: Callable[[Any], None]) -> Any:
    """A place for a handle, NULL for now, that frees it when the place is released or forgotten.

    It is there before the call that fills it: Ctrl-C is raised the moment that such a call returns.
    """
    return ffi.gc(ffi.new(kind + " **"), lambda place: free(place[0]))


def check(status: int, path_for: Callable[[type[Exception]], bytes] | None = None) -> int:
    """Passes on a status that is no failure and raises the exception for one that is."""
    if status in (_OK, _WAITING, _FINISHED):
        return status
    message = ffi.string(lib.checksig_last_error()).decode("utf-8", "replace")
    kind: type[Exception] = _EXCEPTIONS.get(status, exceptions.InternalError)
    if not issubclass(kind, OSError):
        raise kind(message)
    number = lib.checksig_last_error_number() or errno.EINVAL
    narrower = _NARROWER.get((kind, number), kind)
    if path_for is None:
        raise narrower(number, message)
    raise narrower(number, message, os.fsdecode(path_for(kind)))


def array_of(lent: Sequence[Any]) -> Any:
    """An array of what was lent; it is of use while that is held."""
    array = ffi.new("ChecksigBytes[]", len(lent))
    for element, memory in zip(array, lent):
        element.data, element.len = memory, len(memory)
    return array


def bytes_of(text: Any) -> bytes:
    found: bytes = ffi.unpack(text.data, text.len) if text.data else b""
    return found


def text_of(text: Any) -> str:
    return bytes_of(text).decode("utf-8", "replace")


def digest_of(pointer: Any) -> str | None:
    return bytes(ffi.buffer(pointer, 20)).hex() if pointer else None
