"""``python -m checksig``: the native command, wherever it was installed with this package.

Parses nothing: every argument is the command's.
"""

import os
import shutil
import sys
import sysconfig


def _candidates():
    yield os.path.join(sysconfig.get_path("scripts"), "checksig")
    yield os.path.join(sysconfig.get_path("scripts", f"{os.name}_user"), "checksig")
    # pip install --target DIRECTORY
    yield os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bin", "checksig")


def main():
    for program in filter(None, [*_candidates(), shutil.which("checksig")]):
        if os.access(program, os.X_OK):
            os.execv(program, [program, *sys.argv[1:]])
    sys.exit("checksig: the command is not beside this package; install the package again")


main()
