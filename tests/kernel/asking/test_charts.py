"""Charts in a notebook: what words ask for, the static picture, the widget that follows edits, and files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import tabweave as tw
from tabweave.chart_widget import ChartWidget, plotly_source
from tabweave.charts import ChartView, chart_step
from tabweave_core.errors import BadMessage, NotFound
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


def test_a_chart_widget_follows_edits(table: Table) -> None:
    widget = ChartWidget(table.chart("bar", x="region", y="sum(amount)"))
    assert widget.figure["data"][0]["y"] == [4.0, 2.0]
    table.set("amount", 10, row=1)
    for call in table.home._waiting:
        call()
    assert widget.figure["data"][0]["y"] == [10.0, 4.0]
    widget.close()


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
