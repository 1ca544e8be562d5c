"""A rollup as somebody defined it, over a table's rows: its nodes by their labels, and what they show.

It must not know operations.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ...errors import BadMessage, NotFound, Refused, did_you_mean
from ...protocol.schema import ExpressionFilter
from ..rollups.aggregate import Aggregate
from ..rollups.hierarchy import Dimension, Hierarchy
from ..rollups.rollup import Rollup
from . import cells
from .journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ...protocol.planning import Aggregate as AskedAggregate
    from ...protocol.planning import Coordinate, RollupDef
    from ...protocol.schema import Column
    from ..rollups.column import Number, Values
    from ..rollups.units import Ints, Mask
    from .cells import Measured
    from .source import Source

Shown = int | float | Decimal | str | None
"""What a node shows: a number, the text of a text or date, or nothing."""

_DIGITS = 38
_MOST_COMPARED = 5_000
_WORDS = {"weighted_mean": ("weights", "its weights"), "ratio": ("denominator", "its denominator")}


class Board:
    """One definition over one table; `rev` is the revision that its values are of.

    `positions` are the table's row positions by leaf. `names` are the columns' names, made different where two are the same.
    """

    def __init__(self, definition: RollupDef, source: Source) -> None:
        self.definition = definition
        self.rev, self.epoch = source.rev, source.epoch
        asked = definition.aggregates
        _check_aggregates(definition, source)
        used = dict.fromkeys(cid for each in asked for cid in (each.column, each.other, each.inverse) if cid is not None)
        self.columns: dict[int, Column] = {cid: source.column(cid) for cid in (*definition.levels, *used)}
        self.names = _distinct({cid: self.columns[cid].name for cid in used})
        rids = source.rids()
        rows: slice | Ints = np.flatnonzero(source.keep(definition.filter)) if definition.filter else slice(0, len(rids))
        if not _ascends(rids[rows]):
            rows = np.arange(len(rids))[rows][np.argsort(rids[rows], kind="stable")]
        labels = [cells.label(self.columns[cid], source.values(cid)) for cid in definition.levels]
        self.texts = [each.texts for each in labels]
        named = zip(definition.levels, labels, strict=True)
        dimensions = [Dimension(self.columns[cid].name, each.codes[rows], range(len(each.texts))) for cid, each in named]
        self.hierarchy = Hierarchy.build(dimensions, rids[rows].astype(np.int64, copy=False))
        self.positions: Ints = self.hierarchy.rows.astype(np.int64) if isinstance(rows, slice) else rows[self.hierarchy.rows]
        self.measured: dict[int, Measured] = {}
        for cid, name in self.names.items():
            found = cells.measure(self.columns[cid], name, source.values(cid))
            self.measured[cid] = cells.Measured(found.measure, found.values.take(self.positions), found.texts)
        self.aggregates = [self._aggregate(each) for each in asked]
        self.rollup = self._rollup(self.hierarchy, slice(None))
        self._lookup: dict[int, dict[str, int]] = {}
        self.journal = Journal()

    def _rollup(self, hierarchy: Hierarchy, leaves: slice | Ints) -> Rollup:
        held = self.measured.values() if not hasattr(self, "rollup") else []
        values = {each.measure.name: each.values for each in held} or self.rollup.columns
        measures = [each.measure for each in self.measured.values()]
        return Rollup(hierarchy, measures, {name: each.take(leaves) for name, each in values.items()}, self.aggregates)

    def _aggregate(self, asked: AskedAggregate) -> Aggregate:
        numeric = self.measured[asked.column].texts is None
        if not numeric and asked.fn in ("sum", "mean", "weighted_mean", "ratio"):
            name = self.names[asked.column]
            message = f"{asked.fn} needs numbers, and {name} is {self.columns[asked.column].kind}."
            raise BadMessage(
                "BAD_MESSAGE", message, hint="It can be counted: count, distinct, min, max, first or last.", where=name
            )
        other, inverse = ("" if cid is None else self.names[cid] for cid in (asked.other, asked.inverse))
        return Aggregate(asked.fn, self.names[asked.column], other, inverse)

    @property
    def filtered_by(self) -> set[int] | None:
        """The columns that decide which rows it has; None where that cannot be told."""
        wanted = self.definition.filter
        named = {each.column for each in wanted if not isinstance(each, ExpressionFilter)}
        return None if any(isinstance(each, ExpressionFilter) for each in wanted) else named

    @property
    def labels(self) -> list[str]:
        """How the aggregates read, in order."""
        return [each.label or made.label for each, made in zip(self.definition.aggregates, self.aggregates, strict=True)]

    def node(self, path: Sequence[str | None]) -> int:
        """The node at a path of labels; raises NO_ROW for a label that is not there, EMPTY_GROUP where no row has that path."""
        names = self.hierarchy.names
        if len(path) > len(names):
            hint = f"The levels are {' > '.join(names)}." if names else "There is only the total: the path is empty."
            raise NotFound("NO_ROW", f"{written(path)} has {len(path)} steps.", hint=hint)
        wanted = [None if label is None else self._code(level, label) for level, label in enumerate(path)]
        try:
            return self.hierarchy.node(wanted)
        except Refused as error:
            raise Refused(error.code, f"No row is at {written(path)}.", hint=error.hint, where=written(path)) from None

    def _code(self, level: int, label: str) -> int:
        if level not in self._lookup:
            self._lookup[level] = {text: code for code, text in enumerate(self.texts[level])}
        found = self._lookup[level].get(label)
        if found is None:
            near = did_you_mean(label, self.texts[level]) if len(self.texts[level]) <= _MOST_COMPARED else ""
            name = self.hierarchy.names[level]
            raise NotFound("NO_ROW", f"There is no {name} {label!r}.", hint=near or f"{name} has no such value.", where=name)
        return found

    def path(self, node: int) -> tuple[str | None, ...]:
        """The labels from below the total down to a node."""
        return tuple(None if code is None else self.texts[level][code] for level, code in enumerate(self.hierarchy.path(node)))

    def leaves(self, at: Coordinate, source: Source) -> slice | Ints:
        """The leaves of a coordinate, ascending."""
        within = self.hierarchy.leaves(self.node(at.path))
        if not at.where and at.rows is None:
            return within
        mask: Mask = np.zeros(self.hierarchy.count, dtype=np.bool_)
        mask[within] = True
        if at.where:
            mask &= source.keep(at.where)[self.positions]
        if at.rows is not None:
            wanted = self.hierarchy.leaves_of(np.asarray(at.rows, dtype=np.int64))
            named = np.zeros_like(mask)
            named[wanted[wanted >= 0]] = True
            mask &= named
        return np.flatnonzero(mask)

    def value(self, node: int, place: int) -> Shown:
        """What a node shows for one of the aggregates."""
        return self._shown(place, self.rollup.value(node, self.aggregates[place]))

    def values_over(self, leaves: slice | Ints) -> list[Shown]:
        """What any leaves (ascending) come to, by aggregate."""
        rids = self.hierarchy.rids_of(leaves)
        order = np.argsort(rids, kind="stable")
        picked = np.arange(self.hierarchy.count)[leaves][order]
        whole = self._rollup(Hierarchy.build([], rids[order]), picked)
        return [self._shown(place, whole.value(0, each)) for place, each in enumerate(self.aggregates)]

    def _shown(self, place: int, found: Number | Fraction | None) -> Shown:
        aggregate = self.aggregates[place]
        measured = self.measured[self.definition.aggregates[place].column]
        if found is None or aggregate.kind in ("count", "distinct"):
            return found if not isinstance(found, Fraction) else int(found)
        scale = measured.measure.scale
        if isinstance(found, Fraction):
            return decimal(found, 0 if aggregate.kind == "ratio" else scale)
        if isinstance(found, float) and not measured.measure.approximate and aggregate.kind != "ratio":
            return float(found / 10**scale)
        natural = measured.natural(found)
        return int(found) if isinstance(natural, Decimal) and not scale else natural

    def take(self, cid: int, rids: Ints, values: Values) -> None:
        """Takes in what the cells of some rows are now, in units; rows outside the rollup are passed over."""
        leaves = self.hierarchy.leaves_of(rids)
        inside = np.flatnonzero(leaves >= 0)
        order = inside[np.argsort(leaves[inside], kind="stable")]
        if len(order):
            self._write(cid, leaves[order], values.take(order))

    def take_all(self, cid: int, values: Values) -> None:
        """Takes in what all cells of a column are now, in units, by row of the table; the rows are the same as before."""
        new, old = values.take(self.positions), self.rollup.columns[self.names[cid]]
        changed = (new.units != old.units) | (new.there() != old.there())
        leaves = np.flatnonzero(changed)
        if len(leaves):
            self._write(cid, leaves, new.take(leaves))

    def _write(self, cid: int, leaves: slice | Ints, values: Values) -> None:
        self.rollup.write(self.names[cid], leaves, values)
        self.journal.note(cid, self.rollup.touched(leaves))

    def leaf_values(self, cid: int) -> Values:
        """A measure's values by leaf."""
        return self.rollup.columns[self.names[cid]]

    def title(self, at: Coordinate) -> str:
        """How a coordinate reads."""
        return (
            at.name or (written(at.path) if at.path else "") or ("the rows" if at.where or at.rows is not None else "the total")
        )


