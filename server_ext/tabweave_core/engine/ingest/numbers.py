"""Numbers as people write them: currency, per cent, brackets for negatives, either decimal sign, any thousands sign.

Works on the distinct texts of a column. Knows nothing of files or of other kinds of value.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .result import Reading

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Counts = np.ndarray[Any, np.dtype[np.int64]]

_CURRENCY = (
    r"(?:US\$|A\$|C\$|R\$|[$€£¥₹₩₽₺₪฿₫₴₦]|USD|EUR|GBP|JPY|CHF|CAD|AUD|NZD|CNY|INR|SEK|NOK|DKK|PLN|CZK|HUF|BRL|MXN|ZAR"
    r"|kr\.?|zł|Kč|Fr\.?)"
)
_NUMBER = (
    rf"^(?P<open>\()?\s*(?P<sign>[-+\x{{2212}}])?\s*(?P<before>{_CURRENCY})?\s*(?P<sign2>[-+\x{{2212}}])?\s*"
    r"(?P<body>(?:[0-9]|[.,][0-9])[0-9.,'\x{2019} \x{a0}\x{202f}]*?)(?P<exp>[eE][-+]?[0-9]{1,3})?\s*"
    rf"(?P<after>{_CURRENCY}|%|‰)?\s*(?P<close>\))?$"
)
_SPACES = " \u00a0\u202f"
FLOAT_DIGITS = 17
DECIMAL_DIGITS = 38


@dataclass(frozen=True, slots=True)
class Parts:
    """Distinct texts taken apart; `ok` where the text has the outline of a number at all."""

    body: pa.StringArray
    exponent: pa.StringArray
    negative: Mask
    unit: np.ndarray[Any, np.dtype[np.object_]]
    ok: Mask


@dataclass(frozen=True, slots=True)
class Style:
    """Decimal and thousands sign; `ambiguous` when no cell decides between them, `conflict` when cells decide differently."""

    decimal: str
    thousands: str
    ambiguous: bool = False
    conflict: bool = False


def _flags(array: pa.Array) -> Mask:
    mask: Mask = pc.fill_null(array, False).to_numpy(zero_copy_only=False)
    return mask


def _matches(texts: pa.StringArray, pattern: str) -> Mask:
    return _flags(pc.match_substring_regex(texts, pattern))


def take_apart(texts: pa.StringArray, *, zeros: bool = False) -> Parts:
    """Sign, currency, digits and exponent of each trimmed text; digits that begin with a zero are codes unless `zeros`."""
    found = pc.extract_regex(texts, _NUMBER)
    ok = _flags(pc.is_valid(found))
    if not ok.any():
        empty = pa.array([""] * len(texts), pa.string())
        return Parts(empty, empty, np.zeros_like(ok), np.full(len(ok), "", dtype=object), ok)

    def part(name: str) -> pa.StringArray:
        return pc.fill_null(pc.struct_field(found, name), "")

    def has(name: str) -> Mask:
        return _flags(pc.not_equal(part(name), ""))

    body, before, after = part("body"), part("before"), part("after")
    signs = has("sign").astype(int) + has("sign2") + has("open")
    plus = _flags(pc.equal(part("sign"), "+")) | _flags(pc.equal(part("sign2"), "+"))
    long = _flags(pc.greater_equal(pc.utf8_length(body), 7))
    ok &= (signs <= 1) & (has("open") == has("close")) & ~(has("before") & has("after")) & ~(plus & long)
    if not zeros:
        ok &= ~_matches(body, "^0[0-9]")
    unit = pc.binary_join_element_wise(before, after, "").to_numpy(zero_copy_only=False)
    return Parts(body, part("exp"), (signs > 0) & ~plus, unit, ok)


def choose_style(parts: Parts, counts: Counts, prior: str = "", thousands: str | None = None) -> Style:
    """The decimal and thousands signs that the column's cells vote for; `prior` decides where no cell does."""
    body, counted = parts.body, np.where(parts.ok, counts, 0)

    def votes(pattern: str) -> int:
        return int(counted[_matches(body, pattern)].sum())

    point = votes(r"^[0-9][0-9,'\x{2019} \x{a0}\x{202f}]*,[0-9]{3}\.[0-9]*$") + votes(r"^[0-9]{1,3}(,[0-9]{2,3})+,[0-9]{3}$")
    point += votes(r"^(0?|[0-9]{4,})\.[0-9]+$") + votes(r"^[0-9]{1,3}\.([0-9]{0,2}|[0-9]{4,})$")
    comma = votes(r"^[0-9][0-9.'\x{2019} \x{a0}\x{202f}]*\.[0-9]{3},[0-9]*$") + votes(r"^[0-9]{1,3}(\.[0-9]{3}){2,}$")
    comma += votes(r"^(0?|[0-9]{4,}),[0-9]+$") + votes(r"^[0-9]{1,3},([0-9]{0,2}|[0-9]{4,})$")
    point += votes(r"^[0-9]{1,3}(['\x{2019} \x{a0}\x{202f}][0-9]{3})+\.[0-9]*$")
    comma += votes(r"^[0-9]{1,3}(['\x{2019} \x{a0}\x{202f}][0-9]{3})+,[0-9]*$")
    only_comma = votes(r"^[1-9][0-9]{0,2},[0-9]{3}$")
    if point or comma:
        decimal = "." if point >= comma else ","
    elif prior:
        decimal = prior
    else:
        decimal = "."
    ambiguous = not (point or comma or prior) and bool(only_comma) and thousands is None
    if thousands is None:
        thousands = ""
        rival = "," if decimal == "." else "."
        for sign in (rival, "'", "\u2019", *_SPACES):
            if votes(rf"^[0-9]{{1,3}}(\x{{{ord(sign):x}}}[0-9]{{2,3}})*\x{{{ord(sign):x}}}[0-9]{{3}}($|\{decimal})"):
                thousands = sign
                break
    return Style(decimal, thousands, ambiguous, bool(point and comma))


