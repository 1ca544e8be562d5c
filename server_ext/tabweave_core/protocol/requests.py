"""What a client says, in messages of `tab/1`."""

from __future__ import annotations

from typing import Literal

import msgspec

from .asking import Ask, AskChanges, AskSuggestions, Discard
from .charting import AskChart
from .envelope import RequestBase
from .ops import Condition, Op, Spread
from .planning import DefineRollup, DropRollup
from .schema import Person, Place, Range, View

PROTOCOL = "tab/1"


class First(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A fetch of the first `rows` of the first `columns` of the schema, asked before these are known.

    `have` is the mark of rows that came with the client's widget; if they are still the same, the `window` has no Arrow.
    """

    id: int
    rows: int
    columns: int
    have: str = ""


class Hello(RequestBase, frozen=True, kw_only=True, tag="hello"):
    """Opens (or reopens) a channel on a table: `frame/<kernel id>/<frame id>` or `table/<name>`.

    `last_seq` is the last operation this client numbered. `user` is set by the carrier and refused from a client. A client
    that holds the whole table asks to `follow` it: it is told by `delta` instead of `patch`, from `last_rev` on if it gives
    one of the same `epoch`. A frame answers `first` by a `window` after its `welcome`; a shared table leaves it out.
    """

    proto: str
    table: str
    last_seq: int = 0
    epoch: str | None = None
    last_rev: int | None = None
    follow: bool = False
    first: First | None = None
    user: Person | None = None


class Bye(RequestBase, frozen=True, kw_only=True, tag="bye"):
    """Closes the channel."""


class Sub(RequestBase, frozen=True, kw_only=True, tag="sub"):
    """Sets the channel's view; a newer one replaces it and cancels its computing. Answered by `subbed`."""

    id: int
    view: View


class Fetch(RequestBase, frozen=True, kw_only=True, tag="fetch"):
    """Asks for view rows `[start, stop)` of `columns`. Answered by `window`."""

    id: int
    start: int
    stop: int
    columns: list[int]


class Submit(RequestBase, frozen=True, kw_only=True, tag="op"):
    """An operation. `seq` counts 1, 2, 3 … per channel; it is applied at most once.

    `view` is the `sub` id that view ranges in it refer to. `if` makes it conditional; only shared tables take it.
    """

    seq: int
    base_rev: int
    op: Op
    view: int | None = None
    condition: Condition | None = msgspec.field(default=None, name="if")


class AskProfile(RequestBase, frozen=True, kw_only=True, tag="ask_profile"):
    """Asks for the distribution of columns; `profiled` answers come one by one as they are computed."""

    id: int
    columns: list[int]


class AskValues(RequestBase, frozen=True, kw_only=True, tag="ask_values"):
    """Asks for the distinct values of a column that contain `search`, most frequent first. Answered by `values`."""

    id: int
    column: int
    search: str = ""
    limit: int = 200


class Find(RequestBase, frozen=True, kw_only=True, tag="find"):
    """Asks where `text` stands in the view, in reading order from `start`. Answered by `found`."""

    id: int
    text: str
    columns: list[int] | None = None
    case: bool = False
    whole: bool = False
    regex: bool = False
    start: int = 0
    limit: int = 1000


class AskStats(RequestBase, frozen=True, kw_only=True, tag="ask_stats"):
    """Asks for the figures of a selection. Answered by `stats`."""

    id: int
    ranges: list[Range]


class Copy(RequestBase, frozen=True, kw_only=True, tag="copy"):
    """Asks for a selection as TSV. Answered by `copied`."""

    id: int
    range: Range
    headers: bool = False


class AskCode(RequestBase, frozen=True, kw_only=True, tag="ask_code"):
    """Asks for the edits made so far as code, or for a `plan` (JSON text) as pandas code. Answered by `code`."""

    id: int
    language: Literal["pandas", "sql"]
    plan: str = ""


class AskHistory(RequestBase, frozen=True, kw_only=True, tag="ask_history"):
    """Asks for the newest changes, of one cell if `rid` and `column` are given. Answered by `history`."""

    id: int
    limit: int = 100
    rid: int | None = None
    column: int | None = None


class AskSpread(RequestBase, frozen=True, kw_only=True, tag="ask_spread"):
    """Asks what a spread would do now, without doing it. Answered by `spread_preview`."""

    id: int
    op: Spread


class AskSnapshot(RequestBase, frozen=True, kw_only=True, tag="ask_snapshot"):
    """Asks for a whole shared table as it is now. Answered by `snapshot`, once or in several parts."""

    id: int


class Here(RequestBase, frozen=True, kw_only=True, tag="here"):
    """Says where this client's user is in a shared table, or (without a place) nowhere. May be lost; never stored."""

    place: Place | None = None


class WatchTables(RequestBase, frozen=True, kw_only=True, tag="watch_tables"):
    """Asks to be told which shared tables there are, now and whenever that changes; needs no hello. Answered by `tables`."""


class Cancel(RequestBase, frozen=True, kw_only=True, tag="cancel"):
    """Gives up on the answer to request `re`."""

    re: int


class Ping(RequestBase, frozen=True, kw_only=True, tag="ping"):
    """Answered by `pong` with the same `t`."""

    t: float


Request = (
    Hello
    | Bye
    | Sub
    | Fetch
    | Submit
    | AskProfile
    | AskValues
    | Find
    | AskStats
    | Copy
    | AskCode
    | AskHistory
    | AskSpread
    | DefineRollup
    | DropRollup
    | Ask
    | AskChanges
    | AskSuggestions
    | Discard
    | AskChart
    | AskSnapshot
    | Here
    | WatchTables
    | Cancel
    | Ping
)
