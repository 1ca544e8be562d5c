"""What must hold at every moment of a simulated run, judged by plain means from what is committed and what is said.

It sees each commit right after it, each message to a client when it is sent, and each outcome that a client's owner is told.
It shares no bookkeeping with the store or the rooms.
"""

from __future__ import annotations

from typing import Any

import msgspec
from core.simulation import spreads
from core.simulation.secrets import Secrets
from core.simulation.totals import Totals, of_board
from duckdb import DuckDBPyConnection
from tabweave_core.engine import catalog
from tabweave_core.engine.boards import Boards
from tabweave_core.engine.statements import run
from tabweave_core.errors import NotFound
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import wire
from tabweave_core.protocol.ops import Op, SetCells, Spread
from tabweave_core.protocol.rights import Rights

TABLE = "sales"
OF_THE_MOMENT = ("BUSY", "OFFLINE")
"""Refusals after which the operation's number is still free."""
_STATE = """
    SELECT head, rights, rollups, (SELECT list(each) FROM (SELECT client_id, max(seq) AS seq FROM _client GROUP BY ALL) each)
    FROM _table WHERE name = ?"""
Cells = dict[tuple[int, int], Any]


class Broken(BaseException):
    """An invariant does not hold; it is named as in the protocol's design. Nothing that is judged may catch it."""

    def __init__(self, invariant: str, what: str) -> None:
        super().__init__(f"{invariant}: {what}")
        self.invariant = invariant


class State:
    """The table at one revision: row ids in order, column ids in order, and cells by column and row id."""

    def __init__(self, order: list[int], columns: list[int], cells: Cells) -> None:
        self.order, self.columns, self.cells = order, columns, cells

    def shown(self, columns: list[int]) -> list[tuple[Any, ...]]:
        return [(rid, *(self.cells[cid, rid] for cid in columns)) for rid in self.order]


