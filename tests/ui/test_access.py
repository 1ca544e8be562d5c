"""The grid can be used by the keyboard alone, heard from a screen reader, and seen in either theme."""

from __future__ import annotations

import pytest

from ui.grid import TABLE, Grid, until
from ui.lab import Lab, Notebook


def holder(grid: Grid) -> str:
    """Where the keyboard is: in the cells, on the grid's frame, on something else in it, or outside."""
    return str(
        grid.root.evaluate(
            """grid => {
              const active = document.activeElement;
              if (active === grid) return 'frame';
              if (active.classList.contains('tw-Editor-input')) return grid.contains(active) ? 'cells' : 'outside';
              return grid.contains(active) ? 'inside' : 'outside';
            }"""
        )
    )


def test_the_cells_are_reached_and_left_by_the_keyboard_alone(notebook: Notebook, orders: Grid) -> None:
    cells = len(notebook.js("return panel.content.model.cells.length ? [...panel.content.model.cells] : [];"))
    notebook.js("panel.content.activeCellIndex = panel.content.model.cells.length - 1; panel.content.mode = 'command'; panel.content.activate();")
    presses = 0
    while holder(orders) != "cells":
        assert presses < 40, "Tab does not lead into the cells"
        orders.press("Tab")
        presses += 1
    orders.press("ArrowRight")
    until("the cursor moves", lambda: orders.cursor()[0] == "qty")
    orders.type("21")
    orders.press("Enter")
    orders.wait_frame("int(df['qty'].iloc[0])", 21)
    orders.press("Alt+ArrowDown")
    menu = orders.page.get_by_role("menu", name="Commands for qty")
    menu.wait_for()
    orders.press("ArrowDown", "Enter")
    until("it is sorted", lambda: orders.column("item")[0] == "pen")
    orders.press("Shift+F10")
    orders.page.get_by_role("menu", name="Cell").wait_for()
    orders.press("Escape")
    until("the cells have the keyboard", orders.focused)
    orders.press("Escape")
    until("the frame has the keyboard", lambda: holder(orders) == "frame")
    orders.press("Enter")
    until("the cells have it again", orders.focused)
    orders.press("Escape", "Escape")
    until("it is back in the notebook", lambda: holder(orders) == "outside")
    assert len(notebook.js("return [...panel.content.model.cells];")) == cells


def test_tab_on_the_frame_goes_on_past_the_grid(orders: Grid) -> None:
    orders.focus()
    orders.press("Escape", "Tab")
    until("the keyboard is past the grid", lambda: holder(orders) == "outside")


def test_letters_typed_in_the_grid_are_not_commands_of_the_notebook(notebook: Notebook, orders: Grid) -> None:
    before = notebook.js("return panel.content.model.cells.length;")
    orders.at(0, "item")
    orders.type("aabbddz")
    orders.press("Enter")
    orders.wait_frame("df['item'].iloc[0]", "aabbddz")
    assert notebook.js("return panel.content.model.cells.length;") == before


def test_the_table_for_screen_readers_has_roles_counts_and_names(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'item': ['pen', None], 'qty': [1, 2]})")
    grid = Grid.show(notebook, "df")
    table = grid.root.get_by_role("grid", name="Table df")
    assert table.get_attribute("aria-rowcount") == "3"
    assert int(table.get_attribute("aria-colcount") or 0) >= 2
    assert table.get_by_role("columnheader").filter(has_text="qty").count() == 1
    assert table.get_by_role("gridcell").filter(has_text="pen").count() == 1
    assert grid.row(1) == ["missing", "2"]
    grid.at(1, "item")
    assert grid.input.get_attribute("aria-label") == "item, row 2: missing"
    grid.type("ink")
    grid.press("Enter")
    until("the edit is told", lambda: grid.spoken().strip() == "item, row 2: ink, stored")
    assert grid.root.get_by_role("group", name="Table editor").count() or grid.root.get_attribute("aria-label") == "Table editor"


def test_a_refusal_is_told_to_a_screen_reader(orders: Grid) -> None:
    orders.enter(0, "qty", "many")
    until("the refusal is told", lambda: orders.spoken().startswith("Refused: 'many'"))


def brightness(grid: Grid) -> float:
    """The mean lightness of the cells as drawn, 0 to 255."""
    return float(
        grid.canvas.evaluate(
            """canvas => {
              const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
              let sum = 0, seen = 0;
              for (let at = 0; at < data.length; at += 4 * 97) if (data[at + 3]) {
                sum += (data[at] + data[at + 1] + data[at + 2]) / 3;
                seen += 1;
              }
              return sum / seen;
            }"""
        )
    )


def test_the_grid_follows_the_theme(lab: Lab, orders: Grid) -> None:
    until("it is drawn light", lambda: brightness(orders) > 200)
    try:
        lab.theme("JupyterLab Dark")
        until("it is drawn dark", lambda: brightness(orders) < 90)
        menu = orders.column_menu("price")
        red, green, blue = menu.evaluate("menu => getComputedStyle(menu).backgroundColor.match(/[0-9.]+/g).slice(0, 3).map(Number)")
        assert max(red, green, blue) < 100
        orders.press("Escape")
        orders.enter(0, "qty", "8")
        orders.wait_frame("int(df['qty'].iloc[0])", 8)
    finally:
        lab.theme("JupyterLab Light")
    until("it is drawn light again", lambda: brightness(orders) > 200)


@pytest.mark.parametrize(("language", "edit"), [("pandas", "42"), ("SQL", "UPDATE")])
def test_what_was_done_can_be_taken_along_as_code(notebook: Notebook, orders: Grid, language: str, edit: str) -> None:
    notebook.execute("was = df.copy(deep=True)")
    orders.enter(1, "qty", "42")
    orders.saved()
    orders.press_button("Copy what I did as code")
    orders.root.get_by_role("radio", name=language).click()
    code = orders.root.get_by_label("The edits as")
    until("the edit is in the code", lambda: edit in code.inner_text() and "42" in code.inner_text())
    orders.root.get_by_role("button", name="Copy", exact=True).click()
    orders.root.get_by_role("button", name="Copied").wait_for()
    copied = orders.page.evaluate("() => navigator.clipboard.readText()")
    assert copied.strip() == code.inner_text().strip()
    if language == "pandas":
        notebook.js("await panel.sessionContext.session.kernel.requestExecute({code: 'edited, df = df, was'}).done;")
        notebook.execute(copied)
        assert orders.frame("df.equals(edited)")


def test_every_table_has_its_grid_role(orders: Grid) -> None:
    assert orders.root.locator(TABLE).count() == 1
