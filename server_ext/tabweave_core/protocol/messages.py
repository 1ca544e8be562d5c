"""The messages of `tab/1`, as tagged Structs; `protocol.ts` is generated from them.

Every message names its channel, `ch`: the 128-bit id, in hexadecimal, that a client drew for its conversation about one
table. Requests carry an `id` that is unique within the channel; the answer repeats it as `re`. Which messages carry an
Arrow stream is said in their docstring.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from .asking import Ask, AskChanges, Asking, AskSuggestions, Differences, Discard, Proposed, Suggestions
from .charting import AskChart, Charted
from .envelope import AnswerBase, RequestBase
from .ops import Op
from .planning import DefineRollup, DropRollup, RollupDef, Rollups, SpreadPreview, TreeInfo
from .requests import (
    PROTOCOL,
    AskCode,
    AskHistory,
    AskProfile,
    AskSnapshot,
    AskSpread,
    AskStats,
    AskValues,
    Bye,
    Cancel,
    Copy,
    Fetch,
    Find,
    First,
    Hello,
    Here,
    Ping,
    Request,
    Sub,
    Submit,
    WatchTables,
)
from .schema import (
    BadCell,
    Cells,
    Change,
    Match,
    Peer,
    Person,
    Profile,
    Role,
    Schema,
    Stats,
    TableInfo,
    ValueCount,
)

Message = RequestBase | AnswerBase
"""Any message."""


class Welcome(AnswerBase, frozen=True, kw_only=True, tag="welcome"):
    """Answers `hello`. `epoch` changes when revisions or row ids start anew.

    `last_seq` is the last operation seen from this channel. `role` is the user's in a shared table, absent for a frame.
    `rollups` are those that are kept with the table.
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
    role: Role | None = None
    rollups: list[RollupDef] = msgspec.field(default_factory=list)


class Subbed(AnswerBase, frozen=True, kw_only=True, tag="subbed"):
    """The view is in force and has `rows` of `total` rows.

    A tree has columns of its own, `schema`, the first of which are the labels; its `tree` says what the others show. It is
    said again, with the same `re`, when they have become others.
    """

    re: int
    rev: int
    rows: int
    total: int
    schema: Schema | None = None
    tree: TreeInfo | None = None


class Window(AnswerBase, frozen=True, kw_only=True, tag="window"):
    """View rows `[start, stop)` at revision `rev`, as an Arrow stream: `_rid` (int64) and one column per id, named by the id.

    `_locked` has where cells are locked the ids of their columns, in JSON; nodes of a tree have more (see the protocol's page).
    """

    re: int
    rev: int
    start: int
    stop: int


class Ack(AnswerBase, frozen=True, kw_only=True, tag="ack"):
    """Operation `seq` is done, as revision `rev`. `cells` are the values as stored, where they are few.

    `new_rows` are the rows that an operation on a shared table inserted, as pairs of the first row id and how many follow
    it; `new_columns` the ids of the columns it added.
    """

    seq: int
    rev: int
    status: Literal["ok", "partial", "noop"] = "ok"
    n_cells: int = 0
    n_rows: int = 0
    skipped: int = 0
    message: str = ""
    cells: list[Cells] = msgspec.field(default_factory=list)
    can_undo: bool = False
    can_redo: bool = False
    new_rows: list[int] = msgspec.field(default_factory=list)
    new_columns: list[int] = msgspec.field(default_factory=list)


class Nack(AnswerBase, frozen=True, kw_only=True, tag="nack"):
    """Operation `seq` is refused; nothing was written. `bad` lists up to 100 of `n_bad` cells. `offer` would make it possible."""

    seq: int
    code: str
    message: str
    hint: str = ""
    column: int | None = None
    rid: int | None = None
    bad: list[BadCell] = msgspec.field(default_factory=list)
    n_bad: int = 0
    offer: Op | None = None


class Patch(AnswerBase, frozen=True, kw_only=True, tag="patch"):
    """What changed with revision `rev`, or since revision `since` (that one included) where several were put together.

    `cells` are exact new values of cells that this client was sent since its view was put in force (`subbed`); columns with new
    values in other cells are `elsewhere`. `columns` must be fetched anew. `rows_changed`: the view's rows or their order changed
    and it has `rows` now. `schema` replaces the schema. `stale`: the view's sort or filter no longer matches the values. `users`
    are the writers where several people's revisions were put together; `user` is then the last.
    """

    rev: int
    user: Person
    kind: str
    since: int = 0
    from_ch: str = ""
    seq: int = 0
    cells: list[Cells] = msgspec.field(default_factory=list)
    columns: list[int] = msgspec.field(default_factory=list)
    elsewhere: list[int] = msgspec.field(default_factory=list)
    rows_changed: bool = False
    rows: int = 0
    total: int = 0
    schema: Schema | None = None
    stale: bool = False
    can_undo: bool = False
    can_redo: bool = False
    users: list[Person] = msgspec.field(default_factory=list)


class Snapshot(AnswerBase, frozen=True, kw_only=True, tag="snapshot"):
    """Part `part` (from 0) of `parts` of a table of revision `rev`, as an Arrow stream: `_rid` and every column, rows in order.

    `schema` and `runs` are those of that revision; runs are pairs of the first row id and the number of rows that follow it.
    """

    re: int
    rev: int
    part: int
    parts: int
    schema: Schema
    runs: list[int]


