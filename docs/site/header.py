"""The reference of the C library, from its header.

Knows the form of what cbindgen writes: a comment, then what it is about. What it does not know is an error, so that nothing
can be missing on the page.
"""

import re

# The parts of the page: how the names of functions begin.
PARTS = {
    "check_signatures string": "The whole check in one call",
    "version last": "Version and errors",
    "options": "Options of a run",
    "run": "Runs",
    "batch": "Batches of records",
    "report": "Reports",
    "manifest": "Manifests without a run",
    "hash file": "Digests without a manifest",
    "hasher": "One message, as it comes",
}

DECLARED = re.compile(
    r"(?P<doc>(?:^//[^\n]*\n)*)^(?P<code>typedef enum \{.*?^\} \w+;|typedef struct \{.*?^\} \w+;|typedef struct \w+ \w+;"
    r"|(?!typedef)[\w ]+[ *]checksig_\w+\([^;]*;)",
    re.MULTILINE | re.DOTALL,
)


def page(text):
    first, _, below = text.partition("\n#ifndef")
    found = [(match["doc"], match["code"], name_of(match["code"])) for match in DECLARED.finditer(below)]
    names = {name for _, _, name in found}
    unseen = DECLARED.sub("", below)
    if re.search(r"\bchecksig_\w+\(|typedef", re.sub(r"//[^\n]*", "", unseen)):
        raise ValueError(f"declarations that no page would have: {unseen}")
    values = {value for _, code, _ in found if "enum" in code for value in re.findall(r"^    (CHECKSIG_\w+)", code, re.M)}
    # What is said to whoever would change the header.
    first = first.replace("// Generated from src/capi by build.rs; never changed by hand.\n//\n", "")
    write = Writer(names | values)
    said = ["# C", "What `checksig.h` says, with `#include <checksig.h>`.", *write.paragraphs(uncommented(first))]
    functions = [entry for entry in found if not entry[1].startswith("typedef")]
    for beginnings, title in PARTS.items():
        part = [entry for entry in functions if entry[2].split("_")[1] in beginnings.replace("check_s", "check s").split()]
        functions = [entry for entry in functions if entry not in part]
        said += [f"## {title}", *(line for entry in part for line in write.declaration(*entry))]
    if functions:
        raise ValueError(f"functions of no part: {[name for _, _, name in functions]}")
    types = [entry for entry in found if entry[1].startswith("typedef")]
    for title, beginning in {"Enumerations": "typedef enum", "Structures": "typedef struct {", "Handles": "typedef struct C"}.items():
        part = [entry for entry in types if entry[1].startswith(beginning)]
        said += [f"## {title}", *(line for entry in part for line in write.declaration(*entry))]
    return "\n\n".join(said) + "\n"


def name_of(code):
    if code.startswith("typedef"):
        return re.search(r"(\w+);$", code)[1]
    return re.search(r"(checksig_\w+)\(", code)[1]


def narrow(code):
    """A declaration with an argument a line, where one line would not be seen whole."""
    head, mark, arguments = " ".join(code.split()).partition("(")
    if len(code) <= 80 or not mark:
        return code
    return f"{head}(\n    " + ",\n    ".join(arguments.removesuffix(");").split(", ")) + ");"


def uncommented(comment):
    return "\n".join(re.sub(r"^ *// ?", "", line) for line in comment.strip("\n").split("\n"))


class Writer:
    """Writes Markdown in which every name that the page has is a link."""

    def __init__(self, names):
        self.names = names

    def paragraphs(self, text):
        return [self.linked(part) for part in re.split(r"\n\n+", text.strip()) if part]

    def linked(self, text):
        def link(match):
            name = match["name"]
            return f"[`{match[0]}`](#{name})" if name in self.names else f"`{match[0]}`"

        code = re.split(r"(`[^`]*`)", text)
        for at in range(0, len(code), 2):
            plain = re.sub(r"([\\*<\[\]|#])", r"\\\1", code[at])
            code[at] = re.sub(r"\b(?P<name>checksig_\w+|CHECKSIG_\w+|Checksig\w+)\b(?:\(\))?", link, plain)
        return "".join(code)

    def declaration(self, doc, code, name):
        said = [f"### {name} {{ #{name} }}"]
        is_list = code.startswith(("typedef enum {", "typedef struct {"))
        if not is_list:
            said.append(f"```c\n{narrow(code)}\n```")
        said += self.paragraphs(uncommented(doc))
        return said + ([self.members(code)] if is_list else [])

    def members(self, code):
        """What stands in braces, as a list: members of a structure that share a comment stand together."""
        is_enum = code.startswith("typedef enum")
        groups = []
        for line in code.split("\n")[1:-1]:
            line = line.strip()
            if line.startswith("//"):
                if not groups or groups[-1][1]:
                    groups.append(([], []))
                groups[-1][0].append(line)
            elif line:
                if not groups or is_enum and groups[-1][1]:
                    groups.append(([], []))
                groups[-1][1].append(line.rstrip(",;"))
        return "\n\n".join(self.member(*group) for group in groups)

    def member(self, comment, members):
        # The name of a value can be linked to.
        marks = "".join(f'<span id="{name}"></span>' for line in members for name in re.findall(r"^CHECKSIG_\w+", line))
        names = "<br>".join(f"`{member}`" for member in members)
        text = " ".join(self.paragraphs(uncommented("\n".join(comment)))).replace("\n", " ") if comment else ""
        return f"- {marks}{names}" + (f"<br>\n    {text}" if text else "")
