"""check_signatures: the function of the article, and the text and the type of everything that it raises.

What the report of an exception holds is the matter of test_verify.
"""

import os
import pathlib
import pickle
import tempfile

import pytest
from conftest import Tree

import checksig
from checksig import ManifestError, SignatureError, check_signatures


def test_the_articles_logs(logs):
    with pytest.raises(ValueError) as caught:
        check_signatures(logs.root)
    assert type(caught.value) is SignatureError
    assert str(caught.value) == f'"{logs.root}/httpd-08.log" - mismatch'
    assert [failure.name for failure in caught.value.report.failures] == ["httpd-08.log"]


def test_nothing_is_returned_when_all_is_well(tree):
    tree.add("a").add("b/c", b"").write()
    assert check_signatures(tree.root) is None


@pytest.mark.parametrize("convert", [str, os.fsencode, pathlib.Path], ids=["str", "bytes", "Path"])
def test_any_kind_of_path_is_taken(logs, convert):
    with pytest.raises(SignatureError, match="httpd-08.log"):
        check_signatures(convert(logs.root))


def test_every_failure_has_its_line(tree):
    tree.add("good").add("changed", b"x", listed=b"y").list("gone")
    os.mkdir(tree.path("folder"))
    tree.list("folder").list("/etc/passwd").list("../up")
    with pytest.raises(SignatureError) as caught:
        check_signatures(tree.write())
    root = tree.root
    assert str(caught.value).splitlines() == [
        f'"{root}/changed" - mismatch',
        f'"{root}/gone" - missing',
        f'"{root}/folder" - not a regular file: a directory',
        '"/etc/passwd" - outside the root',
        f'"{root}/../up" - outside the root',
    ]


def test_a_file_that_may_not_be_read():
    # Root may read everything, so a child of it becomes somebody else, who could not enter the folders of pytest.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        tree = Tree(os.path.join(folder, "logs")).add("shut")
        tree.write()
        os.chmod(tree.path("shut"), 0)
        child = os.fork()
        if child == 0:
            try:
                if os.geteuid() == 0:
                    os.setuid(65534)
                check_signatures(tree.root)
            except SignatureError as error:
                os._exit(0 if str(error) == f'"{tree.root}/shut" - unreadable: Permission denied' else 1)
            finally:
                os._exit(2)
        assert os.WEXITSTATUS(os.waitpid(child, 0)[1]) == 0


def test_twenty_lines_and_the_number_of_the_others(tree):
    for number in range(45):
        tree.list(f"gone-{number:02}")
    with pytest.raises(SignatureError) as caught:
        check_signatures(tree.write())
    lines = str(caught.value).splitlines()
    assert len(lines) == 21
    assert lines[0].endswith('gone-00" - missing')
    assert lines[-1] == "… and 25 more"
    assert len(caught.value.report.failures) == 45


def test_a_malformed_line_is_raised_after_everything_was_checked(logs):
    logs.lines[2] = b"not a digest  httpd-02.log\n"
    with pytest.raises(ManifestError) as caught:
        check_signatures(logs.write())
    first, second = str(caught.value).splitlines()
    assert first == '3: bad line: "not a digest  httpd-02.log"'
    assert second == f'"{logs.root}/httpd-08.log" - mismatch'
    report = caught.value.report
    assert (report.counts["match"], report.counts["mismatch"]) == (8, 1)
    assert [(line.line, line.text) for line in report.malformed] == [(3, "not a digest  httpd-02.log")]
    assert isinstance(caught.value, SignatureError)


def test_a_manifest_that_lists_nothing_is_no_pass(tree):
    tree.write()
    with pytest.raises(SignatureError) as caught:
        check_signatures(tree.root)
    assert str(caught.value) == f'"{tree.root}/sha1sum.txt" - lists no file, so nothing was verified'


def test_no_such_root_is_both_a_value_and_a_file_error(tmp_path):
    missing = str(tmp_path / "none")
    with pytest.raises(FileNotFoundError) as caught:
        check_signatures(missing)
    assert isinstance(caught.value, ValueError) and isinstance(caught.value, checksig.ChecksigError)
    assert caught.value.filename == missing
    assert str(caught.value) == f"{missing}: no such directory"


def test_no_such_manifest_is_both_a_value_and_a_file_error(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        check_signatures(tmp_path)
    assert type(caught.value) is checksig.ManifestNotFoundError
    assert isinstance(caught.value, ValueError)
    assert caught.value.filename == str(tmp_path / "sha1sum.txt")
    assert caught.value.errno == 2


def test_a_root_that_is_a_file(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"")
    with pytest.raises(NotADirectoryError) as caught:
        check_signatures(file)
    assert isinstance(caught.value, ValueError) and isinstance(caught.value, checksig.ChecksigError)


def test_a_manifest_that_is_a_directory(tmp_path):
    (tmp_path / "sha1sum.txt").mkdir()
    with pytest.raises(checksig.ManifestUnreadableError, match="a directory"):
        check_signatures(tmp_path)


@pytest.mark.parametrize("root", [None, 1, 1.5, ["logs"], object()])
def test_what_is_no_path_is_a_type_error_that_names_the_argument(root):
    with pytest.raises(TypeError, match="^root_dir must be str, bytes or os.PathLike, not "):
        check_signatures(root)


@pytest.mark.parametrize("root", ["lo\0gs", b"lo\0gs"])
def test_a_null_byte_is_a_value_error(root):
    with pytest.raises(ValueError, match="null byte"):
        check_signatures(root)


def test_exceptions_survive_pickling(logs, tmp_path):
    with pytest.raises(SignatureError) as caught:
        check_signatures(logs.root)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (str(copy), copy.report) == (str(caught.value), caught.value.report)
    with pytest.raises(FileNotFoundError) as caught:
        check_signatures(tmp_path / "none")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (str(copy), copy.errno, copy.filename) == (str(caught.value), 2, caught.value.filename)
