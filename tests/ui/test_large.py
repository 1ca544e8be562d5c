"""Size does not matter: ten million rows and ten thousand columns open, scroll and take edits like a hundred."""

from __future__ import annotations

from ui.grid import Grid, until
from ui.lab import Notebook


def own_rows(grid: Grid) -> list[int]:
    """The rows on the screen, each of which must show its own number three times over."""
    rows = {row: texts for row, texts in grid.rows().items() if texts != ["loading"]}
    assert all(texts == [str(row * 3)] for row, texts in rows.items()), rows
    return sorted(rows)


def test_ten_million_rows_show_the_right_ones_after_every_jump(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'n': np.arange(10_000_000) * 3})")
    grid = Grid.show(notebook, "df")
    assert grid.count() == 10_000_000
    grid.focus()
    for row in (5_000_000, 9_999_999, 123_456, 0):
        grid.press("Control+g")
        grid.page.get_by_label("Go to row and column").fill(str(row + 1))
        grid.press("Enter")
        until(f"row {row} is here", lambda row=row: row in own_rows(grid))
        grid.wait_cursor(row, "n")
    grid.press("Control+End")
    until("the last row is here", lambda: 9_999_999 in own_rows(grid))
    grid.press("PageUp", "PageUp")
    until("the rows before it are here", lambda: own_rows(grid)[0] < 9_999_980 and grid.cursor()[1] in own_rows(grid))


def test_the_wheel_and_the_scroll_bar_show_the_right_rows_of_ten_million(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'n': np.arange(10_000_000) * 3})")
    grid = Grid.show(notebook, "df")
    box = grid.canvas.bounding_box()
    assert box is not None
    mouse = grid.page.mouse
    mouse.move(box["x"] + 200, box["y"] + 200)
    mouse.wheel(0, 28 * 1000)
    until("the wheel has scrolled", lambda: own_rows(grid)[:1] > [500])
    bar, top, middle = box["x"] + box["width"] + 8, box["y"] + 24, box["y"] + box["height"] / 2
    mouse.move(bar, top)
    mouse.down()
    mouse.move(bar, middle, steps=8)
    mouse.up()
    until("the scroll bar has scrolled", lambda: own_rows(grid)[:1] > [100_000])
    first = own_rows(grid)[0]
    mouse.move(box["x"] + 200, box["y"] + 200)
    mouse.wheel(0, 28 * 5)
    until("the wheel goes on from there", lambda: first < own_rows(grid)[0] < first + 40)


def test_an_edit_far_down_lands_in_its_row(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'n': np.arange(10_000_000) * 3})")
    grid = Grid.show(notebook, "df")
    grid.focus()
    grid.press("Control+g")
    grid.page.get_by_label("Go to row and column").fill("7654321")
    grid.press("Enter")
    grid.wait_cursor(7_654_320, "n")
    grid.type("-1")
    grid.press("Enter")
    grid.wait_frame("np.flatnonzero(df['n'] < 0).tolist()", [7_654_320])
    assert grid.frame("int(df['n'].sum()) == 3 * (10_000_000 * 9_999_999 // 2) - 3 * 7_654_320 - 1")


def test_ten_thousand_columns_open_and_the_last_can_be_edited(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame(np.zeros((40, 10_000)), columns=[f'c{i}' for i in range(10_000)])")
    grid = Grid.show(notebook, "df")
    grid.focus()
    grid.press("Control+ArrowRight")
    until("the last column is here", lambda: grid.columns()[-1:] == ["c9999"])
    grid.wait_cursor(0, "c9999")
    grid.type("5.5")
    grid.press("Enter")
    grid.wait_frame("[float(df.iat[0, 9999]), float(df.to_numpy().sum())]", [5.5, 5.5])
    grid.press("Control+g")
    grid.page.get_by_label("Go to row and column").fill("3, c5000")
    grid.press("Enter")
    grid.wait_cursor(2, "c5000")
    until("it is drawn", lambda: "c5000" in grid.columns() and grid.text(2, "c5000") == "0.0")


def test_an_empty_frame_opens_and_gets_its_first_row(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'a': pd.Series([], dtype='float64'), 'b': pd.Series([], dtype='str')})")
    grid = Grid.show(notebook, "df")
    assert grid.count() == 0
    grid.root.get_by_role("button", name="row").first.click()
    grid.wait_frame("len(df)", 1)
    grid.enter(0, "a", "2.5")
    grid.wait_frame("df['a'].tolist()", [2.5])
