"""Names that are not plain: what a manifest may list, a file system may hold and a terminal must not obey.

Tests the way of a name through the boundary, not the grammar of manifests.
"""

import os

import pytest

import checksig

ODD = {
    "space": b"a b  c",
    "newline": b"a\nb",
    "return": b"a\rb",
    "backslash": b"a\\nb",
    "quote": b'a"b',
    "leading dash": b"-rf",
    "tilde": b"~",
    "star": b"*",
    "hash": b"#a",
    "percent": b"%s%n",
    "utf-8": "größe 大".encode(),
    "not utf-8": b"\xff\xfe",
    "escape": b"\x1b[2J",
    "right to left": "\u202egpj.exe".encode(),
    "long": b"n" * 255,
    "deep": b"/".join([b"d" * 50] * 20),
}


@pytest.mark.parametrize("name", ODD.values(), ids=ODD.keys())
def test_an_odd_name_is_found_and_told_byte_for_byte(tree, name):
    tree.add(name).write()
    assert checksig.verify(tree.root).ok
    tree.lines.clear()
    tree.list(name, b"other").write()
    (failure,) = checksig.verify(tree.root).failures
    assert failure.outcome == "mismatch"
    assert os.fsencode(failure.name) == name
    assert os.fsencode(failure.path) == tree.path(name)
    assert os.path.exists(failure.path)


@pytest.mark.parametrize(
    "name, shown",
    [
        (b"a\nb", r"a\nb"),
        (b"\x1b[2J", r"\x1b[2J"),
        ("\u202egpj.exe".encode(), r"\u{202e}gpj.exe"),
        (b"\xff", r"\xff"),
        (b'"', r"\""),
        ("大".encode(), "大"),
    ],
)
def test_a_name_cannot_forge_what_is_shown(tree, name, shown):
    tree.list(name).write()
    with pytest.raises(checksig.SignatureError) as caught:
        checksig.check_signatures(tree.root)
    assert str(caught.value) == f'"{tree.root}/{shown}" - missing'


def test_a_malformed_line_cannot_forge_what_is_shown(tree):
    tree.line(b'\x1b]0;title\x07 "ok\xff').write()
    with pytest.raises(checksig.ManifestError) as caught:
        checksig.check_signatures(tree.root)
    assert str(caught.value) == r'1: bad line: "\x1b]0;title\x07 \"ok\xff"'


def test_a_root_that_is_not_utf_8(tree):
    tree.root += "/\udcff\udcfe"
    os.mkdir(tree.root)
    tree.add("a").write()
    assert checksig.verify(tree.root).ok
    assert checksig.verify(os.fsencode(tree.root)).ok
