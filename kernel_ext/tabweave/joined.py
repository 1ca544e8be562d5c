"""SharedTable: what a notebook holds of a shared table that a variable follows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from tabweave_core.errors import BadMessage, NotFound, Unavailable, did_you_mean
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.ops import Block, Condition, Redo, SetCells, Undo
from tabweave_core.protocol.rights import Rights

from . import intents
from .handles import Table
from .shared import exchange
from .shared.follower import raised
from .shared.replica import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tabweave_core.protocol.ops import Op, Spread
    from tabweave_core.protocol.planning import Method, SpreadPreview
    from tabweave_core.protocol.schema import Column, Person

    from .frames.frame import Frame
    from .shared.circle import Update
    from .shared.replica import Replica
    from .workspace import Workspace

LEVELS = ("editor", "viewer", "none")
"""What somebody other than the owner may be to a table."""
_UNSET = object()


class SharedTable(Table):
    """A shared table in the variable `name`: `df` follows every commit, code that changes it changes it for everybody.

    `set`, `undo`, `redo` and `history` are about the table's own log, in which everybody takes back only their own edits.
    """

    def __init__(self, replica: Replica, home: Workspace) -> None:
        assert replica.slot is not None
        super().__init__(replica.slot, home)
        self.replica = replica

    @property
    def name(self) -> str:
        """The variable's name."""
        return self.replica.name

    @property
    def is_shared(self) -> bool:
        """Whether the table is a shared one, whose changes are made by the table itself."""
        return True

    @property
    def table(self) -> str:
        """The shared table's name."""
        return self.replica.table

    @property
    def frame(self) -> Frame:
        """The engine over the DataFrame; raises `NO_TABLE` when the variable no longer follows the table."""
        return self.replica.frame

    @property
    def role(self) -> str:
        """What you may do: "owner", "editor" or "viewer"."""
        return self.replica.follower.client.role or "viewer"

    @property
    def rev(self) -> int:
        """The revision that the DataFrame shows."""
        return self.replica.rev

    @property
    def unsaved(self) -> int:
        """How many of your changed cells are not saved yet."""
        return self.replica.outbox.cells

    @property
    def notices(self) -> list[str]:
        """What was said about your edits that were refused or overtaken, the newest last."""
        return [str(notice) for notice in self.replica.notices.all() if str(notice).startswith(f"{self.name}: ")]

    def __repr__(self) -> str:
        return f"SharedTable({self.table} in {self.name}: {self.replica.state})"

    def set(
        self,
        column: str,
        value: object = None,
        *,
        where: object = None,
        row: int | Iterable[int] | None = None,
        by: str | Method | None = None,
        hold: object = None,
        preview: bool = False,
        expect: object = _UNSET,
    ) -> Any:
        """Writes a value, or one value for each row, into some cells of a column (see `Table.set`), and waits until it is saved.

        With `expect` it is refused if the cells do not have that value (or those values) any more.
        """
        self.replica.settle()
        if by is not None or hold is not None or preview:
            return super().set(column, value, where=where, row=row, by=by, hold=hold, preview=preview)
        found, rids = self._cells(column, where, row)
        items = intents.items(found, value, len(rids))
        block = Block(columns=[found.id], values=[items], rows=rids)
        condition = None if expect is _UNSET else Condition(value=[_expected(found, expect, len(rids))])
        return self._done(SetCells(blocks=[block], input="text"), condition)

    def _cells(self, name: str, where: object, row: int | Iterable[int] | None) -> tuple[Column, list[int]]:
        """The table's column with this name, and the row ids that `where` or `row` names."""
        frame, base = self.frame, self.replica.base
        columns = {column.name: column for column in base.schema.columns}
        if name not in columns:
            raise NotFound("NO_COLUMN", f"There is no column {name!r}.", hint=did_you_mean(name, columns))
        with frame.lock:
            return columns[name], base.rids.ids(intents.positions(frame, where, row)).tolist()

    def find_column(self, name: str) -> int:
        """The id that a column has in the shared table; raises NO_COLUMN with the nearest names."""
        columns = {column.name: column.id for column in self.replica.base.schema.columns}
        if name not in columns:
            raise NotFound("NO_COLUMN", f"There is no column {name!r}.", hint=did_you_mean(name, columns))
        return columns[name]

    @property
    def columns(self) -> list[Column]:
        """The shared table's columns."""
        return self.replica.base.schema.columns

    def column_kind(self, cid: int) -> str:
        """The kind of a column, by the id that it has in the shared table."""
        return next(column.kind for column in self.replica.base.schema.columns if column.id == cid)

    def row_ids(self, where: object, row: int | Iterable[int] | None) -> list[int]:
        """The ids that rows have in the shared table."""
        self.replica.settle()
        frame = self.frame
        with frame.lock:
            found: list[int] = self.replica.base.rids.ids(intents.positions(frame, where, row)).tolist()
            return found

    def change(self, op: Op) -> str:
        """Has an operation done in the shared table, and waits until it is saved; says what it did."""
        return self._done(op)

    def preview_spread(self, op: Spread) -> SpreadPreview:
        """What writing totals would do to the shared table as it is now, after what code did so far is saved."""
        self.refresh()
        ch = self.replica.follower.client.ch
        answer = self._ask(lambda number: m.AskSpread(ch=ch, id=number, op=op))
        assert isinstance(answer, m.Spreads)
        return answer.preview

    def _done(self, op: Op, condition: Condition | None = None) -> str:
        ack = self.replica.ask(op, condition)
        if ack.message:
            return ack.message
        change = next((each for each in self._changes(5) if each.rev == ack.rev), None)
        return change.summary if change is not None else f"{self.table} is at revision {ack.rev}."

    def operations(self) -> list[dict[str, Any]]:
        """The commands that were applied, whoever gave them, oldest first, each with its plan, SQL, counts and author."""
        return [
            {
                "rev": each.rev,
                "time": each.time,
                "author": each.user.name,
                "command": each.command,
                "plan": json.loads(each.plan),
                "sql": each.sql,
                "counts": {"cells": each.cells, "rows_added": each.rows_added, "rows_removed": each.rows_removed},
                "interpreter": each.interpreter,
                "undone": each.undone,
            }
            for each in self._home.circle.house.commands(self.table)
        ]

    def undo(self) -> str:
        """Takes back your newest edit of the table that is not undone; says which."""
        return self._done(Undo())

    def redo(self) -> str:
        """Does again what you last took back; says what."""
        return self._done(Redo())

    def history(self, limit: int = 20, cell: tuple[int, str] | None = None) -> pd.DataFrame:
        """The newest changes, whoever made them, newest first; with `cell` (row position, column name) those of one cell."""
        if cell is None:
            return intents.history(self._changes(limit))
        column, rids = self._cells(cell[1], None, cell[0])
        return intents.history(self._changes(limit, rid=rids[0], column=column.id))

    def _changes(self, limit: int, rid: int | None = None, column: int | None = None) -> list[Any]:
        ch = self.replica.follower.client.ch
        answer = self._ask(lambda number: m.AskHistory(ch=ch, id=number, limit=limit, rid=rid, column=column))
        assert isinstance(answer, m.History)
        return answer.changes

    def code(self, language: Literal["pandas", "sql"] = "pandas") -> str:
        """The edits made so far as pandas code, or as SQL."""
        ch = self.replica.follower.client.ch
        answer = self._ask(lambda number: m.AskCode(ch=ch, id=number, language=language))
        assert isinstance(answer, m.Code)
        return answer.text

    def question(self, make: Callable[[str, int], m.Message]) -> m.Message:
        """The shared table's answer to a question, which `make` makes of the channel and a number."""
        ch = self.replica.follower.client.ch
        return self._ask(lambda number: make(ch, number))

    def _ask(self, make: Callable[[int], m.Message]) -> m.Message:
        future = self.replica.follower.ask(make)
        self.replica.wait(future.done, PATIENCE)
        if not future.done():
            raise Unavailable("OFFLINE", f"{self.table} has not answered.", hint="Try again when the server is there.")
        answer = future.result()
        if isinstance(answer, m.Error):
            raise raised(answer)
        return answer

    def refresh(self) -> pd.DataFrame:
        """Saves what code did so far and brings the DataFrame up to date at once, also in the middle of a cell."""
        for other in self._home.circle.replicas():
            if other.table == self.table and other is not self.replica:
                other.refresh()
        self.replica.refresh()
        return self.df

    def on_change(self, callback: Callable[[Update], object]) -> Callable[[], None]:
        """Has `callback` called with an `Update` when others have changed the table, between cells; what is returned ends it."""
        return self._home.circle.on_change(self.name, callback)

    def people(self) -> pd.DataFrame:
        """Who has the table open now, and in what."""
        client = self.replica.follower.client
        seen: list[tuple[Person | None, str]] = [(client.user, "this notebook")]
        seen += [(peer.user, "a notebook" if peer.kernel else "a grid") for peer in client.peers]
        rows = [(person.name, person.id, where) for person, where in seen if person is not None]
        return pd.DataFrame(rows, columns=["name", "user", "where"])

    def rights(self) -> Rights:
        """Who may do what; only the owner sees this."""
        return self._home.circle.house.rights(self.table)

    def grant(self, user: str | None, role: str) -> None:
        """Lets a person (by user id) or, with None, everybody else be "editor", "viewer" or "none"; only the owner may."""
        if role not in LEVELS:
            hint = did_you_mean(role, LEVELS) or "There are editor, viewer and none."
            raise BadMessage("BAD_MESSAGE", f"There is no role {role!r}.", hint=hint)
        house = self._home.circle.house
        rights = house.rights(self.table)
        level: Any = role
        people = rights.people if user is None else rights.people | {user: level}
        everyone = level if user is None else rights.everyone
        house.set_rights(self.table, Rights(everyone=everyone, people=people, columns=rights.columns))

    def leave(self) -> None:
        """Ends following: the variable stays as it is, and is yours alone."""
        self._home.circle.leave(self.name)


def _expected(column: Column, value: object, count: int) -> list[Any]:
    """The JSON of what cells are expected to be."""
    many = isinstance(value, (list, tuple, np.ndarray, pd.Series, pd.Index))
    values: Any = list(value) if many else [value]  # type: ignore[call-overload]  # the check above is not understood
    if many and len(values) != count:
        hint = "Give one value, or one for each row."
        raise BadMessage("BAD_MESSAGE", f"There are {len(values):,} values for {count:,} rows.", hint=hint, where="expect")
    found = exchange.to_json(pd.Series(values)._values, column)
    if found is None:
        raise BadMessage("BAD_MESSAGE", f"{column.name} ({column.dtype}) never has such a value.", where="expect")
    return found
