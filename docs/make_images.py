"""Makes the pictures in docs/images from a real JupyterLab. Run by hand: python docs/make_images.py"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / part) for part in ("tests", "kernel_ext", "server_ext")]

from playwright.sync_api import Browser, FloatRect, Locator  # noqa: E402
from servers import Server  # noqa: E402
from tabweave.samples import sales_plan  # noqa: E402
from ui.grid import Grid, until  # noqa: E402
from ui.lab import Lab, chromium  # noqa: E402
from ui.people import SharedGrid, create, server_of_people  # noqa: E402

IMAGES = ROOT / "docs" / "images"
LARGEST = 250_000
PLAN = "%load_ext tabweave\nfrom tabweave.samples import sales_plan\n\nplan = sales_plan(2027)"
MARGIN = 4


class Studio:
    """A JupyterLab page at twice the usual resolution, with the sales plan in a grid."""

    def __init__(self, browser: Browser, server: Server) -> None:
        self.lab = Lab(browser, server.url, server.token, width=1290, height=860, scale=2)
        for command in ("application:toggle-left-area", "application:toggle-side-tabbar"):
            self.lab.command(command)
        self.lab.command("application:toggle-side-tabbar", side="right")
        self.notebook = self.lab.notebook(PLAN, name="plan")
        self.notebook.run(0)
        self.grid = Grid.show(self.notebook, "plan")
        self.grid.column_menu("note", "Hide column")
        self.grid.press_button("Dismiss")
        dialog = self.grid.column_menu("month", "Filter")
        dialog.get_by_label("From", exact=True).fill("2027-12-01")
        dialog.get_by_role("button", name="Apply").click()
        self.grid.column_menu("amount", "Sort descending")
        until("December is left", lambda: self.grid.count() < 100 and self.grid.column("month")[0].startswith("2027-12"))
        until("it is sorted", lambda: self.grid.row(0)[0] != "Alba")

    def picture(self, name: str, *shown: Locator, around: float = MARGIN) -> None:
        """Takes what encloses these elements."""
        boxes = [box for each in shown if (box := each.bounding_box())]
        left, top = min(box["x"] for box in boxes) - around, min(box["y"] for box in boxes) - around
        right = max(box["x"] + box["width"] for box in boxes) + around
        bottom = max(box["y"] + box["height"] for box in boxes) + around
        clip: FloatRect = {"x": max(left, 0), "y": max(top, 0), "width": right - max(left, 0), "height": bottom - max(top, 0)}
        self.lab.page.mouse.move(4, 4)
        self.lab.page.wait_for_timeout(900)
        path = IMAGES / f"{name}.png"
        self.lab.page.screenshot(path=path, clip=clip)
        size = path.stat().st_size
        print(f"{path.name} {size / 1000:.0f} kB")
        if size > LARGEST:
            sys.exit(f"{path} is too large; show less in it.")


def whole(studio: Studio, name: str) -> None:
    """The notebook with the grid: a filter and a sort, cells selected, and a number typed over the first of them."""
    grid = studio.grid
    grid.at(2, "qty")
    grid.press("Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowDown")
    until("the figures are there", lambda: "Sum" in grid.figures())
    grid.type("1250")
    studio.picture(name, studio.notebook.cell(0), studio.notebook.cell(1))
    grid.press("Escape")


def filter_menu(studio: Studio) -> None:
    """The filter of a number column, a range chosen in its distribution."""
    dialog = studio.grid.column_menu("price", "Filter")
    dialog.get_by_label("From").fill("4")
    dialog.get_by_label("To").fill("8")
    studio.picture("filter-menu", studio.grid.root.locator(".tw-Toolbar"), dialog)
    studio.grid.press("Escape")


def type_editor(studio: Studio) -> None:
    """The calendar of a date column."""
    grid = studio.grid
    grid.at(3, "month")
    grid.press("F2", "Alt+ArrowDown")
    popup = studio.lab.page.locator(".tw-Editor-popup")
    popup.wait_for()
    studio.picture("type-editor", grid.root.locator(".tw-Toolbar"), popup)
    grid.press("Escape", "Escape")


def find_replace(studio: Studio) -> None:
    """Find and replace, all matches marked."""
    grid = studio.grid
    grid.at(0, "product")
    grid.press("Control+h")
    bar = grid.root.get_by_role("search", name="Find and replace")
    bar.get_by_label("Find", exact=True).fill("Northwind")
    bar.get_by_label("Replace with").fill("Nordwind")
    bar.get_by_text(" of ").wait_for()
    studio.picture("find-replace", grid.root)
    grid.press("Escape")


def code_panel(studio: Studio) -> None:
    """What was done, as code."""
    grid = studio.grid
    grid.enter(2, "qty", "1250")
    grid.at(4, "price")
    grid.press("Shift+ArrowDown", "Shift+ArrowDown", "Control+d")
    grid.column_menu("launched", "Rename").get_by_label("Name").fill("on_sale")
    grid.press("Enter")
    until("the column is renamed", lambda: "on_sale" in grid.columns())
    grid.press_button("Copy what I did as code")
    until("the code is there", lambda: "on_sale" in grid.root.get_by_label("The edits as").inner_text())
    studio.picture("code-panel", grid.root)
    grid.press("Escape")


def refusal(studio: Studio) -> None:
    """A text that a column cannot hold, still in the editor, with the reason."""
    grid = studio.grid
    grid.enter(4, "qty", "about 300")
    popup = studio.lab.page.locator(".tw-Editor-popup")
    popup.wait_for()
    studio.picture("refusal", grid.root.locator(".tw-Toolbar"), popup)
    grid.press("Escape")


def tree(studio: Studio, name: str) -> None:
    """The plan rolled up: a brand open, one total held, and a number typed over another."""
    grid, page = studio.grid, studio.lab.page
    grid.press_button("Roll up…")
    panel = page.get_by_role("dialog", name="Roll up")
    for measure in panel.get_by_role("button", name="Remove mean(price)").all():
        measure.click()
    panel.get_by_label("Add a level").select_option(label="product")
    panel.get_by_label("Side by side").select_option(label="region")
    only = panel.get_by_label("Only the rows that")
    if only.count():
        only.uncheck()
    panel.get_by_role("button", name="Roll up", exact=True).click()
    grid.root.locator("table[role=treegrid]").wait_for(state="attached")
    page.wait_for_timeout(600)
    grid.root.locator(".tw-Editor-input").focus()
    grid.press("Control+Home", "ArrowDown", "ArrowRight")
    page.wait_for_timeout(400)
    grid.press("ArrowDown", "ArrowRight")
    page.wait_for_timeout(400)
    grid.press("ArrowRight", *["ArrowDown"] * 5, "Alt+h", *["ArrowUp"] * 5)
    grid.type("*1.05")
    page.locator(".tw-Spread-effect").wait_for()
    studio.picture(name, grid.root)
    grid.press("Escape")
    grid.press_button("Back to rows")
    grid.root.locator("table[role=grid]").wait_for(state="attached")


def charts(studio: Studio, name: str) -> None:
    """A chart below the grid: the plan by month and region, two of the months selected, which filters the rows."""
    grid, page = studio.grid, studio.lab.page
    page.set_viewport_size({"width": 960, "height": 1040})
    if grid.count() < 1000:
        grid.press_button("Clear")
    grid.column_menu("amount", "Chart")
    chart = grid.root.locator(".tw-Chart")
    chart.locator(".main-svg").first.wait_for()
    for label, option in (
        ("Kind of chart", "bar"),
        ("Along", "month"),
        ("Figure", "sum"),
        ("Column", "amount"),
        ("Colour", "region"),
    ):
        chart.get_by_label(label, exact=True).select_option(option)
        page.wait_for_timeout(500)
    grid.root.locator(".tw-Toolbar").scroll_into_view_if_needed()
    box = chart.locator(".nsewdrag").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.44, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.62, box["y"] + 120, steps=6)
    page.mouse.up()
    until("two months are left", lambda: grid.count() < 400)
    studio.picture(name, grid.root)
    chart.get_by_label("Close the chart").click()
    until("all rows are back", lambda: grid.count() > 1000)


def shared(browser: Browser, base: Path) -> None:
    """A shared plan in a tab: the panel beside it, a colleague's cursor and a cell that they have just changed."""
    with server_of_people(base) as server:
        create(server, "plan 2027", columns=sales_columns())
        ann, bo = (
            Lab(browser, server.url, name, width=1290, height=720, scale=1.5, cookies={"person": name}) for name in ("ann", "bo")
        )
        grids = []
        for lab in (ann, bo):
            lab.open()
            lab.page.evaluate("() => jupyterapp.shell.activateById('tabweave-tables')")
            lab.page.locator(".tw-Tables-open").click()
            grids.append(SharedGrid(lab.page.locator(".tw-Tab .tw-Grid")))
            grids[-1].wait_loaded()
        for theme, name in (("JupyterLab Dark", "shared-dark"), ("JupyterLab Light", "shared-light")):
            ann.theme(theme)
            grids[1].enter(4, "qty", "1500" if "Dark" in theme else "1450")
            until("the edit is here", lambda: grids[0].row(4)[5] in ("1500", "1450"))
            ann.page.wait_for_timeout(600)
            path = IMAGES / f"{name}.png"
            ann.page.screenshot(path=path)
            print(f"{path.name} {path.stat().st_size / 1000:.0f} kB")
        ann.close()
        bo.close()


def sales_columns() -> dict[str, list[object]]:
    """Some of the sample plan, as JSON has it."""
    plan = sales_plan(2027)[["brand", "family", "product", "region", "month", "qty", "price"]].head(400)
    plan["month"] = plan["month"].astype(str)
    return {str(name): values.tolist() for name, values in plan.items()}


SCENES: list[Callable[[Studio], None]] = [filter_menu, type_editor, refusal, find_replace, code_panel]


def main() -> None:
    """Makes all pictures."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as base, Server(Path(base), app="lab") as server, chromium(bars=False) as browser:
        studio = Studio(browser, server)
        studio.lab.theme("JupyterLab Dark")
        whole(studio, "grid-dark")
        tree(studio, "tree-dark")
        studio.lab.theme("JupyterLab Light")
        whole(studio, "grid-light")
        tree(studio, "tree-light")
        for scene in SCENES:
            scene(studio)
        for theme in ("Light", "Dark"):
            studio.lab.theme(f"JupyterLab {theme}")
            charts(studio, f"chart-{theme.lower()}")
        studio.lab.close()
        shared(browser, Path(base) / "people")


if __name__ == "__main__":
    main()
