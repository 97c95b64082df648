"""Every Python example of the documents is run, one behind the other in each of them, on directories of the names that they use.

What they print is not looked at: they are there to be copied, and must run.
"""

import hashlib
import mmap
import pathlib

import pytest

TOP = pathlib.Path(__file__).parents[2]
PAGES = sorted(str(path.relative_to(TOP)) for path in (TOP / "docs").rglob("*.md"))
DOCUMENTS = ["README.md", "bindings/python/README.md", "bindings/c/README.md", *PAGES]


def examples(document):
    """The blocks of Python in a document, and their lines."""
    lines = (TOP / document).read_text(encoding="utf-8").splitlines()
    starts = [number for number, line in enumerate(lines) if line == "```python"]
    return [(start + 2, "\n".join(lines[start + 1 : lines.index("```", start)])) for start in starts]


@pytest.mark.parametrize("document", [document for document in DOCUMENTS if examples(document)])
def test_python_examples_run(document, tmp_path, monkeypatch):
    data = b"data of a file\n"
    for place, names in {"srv/logs": ["a.log", "b.log"], "data/set": ["a.bin"], "data": ["a.bin"]}.items():
        root = tmp_path / place
        root.mkdir(parents=True, exist_ok=True)
        for name in names:
            (root / name).write_bytes(data)
        (root / "sha1sum.txt").write_text("".join(f"{hashlib.sha1(data).hexdigest()}  {name}\n" for name in names))
    (tmp_path / "srv/a.log").write_bytes(data)
    (tmp_path / "backup").mkdir()
    (tmp_path / "backup/logs.sha1").write_bytes((tmp_path / "srv/logs/sha1sum.txt").read_bytes())
    monkeypatch.chdir(tmp_path)
    with open(tmp_path / "data/a.bin", "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        # What an example takes for granted.
        names = {"data": data, "mapped": mapped, "mapped_file": mapped, "paths": [tmp_path / "srv/logs/a.log"]}
        for line, text in examples(document):
            for place in ["srv", "data", "backup"]:
                text = text.replace(f'"/{place}/', f'"{tmp_path}/{place}/')
            exec(compile("\n" * (line - 1) + text, document, "exec"), names)


def test_there_are_examples():
    assert "docs/guides/training.md" in PAGES and len(examples("docs/guides/training.md")) >= 4
    assert len(examples("README.md")) >= 2 and len(examples("bindings/python/README.md")) >= 3
