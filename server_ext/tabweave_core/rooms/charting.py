"""Charts of a shared table, drawn from the store in one transaction. It must not know who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ..charts.chart import picture
from ..charts.spec import formulas
from ..engine import expression
from ..engine.texts import fixed_offset
from ..plans.draft import Source
from ..plans.shape import POS, RID, Shape, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from ..charts.chart import Picture
    from ..charts.marks import Frame
    from ..engine.catalog import Table
    from ..protocol.plan import Chart
    from ..protocol.schema import Column

_PLACES = "charted_places"


def draw(cursor: DuckDBPyConnection, table: Table, *, chart: Chart, part: Frame | None = None) -> tuple[int, Picture]:
    """A chart of all rows of a table, and the revision that it is of; raises for columns that the table does not have."""
    for sql in formulas(chart):
        expression.condition(table, sql)
    return table.head, picture(cursor, source(cursor, table), chart, part)


def source(cursor: DuckDBPyConnection, table: Table) -> Source:
    """The table as plans read it: columns by name, zoned moments as the zone's clock has them, `_rid` and `_pos`."""
    columns = "".join(f", {_value(column)} AS {quote(column.name)}" for column in table.columns)
    if table.rows.ascending:
        relation = f"(SELECT _rid AS {RID}, _rid AS {POS}{columns} FROM {table.live})"
    else:
        rids = table.rows.ids(slice(None))
        cursor.register(_PLACES, pa.table({"rid": rids, "place": np.arange(len(rids))}))
        placed = f"{table.live} JOIN {_PLACES} ON {_PLACES}.rid = {table.live}._rid"
        relation = f"(SELECT _rid AS {RID}, place AS {POS}{columns} FROM {placed})"
    found = cursor.execute(f"SELECT * FROM {relation} LIMIT 0").description or []
    return Source(relation, Shape.of((name, str(kind)) for name, kind, *_ in found if name not in (RID, POS)))


def _value(column: Column) -> str:
    name = f"c{column.id}"
    if column.kind != "timestamp" or not column.zone:
        return name
    ahead = fixed_offset(column.zone)
    if ahead is not None:
        return f"(CAST({name} AS TIMESTAMP) + to_seconds({ahead}))"
    zone = column.zone.replace("'", "''")
    return f"timezone('{zone}', timezone('UTC', CAST({name} AS TIMESTAMP)))"
