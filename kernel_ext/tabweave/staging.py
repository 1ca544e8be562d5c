"""A plan run over a frame and held until it is applied or let go: the difference it makes, and what it makes of the frame.

It must not know what was said, or how anything is shown.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from tabweave_core.plans.compile import compile_plan
from tabweave_core.plans.diff import Staged
from tabweave_core.plans.draft import Source
from tabweave_core.plans.shape import POS, RID, Shape, quote
from tabweave_core.protocol import plan as p

from .frames.rewrite import Cells, Result, Rewriting, refuse_level
from .grounds import database
from .opening import to_frame
from .shared.exchange import fitted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tabweave_core.plans.diff import Diff

    from .frames.rewrite import Array, Rewrite
    from .grounds import Ground

AFTER = "tabweave after"


class Stage:
    """A plan's result over a table, in a database of its own; `others` are the tables that it may join."""

    def __init__(self, ground: Ground, name: str, plan: p.Plan, others: Mapping[str, Ground]) -> None:
        self.ground = ground
        self.plan = plan
        self.connection = database(ground.zone)
        try:
            self.source = ground.lay(self.connection, name)
            sources = {other: each.lay(self.connection, other) for other, each in others.items() if other != name}
            self.compiled = compile_plan(self.connection, plan, self.source, sources)
            self.origins = _origins(plan, self.source.shape, self.compiled.shape)
            self.staged = Staged(self.connection, self.compiled, self._renamed(), AFTER)
        except BaseException:
            self.connection.close()
            raise

    def close(self) -> None:
        """Lets everything go; may be called again."""
        self.connection.close()

    @property
    def result(self) -> Source:
        """The result as a table that charts can be drawn of."""
        return Source(self.staged.relation, self.compiled.shape)

    def _renamed(self) -> Source:
        """The table as it was, its columns under the names that the plan gives them."""
        new = {was: name for name, was in self.origins.items() if name != was}
        if not new:
            return self.source
        taken = set(self.origins)
        kept = [name for name in self.source.shape.names if name in new or name not in taken or self.origins[name] == name]
        listed = "".join(f", {quote(name)} AS {quote(new.get(name, name))}" for name in kept)
        shape = Shape({new.get(name, name): self.source.shape.type(name) for name in kept})
        return Source(f"(SELECT {RID}, {POS}{listed} FROM {self.source.relation})", shape)

    @cached_property
    def diff(self) -> Diff:
        """The difference, over all rows."""
        return self.staged.diff()

    @cached_property
    def fresh(self) -> bool:
        """Whether the result is a table of its own: groups, a pivot, or a join that repeats rows."""
        joined = any(isinstance(step, p.Join) for step in self.plan.steps)
        return not self.compiled.kept_rows or (joined and self.diff.added > 0)

    def table(self, most: int | None = None) -> pa.Table:
        """The result, or its first rows."""
        return self._fetch(self.compiled.shape.names, most)

    def frame(self, most: int | None = None) -> pd.DataFrame:
        """The result as a new DataFrame."""
        return to_frame(self.table(most))

    def _fetch(self, names: Sequence[str], most: int | None = None, hidden: str = "") -> pa.Table:
        listed = ", ".join([*([hidden] if hidden else []), *map(quote, names)]) or f"{RID}"
        limit = "" if most is None else f" LIMIT {int(most)}"
        # The staged table was written in order, and DuckDB reads it in the order in which it was written.
        return self.connection.sql(f"SELECT {listed} FROM {self.staged.relation}{limit}").to_arrow_table()

    @cached_property
    def rewrite(self) -> Rewrite:
        """What makes the frame the result; raises for changes to an index. Call it under the frame's lock."""
        ground, was = self.ground, self.staged.source.shape
        kinds = {each.name: each.change for each in self.diff.columns}
        for name, before in self.origins.items():
            if before in ground.levels and (name != before or kinds.get(name) in ("changed", "retyped")):
                raise refuse_level(before)
        own = {name: ground.ids[before] for name, before in self.origins.items() if before not in ground.levels}
        names = [name for name in self.compiled.shape.names if name in own or name not in was]
        rids = self._fetch([], hidden=f"coalesce({RID}, -1) AS {RID}").column(0).to_numpy()
        changed = self._changed([name for name in own if kinds.get(name) == "changed"])
        retyped = frozenset(name for name in own if kinds.get(name) == "retyped")
        result = Result(names, own, rids.astype(np.int64), changed, retyped, self._fetch)
        return Rewriting(ground.frame, result, fitted, _made).work()

    def _changed(self, names: Sequence[str]) -> dict[str, Cells]:
        """The cells that differ, of all these columns in one pass."""
        if not names:
            return {}
        tests = [f"b.{quote(name)} IS DISTINCT FROM a.{quote(name)}" for name in names]
        listed = ", ".join(f"{test}, a.{quote(name)}" for test, name in zip(tests, names, strict=True))
        found = self.connection.sql(
            f"SELECT {RID}, {listed} FROM {self.staged.relation} a JOIN {self.staged.source.relation} b USING ({RID}) "
            f"WHERE {' OR '.join(tests)}"
        ).to_arrow_table()
        found = found.take(pa.array(np.argsort(found.column(0).to_numpy(), kind="stable")))
        cells = {}
        for place, name in enumerate(names):
            differs = found.column(1 + 2 * place)
            rids = found.column(0).filter(differs).to_numpy()
            cells[name] = Cells(rids, found.column(2 + 2 * place).filter(differs))
        return cells


def _origins(plan: p.Plan, before: Shape, after: Shape) -> dict[str, str]:
    """The name that each column had before the plan, for those that were there."""
    now = {name: name for name in before.names}
    for step in plan.steps:
        if isinstance(step, p.RenameColumns):
            new = {each.old: each.new for each in step.names}
            now = {new.get(name, name): was for name, was in now.items()}
        elif isinstance(step, (p.DropColumns, p.SelectColumns)):
            kept = set(step.columns)
            now = {name: was for name, was in now.items() if (name in kept) == isinstance(step, p.SelectColumns)}
    return {name: was for name, was in now.items() if name in after}


def _made(values: pa.ChunkedArray, like: Array | None) -> Array:
    """Cells as an array of the dtype that they ask for; texts that a category does not know are added to it."""
    if like is not None and isinstance(like.dtype, pd.CategoricalDtype):
        texts = values.cast(pa.string()).to_pylist()
        known = list(like.dtype.categories)
        extra = [text for text in dict.fromkeys(texts) if text is not None and text not in set(map(str, known))]
        return pd.Categorical(texts, categories=[*map(str, known), *extra], ordered=like.dtype.ordered)
    made: Any = to_frame(pa.table({"values": values})).iloc[:, 0].array
    return made.to_numpy() if isinstance(made, pd.arrays.NumpyExtensionArray) else made
