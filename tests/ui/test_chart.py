"""Charts in the browser: they follow edits wherever those are made, look closer, filter the grids, and can be taken along."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.grid import Grid, until
from ui.people import Guest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from ui.lab import Lab, Notebook

SALES = (
    "df = pd.DataFrame({'kind': ['pen', 'ink', 'pen', None], 'price': [1.5, 12.0, 3.25, 7.0], 'qty': [1, 2, 3, 4],"
    " 'day': pd.date_range('2027-01-01', periods=4)})"
)
BARS = {"pen": 4.75, "ink": 12.0, "(missing)": 7.0}


class ChartOnPage:
    """A chart on the screen."""

    def __init__(self, root: Locator) -> None:
        self.root = root
        root.locator(".main-svg").first.wait_for()

    @property
    def page(self) -> Page:
        """The page it is on."""
        return self.root.page

    @property
    def data(self) -> list[dict[str, Any]]:
        """The traces that Plotly draws."""
        found = self.root.locator(".tw-Chart-plot").evaluate(
            "el => el.data.map(({ type, x, y, selectedpoints }) => ({ type, x: [...x], y: [...y], selectedpoints }))"
        )
        assert isinstance(found, list)
        return found

    @property
    def bars(self) -> dict[str, float]:
        """The bars' heights by name."""
        (trace,) = self.data
        return dict(zip(trace["x"], trace["y"], strict=True))

    def shows(self, bars: dict[str, float]) -> None:
        """Waits for these bars."""
        until(f"the chart shows {bars}", lambda: self.bars == bars)

    def drag(self, left: float, right: float) -> None:
        """Drags across the drawing, from one part of its width to another."""
        self.root.scroll_into_view_if_needed()
        box = self.root.locator(".nsewdrag").bounding_box()
        assert box is not None
        mouse = self.page.mouse
        mouse.move(box["x"] + box["width"] * left, box["y"] + box["height"] * 0.2)
        mouse.down()
        mouse.move(box["x"] + box["width"] * right, box["y"] + box["height"] * 0.8, steps=6)
        mouse.up()

    def taken(self, form: str) -> bytes:
        """What is downloaded in a form."""
        self.root.get_by_label("Take the chart along").first.click()
        with self.page.expect_download() as download:
            self.root.get_by_role("menuitem", name=form).click()
        return Path(download.value.path()).read_bytes()


def in_output(notebook: Notebook, line: str) -> ChartOnPage:
    """The chart that a line shows."""
    cell = notebook.append(line)
    notebook.run(cell)
    return ChartOnPage(notebook.cell(cell).locator(".tw-Chart"))


def in_dock(grid: Grid, column: str) -> ChartOnPage:
    """The chart of a column that its menu opens below the cells."""
    grid.column_menu(column, "Chart")
    return ChartOnPage(grid.root.locator(".tw-Chart"))


def test_charts_follow_an_edit_made_in_another_notebook_with_a_kernel_and_without(
    lab: Lab, notebook: Notebook, bos_notebook: Notebook
) -> None:
    notebook.execute(SALES)
    notebook.execute("%tab share df as charted")
    followed = in_output(notebook, "%tab chart df bar x=kind y=sum(price) sort=-y")
    followed.shows(BARS)
    guest = Guest(lab)
    grid = guest.open("charted")
    try:
        docked = in_dock(grid, "kind")
        docked.shows({"pen": 2, "ink": 1, "(missing)": 1})
        docked.root.get_by_label("Figure", exact=True).select_option("sum")
        docked.shows(BARS)
        bos_notebook.execute("%tab join charted as t")
        bos_notebook.execute("t.loc[t.kind == 'ink', 'price'] = 100.5")
        for chart in (followed, docked):
            chart.shows({**BARS, "ink": 100.5})
    finally:
        guest.close_table()
        notebook.execute("%tab drop charted")


def test_a_selection_in_a_chart_filters_the_grids_of_its_table_and_a_double_click_lifts_it(notebook: Notebook) -> None:
    notebook.execute(SALES)
    grid = Grid.show(notebook, "df")
    chart = in_output(notebook, "%tab chart df bar x=kind y=sum(price) sort=-y")
    assert list(chart.bars) == ["ink", "(missing)", "pen"]
    chart.drag(0.02, 0.6)
    until("two of the bars are in the grid", lambda: grid.count() == 2)
    assert grid.column("price") == ["12.0", "7.0"]
    assert chart.data[0]["selectedpoints"] == [0, 1]
    notebook.execute("df.loc[df.kind == 'pen', 'price'] = 50.0")
    chart.shows({"pen": 100.0, "ink": 12.0, "(missing)": 7.0})
    until("the same bars stay selected in their new places", lambda: chart.data[0]["selectedpoints"] == [1, 2])
    chart.root.locator(".nsewdrag").dblclick(position={"x": 10, "y": 10})
    until("all rows are back", lambda: grid.count() == 4)


def test_a_zoom_asks_for_the_part_that_is_looked_at(notebook: Notebook) -> None:
    notebook.execute(
        "df = pd.DataFrame({'t': pd.date_range('2027-01-01', periods=50_000, freq='min'), 'y': np.arange(50_000) % 97})"
    )
    chart = in_output(notebook, "%tab chart df line x=t y=y")
    whole = chart.data[0]["x"]
    assert len(whole) < 6000
    chart.drag(0.4, 0.45)
    until(
        "all points of the part are drawn", lambda: chart.root.locator("[data-looking]").count() and len(chart.data[0]["x"]) > 500
    )
    until("nothing else is", lambda: chart.data[0]["x"][0] > whole[len(whole) // 3])
    steps = {b - a for a, b in zip(chart.data[0]["y"], chart.data[0]["y"][1:], strict=False)}
    assert steps == {1, -96}, "every minute is there"


def test_a_chart_is_taken_along_and_wears_the_pages_colours(lab: Lab, notebook: Notebook) -> None:
    asked: list[str] = []
    lab.page.on("request", lambda request: asked.append(request.url) if "plotly" in request.url else None)
    notebook.execute(SALES)
    chart = in_dock(Grid.show(notebook, "df"), "price")
    png = chart.taken("Picture (PNG)")
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", png[16:24]) == (1800, 1000)
    assert chart.taken("Drawing (SVG)").startswith(b"<svg")
    assert json.loads(chart.taken("Figure (Plotly JSON)"))["data"][0]["y"] == chart.data[0]["y"]
    code = chart.taken("Python code").decode()
    notebook.execute(code.replace("figure.show()", "assert figure.data[0].type == 'histogram'"))
    assert len(asked) <= 1, "the library is loaded once"

    def ink() -> str:
        return str(chart.root.locator(".gtitle").evaluate("title => getComputedStyle(title).fill"))

    light = ink()
    try:
        lab.theme("JupyterLab Dark")
        until("the title is light on dark", lambda: ink() != light)
    finally:
        lab.theme("JupyterLab Light")
