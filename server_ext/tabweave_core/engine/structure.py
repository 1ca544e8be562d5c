"""Operations on rows and columns: checked against the table as it is, then performed.

It must not know clients, conditions or the log's tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ..errors import BadMessage, Refused
from ..protocol.schema import BadCell
from . import bounds, filling, shape
from .cells import Unread, reader
from .dtypes import Dtype, parse
from .edits import MOST_CELLS, Result, check_rows, counted
from .effects import ColumnsIn, ColumnsOut, Move, Recast, Relabel, RowsIn, RowsOut
from .moments import PER_UNIT
from .refusals import MOST_BAD, CellsRefused
from .texts import span

if TYPE_CHECKING:
    from ..protocol import ops
    from ..protocol.schema import Column
    from .catalog import Table
    from .draft import Draft

MOST_CATEGORIES = 1000
MOST_COLUMNS = 10_000


def insert_rows(draft: Draft, op: ops.InsertRows) -> Result:
    """Inserts rows of missing values, of given ones, or copies of rows."""
    table = draft.table
    if op.columns and op.copy_of is not None:
        raise BadMessage("BAD_MESSAGE", "Copies of rows have their own values.", where="op.columns")
    copied = None if op.copy_of is None else _rids(table, op.copy_of)
    count = op.count if copied is None else len(copied)
    _check_size(table, count)
    if op.before is not None:
        check_rows(table, [op.before])
    if count < 0:
        raise BadMessage("BAD_MESSAGE", "The number of rows cannot be negative.", where="op.count")
    if not count:
        return Result(None, message="No rows to insert.")
    at = len(table.rows) if op.before is None else int(table.rows.positions([op.before])[0])
    first = table.rows.next
    rids, positions = list(range(first, first + count)), list(range(at, at + count))
    texts = filling.read([table.column(cid) for cid in op.columns], rids, op.values)
    effect = RowsIn(rids=rids, positions=positions, columns=list(table.columns))
    shape.rows_in(draft, effect, copied=copied)
    filling.write(draft, texts)
    verb = "insert" if copied is None else "duplicate"
    return Result(effect, f"{verb} {counted(count, 'row')}", n_rows=count)


def delete_rows(draft: Draft, op: ops.DeleteRows) -> Result:
    """Deletes rows."""
    table = draft.table
    rids = _rids(table, op.rows)
    _check_size(table, len(rids))
    if not rids:
        return Result(None, message="No rows to delete.")
    positions = np.unique(table.rows.positions(rids))
    effect = RowsOut(rids=table.rows.ids(positions).tolist(), positions=positions.tolist(), columns=list(table.columns))
    shape.rows_out(draft, effect)
    return Result(effect, f"delete {counted(len(positions), 'row')}", n_rows=len(positions))


def _rids(table: Table, rows: ops.Rows) -> list[int]:
    if rows.ids is None:
        raise BadMessage("BAD_MESSAGE", "A shared table takes row ids, not rows of a view.", where="op.rows.ids")
    check_rows(table, rows.ids)
    return rows.ids


def _check_size(table: Table, rows: int) -> None:
    if rows * max(len(table.columns), 1) > MOST_CELLS:
        raise Refused("TOO_LARGE", f"This is about more than {MOST_CELLS:,} cells at once.", hint="Do it in parts.")


def check_name(table: Table, name: str, *, but: int = -1) -> None:
    """Raises `SCHEMA` if a column cannot be given this name."""
    if not name.strip():
        raise Refused("SCHEMA", "A column needs a name.", hint="Give it one.")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise Refused("SCHEMA", f"{name!r} is not valid Unicode text.", hint="Choose another name.") from None
    if any(column.name == name and column.id != but for column in table.columns):
        raise Refused("SCHEMA", f"There is a column {name!r} already.", hint="Choose another name.")


def add_column(draft: Draft, op: ops.AddColumn) -> Result:
    """Adds a column of missing values, or of given ones."""
    table = draft.table
    check_name(table, op.name)
    dtype = parse(op.dtype)
    place = len(table.columns) if op.at is None else op.at
    _check_place(place, len(table.columns), "op.at")
    if len(table.columns) >= MOST_COLUMNS:
        raise Refused("TOO_LARGE", f"A shared table has at most {MOST_COLUMNS:,} columns.")
    labels = _labels(op.categories) if dtype.kind == "category" else None
    column = dtype.column(table.next_column, op.name, categories=labels, ordered=labels is not None and op.ordered)
    _check_size(table, len(op.rows) // max(len(table.columns), 1))
    check_rows(table, op.rows)
    texts = filling.read([column], op.rows, [op.values]) if op.rows else {}
    effect = ColumnsIn(columns=[column], places=[place])
    shape.columns_in(draft, effect)
    filling.write(draft, texts)
    return Result(effect, f"add column {op.name}")


def _labels(labels: list[str]) -> list[str]:
    """The labels of a category; raises for labels that occur twice, and for too many."""
    if len(set(labels)) < len(labels):
        raise BadMessage("BAD_MESSAGE", "A category has each label once.", where="op.categories")
    if len(labels) > MOST_CATEGORIES:
        raise Refused("TOO_LARGE", f"A list of choices has at most {MOST_CATEGORIES:,} labels.", hint="Make it a text column.")
    return labels


def _check_place(place: int, most: int, where: str) -> None:
    if not 0 <= place <= most:
        raise BadMessage("BAD_MESSAGE", f"There is no place {place}; places are 0 to {most}.", where=where)


def drop_columns(draft: Draft, op: ops.DropColumns) -> Result:
    """Drops columns."""
    table = draft.table
    ids = dict.fromkeys(op.columns)
    found = sorted((table.place(cid), cid) for cid in ids)
    if not found:
        return Result(None, message="No columns to drop.")
    columns = [table.column(cid) for _, cid in found]
    effect = ColumnsOut(columns=columns, places=[place for place, _ in found])
    shape.columns_out(draft, effect)
    what = f"column {columns[0].name}" if len(columns) == 1 else counted(len(columns), "column")
    return Result(effect, f"drop {what}")


def rename_column(draft: Draft, op: ops.RenameColumn) -> Result:
    """Renames a column."""
    column = draft.table.column(op.column)
    check_name(draft.table, op.name, but=op.column)
    if column.name == op.name:
        return Result(None, message="The column has this name.")
    shape.relabel(draft, op.column, op.name)
    return Result(Relabel(column=op.column, old=column.name, new=op.name), f"rename {column.name} to {op.name}")


def move_column(draft: Draft, op: ops.MoveColumn) -> Result:
    """Moves a column."""
    table = draft.table
    column, place = table.column(op.column), table.place(op.column)
    _check_place(op.to, len(table.columns) - 1, "op.to")
    if place == op.to:
        return Result(None, message="The column is there.")
    shape.move(draft, op.column, op.to)
    return Result(Move(column=op.column, old=place, new=op.to), f"move column {column.name}")


def retype_column(draft: Draft, op: ops.RetypeColumn) -> Result:
    """Changes a column's type; every distinct value is read anew by the rules of the new type."""
    draft.flush()
    table = draft.table
    column, dtype = table.column(op.column), parse(op.dtype)
    relabelled = op.categories is not None and (op.categories, op.ordered) != (column.categories, column.ordered)
    if column.dtype == dtype.name and not (dtype.kind == "category" and relabelled):
        return Result(None, message=f"The column is {dtype.name}.")
    if column.kind == "binary" or dtype.kind == "binary":
        raise Refused("SCHEMA", f"{column.name} cannot change from {column.dtype} to {dtype.name}.")
    old = _distinct(draft, column.id)
    if dtype.kind == "category" and op.categories is not None:
        made = dtype.column(column.id, column.name, categories=_labels(op.categories), ordered=op.ordered)
    else:
        made = _described(column, dtype, old)
    made = bounds.kept(msgspec.structs.replace(made, index=column.index), column)
    texts, bad = _converted(column, made, old)
    skipped = 0
    if bad:
        cells, skipped = _bad_cells(draft, column, bad)
        if op.on_error == "refuse":
            raise CellsRefused("TYPE", cells, skipped, len(table.rows))
    effect = Recast(old=column, new=made)
    shape.recast(draft, effect, texts)
    message = f"{counted(skipped, 'value')} became missing." if skipped else ""
    summary = f"change {column.name} to {dtype.name}"
    count = len(table.rows)
    return Result(effect, summary, n_cells=count, skipped=skipped, message=message, columns=frozenset({column.id}))


