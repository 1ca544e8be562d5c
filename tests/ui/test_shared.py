"""One shared table before several people: they see each other's edits and cursors, and nothing typed is lost."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from servers import Server

from ui.grid import Grid, until
from ui.lab import Lab, Notebook
from ui.line import Line
from ui.people import Guest, SharedGrid, create, grant

ORDERS = [
    {"item": "pen", "qty": 3, "price": 1.5, "paid": True},
    {"item": "ink", "qty": 1, "price": 12.0, "paid": False},
    {"item": "pad", "qty": 4, "price": 3.25, "paid": True},
    {"item": "cap", "qty": 1, "price": 0.8, "paid": True},
    {"item": "box", "qty": 5, "price": 7.0, "paid": False},
]


@pytest.fixture
def table(server: Server) -> str:
    """A small shared table of Ann's."""
    name = f"orders {uuid.uuid4().hex[:6]}"
    create(server, name, records=ORDERS)
    return name


@contextmanager
def seated(lab: Lab) -> Iterator[Guest]:
    guest = Guest(lab)
    yield guest
    guest.close_table()


@pytest.fixture
def anns(lab: Lab) -> Iterator[Guest]:
    with seated(lab) as guest:
        yield guest


@pytest.fixture
def bos(bos_lab: Lab) -> Iterator[Guest]:
    with seated(bos_lab) as guest:
        yield guest


@pytest.fixture
def distant(distant_lab: Lab) -> Iterator[Guest]:
    """Ann at a page whose line to the server can be cut."""
    with seated(distant_lab) as guest:
        yield guest


@pytest.fixture
def ann(anns: Guest, table: str) -> SharedGrid:
    return anns.open(table)


@pytest.fixture
def bo(bos: Guest, table: str) -> SharedGrid:
    return bos.open(table)


def tooltip(grid: SharedGrid, row: int, column: str) -> str:
    """What is said where the pointer rests on a cell."""
    box = grid.cell_box(row, column)
    grid.page.mouse.move(box["x"] + 6, box["y"] + 8)
    grid.page.mouse.move(box["x"] + 8, box["y"] + 9)
    cells = grid.root.locator(".tw-Grid-cells")
    return str(until("there is a tooltip", lambda: cells.get_attribute("title")))


def test_an_edit_is_in_the_other_persons_grid_and_tells_who_made_it(ann: SharedGrid, bo: SharedGrid) -> None:
    ann.enter(1, "qty", "77")
    bo.wait_text(1, "qty", "77")
    until("it is said", lambda: bo.spoken() == "Ann Lee changed qty, row 2 to 77")
    assert tooltip(bo, 1, "qty").splitlines() == ["changed by Ann Lee just now", "before: 1"]
    bo.enter(2, "item", "map")
    ann.wait_text(2, "item", "map")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_the_cursors_of_others_are_seen_with_their_names(
    lab: Lab, ann: SharedGrid, bo: SharedGrid, theme: str, tmp_path: Path
) -> None:
    lab.theme(theme)
    until("each knows of the other", lambda: "Bo Winter" in ann.people() and "Ann Lee" in bo.people())
    box = ann.cell_box(1, "qty")
    ann.at(4, "paid")
    plain = ann.color_at(box["x"] + 20, box["y"] + 2)
    bo.at(1, "qty")
    until("the name shows", lambda: ann.tags() == ["Bo Winter"])
    until("the cell is framed", lambda: ann.color_at(box["x"] + 20, box["y"] + 2) != plain)
    bo.press("Shift+ArrowDown")
    until("what is selected is tinted", lambda: ann.color_at(box["x"] + 20, box["y"] + 34) != plain)
    bo.press("Escape")
    bo.at(3, "item")
    until("the frame has gone on", lambda: ann.color_at(box["x"] + 20, box["y"] + 2) == plain)
    bo.type("cu")
    until("it is said that they type", lambda: ann.tags() == ["Bo Winter is typing"])
    ann.page.screenshot(path=tmp_path / "cursors.png")
    bo.press("Escape")
    lab.theme("JupyterLab Light")


def test_a_person_who_leaves_is_gone_for_the_others(bos: Guest, ann: SharedGrid, bo: SharedGrid) -> None:
    bo.at(2, "qty")
    until("Bo is here", lambda: "Bo Winter" in ann.people() and ann.tags())
    bos.close_table()
    until("Bo has left", lambda: ann.people() == "" and ann.tags() == [])


def test_undo_is_each_persons_own(ann: SharedGrid, bo: SharedGrid) -> None:
    ann.enter(0, "qty", "10")
    bo.wait_text(0, "qty", "10")
    bo.enter(1, "qty", "20")
    ann.wait_text(1, "qty", "20")
    ann.focus()
    ann.press("Control+z")
    ann.wait_text(0, "qty", "3")
    bo.wait_text(0, "qty", "3")
    assert bo.text(1, "qty") == "20"
    bo.focus()
    bo.press("Control+z")
    ann.wait_text(1, "qty", "1")
    ann.press("Control+y")
    bo.wait_text(0, "qty", "10")
    assert bo.text(1, "qty") == "1"


