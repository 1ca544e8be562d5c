"""Sorting, filtering and searching change what is seen, never the data; edits land in the rows they were made on."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator

from ui.grid import Grid, until
from ui.lab import Notebook

UNSORTED = ["pen", "ink", "pad", "cap", "box"]


def items(grid: Grid) -> list[str]:
    """The texts of the column `item` in the view."""
    return grid.column("item")


def filter_page(grid: Grid, column: str, mode: str) -> None:
    """Opens a column's filter in one of its modes."""
    modes = grid.column_menu(column, "Filter").get_by_role("radiogroup", name="Filter by")
    modes.get_by_role("radio", name=mode, exact=True).click()


def dialog(grid: Grid) -> Locator:
    """What is open over the cells."""
    return grid.page.locator(".tw-Popover")


def apply(grid: Grid) -> None:
    """Applies the open filter."""
    dialog(grid).get_by_role("button", name="Apply").click()
    dialog(grid).wait_for(state="hidden")


def test_an_edit_under_sort_and_filter_lands_in_the_right_row(orders: Grid) -> None:
    orders.column_menu("qty", "Sort descending")
    until("the order is new", lambda: items(orders) == ["box", "pad", "pen", "ink", "cap"])
    filter_page(orders, "price", "Range")
    dialog(orders).get_by_label("From").fill("1")
    apply(orders)
    until("the cheap one is out", lambda: items(orders) == ["box", "pad", "pen", "ink"])
    orders.enter(2, "price", "99.5")
    orders.wait_frame("df.set_index('item')['price'].to_dict()", {"pen": 99.5, "ink": 12.0, "pad": 3.25, "cap": 0.8, "box": 7.0})
    assert orders.frame("df['item'].tolist()") == UNSORTED
    assert items(orders) == ["box", "pad", "pen", "ink"]


def test_an_edit_of_the_sort_key_stays_in_place_until_asked(orders: Grid) -> None:
    orders.column_menu("qty", "Sort ascending")
    until("the order is new", lambda: items(orders) == ["ink", "cap", "pen", "pad", "box"])
    orders.enter(0, "qty", "50")
    orders.wait_frame("df['qty'].tolist()", [3, 50, 4, 1, 5])
    orders.saved()
    assert items(orders) == ["ink", "cap", "pen", "pad", "box"]
    orders.press_button("Re-apply")
    until("it is sorted again", lambda: items(orders) == ["cap", "pen", "pad", "box", "ink"])


def test_a_second_key_sorts_among_equals(orders: Grid) -> None:
    orders.column_menu("qty", "Sort ascending")
    until("the order is new", lambda: items(orders)[:2] == ["ink", "cap"])
    orders.column_menu("price", "Then by this, ascending")
    until("equals are in order", lambda: items(orders)[:2] == ["cap", "ink"])
    orders.press_button("Clear")
    until("the order is the table's", lambda: items(orders) == UNSORTED)


def test_a_range_keeps_the_numbers_in_it(orders: Grid) -> None:
    filter_page(orders, "qty", "Range")
    dialog(orders).get_by_label("From").fill("3")
    dialog(orders).get_by_label("To").fill("4")
    apply(orders)
    until("two are left", lambda: items(orders) == ["pen", "pad"])
    assert orders.frame("len(df)") == 5
    orders.press_button("Remove filter qty 3 – 4")
    until("all are back", lambda: items(orders) == UNSORTED)


def test_a_choice_of_values_keeps_their_rows(orders: Grid) -> None:
    filter_page(orders, "kind", "Values")
    dialog(orders).get_by_role("button", name="Select none").click()
    dialog(orders).get_by_role("checkbox", name=re.compile("^b")).check()
    dialog(orders).get_by_role("checkbox", name=re.compile("^c")).check()
    apply(orders)
    until("three are left", lambda: items(orders) == ["ink", "cap", "box"])


