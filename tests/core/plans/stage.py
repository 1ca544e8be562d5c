"""A small table that plans are tried on, and what comes out of them."""

from __future__ import annotations

from typing import Any

import duckdb
from tabweave_core.plans.compile import Compiled, compile_plan
from tabweave_core.plans.diff import Diff, Staged
from tabweave_core.plans.draft import Source
from tabweave_core.plans.shape import Shape
from tabweave_core.protocol import plan as p

Row = tuple[Any, ...]


class Stage:
    """A DuckDB in memory with the tables that a plan may read."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.sources: dict[str, Source] = {}

    def table(self, name: str, columns: dict[str, str], rows: list[Row]) -> None:
        """Makes a table; row ids are 10, 11, … in order."""
        typed = "".join(f', "{column}" {type_}' for column, type_ in columns.items())
        self.connection.execute(f"CREATE TABLE {name} (_rid BIGINT, _pos BIGINT{typed})")
        if rows:
            marks = ", ".join("?" * (len(columns) + 2))
            self.connection.executemany(f"INSERT INTO {name} VALUES ({marks})", [[10 + n, n, *row] for n, row in enumerate(rows)])
        types = self.connection.execute(f"SELECT * EXCLUDE (_rid, _pos) FROM {name} LIMIT 0").description
        self.sources[name] = Source(name, Shape.of((column, str(type_)) for column, type_, *_ in types))

    def compile(self, *steps: p.Step, table: str = "t") -> Compiled:
        """The compiled plan."""
        others = {name: source for name, source in self.sources.items() if name != table}
        return compile_plan(self.connection, p.Plan(steps=list(steps)), self.sources[table], others)

    def run(self, *steps: p.Step, table: str = "t") -> tuple[list[str], list[Row]]:
        """The columns and rows that a plan leaves."""
        compiled = self.compile(*steps, table=table)
        rows = self.connection.execute(compiled.sql, dict(compiled.values)).fetchall()
        return compiled.shape.names, [row[2:] for row in rows]

    def rids(self, *steps: p.Step) -> list[int | None]:
        """The row ids that a plan leaves, in order."""
        compiled = self.compile(*steps)
        return [row[0] for row in self.connection.execute(compiled.sql, dict(compiled.values)).fetchall()]

    def diff(self, *steps: p.Step, most: int = 1000) -> Diff:
        """What a plan would change."""
        with Staged(self.connection, self.compile(*steps), self.sources["t"], "after") as staged:
            return staged.diff(most)
