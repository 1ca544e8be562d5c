"""What a plan makes of a table, column by column and cell by cell: which column was which, and all cells that differ.

It must not know who asks or what becomes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ..protocol import plan as p
from .compile import compile_plan
from .diff import Staged
from .draft import Source
from .shape import POS, RID, Shape, quote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    from duckdb import DuckDBPyConnection

    from .compile import Compiled
    from .diff import Diff

AFTER = "tabweave after"


@dataclass(frozen=True, eq=False)
class Changed:
    """The cells of a column that differ, by row id, ascending."""

    rids: npt.NDArray[np.int64]
    before: pa.ChunkedArray
    after: pa.ChunkedArray

    def first(self, most: int) -> Changed:
        """Those of the lowest row ids."""
        return Changed(self.rids[:most], self.before.slice(0, most), self.after.slice(0, most))


@dataclass(frozen=True, eq=False)
class Worked:
    """A plan that was run elsewhere: how it was compiled, its result with `_rid` and `_pos`, in order, and what was rounded."""

    compiled: Compiled
    rows: pa.Table
    rounded: Sequence[tuple[str, int, int]] = ()


class Comparison:
    """A plan's result over a table, staged on a connection until that is closed, and compared with the table."""

    def __init__(
        self,
        connection: DuckDBPyConnection,
        plan: p.Plan,
        source: Source,
        others: Mapping[str, Source] | None = None,
        worked: Worked | None = None,
    ) -> None:
        """`worked` is what became of the plan where it was run elsewhere."""
        self.connection = connection
        self.plan = plan
        self.source = source
        self.compiled: Compiled = worked.compiled if worked is not None else compile_plan(connection, plan, source, others)
        self.origins = origins(plan, source.shape, self.compiled.shape)
        self.rounded = list(worked.rounded) if worked is not None else self.compiled.rounded(connection)
        rows, counted = None if worked is None else worked.rows, {name: count for name, _, count in self.rounded}
        self.staged = Staged(connection, self.compiled, renamed(source, self.origins), AFTER, rows, counted)
        self.diff: Diff = self.staged.diff()

    @property
    def notes(self) -> list[str]:
        """What is to be known of the result: where columns could not hold it as it was."""
        found = []
        for name, decimals, count in self.rounded:
            results = "One result was" if count == 1 else f"{count:,} results were"
            digits = "whole numbers" if not decimals else f"{decimals} decimal{'s' if decimals > 1 else ''}"
            retyped = any(each.name == name and each.change == "retyped" for each in self.diff.columns)
            way = "" if retyped else f" To keep them as they are, first: convert {name} to float."
            found.append(f"{results} rounded to {digits} for {name}.{way}")
        return found

    @property
    def result(self) -> Source:
        """The result as a table that charts can be drawn of."""
        return Source(self.staged.relation, self.compiled.shape)

    @property
    def fresh(self) -> bool:
        """Whether the result is a table of its own: groups, a pivot, or a join that repeats rows."""
        joined = any(isinstance(step, p.Join) for step in self.plan.steps)
        return not self.compiled.kept_rows or (joined and self.diff.added > 0)

    def fetch(self, names: Sequence[str], *, hidden: str = "", where: str = "", most: int | None = None) -> pa.Table:
        """Columns of the result in its order, behind hidden ones."""
        listed = ", ".join([*([hidden] if hidden else []), *map(quote, names)]) or RID
        limit = "" if most is None else f" LIMIT {int(most)}"
        condition = f" WHERE {where}" if where else ""
        # The staged table was written in order, and DuckDB reads it in the order in which it was written.
        found = self.connection.sql(f"SELECT {listed} FROM {self.staged.relation}{condition}{limit}").to_arrow_table()
        for name in names:
            if self.compiled.shape.type(name) == "HUGEINT":
                place = found.column_names.index(name)
                found = found.set_column(place, name, narrowed(found.column(place)))
        return found

    def changed(self, names: Sequence[str]) -> dict[str, Changed]:
        """The cells that differ, of all these columns (named as they are afterwards) in one pass."""
        names = [name for name in names if name in self.staged.compared]
        if not names:
            return {}
        places = [self.staged.compared.index(name) for name in names]
        listed = ", ".join(f"d{at}, b{at}, a{at}" for at in places)
        found = self.connection.sql(f"SELECT {RID}, {listed} FROM {self.staged.changes()} ORDER BY {RID}").to_arrow_table()
        cells = {}
        for place, name in enumerate(names):
            differs = found.column(1 + 3 * place)
            rids = found.column(0).filter(differs).to_numpy()
            cells[name] = Changed(rids, found.column(2 + 3 * place).filter(differs), found.column(3 + 3 * place).filter(differs))
        return cells

    def coming(self, most: int | None = None) -> dict[int, Changed]:
        """The cells of columns that come, of the rows that stay; the columns are -1, -2 … in their order."""
        names = [name for name in self.compiled.shape.names if name not in self.origins]
        if not names:
            return {}
        found = self.fetch(names, hidden=RID, where=f"{RID} IS NOT NULL", most=most)
        rids = np.asarray(found.column(0), dtype=np.int64)
        cells = {}
        for nth, values in enumerate(found.columns[1:]):
            cells[-1 - nth] = Changed(rids, pa.chunked_array([pa.nulls(len(rids), values.type)]), values)
        return cells

    def removed(self) -> npt.NDArray[np.int64]:
        """The ids of the rows that go, ascending."""
        found = self.connection.sql(
            f"SELECT {RID} FROM {self.source.relation} ANTI JOIN {self.staged.relation} USING ({RID}) ORDER BY {RID}"
        ).to_arrow_table()
        return np.asarray(found.column(0), dtype=np.int64)

    def fingerprint(self) -> str:
        """A text that is the same whenever the plan does the same to the table, whatever else is in it."""
        diff, relation = self.diff, self.staged.relation
        hashes = []
        for each in diff.columns:
            name = quote(each.name)
            if each.change == "changed":
                at = self.staged.compared.index(each.name)
                hashes.append(self._hash(f"SELECT bit_xor(hash({RID}, b{at}, a{at})) FROM {self.staged.changes()} WHERE d{at}"))
            elif each.change == "retyped":
                both = f"{relation} a JOIN {self.staged.source.relation} b USING ({RID})"
                hashes.append(self._hash(f"SELECT bit_xor(hash({RID}, b.{name}, a.{name})) FROM {both}"))
            elif each.change == "added":
                hashes.append(self._hash(f"SELECT bit_xor(hash({RID}, {name})) FROM {relation} WHERE {RID} IS NOT NULL"))
        if diff.removed:
            kept = f"FROM {self.source.relation} ANTI JOIN {relation} USING ({RID})"
            hashes.append(self._hash(f"SELECT bit_xor(hash({RID})) {kept}"))
        if diff.added or diff.moved:
            listed = "".join(f", {quote(name)}" for name in self.compiled.shape.names)
            new = "" if diff.moved else f" WHERE {RID} IS NULL"
            hashes.append(self._hash(f"SELECT bit_xor(hash({RID}, {POS}{listed})) FROM {relation}{new}"))
        facts = (*((each.name, each.change, each.type) for each in diff.columns), tuple(self.compiled.shape.names))
        told = self._hash(f"SELECT hash({', '.join(['?'] * 4)})", [repr(facts), repr(hashes), diff.added, diff.removed])
        return f"{told:016x}"

    def _hash(self, query: str, values: Sequence[object] = ()) -> int:
        ((found,),) = self.connection.execute(query, list(values)).fetchall()
        return int(found or 0)


