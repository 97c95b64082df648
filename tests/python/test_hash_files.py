"""file_digest and hash_files: digests beside hashlib's, every kind of path, and every exception.

What they are as guests in a process is the matter of test_hashing_process.
"""

import hashlib
import os
import pathlib
import pickle
import socket
import tempfile

import pytest
from test_process import in_child

import checksig
from checksig import Outcome, file_digest, hash_files


def hexdigest(data):
    return hashlib.sha1(data).hexdigest()


@pytest.mark.parametrize("convert", [str, os.fsencode, pathlib.Path], ids=["str", "bytes", "Path"])
def test_the_digest_of_a_file(tmp_path, convert):
    for size in [0, 1, 64, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 3_000_000]:
        path = tmp_path / f"file-{size}"
        path.write_bytes(os.urandom(size))
        assert file_digest(convert(path)) == hexdigest(path.read_bytes())
    (tmp_path / "link").symlink_to(path)
    assert file_digest(convert(tmp_path / "link")) == hexdigest(path.read_bytes())


@pytest.fixture
def bad(tmp_path):
    """Paths of everything that has no digest, with the outcome, the exception and Python's own beside it."""
    (tmp_path / "directory").mkdir()
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        folder = os.open(tmp_path, os.O_RDONLY)
        # The path of a socket may have 107 bytes.
        listener.bind(f"/proc/self/fd/{folder}/socket")
        os.close(folder)
    return [
        (tmp_path / "none", "missing", checksig.FileMissingError, FileNotFoundError),
        ("", "missing", checksig.FileMissingError, FileNotFoundError),
        (tmp_path / "directory", "not_regular", checksig.FileIsDirectoryError, IsADirectoryError),
        (tmp_path / "fifo", "not_regular", checksig.FileNotRegularError, OSError),
        (tmp_path / "socket", "not_regular", checksig.FileNotRegularError, OSError),
        ("/dev/null", "not_regular", checksig.FileNotRegularError, OSError),
        (tmp_path / "loop", "unreadable", checksig.FileUnreadableError, OSError),
        (tmp_path / "file" / "below", "unreadable", checksig.FileUnreadableError, OSError),
        ("/proc/self/status", "changed", checksig.FileChangedError, OSError),
    ]


def test_every_reason_for_no_digest_has_its_exception(bad):
    for path, outcome, kind, own in bad:
        with pytest.raises(own) as caught:
            file_digest(path)
        error = caught.value
        assert type(error) is kind and isinstance(error, checksig.FileError)
        assert isinstance(error, ValueError) and isinstance(error, checksig.ChecksigError)
        assert str(error).startswith(f"{path}: ") and error.filename == str(path) and error.errno
        copy = pickle.loads(pickle.dumps(error))
        assert (type(copy), str(copy), copy.filename) == (kind, str(error), str(path))
        # The same as in a list.
        (record,) = hash_files([path])
        assert (record.outcome, record.ok, record.actual) == (Outcome(outcome), False, None)


def test_what_is_no_path_is_an_error_that_names_the_argument():
    for value in [None, 1, [b"a"]]:
        with pytest.raises(TypeError, match="^path must be str, bytes or os.PathLike, not "):
            file_digest(value)
    with pytest.raises(ValueError, match="^path holds a null byte"):
        file_digest("a\0b")


def as_nobody(function):
    """Runs a function as somebody who may not read everything; gives the exit status of the child that did."""

    def child():
        if os.geteuid() == 0:
            os.setuid(65534)
        function()

    return in_child(child)[0]


def test_a_file_that_may_not_be_read_and_a_directory_that_may_not_be_in():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        shut, open_, private = (os.path.join(folder, name) for name in ["shut", "open", "private"])
        for path in [shut, open_]:
            with open(path, "wb") as file:
                file.write(b"abc")
        os.chmod(shut, 0)
        os.mkdir(private)

        def check():
            with pytest.raises(PermissionError) as caught:
                file_digest(shut)
            assert type(caught.value) is checksig.FilePermissionError
            # Absolute paths can be read from a directory that only its owner may be in.
            records = hash_files([shut, open_, "relative"])
            assert [record.ok for record in records] == [False, True, False]
            assert [record.errno for record in records] == [13, None, 13]

        here = os.getcwd()
        try:
            os.chdir(private)
            os.chmod(private, 0)
            assert as_nobody(check) == 0
        finally:
            os.chdir(here)
            os.chmod(private, 0o700)


def test_files_come_in_the_order_of_the_list_and_duplicates_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = [f"file-{number:03}" for number in range(300)]
    for number, name in enumerate(names):
        (tmp_path / name).write_bytes(os.urandom(number * 37 if number % 50 else 300_000))
    os.symlink("file-007", "link")
    paths = [*reversed(names), "link", "./file-001", names[0], str(tmp_path / names[1]), os.fsencode(names[2])]
    paths += [tmp_path / names[3], "none", names[4], names[4], f"../{tmp_path.name}/file-005"]
    records = hash_files(iter(paths))
    assert [record.path for record in records] == [os.fsdecode(path) for path in paths]
    for record in records:
        expected = None
        if record.name != "none":
            with open(record.path, "rb") as file:
                expected = hexdigest(file.read())
        assert (record.actual, record.expected, record.line) == (expected, expected, 0)
        assert record.ok == (record.outcome is Outcome.MATCH) == (record.name != "none")


def test_a_list_with_everything_that_has_no_digest_gives_the_others_theirs(bad, tmp_path):
    good = tmp_path / "good"
    good.write_bytes(b"abc")
    paths = [path for entry in bad for path in (entry[0], good)] + ["a\0b", b"\xff\0"]
    records = hash_files(paths)
    assert [record.outcome for record in records[0:-2:2]] == [Outcome(entry[1]) for entry in bad]
    assert {record.actual for record in records[1:-2:2]} == {hexdigest(b"abc")}
    assert [(record.outcome, record.errno) for record in records[-2:]] == [(Outcome.UNREADABLE, 22)] * 2
    assert [record.path for record in records] == [os.fsdecode(path) for path in paths]


def test_lists_of_nothing_and_of_what_is_no_path():
    assert hash_files([]) == hash_files(iter(())) == []
    with pytest.raises(TypeError, match=r"^paths\[1\] must be str, bytes or os.PathLike, not int$"):
        hash_files(["a", 1])
    for workers in [0, -1]:
        with pytest.raises(checksig.OptionsError, match="workers"):
            hash_files([], workers=workers)
    for option in ["reader", "kernel"]:
        with pytest.raises(checksig.OptionsError, match=f"unknown {option}"):
            hash_files([], **{option: "floppy"})


@pytest.mark.parametrize("reader", ["auto", "uring", "threads", "mmap", "pread"])
def test_every_reader_gives_the_same_digests(logs, reader):
    paths = [logs.path(f"httpd-{number:02}.log") for number in range(10)]
    try:
        records = hash_files(paths, reader=reader, workers=2)
    except checksig.ReaderUnavailableError as error:
        assert reader == "uring"
        pytest.skip(str(error))
    expected = [line[:40].decode() for line in logs.lines]
    assert [number for number in range(10) if records[number].actual != expected[number]] == [8]
    if reader != "auto":
        assert {record.reader for record in records} == {reader}


def test_a_kernel_by_name_gives_the_same_digests(logs):
    paths = [logs.path(f"httpd-{number:02}.log") for number in range(10)]
    found = [[record.actual for record in hash_files(paths, kernel=kernel)] for kernel in ["auto", "scalar"]]
    assert found[0] == found[1] and all(found[0])
