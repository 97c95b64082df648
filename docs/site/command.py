"""The reference of the command, from what it says of itself with `--help`.

Knows the form of the help of clap, and nothing of what is in it.
"""

import os
import re
import subprocess
import textwrap

INTRODUCTION = """# The command

What `--help` says, made by the program itself. `man checksig` and `man checksig-verify` have the same after `make install`.
"""


def page(program):
    top = said(program)
    parts = [INTRODUCTION, f"## checksig {{ #checksig }}\n\n{described(top, 'checksig')}"]
    for verb in verbs(top):
        text = said(program, verb)
        # The drop-in's help is that of a sha1sum: set by hand, for a terminal.
        body = fenced(text) if verb == "sha1sum" else described(text, verb)
        parts.append(f"## checksig {verb} {{ #{verb} }}\n\n{body}")
    return "\n\n".join(parts) + "\n"


def said(program, *verb):
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    ran = subprocess.run([program, *verb, "--help"], capture_output=True, text=True, check=True, env=environment)
    return ran.stdout


def verbs(top):
    _, below = top.split("\nCommands:\n")
    found = re.findall(r"^  (\S+)", below.split("\n\n")[0], re.MULTILINE)
    if not found:
        raise ValueError("the help lists no commands")
    return found


def described(text, where):
    """A help text whose parts have headings at the edge; the first part has none."""
    parts = re.split(r"^(\S[^\n]*):\n(?= )", text, flags=re.MULTILINE)
    # One line in front of the parts that has its heading on itself.
    before, usage, after = re.split(r"^Usage: (.*)$", parts[0], flags=re.MULTILINE)
    said = [*paragraphs(before), fenced(usage), *paragraphs(after)]
    for title, body in zip(parts[1::2], parts[2::2]):
        if re.search(r"^ +-{1,2}\w|^  \[\w+\]$", body, re.MULTILINE) and title != "Examples":
            said += [f"### {title} {{ #{where}-{slug(title)} }}", *options(body, where)]
        elif body.startswith("  ") and title in ("Commands", "Examples", "Exit status"):
            body, _, rest = body.partition("\n\n")
            said += [f"### {title} {{ #{where}-{slug(title)} }}", fenced(body), *paragraphs(rest)]
        else:
            # No heading, but a sentence that ends with a colon.
            said += paragraphs(f"{title}:\n{body}")
    return "\n\n".join(said)


def slug(text):
    return re.sub(r"\W+", "-", text.lower()).strip("-")


def fenced(text):
    return "```text\n" + textwrap.dedent(text).strip("\n") + "\n```"


def options(body, where):
    """Each option, with what stands further in below it."""
    said = []
    for option in re.split(r"\n+(?= {2,6}(?:-|\[|<))", body.rstrip()):
        first, _, text = option.strip("\n").partition("\n")
        name = re.search(r"--?([\w-]+)|(\w+)", first.split(", ")[-1])
        said.append(f"#### `{first.strip()}` {{ #{where}-{slug(name[0])} }}")
        said += paragraphs(text)
    return said


def paragraphs(text):
    """Paragraphs of a text; those whose lines stand further in than the others' are set as they are."""
    margin = min((len(line) - len(line.lstrip()) for line in text.split("\n") if line.strip()), default=0)
    lines = [line[margin:].rstrip() for line in text.split("\n")]
    for part in re.split(r"\n{2,}", "\n".join(lines).strip("\n")):
        title, _, values = part.partition("\n")
        if values.startswith("- "):
            yield escaped(title)
            yield "\n".join(value(line) for line in re.sub(r"\n +", " ", values).split("\n"))
        elif part.startswith(" "):
            yield fenced(part)
        elif part:
            yield escaped(part)


def value(line):
    name, _, meaning = line[2:].partition(":")
    return f"- `{name}`: {escaped(meaning.strip())}"


def escaped(text):
    """The text, of which Markdown sees the code between backticks and nothing else."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        raise ValueError(f"a backtick too many: {text}")
    parts[::2] = [re.sub(r"([\\*_<\[\]#])", r"\\\1", part) for part in parts[::2]]
    # Two blanks are two, also where they do not stand in code: a manifest has them.
    return "`".join(parts).replace("  ", "&nbsp;&nbsp;")
