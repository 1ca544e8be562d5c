"""A change that was asked for and is not made yet: what it would do, cell by cell, to be applied or let go.

It must not know magics. Applied, it is one edit of the DataFrame, which can be undone like any other.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import msgspec
from tabweave_core.charts.chart import picture
from tabweave_core.errors import NotFound, Refused

from .answers import chart_steps
from .charts import ChartView
from .displays import Told, counts_text, proposal_html, proposal_text
from .frames.log import Record
from .frames.transform import Transform
from .handles import told
from .statement import readable

if TYPE_CHECKING:
    from .handles import Table
    from .staging import Stage
    from .workspace import Workspace

_pending: weakref.WeakKeyDictionary[Workspace, list[Proposal]] = weakref.WeakKeyDictionary()


class Proposal:
    """What a command would do to a table. `apply()` does it, `discard()` lets it go; `plan` can be edited and asked anew."""

    def __init__(self, stage: Stage, table: Table, command: str, words: str, interpreter: str) -> None:
        self.table = table
        self.command = "; ".join(line.strip() for line in command.splitlines() if line.strip())
        self.words = words
        self.interpreter = interpreter
        self.state = "proposed"
        self.diff = stage.diff
        self.sql = readable(stage.compiled.sql, stage.compiled.values)
        self.charts = [ChartView(table, step, picture(stage.connection, stage.result, step)) for step in chart_steps(stage.plan)]
        self._plan = stage.plan
        self._where = (stage.ground.epoch, stage.ground.rev)
        with stage.ground.frame.lock:
            rewrite = stage.rewrite
        self.notes = tuple(rewrite.notes)
        self._effect = rewrite.effect
        self._renamed = {was: name for name, was in stage.origins.items() if name != was}
        self._rows = {cell.rid: int(place) + 1 for cell, place in zip(
            self.diff.cells, stage.ground.rows.positions([cell.rid for cell in self.diff.cells]), strict=True)}  # fmt: skip
        stage.close()
        _pending.setdefault(table.home, []).append(self)

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
            self._effect is None,
        )

    def code(self) -> str:
        """The plan as pandas code."""
        from .plan_code import plan_code

        return plan_code(self._plan, self.table)

    def apply(self) -> str:
        """Makes the change, as one edit; says what it did. Raises `CONFLICT` when the table changed since it was proposed."""
        if self.state != "proposed":
            raise Refused("CONFLICT", f"This change was {self.state} already.", hint="Ask again.")
        if self.table.is_shared:
            raise Refused(
                "NOT_EDITABLE", "A command cannot change a shared table yet.", hint="Leave it first, or edit its cells."
            )
        said = self.command or self.words or "plan"
        counts = counts_text(self.told)
        record = Record(
            command=self.command,
            plan=msgspec.json.encode(self._plan).decode(),
            sql=self.sql,
            interpreter=self.interpreter,
            counts={"cells": self.diff.n_cells, "rows_added": self.diff.added, "rows_removed": self.diff.removed},
        )
        epoch, rev = self._where
        op = Transform(effect=self._effect, summary=f"{said} ({counts})", epoch=epoch, rev=rev, record=record)
        applied = self.table.slot.apply(op, user=self.table.home.sessions.owner)
        self._end("applied")
        return told(applied) or "Nothing to change."

    def discard(self) -> None:
        """Lets it go; the table is as it was."""
        self._end("discarded")

    def _end(self, state: str) -> None:
        self.state, self._effect = state, None if state == "discarded" else self._effect
        waiting = _pending.get(self.table.home, [])
        if self in waiting:
            waiting.remove(self)

    def __repr__(self) -> str:
        return "\n".join([proposal_text(self.told), *map(repr, self.charts)])

    def _repr_html_(self) -> str:
        return proposal_html(self.told) + "".join(chart.html() for chart in self.charts)


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
                "undone": entry.cancelled,
            }
            for entry in frame.log
            if entry.record is not None
        ]
