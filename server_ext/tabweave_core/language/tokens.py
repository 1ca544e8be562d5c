"""A command in words, numbers, quoted texts and signs. It must not know tables."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Kind = Literal["word", "number", "quoted", "sign"]

_PATTERN = re.compile(
    r"""
    (?P<quoted>"[^"]*"|“[^”]*”|«[^»]*»|`[^`]*`|(?<![\w])'[^']+'(?![\w])|(?<![\w])\u2018[^\u2019]+\u2019(?![\w]))
  | (?P<date>\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}/\d{1,2}/\d{4})
  | (?P<number>[$€£]?\d+(?:,\d{3})+(?:\.\d+)?%?|[$€£]?\d+(?:\.\d+)?(?:%|[kKmMbB](?![\w]))?(?![\w])|[$€£]?\d*\.\d+%?(?![\w]))
  | (?P<word>[^\W\d_](?:[\w]|[-'’.&](?=[^\W_]))*|\w+)
  | (?P<sign><=|>=|!=|<>|==|[<>=≤≥≠+*/%:,;.?!()&|\n-])
    """,
    re.VERBOSE,
)
_SINGULAR = frozenset({"was", "has", "its", "gas", "yes", "always", "does", "his", "series", "news", "species"})
_IES = frozenset(
    {
        "movies",
        "cookies",
        "pies",
        "ties",
        "lies",
        "calories",
        "zombies",
        "selfies",
        "rookies",
        "brownies",
        "genies",
        "prairies",
        "smoothies",
    }
)
_SCALES = {"k": 1_000, "m": 1_000_000, "b": 1_000_000_000}
_SIGNS = {"==": "=", "<>": "!=", "≤": "<=", "≥": ">=", "≠": "!="}


@dataclass(frozen=True)
class Token:
    """A piece of a command: as written, in small letters without its ending, and as a number if it is one."""

    text: str
    lower: str
    stem: str
    kind: Kind
    number: float | int | None = None
    percent: bool = False
    start: int = 0
    stop: int = 0
    raw: str = ""
    """A quoted text with the spaces at its ends."""


def tokenize(text: str) -> list[Token]:
    """The pieces of a command in order."""
    found = []
    plain = unicodedata.normalize("NFC", text).replace("``", '"').replace("''", '"')
    for match in _PATTERN.finditer(plain):
        kind, piece, (start, stop) = str(match.lastgroup), match.group(), match.span()
        if kind == "quoted":
            inner = piece[1:-1].strip()
            found.append(Token(inner, inner.lower(), inner.lower(), "quoted", start=start, stop=stop, raw=piece[1:-1]))
        elif kind == "number":
            number, percent = _number(piece)
            found.append(Token(piece, piece.lower(), piece.lower(), "number", number, percent, start, stop))
        elif kind in ("word", "date"):
            lower = re.sub(r"['’]s$|['’]$", "", piece.lower()).replace("’", "'")
            found.append(Token(piece, lower, stem(lower), "word", start=start, stop=stop))
        else:
            sign = _SIGNS.get(piece, piece)
            found.append(Token(piece, sign, sign, "sign", start=start, stop=stop))
    return found


def _number(text: str) -> tuple[float | int, bool]:
    plain = text.strip("$€£").replace(",", "").lower()
    percent = plain.endswith("%")
    plain = plain.rstrip("%")
    scale = _SCALES.get(plain[-1:], 1)
    plain = plain.rstrip("kmb")
    value = (float(plain) if "." in plain else int(plain)) * scale
    return (int(value) if isinstance(value, float) and value.is_integer() and scale > 1 else value), percent


def stem(word: str) -> str:
    """An English noun or verb without its plural or third-person ending."""
    if word in _IES:
        return word[:-1]
    if len(word) > 4 and word.endswith("ies") and word not in _SINGULAR:
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "ches", "shes", "xes", "zes")):
        return word[:-2]
    if len(word) > 2 and word.endswith("s") and not word.endswith(("ss", "us", "is")) and word not in _SINGULAR:
        return word[:-1]
    return word


def split_name(name: str) -> list[str]:
    """The stems of a column's or table's name: `SongReleaseYear` and `song_release_year` give song, release, year."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return [stem(part.lower()) for part in re.findall(r"[^\W_]+", spaced)]
