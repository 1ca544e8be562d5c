"""Log lines that a person and a program can read: `tabweave event=page_open page=3 user="Ann B"`.

Callers pass ids, counts and names; never a key, a token, a header or the body of a message.
"""

from __future__ import annotations

import json
import re

_PLAIN = re.compile(r"[\w.:/@#+-]+")


def line(event: str, **fields: object) -> str:
    """The text of one log line."""
    told = (f"{name}={_show(value)}" for name, value in fields.items() if value not in (None, ""))
    return " ".join(["tabweave", f"event={event}", *told])


def _show(value: object) -> str:
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
