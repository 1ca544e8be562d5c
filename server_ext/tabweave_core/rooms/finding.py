"""Where a text stands in a view. It must not know who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa

from ..engine.query import Sql
from ..engine.texts import can_read, in_sql
from ..errors import BadValue
from ..protocol.schema import Match

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

    from ..engine.catalog import Table
    from ..engine.rows import Ints
    from ..engine.window import Seen
    from ..protocol.messages import Find
    from ..protocol.schema import Column

STRETCH = 32_768
"""Rows that are looked through at first; then more and more, as long as too little is found."""
_GROWTH = 4


def find(cursor: DuckDBPyConnection, table: Table, *, seen: Seen | None, question: Find, limit: int) -> tuple[list[Match], int]:
    """Matching cells in reading order from view row `start`, wrapping around at the end, up to `limit`; and their number."""
    cids = [column.id for column in table.columns] if question.columns is None else dict.fromkeys(question.columns)
    wanted = [table.column(cid) for cid in cids]
    columns = [column for column in wanted if question.regex or can_read(column, question.text, question.case)]
    try:
        if not columns:
            cursor.execute("SELECT regexp_matches('', ?)", [question.text if question.regex else ""]).fetchall()
            return [], 0
        tests = [_test(column, question) for column in columns]
        matches: list[Match] = []
        for first, rids in _stretches(table, seen, question.start):
            matches += _matches(cursor, table, columns, tests, first, rids, limit - len(matches))
            if len(matches) >= limit:
                return matches[:limit], _count(cursor, table, seen, tests)
        return matches, len(matches)
    except duckdb.InvalidInputException as error:
        reason = str(error).splitlines()[0].removeprefix("Invalid Input Error: ")
        raise BadValue(
            "CHECK",
            f"{question.text!r} is not a regular expression: {reason}.",
            hint="Put a backslash before characters meant literally, or search without regular expressions.",
        ) from None


def _stretches(table: Table, seen: Seen | None, start: int) -> Iterator[tuple[int, Ints]]:
    """The first view row of each stretch and its row ids, from `start` on and around."""
    count = len(table.rows) if seen is None else seen.rows
    start = min(max(start, 0), count)
    size = STRETCH
    for at, end in ((start, count), (0, start)):
        while at < end:
            stop = min(at + size, end)
            yield at, table.rows.ids(slice(at, stop)) if seen is None else seen.ids(at, stop)
            at, size = stop, size * _GROWTH


def _matches(
    cursor: DuckDBPyConnection, table: Table, columns: list[Column], tests: list[Sql], first: int, rids: Ints, limit: int
) -> list[Match]:
    """The first matches among rows that follow each other in the view from row `first` on."""
    hits = Sql.joined(", ", [Sql(f"coalesce({test.text}, false)", test.values) for test in tests])
    source, place = f"{table.live} JOIN viewed ON viewed.rid = {table.live}._rid", "viewed.place"
    if _follow(rids):
        source, place = f"{table.live} WHERE _rid BETWEEN {int(rids[0])} AND {int(rids[-1])}", f"_rid - {int(rids[0])}"
    else:
        cursor.register("viewed", pa.table({"rid": rids, "place": np.arange(len(rids))}))
    query = (
        f"SELECT place, rid, hits FROM (SELECT {place} AS place, _rid AS rid, [{hits.text}] AS hits FROM {source}) "
        "WHERE list_contains(hits, true) ORDER BY place LIMIT ?"
    )
    return [
        Match(row=first + place, rid=rid, column=column.id)
        for place, rid, found in cursor.execute(query, [*hits.values, limit]).fetchall()
        for column, hit in zip(columns, found, strict=True)
        if hit
    ]


def _follow(rids: Ints) -> bool:
    """Whether these are consecutive ids."""
    return int(rids[-1]) - int(rids[0]) == len(rids) - 1 and bool((np.diff(rids) == 1).all())


def _count(cursor: DuckDBPyConnection, table: Table, seen: Seen | None, tests: list[Sql]) -> int:
    source = table.live
    if seen is not None and (seen.rids is not None or not seen.order.same_rows(table.rows)):
        cursor.register("viewed", pa.table({"rid": seen.ids(0, seen.rows)}))
        source += " WHERE _rid IN (SELECT rid FROM viewed)"
    total = Sql.joined(" + ", [Sql(f"CAST(coalesce({test.text}, false) AS BIGINT)", test.values) for test in tests])
    ((count,),) = cursor.execute(f"SELECT coalesce(sum({total.text}), 0) FROM {source}", total.values).fetchall()
    return int(count)


def _test(column: Column, question: Find) -> Sql:
    text = in_sql(column)
    if question.regex:
        flags = "c" if question.case else "i"
        return Sql(f"regexp_{'full_match' if question.whole else 'matches'}({text}, ?, ?)", [question.text, flags])
    operand = "?"
    if not question.case:
        text, operand = f"lower({text})", "lower(?)"
    return Sql(f"{text} = {operand}" if question.whole else f"contains({text}, {operand})", [question.text])
