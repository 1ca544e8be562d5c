"""The JSON that REST takes and gives beside the messages' own types: columns go by name, rows by id.

It must not know handlers.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from tabweave_core.protocol.rights import Rights
from tabweave_core.protocol.schema import BadCell, Cells, Change, Person, Schema, TableInfo

from .naming import ColumnName, NamedFilter

SAFE = 2**53 - 1
Count = Annotated[int, Meta(ge=0, le=SAFE)]
RowId = Annotated[int, Meta(ge=0, le=SAFE, description="A row's id, which it keeps while rows come, go and are sorted.")]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Cell = Annotated[Any, Meta(description="A value in JSON: see the table of values in the documentation.")]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all of these."""


# Refusals


class Fault(Body, frozen=True, kw_only=True, omit_defaults=True):
    """What is wrong, and what to do next. `bad` are up to 100 of the `n_bad` cells that refuse their values."""

    code: str
    message: str
    hint: str
    where: str
    bad: list[BadCell] = []
    n_bad: int = 0


class Refusal(Body, frozen=True, kw_only=True):
    """The one shape of every refusal."""

    error: Fault


# Tables


class Datasets(Body, frozen=True, kw_only=True):
    """The shared tables that the caller may read."""

    datasets: list[TableInfo]


class NewDataset(Body, frozen=True, kw_only=True):
    """A new table, from a list of records or from an object of columns.

    `types` gives columns a type: text, integer, float, decimal, boolean, date, timestamp or time. What has none is found out
    from the values.
    """

    name: Name
    records: list[dict[str, Any]] | None = None
    columns: dict[str, list[Any]] | None = None
    types: dict[str, str] = {}
    rights: Rights | None = None


class Renamed(Body, frozen=True, kw_only=True):
    """The table's new name."""

    name: Name


class Note(Body, frozen=True, kw_only=True):
    """Something noticed while reading: `rows` are up to ten 0-based positions out of `count` cells.

    The codes are those of the page on files in the documentation. `column` is null when it is about the whole file.
    """

    code: str
    column: str | None
    rows: list[int]
    count: int
    message: str
    suggestion: str


class RejectedLine(Body, frozen=True, kw_only=True):
    """A piece of the file that is not in the table: its line (from 1), why, and its text (its beginning if it is long)."""

    line: int
    reason: str
    text: str


class Created(Body, frozen=True, kw_only=True):
    """A new table. `notes` is what was noticed; `rejected` are the first 1,000 of `n_rejected` lines that did not fit."""

    dataset: TableInfo
    columns: list[str]
    notes: list[Note]
    rejected: list[RejectedLine]
    n_rejected: int


class Described(Body, frozen=True, kw_only=True):
    """A table's columns at a revision. Revisions of another `epoch` are of another table of the same name."""

    epoch: str
    rev: int
    schema: Schema


# Rows and cells


class Row(Body, frozen=True, kw_only=True):
    """A row: its id, and its values by column name."""

    row: int
    values: dict[str, Any]


class RowPage(Body, frozen=True, kw_only=True):
    """Rows `[start, stop)` of the `rows` that the view has, of `total` in the table, all at revision `rev`."""

    epoch: str
    rev: int
    start: int
    stop: int
    rows: int
    total: int
    columns: list[str]
    records: list[Row]


class CellCondition(Body, frozen=True, kw_only=True, omit_defaults=True):
    """Applies the change only if nobody has changed the cell since revision `rev`, and if it has the value `value`."""

    rev: Count | None = None
    value: Cell | msgspec.UnsetType = msgspec.UNSET


class NewCell(Body, frozen=True, kw_only=True):
    """A cell's new value, as JSON, or with `input` "text" as a person would type it."""

    value: Cell
    input: Literal["value", "text"] = "value"
    condition: CellCondition | None = msgspec.field(default=None, name="if")


class CellValue(Body, frozen=True, kw_only=True):
    """A cell's value at revision `rev`."""

    rev: int
    row: int
    column: str
    value: Cell


class CellChange(Body, frozen=True, kw_only=True):
    """One cell's new value; with `expect` only if it has that one now."""

    row: RowId
    column: ColumnName
    value: Cell
    expect: Cell | msgspec.UnsetType = msgspec.UNSET


class RevCondition(Body, frozen=True, kw_only=True):
    """Applies the change only if nobody has changed these cells since revision `rev`."""

    rev: Count


class NewCells(Body, frozen=True, kw_only=True):
    """Cells to set, all or none: a list of `cells`; or `set`, values by column name, in all rows that match all of `where`."""

    cells: list[CellChange] | None = None
    where: list[NamedFilter] | None = None
    values: dict[str, Any] | None = msgspec.field(default=None, name="set")
    input: Literal["value", "text"] = "value"
    condition: RevCondition | None = msgspec.field(default=None, name="if")


# What happens


class Done(Body, frozen=True, kw_only=True):
    """What an operation did, as revision `rev`. `cells` are the values as stored, where they are few.

    `status` is `partial` where some of it was `skipped`, and `noop` where there was nothing to do.
    """

    rev: int
    status: Literal["ok", "partial", "noop"]
    n_cells: int
    n_rows: int
    skipped: int
    message: str
    cells: list[Cells]
    can_undo: bool
    can_redo: bool


class ChangedCells(Body, frozen=True, kw_only=True):
    """New values in one column, by row id."""

    column: str
    id: int
    rows: list[int]
    values: list[Any]


class Update(Body, frozen=True, kw_only=True):
    """How a table of revision `since` becomes that of revision `rev`.

    Rows in `inserted` have their values in `cells`. `schema` is there when columns came, went or changed; columns in `reread`
    must be read whole.
    """

    epoch: str
    since: int
    rev: int
    cells: list[ChangedCells]
    inserted: list[int]
    deleted: list[int]
    reread: list[str]
    schema: Schema | None


class Changes(Body, frozen=True, kw_only=True):
    """A table's history, newest first."""

    changes: list[Change]


class Present(Body, frozen=True, kw_only=True):
    """Somebody who has tables open, and which."""

    person: Person
    tables: list[str]


class People(Body, frozen=True, kw_only=True):
    """The caller, and who has tables open that the caller may read."""

    me: Person
    people: list[Present]


class Me(Body, frozen=True, kw_only=True):
    """Whom the server takes the caller for; `kernel` is the id of the kernel that asks, or null."""

    person: Person
    kernel: str | None
    version: str
    protocol: str


class Health(Body, frozen=True, kw_only=True):
    """The version that runs, and how many sockets there are."""

    version: str
    protocol: str
    pages: int
    kernels: int
    channels: int
