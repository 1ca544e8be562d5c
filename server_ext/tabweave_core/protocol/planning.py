"""Rollups and writing their totals, as clients say them: definitions, coordinates, methods and what a dry run answers.

Columns are ids. Labels are texts as the grid shows them, null for a missing one; numbers are texts, so that no digit is lost.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from .envelope import AnswerBase, RequestBase
from .filters import Filter, Part

AggregateKind = Literal["sum", "count", "mean", "min", "max", "first", "last", "distinct", "weighted_mean", "ratio"]


class Aggregate(Part, frozen=True, kw_only=True):
    """One measure of a rollup: `fn` of `column`, with `other` the weights or the denominator.

    `inverse` names the column that a typed ratio or weighted mean is written to. `label` is what a person reads; without one
    it is made of the names.
    """

    fn: AggregateKind
    column: int
    other: int | None = None
    inverse: int | None = None
    label: str = ""


class RollupDef(Part, frozen=True, kw_only=True):
    """A hierarchy over a table's rows: the columns of its levels, the highest first, and what its nodes show.

    `across` is a column whose values stand side by side; `filter` keeps the rows that the rollup is about.
    """

    levels: list[int]
    aggregates: list[Aggregate]
    name: str = ""
    across: int | None = None
    filter: list[Filter] = msgspec.field(default_factory=list)


class Tree(Part, frozen=True, kw_only=True):
    """A rollup as the rows of a view: a node above those below it that are open.

    `rollup` is one of the table's own by name, or any. `depth` levels below the total are shown everywhere, all without one;
    `expanded` are paths of nodes that are open beyond that, `collapsed` those that are closed all the same.
    """

    rollup: str | RollupDef
    depth: int | None = 1
    expanded: list[list[str | None]] = []
    collapsed: list[list[str | None]] = []


class TreeColumn(Part, frozen=True, kw_only=True):
    """What a column of a tree shows: one of the rollup's aggregates, of the rows that `where` keeps.

    `group` is the label of the value that stands across, null where it is missing; `total` says that it is over all of them.
    `column` is the table's column that typing into it writes, where it can be typed into.
    """

    id: int
    aggregate: int
    total: bool = True
    group: str | None = None
    where: list[Filter] = []
    column: int | None = None
    approximate: bool = False


class TreeInfo(Part, frozen=True, kw_only=True):
    """A tree that is shown: its rollup, the names of its levels, and what its columns after the first show.

    `nodes` are how many there are by level, the total first; `rows` how many rows they are about.
    """

    rollup: RollupDef
    levels: list[str]
    columns: list[TreeColumn]
    nodes: list[int]
    rows: int
    remarks: list[str] = []


class Coordinate(Part, frozen=True, kw_only=True):
    """Some of a rollup's rows: those below the node at `path` that all of `where` keep, of `rows` (ids) only if given.

    `name` is how it reads. As a hold it keeps their total, and with `each` every row of them.
    """

    path: list[str | None] = msgspec.field(default_factory=list)
    where: list[Filter] = msgspec.field(default_factory=list)
    rows: list[int] | None = None
    name: str = ""
    each: bool = False


class Reference(Part, frozen=True, kw_only=True):
    """Values to go by: those of another `column`, of the column itself without one; as they were at revision `rev`."""

    column: int | None = None
    rev: int | None = None


class MethodBase(msgspec.Struct, tag_field="by", frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of the ways to write a total; the number that is typed stands in the target."""


class Proportional(MethodBase, frozen=True, kw_only=True, tag="proportional"):
    """The total becomes the number: every row moves the same way, in proportion to its size."""


class Ratio(MethodBase, frozen=True, kw_only=True, tag="ratio"):
    """The total becomes the number: every row keeps its share. `force` accepts a sum near zero."""

    force: bool = False


class Equal(MethodBase, frozen=True, kw_only=True, tag="equal"):
    """The total becomes the number: all rows get the same."""

    include_null: bool = False


class EqualIncrement(MethodBase, frozen=True, kw_only=True, tag="equal_increment"):
    """The total becomes the number: all rows move by the same."""


class Weighted(MethodBase, frozen=True, kw_only=True, tag="weighted"):
    """The total becomes the number, in the proportions of `ref`."""

    ref: Reference


