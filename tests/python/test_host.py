"""checksig in the ways in which servers run Python: workers that fork, spawn or are preloaded, threads that outlive main, and
exit in the middle of a run.

Each in a process of its own, that a crash ends this test alone; what the calls give is the matter of other tests.
"""

import os
import signal
import subprocess
import sys
import time

import pytest

# Room for a machine that is busy with other things: what hangs, hangs for ever.
TIMEOUT_S = 60


def run(script, *arguments, timeout=TIMEOUT_S, **more):
    command = [sys.executable, "-X", "faulthandler", "-c", script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, **more)


POOL = """
import multiprocessing, sys
import checksig

def failures(root):
    return [failure.name for failure in checksig.verify(root).failures]

def digests(root):
    return checksig.hash_many([b"abc"]) + [checksig.file_digest(root + "/httpd-00.log")]

if __name__ == "__main__":
    root, method, used_before = sys.argv[1:]
    if used_before == "yes":
        before = failures(root), digests(root)
    context = multiprocessing.get_context(method)
    with context.Pool(4) as pool:
        found = pool.map(failures, [root] * 16)
        hashed = pool.map(digests, [root] * 16)
    assert found == [["httpd-08.log"]] * 16, found
    assert hashed == [digests(root)] * 16
    print("done")
"""


@pytest.mark.parametrize("used_before", ["no", "yes"])
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_of_multiprocessing(logs, tmp_path, method, used_before):
    # spawn imports the script anew, so it must be a file.
    script = tmp_path / "pool.py"
    script.write_text(POOL)
    command = [sys.executable, script, logs.root, method, used_before]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


PRELOADED = """
import os, signal, sys, time
import checksig

# The application is loaded and used before the workers are forked, and a run is under way in the parent all the time.
root, huge = sys.argv[1:]
assert len(checksig.verify(root).failures) == 1
under_way = checksig.Run(huge, workers=1)

def work():
    for _ in range(20):
        assert len(checksig.verify(root, workers=2).failures) == 1
        assert len(checksig.audit(root).failures) == 1
        try:
            checksig.check_signatures(root)
        except checksig.SignatureError:
            pass
        else:
            return 3
    try:
        under_way.progress()
    except checksig.ForkedError:
        return 0
    return 4

workers = []
for _ in range(4):
    child = os.fork()
    if child == 0:
        status = 5
        try:
            status = work()
        finally:
            os._exit(status)
    workers.append(child)
statuses = [os.WEXITSTATUS(os.waitpid(child, 0)[1]) for child in workers]
assert len(checksig.verify(root).failures) == 1
under_way.progress()
under_way.close()
print(statuses)
"""


def test_workers_that_are_forked_from_a_preloaded_application(logs, tmp_path):
    done = run(PRELOADED, logs.root, huge_tree(tmp_path))
    assert (done.returncode, done.stdout) == (0, "[0, 0, 0, 0]\n"), done.stderr


def huge_tree(folder):
    root = folder / "huge"
    root.mkdir()
    with open(root / "huge", "wb") as file:
        file.truncate(64 << 30)
    (root / "sha1sum.txt").write_text("0" * 40 + "  huge\n")
    return root


def test_a_child_that_exits_in_the_ordinary_way_does_not_wait_for_the_parents_run(tmp_path):
    script = """
import os, sys, time
import checksig
run = checksig.Run(sys.argv[1], workers=1)
files = checksig.iter_verify(sys.argv[1], workers=1)
child = os.fork()
if child == 0:
    # Everything that the interpreter finalises, the handles too.
    sys.exit(7)
print(os.WEXITSTATUS(os.waitpid(child, 0)[1]))
assert run.progress().files_done == 0
"""
    done = run(script, huge_tree(tmp_path))
    assert (done.returncode, done.stdout) == (0, "7\n"), done.stderr


