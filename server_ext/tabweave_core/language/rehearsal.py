"""A plan tried on the table without its rows, so that what is wrong with it can be told without telling what is in the table.

It must not know models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import TabweaveError
from ..plans.compile import compile_plan
from ..plans.draft import Source
from ..plans.shape import POS, RID, Shape, quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from duckdb import DuckDBPyConnection

    from ..protocol.plan import Plan


def rehearse(connection: DuckDBPyConnection, plan: Plan, source: Source, others: Mapping[str, Source]) -> None:
    """Raises for a plan that does not fit the columns, in words made of their names and kinds alone.

    A plan that only fails on what the rows hold passes; running it says why.
    """
    try:
        compile_plan(connection, plan, source, others)
    except TabweaveError:
        empty = {name: _bare(connection, other, f"bare {name}") for name, other in others.items()}
        compile_plan(connection, plan, _bare(connection, source, "bare"), empty)


def _bare(connection: DuckDBPyConnection, source: Source, name: str) -> Source:
    """The same columns without rows; a category's type lists its values, so it becomes text."""
    types = {column: "VARCHAR" if "ENUM(" in kind else kind for column, kind in source.shape.types.items()}
    listed = "".join(f", CAST(NULL AS {kind}) AS {quote(column)}" for column, kind in types.items())
    relation = quote(f"tabweave {name}")
    hidden = f"CAST(NULL AS BIGINT) AS {RID}, CAST(NULL AS BIGINT) AS {POS}"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {relation} AS SELECT {hidden}{listed} LIMIT 0")
    return Source(relation, Shape(types))
