"""A plan on a DataFrame as pandas code that gives the same table.

It must not know proposals or notebooks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabweave_core.asking.apart import Apart
from tabweave_core.protocol import plan as p

from . import querying
from .grounds import database, ground

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .grounds import Ground
    from .handles import Table


def plan_code(plan: p.Plan, table: Table, others: Mapping[str, Ground] | None = None) -> str:
    """Python that makes the plan's result from the DataFrame as it is now, in a variable `df`."""
    home = table.home
    named = {step.table for step in plan.steps if isinstance(step, (p.Join, p.Union))}
    grounds = dict(others or {})
    for name in named - set(grounds):
        if name in home.binding.names():
            slot = home.binding.bind(name)
            if slot.frame is not None:
                grounds[name] = ground(slot, slot.frame)
    return code(plan, ground(table.slot, table.frame), table.name, grounds)


def code(plan: p.Plan, here: Ground, name: str, others: Mapping[str, Ground]) -> str:
    """The same for a table that is laid out already."""
    connection = database(here.zone)
    try:
        source = here.lay(connection, name)
        sources = {other: each.lay(connection, other) for other, each in others.items() if other != name}
        # Other tables' index levels are columns of theirs here, and are none of the variable.
        plain = {other: each.shape for other, each in sources.items() if other.isidentifier() and not others[other].levels}
        start = f"{name}.reset_index()" if here.levels else f"{name}.copy()"
        apart = Apart(querying.sandbox(), querying.limits(), here.zone)
        return apart.script(connection, plan, source, sources, start, plain)
    finally:
        connection.close()
