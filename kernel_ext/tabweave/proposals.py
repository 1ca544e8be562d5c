"""A change that was asked for and is not made yet: what it would do, cell by cell, to be applied or let go.

It must not know magics. Applied, it is one edit of the DataFrame, which can be undone like any other.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import msgspec
from tabweave_core.charts.chart import picture
from tabweave_core.errors import NotFound, Refused
from tabweave_core.plans.statement import readable

from .answers import chart_steps
from .charts import ChartView
from .displays import Told, counts_text, proposal_html, proposal_text
from .frames.log import Record
from .frames.transform import Transform
from .handles import told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .handles import Table
    from .staging import Stage
    from .workspace import Workspace

_pending: weakref.WeakKeyDictionary[Workspace, list[Proposal]] = weakref.WeakKeyDictionary()


class Proposal:
    """What a command would do to a table. `apply()` does it, `discard()` lets it go; `plan` can be edited and asked anew."""

    def __init__(
        self,
        stage: Stage,
        table: Table,
        command: str,
        words: str,
        interpreter: str,
        read_by: str = "",
        sent: Sequence[dict[str, Any]] = (),
    ) -> None:
        self.table = table
        self.command = "; ".join(line.strip() for line in command.splitlines() if line.strip())
        self.words = words
        self.interpreter = interpreter
        self.read_by = read_by
        """Who read the command: the built-in rules, or which model, and what that took."""
        self.sent = tuple(sent)
        """The requests that left the machine for it."""
        self.state = "proposed"
        self.diff = stage.diff
        self.sql = readable(stage.compiled.sql, stage.compiled.values)
        asked = chart_steps(stage.plan)
        self.charts = [ChartView(table, step, None, picture(stage.connection, stage.result, step)) for step in asked]
        self._plan = stage.plan
        self._where = (stage.ground.epoch, stage.ground.rev)
        with stage.ground.frame.lock:
            rewrite = stage.rewrite
        self.notes = (*stage.comparison.notes, *rewrite.notes)
        self._effect = rewrite.effect
        self._renamed = {was: name for name, was in stage.comparison.origins.items() if name != was}
        self._rows = {cell.rid: int(place) + 1 for cell, place in zip(
            self.diff.cells, stage.ground.rows.positions([cell.rid for cell in self.diff.cells]), strict=True)}  # fmt: skip
        stage.close()
        enlist(self)

    @property
    def plan(self) -> dict[str, Any]:
        """The plan as JSON; `t.ask(plan=…)` takes it back, changed or not."""
        found: dict[str, Any] = msgspec.to_builtins(self._plan)
        return found

    @property
    def told(self) -> Told:
        """What it does, for showing it."""
        return Told(
            self.table.name,
            self.command,
            self.words,
            self.diff,
            self._renamed,
            self._rows,
            self.notes,
            self.state,
            self.nothing,
            self.read_by,
        )

    def code(self) -> str:
        """The plan as pandas code."""
        from .plan_code import plan_code

        return plan_code(self._plan, self.table)

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to apply."""
        return self._effect is None

    def fits(self) -> bool:
        """Whether the table is still as it was when this was proposed."""
        frame = self.table.slot.frame
        return frame is not None and self._where == (frame.epoch, frame.rev)

    def withdraw(self) -> None:
        """Takes it off the list of those that `pending` finds."""
        waiting = _pending.get(self.table.home, [])
        if self in waiting:
            waiting.remove(self)

    def apply(self) -> str:
        """Makes the change, as one edit; says what it did. Raises `CONFLICT` when the table changed since it was proposed."""
        if self.state != "proposed":
            raise Refused("CONFLICT", f"This change was {self.state} already.", hint="Ask again.")
        applied = self.table.slot.apply(self.operation(), user=self.table.home.sessions.owner)
        self._end("applied")
        return told(applied) or "Nothing to change."

    def operation(self) -> Transform:
        """The edit that it is, with its record."""
        said = self.command or self.words or "plan"
        counts = counts_text(self.told)
        record = Record(
            command=self.command,
            plan=msgspec.json.encode(self._plan).decode(),
            sql=self.sql,
            interpreter=self.interpreter,
            sent=msgspec.json.encode(self.sent).decode() if self.sent else "",
            counts={"cells": self.diff.n_cells, "rows_added": self.diff.added, "rows_removed": self.diff.removed},
        )
        epoch, rev = self._where
        return Transform(effect=self._effect, summary=f"{said} ({counts})", epoch=epoch, rev=rev, record=record)

    def discard(self) -> None:
        """Lets it go; the table is as it was."""
        self._end("discarded")

    def _end(self, state: str) -> None:
        self.state, self._effect = state, None if state == "discarded" else self._effect
        self.withdraw()

    def __repr__(self) -> str:
        return "\n".join([proposal_text(self.told), *map(repr, self.charts)])

    def _repr_html_(self) -> str:
        return proposal_html(self.told) + "".join(chart.html() for chart in self.charts)


def enlist(proposal: Proposal) -> None:
    """Makes a proposal the newest one that `pending` finds."""
    _pending.setdefault(proposal.table.home, []).append(proposal)


def pending(home: Workspace, name: str = "") -> Proposal:
    """The newest proposal that waits, of one table if it is named; raises when there is none."""
    for each in reversed(_pending.get(home, [])):
        if not name or each.table.name == name:
            return each
    raise NotFound("NO_TABLE", "Nothing waits to be applied.", hint='Propose something first: %tab ask NAME "…"')


def operations(table: Table) -> list[dict[str, Any]]:
    """Every command applied to a table, oldest first: when, by whom, command, plan, SQL, counts and who read it."""
    frame = table.frame
    with frame.lock:
        return [
            {
                "rev": entry.rev,
                "time": entry.time,
                "author": entry.user.name,
                "command": entry.record.command,
                "plan": msgspec.json.decode(entry.record.plan),
                "sql": entry.record.sql,
                "counts": dict(entry.record.counts),
                "interpreter": entry.record.interpreter,
                "sent": msgspec.json.decode(entry.record.sent or "[]"),
                "undone": entry.cancelled,
            }
            for entry in frame.log
            if entry.record is not None
        ]
