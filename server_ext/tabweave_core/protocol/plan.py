"""Plans: what a command is turned into before anything happens. A list of typed steps, no code.

A step names columns by their names in the table that the step before left behind. Each compiles to one SELECT
(`tabweave_core.plans`). `docs/commands.md` shows what people write for each.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from .condition import CellValue, Cluster, Condition, Key, Measure, Order, Pair, Piece, Rename
from .ops import Scalar

Missing = Literal["any", "all"]
ChartKind = Literal["bar", "line", "area", "scatter", "histogram", "box", "heatmap", "pie"]


class StepBase(msgspec.Struct, tag_field="op", frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of all steps."""


class FilterRows(StepBase, frozen=True, kw_only=True, tag="filter"):
    """Keep the rows for which a condition holds, or with `drop` those for which it does not."""

    where: Condition
    drop: bool = False


class SortRows(StepBase, frozen=True, kw_only=True, tag="sort"):
    """Put the rows in order."""

    by: list[Order]


class TopRows(StepBase, frozen=True, kw_only=True, tag="top"):
    """Keep the first `n` rows in an order, of each group alike in `per`. `ties` keeps those equal to the last one too."""

    n: int
    by: list[Order] = []
    per: list[str] = []
    ties: bool = False


class SampleRows(StepBase, frozen=True, kw_only=True, tag="sample"):
    """Keep `n` rows, or `percent` of them, drawn by a fixed seed."""

    n: int | None = None
    percent: float | None = None
    seed: int = 1


class DropMissing(StepBase, frozen=True, kw_only=True, tag="drop_missing"):
    """Drop rows with missing values in any or all of `columns` (all columns when empty)."""

    columns: list[str] = []
    how: Missing = "any"


class Dedupe(StepBase, frozen=True, kw_only=True, tag="dedupe"):
    """Keep one row of those alike in `columns` (all when empty): the first or last in `order`; or mark the others in `flag`."""

    columns: list[str] = []
    keep: Literal["first", "last"] = "first"
    order: list[Order] = []
    flag: str | None = None


class Outliers(StepBase, frozen=True, kw_only=True, tag="outliers"):
    """Deal with values far off: iqr with `k` (1.5), or mad / z with `z` (3); `flag` names a column that marks them."""

    column: str
    method: Literal["iqr", "mad", "z"] = "iqr"
    k: float = 1.5
    z: float = 3.0
    action: Literal["drop", "missing", "clip", "flag"] = "drop"
    flag: str | None = None


class SelectColumns(StepBase, frozen=True, kw_only=True, tag="select"):
    """Keep these columns, in this order."""

    columns: list[str]


class DropColumns(StepBase, frozen=True, kw_only=True, tag="drop"):
    """Drop columns."""

    columns: list[str]


class ReorderColumns(StepBase, frozen=True, kw_only=True, tag="reorder"):
    """Put these columns first, or last, or after a column; the others stay in their order."""

    columns: list[str]
    to: Literal["first", "last", "after"] = "first"
    after: str | None = None


class RenameColumns(StepBase, frozen=True, kw_only=True, tag="rename"):
    """Give columns new names."""

    names: list[Rename]


class Derive(StepBase, frozen=True, kw_only=True, tag="derive"):
    """A column of a DuckDB expression over the columns; one with that name is replaced. `type` casts the result."""

    name: str
    sql: str
    type: str | None = None


class Cast(StepBase, frozen=True, kw_only=True, tag="cast"):
    """Another type for a column. Values that do not convert refuse the plan, become missing, or keep the column as it is."""

    column: str
    to: Literal["integer", "decimal", "float", "boolean", "text", "category", "date", "time", "timestamp"]
    on_error: Literal["refuse", "missing"] = "refuse"
    scale: int | None = None


class Split(StepBase, frozen=True, kw_only=True, tag="split"):
    """Cut a text column at a separator (or a regular expression) into new columns; `keep` keeps the old one."""

    column: str
    into: list[str]
    sep: str | None = None
    regex: str | None = None
    keep: bool = True


class Merge(StepBase, frozen=True, kw_only=True, tag="merge"):
    """Put columns together as one text column."""

    columns: list[str]
    into: str
    sep: str = " "
    keep: bool = True


class Extract(StepBase, frozen=True, kw_only=True, tag="extract"):
    """The part of a text that a regular expression finds (its first group, if it has one)."""

    column: str
    regex: str
    into: str


class Bin(StepBase, frozen=True, kw_only=True, tag="bin"):
    """Classes of a number: by `edges`, into `n` of equal width (or equal size with `quantiles`), or of a `width`."""

    column: str
    into: str
    edges: list[float] = []
    n: int | None = None
    width: float | None = None
    quantiles: bool = False
    labels: list[str] = []


class Explode(StepBase, frozen=True, kw_only=True, tag="explode"):
    """A row for each part of a text cut at a separator."""

    column: str
    sep: str = ","


class FillMissing(StepBase, frozen=True, kw_only=True, tag="fill"):
    """Fill missing values with a constant, a figure of the column (per group with `per`), or from the rows before or after."""

    columns: list[str]
    method: Literal["constant", "mean", "median", "mode", "min", "max", "zero", "ffill", "bfill", "interpolate"]
    value: Scalar = None
    per: list[str] = []
    order: list[Order] = []


class ReplaceValues(StepBase, frozen=True, kw_only=True, tag="replace"):
    """Whole values for others, or with `regex`/`text` parts of texts."""

    columns: list[str]
    pairs: list[Pair] = []
    text: str | None = None
    regex: str | None = None
    replacement: str = ""
    case: bool = True


