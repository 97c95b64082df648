"""The choice of a SHA-1 kernel: each by its name, those that this CPU lacks, and names that are none.

Whether a kernel is right is the matter of the library's own tests.
"""

import os
import shutil
import subprocess
import sys

import pytest

import checksig
from checksig._native import ffi, lib


def known():
    """Every name, from what the library says of one that it does not know."""
    try:
        checksig.verify(".", kernel="floppy")
    except checksig.OptionsError as error:
        head, names = str(error).split("; use auto, or one of ")
        assert head == 'unknown kernel "floppy"'
        return names.split(", ")


def test_the_documentation_names_every_kernel():
    assert len(known()) >= 10
    for name in known():
        assert f'"{name}"' in checksig.verify.__doc__


@pytest.mark.parametrize("kernel", ["auto", *known()])
def test_every_kernel_finds_the_same(logs, kernel):
    try:
        report = checksig.verify(logs.root, kernel=kernel)
    except checksig.KernelUnavailableError as error:
        assert str(error).startswith(f"kernel {kernel}: it needs ")
        pytest.skip(str(error))
    assert [failure.name for failure in report.failures] == ["httpd-08.log"]
    assert report.counts["match"] == 9
    reason = f"kernel {kernel}: asked for by name"
    if kernel == "auto":
        assert reason not in report.reasons
    else:
        assert (report.kernel, report.kernels) == (kernel, (checksig.KernelUse(kernel, 1),))
        assert reason in report.reasons


def test_a_run_takes_a_kernel_too(logs):
    with checksig.Run(logs.root, kernel="scalar") as run:
        assert [record.ok for record in run] == [True] * 8 + [False, True]
        assert run.report().kernel == "scalar"


def test_names_that_are_none(logs):
    for name in ["AUTO", "", "scalar\0", "sha-ni ", "\udcff\x1b[2J"]:
        with pytest.raises(checksig.OptionsError, match="^unknown kernel ") as caught:
            checksig.verify(logs.root, kernel=name)
        assert str(caught.value).isprintable()
    with pytest.raises(TypeError, match="^kernel must be str, not NoneType"):
        checksig.verify(logs.root, kernel=None)


def test_the_c_api_refuses_a_name_and_keeps_the_old_one(logs):
    options = ffi.new("ChecksigOptions **")
    assert lib.checksig_options_new(options) == lib.CHECKSIG_STATUS_OK
    assert lib.checksig_options_set_kernel(options[0], b"scalar", 6) == lib.CHECKSIG_STATUS_OK
    for name in [b"md5", b"scalar\0", b"\xff\x1b[2J", b""]:
        assert lib.checksig_options_set_kernel(options[0], name, len(name)) == lib.CHECKSIG_STATUS_BAD_OPTION
        assert b"\x1b" not in ffi.string(lib.checksig_last_error())
    run, report, kernel = ffi.new("ChecksigRun **"), ffi.new("ChecksigReport **"), ffi.new("ChecksigKernelUse *")
    root = logs.root.encode()
    assert lib.checksig_run_start(root, len(root), options[0], run) == lib.CHECKSIG_STATUS_OK
    assert lib.checksig_run_report(run[0], report) == lib.CHECKSIG_STATUS_OK
    assert lib.checksig_report_kernel(report[0], 0, kernel) == lib.CHECKSIG_STATUS_OK
    assert (ffi.unpack(kernel.name.data, kernel.name.len), kernel.lanes_from) == (b"scalar", 1)
    assert lib.checksig_report_kernel(report[0], 1, kernel) == lib.CHECKSIG_STATUS_BAD_ARGUMENT
    lib.checksig_report_free(report[0])
    lib.checksig_run_free(run[0])
    lib.checksig_options_free(options[0])


@pytest.mark.skipif(not shutil.which("valgrind"), reason="valgrind, whose CPU lacks kernels, is not installed")
def test_a_kernel_that_the_cpu_lacks_is_an_exception_of_its_own(logs):
    script = """
import checksig, sys
for name in sys.argv[2:]:
    try:
        print(name, len(checksig.verify(sys.argv[1], kernel=name).failures))
    except checksig.KernelUnavailableError as error:
        assert isinstance(error, checksig.ChecksigError) and not isinstance(error, (OSError, checksig.OptionsError))
        print(error)
"""
    command = ["valgrind", "--tool=none", "-q", sys.executable, "-c", script, logs.root, "auto", "avx512", "scalar"]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    assert ran.returncode == 0, ran.stderr
    auto, avx512, scalar = ran.stdout.splitlines()
    assert (auto, scalar) == ("auto 1", "scalar 1")
    if avx512 == "avx512 1":
        pytest.skip("this valgrind emulates a CPU with AVX-512")
    assert avx512.startswith("kernel avx512: it needs an x86-64 CPU with AVX512F")
