"""What is typed in the grid reaches the user's own DataFrame, and what code does shows in the grid."""

from __future__ import annotations

from ui.grid import HEADER, ROW, Grid, until
from ui.lab import Notebook


def test_a_typed_value_lands_in_the_users_object(notebook: Notebook, orders: Grid) -> None:
    notebook.execute("alias = df")
    orders.enter(1, "qty", "42")
    orders.wait_frame("int(alias.loc[1, 'qty'])", 42)
    assert orders.frame("alias is df")
    assert orders.frame("str(df['qty'].dtype)") == "int64"
    orders.wait_text(1, "qty", "42")
    orders.saved()


def test_code_that_changes_the_variable_shows_after_the_cell(notebook: Notebook, orders: Grid) -> None:
    notebook.execute("df.loc[2, 'item'] = 'notebook'")
    orders.wait_text(2, "item", "notebook")
    notebook.execute("df['total'] = df['qty'] * df['price']")
    until("the new column is there", lambda: "total" in orders.columns())
    notebook.execute("df = df.sort_values('qty')")
    orders.wait_text(4, "item", "box")
    notebook.execute("df = df[df['qty'] > 1]")
    until("three rows are left", lambda: orders.count() == 3)


def test_the_first_key_on_a_fresh_grid_is_not_lost(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'n': [1, 2, 3]})")
    grid = Grid.show(notebook, "df")
    box = grid.canvas.bounding_box()
    assert box is not None
    grid.page.mouse.click(box["x"] + 70, box["y"] + HEADER + ROW * 1.5)
    grid.type("12345")
    grid.press("Enter")
    grid.wait_frame("df['n'].tolist()", [1, 12345, 3])


def test_fifty_fast_edits_are_all_saved(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'a': range(60), 'b': range(60)})")
    grid = Grid.show(notebook, "df")
    grid.at(0, "b")
    for number in range(50):
        grid.type(str(1000 + number))
        grid.press("Enter")
    grid.wait_frame("df['b'].tolist()", [*range(1000, 1050), *range(50, 60)])
    assert grid.frame("df['a'].tolist()") == list(range(60))
    grid.saved()


def test_fast_edits_in_two_pinned_columns_are_all_saved(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'a': range(30), 'b': range(30), 'c': range(30)})")
    grid = Grid.show(notebook, "df")
    for column in ("b", "c"):
        grid.column_menu(column, "Pin to the left")
    until("both are pinned", lambda: grid.columns() == ["b", "c", "a"])
    for column in ("b", "c"):
        grid.at(0, column)
        for number in range(25):
            grid.type(str(500 + number))
            grid.press("Enter")
    for column in ("b", "c"):
        grid.wait_frame(f"df['{column}'].tolist()", [*range(500, 525), *range(25, 30)])
    assert grid.frame("df.columns.tolist()") == ["a", "b", "c"]


def test_a_refused_text_stays_in_the_editor_with_the_reason(orders: Grid) -> None:
    orders.enter(0, "price", "abc")
    orders.page.get_by_role("alert").get_by_text("'abc' is not a number for price").wait_for()
    assert orders.input.input_value() == "abc"
    assert orders.input.get_attribute("aria-invalid") == "true"
    assert orders.frame("df['price'].iloc[0]") == 1.5
    orders.press("Escape")
    orders.wait_text(0, "price", "1.5")
    assert orders.frame("df['price'].tolist()") == [1.5, 12.0, 3.25, 0.8, 7.0]


def test_a_refused_text_can_be_mended_in_place(orders: Grid) -> None:
    orders.enter(0, "qty", "3.7")
    orders.page.get_by_role("alert").first.wait_for()
    orders.type("4")
    orders.press("Enter")
    orders.wait_frame("df['qty'].tolist()", [4, 1, 4, 1, 5])
    orders.saved()


def test_an_unknown_category_is_refused_and_the_nearest_named(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'region': pd.Categorical(['North', 'South'])})")
    grid = Grid.show(notebook, "df")
    grid.at(0, "region")
    grid.type("Soutt")
    grid.press("Enter")
    grid.page.get_by_role("alert").get_by_text("'South'").wait_for()
    assert grid.frame("df['region'].tolist()") == ["North", "South"]


def test_emptying_a_cell_that_cannot_be_missing_offers_the_type_that_can(orders: Grid) -> None:
    orders.at(0, "qty")
    orders.press("Delete")
    allow = orders.root.get_by_role("button", name="Allow missing")
    allow.wait_for()
    assert orders.frame("df['qty'].tolist()") == [3, 1, 4, 1, 5]
    allow.click()
    orders.wait_frame("str(df['qty'].dtype)", "Int64")
    orders.wait_frame("df['qty'].isna().tolist()", [True, False, False, False, False])


def test_a_checkbox_is_ticked_by_space_and_by_click(orders: Grid) -> None:
    box = orders.cell_box(1, "paid")
    orders.press("Space")
    orders.wait_frame("df['paid'].tolist()", [True, True, True, True, False])
    orders.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    orders.wait_frame("df['paid'].tolist()", [True, False, True, True, False])


def test_a_date_is_picked_from_the_calendar(orders: Grid) -> None:
    orders.at(0, "day")
    orders.press("F2", "Alt+ArrowDown")
    orders.page.locator(".tw-Editor-popup").get_by_role("grid").wait_for()
    orders.press("ArrowRight", "Enter", "Enter")
    orders.wait_frame("str(df['day'].iloc[0])", "2027-01-02 00:00:00")
    assert orders.frame("str(df['day'].iloc[1])") == "2027-01-02 00:00:00"


def test_a_category_is_chosen_by_its_first_letter(orders: Grid) -> None:
    orders.at(0, "kind")
    orders.type("c")
    orders.page.get_by_role("option", name="c", exact=True).wait_for()
    orders.press("Enter")
    orders.wait_frame("df['kind'].tolist()", ["c", "b", "a", "c", "b"])


def test_undo_takes_back_five_kinds_of_edit_and_redo_does_them_again(orders: Grid) -> None:
    split = "df.to_json(orient='split')"
    before = orders.frame(split)
    orders.enter(0, "qty", "99")
    orders.wait_frame("int(df['qty'].iloc[0])", 99)
    orders.at(1, "item")
    orders.press("Delete")
    orders.wait_frame("bool(df['item'].isna().iloc[1])", True)
    orders.at(0, "price")
    orders.press("Shift+ArrowDown", "Shift+ArrowDown", "Control+d")
    orders.wait_frame("df['price'].tolist()[:3]", [1.5, 1.5, 1.5])
    orders.at(2, "item")
    orders.cell_menu("Insert row above")
    orders.wait_frame("len(df)", 6)
    orders.at(0, "qty")
    orders.cell_menu("Delete row")
    orders.wait_frame("len(df)", 5)
    after = orders.frame(split)
    orders.focus()
    orders.press(*["Control+z"] * 5)
    orders.wait_frame(split, before)
    orders.wait_text(1, "item", "ink")
    orders.press(*["Control+y"] * 5)
    orders.wait_frame(split, after)
    until("the first row is gone again", lambda: orders.row(0)[0] != "pen")


def test_a_code_change_elsewhere_does_not_disturb_an_open_editor(notebook: Notebook, orders: Grid) -> None:
    orders.at(1, "qty")
    orders.type("12")
    notebook.js("await panel.sessionContext.session.kernel.requestExecute({code: arg}).done;", "df.loc[3, 'qty'] = 777")
    orders.wait_text(3, "qty", "777")
    orders.type("34")
    orders.press("Enter")
    orders.wait_frame("df['qty'].tolist()", [3, 1234, 4, 777, 5])
