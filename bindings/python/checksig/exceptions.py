"""What checksig raises.

Holds no logic: which status becomes which exception is decided in `_boundary`, what fails a check in the engine.

Everything here is a ChecksigError, and a ValueError too, so that ``except ValueError`` catches whatever a check can
say. Where Python has an exception of its own for the cause, it is that one as well.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._model import MalformedLine
    from ._report import Report

__all__ = [
    "Cancelled",
    "ChecksigError",
    "FileChangedError",
    "FileError",
    "FileIsDirectoryError",
    "FileMissingError",
    "FileNotRegularError",
    "FilePermissionError",
    "FileUnreadableError",
    "ForkedError",
    "InternalError",
    "KernelUnavailableError",
    "MalformedManifestError",
    "ManifestChangedError",
    "ManifestError",
    "ManifestExistsError",
    "ManifestNotFoundError",
    "ManifestUnreadableError",
    "ManifestUnwritableError",
    "OptionsError",
    "ReaderUnavailableError",
    "ResourceError",
    "RootNotDirectoryError",
    "RootNotFoundError",
    "RootUnreadableError",
    "SignatureError",
]


class ChecksigError(ValueError):
    """The base of every exception of checksig."""


class _OSChecksigError(OSError, ChecksigError):
    """One that has an errno and, where a path is the matter, a filename. OSError stands first: it sets them."""

    def __str__(self) -> str:
        # The message has the path and the cause already; OSError would put both around it once more.
        return str(self.strerror)


class SignatureError(ChecksigError):
    """Files do not match, are missing or could not be read. `report` has every one of them.

    The text has a line for each, twenty at most: ``"/srv/logs/httpd-08.log" - mismatch``.
    """

    def __init__(self, message: str, report: Report) -> None:
        super().__init__(message)
        self.report = report

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.report)


class Cancelled(SignatureError):
    """The run was ended before it was done: what it did not come to is ``NOT_CHECKED`` in the `report`."""


class ManifestError(ChecksigError):
    """The manifest cannot be relied on: it is not there, not to be read, or has lines that do not parse: `malformed`."""

    malformed: tuple[MalformedLine, ...] = ()


class MalformedManifestError(SignatureError, ManifestError):
    """Lines of the manifest do not parse. All the others were checked: `report` has what they gave."""

    def __init__(self, message: str, report: Report) -> None:
        super().__init__(message, report)
        self.malformed = report.malformed


class RootNotFoundError(_OSChecksigError, FileNotFoundError):
    """Nothing has the name of the root."""


class RootNotDirectoryError(_OSChecksigError, NotADirectoryError):
    """The root is not a directory."""


class RootUnreadableError(_OSChecksigError):
    """The root cannot be opened."""


class ManifestNotFoundError(_OSChecksigError, ManifestError, FileNotFoundError):
    """Nothing has the name of the manifest."""


class ManifestUnreadableError(_OSChecksigError, ManifestError):
    """The manifest is no regular file, or cannot be read to its end."""


class ManifestChangedError(ManifestUnreadableError):
    """The manifest was written to, truncated or replaced while it was read: what it lists is not known."""


class ManifestExistsError(_OSChecksigError, ManifestError, FileExistsError):
    """There is a file already, be it a manifest or not, where a manifest was to be written; ``force=True`` replaces it."""


class ManifestUnwritableError(_OSChecksigError, ManifestError):
    """The manifest cannot be written."""


class FileError(_OSChecksigError):
    """A file has no digest; what is raised is one of those that follow."""


class FileMissingError(FileError, FileNotFoundError):
    """Nothing has the name of the file."""


class FileNotRegularError(FileError):
    """The file is a FIFO, a device, a socket or a directory: none of them has an end that can be proved."""


class FileIsDirectoryError(FileNotRegularError, IsADirectoryError):
    """The file is a directory."""


class FileUnreadableError(FileError):
    """The file exists but could not be read whole."""


class FilePermissionError(FileUnreadableError, PermissionError):
    """The file may not be read."""


class FileChangedError(FileError):
    """The file was written to, truncated or grown while it was read."""


class OptionsError(ChecksigError):
    """An option, or another argument, has a value that it cannot have."""


class ReaderUnavailableError(ChecksigError):
    """The reader that was asked for cannot be had on this machine; the text has the reason and the remedy."""


class KernelUnavailableError(ChecksigError):
    """The SHA-1 kernel that was asked for cannot be had on this CPU; the text has the reason and those that can."""


class ResourceError(_OSChecksigError):
    """The system refused even one thread, or a descriptor to open any file with."""


class ForkedError(ChecksigError, RuntimeError):
    """The run was started before a fork and used in the child. Start one after the fork."""


class InternalError(ChecksigError, RuntimeError):
    """checksig broke a promise to itself: please report it."""


def _publish() -> None:
    # Shown and pickled under the name that users write.
    for name in __all__:
        globals()[name].__module__ = __package__


_publish()
