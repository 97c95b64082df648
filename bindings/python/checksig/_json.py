"""Names as JSON has them: text to look at, and the very bytes where text cannot be all there is.

Knows no fields and no values of the model; docs/json.md is what it keeps to.
"""

from __future__ import annotations

import os
from binascii import b2a_base64


def text(field: str, value: str) -> dict[str, str]:
    """`value` under the name of its field; where it stands for bytes that are not UTF-8, these under ``field_b64``."""
    there = os.fsencode(value)
    shown = there.decode("utf-8", "replace")
    if shown.encode() == there:
        return {field: shown}
    return {field: shown, f"{field}_b64": b2a_base64(there, newline=False).decode("ascii")}
