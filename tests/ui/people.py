"""Two people at one server, each in a browser context of their own, with a shared table before them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from servers import Server

from ui.grid import Grid

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from ui.lab import Lab, Notebook

CONFIG = """
from jupyter_server.auth import IdentityProvider, User

class People(IdentityProvider):
    def get_user(self, handler):
        token = handler.request.headers.get("Authorization", "").removeprefix("token ") or handler.get_argument("token", "")
        name = handler.get_cookie("person", "") or token
        handler._token_authenticated = bool(token)
        return User(name, display_name=NAMES[name]) if name in NAMES else None

NAMES = {"ann": "Ann Lee", "bo": "Bo Winter"}
c.ServerApp.identity_provider_class = People
"""
PLACE = "position:fixed; z-index:1000; inset:36px 40px; background:var(--jp-layout-color1); box-shadow:0 0 0 1px #8884"


def server_of_people(base: Path, **more: Any) -> Server:
    """A JupyterLab whose users are who their cookie says; what the test itself asks of it, it asks as ann."""
    return Server(base, app="lab", token="ann", config=CONFIG, **more)


class Guest:
    """A person's page of JupyterLab with a shared table open over it, without kernel or notebook."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    @property
    def page(self) -> Page:
        """Their page."""
        return self.lab.page

    def open(self, table: str) -> SharedGrid:
        """Opens a shared table over the page and waits for its first rows."""
        self.page.evaluate(
            """async ([table, place]) => {
              const page = globalThis[Symbol.for('tabweave')];
              const { openTable } = await page.grid();
              const el = document.createElement('div');
              el.id = 'shared-table';
              el.style.cssText = place;
              document.body.append(el);
              window.opened = await openTable(el, table, page);
            }""",
            [table, PLACE],
        )
        grid = SharedGrid(self.page.locator("#shared-table .tw-Grid"))
        grid.wait_loaded()
        return grid

    def close_table(self) -> None:
        """Takes the table from the page, if one is open."""
        self.page.evaluate("() => { window.opened?.dispose(); document.querySelector('#shared-table')?.remove(); }")

    def reload(self) -> None:
        """Loads the page anew, whatever it would ask before."""
        self.page.once("dialog", lambda dialog: dialog.accept())
        self.lab.open()


class SharedGrid(Grid):
    """A grid on a shared table that stands in a page by itself."""

    def __init__(self, root: Locator) -> None:
        self.root = root

    @property
    def page(self) -> Page:
        """The page it is on."""
        return self.root.page

    @property
    def notebook(self) -> Notebook:  # type: ignore[override]  # there is none
        """There is none."""
        raise AssertionError("this grid stands in no notebook")

    def tags(self) -> list[str]:
        """The names that show at other people's cursors."""
        return self.root.locator(".tw-Tag.tw-mod-shown").all_inner_texts()

    def state(self) -> str:
        """The word for whether everything is saved."""
        return self.root.locator(".tw-Saved-word").inner_text()

    def color_at(self, x: float, y: float) -> str:
        """The colour of the cells' drawing at a point of the page, as six hexadecimal digits."""
        found = self.canvas.evaluate(
            """(canvas, [x, y]) => {
              const box = canvas.getBoundingClientRect();
              const scale = canvas.width / box.width;
              const { data } = canvas.getContext('2d').getImageData((x - box.x) * scale, (y - box.y) * scale, 1, 1);
              return [...data].slice(0, 3).map(part => part.toString(16).padStart(2, '0')).join('');
            }""",
            [x, y],
        )
        return str(found)


def create(server: Server, name: str, **body: Any) -> None:
    """Shares a table over REST, as ann."""
    status, told = server.request("POST", "tabweave/api/v1/datasets", {"name": name, **body})
    assert status == 201, json.dumps(told)


def grant(server: Server, name: str, rights: dict[str, Any]) -> None:
    """Sets who may do what with a table, as ann."""
    status, told = server.request("PUT", f"tabweave/api/v1/datasets/{quote(name)}/rights", rights)
    assert status == 200, json.dumps(told)