def bound_column(draft: Draft, op: ops.BoundColumn) -> Result:
    """Declares the bounds of a column."""
    column = draft.table.column(op.column)
    made = bounds.declared(column, op)
    if made == column:
        return Result(None, message="The column has these bounds.")
    return Result(shape.bind(draft, made), bounds.summary(made))


def _distinct(draft: Draft, cid: int) -> list[str]:
    query = f"SELECT DISTINCT CAST(c{cid} AS VARCHAR) FROM {draft.table.live} WHERE c{cid} IS NOT NULL LIMIT {MOST_CELLS + 1}"
    found = [row[0] for row in draft.connection.execute(query).fetchall()]
    if len(found) > MOST_CELLS:
        raise Refused("TOO_LARGE", f"The column has more than {MOST_CELLS:,} different values.", hint="Retype a smaller table.")
    if draft.table.column(cid).kind == "float" and not {"nan", "-nan"}.isdisjoint(found):
        return list({*found, "nan", "-nan"})  # DISTINCT takes both for one value
    return found


def _described(column: Column, dtype: Dtype, texts: list[str]) -> Column:
    labels = None
    if dtype.kind == "category":
        if len(texts) > MOST_CATEGORIES:
            raise Refused("TOO_LARGE", f"{column.name} has {len(texts):,} different values, too many for a list of choices.")
        labels = sorted({_shown(column, text) for text in texts})
    return dtype.column(column.id, column.name, categories=labels)


