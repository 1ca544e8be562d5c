"""Drives a real JupyterLab in a real Chromium: notebooks, cells, kernels."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

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
def chromium() -> Iterator[Browser]:
    """A headless browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Lab:
    """One JupyterLab page."""

    def __init__(self, browser: Browser, url: str, token: str, *, width: int = 1800, height: int = 1000) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": height})
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.url, self.token = url.rstrip("/"), token
        self.open()

    def open(self) -> None:
        """Loads the application and waits until it has started."""
        self.page.goto(f"{self.url}/lab?token={self.token}&reset", wait_until="domcontentloaded")
        self.page.wait_for_function(
            "() => window.jupyterapp && document.querySelector('#jp-main-dock-panel')", timeout=60 * SECONDS
        )
        self.page.evaluate("() => window.jupyterapp.restored")

    def command(self, name: str, **arguments: Any) -> None:
        """Runs a JupyterLab command to its end."""
        self.page.evaluate("async ([name, args]) => { await window.jupyterapp.commands.execute(name, args); }", [name, arguments])

    def theme(self, name: str) -> None:
        """Switches to a theme, such as "JupyterLab Dark", and waits until it shows."""
        self.command("apputils:change-theme", theme=name)
        dark = "false" if "Dark" in name else "true"
        self.page.wait_for_function("light => document.body.dataset.jpThemeLight === light", arg=dark, timeout=20 * SECONDS)

    def notebook(self, *cells: str, kernel: str = "python3") -> Notebook:
        """A new notebook with these cells, its kernel started."""
        path = f"test-{uuid.uuid4().hex[:8]}.ipynb"
        content = {
            "cells": [
                {
                    "cell_type": "code",
                    "id": uuid.uuid4().hex[:8],
                    "metadata": {},
                    "source": cell,
                    "outputs": [],
                    "execution_count": None,
                }
                for cell in cells
            ],
            "metadata": {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        self.page.evaluate(
            "async ([path, content]) => { await window.jupyterapp.serviceManager.contents.save(path, {type: 'notebook', format: 'json', content}); }",
            [path, content],
        )
        return self.open_notebook(path)

    def open_notebook(self, path: str, *, kernel: bool = True) -> Notebook:
        """Opens a notebook and waits for its kernel."""
        self.command("docmanager:open", path=path, factory="Notebook")
        notebook = Notebook(self, path)
        notebook.wait_ready(kernel)
        return notebook

    def close(self) -> None:
        """Closes the page."""
        self.context.close()


_PANEL = """
  const panel = [...window.jupyterapp.shell.widgets('main')].find(w => w.context && w.context.path === path);
  if (!panel) throw new Error('no notebook ' + path);
"""


class Notebook:
    """One open notebook."""

    def __init__(self, lab: Lab, path: str) -> None:
        self.lab, self.path = lab, path

    @property
    def page(self) -> Page:
        """The page it is in."""
        return self.lab.page

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
          panel.content.activeCellIndex = arg[0];
          window.__runs = window.__runs || {};
          const done = window.jupyterapp.commands.execute('notebook:run-cell');
          window.__runs[arg[0]] = done;
          if (arg[1]) await done;
        """
        self.page.evaluate(
            "async path => { window.jupyterapp.shell.activateById([...window.jupyterapp.shell.widgets('main')].find(w => w.context && w.context.path === path).id); }",
            self.path,
        )
        self.js(body, [cell, wait])

    def wait_run(self, cell: int) -> None:
        """Waits for the end of a run started with `wait=False`."""
        self.page.evaluate("async cell => { await window.__runs[cell]; }", cell)

    def append(self, source: str) -> int:
        """Adds a cell at the end; returns its index."""
        index = self.js(
            "panel.content.model.sharedModel.addCell({cell_type: 'code', source: arg}); return panel.content.model.cells.length - 1;",
            source,
        )
        assert isinstance(index, int)
        return index

    def execute(self, source: str) -> None:
        """Appends a cell, runs it and waits; a Python error in it is an error here."""
        cell = self.append(source)
        self.run(cell)
        errors = [out for out in self.outputs(cell) if out["output_type"] == "error"]
        assert not errors, errors

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
            const future = kernel.requestExecute({code: '', silent: true, store_history: false, user_expressions: {value: arg}});
            return (await future.done).content;
            """,
            code,
        )
        value = reply["user_expressions"]["value"]
        assert value["status"] == "ok", value
        text = value["data"]["text/plain"]
        return json.loads(__import__("ast").literal_eval(text))

    def restart(self) -> None:
        """Restarts the kernel, without asking."""
        self.js("await panel.sessionContext.session.kernel.restart(); await panel.sessionContext.session.kernel.info;")

    def save(self) -> None:
        """Saves the notebook."""
        self.js("await panel.context.save();")

    def close(self) -> None:
        """Closes the tab and shuts its kernel down."""
        self.js(
            "const s = panel.sessionContext; if (s.session) await s.shutdown(); panel.context.model.dirty = false; panel.close();"
        )
