"""A spread operation as the cells it writes, or as what it would do. Nothing is written here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ...errors import BadMessage, BadValue, Refused
from ...protocol import planning as asked
from ...protocol.planning import RowChange, SpreadPreview, Total
from ..rollups.holds import Hold, size_of
from ..rollups.preview import preview
from ..rollups.spread import Request, move, spread_all
from ..rollups.writing import Scope, join
from . import cells
from .operands import Reader, in_units, read_number

if TYPE_CHECKING:
    from ...protocol.ops import Spread as SpreadOp
    from ...protocol.planning import Aggregate, Coordinate, Target
    from ..rollups.column import Values
    from ..rollups.units import Ints, Mask
    from ..rollups.writing import Spread
    from .board import Board
    from .source import Source

_FEW = 3
MOST_TARGETS = 10_000
ASK_ABOVE = 1_000
"""More rows than this want a preview first, where somebody asks to be asked."""


@dataclass(frozen=True, eq=False)
class Write:
    """New values of one column, by ascending leaf, and those before: units, and for what is no number the one `text` for all."""

    column: int
    rids: Ints
    values: Values
    before: Values
    text: str | None = None


@dataclass(frozen=True, eq=False)
class Spreading:
    """A spread operation worked out: what it writes, and what it comes to for each target."""

    writes: list[Write]
    totals: list[Total]
    summary: str
    token: str
    rev: int

    @property
    def rows(self) -> int:
        """How many cells it spreads to."""
        return sum(total.rows for total in self.totals)

    @property
    def changed(self) -> int:
        """How many cells it changes."""
        return sum(len(write.rids) for write in self.writes)

    def preview(self) -> SpreadPreview:
        """The dry run's answer."""
        return SpreadPreview(
            rev=self.rev, totals=self.totals, rows=self.rows, changed=self.changed, token=self.token, message=self.summary
        )


def spread(board: Board, source: Source, op: SpreadOp) -> Spreading:
    """What an operation does to the table at this revision.

    Raises what the rules of spreading raise; CONFLICT for the token of another revision or operation; TOO_LARGE when it
    wants to be previewed first. The same operation at the same revision gives the same bytes.
    """
    if not op.targets:
        raise BadMessage("BAD_MESSAGE", "Nothing is to be written.", hint="Name at least one total.", where="targets")
    if len(op.targets) > MOST_TARGETS:
        raise Refused("TOO_LARGE", f"{len(op.targets):,} totals are too many at once.", hint=f"Write at most {MOST_TARGETS:,}.")
    token = token_of(source, op)
    if op.token and op.token != token:
        hint = "Preview it again."
        raise Refused("CONFLICT", "The table or the operation is another one than in the preview.", hint=hint, where="token")
    done = _work(board, source, op.targets, _held(board, source, op.holds))
    totals = [_total(board, *each) for each in zip(op.targets, done, strict=True)]
    found = Spreading(
        _writes(board, op.targets, done),
        totals,
        _summary(board, op.targets, totals),
        token,
        source.rev,
    )
    if op.ask_above is not None and not op.token and found.rows > op.ask_above:
        message = f"This spreads to {found.rows:,} rows."
        raise Refused("TOO_LARGE", message, hint="Preview it first, and send it with the preview's token.", where="token")
    return found


def rehearsed(board: Board, source: Source, op: SpreadOp) -> Spreading:
    """What an operation would do, without being asked for a preview or for the token that it is to give."""
    return spread(board, source, msgspec.structs.replace(op, token="", ask_above=None))


def token_of(source: Source, op: SpreadOp) -> str:
    """What ties a preview to the operation and the revision that it was made of."""
    plain = msgspec.structs.replace(op, token="", ask_above=None)
    digest = hashlib.blake2b(f"{source.epoch}/{source.rev}/".encode() + msgspec.json.encode(plain), digest_size=8)
    return f"{source.rev}-{digest.hexdigest()}"


@dataclass(frozen=True, eq=False)
class Held:
    """What an operation holds: totals, and rows as a mask over all leaves."""

    totals: tuple[Hold, ...]
    rows: Mask | None


def _held(board: Board, source: Source, holds: list[Coordinate]) -> Held:
    totals: list[Hold] = []
    rows: Mask | None = None
    for at in holds:
        leaves = board.leaves(at, source)
        if not size_of(leaves):
            message = f"{board.title(at)} has no rows to hold."
            raise Refused("EMPTY_GROUP", message, hint="Check the labels.", where=board.title(at))
        if at.each:
            rows = np.zeros(board.hierarchy.count, dtype=np.bool_) if rows is None else rows
            rows[leaves] = True
        else:
            totals.append(Hold(board.title(at), leaves))
    return Held(tuple(totals), rows)


def _work(board: Board, source: Source, targets: list[Target], held: Held) -> list[Spread]:
    """What becomes of each target, in their order."""
    reader = Reader(board, source)
    requests: list[Request] = []
    moves: dict[int, Spread] = {}
    named: list[int] = []
    for number, target in enumerate(targets):
        cid = written_column(board, target)
        _require_writable(source, cid)
        named.append(cid)
        scope = _scope(board, source, target.at, cid, held)
        if isinstance(target.method, asked.MoveTo):
            moves[number] = _moved(board, source, target, cid, scope, held)
        else:
            requests.append(reader.request(target, scope))
    for number, cid in enumerate(named):
        alone = number in moves or board.measured[cid].texts is not None
        if alone and named.count(cid) > 1:
            raise BadValue("CHECK", "One operation writes a measure twice.", hint="Write it in two operations.")
    rest = iter(spread_all(requests))
    return [moves[number] if number in moves else next(rest) for number in range(len(targets))]