@pytest.mark.parametrize(
    ("mode", "text", "left"),
    [
        ("contains", "P", ["pen", "pad", "cap"]),
        ("ends with", "x", ["box"]),
        ("matches regular expression", "^.a", ["pad", "cap"]),
    ],
)
def test_a_text_condition_keeps_what_it_says(orders: Grid, mode: str, text: str, left: list[str]) -> None:
    filter_page(orders, "item", "Text")
    dialog(orders).get_by_label("Condition").select_option(mode)
    dialog(orders).get_by_label("Text", exact=True).fill(text)
    apply(orders)
    until("those are left", lambda: items(orders) == left)


def test_missing_cells_can_be_kept_or_left_out(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'item': list('abcd'), 'x': [1.0, np.nan, 3.0, np.nan]})")
    grid = Grid.show(notebook, "df")
    filter_page(grid, "x", "Missing")
    apply(grid)
    until("the missing are left", lambda: items(grid) == ["b", "d"])
    filter_page(grid, "x", "Missing")
    dialog(grid).get_by_role("radio", name="Not missing").click()
    apply(grid)
    until("the present are left", lambda: items(grid) == ["a", "c"])


def test_a_condition_in_sql_holds_over_whole_rows(orders: Grid) -> None:
    filter_page(orders, "item", "SQL")
    orders.page.get_by_label("Condition in SQL").fill("qty * price > 10 AND NOT paid")
    apply(orders)
    until("two are left", lambda: items(orders) == ["ink", "box"])


def test_a_wrong_condition_is_explained_in_place_and_changes_nothing(orders: Grid) -> None:
    filter_page(orders, "item", "SQL")
    orders.page.get_by_label("Condition in SQL").fill("quantity > 3")
    dialog(orders).get_by_role("button", name="Apply").click()
    dialog(orders).get_by_role("alert").get_by_text("quantity").first.wait_for()
    assert orders.page.get_by_label("Condition in SQL").input_value() == "quantity > 3"
    orders.press("Escape")
    assert items(orders) == UNSORTED


def test_the_quick_search_looks_into_every_column(orders: Grid) -> None:
    search = orders.root.get_by_label("Search all columns")
    search.fill("12")
    until("the price is found", lambda: items(orders) == ["ink"])
    search.fill("PA")
    until("the item is found", lambda: items(orders) == ["pad"])
    search.press("Escape")
    until("all are back", lambda: items(orders) == UNSORTED)


def test_find_walks_through_the_matches_and_replaces_them_as_one_edit(orders: Grid) -> None:
    orders.at(0, "item")
    orders.press("Control+h")
    bar = orders.root.get_by_role("search", name="Find and replace")
    bar.get_by_label("Find", exact=True).fill("p")
    bar.get_by_text("1 of 3").wait_for()
    orders.press("Enter")
    bar.get_by_text("2 of 3").wait_for()
    until("the cursor went there", lambda: orders.cursor() == ("item", 2))
    bar.get_by_label("Replace with").fill("PP")
    bar.get_by_role("button", name="All").click()
    orders.wait_frame("df['item'].tolist()", ["PPen", "ink", "PPad", "caPP", "box"])
    orders.press("Escape")
    bar.wait_for(state="hidden")
    until("the cells have the keyboard", orders.focused)
    orders.press("Control+z")
    orders.wait_frame("df['item'].tolist()", UNSORTED)


def test_two_grids_on_one_frame_follow_each_other(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'item': list('abc'), 'x': [1, 2, 3]})")
    left = Grid.show(notebook, "df --rows 4")
    right = Grid.show(notebook, "df --rows 4")
    right.column_menu("x", "Sort descending")
    until("only one view is sorted", lambda: items(right) == ["c", "b", "a"] and items(left) == ["a", "b", "c"])
    right.enter(0, "x", "30")
    left.wait_text(2, "x", "30")
    left.enter(0, "x", "10")
    right.wait_text(2, "x", "10")
    left.column_menu("x", "Delete column")
    until("the column is gone from both", lambda: left.columns() == right.columns() == ["item"])
    assert left.frame("df.columns.tolist()") == ["item"]
