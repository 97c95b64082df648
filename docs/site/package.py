"""The pages of the Python package: which names it has, in which parts. mkdocstrings puts what their docstrings say there.

Reads the package and imports nothing of it.
"""

import ast

# By the module that the name comes from.
PARTS = {
    "_api": "Verify, audit, create",
    "_run": "Runs that are watched or cancelled",
    "_hashing": "Digests without a manifest",
    "_manifest": "Manifests as values",
    "_report": "Reports",
    "_model": "What is in a report",
    "exceptions": "Exceptions",
}

INTRODUCTION = """# Python

What the docstrings say. `pip install .` installs the package, `import checksig` costs three milliseconds, and whatever
stands behind the first argument is given by its name, which is that of the command's flag.
"""


def page(path):
    parts = {module: [] for module in PARTS}
    for node in (inner for outer in body_of(path) for inner in ast.walk(outer)):
        if isinstance(node, ast.ImportFrom) and node.module in parts:
            parts[node.module] += [name.name for name in node.names]
    public = names_of(path)
    if set(public) != {name for names in parts.values() for name in names}:
        raise ValueError("a name of the package stands in no part of its page, or one that is not public does")
    said = [INTRODUCTION]
    for module, title in PARTS.items():
        order = [node.name for node in body_of(path.with_name(f"{module}.py")) if hasattr(node, "name")]
        said += [f"## {title}", *(f"::: checksig.{name}" for name in sorted(parts[module], key=order.index))]
    return "\n\n".join(said) + "\n"


def names_of(path):
    """What the package calls its own."""
    return next(ast.literal_eval(node.value) for node in body_of(path) if is_all(node))


def body_of(path):
    return ast.parse(path.read_text(encoding="utf-8")).body


def is_all(node):
    return isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == "__all__"