class WeightedIncrement(MethodBase, frozen=True, kw_only=True, tag="weighted_increment"):
    """The total becomes the number: the difference is added in the proportions of `ref`."""

    ref: Reference


class Repeat(MethodBase, frozen=True, kw_only=True, tag="repeat"):
    """Every row becomes the number; the only one for texts and dates."""

    include_null: bool = False


class Add(MethodBase, frozen=True, kw_only=True, tag="add"):
    """The total grows by the number."""

    split: Literal["proportional", "equal"] = "proportional"


class Subtract(MethodBase, frozen=True, kw_only=True, tag="subtract"):
    """The total shrinks by the number."""

    split: Literal["proportional", "equal"] = "proportional"


class Percent(MethodBase, frozen=True, kw_only=True, tag="percent"):
    """Every row grows by so many percent, and the total by exactly the rounded percentage."""


class RelativePercent(MethodBase, frozen=True, kw_only=True, tag="relative_percent"):
    """Every row becomes so many percent more than its `ref`."""

    ref: Reference


class StraightLine(MethodBase, frozen=True, kw_only=True, tag="straight_line"):
    """The totals along the ordered column `along` run evenly from the number to `last`."""

    along: int
    last: str


class Growth(MethodBase, frozen=True, kw_only=True, tag="growth"):
    """The totals along the ordered column `along` begin with the number and grow by `percent` a step."""

    along: int
    percent: str


class CopyOf(MethodBase, frozen=True, kw_only=True, tag="copy"):
    """Every row becomes its `ref`."""

    ref: Reference


class Clear(MethodBase, frozen=True, kw_only=True, tag="clear"):
    """Every row becomes missing."""


class Zero(MethodBase, frozen=True, kw_only=True, tag="zero"):
    """Every row becomes zero."""


class MoveTo(MethodBase, frozen=True, kw_only=True, tag="move"):
    """The number goes from here to another coordinate; what is above both stays as it is."""

    to: Coordinate


Method = (
    Proportional
    | Ratio
    | Equal
    | EqualIncrement
    | Weighted
    | WeightedIncrement
    | Repeat
    | Add
    | Subtract
    | Percent
    | RelativePercent
    | StraightLine
    | Growth
    | CopyOf
    | Clear
    | Zero
    | MoveTo
)


class Target(Part, frozen=True, kw_only=True):
    """A total to write: the measure's place in the rollup's aggregates, where, and the number that the method is about."""

    at: Coordinate
    aggregate: int = 0
    value: str | None = None
    method: Method = Proportional()


class RowChange(Part, frozen=True, kw_only=True):
    """One row that a spread changes, with what identifies it and its value before and after, as texts."""

    row: int
    path: list[str | None]
    before: str | None
    after: str | None


class Total(Part, frozen=True, kw_only=True):
    """What a spread does to one target: how many rows it spreads to and changes, and the total before and after, as texts.

    `equal` says that there were no proportions to keep, `compensated` names the held total inside which others moved instead.
    """

    name: str
    measure: str
    rows: int
    changed: int
    before: str
    after: str
    equal: bool = False
    compensated: str = ""
    largest: list[RowChange] = msgspec.field(default_factory=list)


class SpreadPreview(Part, frozen=True, kw_only=True):
    """A dry run: what each target comes to, and the token with which the same operation may be sent at this revision."""

    rev: int
    totals: list[Total]
    rows: int
    changed: int
    token: str
    message: str = ""


class DefineRollup(RequestBase, frozen=True, kw_only=True, tag="define_rollup"):
    """Keeps a rollup with the table under its name, in place of one with that name. Answered by `rollups`."""

    id: int
    rollup: RollupDef


class DropRollup(RequestBase, frozen=True, kw_only=True, tag="drop_rollup"):
    """Forgets one of the table's rollups. Answered by `rollups`."""

    id: int
    name: str


class Rollups(AnswerBase, frozen=True, kw_only=True, tag="rollups"):
    """The rollups that are kept with the table, in place of what was said of them before; answers who changed them, as `re`."""

    rollups: list[RollupDef]
    re: int | None = None
