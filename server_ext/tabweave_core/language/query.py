"""What a question asks for, as it is gathered word by word, and the steps that answer it. It must not know words."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..plans.figures import key_name, measure_name
from ..protocol import plan as p
from ..protocol.condition import All, Compare, Condition, Function, Key, Measure, Order

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_UNSAID: tuple[Function, ...] = ("sum", "mean")


@dataclass(frozen=True)
class Output:
    """Something to be shown: a column, or a figure of a column or of the rows."""

    column: str | None
    fn: Function | None = None

    @property
    def name(self) -> str:
        """The column that it is in the answer."""
        return measure_name(self.measure) if self.fn is not None else str(self.column)

    @property
    def measure(self) -> Measure:
        """The figure as a plan has it."""
        assert self.fn is not None
        return Measure(fn=self.fn, column=self.column)


@dataclass(frozen=True)
class Limit:
    """A figure of a group compared with a number."""

    output: Output
    cmp: str
    number: float | int


@dataclass
class Query:
    """A question under way."""

    outputs: list[Output] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    groups: list[Key] = field(default_factory=list)
    havings: list[Limit] = field(default_factory=list)
    orders: list[tuple[Output, bool]] = field(default_factory=list)
    """What is sorted by, and whether downwards."""
    limit: int | None = None
    distinct: bool = False
    ranked: bool = False
    """Whether the rows that are shown are the first by a column: "top 3 categories by sales"."""

    def show(self, output: Output) -> None:
        """Adds something to be shown, once."""
        if output not in self.outputs:
            self.outputs.append(output)

    def group(self, key: Key) -> None:
        """Adds something to group by, once."""
        if key not in self.groups:
            self.groups.append(key)

    def figured(self, measured: Collection[str], repeated: Collection[str]) -> list[Query]:
        """What is meant where a figure is left unsaid: totals or averages of `measured` columns per group.

        Groups are of columns that are `repeated`: those with a value for each row have no more than that one.
        """
        named = [each.column for each in self.outputs if each.fn is None]
        if self.figures or self.havings or any(output.fn is not None for output, _ in self.orders):
            return []
        keys = [key for key in self.groups if key.unit is not None or key.column in repeated]
        if keys and len(keys) == len(self.groups):
            said = [name for name in named if name in measured and all(key.column != name for key in keys)]
        elif self.ranked and not self.groups and named and all(name in repeated for name in named):
            keys = [Key(column=name) for name in named if name is not None]
            said = [output.column for output, _ in self.orders if output.column in measured]
        else:
            return []
        if not said:
            return []
        found = []
        for fn in _UNSAID:
            told = {name: Output(name, fn) for name in said}
            outputs = [told.get(each.column, each) for each in self.outputs]
            orders = [(told.get(output.column, output), down) for output, down in self.orders]
            found.append(replace(self, outputs=outputs, orders=orders, groups=keys))
        return found

    @property
    def figures(self) -> list[Output]:
        """The figures that are shown."""
        return [each for each in self.outputs if each.fn is not None]

    @property
    def columns(self) -> list[str]:
        """The columns that are shown as they are."""
        return [each.column for each in self.outputs if each.fn is None and each.column is not None]

    def steps(self) -> list[p.Step]:
        """The steps that answer the question."""
        steps: list[p.Step] = []
        if self.conditions:
            where = self.conditions[0] if len(self.conditions) == 1 else All(of=list(self.conditions))
            steps.append(p.FilterRows(where=where))
        counted = self.figures or self.havings or self.groups or any(output.fn is not None for output, _ in self.orders)
        return steps + (self._groups() if counted else self._rows())

    def _groups(self) -> list[p.Step]:
        keys = list(self.groups)
        for column in self.columns:
            if all(key.column != column for key in keys):
                keys.append(Key(column=column))
        shown = [*self.outputs]
        named = {output.column for output in shown if output.fn is None}
        shown = [*(Output(key_name(key)) for key in self.groups if key.column not in named), *shown]
        measures = [output for output in shown if output.fn is not None]
        hidden = [limit.output for limit in self.havings] + [output for output, _ in self.orders if output.fn is not None]
        measures += [output for output in dict.fromkeys(hidden) if output not in measures]
        tests: list[Condition] = [
            Compare(column=limit.output.name, cmp=limit.cmp, value=limit.number)  # type: ignore[arg-type]  # one of its signs
            for limit in self.havings
        ]
        having = None if not tests else tests[0] if len(tests) == 1 else All(of=tests)
        if not measures:
            return [p.Aggregate(by=keys, measures=[Measure(fn="count")]), *self._finish(shown, keys)]
        steps: list[p.Step] = [p.Aggregate(by=keys, measures=[each.measure for each in measures], having=having)]
        return steps + self._finish(shown, keys, [each.name for each in measures])

    def _finish(self, shown: Sequence[Output], keys: Sequence[Key], measures: Sequence[str] = ("count",)) -> list[p.Step]:
        steps = self._sorted()
        names = [_named(output, keys) for output in shown]
        if names != [*(key_name(key) for key in keys), *measures]:
            steps.append(p.SelectColumns(columns=names))
        return steps

    def _rows(self) -> list[p.Step]:
        steps = self._sorted()
        if self.columns:
            steps.append(p.SelectColumns(columns=self.columns))
        if self.distinct:
            steps.append(p.Dedupe())
        return steps

    def _sorted(self) -> list[p.Step]:
        by = [Order(column=output.name, descending=descending) for output, descending in self.orders]
        if self.limit is not None:
            return [p.TopRows(n=self.limit, by=by)]
        return [p.SortRows(by=by)] if by else []


def _named(output: Output, keys: Sequence[Key]) -> str:
    if output.fn is not None:
        return output.name
    return next((key_name(key) for key in keys if key.column == output.column), output.name)