class Judge:
    def __init__(self, secrets: Secrets) -> None:
        self.secrets = secrets
        self.head = 0
        self.states: dict[int, State] = {}
        self._log: list[tuple[str, int]] = []
        self._numbers: dict[tuple[str, int], int] = {}
        self._last: dict[str, int] = {}
        self._answered: dict[str, int] = {}
        self._answers: dict[tuple[str, int], m.Ack | m.Nack] = {}
        self._standing: dict[tuple[int, int], list[int]] = {}
        self._wrote: dict[int, dict[tuple[int, int], str | None]] = {}
        self._first: dict[tuple[int, int, str | None], int] = {}
        self._said = ("", "")
        self._locked: set[tuple[int, int]] = set()
        self._boards = Boards()
        self.totals = Totals()
        self.rollups: set[str] = set()
        """The names of those that are kept with the table."""

    # Commits

    def committed(self, connection: DuckDBPyConnection) -> None:
        """Something was committed; the open transaction of `connection` sees all of it."""
        ((head, granted, kept, answered),) = run(connection, _STATE, [TABLE])
        self._answered = {} if answered is None else {each["client_id"]: each["seq"] for each in answered}
        if (granted, kept) != self._said:
            self._said = granted, kept
            self.secrets.grant(msgspec.json.decode(granted, type=Rights))
            self.rollups = {rollup["name"] for rollup in msgspec.json.decode(kept)}
        if head == self.head and self.states:
            return
        table = catalog.find(connection, TABLE)
        entries = run(connection, "SELECT rev, client_id, seq, kind, origin FROM _log WHERE rev > ? ORDER BY rev", [self.head])
        kinds = {rev: (kind, origin) for rev, _, _, kind, origin in entries}
        for cid, rid, rev, new in self._changes(connection):
            self.secrets.put(cid, new)
            self._stand(cid, rid, *kinds[rev], rev)
            self._wrote.setdefault(rev, {})[cid, rid] = new
            if (cid, rid) in self._locked:
                raise Broken("I6", f"revision {rev} wrote {new} into row {rid} of column {cid}, which is locked")
            if kinds[rev][0] == "set_cells" and self.secrets.is_one(new) and self._first.setdefault((cid, rid, new), rev) != rev:
                raise Broken("I2", f"{new} was written by revision {self._first[cid, rid, new]} and again by {rev}")
        for rev, client, seq, *_ in entries:
            self._enter(rev, client, seq)
        for column in table.columns:
            self.secrets.put(column.id, column.name)
        self.states[self.head] = state(connection, table)
        self._locked = {(cid, rid) for cid, rids in table.locks.cells.items() for rid in rids.tolist()}
        self._look_at_rollups(connection, table)

    def _look_at_rollups(self, connection: DuckDBPyConnection, table: catalog.Table) -> None:
        """What is kept current from the log, of each rollup that is kept with the table, is judged at the end of the run."""
        for rollup in table.rollups:
            try:
                board = self._boards.board(connection, table, rollup)
            except NotFound:
                continue
            if board.rev != self.head:
                raise Broken("I5", f"{rollup.name} is of revision {board.rev} at {self.head}")
            self.totals.board(self.head, rollup, of_board(board))

    def _changes(self, connection: DuckDBPyConnection) -> list[tuple[int, int, int, str | None]]:
        return run(connection, "SELECT cid, rid, rev, new FROM _cells WHERE rev > ? ORDER BY rev", [self.head])

    def _enter(self, rev: int, client: str, seq: int) -> None:
        if rev != self.head + 1:
            raise Broken("I9", f"revision {rev} follows on {self.head}")
        if (client, seq) in self._numbers:
            raise Broken("I2", f"{client}#{seq} is revision {self._numbers[client, seq]} and {rev}")
        if isinstance(self._answers.get((client, seq)), m.Nack):
            raise Broken("I2", f"{client}#{seq} was refused and is revision {rev}")
        if seq <= self._last.get(client, 0):
            raise Broken("I7", f"{client}#{seq} came after {client}#{self._last[client]}")
        self._numbers[client, seq] = rev
        self._last[client] = seq
        self._log.append((client, seq))
        self.head = rev

    def _stand(self, cid: int, rid: int, kind: str, origin: int, rev: int) -> None:
        standing = self._standing.setdefault((cid, rid), [])
        if kind != "undo":
            standing.append(origin)
        elif not standing or standing.pop() != origin:
            raise Broken("I8", f"revision {rev} undid {origin} in row {rid} of column {cid}, over what stood there: {standing}")

    def reopened(self, connection: DuckDBPyConnection) -> None:
        """The store was opened anew after a crash: everything that was committed must be there, and nothing else."""
        log = connection.execute("SELECT client_id, seq FROM _log ORDER BY rev").fetchall()
        if log != self._log:
            lost = [each for each in self._log if each not in log]
            raise Broken("I1", f"after a crash {lost} are lost, of {len(self._log)}; {len(log)} are there")
        found = state(connection, catalog.find(connection, TABLE))
        if found.__dict__ != self.states[self.head].__dict__:
            raise Broken("I3", f"after a crash revision {self.head} is another one")

    # Messages

    def sends(self, user: str, client: str, frame: str | bytes) -> m.Message:
        """A message is about to leave for a client of a user."""
        told = self.secrets.told(user, frame)
        if told:
            raise Broken("I10", f"{user} is told {told} by {str(frame)[:300]}")
        message, _ = wire.decode_answer(frame)
        if isinstance(message, m.Ack | m.Nack):
            self._answer(client, message)
        return message

    def _answer(self, client: str, answer: m.Ack | m.Nack) -> None:
        if isinstance(answer, m.Nack) and answer.code in OF_THE_MOMENT:
            return
        key = (client, answer.seq)
        if answer.seq > self._answered.get(client, 0):
            raise Broken("I11", f"{client}#{answer.seq} is answered before that is committed")
        if isinstance(answer, m.Nack) and key in self._numbers:
            raise Broken("I2", f"{client}#{answer.seq} is refused and is revision {self._numbers[key]}")
        if isinstance(answer, m.Ack) and answer.status != "noop" and self._numbers.get(key) != answer.rev:
            raise Broken("I1", f"{client}#{answer.seq} is said to be revision {answer.rev}: {self._numbers.get(key)}")
        if self._answers.setdefault(key, answer) != answer:
            raise Broken("I2", f"{client}#{answer.seq} has two answers: {self._answers[key]} and {answer}")

    def outcome(self, who: str, op: Op, answer: m.Ack | m.Nack) -> None:
        """An owner is told what became of an operation: its revision must be what the operation asked for."""
        if isinstance(answer, m.Nack) or answer.status == "noop":
            return
        if isinstance(op, Spread):
            before, after = self.states.get(answer.rev - 1), self.states.get(answer.rev)
            if before is None or after is None:
                raise Broken("I6", f"{who} is told of a spread in revision {answer.rev}, which was not committed by itself")
            wrong = spreads.fault(op, before, after)
            if wrong:
                raise Broken("I6", f"revision {answer.rev}, {op} of {who}: {wrong}")
        if not isinstance(op, SetCells):
            return
        asked = {
            (cid, rid): None if value is None else str(value)
            for block in op.blocks
            for cid, values in zip(block.columns, block.values, strict=True)
            for rid, value in zip(block.rows or (), values, strict=True)
        }
        wrote = self._wrote.get(answer.rev, {})
        if not wrote or not wrote.items() <= asked.items():
            raise Broken("I1", f"{who} is told that {asked} is revision {answer.rev}, which wrote {wrote}")

    # Copies

    def compare(self, who: str, rev: int, columns: list[int], shown: list[tuple[Any, ...]]) -> None:
        """Somebody holds the table at a revision, as far as they see its columns."""
        if rev not in self.states:
            raise Broken("I4", f"{who} holds revision {rev}, which never was the newest")
        there = self.states[rev]
        if not set(columns) <= set(there.columns):
            raise Broken("I4", f"{who} holds columns {columns} at revision {rev} with {there.columns}")
        if shown != there.shown(columns):
            raise Broken("I4", f"{who} holds at revision {rev}\n{shown}\ninstead of\n{there.shown(columns)}")

    def end(self) -> None:
        """The run is over: all that was seen of rollups must be what GROUPING SETS finds in the table of then."""
        for fault in self.totals.faults(self.states):
            raise Broken("I5", fault)


def state(connection: DuckDBPyConnection, table: catalog.Table) -> State:
    """The table as it is."""
    columns = [column.id for column in table.columns]
    names = ", ".join(f"c{cid}" for cid in columns)
    rows = run(connection, f"SELECT _rid, {names} FROM {table.live}")
    cells = {(cid, row[0]): value for row in rows for cid, value in zip(columns, row[1:], strict=True)}
    order = table.rows.ids(slice(None)).tolist()
    if sorted(order) != sorted(row[0] for row in rows):
        raise Broken("I3", f"the rows {sorted(row[0] for row in rows)} are not those in order, {order}")
    return State(order, columns, cells)
