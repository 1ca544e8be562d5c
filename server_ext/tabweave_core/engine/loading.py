"""A new table from Arrow, batch by batch, beside everything else that the store does.

The rows are written in transactions of their own; the table is there for others only once the catalog has it. What a crash
leaves behind is swept up when the store is opened. It must not know who may do what.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import msgspec
import numpy as np
import pyarrow as pa

from ..errors import Refused, Unavailable
from . import catalog
from .dtypes import INDEX, Dtype, of_arrow, to_store
from .rows import RowIds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

    from ..protocol.schema import Column

_logger = logging.getLogger(__name__)
LONGEST_NAME = 200
MOST_COLUMNS = 10_000
MOST_LABELS = 100_000
"""A category column has at most so many labels."""
ROW_GROUP = 122_880
"""Rows that DuckDB stores together. Batches of other lengths take twice the room and a checkpoint of seconds (DuckDB 2.0)."""
_MOST_CELLS = 16_000_000
_TOGETHER = 8
"""So many batches are committed at once: a transaction holds what it has written in memory."""


@dataclass(frozen=True)
class Loaded:
    """The values of a table that is not in the catalog yet."""

    id: int
    columns: tuple[Column, ...]
    rows: RowIds


def check_name(name: str) -> None:
    """Raises `SCHEMA` for what cannot name a table."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise Refused("SCHEMA", f"{name[:60]!r} is not valid Unicode text.", hint="Choose another name.") from None
    plain = name == name.strip() and name.isprintable() and "/" not in name
    if not plain or name in ("", ".", "..") or len(name) > LONGEST_NAME:
        raise Refused("SCHEMA", f"{name[:60]!r} cannot name a table.", hint="Use a short name without a slash.")


def check_schema(schema: pa.Schema) -> list[Dtype]:
    """The types that columns of an Arrow schema get; raises for what cannot be shared."""
    names = schema.names
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        raise Refused("SCHEMA", f"Two columns are called {twice[0]!r}.", hint="Rename one of them.")
    if len(names) > MOST_COLUMNS:
        raise Refused("TOO_LARGE", f"A shared table has at most {MOST_COLUMNS:,} columns.", hint="Leave some out.")
    for place, name in enumerate(names):
        if not name.strip():
            raise Refused("SCHEMA", f"Column {place + 1} has no name.", hint="Give it one.")
    return [of_arrow(field.name, field.type) for field in schema]


def load(cursor: DuckDBPyConnection, number: int, data: pa.Table | pa.RecordBatchReader) -> Loaded:
    """Writes the rows of a new table with this number, numbered from 0; raises and leaves nothing behind if that fails."""
    dtypes = check_schema(data.schema)
    live = f"t{number}"
    labels: dict[int, dict[str, None]] = {cid: {} for cid, dtype in enumerate(dtypes) if dtype.kind == "category"}
    names = [f"c{cid}" for cid in range(len(dtypes))]
    typed = "".join(f", {name} {dtype.sql}" for name, dtype in zip(names, dtypes, strict=True))
    count = 0
    cursor.execute("BEGIN")
    try:
        cursor.execute(f"CREATE TABLE {live} (_rid BIGINT NOT NULL{typed})")
        for turn, batch in enumerate(_batches(data)):
            if turn and turn % _TOGETHER == 0:
                cursor.execute("COMMIT")
                cursor.execute("BEGIN")
            arrays = [np.arange(count, count + len(batch), dtype=np.int64)]
            for cid, dtype in enumerate(dtypes):
                values = batch.column(cid)
                if cid in labels:
                    _collect(labels[cid], values, data.schema.field(cid).name)
                arrays.append(to_store(data.schema.field(cid).name, dtype, values))
            cursor.register("staged", pa.table(arrays, names=["_rid", *names]))
            cursor.execute(f"INSERT INTO {live} SELECT * FROM staged")
            cursor.unregister("staged")
            count += len(batch)
        cursor.execute("COMMIT")
    except duckdb.Error as error:
        _abandon(cursor, live)
        reason = str(error).splitlines()[0]
        raise Unavailable(
            "BUSY", f"The table could not be stored: {reason}", hint="Make room on its disk, then try again."
        ) from error
    except BaseException:
        _abandon(cursor, live)
        raise
    columns = [
        _flagged(
            field,
            dtype.column(
                cid,
                field.name,
                categories=list(labels[cid]) if cid in labels else None,
                ordered=cid in labels and field.type.ordered,
            ),
        )
        for cid, (field, dtype) in enumerate(zip(data.schema, dtypes, strict=True))
    ]
    return Loaded(number, tuple(columns), RowIds(count))


