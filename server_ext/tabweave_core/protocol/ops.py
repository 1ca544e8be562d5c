"""What a client may ask to change: one tagged Struct per kind of operation.

An operation is an intent. It names rows by row id (stable while rows are inserted, deleted or sorted) or as a range of
the client's current view, and columns by column id (stable through renames and moves). `docs/protocol.md` says what each
does.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from .planning import Coordinate, RollupDef, Target
from .scalar import Scalar as Scalar


class OpBase(msgspec.Struct, tag_field="kind", frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Fields every operation has: none."""


class Block(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A rectangle of cells and the values to put there.

    `values` is column-major: `values[j][i]` goes to row `i` of the target, column `columns[j]`. An inner list of length one
    is repeated down all rows. Rows are `rows` (row ids), or the view range `[start, stop)` when `rows` is absent.
    """

    columns: list[int]
    values: list[list[Scalar]]
    rows: list[int] | None = None
    start: int = 0
    stop: int = 0


class Rows(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A set of rows: row ids, or ranges `[start, stop)` of the client's view."""

    ids: list[int] | None = None
    ranges: list[tuple[int, int]] | None = None


class Condition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What must hold for an operation to be applied; else it is refused with `CONFLICT`.

    `rev`: nobody has changed what it is about since that revision. `value`: the cells of its blocks have these values, a list
    for each column of each block, in the shape of the blocks' own.
    """

    rev: int | None = None
    value: list[list[Scalar]] | None = None


class SetCells(OpBase, frozen=True, kw_only=True, tag="set_cells"):
    """Write blocks of cells, all or nothing.

    `input` is "text" for what a person typed or pasted (parsed by the column's type) and "value" for typed JSON values.
    Null is the missing value in both.
    """

    blocks: list[Block]
    input: Literal["text", "value"] = "text"


class Fill(OpBase, frozen=True, kw_only=True, tag="fill"):
    """Continue the view rows `[start, stop)` of `columns` over `[target_start, target_stop)`.

    "copy" repeats the source cells in turn; "series" continues a constant step of numbers or dates, and repeats what has
    no step.
    """

    columns: list[int]
    start: int
    stop: int
    target_start: int
    target_stop: int
    mode: Literal["copy", "series"] = "copy"


class Replace(OpBase, frozen=True, kw_only=True, tag="replace"):
    """Replace text in every matching cell of `columns` (all when absent) of the rows in the view.

    `whole` matches the whole cell only. The result of each cell must be valid for its column, or nothing is written.
    """

    find: str
    replacement: str
    columns: list[int] | None = None
    case: bool = False
    whole: bool = False
    regex: bool = False


class InsertRows(OpBase, frozen=True, kw_only=True, tag="insert_rows"):
    """Insert `count` rows of missing or default values before row `before` (at the end when absent).

    With `copy_of` the new rows are copies of those rows and `count` is ignored. In a shared table the cells of `columns` can
    be given: `values` are typed JSON values as in a `Block`, column by column.
    """

    count: int = 1
    before: int | None = None
    copy_of: Rows | None = None
    columns: list[int] = []
    values: list[list[Scalar]] = []


class DeleteRows(OpBase, frozen=True, kw_only=True, tag="delete_rows"):
    """Delete rows."""

    rows: Rows


class AddColumn(OpBase, frozen=True, kw_only=True, tag="add_column"):
    """Add a column of missing values at position `at` (at the end when absent). `dtype` is a name from `Schema.dtypes`.

    In a shared table the cells of `rows` (row ids) can be given: `values` are typed JSON values, one for each row or one for
    all of them. `categories` are the labels of a category column, in their order.
    """

    name: str
    dtype: str
    at: int | None = None
    rows: list[int] = []
    values: list[Scalar] = []
    categories: list[str] = []
    ordered: bool = False


class DropColumns(OpBase, frozen=True, kw_only=True, tag="drop_columns"):
    """Drop columns."""

    columns: list[int]


class RenameColumn(OpBase, frozen=True, kw_only=True, tag="rename_column"):
    """Give a column a new, unused name."""

    column: int
    name: str


class MoveColumn(OpBase, frozen=True, kw_only=True, tag="move_column"):
    """Put a column at position `to`, counted without it."""

    column: int
    to: int


class RetypeColumn(OpBase, frozen=True, kw_only=True, tag="retype_column"):
    """Change a column's type. Cells that do not convert refuse the whole operation, or become missing if told so.

    In a shared table a category column can be given its labels in their order, and be one already; without `categories` they
    are the column's values, sorted.
    """

    column: int
    dtype: str
    on_error: Literal["refuse", "missing"] = "refuse"
    categories: list[str] | None = None
    ordered: bool = False


class BoundColumn(OpBase, frozen=True, kw_only=True, tag="bound_column"):
    """Declare the least and the greatest number that a column may hold, as text; without one that side is open.

    It is refused where cells lie outside. What is written later has to lie within, in whichever way it is written.
    """

    column: int
    least: str | None = None
    most: str | None = None


class Spread(OpBase, frozen=True, kw_only=True, tag="spread"):
    """Write totals of a rollup: their rows follow, all targets or none.

    `holds` do not change, at whatever cost to the rows around them. With `ask_above` it is refused (TOO_LARGE) when it spreads
    to more rows, unless `token` is that of a preview of the same operation at the same revision.
    """

    rollup: RollupDef
    targets: list[Target]
    holds: list[Coordinate] = []
    ask_above: int | None = None
    token: str = ""


class Transform(OpBase, frozen=True, kw_only=True, tag="transform"):
    """Do what a plan says (JSON text, see `asking`), as one revision.

    With the `token` of a proposal it is refused (CONFLICT) when it would no longer do what was shown. `command` is what was
    said and `interpreter` who read it, for the record.
    """

    plan: str
    token: str = ""
    command: str = ""
    interpreter: str = ""


class Lock(OpBase, frozen=True, kw_only=True, tag="lock"):
    """Lock cells for everyone, so that nothing changes them, or unlock them: rows of a rollup in the columns that it writes.

    `at` are rows as they are found now; rows that come later are free. Without `aggregates` all columns that can be typed into
    are meant. It is no change of values, and is unlocked rather than undone.
    """

    rollup: RollupDef
    at: list[Coordinate]
    aggregates: list[int] = []
    locked: bool = True


class Undo(OpBase, frozen=True, kw_only=True, tag="undo"):
    """Undo the revision `ref`, or this user's last operation that is not undone."""

    ref: int | None = None


class Redo(OpBase, frozen=True, kw_only=True, tag="redo"):
    """Redo the operation undone by revision `ref`, or this user's last undone operation."""

    ref: int | None = None


Op = (
    SetCells
    | Fill
    | Replace
    | InsertRows
    | DeleteRows
    | AddColumn
    | DropColumns
    | RenameColumn
    | MoveColumn
    | RetypeColumn
    | BoundColumn
    | Spread
    | Lock
    | Transform
    | Undo
    | Redo
)
