"""What a plan would change, cell by cell, over all rows, before it is applied.

The result is staged once and compared with the table by row id. It must not know who asks or what becomes of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import duckdb

from .draft import refused
from .shape import POS, RID, quote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from .compile import Compiled
    from .draft import Source

MOST_CELLS = 1000
"""So many changed cells are shown; all are counted."""

Change = Literal["changed", "added", "dropped", "retyped"]


@dataclass(frozen=True)
class ColumnDiff:
    """What becomes of a column; `cells` counts the rows in both tables that have another value, `type` is the new type.

    `rounded` counts the results that it could only hold rounded.
    """

    name: str
    change: Change
    cells: int = 0
    type: str = ""
    rounded: int = 0


@dataclass(frozen=True)
class CellDiff:
    """One cell before and after, as DuckDB gives them."""

    rid: int
    column: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Diff:
    """How the table after a plan differs from the one before.

    `fresh`: its rows are not the table's own (groups, a pivot), so nothing is compared. `moved`: rows that stay are in
    another order. `cells` are up to `MOST_CELLS` changed cells in reading order; `n_cells` counts all.
    """

    before: int
    after: int
    added: int
    removed: int
    fresh: bool
    moved: bool
    columns: tuple[ColumnDiff, ...]
    cells: tuple[CellDiff, ...]

    @property
    def n_cells(self) -> int:
        """How many cells of rows that stay have other values, those of new columns not counted."""
        return sum(each.cells for each in self.columns if each.change in ("changed", "retyped"))

    @property
    def nothing(self) -> bool:
        """Whether the plan changes nothing at all."""
        return not (self.fresh or self.moved or self.added or self.removed or self.columns)


class Staged:
    """A plan's result in a temporary table of one connection, until it is closed."""

    def __init__(
        self,
        connection: DuckDBPyConnection,
        compiled: Compiled,
        source: Source,
        name: str,
        rows: pa.Table | None = None,
        rounded: Mapping[str, int] | None = None,
    ) -> None:
        """`rows` are the result where the plan was run elsewhere; `rounded` is of `Compiled.rounded`."""
        self.connection = connection
        self.compiled = compiled
        self.source = source
        self.relation = quote(name)
        self._changes = quote(f"{name}, changes")
        self._compared: tuple[str, ...] | None = None
        self._rounded = rounded or {}
        text = compiled.unsorted if compiled.laid else compiled.sql
        try:
            if rows is None:
                connection.execute(f"CREATE OR REPLACE TEMP TABLE {self.relation} AS {text}", dict(compiled.values))
            else:
                came = f"{name}, elsewhere"
                connection.register(came, rows)
                cells = "".join(
                    f", CAST({quote(each)} AS {kind}) AS {quote(each)}" for each, kind in compiled.shape.types.items()
                )
                text = f"SELECT {RID}, {POS}{cells} FROM {quote(came)}"
                connection.execute(f"CREATE OR REPLACE TEMP TABLE {self.relation} AS {text}")
                connection.unregister(came)
        except duckdb.Error as error:
            raise refused(error) from None

    def close(self) -> None:
        """Lets the table go; may be called again."""
        for relation in (self.relation, self._changes):
            self.connection.execute(f"DROP TABLE IF EXISTS temp.main.{relation}")
        self._compared = None

    def __enter__(self) -> Staged:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def diff(self, most: int = MOST_CELLS) -> Diff:
        """How the result differs from the table."""
        ((before,),) = self._ask(f"SELECT count(*) FROM {self.source.relation}")
        ((after,),) = self._ask(f"SELECT count(*) FROM {self.relation}")
        if not self.compiled.kept_rows:
            columns = tuple(ColumnDiff(name, "added", type=type_) for name, type_ in self.compiled.shape.types.items())
            return Diff(before, after, after, before, True, False, columns, ())
        ((added,),) = self._ask(f"SELECT count(*) FROM {self.relation} WHERE {RID} IS NULL")
        stayed = after - added
        changed = self._changed()
        return Diff(
            before=before,
            after=after,
            added=added,
            removed=before - stayed,
            fresh=False,
            moved=self.compiled.placed and self._moved(),
            columns=self._columns(changed),
            cells=self._cells([name for name, count in changed.items() if count], most),
        )

    def _moved(self) -> bool:
        places = f"SELECT b.{POS} AS was, a.{POS} AS now FROM {self.relation} a JOIN {self.source.relation} b USING ({RID})"
        steps = f"SELECT was, lag(was) OVER (ORDER BY now) AS before FROM ({places})"
        ((moved,),) = self._ask(f"SELECT coalesce(bool_or(was < before), FALSE) FROM ({steps})")
        return bool(moved)

    @property
    def compared(self) -> tuple[str, ...]:
        """The columns of both tables whose cells may differ."""
        written = self.compiled.written
        both = [name for name in self.compiled.shape.names if name in self.source.shape]
        return tuple(both if written is None else [name for name in both if name in written])

    def differs(self, name: str) -> str:
        """Whether a cell is another one now; where the type changed, whether it reads differently."""
        if self.compiled.shape.type(name) == self.source.shape.type(name):
            return f"b.{quote(name)} IS DISTINCT FROM a.{quote(name)}"
        return f"CAST(b.{quote(name)} AS VARCHAR) IS DISTINCT FROM CAST(a.{quote(name)} AS VARCHAR)"

    def changes(self) -> str:
        """A relation of the rows that stay with other cells: `_rid`, `_pos` before, and for the nth of the columns that are
        compared `dn` (whether it differs), `bn` (before) and `an` (after).
        """
        if self._compared is None:
            names = self.compared
            tests = [self.differs(name) for name in names]
            listed = "".join(
                f", {test} AS d{at}, b.{quote(name)} AS b{at}, a.{quote(name)} AS a{at}"
                for at, (test, name) in enumerate(zip(tests, names, strict=True))
            )
            self.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {self._changes} AS SELECT a.{RID}, b.{POS}{listed} FROM {self.relation} a "
                f"JOIN {self.source.relation} b ON a.{RID} = b.{RID} WHERE {' OR '.join(tests) or 'FALSE'}"
            )
            self._compared = names
        return self._changes

    def _changed(self) -> dict[str, int]:
        if not self.compared:
            return {}
        counted = ", ".join(f"count(*) FILTER (WHERE d{at})" for at in range(len(self.compared)))
        (counts,) = self._ask(f"SELECT {counted} FROM {self.changes()}")
        return dict(zip(self.compared, counts, strict=True))

    def _columns(self, changed: dict[str, int]) -> tuple[ColumnDiff, ...]:
        now, was = self.compiled.shape, self.source.shape
        found = []
        for name in now.names:
            if name not in was:
                found.append(ColumnDiff(name, "added", type=now.type(name)))
            elif now.type(name) != was.type(name):
                found.append(ColumnDiff(name, "retyped", changed.get(name, 0), now.type(name)))
            elif changed.get(name):
                found.append(ColumnDiff(name, "changed", changed[name], now.type(name)))
        found = [replace(each, rounded=self._rounded.get(each.name, 0)) for each in found]
        return (*found, *(ColumnDiff(name, "dropped") for name in was.names if name not in now))

    def _cells(self, names: Sequence[str], most: int) -> tuple[CellDiff, ...]:
        if not names or not most:
            return ()
        was, now = self.source.shape, self.compiled.shape
        listed = ", ".join(
            f"d{at}, {_plain(f'b{at}', was.type(name))}, {_plain(f'a{at}', now.type(name))}"
            for name in names
            for at in [self.compared.index(name)]
        )
        rows = self._ask(f"SELECT {RID}, {listed} FROM {self.changes()} ORDER BY {POS} LIMIT {most}")
        cells = [
            CellDiff(rid, name, values[3 * place + 1], values[3 * place + 2])
            for rid, *values in rows
            for place, name in enumerate(names)
            if values[3 * place]
        ]
        return tuple(cells[:most])


def _plain(value: str, type_: str) -> str:
    """A value as Python gets it; zoned moments as text, for which Python would need another package."""
    return f"CAST({value} AS VARCHAR)" if type_ == "TIMESTAMP WITH TIME ZONE" else value
