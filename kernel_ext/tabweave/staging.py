"""A plan run over a frame and held until it is applied or let go: the difference it makes, and what it makes of the frame.

It must not know what was said, or how anything is shown.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from tabweave_core.asking.apart import Apart
from tabweave_core.plans.shape import RID
from tabweave_core.sql.sandbox import Cancellation

from . import querying
from .frames.rewrite import Cells, Result, Rewriting, refuse_level
from .grounds import database
from .opening import to_frame
from .shared.exchange import fitted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tabweave_core.plans.comparing import Changed
    from tabweave_core.plans.compile import Compiled
    from tabweave_core.plans.diff import Diff
    from tabweave_core.plans.draft import Source
    from tabweave_core.protocol import plan as p

    from .frames.rewrite import Array, Rewrite
    from .grounds import Ground

    Stoppable = Callable[[Callable[[], None]], None]


class Stage:
    """A plan's result over a table, in a database of its own; `others` are the tables that it may join.

    `stoppable` is given what ends a query of somebody's own that the plan has.
    """

    def __init__(
        self, ground: Ground, name: str, plan: p.Plan, others: Mapping[str, Ground], stoppable: Stoppable | None = None
    ) -> None:
        self.ground = ground
        self.plan = plan
        self.connection = database(ground.zone)
        try:
            self.source = ground.lay(self.connection, name)
            sources = {other: each.lay(self.connection, other) for other, each in others.items() if other != name}
            cancellation = Cancellation()
            if stoppable is not None:
                stoppable(cancellation.cancel)
            apart = Apart(querying.sandbox(), querying.limits(), ground.zone, cancellation)
            self.comparison = apart.compare(self.connection, plan, self.source, sources)
        except BaseException:
            self.connection.close()
            raise

    def close(self) -> None:
        """Lets everything go; may be called again."""
        self.connection.close()

    @property
    def compiled(self) -> Compiled:
        """The plan as it was run."""
        return self.comparison.compiled

    @property
    def result(self) -> Source:
        """The result as a table that charts can be drawn of."""
        return self.comparison.result

    @property
    def diff(self) -> Diff:
        """The difference, over all rows."""
        return self.comparison.diff

    @property
    def fresh(self) -> bool:
        """Whether the result is a table of its own: groups, a pivot, or a join that repeats rows."""
        return self.comparison.fresh

    @cached_property
    def changed(self) -> dict[str, Changed]:
        """The cells that differ, of columns (named as they are afterwards) that keep their type."""
        own = self.comparison.origins
        return self.comparison.changed([each.name for each in self.diff.columns if each.change == "changed" and each.name in own])

    def table(self, most: int | None = None) -> pa.Table:
        """The result, or its first rows."""
        return self._fetch(self.compiled.shape.names, most)

    def frame(self, most: int | None = None) -> pd.DataFrame:
        """The result as a new DataFrame."""
        return to_frame(self.table(most))

    def _fetch(self, names: Sequence[str], most: int | None = None, hidden: str = "") -> pa.Table:
        return self.comparison.fetch(names, hidden=hidden, most=most)

    @cached_property
    def rewrite(self) -> Rewrite:
        """What makes the frame the result; raises for changes to an index. Call it under the frame's lock."""
        ground, was = self.ground, self.comparison.staged.source.shape
        kinds = {each.name: each.change for each in self.diff.columns}
        for name, before in self.comparison.origins.items():
            if before in ground.levels and (name != before or kinds.get(name) in ("changed", "retyped")):
                raise refuse_level(before)
        own = {name: ground.ids[before] for name, before in self.comparison.origins.items() if before not in ground.levels}
        names = [name for name in self.compiled.shape.names if name in own or name not in was]
        rids = self._fetch([], hidden=f"coalesce({RID}, -1) AS {RID}").column(0).to_numpy()
        changed = {name: Cells(each.rids, each.after) for name, each in self.changed.items() if name in own}
        retyped = frozenset(name for name in own if kinds.get(name) == "retyped")
        result = Result(names, own, rids.astype(np.int64), changed, retyped, self._fetch)
        return Rewriting(ground.frame, result, fitted, _made).work()


def _made(values: pa.ChunkedArray, like: Array | None) -> Array:
    """Cells as an array of the dtype that they ask for; texts that a category does not know are added to it."""
    if like is not None and isinstance(like.dtype, pd.CategoricalDtype):
        texts = values.cast(pa.string()).to_pylist()
        known = list(like.dtype.categories)
        extra = [text for text in dict.fromkeys(texts) if text is not None and text not in set(map(str, known))]
        return pd.Categorical(texts, categories=[*map(str, known), *extra], ordered=like.dtype.ordered)
    made: Any = to_frame(pa.table({"values": values})).iloc[:, 0].array
    return made.to_numpy() if isinstance(made, pd.arrays.NumpyExtensionArray) else made
