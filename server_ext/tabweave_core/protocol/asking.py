"""Commands in plain words, as clients say them and what comes back: a proposal with its cell diff, an answer, a question back.

A plan is JSON text (`plan.Plan`), so that no digit is lost on the way through a browser and a person may edit it. Cells are as
`values` says for each kind of column.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from .envelope import AnswerBase, RequestBase
from .scalar import Scalar
from .schema import Column, Kind, Part, Person

Outcome = Literal["change", "answer", "choice", "unclear"]
ColumnFate = Literal["changed", "retyped", "renamed", "added", "dropped"]
Stage = Literal["reading", "model", "computing"]


class Ask(RequestBase, frozen=True, kw_only=True, tag="ask"):
    """Asks what a command, or a `plan` in its place, would do; nothing is done. Answered by `proposal`, maybe by `asking` first.

    `reading` (1, 2 …) says which is meant where a command may mean several things. A channel keeps its newest proposal.
    """

    id: int
    text: str = ""
    plan: str = ""
    reading: int | None = None


class AskChanges(RequestBase, frozen=True, kw_only=True, tag="ask_changes"):
    """Asks what a proposal does to these rows (ids, at most 10,000). Answered by `changes`."""

    id: int
    token: str
    rows: list[int]


class AskSuggestions(RequestBase, frozen=True, kw_only=True, tag="ask_suggestions"):
    """Asks for commands that are understood for this table, nearest to what was typed so far. Answered by `suggestions`."""

    id: int
    text: str = ""
    limit: int = 8


class Discard(RequestBase, frozen=True, kw_only=True, tag="discard"):
    """Lets go of a proposal; not answered."""

    token: str


class ColumnChange(Part, frozen=True, kw_only=True):
    """What becomes of a column. `cells` counts the cells of rows that stay and read differently afterwards.

    `name` and `kind` are those afterwards; `was` is the name before where it is another. `column` is absent for a new one.
    """

    name: str
    fate: ColumnFate
    column: int | None = None
    was: str = ""
    kind: Kind | None = None
    cells: int = 0


class CellChange(Part, frozen=True, kw_only=True):
    """One cell before and after; `row` is its row's number in the table's own order, from 1."""

    rid: int
    row: int
    column: int
    name: str
    before: Scalar = None
    after: Scalar = None


class Picture(Part, frozen=True, kw_only=True):
    """A chart that was asked for: Plotly's JSON (`data` and `layout`) as text, and the same as an SVG picture."""

    title: str
    kind: str
    figure: str
    svg: str


class Proposal(Part, frozen=True, kw_only=True):
    """What a command comes to.

    change: what it would do. `token` is sent with the `transform` that applies `plan`; it is good while it would do the same.
    answer: a table of its own, its first `rows_sent` of `rows` rows in the message's Arrow data (`_rid` counts them), and charts.
    choice: `readings`, of which one is to be chosen.
    unclear: `reason` and `suggestions`, commands that are understood.

    `steps` are the plan in words, `sql` is what runs, `interpreter` is grammar, plan or model@name. `nothing`: there is nothing
    to apply. `moved`: rows come in another order. `counts` says it all in a line, `notes` what else is to be known.
    """

    outcome: Outcome
    rev: int
    command: str = ""
    words: str = ""
    steps: list[str] = msgspec.field(default_factory=list)
    plan: str = ""
    sql: str = ""
    interpreter: str = ""
    cost: str = ""
    token: str = ""
    counts: str = ""
    notes: list[str] = msgspec.field(default_factory=list)
    nothing: bool = False
    moved: bool = False
    rows_before: int = 0
    rows_after: int = 0
    rows_added: int = 0
    rows_removed: int = 0
    n_cells: int = 0
    columns: list[ColumnChange] = msgspec.field(default_factory=list)
    cells: list[CellChange] = msgspec.field(default_factory=list)
    result: list[Column] = msgspec.field(default_factory=list)
    rows: int = 0
    rows_sent: int = 0
    charts: list[Picture] = msgspec.field(default_factory=list)
    readings: list[str] = msgspec.field(default_factory=list)
    reason: str = ""
    suggestions: list[str] = msgspec.field(default_factory=list)


class AppliedCommand(Part, frozen=True, kw_only=True):
    """A command that was applied to a shared table, as its log keeps it: `plan` in JSON text, `sql` that ran, and what it did.

    The plans of those that are not undone, in turn on a fresh copy, give the same table.
    """

    rev: int
    time: float
    user: Person
    command: str
    plan: str
    sql: str = ""
    interpreter: str = ""
    cells: int = 0
    rows_added: int = 0
    rows_removed: int = 0
    undone: bool = False


class Difference(Part, frozen=True, kw_only=True):
    """A column's changed cells among the rows asked for; `after` is of the kind that the proposal says.

    Columns that the proposal adds are -1, -2 … in its order, with a cell for each row that stays.
    """

    column: int
    rows: list[int]
    before: list[Scalar]
    after: list[Scalar]


class Proposed(AnswerBase, frozen=True, kw_only=True, tag="proposal"):
    """Answers `ask`, with an Arrow stream where the outcome is an answer that has columns."""

    re: int
    proposal: Proposal


class Asking(AnswerBase, frozen=True, kw_only=True, tag="asking"):
    """How far an `ask` is, in words; may come any number of times, `cancel` gives it up."""

    re: int
    stage: Stage
    message: str


class Differences(AnswerBase, frozen=True, kw_only=True, tag="changes"):
    """Answers `ask_changes`: changed cells of rows that stay, and which of the rows go. `rev` is the proposal's."""

    re: int
    rev: int
    token: str
    columns: list[Difference]
    removed: list[int] = msgspec.field(default_factory=list)


class Suggestions(AnswerBase, frozen=True, kw_only=True, tag="suggestions"):
    """Answers `ask_suggestions`: whole commands, the likeliest first."""

    re: int
    commands: list[str] = msgspec.field(default_factory=list)
