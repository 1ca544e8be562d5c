"""Drives a grid as its users do: keys, mouse, and what is on the screen or told to a screen reader."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import FloatRect, Locator, Page

from ui.lab import Notebook

TABLE = "table[role=grid]"
PATIENCE = 15.0
HEADER = 62
ROW = 28
"""Heights of the column headers and of a row, in CSS pixels."""


def until(what: str, condition: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """The first true value of `condition`, asked again and again."""
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {patience:g} s in vain until {what}"
        time.sleep(0.02)


class Grid:
    """One grid in a notebook."""

    def __init__(self, notebook: Notebook, cell: int) -> None:
        self.notebook = notebook
        self.root = notebook.cell(cell).locator(".tw-Grid")

    @classmethod
    def show(cls, notebook: Notebook, line: str) -> Grid:
        """Runs `%tab line` in a new cell and waits for the first rows."""
        cell = notebook.append(f"%tab {line}")
        notebook.run(cell)
        errors = [out for out in notebook.outputs(cell) if out["output_type"] in {"error", "stream"}]
        assert not errors, errors
        grid = cls(notebook, cell)
        grid.root.scroll_into_view_if_needed()
        grid.wait_loaded()
        return grid

    @property
    def page(self) -> Page:
        """The page it is on."""
        return self.notebook.page

    @property
    def keyboard(self) -> Any:
        """The page's keyboard."""
        return self.page.keyboard

    def wait_loaded(self) -> None:
        """Waits until the grid says how many rows it has and shows the first."""
        self.root.locator(TABLE).wait_for(state="attached", timeout=PATIENCE * 1000)
        until("the grid has its columns", lambda: self.columns())
        until("the first rows are here", lambda: self.count() == 0 or (self.rows() and "loading" not in self.row(0)))

    # What is on the screen

    def columns(self) -> list[str]:
        """The names over the columns, from the left, as far as they are drawn."""
        return self._read()[0]

    def rows(self) -> dict[int, list[str]]:
        """The texts of the rows on the screen by their place in the view, without their numbers."""
        return self._read()[1]

    def _read(self) -> tuple[list[str], dict[int, list[str]]]:
        found = self.root.locator(TABLE).evaluate_all(
            """([table]) => {
              if (!table) return [[], []];
              const text = cell => cell.innerText.trim();
              const heads = [...table.querySelectorAll('[role=columnheader]')].map(text);
              const lines = [...table.querySelectorAll('tr[aria-rowindex]:has([role=gridcell])')];
              return [heads, lines.map(line =>
                [Number(line.getAttribute('aria-rowindex')) - 2, [...line.querySelectorAll('[role=gridcell]')].map(text)])];
            }"""
        )
        return [re.split(r"[\n,]", head)[0] for head in found[0] if head], dict(found[1])

    def count(self) -> int:
        """How many rows the view has."""
        return int(self.root.locator(TABLE).get_attribute("aria-rowcount") or 1) - 1

    def row(self, row: int) -> list[str]:
        """The texts of a row that is on the screen, without its number; nothing for one that is not."""
        return self.rows().get(row, [])

    def text(self, row: int, column: str) -> str:
        """The text of a cell that is on the screen."""
        columns, rows = self._read()
        line = rows.get(row, [])
        at = columns.index(column) if column in columns else len(line)
        return line[at] if at < len(line) else ""

    def column(self, column: str) -> list[str]:
        """The texts of a column, as far as its rows are on the screen."""
        columns, rows = self._read()
        return [line[columns.index(column)] for _, line in sorted(rows.items())] if column in columns else []

    def wait_text(self, row: int, column: str, text: str) -> None:
        """Waits until a cell shows a text."""
        until(
            f"row {row} of {column} shows {text!r} (it shows {self.text(row, column)!r})", lambda: self.text(row, column) == text
        )

    def spoken(self) -> str:
        """What a screen reader was last told."""
        return self.root.locator(".tw-Grid-speech").inner_text()

    def said(self) -> str:
        """The notices on the grid, if there are any."""
        return "\n".join(self.root.locator(".tw-Notice").all_inner_texts())

    def figures(self) -> str:
        """What the footer says of the selection."""
        found = self.root.get_by_role("status", name="Selection")
        return " ".join(found.inner_text().split()) if found.count() else ""

    def people(self) -> str:
        """Who else is here, as the toolbar says."""
        return "".join(self.root.locator(".tw-People").evaluate_all("found => found.map(each => each.title)"))

    def carrier(self) -> str:
        """What carries the grid's messages: "socket" or "comm"."""
        widget = self.root.locator("xpath=ancestor::*[@data-tw-carrier]")
        return widget.get_attribute("data-tw-carrier") or ""

    def saved(self) -> None:
        """Waits until the grid says that nothing is unsaved."""
        until("everything is saved", lambda: self.root.get_by_text("Saved", exact=True).count())

    # What a hand does

    @property
    def canvas(self) -> Locator:
        """The drawing of the cells."""
        return self.root.locator("canvas").first

    @property
    def input(self) -> Locator:
        """The one input of the cells: over the cursor, and it has the keyboard."""
        return self.root.locator(".tw-Editor-input")

    def focused(self) -> bool:
        """Whether the cells have the keyboard."""
        return bool(self.input.evaluate("input => document.activeElement === input"))

    def cursor(self) -> tuple[str, int]:
        """The column and the row of the cursor, as a screen reader hears it."""
        found = re.match(r"(.*), row (\d+): ", self.input.get_attribute("aria-label") or "")
        return (found[1], int(found[2]) - 1) if found else ("", -1)

    def wait_cursor(self, row: int, column: str) -> None:
        """Waits until the cursor is on a cell."""
        until(f"the cursor is in row {row} of {column}", lambda: self.cursor() == (column, row))

    def cell_box(self, row: int, column: str) -> FloatRect:
        """Where a cell is drawn, found by putting the cursor on it."""
        self.at(row, column)
        box = self.input.bounding_box()
        assert box is not None
        return box

    def focus(self) -> None:
        """Clicks the cells and goes to the first one."""
        if not self.focused():
            self.root.scroll_into_view_if_needed()
            box = self.canvas.bounding_box()
            assert box is not None
            self.page.mouse.click(box["x"] + 100, box["y"] + HEADER + ROW / 2)
            until("the cells have the keyboard", self.focused)
        self.press("Control+Home")

    def at(self, row: int, column: str) -> None:
        """Puts the cursor on a cell, with the arrow keys."""
        self.focus()
        for _ in range(self.columns().index(column)):
            self.press("ArrowRight")
        for _ in range(row):
            self.press("ArrowDown")
        self.wait_cursor(row, column)

    def column_menu(self, column: str, *path: str) -> Locator:
        """Opens a column's menu with the keyboard and clicks through it; returns its dialog."""
        self.at(0, column)
        self.press("Alt+ArrowDown")
        dialog = self.page.get_by_role("dialog", name=f"Column {column}", exact=True)
        for item in path:
            dialog.get_by_role("menuitem", name=item).click()
        return dialog

    def cell_menu(self, item: str) -> None:
        """Opens the menu of the selected cells with the keyboard and clicks one of its lines."""
        self.press("Shift+F10")
        self.page.get_by_role("dialog", name="Cell menu").get_by_role("menuitem", name=item).click()

    def press_button(self, name: str) -> None:
        """Clicks a button of the bars around the cells."""
        self.root.get_by_role("button", name=name).click()

    def press(self, *keys: str) -> None:
        """Presses keys, one after the other."""
        for key in keys:
            self.keyboard.press(key)

    def type(self, text: str, delay: float = 0) -> None:
        """Types text, with no time between the keys."""
        self.keyboard.type(text, delay=delay)

    def enter(self, row: int, column: str, text: str) -> None:
        """Types a value into a cell and presses Enter."""
        self.at(row, column)
        self.type(text)
        self.press("Enter")

    def frame(self, expression: str) -> Any:
        """A value from the kernel."""
        return self.notebook.evaluate(expression)

    def wait_frame(self, expression: str, value: Any) -> None:
        """Waits until the kernel's value is this one."""
        seen: list[Any] = [None]

        def same() -> bool:
            seen[0] = self.frame(expression)
            return bool(seen[0] == value)

        try:
            until("", same)
        except AssertionError:
            raise AssertionError(f"{expression} is {seen[0]!r}, not {value!r}") from None
