"""``python -m checksig``: the native command, wherever it was installed with this package.

Parses nothing: every argument is the command's.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig

# What type checkers take for typing.TYPE_CHECKING, without the price of importing typing.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def _candidates() -> Iterator[str]:
    yield os.path.join(sysconfig.get_path("scripts"), "checksig")
    yield os.path.join(sysconfig.get_path("scripts", f"{os.name}_user"), "checksig")
    # pip install --target DIRECTORY
    yield os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bin", "checksig")


def main() -> None:
    for program in filter(None, [*_candidates(), shutil.which("checksig")]):
        if os.access(program, os.X_OK):
            os.execv(program, [program, *sys.argv[1:]])
    sys.exit("checksig: the command is not beside this package; install the package again")


main()