def written_column(board: Board, target: Target) -> int:
    """The column that a target is written to; raises BAD_MESSAGE for an aggregate that is not there."""
    known = board.definition.aggregates
    if not 0 <= target.aggregate < len(known):
        hint = f"It has {', '.join(board.labels)}."
        raise BadMessage("BAD_MESSAGE", f"The rollup has no measure {target.aggregate}.", hint=hint, where="aggregate")
    return writes_to(known[target.aggregate])


def writes_to(aggregate: Aggregate) -> int:
    """The column that is written when an aggregate is typed into."""
    return aggregate.column if aggregate.inverse is None else aggregate.inverse


def _require_writable(source: Source, cid: int) -> None:
    column = source.column(cid)
    if not column.editable:
        raise Refused("NOT_EDITABLE", f"{column.name} cannot be edited. {column.why}".strip(), where=column.name)
    if column.kind == "float":
        cells.require_exact(column, source.values(cid).type)


def _scope(board: Board, source: Source, at: Coordinate, cid: int, held: Held) -> Scope:
    frozen, rows = source.frozen(cid), held.rows
    if frozen is not None:
        rows = frozen[board.positions] if rows is None else rows | frozen[board.positions]
    return Scope(board.title(at), board.leaves(at, source), None, rows, held.totals)


def _moved(board: Board, source: Source, target: Target, cid: int, scope: Scope, held: Held) -> Spread:
    assert isinstance(target.method, asked.MoveTo)
    measured = board.measured[cid]
    if measured.texts is not None or board.aggregates[target.aggregate].kind != "sum":
        raise Refused("NOT_EDITABLE", "Only a part of a sum can move.", hint="Use it on a sum.")
    amount = in_units(read_number(target.value, measured.measure.name), measured.measure)
    other = _scope(board, source, target.method.to, cid, held)
    return move(measured.measure, board.leaf_values(cid), scope, other, amount)


def _writes(board: Board, targets: list[Target], done: list[Spread]) -> list[Write]:
    """What is written, column by column."""
    found: dict[int, list[tuple[Target, Spread]]] = {}
    for target, each in zip(targets, done, strict=True):
        if len(each.leaves):
            found.setdefault(written_column(board, target), []).append((target, each))
    return [
        _write(board, parts[0][0], parts[0][1] if len(parts) == 1 else join([each for _, each in parts], 0, 0))
        for parts in found.values()
    ]


def _write(board: Board, target: Target, done: Spread) -> Write:
    cid = written_column(board, target)
    column = board.columns[cid]
    if not column.nullable and done.after.present is not None:
        message = f"{column.name} ({column.dtype}) cannot be missing."
        raise BadValue("TYPE", message, hint="Change its type to one that can, such as Int64.", where=column.name)
    text = None
    if board.measured[cid].texts is not None and done.after.present is None:
        text = target.value
    return Write(cid, board.hierarchy.rids_of(done.leaves), done.after, done.before, text)


def _total(board: Board, target: Target, done: Spread) -> Total:
    cid = written_column(board, target)
    measured = board.measured[cid]
    figures = preview(done)
    if measured.texts is not None:
        before = after = ""
    else:
        before, after = (cells.shown(each, measured) or "" for each in (done.total_before, done.total_after))
    rids = board.hierarchy.rids_of(np.array([each.leaf for each in figures.largest], dtype=np.int64))
    changes = [
        RowChange(
            row=rid,
            path=list(board.path(int(board.hierarchy.lowest[each.leaf]))),
            before=cells.shown(each.before, measured),
            after=target.value if measured.texts is not None and each.after is not None else cells.shown(each.after, measured),
        )
        for rid, each in zip(rids.tolist(), figures.largest, strict=True)
    ]
    return Total(
        name=board.title(target.at),
        measure=measured.measure.name,
        rows=done.rows,
        changed=len(done.leaves),
        before=before,
        after=after,
        equal=done.equal,
        compensated=done.compensated,
        largest=changes,
    )


def _summary(board: Board, targets: list[Target], totals: list[Total]) -> str:
    """What an operation does, in words: each total, where they are few."""
    if len(totals) <= _FEW:
        return "; ".join(_told(board, *each) for each in zip(targets, totals, strict=True))
    names = ", ".join(dict.fromkeys(total.measure for total in totals))
    return f"{len(totals):,} totals of {names}, spread to {counted(sum(total.rows for total in totals))}"


def _told(board: Board, target: Target, total: Total) -> str:
    if isinstance(target.method, asked.MoveTo):
        to = board.title(target.method.to)
        return f"{target.value} of {total.measure} moved from {total.name} to {to}, over {counted(total.rows)}, proportional"
    method = str(target.method.__struct_config__.tag).replace("_", " ")
    if total.equal and method == "proportional":
        method = "equally, because there are no proportions"
    change = f"{_grouped(total.before)} → {_grouped(total.after)}" if total.after else f"{target.value or '(missing)'}"
    spread_to = f"spread to {counted(total.rows)}, {method}"
    more = f"; {total.compensated} stays, others in it moved" if total.compensated else ""
    return f"{total.measure} of {total.name}: {change}, {spread_to}{more}"


def counted(rows: int) -> str:
    """`1 row`, `1,204 rows`."""
    return f"{rows:,} row{'' if rows == 1 else 's'}"


def _grouped(number: str) -> str:
    whole, point, rest = number.partition(".")
    sign = whole[:1] if whole[:1] == "-" else ""
    return f"{sign}{int(whole.lstrip('-')):,}{point}{rest}" if whole.lstrip("-").isdigit() else number
