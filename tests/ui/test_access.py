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
    before = notebook.js("return panel.content.model.cells.length;")
    notebook.js("panel.content.mode = 'command'; panel.content.activate();")
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
    assert notebook.js("return panel.content.model.cells.length;") == before


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


def heard(grid: Grid) -> dict[str, list[str]]:
    """The names that Chromium gives to assistive technology, by role."""
    client = grid.page.context.new_cdp_session(grid.page)
    found: dict[str, list[str]] = {}
    for node in client.send("Accessibility.getFullAXTree")["nodes"]:
        if not node["ignored"]:
            found.setdefault(node["role"]["value"], []).append(node.get("name", {}).get("value", ""))
    client.detach()
    return found


def test_the_table_for_screen_readers_has_roles_counts_and_names(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'item': ['pen', None], 'qty': [1, 2]})")
    grid = Grid.show(notebook, "df")
    assert grid.count() == 2
    assert int(grid.root.locator(TABLE).get_attribute("aria-colcount") or 0) >= 2
    tree = heard(grid)
    assert tree["grid"] == ["Table df"]
    assert tree["gridcell"] == ["pen", "1", "missing", "2"]
    assert tree["columnheader"][-2:] == ["item", "qty"]
    assert "Table editor" in tree["group"]
    assert "Table df" in tree["toolbar"]


def test_every_button_and_field_of_the_grid_has_a_name(notebook: Notebook, orders: Grid) -> None:
    before = heard(orders)
    orders.enter(1, "qty", "42")
    orders.press_button("Copy what I did as code")
    orders.root.get_by_label("The edits as").wait_for()
    orders.column_menu("qty", "Filter")
    for role in ("button", "radio", "combobox"):
        assert heard(orders).get(role, []).count("") == before.get(role, []).count(""), role
    assert notebook.js("return panel.content.mode;")


def test_the_cursor_and_the_edits_are_told(notebook: Notebook) -> None:
    notebook.execute("df = pd.DataFrame({'item': ['pen', None], 'qty': [1, 2]})")
    grid = Grid.show(notebook, "df")
    grid.at(1, "item")
    assert grid.input.get_attribute("aria-label") == "item, row 2: missing"
    grid.type("ink")
    grid.press("Enter")
    until("the edit is told", lambda: grid.spoken().strip() == "item, row 2: ink, stored")


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
        background = menu.evaluate("menu => getComputedStyle(menu).backgroundColor.match(/[0-9.]+/g).map(Number)")
        assert max(background[:3]) < 100
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
    panel = orders.root.get_by_role("complementary", name="Code")
    panel.get_by_role("button").filter(has_text="Copy").click()
    panel.get_by_text("Copied").wait_for()
    copied = orders.page.evaluate("() => navigator.clipboard.readText()")
    assert copied.strip() == code.inner_text().strip()
    if language == "pandas":
        notebook.js("await panel.sessionContext.session.kernel.requestExecute({code: 'edited, df = df, was'}).done;")
        notebook.execute(copied)
        assert orders.frame("df.equals(edited)")
