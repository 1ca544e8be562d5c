"""Plans with queries of people's own, run in the child process."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest
from tabweave_core.asking.apart import Apart
from tabweave_core.plans.draft import Source
from tabweave_core.plans.shape import POS, RID, Shape
from tabweave_core.protocol import plan as p
from tabweave_core.sql.limits import Limits
from tabweave_core.sql.sandbox import Sandbox


@pytest.mark.parametrize("name", ["table", "Table", "rows"])
def test_a_table_by_any_name_can_be_joined(name: str, sandbox: Sandbox) -> None:
    plan = p.Plan(steps=[p.Sql(select=f'SELECT this.a, (SELECT max(b) FROM "{name}") AS b FROM this')])
    with duckdb.connect() as connection:
        connection.register("mine", pa.table({RID: [0], POS: [0], "a": [1]}))
        connection.register("other", pa.table({RID: [0], POS: [0], "b": [2]}))
        source = Source('"mine"', Shape({"a": "BIGINT"}), laid=True)
        others = {name: Source('"other"', Shape({"b": "BIGINT"}), laid=True)}
        Apart(sandbox, Limits()).rehearse(connection, plan, source, others)
