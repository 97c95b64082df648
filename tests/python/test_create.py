"""create: what it writes, what it leaves out, what stays where it cannot, and Manifest beside it."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import threading

import pytest
from conftest import Tree
from test_hash_files import as_nobody

import checksig
from checksig import Entry, FileKind, Manifest, Outcome, create

ABC = "a9993e364706816aba3e25717850c26c9cd0d89d"


@pytest.fixture
def files(tree):
    """Files without a manifest."""
    tree.add("a", b"abc").add("b/c", b"").add(b"\xff\n", b"x")
    return tree


def listed(root, name="sha1sum.txt"):
    return (pathlib.Path(root) / name).read_bytes()


def test_what_was_created_verifies(files):
    report = create(files.root)
    assert report.ok and (report.verb, report.files, report.bytes, report.formats) == ("create", 3, 4, ("gnu",))
    assert report.manifest == files.root + "/sha1sum.txt"
    assert checksig.audit(files.root).counts["match"] == 3
    if shutil.which("sha1sum"):
        subprocess.run(["sha1sum", "--quiet", "-c", "sha1sum.txt"], cwd=files.root, check=True)


@pytest.mark.parametrize("format", [name for name in checksig.Format if name != "auto"])
def test_every_format_is_read_back(files, format):
    report = create(files.root, format=format)
    assert os.path.basename(report.manifest) == ("manifest-sha1.txt" if format == "bagit" else "sha1sum.txt")
    assert checksig.audit(files.root, manifest=report.manifest).ok
    assert [entry.name for entry in Manifest.read(report.manifest)] == ["a", "b/c", "\udcff\n"]


def test_a_manifest_that_is_there_stays_unless_force_says_otherwise(files):
    create(files.root, exclude=["c", b"[!a]*"])
    before = listed(files.root)
    assert before == f"{ABC}  a\n".encode()
    with pytest.raises(FileExistsError) as caught:
        create(files.root)
    assert type(caught.value) is checksig.ManifestExistsError and isinstance(caught.value, checksig.ManifestError)
    assert caught.value.filename == files.root + "/sha1sum.txt"
    assert listed(files.root) == before
    assert create(files.root, force=True).files == 3
    assert len(listed(files.root).splitlines()) == 3


def test_output_is_where_it_says(files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert create(files.root, output="other.sha1").manifest == "other.sha1"
    assert not os.path.exists(files.path("sha1sum.txt"))
    assert checksig.verify(files.root, manifest="other.sha1").ok
    with pytest.raises(checksig.ManifestUnwritableError) as caught:
        create(files.root, output=tmp_path / "none" / "list")
    assert isinstance(caught.value, OSError) and caught.value.errno == 2
    assert str(caught.value) == (
        f"{tmp_path}/none/list: no file can be made in {tmp_path}/none: No such file or directory (os error 2)"
    )


def test_what_is_no_regular_file_is_left_out_and_told(files):
    os.mkfifo(files.path("fifo"))
    os.symlink("a", files.path("link"))
    report = create(files.root)
    assert report.ok and report.failures == ()
    assert [(file.name, file.kind) for file in report.left_out] == [("fifo", FileKind.FIFO), ("link", FileKind.SYMLINK)]
    assert [file["path"] for file in report.to_dict()["left_out"]] == ["fifo", "link"]
    assert create(files.root, force=True, follow="inside").left_out[0].name == "fifo"
    assert b"  link\n" in listed(files.root)


def test_an_empty_tree_gives_no_manifest(tmp_path):
    with pytest.raises(checksig.SignatureError) as caught:
        create(tmp_path)
    assert caught.value.report.verb == "create" and os.listdir(tmp_path) == []


def test_a_file_that_cannot_be_read_leaves_the_old_manifest():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        tree = Tree(os.path.join(folder, "logs")).add("shut").add("open", b"abc")
        os.chmod(tree.path("shut"), 0)
        os.chmod(tree.root, 0o777)

        def check():
            create(tree.root, exclude=["shut"])
            before = listed(tree.root)
            with pytest.raises(checksig.SignatureError, match="shut.*Permission denied") as caught:
                create(tree.root, force=True)
            assert [failure.outcome for failure in caught.value.report.failures] == [Outcome.UNREADABLE]
            assert listed(tree.root) == before == f"{ABC}  open\n".encode()
            assert sorted(os.listdir(tree.root)) == ["open", "sha1sum.txt", "shut"]

        assert as_nobody(check) == 0


def test_roots_that_are_none(files, tmp_path):
    for root, kind in [(tmp_path / "none", FileNotFoundError), (files.path("a"), NotADirectoryError)]:
        with pytest.raises(kind) as caught:
            create(root)
        assert isinstance(caught.value, checksig.ChecksigError)
    with pytest.raises(TypeError, match="^force must be bool, not str"):
        create(files.root, force="no")
    with pytest.raises(ValueError, match="^output holds a null byte"):
        create(files.root, output="a\0b")


def test_many_at_once_leave_one_whole_manifest(files):
    def attempt():
        try:
            create(files.root, force=True)
        except checksig.ManifestUnwritableError as error:
            # Somebody was faster.
            assert "meanwhile" in str(error)

    threads = [threading.Thread(target=attempt) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Manifest.read(files.path("sha1sum.txt"))) == 3 and len(os.listdir(files.root)) == 4


def test_a_manifest_of_a_mapping_goes_there_and_back(tmp_path):
    digest = bytes.fromhex(ABC)
    manifest = Manifest.from_mapping({"a": ABC, b"\xff\n": digest, pathlib.Path("b/c"): ABC.upper()})
    assert list(manifest) == [Entry("a", ABC), Entry("\udcff\n", ABC), Entry("b/c", ABC)] == list(manifest.entries)
    for number, format in enumerate(checksig.Format):
        path = tmp_path / str(number)
        assert manifest.write(path, format=format) is None
        assert Manifest.read(path, format="auto" if format in ("auto", "gnu-binary", "bagit") else format) is not None
    again = Manifest.read(tmp_path / "1", format="gnu")
    assert again == manifest and again.format == "gnu" and len(again) == 3 and again.entries[1].name == "\udcff\n"
    assert repr(again) == "Manifest(3 entries, format='gnu')"


def test_a_manifest_of_many_lines(tmp_path):
    digests = {f"file-{number}": f"{number:040x}" for number in range(10_000)}
    Manifest.from_mapping(digests).write(tmp_path / "list")
    assert {entry.name: entry.digest for entry in Manifest.read(tmp_path / "list")} == digests


def test_one_that_lists_nothing(tmp_path):
    Manifest(()).write(tmp_path / "list")
    assert list(Manifest.read(tmp_path / "list")) == [] and (tmp_path / "list").read_bytes() == b""


def test_writing_replaces_only_by_force(tmp_path):
    manifest = Manifest.from_mapping({"a": ABC})
    manifest.write(tmp_path / "list")
    with pytest.raises(checksig.ManifestExistsError):
        manifest.write(tmp_path / "list")
    manifest.write(tmp_path / "list", force=True, format="bsd")
    assert (tmp_path / "list").read_text() == f"SHA1 (a) = {ABC}\n"
    with pytest.raises(checksig.ManifestUnwritableError):
        manifest.write(tmp_path / "none" / "list")
    assert os.listdir(tmp_path) == ["list"]


def test_malformed_lines_are_raised_all_of_them(tmp_path):
    path = tmp_path / "list\x1b"
    path.write_bytes(f"{ABC}  a\n".encode() + b"\x1b nonsense\n" * 30)
    with pytest.raises(checksig.ManifestError) as caught:
        Manifest.read(path)
    lines = str(caught.value).splitlines()
    assert len(lines) == 21 and lines[-1] == "… and 10 more" and all(map(str.isprintable, lines))
    assert [line.line for line in caught.value.malformed] == list(range(2, 32))
    assert {line.reason for line in caught.value.malformed} == {checksig.LineError.FORM}
    with pytest.raises(checksig.ManifestNotFoundError):
        Manifest.read(tmp_path / "none")
    with pytest.raises(checksig.ManifestUnreadableError):
        Manifest.read(tmp_path)
    with pytest.raises(checksig.OptionsError):
        Manifest.read(path, format="floppy")
    with pytest.raises(checksig.OptionsError):
        Manifest.read(path, format="gnu-binary")


def test_what_is_no_manifest(tmp_path):
    for digest in ["", ABC[:-1], ABC + "0", "x" * 40, b"short"]:
        with pytest.raises(ValueError, match="^the digest of 'a' must be 40 hexadecimal digits"):
            Manifest.from_mapping({"a": digest})
    with pytest.raises(TypeError, match="^the digest of 'a' must be str or bytes, not int"):
        Manifest.from_mapping({"a": 1})
    with pytest.raises(TypeError, match="^digests must be a mapping"):
        Manifest.from_mapping([("a", ABC)])
    with pytest.raises(TypeError, match="^a name must be "):
        Manifest.from_mapping({1: ABC})
    for name in ["a\0b"]:
        with pytest.raises(ValueError, match="null byte"):
            Manifest.from_mapping({name: ABC})
    with pytest.raises(checksig.OptionsError):
        Manifest.from_mapping({"": ABC}).write(tmp_path / "list")
    with pytest.raises(checksig.OptionsError):
        Manifest.from_mapping({"a\nb": ABC}).write(tmp_path / "list", format="bsd-nonsense")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("format, listed", [("gnu", "./-"), ("bagit", "-")])
def test_a_file_is_never_listed_by_the_name_of_standard_input(tmp_path, format, listed):
    path = tmp_path / "manifest-sha1.txt"
    Manifest.from_mapping({"-": ABC}).write(path, format=format)
    assert [entry.name for entry in Manifest.read(path, format=format)] == [listed]


def test_a_manifest_without_an_entry_has_no_format(tmp_path):
    (tmp_path / "m").write_bytes(b"# nothing yet\n")
    manifest = Manifest.read(tmp_path / "m")
    assert (len(manifest), manifest.format, repr(manifest)) == (0, None, "Manifest(0 entries)")
