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
from ui.people import Guest, create, server_of_people


@pytest.fixture
def far_kernel(distant_notebook: Notebook, server: Server) -> Iterator[Kernel]:
    """The kernel of the notebook whose line can be cut, reached without that line; its frame is in a grid."""
    distant_notebook.execute(ORDERS)
    kernel = Kernel(server, distant_notebook.kernel_id)
    yield kernel
    kernel.disconnect()


def test_what_was_typed_while_the_connection_was_broken_is_saved_when_it_is_mended(
    distant_notebook: Notebook, line: Line, far_kernel: Kernel
) -> None:
    grid = Grid.show(distant_notebook, "df")
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
    distant_notebook: Notebook, line: Line, far_kernel: Kernel, way: str
) -> None:
    grid = Grid.show(distant_notebook, "df")
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


def test_a_restarted_kernel_is_told_in_words_and_the_cells_can_be_run_again(notebook: Notebook) -> None:
    notebook.execute(ORDERS)
    grid = Grid.show(notebook, "df")
    grid.enter(0, "qty", "5")
    grid.saved()
    notebook.restart()
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


def test_a_reopened_notebook_finds_its_running_grid_and_other_widgets(lab: Lab, notebook: Notebook) -> None:
    notebook.execute(ORDERS)
    notebook.execute("import ipywidgets\nipywidgets.IntSlider(value=37)")
    grid = Grid.show(notebook, "df")
    grid.enter(0, "qty", "9")
    grid.wait_frame("int(df['qty'].iloc[0])", 9)
    notebook.save()
    notebook.leave()
    again = lab.open_notebook(notebook.path)
    again.cell(2).get_by_role("slider").wait_for()
    grid = Grid(again, 3)
    grid.root.scroll_into_view_if_needed()
    grid.wait_loaded()
    grid.wait_text(0, "qty", "9")
    assert again.cell(3).locator(".tw-Static").count() == 0
    grid.enter(1, "qty", "10")
    grid.wait_frame("df['qty'].tolist()", [9, 10, 4, 1, 5])


def test_a_notebook_reopened_without_its_kernel_shows_tables_and_charts_as_saved(lab: Lab) -> None:
    notebook = lab.fresh_notebook()
    notebook.execute(ORDERS)
    grid = Grid.show(notebook, "df")
    grid.enter(0, "qty", "9")
    grid.saved()
    notebook.execute("df")
    notebook.execute("%tab chart df pie x=kind")
    notebook.cell(4).locator(".tw-Chart .main-svg").first.wait_for()
    notebook.save()
    notebook.close()
    again = lab.open_notebook(notebook.path, kernel=False)
    output = again.cell(2).locator(".jp-OutputArea")
    output.locator(".tw-Static table").wait_for()
    assert output.locator("tbody tr").count() == 5
    assert output.locator("thead th").all_inner_texts() == ["item", "qty", "price", "kind", "paid", "day"]
    assert "df: 5 rows" in output.inner_text()
    assert "model not found" not in output.inner_text()
    picture = again.cell(4).locator(".tw-Chart svg[role=img]")
    picture.wait_for()
    assert "count by kind" in picture.inner_html()
    again.leave()


def test_a_killed_server_is_reached_again_with_what_was_typed_meanwhile_and_the_lost_kernel_is_told(
    browser: Browser, tmp_path: Path
) -> None:
    with server_of_people(tmp_path / "server") as server:
        create(server, "stock", records=[{"item": "pen", "qty": 3}, {"item": "ink", "qty": 1}])
        lab = Lab(browser, server.url, "ann", cookies={"person": "ann"})
        with watched(lab):
            notebook = lab.fresh_notebook()
            notebook.execute(ORDERS)
            private = Grid.show(notebook, "df")
            guest = Guest(lab)
            shared = guest.open("stock")
            shared.enter(0, "qty", "10")
            shared.saved()
            shared.at(1, "qty")
            server.kill()
            until("both grids say so", lambda: all("lost" in grid.said() for grid in (shared, private)))
            shared.type("20")
            shared.press("Enter")
            server.start()
            shared.saved()
            assert shared.column("qty") == ["10", "20"]
            status, page = server.request("GET", "tabweave/api/v1/datasets/stock/rows")
            assert (status, [record["values"]["qty"] for record in page["records"]]) == (200, [10, 20])
            guest.close_table()
            until("the kernel is missed", lambda: "kernel" in private.said(), 30)
            private.root.get_by_role("button", name="Run the cells down to here").wait_for()
        lab.close()