def narrowed(sums: pa.ChunkedArray) -> pa.ChunkedArray:
    """Sums of whole numbers, which DuckDB gives in 128 bits, in 64 bits where they have room."""
    try:
        return sums.cast(pa.int64())
    except pa.ArrowInvalid:
        return sums


def renamed(source: Source, origins: Mapping[str, str]) -> Source:
    """A table as it was, its columns under the names that a plan gives them."""
    new = {was: name for name, was in origins.items() if name != was}
    if not new:
        return source
    kept = [name for name in source.shape.names if name in new or name not in origins or origins[name] == name]
    listed = "".join(f", {quote(name)} AS {quote(new.get(name, name))}" for name in kept)
    shape = Shape({new.get(name, name): source.shape.type(name) for name in kept})
    return Source(f"(SELECT {RID}, {POS}{listed} FROM {source.relation})", shape)


def origins(plan: p.Plan, before: Shape, after: Shape) -> dict[str, str]:
    """The name that each column had before a plan, for those that were there."""
    now = {name: name for name in before.names}
    for step in plan.steps:
        if isinstance(step, p.RenameColumns):
            new = {each.old: each.new for each in step.names}
            now = {new.get(name, name): was for name, was in now.items()}
        elif isinstance(step, (p.DropColumns, p.SelectColumns)):
            kept = set(step.columns)
            now = {name: was for name, was in now.items() if (name in kept) == isinstance(step, p.SelectColumns)}
    return {name: was for name, was in now.items() if name in after}
