"""What a follower's session tells its owner: the outcome of what arrived. It must not know how any of it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from ..protocol.messages import Ack, Delta, Error, Nack, Welcome
    from ..protocol.ops import Op, Scalar
    from ..protocol.schema import Peer, Person, Schema


@dataclass(frozen=True)
class Welcomed:
    """The session is there. With `held` the owner's own data is the table at `welcome.rev`; else a `Whole` follows."""

    welcome: Welcome
    held: bool


@dataclass(frozen=True, eq=False)
class Whole:
    """The table at revision `rev`, in place of everything before: `_rid` and a column named by each id, rows in order."""

    rev: int
    schema: Schema
    runs: list[int]
    rows: pa.Table


@dataclass(frozen=True, eq=False)
class Advanced:
    """The table went on; `rows` is None when no values came. It is to be applied to what is held, in order."""

    delta: Delta
    rows: pa.Table | None


@dataclass(frozen=True)
class Answered:
    """The operation of a ticket was answered, for good."""

    ticket: int
    op: Op
    answer: Ack | Nack


@dataclass(frozen=True)
class Abandoned:
    """These operations will never be sent: the table they were about is not there any more."""

    tickets: list[int]
    message: str


@dataclass(frozen=True)
class Overwritten:
    """Somebody else wrote a cell that this client had written shortly before. `users` are those who may have done it."""

    column: int
    rid: int
    mine: Scalar
    theirs: Scalar
    users: list[Person]


@dataclass(frozen=True)
class Joined:
    """Who else is there now."""

    peers: list[Peer]


@dataclass(frozen=True)
class Stopped:
    """The table cannot be followed any more; `code` says why in the words of the protocol, `hint` what to do."""

    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Failed:
    """A request that could not be answered."""

    error: Error


Event = Welcomed | Whole | Advanced | Answered | Abandoned | Overwritten | Joined | Stopped | Failed
