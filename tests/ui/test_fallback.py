"""Without the server extension, and even without the JupyterLab extension, the widget's own messages carry the grid."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from servers import Server

from ui.conftest import ORDERS, watched
from ui.grid import Grid, until
from ui.lab import Lab, Notebook
from ui.test_busy import LOOP


@pytest.fixture(scope="module", params=["no server extension", "no extension at all"])
def plain_lab(request: pytest.FixtureRequest, browser: Browser, plain_server: Server) -> Iterator[Lab]:
    """A page on a server without our server extension; in the second round JupyterLab does not load ours either."""
    page_config = plain_server.base / "config" / "labconfig" / "page_config.json"
    if request.param == "no extension at all":
        page_config.parent.mkdir(exist_ok=True)
        page_config.write_text(json.dumps({"disabledExtensions": {"tabweave": True}}))
    opened = Lab(browser, plain_server.url, plain_server.token)
    has_ours = opened.page.evaluate("() => globalThis[Symbol.for('tabweave')] !== undefined")
    assert has_ours == (request.param == "no server extension")
    yield opened
    opened.close()
    page_config.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def plain_notebook(plain_lab: Lab) -> Iterator[Notebook]:
    """One notebook for the tests of this module."""
    opened = plain_lab.fresh_notebook()
    yield opened
    opened.close()


@pytest.fixture
def notebook(plain_notebook: Notebook, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Notebook]:
    with watched(plain_notebook.lab, request, tmp_path):
        yield plain_notebook
        plain_notebook.clear()


@pytest.fixture
def orders(notebook: Notebook) -> Grid:
    notebook.execute(ORDERS)
    grid = Grid.show(notebook, "df")
    assert grid.carrier() == "comm"
    return grid


def test_edits_and_code_changes_go_both_ways_over_the_widget(notebook: Notebook, orders: Grid) -> None:
    orders.enter(1, "qty", "42")
    orders.wait_frame("df['qty'].tolist()", [3, 42, 4, 1, 5])
    orders.saved()
    notebook.execute("df.loc[2, 'item'] = 'notebook'")
    orders.wait_text(2, "item", "notebook")
    notebook.execute("df['total'] = df['qty'] * df['price']")
    until("the new column is there", lambda: "total" in orders.columns())
    orders.enter(0, "price", "abc")
    orders.page.get_by_role("alert").get_by_text("'abc' is not a number for price").wait_for()


def test_a_view_and_a_profile_come_over_the_widget(orders: Grid) -> None:
    orders.column_menu("price", "Sort descending")
    until("it is sorted", lambda: orders.column("item") == ["ink", "box", "pad", "pen", "cap"])
    menu = orders.column_menu("price")
    until("the profile is there", lambda: "0.8" in menu.inner_text())
    orders.press("Escape")
    menu.wait_for(state="hidden")


def test_fifty_fast_edits_are_all_saved_over_the_widget(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'a': range(60)})")
    grid = Grid.show(notebook, "df")
    grid.at(0, "a")
    for number in range(50):
        grid.type(str(1000 + number))
        grid.press("Enter")
    grid.wait_frame("df['a'].tolist()", [*range(1000, 1050), *range(50, 60)])
    grid.saved()


def test_a_large_paste_and_a_far_scroll_come_over_the_widget(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'n': np.arange(1_000_000) * 3})")
    grid = Grid.show(notebook, "df")
    grid.at(0, "n")
    grid.press("Control+End")
    until("the last row is here", lambda: grid.row(999_999) == ["2999997"])


def test_editing_goes_on_while_a_cell_speaks_on_the_widget_and_loops(notebook: Notebook, orders: Grid) -> None:
    orders.at(0, "qty")
    busy = notebook.begin(f"import tabweave\ntabweave.table('df').set('price', 0.5, row=0)\n{LOOP}")
    orders.root.scroll_into_view_if_needed()
    orders.wait_text(0, "price", "0.5")
    orders.column_menu("price", "Sort ascending")
    until("it is sorted", lambda: orders.column("item") == ["pen", "cap", "pad", "box", "ink"])
    orders.enter(0, "qty", "77")
    orders.wait_text(0, "qty", "77")
    notebook.wait_run(busy)
    assert orders.frame("ended_by_the_edit")
