"""What mkdocs calls while it builds the site: adds the pages that are generated or stand elsewhere, and mends their links.

Knows nothing of what is on a page; `command.py`, `header.py` and `package.py` write the references.
"""

import os
import posixpath
import re
import sys
from pathlib import Path

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

sys.path.insert(0, os.path.dirname(__file__))
import command
import header
import package

TOP = Path(__file__).parents[2]

# Documents at the top, and where they are on the site.
ELSEWHERE = {
    "ARCHITECTURE.md": "background/architecture.md",
    "BENCHMARKS.md": "background/benchmarks.md",
    "CHANGELOG.md": "background/changelog.md",
    "CONTRIBUTING.md": "background/contributing.md",
    "SECURITY.md": "background/security.md",
}

# What is linked to and is, on the site, a page or a part of one.
INSTEAD = {**ELSEWHERE, "bindings/c/checksig.h": "reference/c.md", "README.md": "index.md"}

LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^()\s]+)\)")


def on_files(files, config):
    if "CHECKSIG" not in os.environ:
        raise PluginError("the variable CHECKSIG is to name the command that is described; make docs sets it")
    pages = {site: (TOP / name).read_text(encoding="utf-8") for name, site in ELSEWHERE.items()}
    pages["reference/command.md"] = command.page(os.environ["CHECKSIG"])
    pages["reference/c.md"] = header.page((TOP / "bindings/c/checksig.h").read_text(encoding="utf-8"))
    pages["reference/python.md"] = package.page(TOP / "bindings/python/checksig/__init__.py")
    for name, text in pages.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown, page, config, files):
    """Links lead to the same thing on the site, or are plain text where it has no such page."""
    site = page.file.src_uri
    source = next((name for name, there in ELSEWHERE.items() if there == site), f"docs/{site}")

    def mend(link):
        text, target = link.groups()
        path, mark, anchor = target.partition("#")
        if not path or ":" in target or site.startswith("reference/"):
            return link[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        if not (TOP / path).exists() and not path.startswith("docs/reference/"):
            raise PluginError(f"{source}: it links to {path}, which is not there")
        there = INSTEAD.get(path) or (path[len("docs/") :] if path.startswith("docs/") else None)
        if there is None:
            return text
        return f"[{text}]({posixpath.relpath(there, posixpath.dirname(site) or '.')}{mark}{anchor})"

    return LINK.sub(mend, markdown)
