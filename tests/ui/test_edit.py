"""What is typed in the grid reaches the user's own DataFrame, and what code does shows in the grid."""

from __future__ import annotations

from ui.grid import Grid, until
from ui.lab import Notebook


def test_a_typed_value_lands_in_the_users_object(notebook: Notebook, orders: Grid) -> None:
    notebook.execute("alias = df")
    orders.enter(1, "qty", "42")
    orders.wait_frame("int(alias.loc[1, 'qty'])", 42)
    assert orders.frame("alias is df")
    assert orders.frame("str(df['qty'].dtype)") == "int64"
    orders.wait_text(1, "qty", "42")


def test_code_that_changes_the_variable_shows_after_the_cell(notebook: Notebook, orders: Grid) -> None:
    notebook.execute("df.loc[2, 'item'] = 'notebook'")
    orders.wait_text(2, "item", "notebook")
    notebook.execute("df['total'] = df['qty'] * df['price']")
    until("the new column is there", lambda: "total" in orders.columns())
    notebook.execute("df = df.sort_values('qty')")
    orders.wait_text(4, "item", "box")
    notebook.execute("df = df[df['qty'] > 1]")
    until("three rows are left", lambda: orders.count() == 3)


def test_the_first_key_on_a_fresh_grid_is_not_lost(orders: Grid) -> None:
    orders.at(0, "qty")
    orders.type("12345")
    orders.press("Enter")
    orders.wait_frame("int(df['qty'].iloc[0])", 12345)


def test_fifty_fast_edits_are_all_saved(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'a': range(60), 'b': range(60)})")
    grid = Grid.show(notebook, "df")
    grid.at(0, "b")
    for number in range(50):
        grid.type(str(1000 + number))
        grid.press("Enter")
    grid.wait_frame("df['b'].tolist()", [*range(1000, 1050), *range(50, 60)])
    grid.saved()


def test_fast_edits_in_a_pinned_column_are_all_saved(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'a': range(30), 'b': range(30), 'c': range(30)})")
    grid = Grid.show(notebook, "df")
    for column in ("a", "b"):
        grid.at(0, column)
        grid.press("Alt+ArrowDown")
        grid.page.get_by_role("menuitem", name="Pin").click()
        grid.page.wait_for_timeout(200)
    grid.at(0, "b")
    for number in range(20):
        grid.type(str(500 + number))
        grid.press("Enter")
    grid.wait_frame("df['b'].tolist()[:20]", list(range(500, 520)))


def test_a_refused_text_stays_in_the_editor_with_the_reason(orders: Grid) -> None:
    orders.enter(0, "price", "abc")
    problem = orders.page.get_by_text("'abc' is not a number for price", exact=False)
    problem.first.wait_for()
    assert orders.frame("df['price'].iloc[0]") == 1.5
    assert orders.page.locator(".tw-Editor-input").input_value() == "abc"
    orders.press("Escape")
    orders.wait_text(0, "price", "1.5")


def test_an_unknown_category_is_refused_and_the_nearest_named(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'region': pd.Categorical(['North', 'South'])})")
    grid = Grid.show(notebook, "df")
    grid.at(0, "region")
    grid.type("Norht")
    grid.press("Enter")
    grid.page.get_by_text("'North'", exact=False).first.wait_for()
    assert grid.frame("df['region'].tolist()") == ["North", "South"]


def test_undo_takes_back_five_kinds_of_edit(orders: Grid) -> None:
    before = orders.frame("df.to_json(orient='split')")
    orders.enter(0, "qty", "99")
    orders.wait_frame("int(df['qty'].iloc[0])", 99)
    orders.at(1, "item")
    orders.press("Delete")
    orders.wait_frame("bool(df['item'].isna().iloc[1])", True)
    orders.at(0, "price")
    orders.press("Shift+ArrowDown", "Shift+ArrowDown", "Control+d")
    orders.wait_frame("df['price'].tolist()[:3]", [1.5, 1.5, 1.5])
    orders.at(2, "qty")
    orders.press("Shift+F10")
    orders.page.get_by_role("menuitem", name="Insert row above").click()
    orders.wait_frame("len(df)", 6)
    orders.at(0, "qty")
    orders.press("Shift+F10")
    orders.page.get_by_role("menuitem", name="Delete row").click()
    orders.wait_frame("len(df)", 5)
    orders.focus()
    for _ in range(5):
        orders.press("Control+z")
    orders.wait_frame("df.to_json(orient='split')", before)
    for _ in range(5):
        orders.press("Control+y")
    orders.wait_frame("len(df)", 5)
    orders.wait_frame("df['price'].tolist()[:1]", [1.5])
    orders.wait_frame("df['qty'].tolist()[0] != 99", True)


def test_typing_works_while_a_cell_runs(notebook: Notebook, orders: Grid) -> None:
    busy = notebook.append(
        "import time\nend = time.time() + 4\nn = 0\nwhile time.time() < end: n += 1\nstill = df['qty'].tolist()"
    )
    orders.at(0, "qty")
    notebook.run(busy, wait=False)
    orders.focus()
    orders.press("ArrowRight")
    orders.type("77")
    orders.press("Enter")
    orders.wait_text(0, "qty", "77")
    orders.saved()
    notebook.wait_run(busy)
    assert orders.frame("still[0]") == 77


def test_sort_and_filter_and_edit_lands_in_the_right_row(orders: Grid) -> None:
    orders.at(0, "qty")
    orders.press("Alt+ArrowDown")
    orders.page.get_by_role("menuitem", name="Sort descending").click()
    orders.wait_text(0, "item", "box")
    orders.press("Escape")
    orders.at(1, "price")
    orders.type("99.5")
    orders.press("Enter")
    orders.wait_frame("df.set_index('item')['price'].to_dict()", {"pen": 1.5, "ink": 12.0, "pad": 99.5, "cap": 0.8, "box": 7.0})
    assert orders.frame("df['item'].tolist()") == ["pen", "ink", "pad", "cap", "box"]


def test_a_restarted_kernel_is_told_in_words(notebook: Notebook, orders: Grid) -> None:
    notebook.restart()
    until("the grid says so", lambda: "restarted" in orders.root.inner_text())
    notebook.run(0)
    notebook.execute("df = pd.DataFrame({'x': [1, 2, 3]})")
    again = Grid.show(notebook, "df")
    again.enter(0, "x", "5")
    again.wait_frame("df['x'].tolist()", [5, 2, 3])
