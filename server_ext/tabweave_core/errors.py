"""Every refusal a user can meet, as one tree with one code per leaf.

    TabweaveError
    |- NotFound      NO_TABLE NO_COLUMN NO_ROW
    |- BadValue      TYPE SCALE RANGE CHECK
    |  `- CellsRefused (in engine.refusals: the bad cells of one operation)
    |- Refused       FORBIDDEN NOT_EDITABLE TOO_LARGE CONFLICT SCHEMA UNDO_EXPIRED
    |                EMPTY_GROUP ALL_HELD HELD HOLD_CONFLICT INFEASIBLE NEAR_ZERO_BASE (a total that cannot be spread)
    |  |- Overtaken (in engine.refusals: a condition that no longer holds)
    |  `- TooFar    TOO_FAR (in engine.refusals: too much changed to catch up)
    |- BadMessage    BAD_MESSAGE BAD_SEQ
    |- BadFile       BAD_FILE
    `- Unavailable   BUSY OFFLINE CANCELLED

The same code reaches REST, the sockets, the magics and Python; `envelope` is its one JSON shape.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


_NEAR = 0.6
_AS_NEAR = 0.15


class TabweaveError(Exception):
    """A refusal in plain words: what is wrong (`message`) and what to do next (`hint`).

    `where` names the field, file line or cell that the refusal is about, if there is one.
    """

    codes: frozenset[str] = frozenset()

    def __init__(self, code: str, message: str, *, hint: str = "", where: str = "") -> None:
        if code not in self.codes:
            raise ValueError(f"{type(self).__name__} has no code {code!r}")
        super().__init__(f"{message} {hint}".strip())
        self.code = code
        self.message = message
        self.hint = hint
        self.where = where

    def envelope(self) -> dict[str, Any]:
        """The JSON form `{"error": {code, message, hint, where}}`."""
        return {"error": {"code": self.code, "message": self.message, "hint": self.hint, "where": self.where}}


class NotFound(TabweaveError):
    """A table, column or row that is not there."""

    codes = frozenset({"NO_TABLE", "NO_COLUMN", "NO_ROW"})


class BadValue(TabweaveError):
    """A value that its column cannot hold."""

    codes = frozenset({"TYPE", "SCALE", "RANGE", "CHECK"})


class Refused(TabweaveError):
    """An operation that is understood and not allowed here, or not now."""

    codes = frozenset({"FORBIDDEN", "NOT_EDITABLE", "TOO_LARGE", "CONFLICT", "SCHEMA", "UNDO_EXPIRED"}) | {
        "EMPTY_GROUP",
        "ALL_HELD",
        "HELD",
        "HOLD_CONFLICT",
        "INFEASIBLE",
        "NEAR_ZERO_BASE",
    }


class BadMessage(TabweaveError):
    """A message that breaks the protocol; `where` is the path of the field."""

    codes = frozenset({"BAD_MESSAGE", "BAD_SEQ"})


class BadFile(TabweaveError):
    """A file that cannot be read as a table."""

    codes = frozenset({"BAD_FILE"})


class Unavailable(TabweaveError):
    """Something that may work later: a busy writer, a lost connection, a cancelled request."""

    codes = frozenset({"BUSY", "OFFLINE", "CANCELLED"})


def nearest(word: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """The names in `known` closest to `word`, best first, ignoring case; none that is much further than the best."""
    matcher = difflib.SequenceMatcher(b=word.casefold())
    ratios: dict[str, float] = {}
    for name in known:
        matcher.set_seq1(name.casefold())
        if matcher.quick_ratio() >= _NEAR and (ratio := matcher.ratio()) >= _NEAR:
            ratios[name] = ratio
    best = max(ratios.values(), default=0.0)
    close = [name for name, ratio in ratios.items() if ratio >= best - _AS_NEAR]
    return sorted(close, key=lambda name: -ratios[name])[:most]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`Did you mean 'price' or 'prices'?`, or the empty string when nothing is near."""
    names = [repr(name) for name in nearest(word, known)]
    return f"Did you mean {' or '.join(names)}?" if names else ""
