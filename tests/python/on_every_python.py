"""Runs these tests on every Python that this machine has, each in an environment of its own, from one built wheel.

    python on_every_python.py WHEEL FOLDER

Builds nothing and tests nothing itself: no interpreter sees a compiler or Cargo, as on a user's server. What is not
here is said and counted, since one wheel is to serve them all.
"""

import glob
import os
import re
import shutil
import subprocess
import sys

WANTED = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.14t", "pypy"]
# What says which Python a program is, if it is one.
ASK = """
import ensurepip, platform, sys, sysconfig, venv
free = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
pypy = platform.python_implementation() == "PyPy"
print("pypy" if pypy else "%d.%d%s" % (*sys.version_info[:2], free), sys.version_info >= (3, 9))
"""


def found():
    """The programs by version: those on the PATH, those that pyenv keeps, and the one that runs this."""
    names = [sys.executable, "pypy3", *(f"python{version}" for version in WANTED[:-1])]
    names += sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/*/bin/python3")))
    pythons = {}
    for name in names:
        try:
            answer = subprocess.run([name, "-c", ASK], capture_output=True, text=True, timeout=60)
        except OSError:
            continue
        if re.fullmatch(r"\S+ True\n", answer.stdout):
            pythons.setdefault(answer.stdout.split()[0], name)
    return pythons


def passes(python, wheel, venv, extras):
    """Whether the tests pass on one Python."""
    shutil.rmtree(venv, ignore_errors=True)
    tool = os.path.join(venv, "bin", "python")
    no_rust = dict(os.environ, PATH=os.pathsep.join(["/usr/bin", "/bin", "/usr/sbin", "/sbin"]))
    pip = [tool, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", f"{wheel}[{extras}]"]
    steps = [[python, "-m", "venv", venv], pip, [tool, "-m", "pytest", "-q"]]
    return all(subprocess.run(step, env=no_rust).returncode == 0 for step in steps)


def main(wheel, folder):
    pythons = found()
    failed = []
    # Type checkers look at sources, which are the same for every Python: the one that runs this will do.
    typed = next((version for version, name in pythons.items() if name == sys.executable), None)
    for version in sorted(pythons):
        print(f"== the wheel on Python {version} ({pythons[version]})", flush=True)
        extras = "test,types" if version == typed else "test"
        if not passes(pythons[version], wheel, os.path.join(folder, version), extras):
            failed.append(version)
    absent = [version for version in WANTED if version not in pythons]
    print(f"Pythons: {len(pythons)} run ({', '.join(sorted(pythons))}), {len(absent)} not here ({', '.join(absent)})")
    if failed:
        sys.exit(f"failed on Python {', '.join(failed)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
