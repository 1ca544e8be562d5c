"""The sentences about a column: what was done to its cells, what looks wrong, and what would put it right."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Protocol

from .dates import describe_order
from .distinct import quote_words
from .result import Finding, Reading

if TYPE_CHECKING:
    from .columns import Near, Notes

_NOUNS = {
    "integer": "whole numbers",
    "float": "numbers",
    "decimal": "exact numbers",
    "boolean": "yes or no",
    "date": "dates",
    "timestamp": "timestamps",
    "time": "times",
}


class Say(Protocol):
    """Adds a finding about the column at hand."""

    def __call__(self, code: str, rows: list[int] | tuple[int, ...], count: int, message: str, suggestion: str = "") -> None:
        """Code, sample rows, count, sentence, advice."""


def notice(name: str, reading: Reading, notes: Notes, near: Near | None) -> list[Finding]:
    """The findings about one column."""
    found: list[Finding] = []
    present = notes.cells - notes.nulls - notes.blank - sum(notes.missing.values())

    def say(code: str, rows: list[int] | tuple[int, ...], count: int, message: str, suggestion: str = "") -> None:
        found.append(Finding(code, name, tuple(rows[:10]), count, message, suggestion))

    if notes.cells and not present and not notes.missing:
        say("S3", (), notes.cells, "Every cell is empty.")
    if reading.kind in ("integer", "float", "decimal"):
        _number(name, reading, notes, present, say)
    elif reading.kind in ("date", "timestamp"):
        _date(reading, present, say)
    elif reading.kind == "time":
        say("T2", (), present, "Times of day written as text are read as times.", retype(name, "text"))
    elif reading.kind == "boolean":
        _boolean(name, notes, present, say)
    elif reading.kind == "text":
        _text(name, reading, notes, near, say)
    if reading.kind not in ("text", "other"):
        _converted(name, reading, notes, present, say)
    return found


def _boolean(name: str, notes: Notes, present: int, say: Say) -> None:
    spellings = {word.strip() for word in notes.words}
    words = quote_words(sorted(notes.words.items(), key=lambda item: -item[1]))
    if len(spellings) > 2:
        say("T9", (), present, f"Yes and no are spelled in several ways: {words}.", retype(name, "text"))
    elif not {word.casefold() for word in spellings} <= {"true", "false"}:
        say("T9", (), present, f"Read as true or false: {words}.", retype(name, "text"))


def _converted(name: str, reading: Reading, notes: Notes, present: int, say: Say) -> None:
    if notes.missing:
        words = quote_words(notes.missing.most_common(8))
        message = f"Read as missing among {_NOUNS[reading.kind]}: {words}."
        say("M2", notes.missing_rows, sum(notes.missing.values()), message, retype(name, "text"))
    if notes.trimmed:
        say("X1", (), notes.trimmed, f"Spaces around {notes.trimmed:,} of {present:,} values were ignored.")


def retype(name: str, kind: str) -> str:
    """The option of `%tab open` that gives a column another type, and what it does."""
    quoted = '"' + name.replace('"', '""') + '"' if set(name) & set(',"') else name
    return f"--types {shlex.quote(f'{quoted}={kind}')} {'keeps the text' if kind == 'text' else f'makes it {kind}'}."


def _number(name: str, reading: Reading, notes: Notes, present: int, say: Say) -> None:
    if reading.ambiguous:
        message = f"{reading.thousands!r} is taken to separate thousands; no cell shows whether it does."
        say("T4", (), present, message, "--decimal , reads it as the decimal sign.")
    written = []
    if reading.unit in ("%", "‰"):
        written.append(f"{reading.unit} and read as a share ({'1% is 0.01' if reading.unit == '%' else '1‰ is 0.001'})")
    elif reading.unit:
        written.append(f"the unit {reading.unit}" + (f" ({notes.bare:,} without)" if notes.bare else ""))
    if reading.decimal == ",":
        written.append("a decimal comma")
    if reading.thousands and not reading.ambiguous:
        written.append(f"{reading.thousands!r} between thousands")
    if written:
        say("T2", (), present, f"Numbers written with {', '.join(written)}.", retype(name, "text"))
    if reading.kind == "decimal":
        why = "Too long for 64 bits" if not reading.scale else "More digits than a float can hold"
        say("T2", (), present, f"{why}: kept exactly, as decimals.", "If they are codes, open the column as text.")
    if notes.mangled:
        message = f"{notes.mangled:,} cells look like long numbers that a spreadsheet has shortened (1.23E+11); digits are gone."
        say("T6", notes.mangled_rows, notes.mangled, message, "Export again with the column formatted as text.")
    if (
        reading.kind == "float"
        and not reading.unit
        and not notes.fractions
        and present
        and notes.nulls + sum(notes.missing.values())
    ):
        say(
            "T8",
            (),
            present,
            "Whole numbers written with decimals, probably because some are missing.",
            "Type integer would hold them.",
        )


def _date(reading: Reading, present: int, say: Say) -> None:
    order = describe_order(reading)
    if reading.ambiguous:
        other = "dmy" if reading.order == "mdy" else "mdy"
        message = f"Read as {order}, but every cell could also be {'day first' if other == 'dmy' else 'month first'}."
        say("T5", (), present, message, f"--dates {other} reads it the other way.")
    elif reading.order != "ymd":
        say("T5", (), present, f"Read as {order}.")
    if reading.form.endswith(" yy"):
        say("T5", (), present, "Years have two digits: 69 to 99 are read as 19.., 00 to 68 as 20...")
    if reading.mixed:
        say("D3", (), present, "Written with different offsets from UTC; all are read as UTC.")


def _text(name: str, reading: Reading, notes: Notes, near: Near | None, say: Say) -> None:
    if near is not None and near.worded:
        units = quote_words(near.words)
        say(
            "T3",
            (),
            near.fits,
            f"Numbers with a unit in each cell ({units}) are kept as text.",
            "Move the unit into the column's name.",
        )
    elif near is not None and not (reading.form == "postal" and near.leading >= near.fails):
        _near(name, near, say, fixable=reading.form != "postal")
    if notes.missing:
        words = quote_words(notes.missing.most_common(8))
        say("M2", notes.missing_rows, sum(notes.missing.values()), f"Perhaps missing, kept as text: {words}.")
    if notes.blank:
        say("M1", (), notes.blank, f"{notes.blank:,} cells are empty texts in quotes, beside {notes.nulls:,} that are missing.")
    if reading.form == "postal":
        short = notes.lengths[3] + notes.lengths[4]
        if notes.lengths[5] > short > 0:
            fewer = f"{short:,} have fewer digits than the other {notes.lengths[5]:,}"
            message = f"Postal codes are kept as text. {fewer}: zeros at the front were lost."
            say("T7", notes.short_rows, short, message, "Fill them up to 5 digits with zeros.")
        elif notes.lengths:
            say(
                "T7",
                (),
                sum(notes.lengths.values()),
                "Postal codes are kept as text, so no zero at the front is lost.",
                "" if near else retype(name, "integer"),
            )


def _near(name: str, near: Near, say: Say, *, fixable: bool) -> None:
    noun = _NOUNS[near.reading.kind]
    total = near.fits + near.fails
    if near.leading and near.leading >= near.fails:
        message = f"{near.leading:,} of {total:,} numbers begin with a zero, so they are kept as text."
        say("T7", near.rows, near.leading, message, retype(name, "integer"))
        return
    words = quote_words(near.words, near.fails)
    code = "T1"
    if near.conflict:
        code = "T4"
    elif len(near.units) > 1:
        code = "T3"
    elif near.reading.kind in ("date", "timestamp"):
        code = "T5"
    if code == "T3":
        units = ", ".join(repr(unit) if unit else "none" for unit in near.units)
        say(
            code,
            near.rows,
            near.fails,
            f"Numbers with different units ({units}) are kept as text; the rarer are {words}.",
            "Give them one unit.",
        )
        return
    message = f"{near.fits:,} of {total:,} cells are {noun}; kept as text because of {words}."
    say(
        code,
        near.rows,
        near.fails,
        message,
        f"Correct these cells, then change the type to {near.reading.kind}." if fixable else "Correct these cells.",
    )
