"""Intents about a view become operations by row id: as private frames do them, on the newest state, bounded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pyarrow as pa
import pytest
from core.rooms import twins
from core.rooms.rights_people import COST, ITEM, NOTE, QTY, make, submit, typed
from core.rooms.twins import Twins, half
from core.store.people import ANN, BO, open_store, shown
from hypothesis import given
from hypothesis import strategies as st
from tabweave_core.engine.store import Store
from tabweave_core.engine.window import Seen
from tabweave_core.protocol import ops
from tabweave_core.protocol.messages import Ack, Nack
from tabweave_core.protocol.ops import Op
from tabweave_core.protocol.rights import Rights
from tabweave_core.protocol.schema import Sort, View
from tabweave_core.rooms import replacing, resolve

DOWN = View(sort=[Sort(column=QTY, descending=True)])


@pytest.fixture(scope="module")
def memory() -> Iterator[Store]:
    with open_store(None) as found:
        yield found


@pytest.fixture
def free(store: Store) -> Store:
    make(store, Rights())
    return store


def ok(store: Store, op: Op, seen: Seen | None = None) -> Ack:
    answer = submit(store, ANN, op, seen=seen)
    assert isinstance(answer, Ack), answer
    return answer


def refused(store: Store, op: Op, seen: Seen | None = None) -> Nack:
    before = shown(store, ITEM, QTY, COST, NOTE)
    answer = submit(store, ANN, op, seen=seen)
    assert isinstance(answer, Nack), answer
    assert shown(store, ITEM, QTY, COST, NOTE) == before
    return answer


@half
@given(st.data())
def test_a_fill_does_what_it_does_to_a_private_frame(memory: Store, data: st.DataObject) -> None:
    table = data.draw(twins.tables(least=2))
    width, height = table.num_columns, table.num_rows
    both = Twins.of(memory, table, data.draw(twins.views(width)))
    start = data.draw(st.integers(0, height - 1))
    stop = data.draw(st.integers(start + 1, min(start + 3, height)))
    first = data.draw(st.integers(0, height))
    op = ops.Fill(
        columns=data.draw(st.lists(st.integers(0, width - 1), min_size=1, unique=True)),
        start=start,
        stop=stop,
        target_start=first,
        target_stop=data.draw(st.integers(first, height)),
        mode=data.draw(st.sampled_from(["copy", "series"])),
    )
    mine, theirs = both.submit(op)
    assert mine == theirs
    mine, theirs = both.cells()
    assert mine == theirs


@pytest.mark.parametrize("mode", ["copy", "series"])
def test_a_fill_keeps_the_sign_of_a_zero(memory: Store, mode: Literal["copy", "series"]) -> None:
    both = Twins.of(memory, pa.table({"x": [-0.0, -0.0, 0.0, 1.0]}))
    assert both.submit(ops.Fill(columns=[0], start=0, stop=2, target_start=0, target_stop=4, mode=mode)) == ("", "")
    assert both.cells() == ("-0.0\n" * 4,) * 2


@half
@given(st.data())
def test_a_replacement_does_what_it_does_to_a_private_frame(memory: Store, data: st.DataObject) -> None:
    table = data.draw(twins.tables())
    both = Twins.of(memory, table, data.draw(twins.views(table.num_columns)))
    regex = data.draw(st.booleans())
    literal = st.sampled_from(["a", "A", "1", "0", "item", "-", ".", "ß", "", "\\"])
    pattern = st.sampled_from(["a+", "[0-9]", "(.)(.)", "^a", "1$", "x*", "(", "a|A", "(?i)A", "."])
    op = ops.Replace(
        find=data.draw(pattern if regex else literal),
        replacement=data.draw(st.sampled_from(["", "1", "$1", "\\1", "\\\\", "7$1", "b"])),
        columns=data.draw(st.none() | st.just([0])),
        case=data.draw(st.booleans()),
        whole=not regex and data.draw(st.booleans()),
        regex=regex,
    )
    mine, theirs = both.submit(op)
    assert (mine != "") == (theirs != "")
    mine, theirs = both.cells()
    assert mine == theirs


def test_ranges_are_those_of_the_view_that_was_seen(free: Store) -> None:
    seen = free.look("sales", DOWN)
    ok(free, typed(QTY, 0, "99"))
    block = ops.Block(columns=[NOTE], start=0, stop=2, values=[["x", "y"]])
    ok(free, ops.SetCells(blocks=[block]), seen)
    assert shown(free, NOTE) == [(0, "a"), (1, "y"), (2, "x")]
    ok(free, ops.InsertRows(copy_of=ops.Rows(ranges=[(0, 1)])), seen)
    ok(free, ops.DeleteRows(rows=ops.Rows(ranges=[(0, 1), (2, 3)])), seen)
    assert shown(free, NOTE) == [(1, "y"), (3, "x")]


def test_a_view_of_all_rows_keeps_its_rows_while_others_come(free: Store) -> None:
    seen = free.look("sales", View())
    ok(free, ops.InsertRows(before=0))
    ok(free, ops.SetCells(blocks=[ops.Block(columns=[NOTE], start=0, stop=1, values=[["first"]])]), seen)
    assert shown(free, NOTE) == [(3, None), (0, "first"), (1, "b"), (2, "c")]


@pytest.mark.parametrize(
    "op",
    [
        ops.SetCells(blocks=[ops.Block(columns=[NOTE], start=2, stop=4, values=[["x"]])]),
        ops.SetCells(blocks=[ops.Block(columns=[NOTE], start=2, stop=1, values=[["x"]])]),
        ops.SetCells(blocks=[ops.Block(columns=[NOTE], start=-1, stop=1, values=[["x"]])]),
        ops.DeleteRows(rows=ops.Rows(ranges=[(0, 4)])),
        ops.Fill(columns=[NOTE], start=0, stop=1, target_start=1, target_stop=4),
        ops.Fill(columns=[NOTE], start=3, stop=4, target_start=1, target_stop=2),
    ],
)
def test_rows_outside_the_view_are_refused(free: Store, op: Op) -> None:
    assert refused(free, op).code == "NO_ROW"


def test_what_a_fill_copies_is_what_stands_there_at_its_turn(free: Store) -> None:
    seen = free.look("sales", DOWN)
    op = ops.Fill(columns=[QTY, NOTE], start=0, stop=1, target_start=1, target_stop=3)
    prepare = resolve.intent(free, "sales", op, ANN, seen)
    ok(free, ops.SetCells(blocks=[ops.Block(columns=[QTY, NOTE], rows=[2], values=[["50"], ["new"]])]))
    free.submit("sales", op, user=ANN, client="late", seq=1, prepare=prepare).result(30)
    assert shown(free, QTY, NOTE) == [(0, 50, "new"), (1, 50, "new"), (2, 50, "new")]
    assert free.history("sales")[0].summary == "filled 4 cells of qty, note"


def test_a_replacement_takes_the_values_of_its_turn_and_leaves_rows_that_went(free: Store) -> None:
    op = ops.Replace(find="a", replacement="o", columns=[NOTE])
    ok(free, ops.SetCells(blocks=[ops.Block(columns=[NOTE], rows=[1, 2], values=[["banana", "data"]])]))
    prepare = resolve.intent(free, "sales", op, ANN)
    ok(free, typed(NOTE, 1, "sand"))
    ok(free, ops.DeleteRows(rows=ops.Rows(ids=[2])))
    free.submit("sales", op, user=ANN, client="late", seq=1, prepare=prepare).result(30)
    assert shown(free, NOTE) == [(0, "o"), (1, "sond")]
    change = free.history("sales")[0]
    assert (change.kind, change.summary) == ("replace", "replaced 'a' by 'o' in 2 cells")


def test_a_replacement_that_finds_nothing_says_so(free: Store) -> None:
    answer = ok(free, ops.Replace(find="zebra", replacement=""))
    assert (answer.status, answer.message) == ("noop", "No cell matches 'zebra'.")


@pytest.mark.parametrize(
    ("op", "message"),
    [
        (ops.Replace(find="", replacement="x"), "There is no text to find."),
        (ops.Replace(find="(", replacement="x", regex=True), "The pattern cannot be used: missing ): (."),
        (ops.Replace(find="a", replacement="$1", regex=True), "The pattern cannot be used: Invalid replacement string"),
        (ops.Replace(find="a", replacement="$12", regex=True), "The replacement names group 12."),
        (ops.Replace(find="a", replacement="\\q", regex=True), "The replacement has a backslash before 'q'."),
    ],
)
def test_what_cannot_be_replaced_is_refused_with_the_reason(free: Store, op: Op, message: str) -> None:
    answer = refused(free, op)
    assert (answer.code, answer.message[: len(message)]) == ("CHECK", message)


def test_a_pattern_made_to_hang_is_answered_at_once(free: Store) -> None:
    ok(free, typed(NOTE, 0, "a" * 5000 + "!"))
    answer = ok(free, ops.Replace(find="^(a+)+$", replacement="x", regex=True))
    assert answer.status == "noop"


def test_a_fill_or_replacement_of_too_many_cells_is_refused(free: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolve, "MOST_FILLED", 3)
    monkeypatch.setattr(replacing, "MOST", 1)
    filled = refused(free, ops.Fill(columns=[QTY, NOTE], start=0, stop=1, target_start=1, target_stop=3))
    replaced = refused(free, ops.Replace(find="n", replacement="m"))
    assert (filled.code, replaced.code) == ("TOO_LARGE", "TOO_LARGE")
    assert "filter the view first" in filled.hint
    assert "Filter the view first" in replaced.hint


def test_ranges_of_too_many_rows_are_refused_before_they_are_listed(memory: Store) -> None:
    memory.create_table("long", pa.table({"x": pa.nulls(1_000_001, pa.int64())}), ANN)
    seen = memory.look("long", View())
    for op in (
        ops.SetCells(blocks=[ops.Block(columns=[0], start=0, stop=1_000_001, values=[["1"]])]),
        ops.DeleteRows(rows=ops.Rows(ranges=[(0, 1_000_001)])),
        ops.Fill(columns=[0], start=0, stop=1, target_start=0, target_stop=200_001),
    ):
        prepare = resolve.intent(memory, "long", op, ANN, seen)
        answer = memory.submit("long", op, user=ANN, client=f"c{id(op)}", seq=1, prepare=prepare).result(30)
        assert isinstance(answer, Nack)
        assert answer.code == "TOO_LARGE"


def test_a_refusal_is_the_operations_one_answer(free: Store) -> None:
    prepare = resolve.intent(free, "sales", ops.Replace(find="", replacement=""), ANN)
    op = typed(NOTE, 0, "x")
    first = free.submit("sales", op, user=ANN, client="c", seq=1, prepare=prepare).result(30)
    again = free.submit("sales", op, user=ANN, client="c", seq=1).result(30)
    assert isinstance(first, Nack)
    assert first == again
    assert shown(free, NOTE)[0] == (0, "a")


def test_places_of_columns_are_those_that_the_person_sees(store: Store) -> None:
    make(store)
    assert isinstance(submit(store, BO, ops.AddColumn(name="end", dtype="string", at=3)), Ack)
    assert isinstance(submit(store, BO, ops.AddColumn(name="before note", dtype="string", at=2)), Ack)
    assert isinstance(submit(store, BO, ops.MoveColumn(column=NOTE, to=0)), Ack)
    names = [column.name for column in store.table("sales").columns]
    assert names == ["note", "item", "qty", "cost", "before note", "end"]
    assert isinstance(submit(store, BO, ops.MoveColumn(column=NOTE, to=3)), Ack)
    names = [column.name for column in store.table("sales").columns]
    assert names == ["item", "qty", "cost", "before note", "note", "end"]
    answer = submit(store, BO, ops.AddColumn(name="far", dtype="string", at=6))
    assert isinstance(answer, Nack)
    assert answer.message == "There is no place 6; places are 0 to 5."


def test_a_condition_holds_for_the_cells_that_a_range_names(free: Store) -> None:
    seen = free.look("sales", DOWN)
    op = ops.SetCells(blocks=[ops.Block(columns=[NOTE], start=0, stop=1, values=[["x"]])])
    wrong = submit(free, ANN, op, seen=seen, condition=ops.Condition(value=[["a"]]))
    right = submit(free, ANN, op, seen=seen, condition=ops.Condition(value=[["c"]]))
    assert isinstance(wrong, Nack)
    assert (wrong.code, wrong.rid, wrong.column) == ("CONFLICT", 2, NOTE)
    assert isinstance(right, Ack)


@pytest.mark.parametrize("regex", [True, False])
def test_a_replacement_that_would_make_endless_texts_is_refused(
    free: Store, monkeypatch: pytest.MonkeyPatch, *, regex: bool
) -> None:
    monkeypatch.setattr(replacing, "MOST_TEXT", 1000)
    ok(free, typed(NOTE, 0, "a" * 100))
    ok(free, ops.Replace(find="a", replacement="bb", regex=regex, columns=[NOTE]))
    answer = refused(free, ops.Replace(find="b", replacement="b" * 20, regex=regex, columns=[NOTE]))
    assert (answer.code, answer.message) == ("TOO_LARGE", "The new texts may have more than 1,000 characters.")
