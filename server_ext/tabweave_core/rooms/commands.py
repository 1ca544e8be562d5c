"""Commands in plain words on shared tables: read by rules, previewed beside everything else, applied through the one writer.

A proposal is of one revision. When it is its turn it is applied if it still does the same, and refused else. What a person
may not read does not exist for their commands, what they may not write refuses them. It must not know carriers or models.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import msgspec

from ..asking import telling
from ..asking.mood import says_change
from ..engine import commands
from ..engine.apply import Prepared
from ..errors import BadMessage, Refused, TabweaveError
from ..language.context import Context, look
from ..language.interpreter import interpret
from ..language.suggestions import suggest
from ..language.wording import plan_words
from ..plans import strict
from ..plans.statement import readable
from ..protocol import asking as a
from ..sql.sandbox import Sandbox
from . import rights
from .difference import IN_ORDER, Difference, difference
from .ground import Ground, ground

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from ..engine.catalog import Table
    from ..engine.draft import Draft
    from ..engine.store import Store
    from ..language.context import ColumnContext
    from ..plans.comparing import Comparison
    from ..protocol import plan as p
    from ..protocol.ops import Transform
    from ..protocol.schema import Change, Person

    Say = Callable[[a.Stage, str], None]
    Known = tuple[str, int, tuple[ColumnContext, ...], int]

MOST_ROWS = 10_000
"""The changes of so many rows can be asked for at once."""
MOST_KEPT = 256 << 20
"""So many bytes of proposals are kept, the newest ones."""
LONGEST = 4000
_KNOWN = 64
_WAY = "In a notebook a language model can read it, where one is named: %tab join {0}, then %tab ask {0}."
_AGAIN = "Ask again to see what it would do now."


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of a command beside its revision."""

    command: str
    plan: str
    sql: str = ""
    interpreter: str = ""
    counts: dict[str, int] = {}


@dataclass(frozen=True, eq=False)
class Made:
    """What a plan does to a table at a revision."""

    rev: int
    difference: Difference
    sql: str
    counts: str
    numbers: dict[str, int]


@dataclass(frozen=True, eq=False)
class Kept:
    """A proposal that somebody was shown."""

    name: str
    token: str
    plan: p.Plan
    made: Made


