"""Without the server extension, and even without the JupyterLab extension, the widget's own messages carry the grid."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from servers import Server

from ui import clipboard
from ui.conftest import ORDERS, watched
from ui.grid import Grid, until
from ui.lab import Lab, Notebook
from ui.test_busy import LOOP


@pytest.fixture(scope="module")
def plain_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("plain"), app="lab", extension=False) as started:
        yield started


@pytest.fixture(scope="module", params=["no server extension", "no extension at all"])
def plain_lab(request: pytest.FixtureRequest, browser: Browser, plain_server: Server) -> Iterator[Lab]:
    """A page on a server without our server extension; in the second round JupyterLab does not load ours either."""
    bare = request.param == "no extension at all"
    plain_server.configure_page(disabledExtensions={"tabweave": bare})
    opened = Lab(browser, plain_server.url, plain_server.token)
    assert opened.page.evaluate("() => globalThis[Symbol.for('tabweave')] === undefined") == bare
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def paths() -> list[str]:
    """Where the notebook is whose kernel both rounds use."""
    return []


@pytest.fixture(scope="module")
def plain_notebook(plain_lab: Lab, paths: list[str]) -> Iterator[Notebook]:
    """One notebook for the tests of this module."""
    opened = plain_lab.open_notebook(paths[0]) if paths else plain_lab.fresh_notebook()
    paths.append(opened.path)
    opened.save()
    yield opened
    opened.leave()


@pytest.fixture
def notebook(plain_notebook: Notebook) -> Iterator[Notebook]:
    with watched(plain_notebook.lab):
        yield plain_notebook
        plain_notebook.clear()


@pytest.fixture
def orders(notebook: Notebook) -> Grid:
    notebook.execute(ORDERS)
    grid = Grid.show(notebook, "df")
    assert grid.carrier() == "comm"
    return grid


def test_edits_code_changes_views_and_profiles_go_over_the_widget(notebook: Notebook, orders: Grid) -> None:
    orders.enter(1, "qty", "42")
    orders.wait_frame("df['qty'].tolist()", [3, 42, 4, 1, 5])
    orders.saved()
    notebook.execute("df.loc[2, 'item'] = 'notebook'\ndf['total'] = df['qty'] * df['price']")
    orders.wait_text(2, "item", "notebook")
    until("the new column is there", lambda: "total" in orders.columns())
    orders.enter(0, "price", "abc")
    orders.page.get_by_role("alert").get_by_text("'abc' is not a number for price").wait_for()
    orders.press("Escape")
    orders.column_menu("price", "Sort descending")
    until("it is sorted", lambda: orders.column("item") == ["ink", "box", "notebook", "pen", "cap"])
    menu = orders.column_menu("price")
    until("the profile is there", lambda: "0.8" in menu.inner_text())
    orders.press("Escape")
    menu.wait_for(state="hidden")


def test_fifty_fast_edits_a_large_paste_and_a_far_scroll_go_over_the_widget(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'n': np.arange(1_000_000) * 3})")
    grid = Grid.show(notebook, "df")
    grid.at(0, "n")
    for number in range(50):
        grid.type(str(1000 + number))
        grid.press("Enter")
    grid.wait_frame("df['n'].iloc[:51].tolist()", [*range(1000, 1050), 150])
    grid.saved()
    clipboard.put(grid.page, "\n".join(str(number) for number in range(20_000)))
    grid.press("Control+v")
    grid.wait_frame("[int(df['n'].iloc[50:20_050].sum()), int(df['n'].iloc[20_050])]", [199_990_000, 60_150])
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
