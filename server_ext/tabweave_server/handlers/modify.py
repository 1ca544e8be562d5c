"""Commands in plain words, and plans, on a shared table: what they would do, or done at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta
from tabweave_core.engine import export
from tabweave_core.errors import BadMessage, BadValue
from tabweave_core.protocol.asking import AppliedCommand, Proposal
from tabweave_core.protocol.messages import Nack
from tornado import web

from .bodies import Body
from .operations import CODES, Editing
from .resource import call
from .rest import authorized

if TYPE_CHECKING:
    import pyarrow as pa
    from tabweave_core.engine.writer import Answer
    from tabweave_core.protocol.schema import Person
    from tabweave_core.rooms.tables import Tables

LONGEST = 4000


class Modification(Body, frozen=True, kw_only=True):
    """A command in plain words, or a plan in its place. With `dry_run` nothing is changed.

    `reading` (1, 2 …) says which is meant where a command may mean several things. With the `token` of a dry run it is refused
    (CONFLICT) when it would do something else by now.
    """

    command: Annotated[str, Meta(max_length=LONGEST)] = ""
    plan: dict[str, Any] | None = None
    dry_run: bool = False
    reading: Annotated[int, Meta(ge=1)] | None = None
    token: str = ""


class Modified(Body, frozen=True, kw_only=True):
    """What was done, or would be: `message` in a line, `rev` the revision that it made (or is of), the proposal in full.

    For a question `rows` are the first of its answer, a list of values for each row; `proposal.result` are their columns.
    """

    message: str
    applied: bool
    rev: int
    proposal: Proposal
    rows: list[list[Any]] = msgspec.field(default_factory=list)


class Applied(Body, frozen=True, kw_only=True):
    """The commands that were applied, oldest first."""

    commands: list[AppliedCommand]


class ModifyHandler(Editing):
    """Commands."""

    @web.authenticated
    @authorized
    @call(
        "Read which commands were applied",
        "Each with its plan, its SQL, counts, author and who read it. Who may not see all columns gets their own.",
        answer=Applied,
        codes=("NO_TABLE",),
    )
    async def get(self, name: str) -> Applied:
        """The record."""
        return Applied(commands=await self.run(self.tables.applied, name, self.person))

    @web.authenticated
    @authorized
    @call(
        "Say what is to be done",
        "A command in plain words: rules read it, and what they do not understand they refuse. One undo takes it back.",
        body=Modification,
        example={"command": "drop rows without item", "dry_run": True},
        answer=Modified,
        codes=("BAD_MESSAGE", *CODES),
    )
    async def post(self, name: str, body: Modification) -> Modified | None:
        """Applies a command, or says what it would do."""
        found = await self.extension.heavy.run(_modify, self.tables, name, self.person, body)
        if isinstance(found, Nack):
            self.refuse(found)
            return None
        return found


def _modify(tables: Tables, name: str, user: Person, body: Modification) -> Modified | Nack:
    if bool(body.command.strip()) == (body.plan is not None):
        hint = 'Such as: "drop rows without price".'
        raise BadMessage("BAD_MESSAGE", "Give a command or a plan.", hint=hint, where="$.command")
    plan = "" if body.plan is None else msgspec.json.encode(body.plan).decode()
    client = "" if body.dry_run else f"{user.id}/rest/{tables.store.draw()}"
    proposal, rows = tables.ask(name, user, text=body.command, plan=plan, reading=body.reading, client=client)
    try:
        return _done(tables, name, user, body, proposal, rows, client)
    finally:
        tables.commands.forget(client)


def _done(
    tables: Tables, name: str, user: Person, body: Modification, proposal: Proposal, rows: pa.Table | None, client: str
) -> Modified | Nack:
    if proposal.outcome == "unclear":
        hint = f"Try: {'; '.join(proposal.suggestions[:3])}" if proposal.suggestions else ""
        raise BadValue("CHECK", f"Not understood: {proposal.reason!r}.", hint=hint, where="$.command")
    if proposal.outcome != "change" or body.dry_run or proposal.nothing:
        return Modified(message=_said(proposal), applied=False, rev=proposal.rev, proposal=proposal, rows=_rows(proposal, rows))
    answer: Answer = tables.apply(name, user, proposal, body.token, client)
    if isinstance(answer, Nack):
        return answer
    return Modified(message=f"Done: {answer.message}", applied=True, rev=answer.rev, proposal=proposal)


def _said(proposal: Proposal) -> str:
    if proposal.outcome == "choice":
        return f"This may mean {len(proposal.readings)} things; say which by its number in `reading`."
    if proposal.outcome == "answer":
        return f"{proposal.words} {proposal.counts}."
    return "Nothing changes." if proposal.nothing else f"This would change: {proposal.counts}."


def _rows(proposal: Proposal, rows: pa.Table | None) -> list[list[Any]]:
    if rows is None:
        return []
    values = [export.json_values(column, rows.column(str(column.id))) for column in proposal.result]
    return [list(row) for row in zip(*values, strict=True)]
