"""Text on its way to a terminal or a notebook's output: what a table holds must not steer where it is shown."""

from __future__ import annotations

_PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n"} | {127: 0x2421}
_TURNS = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_CONTROLS = _PICTURES | dict.fromkeys((*range(128, 160), *_TURNS, *range(0xD800, 0xE000)), 0xFFFD)


def harmless(text: str) -> str:
    """The text with a picture in place of each control character (`␛` for escape), but for tabs and line breaks.

    What turns the direction of writing, and so may disguise a name, is replaced too, and so are halves of characters.
    """
    return text.translate(_CONTROLS)
