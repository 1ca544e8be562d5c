"""Typed numbers: what a person writes as an integer, a decimal or a float, read exactly or refused.

Accepted around a plain number: spaces, a leading +, thousands commas (1,234.5), an exponent, and % in floats and decimals.
It must not know arrays or columns.
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_NUMBER = re.compile(r"([+-]?)(\d+|\d{1,3}(?:,\d{3})+)?(\.\d*)?(?:[eE]([+-]?\d{1,6}))?(\s*%)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_COMMA_DECIMAL = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+", re.ASCII)
_WORDS = {"nan": math.nan, "inf": math.inf, "infinity": math.inf}
_LONGEST_EXPONENT = 400


class Unfit(Exception):
    """A text that its column cannot hold: a nack code, what is wrong ("is not a number") and what would be right."""

    def __init__(self, code: str, phrase: str, hint: str = "") -> None:
        super().__init__(phrase)
        self.code = code
        self.phrase = phrase
        self.hint = hint


def integers(texts: Sequence[str]) -> list[int] | None:
    """All texts as integers when all are plain digits, else None."""
    try:
        found = list(map(int, texts))
    except ValueError:
        return None
    return None if any("_" in text for text in texts) else found


def floats(texts: Sequence[str]) -> list[float] | None:
    """All texts as floats when all are plain and none may have lost digits, else None."""
    try:
        found = list(map(float, texts))
    except ValueError:
        return None
    if any("_" in text for text in texts):
        return None
    return None if any(abs(number) >= 2**53 for number in found if number == number) else found


def integer(text: str) -> int:
    """An integer, or `Unfit`: 1.5 is refused, 3.0 and 1e3 are whole."""
    if _INTEGER.fullmatch(text.strip()):
        return int(text)
    number = _decimal(text, percent=False)
    whole = number.to_integral_value()
    if number != whole:
        raise Unfit("TYPE", "is not a whole number", f"Nearest: {int(number.to_integral_value(ROUND_HALF_EVEN))}.")
    return int(whole)


def decimal(text: str) -> Decimal:
    """A decimal with all its digits, or `Unfit`."""
    return _decimal(text, percent=True)


def float_number(text: str, digits: int = 53, most: float = math.inf) -> float:
    """A float up to `most`, or `Unfit`; a whole number written out that `digits` bits cannot hold exactly is refused."""
    plain = _tidy(text)
    word = plain.lower().lstrip("+-")
    if word in _WORDS:
        return -_WORDS[word] if plain.startswith("-") else _WORDS[word]
    exact = _decimal(text, percent=True)
    try:
        found = float(plain)
    except ValueError:
        found = float(exact)
    if math.isinf(found) or abs(found) > most:
        raise Unfit("RANGE", "is out of range", f"It holds {-most:g} to {most:g}." if most < math.inf else "")
    if abs(exact) >= 1 << digits and _INTEGER.fullmatch(plain.replace(",", "")):
        whole = int(exact)
        step = 1 << (abs(whole).bit_length() - digits)
        if whole % step:
            raise Unfit("SCALE", f"has more digits than {digits} bits hold", f"Nearest: {round(Fraction(whole, step)) * step}.")
    return -0.0 if found == 0 and plain.startswith("-") else found


def fitted(number: Decimal, precision: int, scale: int) -> Decimal:
    """The decimal with exactly `scale` places, or `Unfit` when that would change it or overflow `precision` digits."""
    with localcontext() as context:
        context.prec = 2000
        if number.adjusted() > _LONGEST_EXPONENT:
            raise Unfit("RANGE", "is out of range")
        step = Decimal(1).scaleb(-scale)
        rounded = number.quantize(step, ROUND_HALF_EVEN)
        if abs(rounded.scaleb(scale)) >= Decimal(10) ** precision:
            raise Unfit("RANGE", "is out of range")
    if rounded != number:
        places = "decimals" if scale != 1 else "decimal"
        raise Unfit("SCALE", f"has more than {scale} {places}", f"Nearest: {rounded:f}.")
    return rounded


def _tidy(text: str) -> str:
    return text.strip().replace("\N{MINUS SIGN}", "-")


def _decimal(text: str, *, percent: bool) -> Decimal:
    plain = _tidy(text)
    found = _NUMBER.fullmatch(plain)
    if not found or not (found[2] or (found[3] and len(found[3]) > 1)):
        hint = f"Write {_with_point(plain)}." if _COMMA_DECIMAL.fullmatch(plain) else ""
        raise Unfit("TYPE", "is not a number", hint)
    if found[5] and not percent:
        raise Unfit("TYPE", "is not a whole number")
    try:
        number = Decimal(plain.rstrip("% \t").replace(",", ""))
    except InvalidOperation:
        raise Unfit("TYPE", "is not a number") from None
    return number.scaleb(-2) if found[5] else number


def _with_point(text: str) -> str:
    return text.replace(".", "").replace(",", ".")
