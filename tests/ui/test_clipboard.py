"""Tables go in and out over the clipboard, and cells are filled."""

from __future__ import annotations

import pytest

from ui import clipboard
from ui.grid import Grid, until
from ui.lab import Notebook


def paste(grid: Grid, text: str, html: str | None = None) -> None:
    """Fills the clipboard and presses the keys."""
    clipboard.put(grid.page, text, html)
    grid.press("Control+v")


def test_a_paste_of_a_thousand_rows_is_one_edit_and_one_undo(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame(np.zeros((2000, 10)), columns=list('abcdefghij'))")
    grid = Grid.show(notebook, "df")
    grid.at(1, "a")
    paste(grid, "\n".join("\t".join(str(row * 10 + column) for column in range(10)) for row in range(1000)))
    expected = "df.iloc[1:1001].to_numpy().ravel().tolist() == list(range(10000)) and float(df.iloc[1001:].to_numpy().sum()) == 0"
    grid.wait_frame(expected, True)
    grid.wait_text(1, "j", "9.0")
    grid.press("Control+z")
    grid.wait_frame("float(df.to_numpy().sum())", 0.0)
    grid.press("Control+y")
    grid.wait_frame(expected, True)


def test_a_table_from_excel_is_pasted_as_its_html_shows_it(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'name': ['', '', ''], 'amount': [0.0, 0.0, 0.0]})")
    grid = Grid.show(notebook, "df")
    grid.at(0, "name")
    rows = (
        " <tr height=20><td height=20 class=xl66 width=64>Tea &amp; more</td><td class=xl65 align=right>12.50</td></tr>\n"
        " <tr height=20><td height=20>first<br>\n  second</td><td align=right>-3</td></tr>\n"
        " <tr height=20><td height=20>a&nbsp;b</td><td align=right>1e3</td></tr>\n"
    )
    paste(grid, "the text", clipboard.EXCEL.format(rows=rows))
    grid.wait_frame("df.to_numpy().tolist()", [["Tea & more", 12.5], ["first\nsecond", -3.0], ["a b", 1000.0]])


def test_a_table_from_sheets_is_pasted_as_its_html_shows_it(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'name': ['', ''], 'qty': [0, 0]})")
    grid = Grid.show(notebook, "df")
    grid.at(0, "name")
    rows = (
        '<tr style="height:21px;"><td style="overflow:hidden;" data-sheets-value="{}">left\tright</td><td>7</td></tr>'
        '<tr style="height:21px;"><td style="overflow:hidden;">"quoted"</td><td>8</td></tr>'
    )
    paste(grid, "the text", clipboard.SHEETS.format(rows=rows))
    grid.wait_frame("df.to_numpy().tolist()", [["left right", 7], ['"quoted"', 8]])


def test_html_without_a_table_is_pasted_as_its_text(orders: Grid) -> None:
    orders.at(1, "item")
    paste(orders, "one\ntwo", "<meta charset='utf-8'><div><span>one</span><br><span>two</span></div>")
    orders.wait_frame("df['item'].tolist()", ["pen", "one", "two", "cap", "box"])


def test_a_paste_longer_than_the_table_asks_and_adds_the_rows(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'a': [1.0, 2.0], 'b': ['x', 'y']})")
    grid = Grid.show(notebook, "df")
    grid.at(1, "a")
    paste(grid, "7\tp\n8\tq\n9\t")
    until("it asks", lambda: "Add 2 rows" in grid.said())
    assert grid.frame("len(df)") == 2
    grid.press("Enter")
    grid.wait_frame("df['a'].tolist()", [1.0, 7.0, 8.0, 9.0])
    assert grid.frame("df['b'].isna().tolist()") == [False, False, False, True]


def test_a_refused_paste_writes_nothing_and_says_where(orders: Grid) -> None:
    before = orders.frame("df.to_json()")
    orders.at(0, "qty")
    paste(orders, "7\t1.5\nmany\t2.5\n8\tdear")
    until("the refusal is told", lambda: "2 cells refused, nothing written" in orders.said())
    assert "'many'" in orders.said()
    assert orders.frame("df.to_json()") == before
    orders.press_button("Go to the first")
    orders.wait_cursor(1, "qty")


