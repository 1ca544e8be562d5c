"""The messages of `tab/1`, as tagged Structs; `protocol.ts` is generated from them.

Every message names its channel, `ch`: the 128-bit id, in hexadecimal, that a client drew for its conversation about one
table. Requests carry an `id` that is unique within the channel; the answer repeats it as `re`. Which messages carry an
Arrow stream is said in their docstring.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from .ops import Op, Scalar
from .schema import BadCell, Cells, Change, Match, Person, Profile, Range, Schema, Stats, ValueCount, View

PROTOCOL = "tab/1"


class Message(msgspec.Struct, tag_field="type", frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of all messages."""

    ch: str


# Client to session


class Hello(Message, frozen=True, kw_only=True, tag="hello"):
    """Opens (or reopens) a channel on a table: `frame/<kernel id>/<frame id>` or `table/<name>`.

    `last_seq` is the last operation this client numbered. `user` is set by the carrier and refused from a client.
    """

    proto: str
    table: str
    last_seq: int = 0
    epoch: str | None = None
    last_rev: int | None = None
    user: Person | None = None


class Bye(Message, frozen=True, kw_only=True, tag="bye"):
    """Closes the channel."""


class Sub(Message, frozen=True, kw_only=True, tag="sub"):
    """Sets the channel's view; a newer one replaces it and cancels its computing. Answered by `subbed`."""

    id: int
    view: View


class Fetch(Message, frozen=True, kw_only=True, tag="fetch"):
    """Asks for view rows `[start, stop)` of `columns`. Answered by `window`."""

    id: int
    start: int
    stop: int
    columns: list[int]


class Submit(Message, frozen=True, kw_only=True, tag="op"):
    """An operation. `seq` counts 1, 2, 3 … per channel; it is applied at most once.

    `view` is the `sub` id that view ranges in it refer to.
    """

    seq: int
    base_rev: int
    op: Op
    view: int | None = None


class AskProfile(Message, frozen=True, kw_only=True, tag="ask_profile"):
    """Asks for the distribution of columns; `profiled` answers come one by one as they are computed."""

    id: int
    columns: list[int]


class AskValues(Message, frozen=True, kw_only=True, tag="ask_values"):
    """Asks for the distinct values of a column that contain `search`, most frequent first. Answered by `values`."""

    id: int
    column: int
    search: str = ""
    limit: int = 200


class Find(Message, frozen=True, kw_only=True, tag="find"):
    """Asks where `text` stands in the view, in reading order from `start`. Answered by `found`."""

    id: int
    text: str
    columns: list[int] | None = None
    case: bool = False
    whole: bool = False
    regex: bool = False
    start: int = 0
    limit: int = 1000


class AskStats(Message, frozen=True, kw_only=True, tag="ask_stats"):
    """Asks for the figures of a selection. Answered by `stats`."""

    id: int
    ranges: list[Range]


class Copy(Message, frozen=True, kw_only=True, tag="copy"):
    """Asks for a selection as TSV. Answered by `copied`."""

    id: int
    range: Range
    headers: bool = False


class AskCode(Message, frozen=True, kw_only=True, tag="ask_code"):
    """Asks for the edits made so far as code. Answered by `code`."""

    id: int
    language: Literal["pandas", "sql"]


class AskHistory(Message, frozen=True, kw_only=True, tag="ask_history"):
    """Asks for the newest changes, of one cell if `rid` and `column` are given. Answered by `history`."""

    id: int
    limit: int = 100
    rid: int | None = None
    column: int | None = None


class Cancel(Message, frozen=True, kw_only=True, tag="cancel"):
    """Gives up on the answer to request `re`."""

    re: int


class Ping(Message, frozen=True, kw_only=True, tag="ping"):
    """Answered by `pong` with the same `t`."""

    t: float


# Session to client


class Welcome(Message, frozen=True, kw_only=True, tag="welcome"):
    """Answers `hello`. `epoch` changes when revisions or row ids start anew.

    `last_seq` is the last operation seen from this channel.
    """

    epoch: str
    rev: int
    name: str
    rows: int
    schema: Schema
    user: Person
    last_seq: int = 0
    read_only: str = ""
    can_undo: bool = False
    can_redo: bool = False


class Subbed(Message, frozen=True, kw_only=True, tag="subbed"):
    """The view is in force and has `rows` of `total` rows."""

    re: int
    rev: int
    rows: int
    total: int


