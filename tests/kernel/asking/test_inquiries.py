"""Commands that a grid on a DataFrame sends over its channel: proposed, shown cell by cell, applied, undone, asked back."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import tabweave as tw
from conversation import Client
from tabweave.proposals import operations, pending
from tabweave_core.errors import NotFound
from tabweave_core.protocol import asking as a
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.ops import Block, SetCells, Transform, Undo

if TYPE_CHECKING:
    from tabweave.handles import Table
    from tabweave.workspace import Workspace

REGION, QTY, PRICE = 0, 1, 2


@pytest.fixture
def sales() -> pd.DataFrame:
    return pd.DataFrame({"region": ["West", "East", "West", "North"], "qty": [1, 2, 3, 4], "price": [1.5, np.nan, 3.0, 10.0]})


@pytest.fixture
def table(sales: pd.DataFrame, home: Workspace) -> Table:
    namespace: Any = home.namespace
    namespace["sales"] = sales
    return tw.table("sales", namespace=namespace)


@pytest.fixture
def client(table: Table, home: Workspace) -> Client:
    made = Client(home.sessions, table.slot)
    made.hello()
    return made


def ask(client: Client, text: str = "", **more: Any) -> a.Proposal:
    found: a.Proposal = client.ask(m.Proposed, m.Ask(ch=client.ch, id=client.number(), text=text, **more)).proposal
    return found


def applying(found: a.Proposal) -> Transform:
    return Transform(plan=found.plan, token=found.token, command=found.command, interpreter=found.interpreter)


def typed(column: int, row: int, value: object) -> SetCells:
    return SetCells(blocks=[Block(columns=[column], values=[[value]], rows=[row])])  # type: ignore[list-item]


def test_a_proposal_tells_every_change_and_is_applied_as_one_edit(
    client: Client, table: Table, sales: pd.DataFrame, home: Workspace
) -> None:
    before = sales.copy()
    found = ask(client, "fill missing price with 0, then drop rows where qty is 1, then uppercase region")
    assert (found.outcome, found.interpreter, found.cost) == ("change", "grammar", "")
    assert (found.rows_before, found.rows_removed, found.n_cells) == (4, 1, 4)
    assert [(each.name, each.fate, each.column, each.cells) for each in found.columns] == [
        ("region", "changed", REGION, 3),
        ("price", "changed", PRICE, 1),
    ]
    told = client.ask(m.Differences, m.AskChanges(ch=client.ch, id=client.number(), token=found.token, rows=[0, 1]))
    assert told.columns == [
        a.Difference(column=REGION, rows=[1], before=["East"], after=["EAST"]),
        a.Difference(column=PRICE, rows=[1], before=[None], after=[0.0]),
    ]
    assert told.removed == [0]
    with pytest.raises(NotFound):
        pending(home)
    pd.testing.assert_frame_equal(sales, before)
    ack = client.apply(applying(found))
    assert isinstance(ack, m.Ack)
    assert sales["region"].tolist() == ["EAST", "WEST", "NORTH"]
    (record,) = operations(table)
    assert (record["command"], record["interpreter"]) == (found.command, "grammar")
    assert isinstance(client.apply(Undo()), m.Ack)
    pd.testing.assert_frame_equal(sales, before)


def test_a_table_that_changed_applies_what_still_does_the_same_and_refuses_the_rest(client: Client, sales: pd.DataFrame) -> None:
    found = ask(client, "fill missing price with 0")
    client.apply(typed(REGION, 0, "South"))
    assert isinstance(client.apply(applying(found)), m.Ack)
    assert sales["price"].tolist() == [1.5, 0.0, 3.0, 10.0]
    found = ask(client, "set qty to 9 where region is West")
    client.apply(typed(QTY, 2, "7"))
    refused = client.apply(applying(found))
    assert isinstance(refused, m.Nack)
    assert refused.code == "CONFLICT"
    assert sales["qty"].tolist() == [1, 2, 7, 4]
    fresh = ask(client, plan=found.plan)
    assert [(cell.before, cell.after) for cell in fresh.cells] == [(7, 9)]
    assert isinstance(client.apply(applying(fresh)), m.Ack)


def test_questions_charts_choices_and_unknown_words(client: Client) -> None:
    count = len(client.inbox)
    found = ask(client, "total qty by region")
    assert (found.outcome, found.rows, [column.name for column in found.result]) == ("answer", 3, ["region", "sum_qty"])
    arrow = next(arrow for message, arrow in client.inbox[count:] if isinstance(message, m.Proposed))
    assert arrow is not None
    assert pa.ipc.open_stream(io.BytesIO(arrow)).read_all().to_pydict()["1"] == [2, 4, 4]
    assert ask(client, "bar chart of total qty by region").charts[0].kind == "bar"
    found = ask(client, "frobnicate the price")
    assert (found.outcome, found.reason) == ("unclear", "frobnicate")
    assert found.suggestions
    number = client.number()
    told = client.ask(m.Suggestions, m.AskSuggestions(ch=client.ch, id=number, text="drop", limit=4))
    assert len(told.commands) == 4
    wrong = client.ask(m.Error, m.Ask(ch=client.ch, id=client.number(), plan='{"steps":[{"op":"drop","columns":["prise"]}]}'))
    assert (wrong.code, wrong.where) == ("NO_COLUMN", "steps[0].prise")


def test_a_discarded_proposal_is_not_kept(client: Client) -> None:
    found = ask(client, "fill missing price with 0")
    client.send(m.Discard(ch=client.ch, token=found.token))
    gone = client.ask(m.Error, m.AskChanges(ch=client.ch, id=client.number(), token=found.token, rows=[0]))
    assert gone.code == "CONFLICT"