def _shown(column: Column, text: str) -> str:
    """A stored text as a person would type it."""
    if column.kind == "timestamp" and column.zone:
        return f"{text}Z"
    if text == "-nan" and column.kind == "float":
        return "nan"
    if column.kind != "duration":
        return text
    return span(int(text) * PER_UNIT[column.unit or "ns"])


def _converted(column: Column, made: Column, old: list[str]) -> tuple[dict[str, str | None], dict[str, Unread]]:
    """The new text for each old one, and why there is none."""
    read = reader(made, typed=True)
    texts: dict[str, str | None] = {}
    bad: dict[str, Unread] = {}
    for text in old:
        shown = _shown(column, text)
        if column.kind == "boolean" and made.kind in ("integer", "float", "decimal"):
            shown = "1" if text == "true" else "0"
        try:
            texts[text] = read(shown)
        except Unread as error:
            bad[text] = error
            texts[text] = None
    return texts, bad


def _bad_cells(draft: Draft, column: Column, bad: dict[str, Unread]) -> tuple[list[BadCell], int]:
    table = draft.table
    text = f"CAST(c{column.id} AS VARCHAR)"
    wanted = f"FROM {table.live} WHERE {text} IN (SELECT unnest(?::VARCHAR[]))"
    found = draft.connection.execute(f"SELECT _rid, {text} {wanted} ORDER BY _rid LIMIT {MOST_BAD}", [list(bad)]).fetchall()
    ((count,),) = draft.connection.execute(f"SELECT count(*) {wanted}", [list(bad)]).fetchall()
    cells = []
    for rid, old in found:
        error = bad[old]
        row = int(table.rows.positions([rid])[0])
        cells.append(BadCell(row=row, column=0, rid=rid, id=column.id, text=error.text, message=error.message, hint=error.hint))
    return cells, count
