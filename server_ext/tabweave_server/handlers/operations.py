"""Operations of the protocol on a shared table, and undo and redo."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from tabweave_core.errors import BadMessage
from tabweave_core.protocol.messages import Ack, Nack
from tabweave_core.protocol.ops import Condition, Op, Redo, Undo
from tornado import web

from ..envelope import STATUS
from .bodies import Body, Count, Done
from .resource import Resource, call
from .rest import authorized

_CODES = "NO_TABLE NO_COLUMN NO_ROW TYPE SCALE RANGE CHECK FORBIDDEN NOT_EDITABLE TOO_LARGE CONFLICT SCHEMA BAD_SEQ UNDO_EXPIRED"
CODES = tuple(_CODES.split())
"""What can refuse an operation."""


class Operation(Body, frozen=True, kw_only=True):
    """An operation of the protocol, and with `if` what must hold for it to be applied.

    A `client` numbers its operations: `seq` 1, 2, 3 … Sent again with the same number it is answered as the first time and
    not done again. Without a client it is a new operation every time.
    """

    op: Op
    client: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    seq: Annotated[int, Meta(ge=1, le=2**53 - 1)] | None = None
    condition: Condition | None = msgspec.field(default=None, name="if")


class Which(Body, frozen=True, kw_only=True):
    """The revision to take back or to bring back; without one, your last."""

    ref: Count | None = None


class Editing(Resource):
    """Base of what changes a table."""

    async def submit(
        self, name: str, op: Op, client: str | None = None, seq: int | None = None, condition: Condition | None = None
    ) -> Done | None:
        """What became of an operation; a refused one is answered with the envelope."""
        if (client is None) != (seq is None):
            raise BadMessage("BAD_MESSAGE", "`client` and `seq` go together.", where="$.client" if client is None else "$.seq")
        answer = await self.run(self.tables.submit, name, self.person, op, client, seq, condition)
        if isinstance(answer, Nack):
            self.refuse(answer)
            return None
        return done(answer)

    def refuse(self, nack: Nack) -> None:
        """Answers with the envelope of a refused operation, which lists its bad cells."""
        where = f"row {nack.rid}, column {nack.column}" if nack.rid is not None else ""
        error: dict[str, Any] = {"code": nack.code, "message": nack.message, "hint": nack.hint, "where": where}
        if nack.bad:
            error |= {"bad": msgspec.to_builtins(nack.bad), "n_bad": nack.n_bad}
        self.answer({"error": error}, STATUS[nack.code])


def done(ack: Ack) -> Done:
    """An acknowledgement without the names of its carrier."""
    told = msgspec.structs.asdict(ack)
    return Done(**{name: told[name] for name in Done.__struct_fields__})


class OperationsHandler(Editing):
    """All that can be done to a table."""

    @web.authenticated
    @authorized
    @call(
        "Do something to a table",
        "Any operation of the protocol, by row and column ids.",
        body=Operation,
        example={"op": {"kind": "insert_rows", "count": 1}},
        answer=Done,
        codes=CODES,
    )
    async def post(self, name: str, body: Operation) -> Done | None:
        """Applies an operation."""
        return await self.submit(name, body.op, body.client, body.seq, body.condition)


class UndoHandler(Editing):
    """Taking back."""

    @web.authenticated
    @authorized
    @call("Undo", "Only what nobody has changed since is restored; the rest is reported.", body=Which, answer=Done, codes=CODES)
    async def post(self, name: str, body: Which) -> Done | None:
        """Takes back a revision, or the caller's last."""
        return await self.submit(name, Undo(ref=body.ref))


class RedoHandler(Editing):
    """Bringing back."""

    @web.authenticated
    @authorized
    @call("Redo", body=Which, answer=Done, codes=CODES)
    async def post(self, name: str, body: Which) -> Done | None:
        """Brings back what an undo took."""
        return await self.submit(name, Redo(ref=body.ref))
