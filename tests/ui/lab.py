"""Drives a real JupyterLab in a real Chromium: notebooks, cells, kernels."""

from __future__ import annotations

import ast
import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Error, Locator, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SECONDS = 1000.0


@contextmanager
def chromium(*, bars: bool = True) -> Iterator[Browser]:
    """A headless browser; its scroll bars are drawn unless told otherwise."""
    hidden = ["--hide-scrollbars"] if bars else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, ignore_default_args=hidden)
        try:
            yield browser
        finally:
            browser.close()


class Lab:
    """One JupyterLab page."""

    def __init__(
        self,
        browser: Browser,
        url: str,
        token: str,
        *,
        width: int = 1800,
        height: int = 1000,
        scale: float = 1,
        cookies: dict[str, str] | None = None,
    ) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=scale)
        for name, value in (cookies or {}).items():
            self.context.add_cookies([{"name": name, "value": value, "url": url}])
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.errors: list[str] = []
        self.url, self.token = url.rstrip("/"), token
        self.page = self.open_page()

    def open_page(self) -> Page:
        """Goes on in a page more of the same browser; the one before is left as it is."""
        self.page = self.context.new_page()
        self.page.set_default_timeout(15 * SECONDS)
        self.page.on("pageerror", self._hear)
        self.open()
        return self.page

    def open(self) -> None:
        """Loads the application and waits until it has started."""
        self.page.goto(f"{self.url}/lab?token={self.token}&reset", wait_until="domcontentloaded")
        started = "() => window.jupyterapp && document.querySelector('#jp-main-dock-panel')"
        self.page.wait_for_function(started, timeout=60 * SECONDS)
        self.page.evaluate("() => window.jupyterapp.restored")
        # It stays when two of JupyterLab's reasons to show it overlap, a theme's and the start's, and catches every click.
        self.page.add_style_tag(content="#jupyterlab-splash { display: none }")

    def _hear(self, error: Error) -> None:
        """Notes an error that is not others': the widget manager has one without a kernel, JupyterLab's splash has one."""
        stack = error.stack or error.message
        where = "".join(stack.splitlines()[1:2])
        splash = "removeChild" in stack and "jlab_core" in where
        if "@jupyter-widgets/jupyterlab-manager" not in where and not splash:
            self.errors.append(stack)

    def command(self, name: str, **arguments: Any) -> None:
        """Runs a JupyterLab command to its end."""
        self.page.evaluate("async ([name, args]) => { await window.jupyterapp.commands.execute(name, args); }", [name, arguments])

    def theme(self, name: str) -> None:
        """Switches to a theme, such as "JupyterLab Dark", and waits until it shows."""
        self.command("apputils:change-theme", theme=name)
        light = "false" if "Dark" in name else "true"
        shows = "light => document.body.dataset.jpThemeLight === light"
        self.page.wait_for_function(shows, arg=light, timeout=20 * SECONDS)

    def notebook(self, *cells: str, name: str = "", kernel: str = "python3") -> Notebook:
        """A new notebook with these cells, its kernel started."""
        path = f"{name or f'test-{uuid.uuid4().hex[:8]}'}.ipynb"
        content = {
            "cells": [new_cell(source) for source in cells],
            "metadata": {"kernelspec": {"name": kernel, "display_name": "Python 3 (ipykernel)", "language": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        self.page.evaluate(
            """async ([path, content]) => {
              const { contents } = window.jupyterapp.serviceManager;
              await contents.save(path, {type: 'notebook', format: 'json', content});
            }""",
            [path, content],
        )
        return self.open_notebook(path)

    def fresh_notebook(self) -> Notebook:
        """A new notebook whose first cell has run: it imports pandas and numpy and loads tabweave."""
        notebook = self.notebook("import pandas as pd, numpy as np\n%load_ext tabweave")
        notebook.run(0)
        return notebook

    def open_notebook(self, path: str, *, kernel: bool = True) -> Notebook:
        """Opens a notebook and waits for its kernel: the one it has, else a new one. With `kernel=False` none is started."""
        self.page.evaluate(
            """async ([path, kernel]) => {
              await window.jupyterapp.serviceManager.sessions.refreshRunning();
              const options = { path, factory: 'Notebook' };
              if (!kernel) options.kernelPreference = { shouldStart: false, autoStartDefault: false };
              await window.jupyterapp.commands.execute('docmanager:open', options);
            }""",
            [path, kernel],
        )
        notebook = Notebook(self, path)
        notebook.wait_ready(kernel)
        return notebook

    def close(self) -> None:
        """Closes the page."""
        self.context.close()


def new_cell(source: str) -> dict[str, Any]:
    """A code cell as notebooks store it."""
    identity = uuid.uuid4().hex[:8]
    return {"cell_type": "code", "id": identity, "metadata": {}, "source": source, "outputs": [], "execution_count": None}


_PANEL = """
  const panel = [...window.jupyterapp.shell.widgets('main')].find(w => w.context && w.context.path === path);
  if (!panel) throw new Error('no notebook ' + path);
"""

_FORGET = """
import ipywidgets
ipywidgets.Widget.close_all()
for _name in get_ipython().run_line_magic("who_ls", ""):
    if _name not in ("pd", "np", "ipywidgets"):
        get_ipython().user_ns.pop(_name, None)
"""


class Notebook:
    """One open notebook."""

    def __init__(self, lab: Lab, path: str) -> None:
        self.lab, self.path = lab, path

    @property
    def page(self) -> Page:
        """The page it is in."""
        return self.lab.page

    @property
    def kernel_id(self) -> str:
        """The running kernel's id."""
        found = self.js("return panel.sessionContext.session.kernel.id;")
        assert isinstance(found, str)
        return found

    def cell(self, cell: int) -> Locator:
        """A cell on the screen."""
        panel = self.js("return panel.id;")
        return self.page.locator(f'[id="{panel}"] .jp-Notebook .jp-Cell').nth(cell)

    def js(self, body: str, argument: Any = None) -> Any:
        """Runs an async function body with `panel` and `arg` in scope."""
        return self.page.evaluate(f"async ([path, arg]) => {{ {_PANEL} {body} }}", [self.path, argument])

    def wait_ready(self, kernel: bool) -> None:
        """Waits for the document, and for the kernel's answer."""
        self.js("await panel.context.ready; await panel.revealed;")
        if kernel:
            self.js("await panel.sessionContext.ready; await panel.sessionContext.session.kernel.info;")

    def run(self, cell: int = 0, *, wait: bool = True) -> None:
        """Runs a cell as the user's own keys would, and waits for its end unless told otherwise."""
        body = """
          window.jupyterapp.shell.activateById(panel.id);
          panel.content.activeCellIndex = arg[0];
          window.__runs = window.__runs || {};
          const done = window.jupyterapp.commands.execute('notebook:run-cell');
          window.__runs[arg[0]] = done;
          if (arg[1]) await done;
        """
        self.js(body, [cell, wait])

    def wait_run(self, cell: int) -> None:
        """Waits for the end of a run started with `wait=False`."""
        self.page.evaluate("async cell => { await window.__runs[cell]; }", cell)

    def append(self, source: str) -> int:
        """Adds a cell at the end; returns its index."""
        body = """
          panel.content.model.sharedModel.addCell({cell_type: 'code', source: arg});
          return panel.content.model.cells.length - 1;
        """
        index = self.js(body, source)
        assert isinstance(index, int)
        return index

    def execute(self, source: str) -> None:
        """Appends a cell, runs it and waits; a Python error in it is an error here."""
        cell = self.append(source)
        self.run(cell)
        errors = [out for out in self.outputs(cell) if out["output_type"] == "error"]
        assert not errors, errors

    def begin(self, source: str) -> int:
        """Appends a cell and starts it; `wait_run` waits for its end."""
        cell = self.append(source)
        self.run(cell, wait=False)
        return cell

    def outputs(self, cell: int) -> list[dict[str, Any]]:
        """The cell's outputs as stored in the notebook."""
        found: list[dict[str, Any]] = self.js("return panel.content.model.cells.get(arg).toJSON().outputs;", cell)
        return found

    def evaluate(self, expression: str) -> Any:
        """The value of a Python expression in the kernel, through JSON, beside the notebook's cells."""
        code = f"__import__('json').dumps({expression}, default=str)"
        reply = self.js(
            """
            const kernel = panel.sessionContext.session.kernel;
            const request = {code: '', silent: true, store_history: false, user_expressions: {value: arg}};
            return (await kernel.requestExecute(request).done).content;
            """,
            code,
        )
        value = reply["user_expressions"]["value"]
        assert value["status"] == "ok", value
        return json.loads(ast.literal_eval(value["data"]["text/plain"]))

    def is_open(self) -> bool:
        """Whether it is, in the page as it is now."""
        found = "path => [...window.jupyterapp.shell.widgets('main')].some(w => w.context && w.context.path === path)"
        return bool(self.page.evaluate(found, self.path))

    def restart(self) -> None:
        """Restarts the kernel, without asking."""
        self.js("await panel.sessionContext.session.kernel.restart(); await panel.sessionContext.session.kernel.info;")

    def clear(self) -> None:
        """Takes away all cells but the first, their widgets, the variables they made and what the page keeps of layouts."""
        self.page.evaluate("() => document.activeElement && document.activeElement.blur()")
        self.js(
            """
            const { sharedModel } = panel.content.model;
            sharedModel.deleteCellRange(1, sharedModel.cells.length);
            const kept = Object.keys(localStorage).filter(key => key.startsWith('tabweave:'));
            kept.forEach(key => localStorage.removeItem(key));
            const reply = await panel.sessionContext.session.kernel.requestExecute({ code: arg }).done;
            if (reply.content.status !== 'ok') throw new Error(JSON.stringify(reply.content));
            """,
            _FORGET,
        )

    def save(self) -> None:
        """Saves the notebook."""
        self.js("await panel.context.save();")

    def leave(self) -> None:
        """Closes the tab; the kernel goes on."""
        self.js("panel.context.model.dirty = false; panel.close();")

    def close(self) -> None:
        """Closes the tab, if it is open, and shuts its kernel down."""
        self.lab.page.evaluate(
            """async path => {
              for (const panel of [...window.jupyterapp.shell.widgets('main')].filter(each => each.context?.path === path)) {
                if (panel.sessionContext.session) await panel.sessionContext.shutdown();
                panel.context.model.dirty = false;
                panel.close();
              }
            }""",
            self.path,
        )
