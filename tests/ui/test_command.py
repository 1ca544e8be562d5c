"""Commands in plain words in the grid: the cells show what would change, then it is applied, or let go."""

from __future__ import annotations

from playwright.sync_api import Locator
from servers import Server

from ui.grid import Grid, until
from ui.lab import Lab, Notebook
from ui.people import Guest, create


class Bar:
    """The command bar of a grid."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.root = grid.root.locator(".tw-Command")

    @classmethod
    def open(cls, grid: Grid) -> Bar:
        """Opens it from the cells with its keys."""
        grid.focus()
        grid.press("Control+k")
        bar = cls(grid)
        until("the line has the keyboard", lambda: bar.field.evaluate("field => field === document.activeElement"))
        return bar

    @property
    def field(self) -> Locator:
        """Where commands are typed."""
        return self.root.get_by_role("combobox")

    def say(self, text: str, outcome: str = "change") -> None:
        """Types a command over what stands there and waits for what it comes to."""
        self.grid.press("Control+a")
        self.grid.type(text)
        self.grid.press("Enter")
        self.root.locator(f'[data-phase="{outcome}"]').wait_for()

    def effects(self) -> list[str]:
        """What the proposal says it would do."""
        return self.root.get_by_role("list", name="What it would do").get_by_role("listitem").all_inner_texts()

    def undo(self) -> None:
        """Takes back what was just applied."""
        self.grid.root.locator(".tw-Notice").get_by_role("button", name="Undo").click()

    def code(self, language: str) -> str:
        """What is proposed, as code."""
        self.root.get_by_role("radio", name=language).click()
        shown = self.root.locator(".tw-Making-code")
        return str(until("there is code", lambda: shown.count() and shown.inner_text().strip()))

    def press(self, name: str) -> None:
        """Clicks one of its buttons."""
        self.root.get_by_role("button", name=name, exact=True).click()


def test_a_command_shows_what_it_would_do_in_the_cells_and_one_undo_takes_it_back(orders: Grid) -> None:
    bar = Bar.open(orders)
    bar.say("set qty to 9 where price is less than 2")
    orders.wait_text(0, "qty", "3, would become 9")
    assert [orders.text(row, "qty") for row in (1, 3)] == ["1", "1, would become 9"]
    assert bar.effects() == ["changes 2 cells in qty"]
    assert orders.frame("df['qty'].tolist()") == [3, 1, 4, 1, 5]
    orders.press("Alt+ArrowDown", "Alt+ArrowDown")
    orders.wait_cursor(3, "qty")
    orders.press("Enter")
    orders.wait_frame("df['qty'].tolist()", [9, 1, 4, 9, 5])
    orders.wait_text(0, "qty", "9")
    bar.undo()
    orders.wait_frame("df['qty'].tolist()", [3, 1, 4, 1, 5])
    assert orders.frame("str(df['qty'].dtype)") == "int64"
    orders.wait_text(0, "qty", "3")


def test_a_discarded_proposal_leaves_no_mark_and_changes_nothing(orders: Grid) -> None:
    bar = Bar.open(orders)
    bar.say("drop rows where price is greater than 5, then add total = qty * price")
    orders.wait_text(1, "item", "ink, would be removed")
    until("the new column is drawn", lambda: "total" in orders.columns())
    assert bar.effects()[:2] == ["removes 2 rows", "adds column total"]
    orders.press("Escape")
    orders.wait_text(1, "item", "ink")
    assert "total" not in orders.columns()
    orders.press("Escape")
    until("the line is closed", lambda: bar.root.count() == 0 and orders.focused())
    assert orders.frame("[len(df), len(df.columns)]") == [5, 6]


def test_an_edited_plan_is_marked_where_it_is_wrong_and_applied_when_it_fits(orders: Grid) -> None:
    bar = Bar.open(orders)
    bar.say("set qty to 9 where price is less than 2")
    bar.press("Plan and code")
    plan = bar.root.get_by_role("textbox", name="Plan")
    text = plan.input_value()
    plan.fill(text.replace('"qty"', '"qtty"'))
    bar.press("Preview this plan")
    bar.root.locator(".tw-Plan-fault").wait_for()
    assert "qty" in bar.root.locator(".tw-Plan-fault").inner_text()
    assert "qtty" in bar.root.locator(".tw-Plan-mirror mark").inner_text()
    plan.fill(text.replace("9", "7"))
    bar.press("Preview this plan")
    orders.wait_text(0, "qty", "3, would become 7")
    assert "SELECT" in bar.code("SQL")
    code = bar.code("pandas")
    bar.press("Apply")
    orders.wait_frame("df['qty'].tolist()", [7, 1, 4, 7, 5])
    bar.undo()
    orders.wait_frame("df['qty'].tolist()", [3, 1, 4, 1, 5])
    orders.notebook.execute(f"table = df\n{code}\nmade = df['qty'].tolist()\ndf = table")
    assert orders.frame("made") == [7, 1, 4, 7, 5]


def test_what_is_not_understood_is_said_with_commands_that_are(orders: Grid) -> None:
    bar = Bar.open(orders)
    bar.say("frobnicate the qty", "unclear")
    assert "frobnicate" in bar.root.get_by_role("alert").inner_text()
    offers = bar.root.get_by_role("list", name="Commands that are understood").get_by_role("button")
    offer = offers.first.inner_text().split("\n")[-1]
    offers.first.click()
    until("the offer is understood", lambda: bar.root.locator('[data-phase="change"], [data-phase="answer"]').count())
    assert bar.field.input_value() == offer
    assert orders.frame("df['qty'].tolist()") == [3, 1, 4, 1, 5]


def test_a_question_is_answered_below_the_line_and_the_answer_can_be_copied(orders: Grid) -> None:
    bar = Bar.open(orders)
    orders.type("total qty b")
    until("there are suggestions", lambda: orders.page.get_by_role("option").count())
    bar.say("total qty by kind", "answer")
    cells = bar.root.get_by_role("region", name="Answer").get_by_role("cell").all_inner_texts()
    assert sorted(zip(cells[::2], cells[1::2], strict=True)) == [("a", "7"), ("b", "6"), ("c", "1")]
    bar.press("Copy")
    copied = until("it is copied", lambda: orders.page.evaluate("() => navigator.clipboard.readText()"))
    assert sorted(str(copied).splitlines()[1:]) == ["a\t7", "b\t6", "c\t1"]


def test_the_palette_opens_the_line_of_the_active_cells_grid_or_a_cell_for_commands(orders: Grid, notebook: Notebook) -> None:
    notebook.lab.command("tabweave:ask")
    until("the line is open", lambda: Bar(orders).root.count())
    cell = notebook.append("df.head()")
    notebook.run(cell)
    notebook.js("panel.content.activeCellIndex = arg;", cell)
    notebook.lab.command("tabweave:ask")
    source = "return panel.content.widgets[arg].model.sharedModel.getSource();"
    assert until("there is a cell", lambda: notebook.js(source, cell + 1)) == "%%tab df\n"


def test_a_command_on_a_shared_table_is_everybodys(lab: Lab, bos_lab: Lab, server: Server) -> None:
    create(server, "wares", records=[{"item": "pen", "qty": 3}, {"item": "ink", "qty": 1}, {"item": "pad", "qty": 4}])
    ann, bo = Guest(lab), Guest(bos_lab)
    his, hers = bo.open("wares"), ann.open("wares")
    bar = Bar.open(hers)
    bar.say("set qty to 0 where item is pen")
    hers.wait_text(0, "qty", "3, would become 0")
    assert his.text(0, "qty") == "3"
    bar.press("Plan and code")
    assert "wares.copy()" in bar.code("pandas")
    bar.field.focus()
    hers.press("Enter")
    his.wait_text(0, "qty", "0")
    until("he is told whose it was", lambda: "Ann Lee" in his.spoken())
    bar.undo()
    his.wait_text(0, "qty", "3")
    for guest in (ann, bo):
        guest.close_table()
