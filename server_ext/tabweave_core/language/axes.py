"""Which columns of a request for a chart go along which axis. It must not know words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..plans.shape import NUMBERS, TIMES
from ..protocol.condition import Key, Measure
from ..protocol.plan import Chart
from .query import Output

if TYPE_CHECKING:
    from .charting import ChartRequest
    from .context import ColumnContext

_LINES = ("line", "area")
_FEW = 40
"""A column of numbers with more different values is no set of bars."""


def arrange(request: ChartRequest, *, later: bool) -> Chart | None:
    """The chart that a request asks for; None where its parts do not go together."""
    placed = _Placed(request, later=later)
    return placed.chart()


class _Placed:
    """The parts of one request."""

    def __init__(self, request: ChartRequest, *, later: bool) -> None:
        self.request = request
        self.later = later
        self.context = request.linker.context
        self.kind = request.kind
        self.keys = [*request.along, *(key for key in request.query.groups if key not in request.along)]
        self.figures = [output.measure for output in request.query.figures]
        self.columns = [name for name in request.query.columns if all(name != key.column for key in self.keys)]
        self.color = request.color
        x, y = request.axes.get("x"), request.axes.get("y")
        self.x = x if isinstance(x, Key) else None
        self.y = y
        self.against = request.axes.get("against")
        self.figures += [each.measure for each in (x, y) if isinstance(each, Output)]

    def chart(self) -> Chart | None:
        """The chart, by its kind."""
        request = self.request
        if request.query.orders or request.query.limit is not None:
            return None
        if self.x is not None:
            self.keys = [key for key in self.keys if key != self.x]
            self.columns = [name for name in self.columns if name != self.x.column]
        if self.color is not None:
            self.keys = [key for key in self.keys if key != self.color]
            self.columns = [name for name in self.columns if name != self.color.column]
        if isinstance(self.y, Key):
            self.columns = [name for name in self.columns if name != self.y.column]
        if isinstance(self.against, Key):
            self._oppose(self.against)
        if request.about == "trend" and not any(self._is_time(key) for key in [*self.keys, *([self.x] if self.x else [])]):
            dated = [column.name for column in self.context.columns if column.family in TIMES]
            if len(dated) != 1:
                return None
            self.keys.append(Key(column=dated[0]))
        kind = self.kind or self._implied()
        makers = {"histogram": self._histogram, "scatter": self._scatter, "box": self._box, "heatmap": self._heatmap}
        return makers.get(str(kind), self._grouped)()

    def _oppose(self, key: Key) -> None:
        """As in "a vs b": two numbers against each other, or a figure along a key."""
        if (
            self._column(key.column).family in NUMBERS
            and not self.figures
            and len(self.columns) == 1
            and self.kind in (None, "scatter")
        ):
            self.columns.append(key.column)
        else:
            self.keys.insert(0, key)

    def _implied(self) -> str | None:
        numbers = [name for name in self.columns if self._column(name).family in NUMBERS]
        about = self.request.about
        if about == "distribution" and len(numbers) == 1 and not self.keys:
            return "histogram"
        if about == "distribution" and len(numbers) == 1:
            return "box"
        if about == "correlation" or (len(numbers) == 2 and not self.figures and self.x is None and self.y is None):
            return "scatter"
        crossed = [key for key in self.keys if self._column(key.column).family in NUMBERS and key.unit is None]
        if (
            len(numbers) == 1
            and len(crossed) == 1
            and not self.figures
            and not self._is_time(crossed[0])
            and not about
            and len(self.keys) == 1
        ):
            return "scatter" if self._column(crossed[0].column).distinct > 12 else None
        return "line" if about == "trend" else None

    def _column(self, name: str) -> ColumnContext:
        return self.context.column(name)

    def _is_time(self, key: Key) -> bool:
        column = self._column(key.column)
        return column.family in TIMES or "year" in column.name.lower()

    def _made(self, **parts: object) -> Chart:
        request = self.request
        return Chart(kind=self.kind, facet=request.facet, size=request.size, where=request.where, **{**request.options, **parts})

    def _rest(self, keys: list[Key]) -> Key | bool | None:
        """The colour: what was said, or the one key that is left; False where too much is left."""
        if self.color is not None:
            return False if keys else self.color
        return False if len(keys) > 1 else keys[0] if keys else None

    def _histogram(self) -> Chart | None:
        names = [*([self.x.column] if self.x else []), *self.columns, *(key.column for key in self.keys)]
        names = list(dict.fromkeys(names))
        if self.figures or not names or len(names) > 2 or self._column(names[0]).family not in NUMBERS | TIMES:
            return None
        color = self.color or (Key(column=names[1]) if len(names) == 2 else None)
        if self.color is not None and len(names) == 2:
            return None
        self.kind = "histogram"
        return self._made(x=Key(column=names[0]), color=color)

    def _scatter(self) -> Chart | None:
        names = self.columns + [key.column for key in self.keys]
        if self.figures:
            names = [measure.column for measure in self.figures if measure.column is not None] + names
            if self.kind != "scatter" or any(measure.fn != "mean" for measure in self.figures):
                return None
        x = self.x.column if self.x is not None else None
        y = self.y.column if isinstance(self.y, Key) else None
        names = [name for name in dict.fromkeys(names) if name not in (x, y)]
        numbers = [name for name in names if self._column(name).family in NUMBERS | TIMES]
        if x is None and y is None and not numbers:
            return None
        if (
            self.request.about != "correlation"
            and self.kind is None
            and x is None
            and len(numbers) == 2
            and self.keys
            and numbers[1] == self.keys[0].column
        ):
            numbers = numbers[::-1]
        x = x or (numbers.pop(0) if len(numbers) + (y is not None) > 1 else None)
        y = y or (numbers.pop(0) if numbers else None)
        left = [name for name in names if name not in (x, y)]
        if y is None or (x is None and len(left) > 1):
            return None
        if x is None and not (left or self.request.strip):
            return None
        if x is None:
            along = left.pop() if left else None
            self.kind = "scatter"
            return self._made(x=None if along is None else Key(column=along), y_column=y, color=self.color)
        color = self._rest([Key(column=name) for name in left])
        if isinstance(color, bool):
            return None
        self.kind = "scatter"
        return self._made(x=Key(column=x), y_column=y, color=color)

    def _box(self) -> Chart | None:
        names = [*self.columns, *(measure.column for measure in self.figures if measure.column is not None)]
        numbers = [name for name in names if self._column(name).family in NUMBERS]
        if isinstance(self.y, Key):
            numbers.insert(0, self.y.column)
        keys = [*([self.x] if self.x else []), *self.keys, *(Key(column=name) for name in names if name not in numbers)]
        if len(numbers) != 1 or len(keys) > 2 or (self.figures and self.kind is None):
            return None
        color = self._rest(keys[1:])
        if isinstance(color, bool):
            return None
        self.kind = "box"
        return self._made(x=keys[0] if keys else None, y_column=numbers[0], color=color)

    def _heatmap(self) -> Chart | None:
        names = [*([self.x.column] if self.x else []), *self.columns, *(key.column for key in self.keys)]
        figures = list(self.figures)
        if len(names) == 3 and not figures and self._column(names[0]).family in NUMBERS:
            figures = [Measure(fn="sum", column=names.pop(0))]
        if len(names) != 2 or self.color is not None:
            return None
        keyed = {key.column: key for key in self.keys}
        return self._made(x=keyed.get(names[0], Key(column=names[0])), y_column=names[1], y=figures or [Measure(fn="count")])

    def _grouped(self) -> Chart | None:  # noqa: C901 - one case after another
        """Bars, lines, areas, slices: figures along a key."""
        numbers = [name for name in self.columns if self._column(name).family in NUMBERS]
        labels = [Key(column=name) for name in self.columns if name not in numbers]
        if isinstance(self.y, Key):
            if self._column(self.y.column).family in NUMBERS:
                numbers.append(self.y.column)
            else:
                labels.append(self.y)
        keys = [*([self.x] if self.x is not None else []), *self.keys, *labels]
        if not keys and not self.figures and len(numbers) > 1:
            keys = [Key(column=numbers.pop(0))] if self._column(numbers[0]).distinct <= 40 else [Key(column=numbers.pop())]
        if self.kind is None and not keys and len(numbers) == 1 and not self.figures:
            return self._histogram()
        if self.kind in ("bar", "pie") and not keys and len(numbers) == 1 and not self.figures:
            if self._column(numbers[0]).distinct > _FEW:
                return None
            keys = [Key(column=numbers.pop())]
        if not numbers and not self.figures and len(keys) == 2:
            many = [
                key for key in keys if self._column(key.column).family in NUMBERS and self._column(key.column).distinct > _FEW
            ]
            if len(many) == 1 and not self._is_time(many[0]):
                keys.remove(many[0])
                numbers = [many[0].column]
        keys = self._in_order(list({(key.column, key.unit): key for key in keys}.values()))
        if not keys and not self.figures and not numbers and self.later:
            return self._as_it_is()
        if not keys and not self.figures:
            keys = self._label()
        if not keys and not (self.kind in (None, "bar") and self.figures):
            return None
        if self.kind == "pie" and self.color is not None and not keys:
            keys = [self.color]
        color = self._rest(keys[1:])
        if isinstance(color, bool):
            return None
        return self._figured(keys[0] if keys else None, color, numbers)

    def _figured(self, x: Key | None, color: Key | None, numbers: list[str]) -> Chart | None:
        if self.figures and numbers:
            return None
        if self.figures:
            return self._made(x=x, y=self.figures, color=color)
        if not numbers:
            return self._made(x=x, y=[Measure(fn="count")], color=color)
        raw = (
            x is not None
            and (self._column(x.column).unique or self.later)
            and x.unit is None
            and color is None
            and len(numbers) == 1
        )
        flat = x is not None and (self.kind in _LINES or (self.kind is None and self._is_time(x)))
        if raw and flat:
            return self._made(x=x, y_column=numbers[0])
        return self._made(x=x, y=[Measure(fn="mean" if flat else "sum", column=name) for name in numbers], color=color)

    def _in_order(self, keys: list[Key]) -> list[Key]:
        """The key that a line goes along first: one of time."""
        if self.kind not in (*_LINES, None) or self.x is not None:
            return keys
        return sorted(keys, key=lambda key: not self._is_time(key))

    def _as_it_is(self) -> Chart | None:
        """As in "as a bar chart" of the table that the steps before made: its numbers along its first other column."""
        columns = self.context.columns
        along = [column for column in columns if column.family not in NUMBERS or column.name == columns[0].name][:1]
        numbers = [column.name for column in columns if column.family in NUMBERS and column not in along]
        others = [column for column in columns if column.name not in numbers and column not in along]
        if not along or not numbers or others or self.request.query.conditions or len(numbers) > 4:
            return None
        x = Key(column=along[0].name)
        if self.kind in _LINES and len(numbers) == 1:
            return self._made(x=x, y_column=numbers[0])
        return self._made(x=x, y=[Measure(fn="sum", column=name) for name in numbers])

    def _label(self) -> list[Key]:
        """What rows are called by, where only rows are asked for."""
        if self.request.about or not self.request.query.conditions:
            return []
        texts = [column.name for column in self.context.columns if column.family == "text"]
        unique = [name for name in texts if self._column(name).unique]
        return [Key(column=unique[0])] if len(unique) == 1 else []
