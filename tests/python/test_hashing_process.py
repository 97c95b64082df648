"""hash_many, file_digest and hash_files as guests in a process: other threads, Ctrl-C, and nothing left behind.

What they give is the matter of test_hash_many and test_hash_files.
"""

import gc
import mmap
import subprocess
import sys
import threading
import time

import pytest
from test_process import INTERRUPTED, settles, usage

import checksig
from checksig import file_digest, hash_files, hash_many


def peak_mib():
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.parametrize("function", [lambda path, data: hash_many([data]), lambda path, data: file_digest(path)])
def test_other_threads_go_on_meanwhile(tmp_path, function):
    path = tmp_path / "sparse"
    with open(path, "wb") as file:
        file.truncate(2**29)
    seen = []
    start, over = threading.Event(), threading.Event()

    def count():
        start.wait()
        # Each turn gives the interpreter lock away and has to get it back.
        while not over.is_set() and len(seen) < 10:
            seen.append(time.monotonic())
            time.sleep(0.001)

    other = threading.Thread(target=count)
    other.start()
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as data:
        start.set()
        began = time.monotonic()
        function(path, data)
        ended = time.monotonic()
    over.set()
    other.join()
    # One call of the library, and half a second long or nearly.
    assert len([moment for moment in seen if began < moment < ended]) >= 5


@pytest.mark.parametrize(
    "call",
    [
        "hash_files([sys.argv[1] + '/huge-00'] * 20)",
        # Each buffer is a call of its own.
        "hash_many([__import__('mmap').mmap(-1, 2**28)] * 10_000)",
    ],
    ids=["hash_files", "hash_many"],
)
def test_ctrl_c_is_raised_soon_and_leaves_no_thread(huge, call):
    script = INTERRUPTED.replace("{call}", call)
    done = subprocess.run([sys.executable, "-c", script, huge.root], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    late_s, threads = done.stdout.split()
    # A moment in hash_files, a buffer in hash_many; the rest is room for a machine that is busy with other things.
    assert float(late_s) < 30.0
    assert int(threads) <= 2


def test_nothing_is_left_behind(logs):
    path = logs.path("httpd-00.log")
    gc.collect()
    before, peak = usage(), None
    for turn in range(2_000):
        hash_many([b"abc", b""])
        file_digest(path)
        with pytest.raises(checksig.FileMissingError):
            file_digest("/no/such/file")
        if turn % 10 == 0:
            hash_files([path, "none"])
        if turn == 500:
            peak = peak_mib()
    settles(before)
    # A leak of 64 KiB a turn would be 94 MiB.
    assert peak_mib() - peak < 32
