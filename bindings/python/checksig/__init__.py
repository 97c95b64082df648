"""checksig: proves that a directory tree holds the bytes its SHA-1 manifest says it holds.

Holds no logic but the check that the library beside it is of the same version.

>>> import checksig
>>> checksig.check_signatures("/no/such/directory")
Traceback (most recent call last):
    ...
checksig.RootNotFoundError: /no/such/directory: no such directory
"""

from . import _boundary
from ._api import audit, check_signatures, create, iter_verify, verify
from ._hashing import file_digest, hash_files, hash_many
from ._run import Run
from .exceptions import (
    Cancelled,
    ChecksigError,
    FileChangedError,
    FileError,
    FileIsDirectoryError,
    FileMissingError,
    FileNotRegularError,
    FilePermissionError,
    FileUnreadableError,
    ForkedError,
    InternalError,
    KernelUnavailableError,
    MalformedManifestError,
    ManifestChangedError,
    ManifestError,
    ManifestExistsError,
    ManifestNotFoundError,
    ManifestUnreadableError,
    ManifestUnwritableError,
    OptionsError,
    ReaderUnavailableError,
    ResourceError,
    RootNotDirectoryError,
    RootNotFoundError,
    RootUnreadableError,
    SignatureError,
)

# What type checkers take for typing.TYPE_CHECKING, without the price of importing typing.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._manifest import Entry, Manifest
    from ._model import (
        FileKind,
        FileReport,
        Format,
        KernelUse,
        LineError,
        MalformedLine,
        Outcome,
        Progress,
        ReaderUse,
    )
    from ._report import Report

# The same as in Cargo.toml: a test holds them together.
__version__ = "0.1.0"

if _boundary.version() != __version__:
    raise ImportError(
        f"checksig {__version__} found a library of version {_boundary.version()} beside it; install the package again"
    )

# Where the values are; see __getattr__.
_LAZY = {
    "Entry": "_manifest",
    "FileKind": "_model",
    "FileReport": "_model",
    "Format": "_model",
    "KernelUse": "_model",
    "LineError": "_model",
    "MalformedLine": "_model",
    "Manifest": "_manifest",
    "Outcome": "_model",
    "Progress": "_model",
    "ReaderUse": "_model",
    "Report": "_report",
}

__all__ = [
    "Cancelled",
    "ChecksigError",
    "Entry",
    "FileChangedError",
    "FileError",
    "FileIsDirectoryError",
    "FileKind",
    "FileMissingError",
    "FileNotRegularError",
    "FilePermissionError",
    "FileReport",
    "FileUnreadableError",
    "ForkedError",
    "Format",
    "InternalError",
    "KernelUnavailableError",
    "KernelUse",
    "LineError",
    "MalformedLine",
    "MalformedManifestError",
    "Manifest",
    "ManifestChangedError",
    "ManifestError",
    "ManifestExistsError",
    "ManifestNotFoundError",
    "ManifestUnreadableError",
    "ManifestUnwritableError",
    "OptionsError",
    "Outcome",
    "Progress",
    "ReaderUnavailableError",
    "ReaderUse",
    "Report",
    "ResourceError",
    "RootNotDirectoryError",
    "RootNotFoundError",
    "RootUnreadableError",
    "Run",
    "SignatureError",
    "audit",
    "check_signatures",
    "create",
    "file_digest",
    "hash_files",
    "hash_many",
    "iter_verify",
    "verify",
]


if not TYPE_CHECKING:  # Who checks types has the import above, and is to be told of names that are not there.

    def __getattr__(name):
        # The values are imported when the first is asked for; see _model.
        if name in _LAZY:
            from importlib import import_module

            return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__():
        return sorted([*globals(), *_LAZY])
