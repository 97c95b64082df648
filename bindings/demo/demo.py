"""The demo: damages a small tree, checks it from Python and from the command, and shows what both say.

Trusts neither: it fails unless both find the damage that it made, all of it and nothing else.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys

DAMAGED = "httpd-03.log"
MISSING = "httpd-07.log"


def title(text):
    print(f"\n== {text}")


def make_logs(root):
    """Ten logs and their manifest, from the standard library alone; then the damage."""
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(root)
    with open(os.path.join(root, "sha1sum.txt"), "wb") as manifest:
        for number in range(10):
            name = f"httpd-{number:02}.log"
            data = b"".join(b"host%d.example - GET /page/%d\n" % (number, page) for page in range(5000))
            manifest.write(f"{hashlib.sha1(data).hexdigest()}  {name}\n".encode())
            with open(os.path.join(root, name), "wb") as log:
                log.write(data)
    with open(os.path.join(root, DAMAGED), "r+b") as log:
        log.seek(77_777)
        byte = log.read(1)[0]
        log.seek(-1, os.SEEK_CUR)
        log.write(bytes([byte ^ 1]))
    os.remove(os.path.join(root, MISSING))


def check_from_python(root):
    from checksig import SignatureError, check_signatures

    title("from Python")
    print(f">>> from checksig import check_signatures\n>>> check_signatures({root!r})")
    try:
        check_signatures(root)
    except SignatureError as error:
        print(f"checksig.SignatureError: {error}")
        found = {failure.name: str(failure.outcome) for failure in error.report.failures}
        return found == {DAMAGED: "mismatch", MISSING: "missing"} and error.report.files == 10
    return False


def check_from_the_command(root):
    title("from the command")
    command = [os.path.join(os.path.dirname(sys.executable), "checksig"), "verify", root]
    print("$ checksig", shlex.join(command[1:]), flush=True)
    # What is shown and what is examined are the same bytes.
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    shown = done.stdout.decode(errors="replace")
    print(shown, end="")
    print(f"(exit status {done.returncode})")
    results = dict(line.split(": ", 1) for line in shown.splitlines() if line.startswith("httpd-"))
    failed = {name for name, result in results.items() if result != "OK"}
    return done.returncode == 1 and failed == {DAMAGED, MISSING}


def main(folder):
    root = os.path.join(folder, "logs")
    title(f"{root}: ten logs and their sha1sum.txt; one bit of {DAMAGED} is flipped, and {MISSING} is gone")
    make_logs(root)
    found = [check_from_python(root), check_from_the_command(root)]
    title("the damage")
    if not all(found):
        sys.exit("demo: NOT found as it was made: something is wrong with checksig or its installation")
    print("Both found the damage that was made, all of it and nothing else.")


main(*sys.argv[1:])