def _plain(parts: Parts, decimal: str, thousands: str) -> tuple[pa.StringArray, Mask]:
    """Digits with a point, and where the body obeys the style."""
    point = rf"\{decimal}"
    grouped = rf"|[0-9]{{1,3}}(\x{{{ord(thousands):x}}}[0-9]{{2,3}})*\x{{{ord(thousands):x}}}[0-9]{{3}}" if thousands else ""
    ok = parts.ok & _matches(parts.body, rf"^([0-9]+{grouped})({point}[0-9]*)?$|^{point}[0-9]+$")
    body = pc.replace_substring(parts.body, thousands, "") if thousands else parts.body
    return (pc.replace_substring(body, ",", ".") if decimal == "," else body), ok


def fit(parts: Parts, counts: Counts, style: Style) -> tuple[Reading, Mask]:
    """The narrowest number type that holds every text which is a number in this style, and which texts those are."""
    digits, ok = _plain(parts, style.decimal, style.thousands)
    units = {str(unit): int(counts[ok & (parts.unit == unit)].sum()) for unit in set(parts.unit[ok])}
    unit = max(units, key=lambda u: units[u], default="")
    unit = unit or max((u for u in units if u not in ("", "%", "‰")), key=lambda u: units[u], default="")
    rateless = unit in ("%", "‰")
    ok &= (parts.unit == unit) | ((parts.unit == "") & (not rateless))
    chosen = pa.array(ok)
    digits, exponents = digits.filter(chosen), parts.exponent.filter(chosen)
    plain = Reading("float", style.decimal, style.thousands, unit, ambiguous=style.ambiguous)
    if not len(digits):
        return plain, ok
    whole = pc.replace_substring_regex(digits, r"\..*$", "")
    before = int(pc.max(pc.binary_length(whole)).as_py())
    powered = bool(pc.any(pc.not_equal(exponents, "")).as_py())
    if not rateless and not powered and not pc.any(pc.match_substring(digits, ".")).as_py():
        if before <= 18 or _fits_int64(whole, parts.negative[ok]):
            return replace(plain, kind="integer"), ok
        long = pc.greater(pc.binary_length(whole), DECIMAL_DIGITS).to_numpy(zero_copy_only=False)
        ok[np.flatnonzero(ok)[long]] = False
        return replace(plain, kind="decimal", precision=min(before, DECIMAL_DIGITS)), ok
    significant = pc.binary_length(pc.replace_substring_regex(pc.replace_substring(digits, ".", ""), "^0+|0+$", ""))
    if pc.max(significant).as_py() <= FLOAT_DIGITS:
        return plain, ok
    after = int(pc.max(pc.binary_length(pc.replace_substring_regex(digits, r"^[^.]*\.?", ""))).as_py())
    scale = after + {"%": 2, "‰": 3}.get(unit, 0)
    if not powered and max(before, 1) + scale <= DECIMAL_DIGITS:
        return replace(plain, kind="decimal", precision=max(before, 1) + scale, scale=scale), ok
    return plain, ok


