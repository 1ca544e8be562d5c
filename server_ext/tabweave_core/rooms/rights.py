"""What a person may do with a shared table: their role, the columns they see, and whether an operation of theirs is allowed.

An operation is checked in the writer's transaction, against the rights of that moment. Who may not read a column is told
nothing that shows that it exists. It must not know channels or carriers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from ..engine import catalog, log, spreads, undoing
from ..engine.effects import Several
from ..engine.history import columns_in
from ..errors import BadMessage, NotFound, Refused
from ..protocol import ops
from ..protocol.rights import ColumnRights, Level, Rights

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..engine.catalog import Lens, Table
    from ..engine.draft import Draft
    from ..engine.log import Entry
    from ..engine.transforming import Change
    from ..protocol.ops import Op
    from ..protocol.schema import Column, Person, Role

__all__ = ["ColumnRights", "Level", "Rights"]

MOST_PEOPLE = 10_000
_LONGEST_ID = 1000


def role(table: Table, user: Person) -> Role | None:
    """What a person is to a table; None for those who must not know of it."""
    if user.id == table.owner.id:
        return "owner"
    level = table.rights.people.get(user.id, table.rights.everyone)
    return None if level == "none" else level


def may_read(table: Table, user: Person, cid: int) -> bool:
    """Whether a person may see a column of a table that they may see."""
    readers = table.rights.columns.get(cid, _FREE).read
    return readers is None or user.id in readers or user.id == table.owner.id


def may_write(table: Table, user: Person, cid: int) -> bool:
    """Whether a person may change the values of a column."""
    if user.id == table.owner.id:
        return True
    writers = table.rights.columns.get(cid, _FREE).write
    return role(table, user) == "editor" and may_read(table, user, cid) and (writers is None or user.id in writers)


_FREE = ColumnRights()


def lens(user: Person) -> Lens:
    """A table as a person may see it: without what they may not read, and saying of columns why they may not write them."""

    def look(table: Table) -> Table:
        found = role(table, user)
        if found is None:
            raise catalog.missing(table.name)
        if found == "owner" or (found == "editor" and not table.rights.columns):
            return table
        hidden = frozenset(cid for cid in table.rights.columns if not may_read(table, user, cid))
        shown = tuple(_shown(table, user, column) for column in table.columns if column.id not in hidden)
        seen = replace(table, columns=shown, hidden=hidden)
        return replace(seen, rollups=tuple(each for each in table.rollups if not hidden or spreads.knows(seen, each)))

    return look


def _shown(table: Table, user: Person, column: Column) -> Column:
    if not column.editable or may_write(table, user, column.id):
        return column
    return msgspec.structs.replace(column, editable=False, why=why(table, user) or _why_column(table))


def why(table: Table, user: Person) -> str:
    """Why a person may not change anything in a table, or nothing if they may."""
    return f"You may only read {table.name}. {_ask(table, 'the right to edit it')}" if role(table, user) == "viewer" else ""


def _why_column(table: Table) -> str:
    return f"You may read this column and not change it. {_ask(table, 'the right to write it')}"


def _ask(table: Table, what: str) -> str:
    return f"Ask {table.owner.name or table.owner.id} for {what}."


def check_editor(table: Table, user: Person, doing: str) -> None:
    """Raises `FORBIDDEN` for who may only read a table; `doing` says what they may not do."""
    if role(table, user) not in ("owner", "editor"):
        hint = _ask(table, "the right to edit it")
        raise Refused("FORBIDDEN", f"You may only read {table.name}, not {doing}.", hint=hint)


def check_owner(table: Table, user: Person, doing: str) -> None:
    """Raises `FORBIDDEN` unless a person owns a table; `doing` says what only the owner may do."""
    if role(table, user) != "owner":
        owner = table.owner.name or table.owner.id
        raise Refused("FORBIDDEN", f"Only {owner} may {doing} {table.name}.", hint=f"Ask {owner} to do it.")


def authorise(draft: Draft, op: Op, user: Person) -> None:
    """Raises what refuses an operation of a person on the newest state of a table; for `Prepared` operations as asked."""
    inverts = None
    if isinstance(op, ops.Undo | ops.Redo) and role(draft.table, user) in ("owner", "editor"):
        inverts = _touched(draft, undoing.inverted(draft, op, user))
    check(op, draft.table, user, inverts=inverts or ())


def _touched(draft: Draft, entry: Entry) -> set[int]:
    """The columns that taking a revision back would change."""
    written = log.columns_of(draft.connection, draft.table.id, entry.rev)
    named = set(columns_in(entry.effect))
    if named and not isinstance(entry.effect, Several):
        return named
    return named | {cid for cid in written if draft.table.has(cid)}


def check(op: Op, table: Table, user: Person, *, inverts: Iterable[int] = ()) -> None:
    """Raises what refuses an operation: `NO_TABLE`, `NO_COLUMN` for what the person may not see, else `FORBIDDEN`.

    `inverts` are the columns that an undo or redo would change. Inserting rows needs the right to the columns that are given
    values; deleting and copying rows needs that to every column.
    """
    found = role(table, user)
    if found is None:
        raise catalog.missing(table.name)
    if found == "viewer":
        raise Refused("FORBIDDEN", f"You may only read {table.name}.", hint=_ask(table, "the right to edit it"))
    if found == "owner":
        return
    for cid in _named(op):
        _check_column(table, user, cid)
    for cid in inverts:
        if not may_write(table, user, cid):
            what = "undo" if isinstance(op, ops.Undo) else "redo"
            raise _forbidden(table, user, cid, f"This {what} would change")
    if isinstance(op, ops.DeleteRows) or (isinstance(op, ops.InsertRows) and op.copy_of is not None):
        doing = "Deleting rows changes" if isinstance(op, ops.DeleteRows) else "Copying rows writes"
        for column in table.columns:
            if not may_write(table, user, column.id):
                raise _forbidden(table, user, column.id, doing)


def check_change(change: Change, table: Table, user: Person) -> None:
    """Raises what refuses the change that a plan comes to: `FORBIDDEN` for columns and rows that a person may not change."""
    check(ops.Redo(), table, user)
    if role(table, user) == "owner":
        return
    for cid in change.written:
        _check_column(table, user, cid)
    for cid, values in change.fresh.items():
        if cid >= 0 and values.null_count < len(values):
            _check_column(table, user, cid)
    if len(change.removed):
        for column in table.columns:
            if not may_write(table, user, column.id):
                raise _forbidden(table, user, column.id, "Deleting rows changes")


def _named(op: Op) -> list[int]:
    """The columns that an operation names to change them."""
    match op:
        case ops.SetCells(blocks=blocks):
            return list(dict.fromkeys(cid for block in blocks for cid in block.columns))
        case ops.Fill(columns=columns) | ops.DropColumns(columns=columns) | ops.InsertRows(columns=columns):
            return columns
        case ops.Replace(columns=list() as columns):
            return columns
        case ops.Spread() | ops.Lock():
            return spreads.written_columns(op)
        case (
            ops.RenameColumn(column=cid) | ops.MoveColumn(column=cid) | ops.RetypeColumn(column=cid) | ops.BoundColumn(column=cid)
        ):
            return [cid]
    return []


def _check_column(table: Table, user: Person, cid: int) -> None:
    if not may_read(table, user, cid):
        raise NotFound("NO_COLUMN", f"{table.name} has no column with id {cid}.", hint="It may have been dropped.")
    if not may_write(table, user, cid):
        column = table.column(cid)
        message = f"You may not change {column.name} of {table.name}."
        raise Refused("FORBIDDEN", message, hint=_ask(table, "the right to write it"), where=column.name)


def _forbidden(table: Table, user: Person, cid: int, doing: str) -> Refused:
    seen = may_read(table, user, cid) and table.has(cid)
    name = table.column(cid).name if seen else ""
    which = f"{name}, which you may not change." if seen else "a column that you may not change."
    return Refused("FORBIDDEN", f"{doing} {which}", hint=_ask(table, "the right to write it"), where=name)


def validated(rights: Rights, table: Table) -> Rights:
    """Rights that a table can be given; raises for columns that it does not have. What is known of dropped columns is kept.

    Rights in which the owner stands are taken as they are: the owner always may.
    """
    known = {column.id for column in table.columns} | table.rights.columns.keys()
    for cid in rights.columns:
        if cid not in known:
            raise NotFound("NO_COLUMN", f"{table.name} has no column with id {cid}.", hint="Columns: " + _listed(table) + ".")
    people = {*rights.people, *(user for each in rights.columns.values() for user in (*(each.write or ()), *(each.read or ())))}
    if len(people) > MOST_PEOPLE:
        raise Refused("TOO_LARGE", f"Rights name at most {MOST_PEOPLE:,} people.", hint="Set what everyone may do instead.")
    if any(not user.strip() or len(user) > _LONGEST_ID for user in people):
        raise BadMessage("BAD_MESSAGE", "A person is named by their user id.", hint="See who has the table open.", where="people")
    gone = {cid: each for cid, each in table.rights.columns.items() if not table.has(cid)}
    return msgspec.structs.replace(rights, columns=gone | {cid: each for cid, each in rights.columns.items() if each != _FREE})


def _listed(table: Table) -> str:
    names = [f"{column.id} ({column.name})" for column in table.columns]
    return ", ".join(names[:20]) + (", …" if len(names) > 20 else "")


def decode(data: bytes | str) -> Rights:
    """Rights from their JSON; raises `BAD_MESSAGE` with the path of what is wrong."""
    try:
        return msgspec.json.decode(data, type=Rights)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `")
        hint = 'Write {"everyone": "editor", "people": {user: "viewer" or "none"}, "columns": {id: {"write": [], "read": []}}}.'
        raise BadMessage("BAD_MESSAGE", f"{message}.", hint=hint, where=path.rstrip("`")) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadMessage("BAD_MESSAGE", f"The rights are not JSON: {error}.") from None


def encode(rights: Rights) -> str:
    """Rights as JSON."""
    return msgspec.json.encode(rights).decode()
