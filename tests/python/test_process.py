"""checksig as a guest in a process: Ctrl-C, threads, forks, handles that are dropped, and nothing left behind.

What the calls give is the matter of the other tests.
"""

import gc
import itertools
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread

import pytest

import checksig
from checksig import _boundary_run

INTERRUPTED = """
import os, signal, sys, threading, time
import checksig
# As in any terminal, also where this test was started by something that ignores the signal.
signal.signal(signal.SIGINT, signal.default_int_handler)
sent = []
def interrupt():
    sent.append(time.monotonic())
    os.kill(os.getpid(), signal.SIGINT)
threading.Timer(0.5, interrupt).start()
try:
    checksig.{call}
except KeyboardInterrupt:
    late_s = time.monotonic() - sent[0]
    threads = len(os.listdir("/proc/self/task"))
    print(late_s, threads)
"""


CALLS = [
    "check_signatures(sys.argv[1])",
    "verify(sys.argv[1], progress=lambda _: None)",
    "audit(sys.argv[1])",
    "create(sys.argv[1], output=sys.argv[1] + '/new')",
    "iter_verify(sys.argv[1]).__next__()",
]


@pytest.mark.parametrize("call", CALLS, ids=[call.split("(")[0] for call in CALLS])
def test_ctrl_c_is_raised_at_once_and_leaves_no_thread(huge, call):
    script = INTERRUPTED.replace("{call}", call)
    done = subprocess.run([sys.executable, "-c", script, huge.root], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    late_s, threads = done.stdout.split()
    # The run would take a minute and more. Python sees the signal after at most 0.1 s; the rest is room for a busy machine.
    assert float(late_s) < 30.0
    # The timer's thread may still be about to end.
    assert int(threads) <= 2
    assert len(os.listdir(huge.root)) == 17


def outcome(root):
    with pytest.raises(checksig.SignatureError) as caught:
        checksig.check_signatures(root)
    return str(caught.value)


def test_sixty_four_threads_at_once(logs):
    with ThreadPoolExecutor(64) as pool:
        texts = set(pool.map(outcome, [logs.root] * 256))
    assert texts == {f'"{logs.root}/httpd-08.log" - mismatch'}


def test_one_run_is_watched_and_cancelled_by_other_threads(huge):
    with checksig.Run(huge.root, workers=1) as run:
        stop = Event()
        seen = []

        def watch():
            while not stop.is_set():
                seen.append(run.progress())

        watchers = [Thread(target=watch) for _ in range(4)]
        canceller = Thread(target=lambda: (time.sleep(0.3), run.cancel()))
        for thread in [*watchers, canceller]:
            thread.start()
        report = run.report()
        stop.set()
        for thread in [*watchers, canceller]:
            thread.join()
    assert not report.ok and seen


def test_a_run_may_be_closed_under_a_thread_that_waits_for_it(huge):
    run = checksig.Run(huge.root, workers=1)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(run.report)
        time.sleep(0.3)
        run.close()
        # Either it came to the end of what was cancelled, or it found the run closed.
        try:
            assert not waiting.result(timeout=10).ok
        except ValueError as error:
            assert "closed" in str(error)


def in_child(function):
    """Runs a function in a forked child; gives its exit status and the seconds that it took."""
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        status = 70
        try:
            function()
            status = 0
        finally:
            os._exit(status)
    return os.WEXITSTATUS(os.waitpid(child, 0)[1]), time.monotonic() - start


def refused_in_child(run):
    for use in [run.progress, run.cancel, run.report, lambda: next(run)]:
        with pytest.raises(checksig.ForkedError, match="start a run after fork"):
            use()
    run.close()


def test_a_forked_child_is_refused_and_frees_without_waiting(huge):
    with checksig.Run(huge.root, workers=1) as run:
        status, seconds = in_child(lambda: refused_in_child(run))
        assert (status, seconds < 30) == (0, True)
        # The parent's run is untouched.
        assert not run.progress().planned_all or run.progress().files_done == 0


def test_a_forked_child_may_start_runs_of_its_own(logs):
    text = outcome(logs.root)
    with checksig.Run(logs.root):
        status, _ = in_child(lambda: outcome(logs.root) == text or os._exit(1))
    assert status == 0


def test_a_run_that_is_dropped_ends(huge):
    before = usage()
    for _ in range(5):
        run = checksig.Run(huge.root)
        run.progress()
        del run
    settles(before)


def usage():
    return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))


def settles(before):
    """Descriptors and threads are what they were: in a moment, as PyPy finalises in rounds, and Linux lists a thread longer
    than it lives."""
    deadline = time.monotonic() + 10
    while usage() != before and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.02)
    assert usage() == before


def resident_mib():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def test_a_hundred_thousand_calls_leave_nothing_behind(tree):
    tree.add("a").write()
    before = usage()
    for _ in range(1_000):
        checksig.check_signatures(tree.root)
    memory_before = resident_mib()
    for _ in range(100_000):
        checksig.check_signatures(tree.root)
    settles(before)
    # A leak of 1 KiB a call would be 98 MiB.
    assert resident_mib() - memory_before < 32


def test_thousands_of_calls_of_every_kind_leave_nothing_behind(logs, tmp_path):
    def every_kind():
        outcome(logs.root)
        checksig.verify(logs.root)
        checksig.audit(logs.root, exclude=["*.tmp"])
        list(checksig.iter_verify(logs.root))
        next(checksig.iter_verify(logs.root))
        checksig.create(logs.root, output=tmp_path / "list", force=True)
        manifest = checksig.Manifest.read(tmp_path / "list")
        manifest.write(tmp_path / "list", force=True)
        for wrong in [lambda: checksig.verify(tmp_path / "none"), lambda: checksig.Manifest.read(tmp_path / "none")]:
            with pytest.raises(FileNotFoundError):
                wrong()

    before = usage()
    for _ in range(50):
        every_kind()
    settles(before)
    memory_before = resident_mib()
    for _ in range(200):
        every_kind()
    settles(before)
    # A leak of a buffer or a ring of 64 KiB a turn would be 12 MiB for each kind of call.
    assert resident_mib() - memory_before < 10


def test_ctrl_c_at_any_line_of_a_call_leaves_no_call_behind(tree):
    tree.add("a").write()
    code = _boundary_run.Run._call.__code__
    cancel = _boundary_run.lib.checksig_run_cancel
    for nth in itertools.count(1):
        run = checksig.Run(tree.root)
        reached = []

        def call(*arguments):
            reached.append(arguments)
            return cancel(*arguments)

        lines = itertools.count(1)

        def interrupt(frame, event, _):
            if frame.f_code is not code:
                return None
            if event == "line" and not reached and next(lines) == nth:
                raise KeyboardInterrupt
            return interrupt

        before = sys.gettrace()
        sys.settrace(interrupt)
        try:
            run._run._call(call)
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(before)
        assert not run._run._calls, f"line event {nth}"
        run.close()
        if reached:
            break
    assert nth > 4
