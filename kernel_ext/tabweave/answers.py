"""What a question comes to: a DataFrame of its own and the charts asked for; or the readings to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from tabweave_core.charts.chart import picture
from tabweave_core.plans.statement import readable
from tabweave_core.protocol import plan as p

from .charts import ChartView
from .displays import choice_html, choice_text, frame_html, frame_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from .handles import Table
    from .staging import Stage


class Answer:
    """A question's answer. `df` is a new DataFrame; the table that was asked is as it was."""

    def __init__(
        self,
        table: Table,
        command: str,
        words: str,
        plan: p.Plan,
        sql: str,
        df: pd.DataFrame,
        charts: list[ChartView],
        read_by: str = "",
    ) -> None:
        self.table = table
        self.command = command
        self.words = words
        self.read_by = read_by
        """Who read the command: the built-in rules, or which model, and what that took."""
        self.sql = sql
        self.df = df
        self.charts = charts
        self._plan = plan

    @classmethod
    def of(cls, stage: Stage, table: Table, command: str, words: str, read_by: str = "") -> Answer:
        """The answer that a stage holds; the stage is let go."""
        asked = chart_steps(stage.plan)
        rev = stage.ground.rev if len(asked) == len(stage.plan.steps) else None
        charts = [ChartView(table, step, rev, picture(stage.connection, stage.result, step)) for step in asked]
        sql = readable(stage.compiled.sql, stage.compiled.values)
        answer = cls(table, command, words, stage.plan, sql, stage.frame(), charts, read_by)
        stage.close()
        return answer

    @property
    def plan(self) -> dict[str, Any]:
        """The plan as JSON; `t.ask(plan=…)` takes it back, changed or not."""
        found: dict[str, Any] = msgspec.to_builtins(self._plan)
        return found

    def code(self) -> str:
        """The plan as pandas code."""
        from .plan_code import plan_code

        return plan_code(self._plan, self.table)

    def __repr__(self) -> str:
        parts = [repr(chart) for chart in self.charts]
        return "\n".join(parts) if parts else frame_text(self.df, self._said)

    def _repr_html_(self) -> str:
        return "".join(chart.html() for chart in self.charts) or frame_html(self.df, self._said)

    @property
    def _said(self) -> str:
        return f"{self.words} ({self.read_by})" if self.words and self.read_by else self.words


class Choice:
    """A command that may mean several things; `choose(1)` says which."""

    def __init__(self, table: str, command: str, readings: Sequence[str], choose: Callable[[int], Any]) -> None:
        self.table = table
        self.command = command
        self.readings = list(readings)
        self._choose = choose

    def choose(self, reading: int) -> Any:
        """What the command does when it is read as the first, second … reading."""
        return self._choose(reading)

    def __repr__(self) -> str:
        return choice_text(self.table, self.command, self.readings)

    def _repr_html_(self) -> str:
        return choice_html(self.table, self.command, self.readings)


def chart_steps(plan: p.Plan) -> list[p.Chart]:
    """The charts that a plan asks for."""
    return [step for step in plan.steps if isinstance(step, p.Chart)]