class Window(Message, frozen=True, kw_only=True, tag="window"):
    """View rows `[start, stop)` at revision `rev`, as an Arrow stream: `_rid` (int64) and one column per id, named by the id."""

    re: int
    rev: int
    start: int
    stop: int


class Ack(Message, frozen=True, kw_only=True, tag="ack"):
    """Operation `seq` is done, as revision `rev`. `cells` are the values as stored, where they are few."""

    seq: int
    rev: int
    status: Literal["ok", "partial", "noop"] = "ok"
    n_cells: int = 0
    n_rows: int = 0
    skipped: int = 0
    message: str = ""
    cells: list[Cells] = []
    can_undo: bool = False
    can_redo: bool = False


class Nack(Message, frozen=True, kw_only=True, tag="nack"):
    """Operation `seq` is refused; nothing was written. `bad` lists up to 100 of `n_bad` cells. `offer` would make it possible."""

    seq: int
    code: str
    message: str
    hint: str = ""
    column: int | None = None
    rid: int | None = None
    bad: list[BadCell] = []
    n_bad: int = 0
    offer: Op | None = None


class Patch(Message, frozen=True, kw_only=True, tag="patch"):
    """What changed with revision `rev`, or since revision `since` (that one included) where several were put together.

    `cells` are exact new values. `columns` must be fetched anew. `rows_changed`: the view's rows or their order changed and
    it has `rows` now. `schema` replaces the schema. `stale`: the view's sort or filter no longer matches the values.
    """

    rev: int
    user: Person
    kind: str
    since: int = 0
    from_ch: str = ""
    seq: int = 0
    cells: list[Cells] = []
    columns: list[int] = []
    rows_changed: bool = False
    rows: int = 0
    total: int = 0
    schema: Schema | None = None
    stale: bool = False
    can_undo: bool = False
    can_redo: bool = False


class Reset(Message, frozen=True, kw_only=True, tag="reset"):
    """Drop what you hold of the table, keep pending operations, say hello again."""

    reason: Literal["epoch", "schema", "slow", "too_far"]


class Gone(Message, frozen=True, kw_only=True, tag="gone"):
    """The table cannot be reached: its kernel stopped or restarted, its variable was deleted, or the route to it is down."""

    reason: Literal["kernel", "variable", "offline", "unknown"]
    message: str


class Profiled(Message, frozen=True, kw_only=True, tag="profiled"):
    """One column's distribution; `done` with the last."""

    re: int
    rev: int
    profile: Profile
    done: bool = False


class Values(Message, frozen=True, kw_only=True, tag="values"):
    """Distinct values, most frequent first; `more` when the limit cut them. `missing` counts missing values."""

    re: int
    values: list[ValueCount]
    missing: int = 0
    more: bool = False


class Found(Message, frozen=True, kw_only=True, tag="found"):
    """Matches in reading order, up to the limit, and how many there are in all."""

    re: int
    matches: list[Match]
    total: int


class Figures(Message, frozen=True, kw_only=True, tag="stats"):
    """Answers `ask_stats`."""

    re: int
    stats: Stats


class Copied(Message, frozen=True, kw_only=True, tag="copied"):
    """Answers `copy`."""

    re: int
    tsv: str


class Code(Message, frozen=True, kw_only=True, tag="code"):
    """Answers `ask_code`."""

    re: int
    text: str


class History(Message, frozen=True, kw_only=True, tag="history"):
    """Answers `ask_history`, newest first."""

    re: int
    changes: list[Change]


class Pong(Message, frozen=True, kw_only=True, tag="pong"):
    """Answers `ping`."""

    t: float


class Error(Message, frozen=True, kw_only=True, tag="error"):
    """A request that could not be answered, or a message that broke the protocol (`where` is the field's path)."""

    code: str
    message: str
    hint: str = ""
    where: str = ""
    re: int | None = None


Request = (
    Hello | Bye | Sub | Fetch | Submit | AskProfile | AskValues | Find | AskStats | Copy | AskCode | AskHistory | Cancel | Ping
)
Answer = (
    Welcome
    | Subbed
    | Window
    | Ack
    | Nack
    | Patch
    | Reset
    | Gone
    | Profiled
    | Values
    | Found
    | Figures
    | Copied
    | Code
    | History
    | Pong
    | Error
)

__all__ = ["PROTOCOL", "Answer", "Message", "Request", "Scalar"]
