"""The JSON that REST takes and gives about rollups: columns go by name. It must not know handlers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from tabweave_core.protocol.planning import AggregateKind, SpreadPreview

from .bodies import Body, Count, Done
from .naming import ColumnName, NamedFilter

PAGE = 1000
MOST_JSON = 100_000
Path = Annotated[list[str | None], Meta(description="Labels from below the total down; null for a missing one.")]


class Measure(Body, frozen=True, kw_only=True, omit_defaults=True):
    """What nodes show: `fn` of `column`, with `other` the weights or the denominator, written to `inverse` where it can be."""

    fn: AggregateKind
    column: ColumnName
    other: ColumnName | None = None
    inverse: ColumnName | None = None
    label: str = ""


class Rollup(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A hierarchy over the rows by the columns `by`, the highest level first; what stands `across`; which rows it is `where`."""

    by: list[ColumnName]
    of: list[Measure]
    across: ColumnName | None = None
    where: list[NamedFilter] = msgspec.field(default_factory=list)


class KeptRollup(Rollup, frozen=True, kw_only=True):
    """A rollup that is kept with the table under a name."""

    name: str


class KeptRollups(Body, frozen=True, kw_only=True):
    """The rollups that are kept with a table, by name."""

    rollups: list[KeptRollup]


class NodesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which nodes: those down to `depth` levels (all: -1), and below the paths in `expanded`; of those at `below` and under it.

    `below` is a JSON list of labels, `expanded` a JSON list of paths. `sort` is the number of a column of figures, from 1,
    descending with a minus before it; `search` keeps nodes whose labels have a text, and what is above and below them.
    """

    start: Count = 0
    limit: Count = PAGE
    depth: Annotated[int, Meta(ge=-1, le=1000)] = 1
    below: str = "[]"
    expanded: str = "[]"
    sort: int = 0
    search: str = ""


class NodeColumn(Body, frozen=True, kw_only=True):
    """A column of figures. `group` is the value that stands across, with `total` it is of all; `why` it cannot be written."""

    name: str
    measure: int
    total: bool
    group: str | None
    kind: str
    editable: bool
    why: str


class NodeLine(Body, frozen=True, kw_only=True):
    """A node: its path, how many rows and children it has, its figures column by column, and the columns it is locked in."""

    path: Path
    rows: int
    children: int
    values: list[Any]
    locked: list[int]


class NodePage(Body, frozen=True, kw_only=True):
    """Nodes `[start, stop)` of the `rows` that are shown, of `total` in the rollup, all at revision `rev`."""

    epoch: str
    rev: int
    start: int
    stop: int
    rows: int
    total: int
    levels: list[str]
    columns: list[NodeColumn]
    nodes: list[NodeLine]
    remarks: list[str]


class Place(Body, frozen=True, kw_only=True):
    """The rows below the node at `path` that all of `where` keep; a hold keeps their total, with `each` every one of them."""

    path: Path = msgspec.field(default_factory=list)
    where: list[NamedFilter] = msgspec.field(default_factory=list)
    each: bool = False


class By(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A method: its name, and what it needs of the rest. `column` and `rev` say what it goes by, `along` is an ordered column."""

    by: str = "proportional"
    column: ColumnName | None = None
    rev: Count | None = None
    along: ColumnName | None = None
    last: str | None = None
    percent: str | None = None
    split: Literal["proportional", "equal"] | None = None
    force: bool | None = None
    include_null: bool | None = None
    to: Place | None = None


class Write(Body, frozen=True, kw_only=True):
    """One total: a measure by its place in the rollup, where, and the number as text."""

    at: Place = Place()
    measure: Count = 0
    value: str | None = None
    method: By = By()


class Spreading(Body, frozen=True, kw_only=True):
    """Totals to write, all or none. With `dry_run` nothing is written, and what would be is answered, with a token.

    Above `ask_above` rows it is refused without the token of a dry run at the same revision.
    """

    targets: list[Write]
    holds: list[Place] = msgspec.field(default_factory=list)
    dry_run: bool = False
    ask_above: Count | None = None
    token: str = ""


class Spread(Body, frozen=True, kw_only=True):
    """What was `done`, or of a dry run what would be."""

    done: Done | None = None
    preview: SpreadPreview | None = None
