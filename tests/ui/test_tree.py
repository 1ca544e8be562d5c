"""One plan as a tree before two people in two notebooks: totals that are typed, held, shown first, and undone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator
from servers import Server

from ui import grid as grids
from ui.grid import Grid, until
from ui.lab import Notebook

PLAN = """
import itertools
rows = list(itertools.product(["Alba", "Nord"], ["coats", "shoes"], ["Jan", "Feb"], range(2)))
plan = pd.DataFrame(rows, columns=["brand", "family", "month", "shop"]).assign(amount=[10, 20, 30, 40] * 4, qty=range(16))
plan = pd.concat([plan, pd.DataFrame({"brand": "Wide", "family": "all", "month": "Jan", "shop": range(1200), "amount": 1,
    "qty": 1})], ignore_index=True)
"""
ROLLUP = "%tab rollup plan by brand > family of sum(amount), max(qty)"


class Tree(Grid):
    """A grid whose rows are nodes."""

    def __init__(self, root: Locator, notebook: Notebook) -> None:
        self.root, self.notebook = root, notebook

    def nodes(self) -> dict[str, str]:
        """The label of each row in sight with its amount."""
        return {line[0]: line[1] for _, line in sorted(self.rows().items())}

    def level(self, row: int) -> tuple[str | None, str | None]:
        """How a screen reader hears a row: its level, and whether it is open."""
        line = self.root.locator(f"table[role=treegrid] tr[aria-rowindex='{row + 2}']")
        return line.get_attribute("aria-level"), line.get_attribute("aria-expanded")

    def note(self) -> str:
        """What stands below a total that is typed."""
        found = self.page.locator(".tw-Spread")
        return " ".join(found.inner_text().split()) if found.count() else ""

    def wait_nodes(self, **amounts: str) -> None:
        """Waits until these nodes show these amounts."""
        until(f"{amounts} are shown", lambda: amounts.items() <= self.nodes().items())


def put_together(notebook: Notebook) -> Tree:
    """Shows the rows, and rolls them up in the panel."""
    grid = Grid.show(notebook, "plan")
    grid.press_button("Roll up…")
    panel = grid.page.get_by_role("dialog", name="Roll up")
    panel.get_by_label("Remove sum(shop)").click()
    panel.get_by_label("Function").last.select_option(label="max")
    panel.get_by_role("button", name="Roll up", exact=True).click()
    tree = Tree(grid.root, notebook)
    until("the total is here", lambda: "total" in tree.nodes())
    return tree


def show(notebook: Notebook, line: str) -> Tree:
    """Runs a line that shows a tree, and waits for its total."""
    cell = notebook.append(line)
    notebook.run(cell)
    assert [out for out in notebook.outputs(cell) if out["output_type"] in {"error", "stream"}] == []
    tree = Tree(notebook.cell(cell).locator(".tw-Grid"), notebook)
    tree.root.scroll_into_view_if_needed()
    until("the total is here", lambda: "total" in tree.nodes())
    return tree


@pytest.fixture(autouse=True)
def treegrid(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cells are read from a treegrid here, too."""
    monkeypatch.setattr(grids, "TABLE", "table[role=grid], table[role=treegrid]")


def test_a_total_typed_in_one_notebook_is_in_the_others_tree_and_in_both_frames(
    notebook: Notebook, bos_notebook: Notebook, server: Server
) -> None:
    notebook.execute(PLAN)
    notebook.execute("%tab share plan")
    bos_notebook.execute("%tab join plan")
    try:
        _plan(put_together(notebook), show(bos_notebook, ROLLUP))
    finally:
        server.request("DELETE", "tabweave/api/v1/datasets/plan")


def _plan(mine: Tree, theirs: Tree) -> None:
    brands = "plan.groupby('brand').amount.sum().tolist()"
    assert mine.nodes() == {"total": "1,600", "Alba": "200", "Nord": "200", "Wide": "1,200"}

    # Open a node with the keyboard.
    mine.at(1, "brand > family")
    mine.press("ArrowRight")
    until("it is open", lambda: mine.level(1) == ("2", "true") and mine.level(2) == ("3", None))
    mine.wait_nodes(coats="100", shoes="100")

    # Type its total: it says what it spreads to, and everybody has it.
    mine.press("ArrowRight")
    mine.type("300")
    until("it says where it spreads", lambda: mine.note().startswith("spreads to 8 rows, proportional 200 → 300"))
    mine.press("Enter")
    theirs.wait_nodes(Alba="300", total="1,700")
    mine.wait_nodes(coats="150", shoes="150")
    for tree in (mine, theirs):
        tree.wait_frame(brands, [300, 200, 1200])
    until("it is said who", lambda: "Ann Lee" in theirs.spoken())

    # Hold one below it, choose another method by its key, and write again.
    mine.at(2, "sum(amount)")
    mine.press("Alt+h", "ArrowUp")
    until("it is held", lambda: "held" in mine.text(2, "sum(amount)"))
    mine.type("350")
    mine.press("Alt+ArrowDown", "ArrowDown", "Enter")
    until("the rest of the rows get the same", lambda: "spreads to 4 rows, equally" in mine.note())
    mine.press("Enter")
    theirs.wait_nodes(Alba="350")
    assert mine.frame("plan[(plan.brand == 'Alba')].amount.tolist()") == [15, 30, 45, 60, 50, 50, 50, 50]

    # What cannot be written says why.
    mine.at(1, "max(qty)")
    mine.type("9")
    until("it says why", lambda: "maximum" in mine.said() and "maximum" in mine.root.locator(".tw-TreeStatus-why").inner_text())
    mine.press("Escape")

    # Far is shown first.
    mine.enter(4 + 1, "sum(amount)", "*2")
    preview = mine.page.get_by_role("dialog", name="Preview")
    preview.wait_for()
    assert re.search(r"1,200\s+2,400", preview.inner_text())
    assert mine.frame(brands) == [350, 200, 1200]
    mine.press("Enter")
    theirs.wait_nodes(Wide="2,400", total="2,950")

    # And back, one by one.
    mine.focus()
    mine.press("Control+z")
    theirs.wait_nodes(Wide="1,200")
    mine.press("Control+z", "Control+z")
    for tree in (mine, theirs):
        tree.wait_nodes(Alba="200", total="1,600")
        tree.wait_frame(brands, [200, 200, 1200])
