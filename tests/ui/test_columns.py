"""The menu of a column changes the table's own columns, and says why when it cannot."""

from __future__ import annotations

from ui.grid import Grid, until
from ui.lab import Notebook


def test_renaming_a_column_renames_it_in_the_frame(orders: Grid) -> None:
    orders.column_menu("qty", "Rename").get_by_label("Name").fill("count")
    orders.press("Enter")
    orders.wait_frame("df.columns.tolist()", ["item", "count", "price", "kind", "paid", "day"])
    until("the header says so", lambda: orders.columns()[1] == "count")
    until("the cells have the keyboard", orders.focused)
    orders.press("Control+z")
    orders.wait_frame("df.columns.tolist()[1]", "qty")


def test_a_name_that_is_taken_is_refused_in_the_menu(orders: Grid) -> None:
    dialog = orders.column_menu("qty", "Rename")
    dialog.get_by_label("Name").fill("price")
    orders.press("Enter")
    dialog.get_by_role("alert").get_by_text("price").wait_for()
    assert orders.frame("df.columns.tolist()") == ["item", "qty", "price", "kind", "paid", "day"]


def test_a_retype_that_would_lose_cells_lists_them_and_loses_them_only_when_told(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'x': ['1', 'two', '3', 'four']})\nwas = df['x'].tolist()")
    grid = Grid.show(notebook, "df")
    dialog = grid.column_menu("x", "Change type")
    dialog.get_by_label("Search types").fill("Int64")
    dialog.get_by_role("option").first.wait_for()
    grid.press("Enter")
    bad = dialog.get_by_label("2 cells that do not fit")
    bad.wait_for()
    listed = bad.get_by_role("listitem").all_inner_texts()
    assert [("row 2" in listed[0], "two" in listed[0]), ("row 4" in listed[1], "four" in listed[1])] == [(True, True)] * 2
    assert grid.frame("df['x'].tolist() == was")
    dialog.get_by_role("button", name="Make 2 cells missing").click()
    grid.wait_frame("str(df['x'].dtype)", "Int64")
    assert grid.frame("df['x'].fillna(-1).tolist()") == [1, -1, 3, -1]
    until("the cells have the keyboard", grid.focused)
    grid.press("Control+z")
    grid.wait_frame("df['x'].tolist() == was", True)


def test_a_column_is_inserted_where_asked_and_can_be_typed_into(orders: Grid) -> None:
    dialog = orders.column_menu("price", "Insert column")
    dialog.get_by_role("radio", name="Left of price").click()
    dialog.get_by_label("Name").fill("discount")
    dialog.get_by_label("Type").select_option("float64")
    dialog.get_by_role("button", name="Insert").click()
    orders.wait_frame("df.columns.tolist()[1:4]", ["qty", "discount", "price"])
    until("the column is there", lambda: "discount" in orders.columns())
    orders.enter(1, "discount", "0.25")
    orders.wait_frame("df['discount'].fillna(0).tolist()", [0, 0.25, 0, 0, 0])


def test_a_deleted_column_comes_back_with_its_values(orders: Grid) -> None:
    before = orders.frame("df.to_json(orient='split')")
    orders.column_menu("price", "Delete column")
    orders.wait_frame("'price' in df", False)
    until("the cells have the keyboard", orders.focused)
    orders.press("Control+z")
    orders.wait_frame("df.to_json(orient='split')", before)
    until("the column shows again", lambda: orders.columns()[2] == "price" and orders.text(0, "price") == "1.5")


def test_a_column_dragged_by_its_header_moves_in_the_frame(orders: Grid) -> None:
    item, price = orders.cell_box(0, "item"), orders.cell_box(0, "price")
    mouse = orders.page.mouse
    height = item["y"] - 46
    mouse.move(price["x"] + 30, height)
    mouse.down()
    mouse.move(price["x"] - 20, height, steps=4)
    mouse.move(item["x"] + 20, height, steps=8)
    mouse.up()
    orders.wait_frame("df.columns.tolist()", ["price", "item", "qty", "kind", "paid", "day"])
    until("the headers follow", lambda: orders.columns()[0] == "price")
    assert orders.row(0)[:2] == ["1.5", "pen"]


def test_a_column_dragged_by_its_edge_gets_wider(orders: Grid) -> None:
    before = orders.cell_box(0, "qty")
    mouse = orders.page.mouse
    edge, height = before["x"] + before["width"], before["y"] - 46
    mouse.move(edge, height)
    mouse.down()
    mouse.move(edge + 30, height, steps=3)
    mouse.move(edge + 60, height, steps=3)
    mouse.up()
    until("it is wider", lambda: orders.cell_box(0, "qty")["width"] > before["width"] + 50)


def test_a_hidden_column_is_out_of_sight_only(orders: Grid) -> None:
    orders.column_menu("qty", "Hide column")
    until("it is hidden", lambda: "qty" not in orders.columns())
    assert "qty" in orders.frame("df.columns.tolist()")
    orders.press_button("Remove 1 hidden column")
    until("it is back in its place", lambda: orders.columns()[1] == "qty")


def test_the_header_menu_opens_with_the_mouse_and_has_the_keyboard(orders: Grid) -> None:
    box = orders.cell_box(0, "price")
    orders.page.mouse.move(box["x"] + box["width"] - 12, box["y"] - 46)
    orders.page.mouse.click(box["x"] + box["width"] - 12, box["y"] - 46)
    dialog = orders.page.get_by_role("dialog", name="Column price")
    dialog.wait_for()
    until("the profile is there", lambda: "0.8" in dialog.inner_text() and "12" in dialog.inner_text())
    orders.press("Escape")
    dialog.wait_for(state="hidden")