def test_who_is_written_over_is_told_and_can_restore_theirs(ann: SharedGrid, bo: SharedGrid) -> None:
    ann.enter(0, "qty", "40")
    bo.wait_text(0, "qty", "40")
    bo.enter(0, "qty", "55")
    until("it is told", lambda: "Bo Winter changed qty, row 1: 40 → 55" in ann.said())
    ann.press_button("Restore mine")
    bo.wait_text(0, "qty", "40")
    assert "Ann Lee changed qty, row 1: 55 → 40" in until("Bo is told as well", bo.said)


def test_an_old_value_of_a_cell_is_restored_from_its_history(ann: SharedGrid, bo: SharedGrid) -> None:
    ann.enter(0, "price", "2.5")
    bo.wait_text(0, "price", "2.5")
    bo.enter(0, "price", "4")
    ann.wait_text(0, "price", "4.0")
    ann.at(0, "price")
    ann.cell_menu("History of this cell")
    values = ann.root.locator(".tw-History-values")
    until("the history is here", lambda: values.all_inner_texts() == ["2.5 → 4.0", "1.5 → 2.5", "1.5"])
    ann.root.locator(".tw-History-change").nth(2).hover()
    ann.root.locator(".tw-History-change").nth(2).get_by_role("button", name="Restore").click()
    bo.wait_text(0, "price", "1.5")


def test_a_viewer_cannot_type_and_is_told_why_until_the_owner_lets_them(server: Server, bos: Guest, table: str) -> None:
    grant(server, table, {"everyone": "viewer"})
    bo = bos.open(table)
    assert bo.root.get_by_text("Read-only").count() == 1
    bo.at(0, "qty")
    bo.type("9")
    reason = until("it is told why", bo.said)
    assert "Ann Lee" in reason
    bo.press("Enter", "Delete")
    assert bo.text(0, "qty") == "3"
    grant(server, table, {"people": {"bo": "editor"}})
    until("it is told", lambda: "You can edit this table now." in bo.said())
    bo.enter(0, "qty", "9")
    bo.wait_text(0, "qty", "9")
    bo.saved()


def test_a_column_that_one_may_not_write_says_why(server: Server, bos: Guest, ann: SharedGrid, table: str) -> None:
    grant(server, table, {"columns": {"2": {"write": []}}})
    bo = bos.open(table)
    bo.at(0, "price")
    bo.type("9")
    reason = until("it is told why", bo.said)
    assert reason in tooltip(bo, 0, "price")
    bo.enter(0, "qty", "9")
    ann.wait_text(0, "qty", "9")
    assert ann.text(0, "price") == "1.5"


@pytest.mark.parametrize("way", ["up", "down"])
def test_an_edit_under_way_when_the_page_is_loaded_anew_is_made_once(
    distant: Guest, line: Line, bo: SharedGrid, table: str, way: str
) -> None:
    grid = distant.open(table)
    grid.at(1, "qty")
    line.lose(way)
    grid.cell_menu("Insert row above")
    until("the edit has gone out", lambda: grid.state().startswith("Saving"))
    if way == "down":
        until("it is made", lambda: bo.count() == 6)
    line.mend()
    distant.reload()
    grid = distant.open(table)
    grid.saved()
    until("it is made once", lambda: grid.count() == bo.count() == 6)
    assert grid.column("item") == ["pen", "missing", "ink", "pad", "cap", "box"]


def test_what_is_typed_offline_is_counted_kept_and_saved_after_all(
    distant: Guest, line: Line, bo: SharedGrid, table: str
) -> None:
    grid = distant.open(table)
    grid.at(1, "qty")
    line.cut()
    until("it is told", lambda: "connection is lost" in grid.said())
    assert grid.state() == "Offline"
    grid.type("77")
    grid.press("Tab")
    grid.type("78")
    grid.press("Enter")
    until("it is counted", lambda: grid.state() == "2 unsaved — offline")
    line.mend()
    bo.wait_text(1, "qty", "77")
    bo.wait_text(1, "price", "78.0")
    grid.saved()


def test_what_is_typed_offline_is_saved_by_the_next_page(distant: Guest, line: Line, bo: SharedGrid, table: str) -> None:
    grid = distant.open(table)
    grid.at(1, "qty")
    line.cut()
    until("it is told", lambda: "connection is lost" in grid.said())
    grid.type("77")
    grid.press("Enter")
    until("it is counted", lambda: grid.state() == "1 unsaved — offline")
    distant.page.close(run_before_unload=False)
    line.mend()
    distant.lab.open_page()
    grid = distant.open(table)
    bo.wait_text(1, "qty", "77")
    grid.saved()
    assert "1 edit from before this page was loaded is saved now." in grid.said()


