"""The rollups that are kept with a table, by name. It must not know who keeps them, or who may."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ...errors import BadMessage, NotFound, Refused, did_you_mean
from ..rollups.aggregate import REASONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...protocol.planning import Aggregate, RollupDef

MOST = 200
_LONGEST = 200


def find(known: Sequence[RollupDef], wanted: str | RollupDef) -> RollupDef:
    """A rollup by its name, or the very one that is given; raises NO_TABLE with the nearest names."""
    if not isinstance(wanted, str):
        return wanted
    found = next((each for each in known if each.name == wanted), None)
    if found is None:
        names = [each.name for each in known]
        hint = did_you_mean(wanted, names) or (f"There are {', '.join(names)}." if names else "None is kept with this table.")
        raise NotFound("NO_TABLE", f"There is no rollup {wanted!r}.", hint=hint, where="rollup")
    return found


def put(known: Sequence[RollupDef], new: RollupDef) -> list[RollupDef]:
    """The rollups with another one, in place of the one with its name."""
    if not new.name.strip() or len(new.name) > _LONGEST:
        message = f"A rollup that is kept needs a name of at most {_LONGEST} characters."
        raise BadMessage("BAD_MESSAGE", message, hint="Give it one.", where="name")
    found = [each for each in known if each.name != new.name]
    if len(found) == MOST:
        raise Refused("TOO_LARGE", f"A table keeps at most {MOST} rollups.", hint="Drop one first.")
    return sorted([*found, new], key=lambda each: each.name)


def without(known: Sequence[RollupDef], name: str) -> list[RollupDef]:
    """The rollups without one of them; raises as `find`."""
    gone = find(known, name)
    return [each for each in known if each is not gone]


def plain(definition: RollupDef) -> RollupDef:
    """A rollup without what makes no difference to its nodes: what stands across, and the name."""
    return msgspec.structs.replace(definition, name="", across=None)


def beside(definition: RollupDef) -> RollupDef | None:
    """The rollup that has above all levels what stands across, where something does."""
    if definition.across is None:
        return None
    return msgspec.structs.replace(plain(definition), levels=[definition.across, *definition.levels])


def is_editable(aggregate: Aggregate) -> bool:
    """Whether an aggregate can be typed into."""
    return aggregate.inverse is not None or aggregate.fn not in REASONS


def columns_of(definition: RollupDef) -> list[int]:
    """The columns that a rollup names by id."""
    named = [*definition.levels, *([] if definition.across is None else [definition.across])]
    for each in definition.aggregates:
        named += [cid for cid in (each.column, each.other, each.inverse) if cid is not None]
    return list(dict.fromkeys(named))