def decimal(number: Fraction, scale: int) -> Decimal:
    """A fraction of units as a decimal, to 38 digits."""
    with localcontext() as context:
        context.prec = _DIGITS
        return Decimal(number.numerator) / Decimal(number.denominator) / Decimal(10) ** scale


def written(path: Iterable[str | None]) -> str:
    """A path as a person writes it."""
    return " > ".join("(missing)" if label is None else label for label in path)


def _ascends(rids: Ints) -> bool:
    return bool((np.diff(rids) > 0).all())


def _distinct(names: dict[int, str]) -> dict[int, str]:
    seen = list(names.values())
    return {cid: name if seen.count(name) == 1 else f"{name} [{cid}]" for cid, name in names.items()}


def _check_aggregates(definition: RollupDef, source: Source) -> None:
    if not definition.aggregates:
        raise BadMessage("BAD_MESSAGE", "A rollup needs at least one measure.", hint="Such as sum(amount).", where="of")
    twice = [cid for place, cid in enumerate(definition.levels) if cid in definition.levels[:place]]
    if twice:
        raise BadMessage(
            "BAD_MESSAGE", f"{source.column(twice[0]).name} is two levels.", hint="Name each level once.", where="by"
        )
    for each in definition.aggregates:
        if (each.fn in _WORDS) != (each.other is not None):
            name = source.column(each.column).name
            what, owner = _WORDS.get(each.fn, ("second column", "no second column"))
            message = f"{each.fn}({name}) needs {owner}." if each.fn in _WORDS else f"{each.fn} takes one column."
            hint = f"Write {each.fn}({name}, {what.upper()})." if each.fn in _WORDS else f"Write {each.fn}({name})."
            raise BadMessage("BAD_MESSAGE", message, hint=hint, where=name)
        if each.inverse is not None and (each.fn not in _WORDS or (each.fn == "ratio" and each.inverse != each.column)):
            message = f"{each.fn} cannot be written into {source.column(each.inverse).name}."
            raise BadMessage("BAD_MESSAGE", message, hint="A ratio is written into its numerator.", where="inverse")
