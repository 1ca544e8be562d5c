"""A rollup's tree, and what a write would do, as text and as HTML. It must not know tables, only boards and figures."""

from __future__ import annotations

import html
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from tabweave_core.engine.planning.board import written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tabweave_core.engine.planning.board import Board, Shown
    from tabweave_core.engine.rollups.hierarchy import Hierarchy
    from tabweave_core.protocol.planning import SpreadPreview

MOST_LINES = 60
"""A tree is drawn as deep as fits into so many lines."""
MOST_ACROSS = 24
_DECIMALS = 4
_CELL = "padding:2px 10px;text-align:right;font-variant-numeric:tabular-nums"
_LEFT = "padding:2px 10px;text-align:left"


@dataclass(frozen=True)
class Sheet:
    """A drawn tree: the heads, for each line its depth, label and figures, and remarks below."""

    heads: list[str]
    lines: list[tuple[int, str, list[str]]]
    remarks: list[str]

    def text(self) -> str:
        """As text in columns."""
        labels = ["", *("  " * depth + label for depth, label, _ in self.lines)]
        wide = max(map(len, labels))
        columns = [[head, *(figures[place] for _, _, figures in self.lines)] for place, head in enumerate(self.heads)]
        widths = [max(map(len, column)) for column in columns]
        rows = [
            "  ".join([f"{label:<{wide}}", *(f"{column[row]:>{width}}" for column, width in zip(columns, widths, strict=True))])
            for row, label in enumerate(labels)
        ]
        return "\n".join([*rows, *self.remarks])

    def html(self) -> str:
        """As an HTML table."""
        head = "".join(f'<th style="{_CELL}">{html.escape(each)}</th>' for each in self.heads)
        body = "".join(_line(*line) for line in self.lines)
        remarks = "".join(f"<div><small>{html.escape(each)}</small></div>" for each in self.remarks)
        return f'<table><thead><tr><th style="{_LEFT}"></th>{head}</tr></thead><tbody>{body}</tbody></table>{remarks}'


def _line(depth: int, label: str, figures: Sequence[str]) -> str:
    weight = ";font-weight:600" if depth == 0 else ""
    cells = "".join(f'<td style="{_CELL}{weight}">{html.escape(each)}</td>' for each in figures)
    return f'<tr><td style="{_LEFT};padding-left:{10 + 16 * depth}px{weight}">{html.escape(label)}</td>{cells}</tr>'


def walk(hierarchy: Hierarchy, depth: int | None = None) -> Iterator[int]:
    """All nodes down to a depth, each before those below it."""
    stack = [0]
    levels = hierarchy.tree.depth if depth is None else min(depth, hierarchy.tree.depth)
    while stack:
        node = stack.pop()
        yield node
        if hierarchy.level(node) < levels:
            stack.extend(reversed(hierarchy.children(node)))


def draw(board: Board, beside: Board | None = None, told: Sequence[str] = ()) -> Sheet:
    """A rollup's tree; `beside` is the same one below the column whose values stand side by side."""
    hierarchy = board.hierarchy
    offsets = hierarchy.tree.offsets.tolist()
    depth = max((level for level in range(len(offsets) - 1) if offsets[level + 1] <= MOST_LINES), default=0)
    nodes = list(walk(hierarchy, depth))
    groups: list[str | None] = [] if beside is None else [beside.path(node)[0] for node in beside.hierarchy.children(0)]
    remarks = list(told)
    if depth < hierarchy.tree.depth:
        remarks.append(f"{hierarchy.nodes:,} nodes; below {written(hierarchy.names[:depth]) or 'the total'} they are not shown")
    if len(groups) > MOST_ACROSS:
        remarks.append(f"{len(groups):,} values side by side; {MOST_ACROSS} are shown")
        groups = groups[:MOST_ACROSS]
    floats = [each.measure.name for each in board.measured.values() if each.measure.approximate]
    if floats:
        remarks.append(f"{', '.join(floats)}: float, so totals are approximate; exact=True makes it decimal")
    labels = board.labels
    heads = [_head(group, label, len(labels)) for group in groups for label in labels] + labels
    lines = []
    for node in nodes:
        path = board.path(node)
        shown: list[Shown] = [value for group in groups for value in _beside(beside, (group, *path), len(labels))]
        shown += [board.value(node, place) for place in range(len(labels))]
        name = written(path[-1:]) if path else "total"
        lines.append((len(path), name, [figure(value) for value in shown]))
    return Sheet(heads, lines, remarks)


def _head(group: str | None, label: str, measures: int) -> str:
    name = written([group])
    return name if measures == 1 else f"{name} {label}"


def _beside(board: Board | None, path: tuple[str | None, ...], count: int) -> list[Shown]:
    """What the node at a path shows, nothing where there is none."""
    assert board is not None
    node = 0
    for label in path:
        found = next((child for child in board.hierarchy.children(node) if board.path(child)[-1] == label), None)
        if found is None:
            return [None] * count
        node = found
    return [board.value(node, place) for place in range(count)]


def figure(value: Shown) -> str:
    """A number as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        short = isinstance(exponent, int) and exponent >= -_DECIMALS
        return f"{value:,f}" if short else f"{value:,.{_DECIMALS}f}".rstrip("0").rstrip(".")
    if isinstance(value, float):
        return f"{value:,.{_DECIMALS}f}".rstrip("0").rstrip(".") if abs(value) < 1e15 else f"{value:g}"
    return f"{value:,}" if isinstance(value, int) else value


def preview_text(found: SpreadPreview) -> str:
    """What a write would do, in lines."""
    lines = [found.message, f"{found.changed:,} of {found.rows:,} cells would change; nothing is written yet."]
    for total in found.totals:
        for change in total.largest:
            name = written(change.path) or f"row {change.row}"
            lines.append(f"  {name}: {change.before or '(missing)'} → {change.after or '(missing)'}")
    return "\n".join(lines)


def preview_html(found: SpreadPreview) -> str:
    """What a write would do, as HTML."""
    changes = [change for total in found.totals for change in total.largest]
    rows = "".join(
        _line(0, written(change.path) or f"row {change.row}", [change.before or "", change.after or ""]) for change in changes
    )
    head = f'<tr><th style="{_LEFT}">largest changes</th><th style="{_CELL}">before</th><th style="{_CELL}">after</th></tr>'
    told = f"{found.changed:,} of {found.rows:,} cells would change; nothing is written yet."
    return f"<div>{html.escape(found.message)}</div><div>{told}</div><table><thead>{head}</thead><tbody>{rows}</tbody></table>"
