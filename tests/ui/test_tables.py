"""Shared tables in JupyterLab itself: the side panel, tabs without a kernel, data files."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect
from servers import Server

from ui.grid import until
from ui.lab import Lab
from ui.people import SharedGrid, create

RECORDS = [{"item": "pen", "qty": 3}, {"item": "ink", "qty": 1}]


@pytest.fixture(autouse=True)
def tabs(lab: Lab) -> Iterator[None]:
    """The tabs of tables that a test has opened are closed."""
    yield
    lab.page.evaluate(
        """() => {
          const opened = [...jupyterapp.shell.widgets('main')].filter(tab => tab.node.matches('.tw-Tab, :has(.tw-Tab)'));
          opened.forEach(tab => tab.close());
        }"""
    )


@pytest.fixture
def table(server: Server) -> str:
    name = f"stock {uuid.uuid4().hex[:6]}"
    create(server, name, records=RECORDS)
    return name


def panel(lab: Lab) -> Locator:
    """The list of shared tables, brought to the front."""
    lab.page.evaluate("() => jupyterapp.shell.activateById('tabweave-tables')")
    found = lab.page.locator(".tw-Tables")
    found.wait_for()
    return found


def item(lab: Lab, name: str) -> Locator:
    return panel(lab).locator(f'.tw-Tables-item[data-table="{name}"]')


def shown(lab: Lab) -> SharedGrid:
    grid = SharedGrid(lab.page.locator(".tw-Tab .tw-Grid").last)
    grid.wait_loaded()
    return grid


def test_a_new_table_appears_in_the_panel_with_its_size(lab: Lab, server: Server) -> None:
    panel(lab)
    name = f"fresh {uuid.uuid4().hex[:6]}"
    create(server, name, records=RECORDS)
    expect(item(lab, name).locator(".tw-Tables-size")).to_have_text("2 × 2")


def test_a_click_opens_a_table_in_a_tab_and_an_edit_there_is_saved(lab: Lab, server: Server, table: str) -> None:
    item(lab, table).locator(".tw-Tables-open").click()
    grid = shown(lab)
    grid.enter(0, "qty", "41")

    def stored() -> bool:
        _, told = server.request("GET", f"tabweave/api/v1/datasets/{table.replace(' ', '%20')}/rows")
        return "41" in str(told)

    until("the edit is stored", stored)
    expect(item(lab, table).locator(".tw-Tables-face")).to_have_text("AL")


def test_a_table_is_opened_once_and_its_tab_comes_forward(lab: Lab, table: str) -> None:
    for _ in range(2):
        item(lab, table).locator(".tw-Tables-open").click()
        shown(lab)
    assert lab.page.locator(f'.lm-TabBar-tab:has-text("{table}")').count() == 1


def test_a_dropped_table_leaves_the_panel_and_only_after_a_question(lab: Lab, table: str) -> None:
    item(lab, table).locator(".tw-Tables-open").click(button="right")
    lab.page.get_by_role("menuitem", name="Drop…").click()
    lab.page.locator(".jp-Dialog").get_by_role("button", name="Cancel").click()
    expect(item(lab, table)).to_have_count(1)
    item(lab, table).locator(".tw-Tables-open").click(button="right")
    lab.page.get_by_role("menuitem", name="Drop…").click()
    lab.page.locator(".jp-Dialog").get_by_role("button", name="Drop").click()
    expect(item(lab, table)).to_have_count(0)


def test_a_data_file_opens_with_tabweave_as_a_table_of_its_name(lab: Lab, server: Server) -> None:
    name = f"prices_{uuid.uuid4().hex[:6]}"
    (server.root / f"{name}.csv").write_text("item,price\npen,1.5\nink,12\n", encoding="utf-8")
    lab.command("docmanager:open", path=f"{name}.csv", factory="Tabweave")
    grid = shown(lab)
    assert grid.row(0)[:2] == ["pen", "1.5"]
    expect(item(lab, name).locator(".tw-Tables-size")).to_have_text("2 × 2")
