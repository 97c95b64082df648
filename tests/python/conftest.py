"""What the Python tests share: a tree with its manifest, made by the standard library alone.

Imports nothing of checksig: what is tested must not help to build the test.
"""

import hashlib
import os

import pytest


class Tree:
    """A root with files and a manifest that lists them."""

    def __init__(self, root):
        self.root = str(root)
        os.makedirs(self.root, exist_ok=True)
        self.lines = []

    def path(self, name):
        return os.path.join(os.fsencode(self.root), os.fsencode(name))

    def add(self, name, data=b"data\n", listed=None):
        """Writes a file and lists it, with the digest of other bytes where `listed` gives some."""
        name = os.fsencode(name)
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as file:
            file.write(data)
        self.list(name, data if listed is None else listed)
        return self

    def list(self, name, data=b"data\n"):
        """Lists a file without writing it, as sha1sum writes a line."""
        name = os.fsencode(name)
        escaped = name.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
        mark = b"\\" if escaped != name else b""
        return self.line(mark + hashlib.sha1(data).hexdigest().encode() + b"  " + escaped)

    def line(self, line):
        self.lines.append(line + b"\n")
        return self

    def write(self, manifest="sha1sum.txt"):
        with open(self.path(manifest), "wb") as file:
            file.writelines(self.lines)
        return self.root


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path / "logs")


@pytest.fixture
def logs(tree):
    """The ten logs of the article, in small: httpd-08.log is not what the manifest lists."""
    for number in range(10):
        name = f"httpd-{number:02}.log"
        data = f"host{number} - - [01/Aug/1995:00:00:0{number} -0400]\n".encode() * 1000
        tree.add(name, data.replace(b"1995", b"1996", 1) if number == 8 else data, listed=data)
    tree.write()
    return tree


@pytest.fixture
def huge(tree):
    """Sparse files that take no room and longer to hash than any test waits."""
    for number in range(16):
        with open(tree.path(f"huge-{number:02}"), "wb") as file:
            file.truncate(64 << 30)
        tree.list(f"huge-{number:02}")
    tree.write()
    return tree
