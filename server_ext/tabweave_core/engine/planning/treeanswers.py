"""What is asked of a tree that is shown: a selection as text, its figures, where a text stands.

It must not know channels or where the table is.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from ...errors import BadMessage, BadValue, Refused
from ...protocol import messages as m
from ...protocol.schema import Match, Stats
from .board import decimal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...protocol.schema import Range
    from .figures import Figure
    from .treeview import TreeView

Question = m.AskProfile | m.AskValues | m.Find | m.AskStats | m.Copy
"""The questions that are about a view."""
MOST_CELLS = 2_000_000


def answer(ch: str, view: TreeView, question: Question) -> m.Message:
    """The answer about a tree; distributions and lists of values are of tables only."""
    match question:
        case m.Copy(range=wanted):
            return m.Copied(ch=ch, re=question.id, tsv=copy(view, wanted, headers=question.headers))
        case m.AskStats(ranges=ranges):
            return m.Figures(ch=ch, re=question.id, stats=stats(view, ranges))
        case m.Find():
            matches, total = find(view, question)
            return m.Found(ch=ch, re=question.id, matches=matches, total=total)
    raise BadMessage("BAD_MESSAGE", "That is asked of a table, not of a rollup.", hint="Leave the rollup first.")


def _cells(view: TreeView, wanted: Range) -> list[list[Figure]]:
    start, stop = max(wanted.start, 0), min(wanted.stop, view.rows)
    if max(stop - start, 0) * len(wanted.columns) > MOST_CELLS:
        raise Refused("TOO_LARGE", f"At most {MOST_CELLS:,} cells at once.", hint="Select fewer rows.")
    nodes = view.nodes(start, stop)
    return [view.table.cells(cid, nodes) for cid in wanted.columns]


def copy(view: TreeView, wanted: Range, *, headers: bool) -> str:
    """A selection as tab-separated text, each row ended by a newline."""
    columns = _cells(view, wanted)
    lines = [[view.table.column(cid).name for cid in wanted.columns]] if headers else []
    lines += [[shown(cell) for cell in row] for row in zip(*columns, strict=True)]
    return "".join("\t".join(map(_quoted, line)) + "\n" for line in lines)


def shown(cell: Figure) -> str:
    """A cell as text, without thousands separators."""
    if cell is None:
        return ""
    return repr(cell) if isinstance(cell, float) else format(cell, "f") if isinstance(cell, Decimal) else str(cell)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if re.search('["\t\n\r]', text) else text


def stats(view: TreeView, ranges: Sequence[Range]) -> Stats:
    """Count, sum, mean and bounds over ranges of a tree."""
    cells = [cell for wanted in ranges for column in _cells(view, wanted) for cell in column]
    present = [cell for cell in cells if cell is not None]
    numbers = [cell for cell in present if not isinstance(cell, str)]
    if not numbers:
        return Stats(cells=len(cells), present=len(present), numbers=0)
    if any(isinstance(cell, float) for cell in numbers):
        floats = [float(cell) for cell in numbers]
        total = math.fsum(floats)
        return Stats(
            cells=len(cells),
            present=len(present),
            numbers=len(numbers),
            sum=repr(total),
            mean=total / len(floats),
            lo=repr(min(floats)),
            hi=repr(max(floats)),
        )
    exact = [Decimal(cell) for cell in numbers if not isinstance(cell, float)]
    scale = max(max(0, -int(cell.as_tuple().exponent)) for cell in exact)
    whole = sum((Fraction(cell) for cell in exact), Fraction(0))
    return Stats(
        cells=len(cells),
        present=len(present),
        numbers=len(exact),
        sum=format(decimal(whole * 10**scale, scale).quantize(Decimal(1).scaleb(-scale)), "f"),
        mean=float(whole / len(exact)),
        lo=shown(min(exact)),
        hi=shown(max(exact)),
    )


def find(view: TreeView, question: m.Find) -> tuple[list[Match], int]:
    """Where a text stands, in reading order from a row on, and how often in all."""
    test = _test(question)
    cids = [column.id for column in view.schema.columns] if question.columns is None else question.columns
    nodes = view.nodes(0, view.rows)
    columns = [view.table.cells(cid, nodes) for cid in cids]
    places = [(row, at) for row in range(view.rows) for at in range(len(cids)) if test(shown(columns[at][row]))]
    ahead = [each for each in places if each[0] >= question.start] + [each for each in places if each[0] < question.start]
    chosen = ahead[: max(question.limit, 0)]
    ids = [view.ids.node(path) for path in view.paths(nodes[[row for row, _ in chosen]])] if chosen else []
    return [Match(row=row, rid=rid, column=cids[at]) for (row, at), rid in zip(chosen, ids, strict=True)], len(places)


def _test(question: m.Find) -> Callable[[str], bool]:
    try:
        text = question.text if question.regex else re.escape(question.text)
        pattern = re.compile(text, 0 if question.case else re.IGNORECASE)
    except re.error as error:
        hint = "Put a backslash before literal characters."
        raise BadValue("CHECK", f"That cannot be looked for: {error}.", hint=hint) from None
    if question.whole:
        return lambda cell: bool(cell) and pattern.fullmatch(cell) is not None
    return lambda cell: bool(cell) and pattern.search(cell) is not None
