"""audit, and the options of runs that say how a manifest and a tree are taken: format, follow, exclude.

What a file's outcome means is the matter of the library's own tests.
"""

import os

import pytest

import checksig
from checksig import FileKind, Outcome, audit


def put(tree, name, data=b"more"):
    path = tree.path(name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def found(report):
    return [(failure.name, str(failure.outcome)) for failure in report.failures]


def test_a_tree_with_nothing_else_passes(tree):
    tree.add("a").add("b/c").write()
    report = audit(tree.root)
    assert report.ok and (report.verb, report.files) == ("audit", 2)
    assert (report.root, report.manifest) == (tree.root, tree.root + "/sha1sum.txt")


def test_what_is_not_listed_is_a_failure_of_its_kind(tree):
    tree.add("a").write()
    put(tree, "b/new")
    put(tree, b"\xff")
    os.mkfifo(tree.path("fifo"))
    os.symlink("a", tree.path("link"))
    report = audit(tree.root)
    assert not report.ok and {str(failure.outcome) for failure in report.failures} == {"unlisted"}
    assert [(failure.name, failure.kind) for failure in report.failures] == [
        ("b/new", FileKind.REGULAR),
        ("fifo", FileKind.FIFO),
        ("link", FileKind.SYMLINK),
        ("\udcff", FileKind.REGULAR),
    ]
    assert report.counts["unlisted"] == 4 and all(failure.line == 0 for failure in report.failures)
    with pytest.raises(checksig.SignatureError, match="b/new.* - "):
        report.raise_for_failures()
    assert found(checksig.verify(tree.root)) == []


def test_a_file_that_was_moved_says_from_where(tree):
    tree.add("a").list(b"old\xff", b"moved").write()
    put(tree, "new", b"moved")
    report = audit(tree.root)
    old, new = report.failures
    assert (old.outcome, old.moved_from) == (Outcome.MISSING, None)
    assert (new.outcome, new.moved_from, new.actual) == (Outcome.UNLISTED, "old\udcff", old.expected)
    assert report.moved == 1
    told = new.to_dict()
    assert (told["moved_from"], told["moved_from_b64"], told["kind"]) == ("old\ufffd", "b2xk/w==", "regular")


def test_what_is_excluded_need_not_be_listed_and_is_verified_where_it_is(tree):
    tree.add("a").add("b.tmp", listed=b"other").write()
    for name in ["c.tmp", "cache/d", "cache/e"]:
        put(tree, name)
    for patterns in [["*.tmp", "/cache/"], (b"*.tmp", b"cache"), iter(["*.tmp", "cache/*"])]:
        report = audit(tree.root, exclude=patterns)
        assert found(report) == [("b.tmp", "mismatch")] and report.excluded >= 2
    assert len(found(audit(tree.root))) == 4


def test_patterns_that_make_no_sense(tree):
    tree.add("a").write()
    with pytest.raises(TypeError, match="^exclude must be an iterable of patterns, not one str: put it into a list$"):
        audit(tree.root, exclude="*.tmp")
    with pytest.raises(TypeError, match=r"^exclude\[1\] must be str, bytes or os.PathLike, not int$"):
        audit(tree.root, exclude=["a", 1])
    for pattern in ["[a", "a\x1b[2J[", b"\xff"]:
        with pytest.raises(checksig.OptionsError) as caught:
            audit(tree.root, exclude=[pattern])
        assert str(caught.value).isprintable()
    with pytest.raises(ValueError, match="null byte"):
        audit(tree.root, exclude=["a\0"])


FORMATS = {
    "gnu": b"%s  a\n",
    "bsd": b"SHA1 (a) = %s\n",
    "openssl": b"SHA1(a)= %s\n",
    "bagit": b"%s  a\n",
    "zero": b"%s  a\0",
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_found_out_or_named(tree, name):
    tree.add("a")
    (line,) = tree.lines
    tree.lines = [FORMATS[name] % line[:40]]
    tree.write()
    for function in [checksig.verify, audit]:
        assert function(tree.root).ok
        report = function(tree.root, format=name)
        assert report.ok and report.formats == (name,)
    assert checksig.check_signatures(tree.root, format=name) is None
    other = "bsd" if name in ("gnu", "bagit", "zero") else "gnu"
    report = checksig.verify(tree.root, format=other)
    assert [wrong.reason for wrong in report.malformed] != [] and not report.ok
    with pytest.raises(checksig.ManifestError):
        checksig.check_signatures(tree.root, format=other)


def test_links_are_followed_where_they_stay_inside(tree, tmp_path):
    tree.add("a", b"1")
    os.symlink("a", tree.path("link"))
    (tmp_path / "outside").write_bytes(b"1")
    os.symlink("../outside", tree.path("out"))
    tree.list("link", b"1").write()
    for function in [checksig.verify, audit]:
        assert ("link", "unreadable") in found(function(tree.root))
        assert ("link", "unreadable") not in found(function(tree.root, follow="inside"))
    assert checksig.verify(tree.root, follow="inside").ok
    assert checksig.check_signatures(tree.root, follow="inside") is None
    assert [file.ok for file in checksig.iter_verify(tree.root, follow="inside")] == [True, True]
    tree.list("out", b"1").write()
    assert not checksig.verify(tree.root, follow="inside").ok


def test_words_that_are_none(tree):
    tree.add("a").write()
    for argument in ["format", "follow"]:
        with pytest.raises(checksig.OptionsError):
            audit(tree.root, **{argument: "floppy\x1b"})
        with pytest.raises(TypeError, match=f"^{argument} must be str, not NoneType"):
            audit(tree.root, **{argument: None})
    for argument in ["from_media", "idle"]:
        with pytest.raises(TypeError, match=f"^{argument} must be bool, not str"):
            audit(tree.root, **{argument: "no"})
    with pytest.raises(checksig.RootNotDirectoryError) as caught:
        audit(tree.root + "/a")
    assert isinstance(caught.value, NotADirectoryError) and caught.value.filename == tree.root + "/a"


def test_each_format_of_a_mixed_manifest_has_its_name(tree):
    tree.add("a").add("b")
    tree.lines[1] = b"SHA1 (b) = " + tree.lines[1].split()[0] + b"\n"
    tree.write()
    report = checksig.verify(tree.root)
    assert report.ok and report.formats == ("gnu", "bsd") and report.to_dict()["formats"] == ["gnu", "bsd"]
