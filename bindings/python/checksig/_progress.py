"""Who is told how far a run has come: a callable of the user, or a bar of tqdm.

Asks no run and makes no thread: the loop that waits for a run calls it.
"""

from __future__ import annotations

from time import monotonic

# What type checkers take for typing.TYPE_CHECKING, without the price of importing typing.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Union

    from ._model import Progress

    AskedFor = Union[Callable[[Progress], object], bool, None]

_EVERY_S = 0.1


class Telling:
    """Calls what `progress=` asks for about ten times a second; made before the run starts, so that it can refuse.

    :raises TypeError: it is neither callable nor a bool nor None
    :raises ImportError: a bar is asked for, and tqdm is not installed
    """

    def __init__(self, progress: AskedFor) -> None:
        self._tell: Callable[[Progress], object] | None = None
        self._bar: Any = None
        self._due = 0.0
        if progress is True:
            self._bar = _bar()
            self._tell = self._move
        elif callable(progress):
            self._tell = progress
        elif progress is not None and progress is not False:
            raise TypeError(f"progress must be callable, bool or None, not {type(progress).__name__}")

    def __enter__(self) -> Telling:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def __call__(self, run: Any, *, last: bool = False) -> None:
        if self._tell is not None and (last or monotonic() >= self._due):
            self._due = monotonic() + _EVERY_S
            self._tell(run.progress())

    def _move(self, progress: Progress) -> None:
        files = progress.files_planned if progress.planned_all else progress.files_expected
        shown = f"{progress.files_done}/{'?' if files is None else files} files"
        if progress.files_failed:
            shown += f", {progress.files_failed} failed"
        self._bar.set_postfix_str(shown, refresh=False)
        # By bytes, as the time that is left goes by them.
        self._bar.total = progress.bytes_expected
        self._bar.n = progress.bytes_done
        self._bar.refresh()


def _bar() -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        raise ImportError("progress=True needs tqdm: pip install 'checksig[progress]', or give a callable") from None
    return tqdm(unit="B", unit_scale=True, unit_divisor=1024)
