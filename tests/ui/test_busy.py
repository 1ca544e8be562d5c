"""A running cell does not stop the grid: not over the relay, and not over the widget's own messages."""

from __future__ import annotations

from ui.grid import Grid, until
from ui.lab import Notebook

LOOP = """import time
_end, _turns = time.time() + 30, 0
while time.time() < _end and df['qty'].iloc[0] != 77:
    for _ in range(100_000): _turns += 1
ended_by_the_edit = time.time() < _end
"""


def test_scrolling_and_editing_go_on_while_a_cell_loops(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'qty': range(200_000), 'twice': range(0, 400_000, 2)})")
    grid = Grid.show(notebook, "df")
    grid.at(0, "qty")
    busy = notebook.begin(LOOP)
    grid.root.scroll_into_view_if_needed()
    grid.focus()
    grid.press("Control+End")
    until("the last rows are here", lambda: grid.row(199_999) == ["199999", "399998"])
    grid.enter(0, "qty", "77")
    grid.wait_text(0, "qty", "77")
    notebook.wait_run(busy)
    assert grid.frame("ended_by_the_edit")


def test_a_sort_and_a_profile_go_on_while_a_cell_loops(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'qty': [3, 1, 2], 'x': [0.5, 10.25, 5.0]})")
    grid = Grid.show(notebook, "df")
    grid.at(0, "qty")
    busy = notebook.begin(LOOP)
    grid.root.scroll_into_view_if_needed()
    grid.column_menu("x", "Sort descending")
    until("it is sorted", lambda: grid.column("x") == ["10.25", "5.0", "0.5"])
    menu = grid.column_menu("x")
    until("the profile is there", lambda: "10.25" in menu.inner_text())
    grid.press("Escape")
    menu.wait_for(state="hidden")
    grid.enter(2, "qty", "77")
    notebook.wait_run(busy)
    assert grid.frame("ended_by_the_edit")


def test_the_grid_can_be_opened_on_a_frame_as_a_loop_begins(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'qty': [3, 1, 2]})")
    cell = notebook.append("%tab df")
    notebook.run(cell, wait=False)
    busy = notebook.begin(LOOP)
    grid = Grid(notebook, cell)
    grid.root.scroll_into_view_if_needed()
    grid.wait_loaded()
    grid.enter(0, "qty", "77")
    notebook.wait_run(busy)
    assert grid.frame("ended_by_the_edit")