class TextActions(StepBase, frozen=True, kw_only=True, tag="text"):
    """Tidy texts; the actions are done in turn."""

    columns: list[str]
    actions: list[
        Literal["trim", "squeeze", "lower", "upper", "title", "capitalize", "strip_accents", "strip_html", "digits", "letters"]
    ]


class ParseDate(StepBase, frozen=True, kw_only=True, tag="parse_date"):
    """Read texts as dates by `formats` (strptime), tried in turn; without them by the usual forms, day or month first."""

    column: str
    formats: list[str] = []
    day_first: bool = False
    to: Literal["date", "timestamp"] = "date"
    on_error: Literal["refuse", "missing"] = "refuse"


class ParseNumber(StepBase, frozen=True, kw_only=True, tag="parse_number"):
    """Read texts such as "1.234,50 €" or "27 %" as numbers."""

    column: str
    decimal: Literal[".", ","] = "."
    thousands: str = ","
    percent: bool = True
    on_error: Literal["refuse", "missing"] = "refuse"


class Clip(StepBase, frozen=True, kw_only=True, tag="clip"):
    """Hold values within bounds."""

    column: str
    lo: Scalar = None
    hi: Scalar = None


class Round(StepBase, frozen=True, kw_only=True, tag="round"):
    """Round numbers to `digits` decimals; half goes away from zero, or always up or down."""

    columns: list[str]
    digits: int = 0
    mode: Literal["half", "up", "down"] = "half"


class Standardise(StepBase, frozen=True, kw_only=True, tag="standardise"):
    """One spelling for several."""

    column: str
    clusters: list[Cluster]


class UpdateCells(StepBase, frozen=True, kw_only=True, tag="update_cells"):
    """Write a value, or a DuckDB expression's, into a column of the rows that fit (all without a condition); or single cells."""

    column: str | None = None
    value: Scalar = None
    sql: str | None = None
    where: Condition | None = None
    cells: list[CellValue] = []


class Aggregate(StepBase, frozen=True, kw_only=True, tag="aggregate"):
    """One row per group with figures. Rollup, cube and sets add totals; `having` keeps groups by a condition on the result."""

    by: list[Key] = []
    measures: list[Measure]
    mode: Literal["plain", "rollup", "cube", "sets"] = "plain"
    sets: list[list[str]] = []
    having: Condition | None = None


class Pivot(StepBase, frozen=True, kw_only=True, tag="pivot"):
    """A row per `index`, a column per value of `on`."""

    index: list[Key]
    on: Key
    measure: Measure
    fill: Scalar = None


class Unpivot(StepBase, frozen=True, kw_only=True, tag="unpivot"):
    """A row per value of these columns (of all columns but `keep` when empty)."""

    columns: list[str] = []
    keep: list[str] = []
    name: str = "name"
    value: str = "value"


class Join(StepBase, frozen=True, kw_only=True, tag="join"):
    """Bring the columns of another table to the rows that fit."""

    table: str
    on: list[Rename]
    how: Literal["inner", "left", "right", "full", "semi", "anti"] = "left"
    columns: list[str] = []


class Union(StepBase, frozen=True, kw_only=True, tag="union"):
    """Put the rows of another table below, columns matched by name."""

    table: str
    distinct: bool = False


class Window(StepBase, frozen=True, kw_only=True, tag="window"):
    """A column computed over neighbouring rows: ranks, running and moving figures, differences, shares of a total."""

    name: str
    fn: Literal[
        "row_number", "rank", "dense_rank", "percent_rank", "ntile", "lag", "lead", "difference", "percent_change",
        "running_sum", "running_mean", "running_min", "running_max", "running_count", "moving_mean", "moving_sum",
        "group_sum", "group_mean", "group_min", "group_max", "group_count", "share",
    ]  # fmt: skip
    column: str | None = None
    per: list[str] = []
    order: list[Order] = []
    n: int = 1


class Chart(StepBase, frozen=True, kw_only=True, tag="chart"):
    """A picture of the table: kind, axes and figures; what is left out follows from the types. It changes nothing."""

    kind: ChartKind | None = None
    x: Key | None = None
    y: list[Measure] = []
    y_column: str | None = None
    color: Key | None = None
    facet: Key | None = None
    size: str | None = None
    where: Condition | None = None
    top: int | None = None
    sort: Literal["x", "y", "-x", "-y"] | None = None
    stacked: bool = True
    horizontal: bool = False
    bins: int | None = None
    title: str | None = None


class Sql(StepBase, frozen=True, kw_only=True, tag="sql"):
    """A SELECT over `this`, the table that the step before left behind; or one UPDATE, DELETE or INSERT of `this`."""

    select: str


Step = (
    FilterRows
    | SortRows
    | TopRows
    | SampleRows
    | DropMissing
    | Dedupe
    | Outliers
    | SelectColumns
    | DropColumns
    | ReorderColumns
    | RenameColumns
    | Derive
    | Cast
    | Split
    | Merge
    | Extract
    | Bin
    | Explode
    | FillMissing
    | ReplaceValues
    | TextActions
    | ParseDate
    | ParseNumber
    | Clip
    | Round
    | Standardise
    | UpdateCells
    | Aggregate
    | Pivot
    | Unpivot
    | Join
    | Union
    | Window
    | Chart
    | Sql
)


class Plan(Piece, frozen=True, kw_only=True):
    """What a command means: steps in turn."""

    steps: list[Step]
