"""What somebody does with the table, drawn from what they see of it: also what cannot be, and what they may not."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING

from core.simulation import spreads
from core.simulation.secrets import Secrets
from core.simulation.totals import GROUP
from tabweave_core.protocol.ops import (
    AddColumn,
    Block,
    Condition,
    DeleteRows,
    DropColumns,
    InsertRows,
    MoveColumn,
    Op,
    Redo,
    RenameColumn,
    Rows,
    Scalar,
    SetCells,
    Undo,
)
from tabweave_core.protocol.rights import ColumnRights, Level, Rights

if TYPE_CHECKING:
    from core.simulation.follower import Follower

NOWHERE = 10_000


def draw_edit(chance: Random, secrets: Secrets, who: Follower) -> tuple[Op, Condition | None]:
    """An operation, and now and then the condition on which it is to be done."""
    op = _draw(chance, secrets, who)
    if chance.random() < 0.1:
        return op, Condition(rev=chance.randint(0, who.rev or 0))
    if isinstance(op, SetCells) and chance.random() < 0.1:
        block = op.blocks[0]
        return op, Condition(value=[[_of(who, cid, rid) for rid in block.rows or ()] for cid in block.columns])
    return op, None


def _draw(chance: Random, secrets: Secrets, who: Follower) -> Op:
    rows = who.order[: chance.choice((1, 2))] if chance.random() < 0.6 else who.order
    row = chance.choice(rows) if rows and chance.random() < 0.97 else NOWHERE
    column = chance.choices(who.columns[:4], (3, 4, 2, 1)[: len(who.columns)])[0]
    author = who.user.id
    match chance.choices(range(10), (44, 8, 6, 18, 5, 3, 3, 3, 2, 24))[0]:
        case 0:
            return _set(chance, secrets, who, [column], [row])
        case 1:
            rows = chance.sample(who.order, min(2, len(who.order)))
            return _set(chance, secrets, who, chance.sample(who.columns, min(2, len(who.columns))), rows)
        case 2:
            return _insert(chance, secrets, who)
        case 3:
            return _undo(chance, who)
        case 4:
            return DeleteRows(rows=Rows(ids=[row]))
        case 5:
            return AddColumn(name=secrets.draw(author), dtype=chance.choice(("int64", "string")))
        case 6:
            return RenameColumn(column=column, name=secrets.draw(author))
        case 7:
            return MoveColumn(column=column, to=chance.randrange(len(who.columns)))
        case 8:
            return DropColumns(columns=[column])
    return spreads.draw(chance, who)


def _undo(chance: Random, who: Follower) -> Op:
    if chance.random() < 0.3:
        return Redo()
    drawn = chance.random()
    if drawn < 0.3 and who.wrote:
        return Undo(ref=chance.choice(who.wrote))
    return Undo(ref=chance.randint(1, max(who.rev or 1, 1)) if drawn > 0.85 else None)


def _set(chance: Random, secrets: Secrets, who: Follower, columns: list[int], rows: list[int]) -> SetCells:
    values = [[_value(chance, secrets, who, cid) for _ in rows] for cid in columns]
    return SetCells(blocks=[Block(columns=columns, rows=rows, values=values)], input="value")


def _insert(chance: Random, secrets: Secrets, who: Follower) -> InsertRows:
    before = chance.choice(who.order) if who.order and chance.random() < 0.5 else None
    if who.order and chance.random() < 0.3:
        return InsertRows(copy_of=Rows(ids=[chance.choice(who.order)]), before=before)
    column = chance.choice(who.columns)
    return InsertRows(count=1, before=before, columns=[column], values=[[_value(chance, secrets, who, column)]])


def _value(chance: Random, secrets: Secrets, who: Follower, cid: int) -> Scalar:
    drawn = chance.random()
    if drawn < 0.1:
        return None
    match "group" if cid == GROUP else _kind(who, cid):
        case "group":
            return chance.choice("xyz")
        case "text":
            return "a text" if drawn < 0.14 else secrets.draw(who.user.id)
        case "integer" if drawn > 0.14:
            return chance.randint(0, 99)
        case "decimal" if drawn > 0.14:
            return str(Decimal(chance.randint(-999, 999)).scaleb(-2))
    return "no number"


def _kind(who: Follower, cid: int) -> str:
    assert who.schema is not None
    return next(column.kind for column in who.schema.columns if column.id == cid)


def _of(who: Follower, cid: int, rid: int) -> Scalar:
    found = who.cells.get((cid, rid))
    return str(found) if isinstance(found, Decimal) else found


def draw_rights(chance: Random) -> Rights:
    """Who may do what from now on; most of the time everybody may do most."""
    levels: tuple[Level, ...] = ("editor", "editor", "viewer", "none")
    people = {name: chance.choice(levels) for name in ("bo", "cy") if chance.random() < 0.5}
    columns = {}
    if chance.random() < 0.6:
        columns[1] = ColumnRights(read=chance.choice((None, [], ["bo"], ["cy"])), write=chance.choice((None, [], ["bo"])))
    return Rights(people=people, columns={cid: each for cid, each in columns.items() if each != ColumnRights()})
