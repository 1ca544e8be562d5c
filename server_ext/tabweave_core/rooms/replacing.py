"""Replacing text in the cells of a view: the cells are looked for beside everything else, their new texts made at their turn.

Regular expressions are RE2's, run by DuckDB, which takes time linear in the text. It must not know members or carriers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa

from ..engine.apply import Prepared
from ..engine.edits import counted
from ..engine.texts import can_read, in_sql, shown
from ..errors import BadValue, Refused
from ..protocol import ops
from . import rights

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

    from ..engine.catalog import Table
    from ..engine.draft import Draft
    from ..engine.store import Store
    from ..engine.window import Seen
    from ..protocol.schema import Column, Person

MOST = 200_000
"""So many cells can be replaced at once."""
MOST_TEXT = 64_000_000
"""The new texts of one replacement have so many characters."""
_TOGETHER = 1000
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "\\": "\\\\"}
_TEMPLATE = re.compile(r"\$(\d+)|\\g<(\d+)>|\\(\d+)|\\(.)|(\\)$", re.DOTALL)


@dataclass(frozen=True)
class Replacing:
    """A replacement and the cells it was found to be about, as row ids by column id."""

    op: ops.Replace
    cells: dict[int, list[int]]

    @classmethod
    def found(cls, store: Store, name: str, op: ops.Replace, user: Person, seen: Seen | None) -> Replacing:
        """Looks for the cells; raises `BadValue` for what cannot be looked for, `TOO_LARGE` for too many cells."""
        if not op.find and not op.whole:
            raise BadValue("CHECK", "There is no text to find.", hint="Type what should be replaced.")
        rewrite = _rewrite(op.replacement) if op.regex else ""

        def read(cursor: DuckDBPyConnection, table: Table) -> Replacing:
            _check_pattern(cursor, op, rewrite)
            if op.columns is None:
                columns = [column for column in table.columns if column.editable and rights.may_write(table, user, column.id)]
            else:
                columns = [column for cid in dict.fromkeys(op.columns) if (column := table.column(cid)).editable]
            columns = [column for column in columns if op.regex or can_read(column, op.find, op.case)]
            if seen is not None and seen.rids is not None:
                cursor.register("viewed", pa.table({"rid": seen.rids}))
            return cls(op, dict(_matching(cursor, table, columns, op, narrowed=seen is not None and seen.rids is not None)))

        return store.read(name, read, rights.lens(user))

    def prepared(self, draft: Draft) -> Prepared:
        """The cells to set, with the values of now."""
        blocks = []
        table = draft.table
        for cid, found in self.cells.items():
            column = table.column(cid)
            places = table.rows.positions(found).tolist()
            rids = [rid for rid, place in zip(found, places, strict=True) if place >= 0]
            draft.need([cid], rids)
            text = shown(column)
            old = {rid: text(stored) for rid in rids if (stored := draft.text(cid, rid)) is not None}
            new = self._changed(draft.connection, sorted(set(old.values())))
            changed = {rid: new[was] for rid, was in old.items() if was in new}
            if changed:
                blocks.append(ops.Block(columns=[cid], rows=list(changed), values=[list(changed.values())]))
        op = self.op
        told = f"replaced {op.find!r} by {op.replacement!r}"
        nothing = f"No cell matches {op.find!r}."
        return Prepared(ops.SetCells(blocks=blocks), lambda written: f"{told} in {counted(written, 'cell')}", nothing)

    def _changed(self, connection: DuckDBPyConnection, texts: list[str]) -> dict[str, str]:
        """The texts that are replaced by others, with these."""
        op = self.op
        found: dict[str, str] = {}
        size = 0
        for start in range(0, len(texts), _TOGETHER):
            some = texts[start : start + _TOGETHER]
            if sum(_longest(text, op) for text in some) > MOST_TEXT:
                raise _too_long()
            new = _by_regex(connection, some, op) if op.regex else _literally(some, op)
            found |= new
            size += sum(map(len, new.values()))
            if size > MOST_TEXT:
                raise _too_long()
        return found


def _too_long() -> Refused:
    message = f"The new texts may have more than {MOST_TEXT:,} characters."
    return Refused("TOO_LARGE", message, hint="Filter the view first, or replace by something shorter.")


def _longest(text: str, op: ops.Replace) -> int:
    """How long at most a text becomes."""
    if op.regex:
        return len(text) + (len(text) + 1) * len(op.replacement)
    count = 1 if op.whole else len(re.findall(re.escape(op.find), text, 0 if op.case else re.IGNORECASE))
    return len(text) + count * len(op.replacement)


def _literally(texts: list[str], op: ops.Replace) -> dict[str, str]:
    pattern = re.compile(re.escape(op.find), 0 if op.case else re.IGNORECASE)
    if op.whole:
        found = {text: op.replacement for text in texts if pattern.fullmatch(text)}
    else:
        found = {text: pattern.sub(lambda _: op.replacement, text) for text in texts}
    return {text: new for text, new in found.items() if text != new}


def _by_regex(connection: DuckDBPyConnection, texts: list[str], op: ops.Replace) -> dict[str, str]:
    connection.register("old_texts", pa.table({"text": pa.array(texts, pa.string())}))
    flags = "c" if op.case else "i"
    wanted = rf"\A(?:{op.find})\z" if op.whole else op.find
    rows = connection.execute(
        "SELECT text, new FROM (SELECT text, regexp_replace(text, ?, ?, ?) AS new FROM old_texts) WHERE text <> new",
        [wanted, _rewrite(op.replacement), f"g{flags}"],
    ).fetchall()
    connection.unregister("old_texts")
    return dict(rows)


def _rewrite(replacement: str) -> str:
    r"""A replacement as people write it ($1 or \1 for a group) as RE2 takes it."""

    def one(found: re.Match[str]) -> str:
        group = found[1] or found[2] or found[3]
        if group is not None:
            if int(group) > 9:
                raise BadValue("CHECK", f"The replacement names group {group}.", hint="Groups are $1 to $9.")
            return f"\\{int(group)}"
        if found[4] in _ESCAPES:
            return _ESCAPES[found[4]]
        raise BadValue(
            "CHECK", f"The replacement has a backslash before {found[4] or 'its end'!r}.", hint=r"Write \\ for a backslash."
        )

    return _TEMPLATE.sub(one, replacement)


def _check_pattern(cursor: DuckDBPyConnection, op: ops.Replace, rewrite: str) -> None:
    if not op.regex:
        return
    try:
        cursor.execute("SELECT regexp_replace('', ?, ?, 'g')", [op.find, rewrite]).fetchall()
    except duckdb.InvalidInputException as error:
        reason = str(error).splitlines()[0].removeprefix("Invalid Input Error: ")
        raise BadValue(
            "CHECK", f"The pattern cannot be used: {reason.rstrip('.')}.", hint="Turn off regular expressions."
        ) from None


def _matching(
    cursor: DuckDBPyConnection, table: Table, columns: list[Column], op: ops.Replace, *, narrowed: bool
) -> Iterator[tuple[int, list[int]]]:
    """The rows of each column with a cell that matches, where there are any."""
    left = MOST
    within = " AND _rid IN (SELECT rid FROM viewed)" if narrowed else ""
    for column in columns:
        test, values = _test(in_sql(column), op)
        query = f"SELECT _rid FROM {table.live} WHERE {test}{within} LIMIT {left + 1}"
        found = np.asarray(cursor.sql(query, params=values).to_arrow_table().column(0), dtype=np.int64)
        left -= len(found)
        if left < 0:
            hint = "Filter the view first, or name fewer columns."
            raise Refused("TOO_LARGE", f"More than {MOST:,} cells match; so many can be replaced at once.", hint=hint)
        if len(found):
            yield column.id, found.tolist()


def _test(text: str, op: ops.Replace) -> tuple[str, list[str]]:
    if op.regex:
        test = "regexp_full_match" if op.whole else "regexp_matches"
        return f"{test}({text}, ?, ?)", [op.find, "c" if op.case else "i"]
    operand = "?"
    if not op.case:
        text, operand = f"lower({text})", "lower(?)"
    return (f"{text} = {operand}" if op.whole else f"contains({text}, {operand})"), [op.find]