def test_what_is_typed_after_the_browsers_storage_was_wiped_is_kept_as_well(
    distant: Guest, line: Line, bo: SharedGrid, table: str
) -> None:
    grid = distant.open(table)
    grid.at(1, "qty")
    line.cut()
    until("it is told", lambda: "connection is lost" in grid.said())
    grid.type("77\n")
    until("it is counted", lambda: grid.state() == "1 unsaved — offline")
    distant.page.evaluate(
        """() => new Promise((done, fail) => {
          const wiping = indexedDB.deleteDatabase('tabweave');
          wiping.onsuccess = done;
          wiping.onerror = wiping.onblocked = fail;
        })"""
    )
    grid.type("78\n")
    until("both are counted", lambda: grid.state() == "2 unsaved — offline")
    line.mend()
    distant.reload()
    grid = distant.open(table)
    grid.saved()
    bo.wait_text(1, "qty", "77")
    bo.wait_text(2, "qty", "78")


@pytest.fixture
def tabs(anns: Guest, table: str) -> Iterator[list[SharedGrid]]:
    """The table in two tabs of Ann's browser."""
    page = anns.page
    first = anns.open(table)
    anns.lab.open_page()
    yield [first, anns.open(table)]
    anns.page.close()
    anns.lab.page = page
    page.bring_to_front()


def test_two_tabs_of_one_person_save_all_that_both_type(tabs: list[SharedGrid]) -> None:
    for row in range(3):
        for grid, column, start in zip(tabs, ("qty", "price"), (100, 200), strict=True):
            grid.page.bring_to_front()
            grid.enter(row, column, str(start + row))
    for grid in tabs:
        grid.saved()
        until("numbers are there", lambda grid=grid: grid.column("qty")[:3] == ["100", "101", "102"])
        until("prices are there", lambda grid=grid: grid.column("price")[:3] == ["200.0", "201.0", "202.0"])
    assert tabs[0].people() == ""


def test_what_a_page_that_is_gone_left_unsaved_is_sent_without_opening_its_table(
    distant: Guest, line: Line, bo: SharedGrid, table: str
) -> None:
    grid = distant.open(table)
    grid.at(1, "qty")
    line.cut()
    until("it is told", lambda: "connection is lost" in grid.said())
    grid.type("77")
    grid.press("Enter")
    until("it is counted", lambda: grid.state() == "1 unsaved — offline")
    distant.close_table()
    line.mend()
    told = distant.page.evaluate(
        """async () => {
          const page = globalThis[Symbol.for('tabweave')];
          const { sendLeft } = await page.grid();
          return new Promise(done => sendLeft(page, (name, { saved, refused }) => done([name, saved, refused.length])));
        }"""
    )
    assert told == [table, 1, 0]
    bo.wait_text(1, "qty", "77")


def test_two_people_in_two_notebooks_share_one_truth(notebook: Notebook, bos_notebook: Notebook, server: Server) -> None:
    notebook.execute("df = pd.DataFrame({'item': ['pen', 'ink'], 'qty': [3, 1]})")
    shown = notebook.append("%tab share df as stock")
    notebook.run(shown)
    joined = bos_notebook.append("%tab join stock")
    bos_notebook.run(joined)
    try:
        hers, his = Grid(notebook, shown), Grid(bos_notebook, joined)
        for grid in (hers, his):
            grid.root.scroll_into_view_if_needed()
            grid.wait_loaded()
        assert his.carrier() == hers.carrier() == "socket"

        # What he types is in her grid and in both variables; what her code does as well.
        his.enter(1, "qty", "99")
        hers.wait_text(1, "qty", "99")
        hers.wait_frame("df['qty'].tolist()", [3, 99])
        his.wait_frame("stock['qty'].tolist()", [3, 99])
        notebook.execute("df.loc[0, 'qty'] = 7")
        his.wait_text(0, "qty", "7")
        his.wait_frame("stock['qty'].tolist()", [7, 99])

        # Each sees the other, and takes back only what is their own.
        until("each sees the other", lambda: "Bo Winter" in hers.people() and "Ann Lee" in his.people())
        his.focus()
        his.press("Control+z")
        hers.wait_frame("df['qty'].tolist()", [7, 1])
        hers.focus()
        hers.press("Control+z")
        his.wait_frame("stock['qty'].tolist()", [3, 1])

        # Who may only look changes nothing, by their keys or by their code.
        grant(server, "stock", {"everyone": "viewer"})
        until("he is told", lambda: his.root.get_by_text("Read-only").count())
        his.at(0, "qty")
        his.type("5")
        until("he is told why", lambda: "Ann Lee" in his.said())
        told = bos_notebook.append("stock.loc[0, 'qty'] = 555")
        bos_notebook.run(told)
        assert "stock" in until("his code is told as well", lambda: str(bos_notebook.outputs(told)))
        his.wait_frame("stock['qty'].tolist()", [3, 1])
        notebook.execute("df.loc[1, 'qty'] = 2")
        his.wait_frame("stock['qty'].tolist()", [3, 2])
        assert hers.frame("df['qty'].tolist()") == [3, 2]
    finally:
        server.request("DELETE", "tabweave/api/v1/datasets/stock")
