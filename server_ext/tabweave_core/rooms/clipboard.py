"""A selection as text for the clipboard. It must not know who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from ..engine.texts import in_sql
from ..engine.window import in_order
from ..errors import Refused

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from ..engine.catalog import Table
    from ..engine.window import Seen
    from ..protocol.schema import Range

MOST_COPIED = 5_000_000
"""Cells that one copy may have."""


def copy(cursor: DuckDBPyConnection, table: Table, *, seen: Seen | None, wanted: Range, headers: bool) -> str:
    """A selection as tab-separated text, each row ended by a newline, with canonical texts.

    Cells with a tab, a line break or a quote are quoted and their quotes doubled, as Excel and Sheets write and read them.
    """
    columns = [table.column(cid) for cid in wanted.columns]
    count = len(table.rows) if seen is None else seen.rows
    stop = min(wanted.stop, count)
    start = max(min(wanted.start, stop), 0)
    size = (stop - start) * len(columns)
    if size > MOST_COPIED:
        raise Refused(
            "TOO_LARGE",
            f"The selection has {size:,} cells; {MOST_COPIED:,} can be copied at once.",
            hint="Select fewer rows, or download the table.",
        )
    head = "\t".join(_quoted(pa.array([column.name]))[0].as_py() for column in columns) + "\n" if headers else ""
    if not columns or start == stop:
        return head
    rids = table.rows.ids(slice(start, stop)) if seen is None else seen.ids(start, stop)
    cursor.register("copied", pa.table({"rid": rids}))
    texts = ", ".join(f"coalesce({in_sql(column)}, '')" for column in columns)
    query = f"SELECT _rid, {texts} FROM {table.live} WHERE _rid IN (SELECT rid FROM copied)"
    rows = in_order(cursor.sql(query).to_arrow_table(), rids)
    cells = [_quoted(rows.column(place).combine_chunks().cast(pa.large_string())) for place in range(1, len(columns) + 1)]
    lines = pc.binary_join_element_wise(*cells, pa.scalar("\t", pa.large_string()))
    return head + "".join(f"{line}\n" for line in lines.to_pylist())


def _quoted(texts: pa.Array) -> pa.Array:
    special = pc.match_substring_regex(texts, '["\t\n\r]')
    if not pc.any(special).as_py():
        return texts
    quoted = [f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in texts.filter(special).to_pylist()]
    return pc.replace_with_mask(texts, special, pa.array(quoted, texts.type))