def _fits_int64(whole: pa.StringArray, negative: Mask) -> bool:
    try:
        pc.cast(pc.binary_join_element_wise(pa.array(np.where(negative, "-", "").tolist(), pa.string()), whole, ""), pa.int64())
    except pa.ArrowInvalid:
        return False
    return True


def parse(texts: pa.StringArray, reading: Reading) -> tuple[pa.Array, Mask]:
    """The texts as numbers of this reading, missing where `ok` is false."""
    parts = take_apart(texts, zeros=reading.form == "zeros")
    digits, ok = _plain(parts, reading.decimal, reading.thousands)
    rateless = reading.unit in ("%", "‰")
    ok &= (parts.unit == reading.unit) | ((parts.unit == "") & (not rateless))
    signed = pc.binary_join_element_wise(pa.array(np.where(parts.negative, "-", "").tolist(), pa.string()), digits, "")
    if reading.kind == "integer":
        ok &= ~_flags(pc.match_substring(digits, ".")) & _flags(pc.equal(parts.exponent, ""))
        return _cast(signed, ok, pa.int64())
    if reading.kind == "decimal":
        ok &= _flags(pc.equal(parts.exponent, ""))
        return _decimals(signed, ok, reading)
    power = parts.exponent
    if rateless:
        shift = -2 if reading.unit == "%" else -3
        power = pa.array([f"e{int(text[1:] or 0) + shift}" for text in power.to_pylist()], pa.string())
    return _cast(pc.binary_join_element_wise(signed, power, ""), ok, pa.float64())


def _cast(texts: pa.StringArray, ok: Mask, kind: pa.DataType) -> tuple[pa.Array, Mask]:
    chosen = pc.if_else(pa.array(ok), texts, pa.scalar(None, pa.string()))
    try:
        return pc.cast(chosen, kind), ok
    except pa.ArrowInvalid:
        good = ok.copy()
        for position in np.flatnonzero(ok).tolist():
            try:
                pc.cast(texts[position], kind)
            except pa.ArrowInvalid:
                good[position] = False
        return pc.cast(pc.if_else(pa.array(good), texts, pa.scalar(None, pa.string())), kind), good


def _decimals(texts: pa.StringArray, ok: Mask, reading: Reading) -> tuple[pa.Array, Mask]:
    from decimal import Context, Decimal, Inexact, InvalidOperation

    context = Context(prec=DECIMAL_DIGITS, traps=[Inexact, InvalidOperation])
    shift = {"%": -2, "‰": -3}.get(reading.unit, 0)
    quantum = Decimal(1).scaleb(-reading.scale)
    values: list[Decimal | None] = []
    good = ok.copy()
    for position, text in enumerate(texts.to_pylist()):
        value = None
        if ok[position]:
            try:
                value = Decimal(text).scaleb(shift, context).quantize(quantum, context=context)
            except (Inexact, InvalidOperation):
                good[position] = False
            else:
                if len(value.as_tuple().digits) > reading.precision:
                    value, good[position] = None, False
        values.append(value)
    return pa.array(values, pa.decimal128(max(reading.precision, 1), reading.scale)), good


def leads_with_zero(texts: pa.StringArray) -> Mask:
    """Where digits begin with a zero that a number would lose: codes, not quantities."""
    return _matches(texts, r"^0[0-9]+$")


def words_after(texts: pa.StringArray, counts: Counts) -> dict[str, int]:
    """The unit words behind numbers (`12.0 oz`) and how many cells have each; ordinals (`3rd`) are none."""
    found = pc.extract_regex(texts, r"^[-+]?[0-9][0-9.,]*(?P<unit>\s+[A-Za-zµ°]{1,12}\.?|[A-Za-zµ°]{2,12}\.?)$")
    units = pc.utf8_trim_whitespace(pc.fill_null(pc.struct_field(found, "unit"), "")).to_numpy(zero_copy_only=False)
    return {str(unit): int(counts[units == unit].sum()) for unit in set(units) - {"", "st", "nd", "rd", "th"}}