EXITS = {
    "a run that is under way": "run = checksig.Run(sys.argv[1])",
    "a generator that has begun": "files = checksig.iter_verify(sys.argv[1])",
    "a run in a cycle": "run = checksig.Run(sys.argv[1]); run.itself = run",
    "a thread of a daemon in verify": "threading.Thread(target=checksig.verify, args=sys.argv[1:], daemon=True).start()",
    "many threads of daemons": (
        "[threading.Thread(target=checksig.check_signatures, args=sys.argv[1:], daemon=True).start() for _ in range(8)]"
    ),
    "a thread of a daemon that is told of progress": (
        "threading.Thread(target=checksig.verify, args=sys.argv[1:], kwargs={'progress': print}, daemon=True).start()"
    ),
    "a run that an atexit function uses": (
        "run = checksig.Run(sys.argv[1]); import atexit; atexit.register(lambda: (run.progress(), run.cancel()))"
    ),
    "one that begins at exit": (
        "import atexit; atexit.register(lambda: checksig.hash_files([sys.executable]))"
    ),
}


@pytest.mark.parametrize("start", EXITS.values(), ids=EXITS)
def test_the_interpreter_ends_in_the_middle_of_a_run(huge, start):
    script = f"import sys, threading, time\nimport checksig\n{start}\ntime.sleep(0.3)\nprint('over', flush=True)\n"
    begun = time.monotonic()
    done = run(script, huge.root)
    assert done.returncode == 0 and "over" in done.stdout, done.stderr
    assert "Fatal" not in done.stderr and "panicked" not in done.stderr
    assert time.monotonic() - begun < 30


def test_a_signal_ends_a_process_in_the_middle_of_a_run(huge):
    script = "import sys\nimport checksig\nprint('begun', flush=True)\nchecksig.verify(sys.argv[1])"
    process = subprocess.Popen([sys.executable, "-c", script, huge.root], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"begun\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=TIMEOUT_S) == -signal.SIGTERM
    process.stdout.close()


SIGBUS = """
import os, signal, sys
import checksig

seen = []
def handler(number, frame):
    seen.append(number)

root, order = sys.argv[1:]
if order == "before":
    signal.signal(signal.SIGBUS, handler)
assert len(checksig.verify(root, reader="mmap").failures) == 1
if order == "after":
    signal.signal(signal.SIGBUS, handler)
os.kill(os.getpid(), signal.SIGBUS)
assert len(checksig.verify(root).failures) == 1
os.kill(os.getpid(), signal.SIGBUS)
print(seen == [signal.SIGBUS] * 2, signal.getsignal(signal.SIGBUS) is handler)
"""


@pytest.mark.parametrize("order", ["before", "after"])
def test_a_handler_of_sigbus_of_the_hosts_is_called(logs, order):
    done = run(SIGBUS, logs.root, order)
    assert (done.returncode, done.stdout) == (0, "True True\n"), done.stderr


def test_what_the_host_closes_is_closed_while_a_run_goes_on(tmp_path):
    import checksig

    ends = os.pipe()
    with checksig.Run(huge_tree(tmp_path), workers=1) as run:
        time.sleep(0.1)
        os.close(ends[1])
        # The end of the file, which comes only where no thread has the other side open.
        assert os.read(ends[0], 1) == b""
        assert run.progress().files_done == 0
    os.close(ends[0])


def test_a_program_that_is_started_meanwhile_gets_none_of_our_descriptors(tmp_path):
    import checksig

    show = [sys.executable, "-c", "import os; print(len(os.listdir('/proc/self/fd')))"]
    before = subprocess.run(show, stdout=subprocess.PIPE, close_fds=False).stdout
    with checksig.Run(huge_tree(tmp_path), workers=1, reader="threads"):
        time.sleep(0.1)
        assert subprocess.run(show, stdout=subprocess.PIPE, close_fds=False).stdout == before


def test_a_fault_of_the_library_is_an_error_and_the_host_goes_on(logs):
    import checksig
    from checksig import _boundary

    for status in [_boundary.lib.CHECKSIG_STATUS_INTERNAL, _boundary.lib.CHECKSIG_STATUS_NULL_ARGUMENT, 99]:
        with pytest.raises(checksig.InternalError) as caught:
            _boundary.check(status)
        assert isinstance(caught.value, checksig.ChecksigError) and isinstance(caught.value, RuntimeError)
    assert len(checksig.verify(logs.root).failures) == 1
