"""SIGBUS in a process that has verified through maps: faulthandler gets what is not the library's.

The handler itself is tested in Rust (tests/truncation.rs).
"""

import hashlib
import os
import signal
import subprocess
import sys

import pytest

PROGRAM = """
import faulthandler, mmap, sys
from checksig import verify

root, order = sys.argv[1:]
if order == "before":
    faulthandler.enable()
assert verify(root, reader="mmap").ok
if order == "after":
    faulthandler.enable()
report = verify(root, reader="mmap")
assert report.ok
assert [used.name for used in report.readers] == ["mmap" if order == "before" else "pread"], report.readers
with open(root + "/f", "r+b") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as data:
    file.truncate(0)
    data[5000]
"""


@pytest.mark.parametrize("order", ["before", "after"])
def test_faulthandler_gets_a_fault_that_is_not_the_librarys(tmp_path, order):
    content = os.urandom(2**20)
    (tmp_path / "f").write_bytes(content)
    (tmp_path / "sha1sum.txt").write_text(hashlib.sha1(content).hexdigest() + "  f\n")
    done = subprocess.run([sys.executable, "-c", PROGRAM, tmp_path, order], capture_output=True, text=True)
    assert done.returncode == -signal.SIGBUS, done.stderr
    assert "Fatal Python error: Bus error" in done.stderr