class Delta(AnswerBase, frozen=True, kw_only=True, tag="delta"):
    """How a followed table of revision `since` becomes that of revision `rev`.

    The Arrow stream has `_rid` and the columns with new values, for the rows that came or changed, with their values at `rev`.
    `schema` is there when columns changed, `runs` (see `snapshot`) when rows came or went. A column in `reread` is in the
    stream for all rows. `changes` are the revisions, oldest first, up to 100. `seq` is the last operation of this client
    that is in it.
    """

    since: int
    rev: int
    schema: Schema | None = None
    runs: list[int] | None = None
    reread: list[int] = msgspec.field(default_factory=list)
    changes: list[Change] = msgspec.field(default_factory=list)
    seq: int = 0
    can_undo: bool = False
    can_redo: bool = False


class Present(AnswerBase, frozen=True, kw_only=True, tag="present"):
    """Who else has the table open, and where they are; replaces what was said before. May be lost."""

    peers: list[Peer]


class Tables(AnswerBase, frozen=True, kw_only=True, tag="tables"):
    """The shared tables that this user may read; replaces what was said before."""

    tables: list[TableInfo]


class Reset(AnswerBase, frozen=True, kw_only=True, tag="reset"):
    """Drop what you hold of the table, keep pending operations, say hello again."""

    reason: Literal["epoch", "schema", "slow", "too_far", "rights"]


class Gone(AnswerBase, frozen=True, kw_only=True, tag="gone"):
    """The table cannot be reached: its kernel stopped or restarted, its variable was deleted, or the route to it is down."""

    reason: Literal["kernel", "variable", "offline", "unknown"]
    message: str


class Profiled(AnswerBase, frozen=True, kw_only=True, tag="profiled"):
    """One column's distribution; `done` with the last."""

    re: int
    rev: int
    profile: Profile
    done: bool = False


class Values(AnswerBase, frozen=True, kw_only=True, tag="values"):
    """Distinct values, most frequent first; `more` when the limit cut them. `missing` counts missing values."""

    re: int
    values: list[ValueCount]
    missing: int = 0
    more: bool = False


class Found(AnswerBase, frozen=True, kw_only=True, tag="found"):
    """Matches in reading order, up to the limit, and how many there are in all."""

    re: int
    matches: list[Match]
    total: int


class Figures(AnswerBase, frozen=True, kw_only=True, tag="stats"):
    """Answers `ask_stats`."""

    re: int
    stats: Stats


class Copied(AnswerBase, frozen=True, kw_only=True, tag="copied"):
    """Answers `copy`."""

    re: int
    tsv: str


class Code(AnswerBase, frozen=True, kw_only=True, tag="code"):
    """Answers `ask_code`."""

    re: int
    text: str


class History(AnswerBase, frozen=True, kw_only=True, tag="history"):
    """Answers `ask_history`, newest first."""

    re: int
    changes: list[Change]


class Spreads(AnswerBase, frozen=True, kw_only=True, tag="spread_preview"):
    """Answers `ask_spread`."""

    re: int
    preview: SpreadPreview


class Pong(AnswerBase, frozen=True, kw_only=True, tag="pong"):
    """Answers `ping`."""

    t: float


class Error(AnswerBase, frozen=True, kw_only=True, tag="error"):
    """A request that could not be answered, or a message that broke the protocol (`where` is the field's path)."""

    code: str
    message: str
    hint: str = ""
    where: str = ""
    re: int | None = None


Answer = (
    Welcome
    | Subbed
    | Window
    | Ack
    | Nack
    | Patch
    | Snapshot
    | Delta
    | Present
    | Tables
    | Reset
    | Gone
    | Profiled
    | Values
    | Found
    | Figures
    | Copied
    | Code
    | History
    | Spreads
    | Rollups
    | Proposed
    | Asking
    | Differences
    | Suggestions
    | Charted
    | Pong
    | Error
)

__all__ = [
    "PROTOCOL",
    "Ack",
    "Answer",
    "AnswerBase",
    "Ask",
    "AskChanges",
    "AskChart",
    "AskCode",
    "AskHistory",
    "AskProfile",
    "AskSnapshot",
    "AskSpread",
    "AskStats",
    "AskSuggestions",
    "AskValues",
    "Asking",
    "Bye",
    "Cancel",
    "Charted",
    "Code",
    "Copied",
    "Copy",
    "DefineRollup",
    "Delta",
    "Differences",
    "Discard",
    "DropRollup",
    "Error",
    "Fetch",
    "Figures",
    "Find",
    "First",
    "Found",
    "Gone",
    "Hello",
    "Here",
    "History",
    "Message",
    "Nack",
    "Patch",
    "Ping",
    "Pong",
    "Present",
    "Profiled",
    "Proposed",
    "Request",
    "RequestBase",
    "Reset",
    "Rollups",
    "Snapshot",
    "Spreads",
    "Sub",
    "Subbed",
    "Submit",
    "Suggestions",
    "Tables",
    "Values",
    "WatchTables",
    "Welcome",
    "Window",
]
