"""A change to a shared table that was asked for: what it would do there, and applying it for everybody.

The table itself works it out, at its newest revision and with the rights of whoever asks. It must not know magics.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from tabweave_core.errors import Refused
from tabweave_core.plans.diff import CellDiff, ColumnDiff, Diff
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.ops import Transform

from .proposals import Proposal, enlist

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tabweave_core.protocol import asking as a
    from tabweave_core.protocol import plan as p

    from .joined import SharedTable


class SharedProposal(Proposal):
    """What a command would do to a shared table. Applied, everybody sees it, and you can undo it like any other edit."""

    table: SharedTable

    def __init__(
        self,
        table: SharedTable,
        found: a.Proposal,
        plan: p.Plan,
        command: str,
        interpreter: str,
        read_by: str = "",
        sent: Sequence[dict[str, Any]] = (),
    ) -> None:
        self.table = table
        self.command = command
        self.words = found.words
        self.interpreter = interpreter
        self.read_by = read_by
        self.sent = tuple(sent)
        self.state = "proposed"
        self.diff = _diff(found)
        self.sql = found.sql
        self.charts = []
        self.notes = tuple(found.notes)
        self._found = found
        self._plan = plan
        self._renamed = {each.was: each.name for each in found.columns if each.was}
        self._rows = {cell.rid: cell.row for cell in found.cells}
        enlist(self)

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to apply."""
        return self._found.nothing

    def fits(self) -> bool:
        """Whether the table is still as it was when this was proposed."""
        return self.table.rev == self._found.rev

    def apply(self) -> str:
        """Makes the change for everybody, as one edit; raises `CONFLICT` when it would do something else by now."""
        if self.state != "proposed":
            raise Refused("CONFLICT", f"This change was {self.state} already.", hint="Ask again.")
        op = Transform(plan=self._found.plan, token=self._found.token, command=self.command, interpreter=self.interpreter)
        said = self.table.change(op)
        self._end("applied")
        return said

    def _end(self, state: str) -> None:
        self.state = state
        self.withdraw()


def propose(
    table: SharedTable,
    plan: p.Plan,
    command: str,
    interpreter: str,
    read_by: str = "",
    sent: Sequence[dict[str, Any]] = (),
) -> SharedProposal:
    """What a plan would do to a shared table now, after what code did so far is saved."""
    table.refresh()
    text = msgspec.json.encode(plan).decode()
    told = " ".join(command.split())
    answer = table.question(lambda ch, number: m.Ask(ch=ch, id=number, text=told, plan=text))
    assert isinstance(answer, m.Proposed)
    found = answer.proposal
    if found.outcome != "change":
        hint = "Rows of a shared table stay in their order; sort what you look at instead."
        raise Refused("NOT_EDITABLE", "This changes nothing in the shared table.", hint=hint)
    return SharedProposal(table, found, plan, told, interpreter, read_by, sent)


def _diff(found: a.Proposal) -> Diff:
    return Diff(
        before=found.rows_before,
        after=found.rows_after,
        added=found.rows_added,
        removed=found.rows_removed,
        fresh=False,
        moved=found.moved,
        columns=tuple(
            ColumnDiff(each.name, "changed" if each.fate == "renamed" else each.fate, each.cells, each.kind or "")
            for each in found.columns
            if each.fate != "renamed" or each.cells
        ),
        cells=tuple(CellDiff(each.rid, each.name, each.before, each.after) for each in found.cells),
    )
