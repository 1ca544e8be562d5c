"""The words that files use for nothing and for yes and no."""

from __future__ import annotations

ERRORS = frozenset({"#n/a", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!", "#spill!", "#calc!"})

MISSING = ERRORS | {
    *("na", "n/a", "n.a.", "n.a", "#na", "nan", "null", "(null)", "none", "nil", "\\n", "#error!"),
    *("-", "--", "---", "\u2013", "\u2014", "?", "??", ".", "..", "..."),
    *("missing", "unknown", "empty", "(empty)", "blank", "(blank)", "not available", "not applicable"),
}

BOOLEANS = {"true": True, "false": False, "yes": True, "no": False}


def spells_missing(text: str) -> bool:
    """Whether trimmed text is empty or a known word for nothing."""
    return not text or text.casefold() in MISSING
