"""The arguments of the functions, checked and turned into what the library takes: bytes and numbers.

Decides nothing about a run: what an option means, and whether it can be met, is the engine's matter.
"""

from __future__ import annotations

import os

from .exceptions import OptionsError

# What type checkers take for typing.TYPE_CHECKING, without the price of importing typing.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any, TypeVar, Union

    AnyPath = Union[str, bytes, os.PathLike[str], os.PathLike[bytes]]
    T = TypeVar("T")

# What the C API takes.
_NUMBER_MAX = 2**32 - 1
_BYTES_MAX = 2**64 - 1


def options(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options among the arguments of a function, by name: bytes, numbers, and lists of bytes.

    A None that leaves the choice to the library is not among them, nor is what has its own meaning in a function. Any other
    argument is an option that was forgotten here, and not one to be passed over.
    """
    found = {}
    for name, value in given.items():
        if name in _NO_OPTIONS or value is None and name in _MAY_BE_NONE:
            continue
        if name not in _TAKEN:
            raise TypeError(f"there is no option {name}")
        found[name] = _TAKEN[name](value, name)
    return found


def path(value: Any, argument: str) -> bytes:
    """A path as bytes that the system may be asked for, empty or not."""
    there = name(value, argument)
    if b"\0" in there:
        raise ValueError(f"{argument} holds a null byte, and no path can")
    return there


def name(value: Any, argument: str) -> bytes:
    """The same, and a null byte is the matter of whoever is asked for it."""
    try:
        return os.fsencode(value)
    except TypeError:
        raise TypeError(f"{argument} must be str, bytes or os.PathLike, not {type(value).__name__}") from None


def each(values: Iterable[T], argument: str, items: str) -> Iterator[T]:
    """Refuses one value where many are meant: its parts would be taken for values, each byte of a map for a buffer."""
    kind = type(values).__name__
    if isinstance(values, (str, os.PathLike)) or _has_buffer(values):
        raise TypeError(f"{argument} must be an iterable of {items}, not one {kind}: put it into a list")
    try:
        return iter(values)
    except TypeError:
        raise TypeError(f"{argument} must be an iterable of {items}, not {kind}") from None


def _has_buffer(value: Any) -> bool:
    try:
        memoryview(value).release()
    except TypeError:
        return False
    except (BufferError, ValueError):
        # It has one, and not now: a map that is closed.
        return True
    return True


def _choice(value: Any, argument: str) -> bytes:
    if not isinstance(value, str):
        raise TypeError(f"{argument} must be str, not {type(value).__name__}")
    return value.encode("utf-8", "backslashreplace")


def _flag(value: Any, argument: str) -> bool:
    # "no" would be true.
    if not isinstance(value, bool):
        raise TypeError(f"{argument} must be bool, not {type(value).__name__}")
    return value


def _number(value: Any, argument: str, most: int = _NUMBER_MAX) -> int:
    from operator import index

    try:
        number = index(value)
    except TypeError:
        raise TypeError(f"{argument} must be int or None, not {type(value).__name__}") from None
    if not 1 <= number <= most:
        raise OptionsError(f"{argument} must be from 1 to {most}, not {number}")
    return number


def _bytes(value: Any, argument: str) -> int:
    return _number(value, argument, _BYTES_MAX)


def _patterns(value: Any, argument: str) -> list[bytes]:
    return [path(pattern, f"{argument}[{index}]") for index, pattern in enumerate(each(value, argument, "patterns"))]


_TAKEN: Mapping[str, Callable[[Any, str], Any]] = {
    "manifest": path,
    "output": path,
    "force": _flag,
    "format": _choice,
    "follow": _choice,
    "exclude": _patterns,
    "reader": _choice,
    "kernel": _choice,
    "workers": _number,
    "queue_depth": _number,
    "memory": _bytes,
    "from_media": _flag,
    "cache": _choice,
    "limit_rate": _bytes,
    "idle": _flag,
    "ordered": _flag,
}
_NO_OPTIONS = ("self", "root", "root_dir", "paths", "progress")
_MAY_BE_NONE = ("manifest", "output", "workers", "queue_depth", "memory", "limit_rate")
