"""Setting cells: what is typed is read by the column's type, or refused whole with the reasons."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest
from core.store.people import ANN, BO, Client, shown, typed
from tabweave_core.engine import edits
from tabweave_core.engine.store import Store
from tabweave_core.protocol.ops import Block, Condition, Fill, SetCells, Undo

TYPED = [
    (pa.int8(), "1,27", "TYPE"),
    (pa.int8(), "127", 127),
    (pa.int8(), "128", "RANGE"),
    (pa.int64(), "1e3", 1000),
    (pa.int64(), "1.5", "TYPE"),
    (pa.int64(), "", None),
    (pa.uint64(), "18446744073709551615", 2**64 - 1),
    (pa.float64(), "1,234.5", 1234.5),
    (pa.float64(), "27%", 0.27),
    (pa.float64(), "9007199254740993", "SCALE"),
    (pa.float32(), "0.1", 0.10000000149011612),
    (pa.decimal128(6, 2), "1234.5", Decimal("1234.50")),
    (pa.decimal128(6, 2), "0.125", "SCALE"),
    (pa.decimal128(6, 2), "12345", "RANGE"),
    (pa.bool_(), "yes", True),
    (pa.bool_(), "maybe", "TYPE"),
    (pa.string(), " a ", " a "),
    (pa.string(), "", ""),
    (pa.date32(), "31.1.2026", dt.date(2026, 1, 31)),
    (pa.date32(), "03/04/2026", "TYPE"),
    (pa.date32(), "2026-02-30", "RANGE"),
    (pa.time64("us"), "2:05 pm", dt.time(14, 5)),
    (pa.timestamp("us"), "2026-01-31 14:05", dt.datetime(2026, 1, 31, 14, 5)),
    (pa.timestamp("s"), "2026-01-31 14:05:00.5", "SCALE"),
    (pa.timestamp("us"), "2026-01-31 14:05+01:00", "TYPE"),
    (pa.timestamp("us", "Europe/Berlin"), "2026-07-01 10:00", dt.datetime(2026, 7, 1, 8, tzinfo=dt.UTC)),
    (pa.timestamp("us", "Europe/Berlin"), "2026-07-01 10:00Z", dt.datetime(2026, 7, 1, 10, tzinfo=dt.UTC)),
    (pa.timestamp("us", "Europe/Berlin"), "2026-03-29 02:30", "RANGE"),
    (pa.timestamp("us", "Europe/Berlin"), "2026-10-25 02:30", "TYPE"),
    (pa.timestamp("ns"), "2263-01-01", "RANGE"),
    (pa.timestamp("us"), "12026-01-01", "RANGE"),
    (pa.duration("ms"), "90 min", dt.timedelta(minutes=90)),
    (pa.duration("s"), "1.5 s", "SCALE"),
]


@pytest.mark.parametrize(("kind", "text", "wanted"), TYPED, ids=[f"{kind} {text}" for kind, text, _ in TYPED])
def test_typed_text_is_read_by_the_type_of_the_column(store: Store, kind: pa.DataType, text: str, wanted: object) -> None:
    store.create_table("sales", pa.table({"x": pa.array([None], kind)}), ANN)
    answer = Client(store, ANN).do(typed(0, 0, text))
    refusals = {"TYPE", "RANGE", "SCALE"}
    if wanted in refusals:
        assert getattr(answer, "code", "") == wanted
        assert "for x (" in getattr(answer, "message", "")
        assert shown(store, 0) == [(0, None)]
    else:
        assert shown(store, 0) == [(0, wanted)]


def test_a_paste_with_one_bad_cell_writes_nothing_and_lists_it(ann: Client) -> None:
    before = shown(ann.store, 0, 1)
    paste = SetCells(blocks=[Block(columns=[0, 1], rows=[0, 1, 2], values=[["a", "b", "c"], ["7", "eight", "9"]])])
    nack = ann.refused(paste)
    assert (nack.code, nack.n_bad, [(bad.rid, bad.id, bad.row, bad.column, bad.text) for bad in nack.bad]) == (
        "TYPE",
        1,
        [(1, 1, 1, 1, "eight")],
    )
    assert "1 of 6 cells refuses its value; nothing was written" in nack.message
    assert shown(ann.store, 0, 1) == before


def test_one_value_goes_down_all_rows(ann: Client) -> None:
    ann.ok(SetCells(blocks=[Block(columns=[1], rows=[0, 2, 3], values=[["5"]])]))
    assert shown(ann.store, 1) == [(0, 5), (1, 2), (2, 5), (3, 5)]


def test_where_blocks_overlap_the_last_one_counts(ann: Client) -> None:
    blocks = [Block(columns=[1], rows=[0, 1], values=[["5"]]), Block(columns=[1], rows=[1], values=[["6"]])]
    assert ann.ok(SetCells(blocks=blocks)).n_cells == 2
    assert shown(ann.store, 1)[:2] == [(0, 5), (1, 6)]


def test_a_value_that_is_there_already_makes_no_revision(ann: Client) -> None:
    ack = ann.put(1, 0, "1.0")
    assert (ack.status, ack.rev, ack.n_cells) == ("noop", 0, 0)


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32()], ids=str)
@pytest.mark.parametrize("count", [1, 5, edits.BULK + 1])
def test_the_sign_of_a_zero_is_kept_whatever_it_is_written_over(store: Store, kind: pa.DataType, count: int) -> None:
    store.create_table("sales", pa.table({"x": pa.array([0.0] * count, kind)}), ANN)
    client = Client(store, ANN)

    def found() -> set[str]:
        return {str(value) for _, value in shown(store, 0)}

    for text in ("-0", "0", "", "-0", "0"):
        client.ok(SetCells(blocks=[Block(columns=[0], rows=list(range(count)), values=[[text]])]))
        assert found() == {str(float(text)) if text else "None"}
    for earlier in ("-0.0", "None", "0.0", "-0.0"):
        client.ok(Undo())
        assert found() == {earlier}


def test_the_answer_has_the_values_as_stored(ann: Client) -> None:
    ack = ann.ok(SetCells(blocks=[Block(columns=[1], rows=[0, 1], values=[["9007199254740993", " 12 "]])]))
    (cells,) = ack.cells
    assert (cells.column, cells.rows, cells.values) == (1, [0, 1], ["9007199254740993", 12])


def test_json_values_are_not_read_as_typed_text(store: Store) -> None:
    data = pa.table({"t": pa.array([0], pa.duration("us")), "s": ["x"], "f": [1.0]})
    store.create_table("sales", data, ANN)
    block = Block(columns=[0, 1, 2], rows=[0], values=[["5000000000"], [""], ["-Infinity"]])
    Client(store, ANN).ok(SetCells(blocks=[block], input="value"))
    assert shown(store, 0, 1, 2) == [(0, dt.timedelta(seconds=5), "", float("-inf"))]


def test_an_unknown_category_is_refused_with_the_nearest_one(store: Store) -> None:
    store.create_table("sales", pa.table({"c": pa.array(["north", "south", "west"]).dictionary_encode()}), ANN)
    nack = Client(store, ANN).refused(typed(0, 0, "nort"))
    assert (nack.code, nack.hint) == ("CHECK", "Did you mean 'north'?")


def test_a_row_or_column_that_is_not_there_is_refused(ann: Client) -> None:
    assert ann.refused(typed(1, 99, "1")).code == "NO_ROW"
    assert ann.refused(typed(9, 0, "1")).code == "NO_COLUMN"


def test_a_view_range_or_a_fill_is_refused_because_a_store_knows_no_views(ann: Client) -> None:
    assert ann.refused(SetCells(blocks=[Block(columns=[1], start=0, stop=1, values=[["1"]])])).code == "BAD_MESSAGE"
    assert ann.refused(Fill(columns=[1], start=0, stop=1, target_start=1, target_stop=2)).code == "BAD_MESSAGE"


@pytest.mark.parametrize("values", [[["1"], ["2"]], [["1", "2", "3"]], []])
def test_a_block_whose_values_do_not_fit_its_cells_is_refused(ann: Client, values: list[list[str]]) -> None:
    assert ann.refused(SetCells(blocks=[Block(columns=[1], rows=[0, 1], values=values)])).code == "BAD_MESSAGE"


def test_too_many_cells_at_once_are_refused(ann: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edits, "MOST_CELLS", 3)
    assert ann.refused(SetCells(blocks=[Block(columns=[1], rows=[0, 1, 2, 3], values=[["1"]])])).code == "TOO_LARGE"


def test_binary_columns_are_read_only(store: Store) -> None:
    store.create_table("sales", pa.table({"b": [b"\x00\xff"]}), ANN)
    assert Client(store, ANN).refused(typed(0, 0, "x")).code == "NOT_EDITABLE"


def test_a_condition_on_the_value_lets_only_one_of_two_writers_through(ann: Client, bo: Client) -> None:
    held = Condition(value=[[1]])
    ann.put(1, 0, "10", held)
    nack = bo.refused(typed(1, 0, "20"), held)
    assert (nack.code, nack.column, nack.rid) == ("CONFLICT", 1, 0)
    assert shown(ann.store, 1)[0] == (0, 10)


def test_a_condition_on_the_revision_says_who_was_first(ann: Client, bo: Client) -> None:
    seen = ann.put(1, 0, "10").rev
    bo.put(1, 0, "20")
    nack = ann.refused(typed(1, 0, "30"), Condition(rev=seen))
    assert nack.code == "CONFLICT"
    assert nack.message.startswith("Bo changed this")
    ann.put(1, 1, "30", Condition(rev=seen))


def test_a_condition_on_the_revision_holds_again_when_the_other_change_is_undone(ann: Client, bo: Client) -> None:
    seen = ann.put(1, 0, "10").rev
    bo.put(1, 0, "20")
    bo.ok(Undo())
    ann.put(1, 0, "30", Condition(rev=seen))
    assert shown(ann.store, 1)[0] == (0, 30)


def test_two_people_change_different_columns_of_a_row(ann: Client, bo: Client) -> None:
    ann.put(0, 0, "pencil")
    bo.put(1, 0, "9")
    assert shown(ann.store, 0, 1)[0] == (0, "pencil", 9)
    assert BO.id in {change.user.id for change in ann.store.history("sales")}
