"""Whether a command is to change the table or only asks about it. It must not know tables."""

from __future__ import annotations

from ..protocol import plan as p

LOOKING = (p.FilterRows, p.SortRows, p.TopRows, p.SampleRows, p.SelectColumns, p.Dedupe, p.Chart)
"""Steps that a question may consist of; any other one is there to change the table."""
CHANGING = frozenset(
    [
        "keep",
        "drop",
        "remove",
        "delete",
        "filter",
        "exclude",
        "discard",
        "retain",
        "only",
        "sort",
        "order",
        "rank",
        "arrange",
        "sample",
        "select",
        "dedupe",
        "deduplicate",
        "limit",
        "restrict",
        "reduce",
        "throw",
        "reorder",
        "leave",
        "eliminate",
        "ignore",
        "cut",
        "clean",
    ]
)
"""Verbs that say what is to become of the table."""
_AHEAD = ("please", "now", "then", "just")


def says_change(command: str, plan: p.Plan) -> bool:
    """Whether a command is to change the table; "show …" and "which …" only ask about it."""
    if any(not isinstance(step, LOOKING) for step in plan.steps):
        return True
    if all(isinstance(step, p.Chart) for step in plan.steps):
        return False
    first = next((word for word in command.lower().replace(",", " ").split() if word not in _AHEAD), "")
    return first in CHANGING
