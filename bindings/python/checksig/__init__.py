"""checksig: proves that a directory tree holds the bytes its SHA-1 manifest says it holds.

Holds no logic but the check that the library beside it is of the same version.

>>> import checksig
>>> checksig.check_signatures("/no/such/directory")
Traceback (most recent call last):
    ...
checksig.RootNotFoundError: /no/such/directory: no such directory
"""

from . import _boundary
from ._api import check_signatures, verify
from ._run import Run
from .exceptions import (
    ChecksigError,
    ForkedError,
    InternalError,
    KernelUnavailableError,
    ManifestError,
    ManifestNotFoundError,
    ManifestUnreadableError,
    OptionError,
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
    from ._model import FileRecord, KernelUse, MalformedLine, Outcome, Progress, ReaderUse, Report

# The same as in Cargo.toml: a test holds them together.
__version__ = "0.1.0"

if _boundary.version() != __version__:
    raise ImportError(
        f"checksig {__version__} found a library of version {_boundary.version()} beside it; install the package again"
    )

_MODEL = ("FileRecord", "KernelUse", "MalformedLine", "Outcome", "Progress", "ReaderUse", "Report")

__all__ = [
    "ChecksigError",
    "FileRecord",
    "ForkedError",
    "InternalError",
    "KernelUnavailableError",
    "KernelUse",
    "MalformedLine",
    "ManifestError",
    "ManifestNotFoundError",
    "ManifestUnreadableError",
    "OptionError",
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
    "check_signatures",
    "verify",
]


if not TYPE_CHECKING:  # Who checks types has the import above, and is to be told of names that are not there.

    def __getattr__(name):
        # The values are imported when the first is asked for; see _model.
        if name in _MODEL:
            from . import _model

            return getattr(_model, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__():
        return sorted([*globals(), *_MODEL])