def _flagged(field: pa.Field, column: Column) -> Column:
    return msgspec.structs.replace(column, index=True) if INDEX in (field.metadata or {}) else column


def _abandon(cursor: DuckDBPyConnection, live: str) -> None:
    try:
        cursor.execute("ROLLBACK")
    except duckdb.TransactionException as error:
        _logger.debug("DuckDB has rolled back itself: %s", error)
    try:
        cursor.execute(f"DROP TABLE IF EXISTS {live}")
    except duckdb.Error as error:
        _logger.info("what was stored of %s is swept up later: %s", live, error)


def _batches(data: pa.Table | pa.RecordBatchReader) -> Iterator[pa.Table]:
    """The rows as tables of the length that is stored best; an empty one if there are none."""
    length = ROW_GROUP
    while length * len(data.schema) > _MOST_CELLS and length > 2048:
        length //= 2
    held: list[pa.Table] = []
    have = 0
    for table in [data] if isinstance(data, pa.Table) else (pa.Table.from_batches([batch], data.schema) for batch in data):
        held.append(table)
        have += table.num_rows
        if have >= length:
            whole = pa.concat_tables(held)
            full = have - have % length
            for start in range(0, full, length):
                yield whole.slice(start, length)
            held, have = [whole.slice(full)], have - full
    yield pa.concat_tables(held) if held else data.schema.empty_table()


def _collect(labels: dict[str, None], values: pa.ChunkedArray, name: str) -> None:
    """Takes in the labels that a stretch of a category column has, in their order."""
    for chunk in values.chunks:
        labels.update(dict.fromkeys(label for label in chunk.dictionary.to_pylist() if label is not None))
    if len(labels) > MOST_LABELS:
        raise Refused("TOO_LARGE", f"Column {name!r} has more than {MOST_LABELS:,} categories.", hint="Make it a text column.")


def sweep(connection: DuckDBPyConnection) -> None:
    """Drops the values that no table of the catalog has; looks for them where there was ever a number without a table now."""
    known = {number for (number,) in connection.execute("SELECT id FROM _table").fetchall()}
    if known.issuperset(range(1, _last(connection) + 1)):
        return
    rows = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE regexp_full_match(table_name, 't[0-9]+') "
        "AND table_name NOT IN (SELECT 't' || id FROM _table)"
    ).fetchall()
    for (name,) in rows:
        connection.execute(f"DROP TABLE {name}")


def next_number(connection: DuckDBPyConnection) -> int:
    """A number that no table had before."""
    number = _last(connection) + 1
    connection.execute("DELETE FROM _meta WHERE key = 'last'")
    connection.execute("INSERT INTO _meta VALUES ('last', ?)", [str(number)])
    return number


def _last(connection: DuckDBPyConnection) -> int:
    ((number,),) = connection.execute("SELECT coalesce(max(value::INTEGER), 0) FROM _meta WHERE key = 'last'").fetchall()
    return int(number)


def check_free(connection: DuckDBPyConnection, name: str) -> None:
    """Raises `SCHEMA` if a table has this name."""
    if name in catalog.names(connection):
        raise Refused("SCHEMA", f"There is a shared table {name!r} already.", hint="Choose another name.")
