"""Docstrings as mkdocstrings reads them: fields (`:param x:`) become sections, roles links, and `#:` comments docstrings.

Changes nothing of what they say.
"""

import re

import griffe

FIELD = re.compile(r"^:(param|raises|return|returns) ?([\w.]*): ?", re.MULTILINE)
ROLE = re.compile(r":(?:func|class|meth|attr|exc|mod):`~?([\w.]+)`")
SECTIONS = {"param": "Args", "raises": "Raises", "return": "Returns", "returns": "Returns"}


class Fields(griffe.Extension):
    """The extension that mkdocs.yml names."""

    def on_instance(self, *, obj, **_):
        if obj.is_alias:
            return
        if obj.is_attribute and obj.docstring is None:
            comment = comment_above(obj)
            if comment:
                obj.docstring = griffe.Docstring(comment, lineno=obj.lineno, parent=obj)
        if obj.docstring is not None:
            obj.docstring.value = sections(obj.docstring.value)


def comment_above(attribute):
    """The lines with `#:` above an attribute."""
    if attribute.lineno is None:
        return ""
    lines = attribute.filepath.read_text(encoding="utf-8").splitlines()[: attribute.lineno - 1]
    comment = []
    while lines and lines[-1].strip().startswith("#:"):
        comment.insert(0, lines.pop().strip()[2:].strip())
    return "\n".join(comment)


def sections(text):
    text, mark, examples = text.partition("\n>>> ")
    text = ROLE.sub(lambda role: f"[`{role[1]}`][checksig.{role[1].removeprefix('checksig.')}]", text)
    text = text.replace("``", "`")
    parts = FIELD.split(text)
    said = [parts[0].rstrip()]
    last = None
    for field, name, body in zip(parts[1::3], parts[2::3], parts[3::3]):
        title = SECTIONS[field]
        said.append("" if title == last else f"\n{title}:")
        last = title
        body = re.sub(r"\n\s*", "\n        ", body.strip())
        said[-1] += ("\n" if title and said[-1] else "") + (f"    {name}: {body}" if name else f"    {body}")
    if mark:
        said.append("\nExamples:\n    >>> " + examples.rstrip().replace("\n", "\n    "))
    return "\n".join(said)