@pytest.mark.parametrize("keys", [["Control+c"], ["Shift+F10"]], ids=["keys", "menu"])
def test_a_copy_holds_the_cells_as_text_and_as_a_table(notebook: Notebook, keys: list[str]) -> None:
    notebook.execute("df = pd.DataFrame({'a': ['x<y', 'tab\\there', 'two\\nlines'], 'b': [1.5, 1234567.0, np.nan]})")
    grid = Grid.show(notebook, "df")
    clipboard.put(grid.page, "before")
    grid.at(0, "a")
    grid.press("Control+a", *keys)
    if keys == ["Shift+F10"]:
        grid.page.get_by_role("menuitem", name="Copy", exact=False).first.click()
    held = clipboard.wait_other(grid.page, "before")
    assert held["text/plain"].rstrip("\n") == 'x<y\t1.5\n"tab\there"\t1234567.0\n"two\nlines"\t'
    assert [row[1] for row in held["table"]] == ["1.5", "1234567.0", ""]
    assert [row[0] for row in held["table"]] == ["x<y", "tab\there", "twolines"]


def test_ranges_over_one_another_are_copied_as_one_table(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'a': [1, 2, 3, 4], 'b': [5, 6, 7, 8], 'c': [0, 0, 0, 0]})")
    grid = Grid.show(notebook, "df")
    last = grid.cell_box(3, "a")
    grid.at(0, "a")
    grid.press("Shift+ArrowRight")
    clipboard.put(grid.page, "before")
    mouse = grid.page.mouse
    grid.keyboard.down("Control")
    mouse.move(last["x"] + 20, last["y"] + 14)
    mouse.down()
    mouse.move(last["x"] + 20 + last["width"], last["y"] + 14, steps=4)
    mouse.up()
    grid.keyboard.up("Control")
    until("both ranges are selected", lambda: "Sum 18" in grid.figures())
    grid.press("Control+c")
    held = clipboard.wait_other(grid.page, "before")
    assert held["text/plain"].rstrip("\n") == "1\t5\n4\t8"
    assert held["table"] == [["1", "5"], ["4", "8"]]


def test_a_copied_block_comes_back_unchanged(notebook: Notebook) -> None:
    notebook.execute(
        "df = pd.DataFrame({'n': [0.1, 2e300, -0.0], 's': ['a\\tb', ' \"q\" ', 'x\\ny']})\n"
        "df['t'] = pd.date_range('2027-01-01', periods=3)\n"
        "was = df.copy(deep=True)"
    )
    grid = Grid.show(notebook, "df")
    grid.focus()
    grid.press("Control+a", "Control+c", "Delete")
    grid.wait_frame("bool(df.isna().all(axis=None))", True)
    grid.press("Control+v")
    grid.wait_frame("df.equals(was)", True)


def test_cut_takes_the_cells_along(orders: Grid) -> None:
    orders.at(0, "item")
    orders.press("Shift+ArrowDown", "Control+x")
    orders.wait_frame("df['item'].isna().tolist()", [True, True, False, False, False])
    orders.at(3, "item")
    orders.press("Control+v")
    orders.wait_frame("df['item'].tolist()[2:]", ["pad", "pen", "ink"])


def test_the_fill_handle_goes_on_with_a_series(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'a': [10, 20] + [0] * 8, 'b': range(10)})")
    grid = Grid.show(notebook, "df")
    second = grid.cell_box(1, "a")
    grid.at(0, "a")
    grid.press("Shift+ArrowDown")
    until("the range is selected", lambda: "Sum 30" in grid.figures())
    mouse = grid.page.mouse
    x, y = second["x"] + second["width"] - 3, second["y"] + second["height"] - 2
    mouse.move(x, y)
    mouse.down()
    mouse.move(x - 20, y + 40, steps=4)
    mouse.move(x - 20, second["y"] + 28 * 4 + 10, steps=6)
    mouse.up()
    grid.wait_frame("df['a'].tolist()", [10, 20, 30, 40, 50, 60, 0, 0, 0, 0])
    assert grid.frame("df['b'].tolist()") == list(range(10))
    grid.press("Control+z")
    grid.wait_frame("df['a'].tolist()", [10, 20, 0, 0, 0, 0, 0, 0, 0, 0])


def test_fill_down_and_right_repeat_the_first_cells(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'a': [1, 2, 3], 'b': [4, 5, 6]})")
    grid = Grid.show(notebook, "df")
    grid.at(0, "a")
    grid.press("Shift+ArrowDown", "Shift+ArrowDown", "Control+d")
    grid.wait_frame("df['a'].tolist()", [1, 1, 1])
    grid.at(1, "a")
    grid.press("Shift+ArrowRight", "Control+r")
    grid.wait_frame("df['b'].tolist()", [4, 1, 6])
