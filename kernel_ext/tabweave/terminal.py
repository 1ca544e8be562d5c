"""Text on its way to a terminal or a notebook's output: what a table holds must not steer where it is shown."""

from __future__ import annotations

_PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n"} | {127: 0x2421}
_CONTROLS = _PICTURES | dict.fromkeys(range(128, 160), 0xFFFD)


def harmless(text: str) -> str:
    """The text with a picture in place of each control character (`␛` for escape), but for tabs and line breaks."""
    return text.translate(_CONTROLS)
