"""What a client knows of a table before it has seen a cell: columns, their types, and the view it asks for."""

from __future__ import annotations

from typing import Literal

from .filters import ExpressionFilter as ExpressionFilter
from .filters import Filter as Filter
from .filters import MissingFilter as MissingFilter
from .filters import Part as Part
from .filters import RangeFilter as RangeFilter
from .filters import SetFilter as SetFilter
from .filters import TextFilter as TextFilter
from .planning import Tree
from .scalar import Scalar

Kind = Literal[
    "integer",
    "decimal",
    "float",
    "boolean",
    "text",
    "category",
    "date",
    "time",
    "timestamp",
    "duration",
    "binary",
    "nested",
    "object",
]


class Column(Part, frozen=True, kw_only=True):
    """One column, or one level of the index.

    `name` is how the label reads; labels need not be text or unique, ids are. `dtype` is the type's own name. `lo` and `hi`
    bound an integer or a decimal by its type, `least` and `most` a number as somebody declared it, all as text. `unit` is s,
    ms, us or ns; `zone` an IANA name or a fixed offset. `categories` is absent when there are too many to send. `why` says why
    a column cannot be edited.
    """

    id: int
    name: str
    kind: Kind
    dtype: str
    index: bool = False
    nullable: bool = True
    editable: bool = True
    why: str = ""
    lo: str | None = None
    hi: str | None = None
    least: str | None = None
    most: str | None = None
    scale: int | None = None
    unit: str | None = None
    zone: str | None = None
    categories: list[str] | None = None
    ordered: bool = False


class DtypeChoice(Part, frozen=True, kw_only=True):
    """A type that a column can be given: the name to send and what a person reads."""

    name: str
    label: str
    kind: Kind


class Schema(Part, frozen=True, kw_only=True):
    """A table's columns in order, index levels first."""

    columns: list[Column]
    dtypes: list[DtypeChoice]


class Sort(Part, frozen=True, kw_only=True):
    """One sort key. Missing values go last whichever way it runs."""

    column: int
    descending: bool = False


class View(Part, frozen=True, kw_only=True):
    """Which rows, in which order. All filters hold at once; `search` keeps rows with the text in any column.

    With a `tree` the rows are nodes, and the columns that are sorted and filtered by are the tree's.
    """

    sort: list[Sort] = []
    filter: list[Filter] = []
    search: str = ""
    tree: Tree | None = None


class ValueCount(Part, frozen=True, kw_only=True):
    """A distinct value and how many rows have it."""

    value: Scalar
    count: int


class Profile(Part, frozen=True, kw_only=True):
    """The distribution of one column.

    `edges` (bins + 1 numbers; timestamps and durations as numbers of `Column.unit`, dates as days) and `counts` are a
    histogram; `top` the most frequent values. `exact` is false when a sample was read.
    """

    column: int
    rows: int
    missing: int
    distinct: int | None = None
    lo: Scalar = None
    hi: Scalar = None
    mean: float | None = None
    edges: list[float] = []
    counts: list[int] = []
    top: list[ValueCount] = []
    exact: bool = True


class Match(Part, frozen=True, kw_only=True):
    """A found cell: its row in the view, its row id, its column."""

    row: int
    rid: int
    column: int


class Range(Part, frozen=True, kw_only=True):
    """View rows `[start, stop)` of some columns."""

    start: int
    stop: int
    columns: list[int]


class Stats(Part, frozen=True, kw_only=True):
    """The footer's figures for a selection. Sums are exact for integers and decimals and so are text."""

    cells: int
    present: int
    numbers: int
    sum: str | None = None
    mean: float | None = None
    lo: str | None = None
    hi: str | None = None


class BadCell(Part, frozen=True, kw_only=True):
    """A cell that refused its value, and the nearest valid thing where there is one.

    `row` and `column` place it in the operation's target (0-based); `rid` and `id` name it in the table.
    """

    row: int
    column: int
    rid: int
    id: int
    text: str
    message: str
    hint: str = ""


class Cells(Part, frozen=True, kw_only=True):
    """Changed cells, column by column: row ids and their new values (see `values` for the JSON of each kind).

    `by` has for each row the index of its writer in the message's `users`; without it the message's `user` wrote them all.
    """

    column: int
    rows: list[int]
    values: list[Scalar]
    by: list[int] = []


class Person(Part, frozen=True, kw_only=True):
    """Who did something."""

    id: str
    name: str
    color: str = ""


Role = Literal["owner", "editor", "viewer"]
"""What a person may do with a shared table: everything, change its data, or read it."""


class Place(Part, frozen=True, kw_only=True):
    """Where somebody is in a table: a cell, the far corner of what they selected, and whether they are typing."""

    rid: int
    column: int
    to_rid: int | None = None
    to_column: int | None = None
    editing: bool = False


class Peer(Part, frozen=True, kw_only=True):
    """One open grid or notebook on a shared table. `key` tells several of the same person apart; `kernel` is a notebook."""

    key: str
    user: Person
    place: Place | None = None
    kernel: bool = False


class TableInfo(Part, frozen=True, kw_only=True):
    """A shared table as a list shows it. `people` are those who have it open; `created` is in seconds since 1970."""

    name: str
    rows: int
    columns: int
    rev: int
    role: Role
    owner: Person
    created: float
    people: list[Person] = []


class Change(Part, frozen=True, kw_only=True):
    """One line of a table's history.

    `cell` has the value before and after where the history is one cell's and its column has the same type still.
    """

    rev: int
    time: float
    user: Person
    kind: str
    summary: str
    n_cells: int = 0
    n_rows: int = 0
    undone: bool = False
    undo_of: int | None = None
    cell: list[Scalar] | None = None
