"""Every kind of path, for every function that takes one: as os.open takes it."""

import os
import pathlib

import pytest

import checksig


def below(path, name):
    """The same kind of path to a file in it."""
    there = os.fspath(path)
    there = os.path.join(there, os.fsencode(name) if isinstance(there, bytes) else name)
    return there if isinstance(path, (str, bytes)) else Fspath(there)


class Fspath:
    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return self.path


FUNCTIONS = {
    "check_signatures": lambda path: checksig.check_signatures(path),
    "verify": lambda path: checksig.verify(path),
    "audit": lambda path: checksig.audit(path),
    "iter_verify": lambda path: list(checksig.iter_verify(path)),
    "create": lambda path: checksig.create(path, force=True),
    "Run": lambda path: checksig.Run(path).close(),
    "file_digest": lambda path: checksig.file_digest(below(path, "a")),
    "hash_files": lambda path: checksig.hash_files([path]),
    "Manifest.read": lambda path: checksig.Manifest.read(below(path, "sha1sum.txt")),
}
ROOTS = [name for name in FUNCTIONS if name not in ("file_digest", "hash_files", "Manifest.read")]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_kind_of_path_is_taken(tree, monkeypatch, name):
    tree.root += "/\udcff \n"
    tree.add("a").write()
    monkeypatch.chdir(os.path.dirname(os.path.dirname(tree.root)))
    relative = os.path.relpath(tree.root)
    kinds = [tree.root, os.fsencode(tree.root), pathlib.Path(tree.root), relative, os.fsencode(relative), relative + "/"]
    for path in [*kinds, Fspath(tree.root), Fspath(os.fsencode(tree.root))]:
        FUNCTIONS[name](path)


@pytest.mark.parametrize("name", ROOTS)
def test_a_root_that_is_none(tmp_path, name):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "loop").symlink_to("loop")
    for path, kind in {"": FileNotFoundError, "none": FileNotFoundError, "file": NotADirectoryError, "loop": OSError}.items():
        with pytest.raises(kind) as caught:
            FUNCTIONS[name](str(tmp_path / path) if path else "")
        assert isinstance(caught.value, checksig.ChecksigError) and isinstance(caught.value, ValueError)
        # As os.open would have said it.
        with pytest.raises(OSError) as of_the_system:
            os.open(str(tmp_path / path) if path else "", os.O_RDONLY | os.O_DIRECTORY)
        assert caught.value.errno == of_the_system.value.errno


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name != "hash_files"])
def test_a_null_byte_is_a_value_error(name):
    for path in ["a\0b", b"a\0b"]:
        with pytest.raises(ValueError, match="null byte"):
            FUNCTIONS[name](path)


@pytest.mark.parametrize("name", ROOTS)
def test_what_is_no_path_is_a_type_error_that_names_the_argument(name):
    argument = "root_dir" if name == "check_signatures" else "root"
    for value in [None, 3, [b"a"], Fspath(3)]:
        with pytest.raises(TypeError, match=f"^{argument} must be str, bytes or os.PathLike, not "):
            FUNCTIONS[name](value)