class Commands:
    """The commands of one store. Proposals are kept by whom they were shown to, named by `client`. Thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sandbox = Sandbox(children=2, wait=60.0)
        self._clock = store.clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], Known] = OrderedDict()

    def close(self) -> None:
        """Ends the processes that run queries."""
        self._sandbox.close()

    # Asking

    def ask(
        self,
        name: str,
        user: Person,
        *,
        text: str = "",
        plan: str | p.Plan = "",
        reading: int | None = None,
        client: str = "",
        cancelled: Callable[[], bool] = lambda: False,
        say: Say = lambda _stage, _message: None,
    ) -> tuple[a.Proposal, pa.Table | None]:
        """What a command, or a plan, would do, and an answer's rows; raises for a plan that does not fit the table."""
        given = strict.read(plan) if isinstance(plan, str) and plan.strip() else plan or None
        if given is None and not text.strip():
            raise BadMessage("BAD_MESSAGE", "Say what is to be done.", hint='Such as: "drop rows without price".')
        say("reading", "Reading the table")
        with self._reading(name, user, f"{text} {plan}", cancelled) as here:
            rev = here.table.head
            interpreter = "plan"
            if given is None or isinstance(given, str):
                outcome = interpret(text, self._context(here, user))
                if not outcome.readings or (len(outcome.readings) > 1 and reading is None):
                    return telling.unread(outcome, rev=rev, command=text, way=_WAY.format(name)), None
                if not 1 <= (reading or 1) <= len(outcome.readings):
                    raise BadMessage("BAD_MESSAGE", f"There is no reading {reading}.", hint=f"There are {len(outcome.readings)}.")
                given, interpreter = outcome.readings[(reading or 1) - 1].plan, "grammar"
                changes = says_change(text, given)
            else:
                changes = True
            say("computing", f"Comparing {len(here.table.rows):,} rows")
            comparison = here.compare(given)
            if comparison.fresh or not changes:
                return telling.answer(comparison, rev=rev, command=text, interpreter=interpreter)
            found = difference(comparison, here.table)
            if found.nothing and comparison.diff.moved:
                return telling.answer(comparison, rev=rev, command=text, interpreter=interpreter, notes=[IN_ORDER])
            proposal = self._proposal(comparison, here.table, found, user, text, interpreter)
            self._keep(client, Kept(name, proposal.token, given, _made(comparison, here.table, found)))
            return proposal, None

    def _proposal(
        self, comparison: Comparison, table: Table, found: Difference, user: Person, text: str, interpreter: str
    ) -> a.Proposal:
        notes = list(found.notes)
        try:
            rights.check_change(found.change, table, user)
        except TabweaveError as error:
            notes.append(error.message)
        return telling.change(
            comparison,
            found.changed,
            {column.name: column.id for column in table.columns},
            lambda rids: table.rows.positions(rids).tolist(),
            rev=table.head,
            command=text,
            interpreter=interpreter,
            notes=notes,
            nothing=found.nothing,
        )

    def changes(self, name: str, client: str, token: str, rows: list[int]) -> tuple[int, list[a.Difference], list[int]]:
        """What a proposal that is kept does to some rows: its revision, changed cells, and which of the rows go."""
        with self._lock:
            kept = self._kept.get(client)
        if kept is None or (kept.name, kept.token) != (name, token):
            raise Refused("CONFLICT", "This proposal is not kept any more.", hint=_AGAIN)
        if len(rows) > MOST_ROWS:
            raise Refused("TOO_LARGE", f"Ask about at most {MOST_ROWS:,} rows at once.", where="$.rows")
        found = kept.made.difference
        gone: list[int] = telling.among(found.change.removed, rows).tolist()
        return kept.made.rev, telling.differences(found.cells, rows), gone

    def suggest(self, name: str, user: Person, text: str, limit: int) -> list[str]:
        """Commands that are understood for a table, nearest to a text."""
        with self._lock:
            known = self._known.get((name, user.id))
        table = self._store.table(name, rights.lens(user))
        names = [column.name for column in table.columns]
        if known is not None and known[0] == table.epoch and [each.name for each in known[2]] == names:
            context = Context(name, known[2], known[3], self._today())
        else:
            with self._reading(name, user, "", lambda: False) as here:
                context = self._context(here, user)
        return list(suggest(text[:LONGEST], context, max(1, min(limit, 50))))

    def code(self, name: str, user: Person, plan: str, cancelled: Callable[[], bool]) -> str:
        """A plan as pandas code on a DataFrame of the table's name."""
        with self._reading(name, user, plan, cancelled) as here:
            variable = name if name.isidentifier() else "table"
            plain = {other: source.shape for other, source in here.others.items() if other.isidentifier()}
            start = f"{variable}.copy()"
            return here.apart.script(here.connection, strict.read(plan), here.source, here.others, start, plain)

    def forget(self, client: str, token: str = "") -> None:
        """Lets go of what somebody was shown."""
        with self._lock:
            kept = self._kept.get(client)
            if kept is not None and token in ("", kept.token):
                del self._kept[client]

    def _keep(self, client: str, kept: Kept) -> None:
        if not client:
            return
        with self._lock:
            self._kept[client] = kept
            self._kept.move_to_end(client)
            size = sum(each.made.difference.nbytes for each in self._kept.values())
            while size > MOST_KEPT and len(self._kept) > 1:
                _, oldest = self._kept.popitem(last=False)
                size -= oldest.made.difference.nbytes

    def applied(self, name: str, user: Person) -> list[a.AppliedCommand]:
        """The commands in a table's log, oldest first; to who may not see all columns only their own."""

        def read(cursor: DuckDBPyConnection, table: Table) -> list[a.AppliedCommand]:
            return [_applied(change, text) for change, text in commands.records(cursor, table) if _told(change, table, user)]

        return self._store.read(name, read, rights.lens(user))

    # Applying

    def prepare(self, name: str, user: Person, op: Transform, client: str = "") -> Callable[[Draft], Prepared]:
        """What makes a transform a change when it is its turn; worked out at once, anew if the table changes till then.

        Raises for a plan that cannot be read, or that does not fit the table.
        """
        table = self._store.table(name, rights.lens(user))
        rights.check(op, table, user)
        plan = strict.read(op.plan)
        with self._lock:
            kept = self._kept.get(client)
        if kept is not None and op.token == kept.token and plan == kept.plan and kept.made.difference.epoch == table.epoch:
            early = kept.made
        else:
            early = None
        if early is None or early.rev != table.head:
            with self._reading(name, user, op.plan, lambda: False) as here:
                early = self._work(here, plan)

        def prepared(draft: Draft) -> Prepared:
            rights.check(op, draft.table, user)
            draft.flush()
            made = early
            if (made.difference.epoch, made.rev) != (draft.table.epoch, draft.head):
                with self._laid(draft.connection, rights.lens(user)(draft.table), user, op.plan, lambda: False) as here:
                    made = self._work(here, plan)
            if op.token and op.token.partition("-")[2] != made.difference.fingerprint:
                raise Refused("CONFLICT", f"{name} has changed, and this would do something else now.", hint=_AGAIN)
            rights.check_change(made.difference.change, draft.table, user)
            said = op.command[:LONGEST] or plan_words(plan)
            record = Record(
                command=op.command[:LONGEST],
                plan=msgspec.json.encode(plan).decode(),
                sql=made.sql,
                interpreter=op.interpreter[:100],
                counts=made.numbers,
            )
            return Prepared(
                op,
                lambda _cells: f"{' '.join(said.split())} ({made.counts})",
                "Nothing changes.",
                f"{made.counts}.",
                change=made.difference.change,
                record=msgspec.json.encode(record).decode(),
            )

        return prepared

    def _work(self, here: Ground, plan: p.Plan) -> Made:
        comparison = here.compare(plan)
        if comparison.fresh:
            message = "This makes another table and changes nothing in this one."
            raise Refused("NOT_EDITABLE", message, hint="Ask for it to see the answer.")
        return _made(comparison, here.table, difference(comparison, here.table))

    # Reading

    @contextmanager
    def _reading(self, name: str, user: Person, said: str, cancelled: Callable[[], bool]) -> Iterator[Ground]:
        with (
            self._store.reading(name, rights.lens(user)) as (cursor, table),
            self._laid(cursor, table, user, said, cancelled) as here,
        ):
            yield here

    def _laid(
        self, cursor: DuckDBPyConnection, table: Table, user: Person, said: str, cancelled: Callable[[], bool]
    ) -> AbstractContextManager[Ground]:
        others = list(self._others(table.name, user, said))
        return ground(cursor, table, others, clock=self._clock, cancelled=cancelled, sandbox=self._sandbox)

    def _others(self, name: str, user: Person, said: str) -> Iterator[Table]:
        """The other tables of which a command or a plan speaks."""
        words = said.casefold()
        for other in self._store.tables(rights.lens(user)) if words.strip() else []:
            if other.name != name and other.name.casefold() in words:
                yield other

    def _context(self, here: Ground, user: Person) -> Context:
        table = here.table
        key = (table.name, user.id)
        with self._lock:
            known = self._known.get(key)
        if known is None or known[:2] != (table.epoch, table.head):
            columns, rows = look(here.connection, here.source)
            known = (table.epoch, table.head, columns, rows)
            with self._lock:
                self._known[key] = known
                self._known.move_to_end(key)
                while len(self._known) > _KNOWN:
                    self._known.popitem(last=False)
        others = {other: look(here.connection, source)[0] for other, source in here.others.items()}
        return Context(table.name, known[2], known[3], self._today(), others)

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock(), UTC).date()


def _told(change: Change, table: Table, user: Person) -> bool:
    return not table.hidden or change.user.id == user.id


def _applied(change: Change, text: str) -> a.AppliedCommand:
    record = msgspec.json.decode(text, type=Record)
    return a.AppliedCommand(
        rev=change.rev,
        time=change.time,
        user=change.user,
        command=record.command,
        plan=record.plan,
        sql=record.sql,
        interpreter=record.interpreter,
        undone=change.undone,
        **record.counts,
    )


def _made(comparison: Comparison, table: Table, found: Difference) -> Made:
    diff = comparison.diff
    renamed = {old: name for name, old in comparison.origins.items() if name != old}
    return Made(
        table.head,
        found,
        readable(comparison.compiled.sql, comparison.compiled.values),
        ", ".join(telling.counts(diff, renamed, nothing=found.nothing)) or "nothing changes",
        {"cells": diff.n_cells, "rows_added": diff.added, "rows_removed": diff.removed},
    )
