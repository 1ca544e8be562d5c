"""Charts in a notebook: what words ask for, the static picture, the widget that follows edits, and files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import tabweave as tw
from tabweave import questions
from tabweave.chart_widget import ChartWidget
from tabweave.charts import ChartView
from tabweave_core.charts.page import plotly_source
from tabweave_core.charts.words import chart_step
from tabweave_core.errors import BadMessage, NotFound
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.condition import Key, Measure

if TYPE_CHECKING:
    from shell import Notebook
    from tabweave.handles import Table
    from tabweave.workspace import Workspace


@pytest.fixture
def table(home: Workspace) -> Table:
    namespace: Any = home.namespace
    namespace["sales"] = pd.DataFrame(
        {"region": ["West", "East", "West"], "amount": [1.0, 2.0, 3.0], "day": pd.to_datetime(["2026-01-01"] * 3)}
    )
    return tw.table("sales", namespace=namespace)


def test_words_ask_for_columns_parts_of_dates_and_figures() -> None:
    step = chart_step("bar", x="month(day)", y="sum(amount), avg( qty ), count()", color="region", facet=None)
    assert step.x == Key(column="day", unit="month")
    assert step.y == [Measure(fn="sum", column="amount"), Measure(fn="mean", column="qty"), Measure(fn="count")]
    assert step.color == Key(column="region")
    assert chart_step(None, x="region", y="amount", color=None, facet=None).y_column == "amount"


@pytest.mark.parametrize(
    ("kind", "options", "error", "says"),
    [
        ("bra", {}, BadMessage, "no chart 'bra'. Did you mean 'bar'"),
        ("bar", {"x": "region", "y": "summ(amount)"}, BadMessage, "no figure 'summ'"),
        ("bar", {"x": "regoin"}, NotFound, "Did you mean 'region'"),
        ("bar", {"x": "region", "sort": "up"}, BadMessage, "sorted by x, y, -x or -y"),
    ],
)
def test_a_chart_that_cannot_be_says_why(
    table: Table, kind: str, options: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        table.chart(kind, **options)


def test_a_chart_outside_a_kernel_is_a_picture(table: Table) -> None:
    view = table.chart("bar", x="region", y="sum(amount)")
    assert repr(view) == "bar chart: sum of amount by region (2 marks)"
    data, _ = view._repr_mimebundle_()
    assert data["text/html"].startswith('<div class="tw-Chart"')
    assert "<script" not in data["text/html"]


def test_a_chart_widget_says_what_it_is_of_and_how_it_was_drawn(table: Table) -> None:
    widget = ChartWidget(table.chart("bar", x="region", y="sum(amount)"))
    assert (widget.chart["x"], widget.follows) == ({"column": "region"}, True)
    assert widget.drawn["figure"]["data"][0]["y"] == [4.0, 2.0]
    assert (widget.drawn["rev"], widget.drawn["step"]["kind"], repr(widget)[:9]) == (0, "bar", "bar chart")
    widget.draw_preview()
    assert "<svg" in widget.preview
    widget.close()


def test_a_chart_of_an_answer_stays_as_it_is(table: Table) -> None:
    alone = table.ask("bar chart of total amount by region")
    filtered = table.ask("keep rows where amount is above 1, then bar chart of total amount by region")
    filtered = filtered if isinstance(filtered, ChartView) else filtered.charts[0]
    assert (alone.rev, filtered.rev) == (0, None)
    widget = ChartWidget(filtered)
    assert (widget.follows, widget.drawn["figure"]["data"][0]["y"]) == (False, [3.0, 2.0])
    widget.close()
    with pytest.raises(BadMessage, match="not one of the table itself"):
        filtered.redraw()


def test_the_library_goes_by_the_widgets_own_messages_where_the_page_asks(table: Table) -> None:
    widget = ChartWidget(table.chart("bar", x="region"))
    sent: list[tuple[Any, Any]] = []
    widget.send = lambda content, buffers=None: sent.append((content, buffers))
    widget._receive(widget, {"type": "plotly"}, [])
    ((content, (source,)),) = sent
    assert (content, source) == ({"type": "plotly"}, plotly_source())
    widget.close()


def test_a_page_asks_for_a_chart_and_again_after_an_edit(table: Table) -> None:
    frame, question = table.frame, m.AskChart(ch="c", id=7, chart='{"op":"chart","x":{"column":"region"},"y_column":"amount"}')

    def ask() -> m.Charted:
        (answer,) = questions.answer("c", frame, None, question, table.slot.read, lambda: False)
        assert isinstance(answer, m.Charted)
        return answer

    first = ask()
    table.set("amount", 10, row=1)
    second = ask()
    assert (first.re, first.rev, second.rev) == (7, 0, 1)
    assert [json.loads(each.figure)["data"][0]["y"] for each in (first, second)] == [[4.0, 2.0], [10.0, 4.0]]


def test_plotly_is_read_from_the_installed_package_without_importing_it() -> None:
    import sys

    assert b"plotly.js" in plotly_source()[:400]
    assert "plotly.express" not in sys.modules


def test_a_chart_is_saved_as_page_picture_or_json(table: Table, tmp_path: Path) -> None:
    view = table.chart("histogram", x="amount")
    assert isinstance(view, ChartView)
    for name in ("chart.html", "chart.svg", "chart.json"):
        view.save(str(tmp_path / name))
    assert json.loads((tmp_path / "chart.json").read_text()) == view.figure
    assert (tmp_path / "chart.svg").read_text().startswith("<svg")
    assert "Plotly.newPlot" in (tmp_path / "chart.html").read_text()
    with pytest.raises(BadMessage, match=r"Use \.html, \.svg or \.json"):
        view.save(str(tmp_path / "chart.exe"))


def test_the_magic_draws(notebook: Notebook, capsys: pytest.CaptureFixture[str]) -> None:
    notebook.shell.run_line_magic("load_ext", "tabweave")

    def run(line: str) -> str:
        capsys.readouterr()
        notebook.shell.run_cell(line)
        shown = capsys.readouterr()
        return shown.out + shown.err

    assert "bar chart: sum of n by name (3 marks)" in run("%tab chart df bar x=name y=sum(n)")
    assert "bar chart: sum of n by name (2 marks)" in run("%tab chart df bar x=name y=sum(n) top=2")
    assert "top= needs a whole number" in run("%tab chart df bar x=name top=two")
    assert "A chart has no 'z'" in run("%tab chart df bar z=name")
    assert "bar chart" in run('%tab ask df "bar chart of n by name"')
