"""Connections break, kernels and servers restart, notebooks are reopened: nothing is lost in silence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from servers import Kernel, Server

from ui.conftest import ORDERS, watched
from ui.grid import Grid, until
from ui.lab import Lab, Notebook
from ui.line import Line


@pytest.fixture
def line(server: Server) -> Iterator[Line]:
    opened = Line(server.url)
    yield opened
    opened.close()


@pytest.fixture
def distant(browser: Browser, server: Server, line: Line) -> Iterator[Notebook]:
    """A notebook on a page whose line to the server can be cut."""
    lab = Lab(browser, line.url, server.token)
    opened = lab.fresh_notebook()
    yield opened
    opened.close()
    lab.close()


@pytest.fixture
def far_kernel(distant: Notebook, server: Server) -> Iterator[Kernel]:
    """The kernel of that notebook, reached without the line; its frame is in a grid."""
    distant.execute(ORDERS)
    kernel = Kernel(server, distant.kernel_id)
    yield kernel
    kernel.disconnect()


def test_what_was_typed_while_the_connection_was_broken_is_saved_when_it_is_mended(
    distant: Notebook, line: Line, far_kernel: Kernel
) -> None:
    grid = Grid.show(distant, "df")
    grid.at(1, "qty")
    line.cut()
    until("the grid says so", lambda: "connection is lost" in grid.said())
    grid.type("77")
    grid.press("Enter")
    grid.wait_text(1, "qty", "77")
    assert far_kernel.run("print(df['qty'].tolist())").strip() == "[3, 1, 4, 1, 5]"
    far_kernel.run("df.loc[3, 'qty'] = 8")
    line.mend()
    grid.saved()
    assert far_kernel.run("print(df['qty'].tolist())").strip() == "[3, 77, 4, 8, 5]"
    grid.wait_text(3, "qty", "8")


@pytest.mark.parametrize("way", ["up", "down"])
def test_an_edit_lost_on_its_way_and_one_whose_answer_was_lost_are_both_made_once(
    distant: Notebook, line: Line, far_kernel: Kernel, way: str
) -> None:
    grid = Grid.show(distant, "df")
    grid.at(1, "qty")
    line.lose(way)
    grid.cell_menu("Insert row above")
    expected = 5 if way == "up" else 6
    until("the edit has gone out", lambda: grid.root.get_by_text("Saving").count())
    until("it came as far as it can", lambda: far_kernel.run("print(len(df))").strip() == str(expected))
    line.cut()
    until("the grid says so", lambda: "connection is lost" in grid.said())
    line.mend()
    grid.saved()
    assert far_kernel.run("print(len(df))").strip() == "6"
    until("the new row shows", lambda: grid.count() == 6)
    assert grid.column("item") == ["pen", "missing", "ink", "pad", "cap", "box"]


def test_a_restarted_kernel_is_told_in_words_and_the_cells_can_be_run_again(own_notebook: Notebook) -> None:
    own_notebook.execute(ORDERS)
    grid = Grid.show(own_notebook, "df")
    grid.enter(0, "qty", "5")
    grid.saved()
    own_notebook.restart()
    until("the grid says so", lambda: "restarted" in grid.said())
    grid.press_button("Run the cells down to here")
    until("the grid is back", lambda: grid.root.count() and grid.rows() and not grid.said())
    grid.wait_text(0, "qty", "3")
    grid.enter(0, "qty", "6")
    grid.wait_frame("df['qty'].tolist()", [6, 1, 4, 1, 5])


def test_a_deleted_variable_is_told_in_words(notebook: Notebook, orders: Grid) -> None:
    notebook.execute("del df")
    until("the grid says so", lambda: "df" in orders.said())
    notebook.execute("df = pd.DataFrame({'x': [1, 2]})")
    again = Grid.show(notebook, "df")
    again.enter(1, "x", "3")
    again.wait_frame("df['x'].tolist()", [1, 3])


def test_a_reopened_notebook_finds_its_running_grid_and_other_widgets(lab: Lab, own_notebook: Notebook) -> None:
    own_notebook.execute(ORDERS)
    own_notebook.execute("import ipywidgets\nipywidgets.IntSlider(value=37)")
    grid = Grid.show(own_notebook, "df")
    grid.enter(0, "qty", "9")
    grid.wait_frame("int(df['qty'].iloc[0])", 9)
    own_notebook.save()
    own_notebook.leave()
    again = lab.open_notebook(own_notebook.path)
    again.cell(2).get_by_role("slider").wait_for()
    grid = Grid(again, 3)
    grid.root.scroll_into_view_if_needed()
    grid.wait_loaded()
    grid.wait_text(0, "qty", "9")
    assert again.cell(3).locator(".tw-Static").count() == 0
    grid.enter(1, "qty", "10")
    grid.wait_frame("df['qty'].tolist()", [9, 10, 4, 1, 5])


def test_a_notebook_reopened_without_its_kernel_shows_the_table_as_saved(lab: Lab, own_notebook: Notebook) -> None:
    own_notebook.execute(ORDERS)
    grid = Grid.show(own_notebook, "df")
    grid.enter(0, "qty", "9")
    grid.saved()
    own_notebook.execute("df")
    own_notebook.save()
    own_notebook.close()
    again = lab.open_notebook(own_notebook.path, kernel=False)
    output = again.cell(2).locator(".jp-OutputArea")
    output.locator(".tw-Static table").wait_for()
    assert output.locator("tbody tr").count() == 5
    assert output.locator("thead th").all_inner_texts() == ["item", "qty", "price", "kind", "paid", "day"]
    assert "df: 5 rows" in output.inner_text()
    assert "model not found" not in output.inner_text()


def test_a_restarted_server_is_reached_again_and_the_lost_kernel_is_told(
    browser: Browser, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with Server(tmp_path / "server", app="lab") as server:
        lab = Lab(browser, server.url, server.token)
        with watched(lab, request, tmp_path):
            notebook = lab.fresh_notebook()
            notebook.execute(ORDERS)
            grid = Grid.show(notebook, "df")
            server.kill()
            until("the grid says so", lambda: "lost" in grid.said())
            server.start()
            until("the kernel is missed", lambda: "kernel" in grid.said(), 30)
            grid.root.get_by_role("button", name="Run the cells down to here").wait_for()
        lab.close()
