"""Looks the built site over: python check.py SITE CHECKSIG. Says all that is wrong, and exits with 1 if anything is.

mkdocs knows of links in its pages only; here every page is seen as a browser would see it.
"""

import re
import sys
import tempfile
import urllib.parse
from html.parser import HTMLParser
from pathlib import Path

import command
import package

TOP = Path(__file__).parents[2]
# What a browser fetches without being asked to, by element.
FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src", "link": "href"}
# Links that a browser does not fetch.
NAMED_ONLY = {"canonical", "prev", "next", "author", "license"}


class Page(HTMLParser):
    """What a page fetches, where it leads, and what in it can be led to."""

    def __init__(self, path):
        super().__init__()
        self.fetched, self.links, self.anchors = [], [], set()
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.anchors.update(given[name] for name in ("id", "name") if given.get(name))
        target = given.get(FETCHED.get(tag))
        if target and given.get("rel") not in NAMED_ONLY:
            self.fetched.append(target)
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])


def complaints(site, program):
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        yield from (f"{path.relative_to(site)}: {wrong}" for wrong in on_page(path, page, pages))
    for style in site.rglob("*.css"):
        found = re.findall(r"url\(['\"]?((?:https?:)?//[^)]*)|@import", style.read_text(encoding="utf-8"))
        yield from (f"{style.relative_to(site)}: fetches {target}" for target in found)
    yield from lacking(pages[site / "reference/command.html"], "the command", command.verbs(command.said(program)))
    header = (TOP / "bindings/c/checksig.h").read_text(encoding="utf-8")
    header = re.sub(r"//[^\n]*", "", header)
    names = re.findall(r"\bchecksig_\w+(?=\()|\bCHECKSIG_[A-Z]+_\w+|\bChecksig\w+", header)
    yield from lacking(pages[site / "reference/c.html"], "C", names)
    public = package.names_of(TOP / "bindings/python/checksig/__init__.py")
    yield from lacking(pages[site / "reference/python.html"], "Python", [f"checksig.{name}" for name in public])


def on_page(path, page, pages):
    """What is wrong with one page."""
    yield from (f"fetches {target}" for target in page.fetched if is_elsewhere(target))
    # 404.html is shown in whatever place was looked for, and its links are those of a server.
    for target in page.links + page.fetched if path.name != "404.html" else []:
        if not is_elsewhere(target) and not leads_somewhere(path, target, pages):
            yield f"leads nowhere: {target}"
    # Markup that was meant to become something.
    yield from (left[0] for left in re.finditer(r":(?:func|class|param|raises)\b[^\n<]{0,40}", page.text))


def is_elsewhere(target):
    return target.startswith(("http:", "https:", "//", "mailto:"))


def leads_somewhere(page, target, pages):
    path, _, anchor = urllib.parse.unquote(target).partition("#")
    there = (page.parent / path.partition("?")[0]).resolve() if path else page
    if there.is_dir():
        there = there / "index.html"
    if anchor and there in pages and not anchor.startswith("__"):
        return anchor in pages[there].anchors
    return there.is_file()


def lacking(page, reference, names):
    if not names:
        yield f"the reference of {reference}: nothing to be found in it"
    yield from (f"the reference of {reference} lacks {name}" for name in sorted(set(names) - page.anchors))


def sees_what_is_wrong():
    """Shows each rule to fail on a bad page."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bad.html").resolve()
        path.write_text(
            '<script src="https://example.org/x.js"></script><img src="none.png"><a href="#none">:func:`x`</a><a href="#here" id="here">'
            '<a href="none.html"><a href="https://example.org/">',
            encoding="utf-8",
        )
        page = Page(path)
        found = sorted(on_page(path, page, {path: page}))
        wanted = ["https://example.org/x.js", "#none", "none.html", "none.png"]
        assert found == [":func:`x`", f"fetches {wanted[0]}", *(f"leads nowhere: {target}" for target in wanted[1:])], found
        assert list(lacking(page, "x", ["here", "there"])) == ["the reference of x lacks there"]


def main(site, program):
    sees_what_is_wrong()
    wrong = list(complaints(Path(site).resolve(), program))
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        sys.exit(1)
    print("the site is whole")


if __name__ == "__main__":
    main(*sys.argv[1:])
