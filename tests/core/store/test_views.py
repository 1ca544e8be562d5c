"""Windows on views: sorted and filtered in SQL, `_rid` first, every row of one revision."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest
from core.store.people import ANN, Client, rows, shown
from tabweave_core.engine import window
from tabweave_core.engine.store import Store
from tabweave_core.errors import BadMessage, BadValue, NotFound, Refused
from tabweave_core.protocol.ops import DeleteRows, InsertRows
from tabweave_core.protocol.schema import (
    ExpressionFilter,
    Filter,
    MissingFilter,
    RangeFilter,
    SetFilter,
    Sort,
    TextFilter,
    View,
)

DATA = pa.table(
    {
        "n": pa.array([3, None, 1, 2, 3], pa.int32()),
        "f": [1.5, float("nan"), None, -0.5, 2.0],
        "s": ["Pen", "ink", None, 'it\'s "ink" -- %', "pen"],
        "d": [Decimal("1.20"), Decimal("-3.00"), None, Decimal("0.05"), Decimal("1.20")],
        "c": pa.DictionaryArray.from_arrays(pa.array([1, 0, None, 2, 1], pa.int32()), ["low", "mid", "high"], ordered=True),
        "t": pa.array(
            [dt.datetime(2026, 3, 1, 23, 30), None, dt.datetime(2026, 3, 2), dt.datetime(2026, 2, 28), dt.datetime(2027, 1, 1)],
            pa.timestamp("us"),
        ),
        "u": pa.array([5_400, None, -1, 86_400, 0], pa.duration("s")),
        "b": [True, False, None, True, False],
        "x": [b"\x00", b"ab", None, b"", b"\xff"],
        "z": pa.array([1_767_225_600, None, 1_767_222_000, 0, 1], pa.int64()).view(pa.timestamp("s")).cast(pa.timestamp("s")),
    }
)
N, F, S, D, C, T, U, B, X, Z = range(10)


@pytest.fixture
def mixed(store: Store) -> Store:
    zoned = DATA.set_column(Z, "z", DATA.column(Z).cast(pa.timestamp("s", "Europe/Berlin")))
    store.create_table("sales", zoned, ANN)
    return store


def found(store: Store, *filters: Filter, sort: list[Sort] | None = None, search: str = "") -> list[object]:
    return [row[0] for row in shown(store, view=View(sort=sort or [], filter=list(filters), search=search))]


FILTERS: list[tuple[Filter, list[int]]] = [
    (RangeFilter(column=N, lo=2), [0, 3, 4]),
    (RangeFilter(column=N, lo="1.5", hi=2.5), [3]),
    (RangeFilter(column=N, lo=10**30), []),
    (RangeFilter(column=N, hi=10**30), [0, 2, 3, 4]),
    (RangeFilter(column=F, lo=0), [0, 4]),
    (RangeFilter(column=F, lo="NaN"), []),
    (RangeFilter(column=D, lo=0.049, hi="1.2"), [0, 3, 4]),
    (RangeFilter(column=C, lo="mid"), [0, 3, 4]),
    (RangeFilter(column=T, lo="2026-03-01", hi="2026-03-01"), [0]),
    (RangeFilter(column=T, lo="2026-03-01T23:30:00.000001"), [2, 4]),
    (RangeFilter(column=Z, lo="2026-01-01", hi="2026-01-01"), [0, 2]),
    (RangeFilter(column=Z, lo="2026-01-01T00:00:00Z"), [0]),
    (RangeFilter(column=U, lo=-1, hi="5400000000000"), [0, 4]),
    (RangeFilter(column=S, lo="a", hi="iz"), [1, 3]),
    (SetFilter(column=N, values=[3, 1.5, None, 10**40]), [0, 1, 4]),
    (SetFilter(column=N, values=[3], exclude=True), [1, 2, 3]),
    (SetFilter(column=N, values=[3], exclude=True, missing=True), [2, 3]),
    (SetFilter(column=F, values=["NaN", 1.5]), [0, 1]),
    (SetFilter(column=D, values=["1.2"]), [0, 4]),
    (SetFilter(column=S, values=['it\'s "ink" -- %', "nothing'; DROP TABLE t1; --"]), [3]),
    (SetFilter(column=B, values=[True]), [0, 3]),
    (SetFilter(column=X, values=["AA==", ""]), [0, 3]),
    (SetFilter(column=T, values=["2026-03-02T00:00:00"]), [2]),
    (TextFilter(column=S, text="pen"), [0, 4]),
    (TextFilter(column=S, text="pen", case=True), [4]),
    (TextFilter(column=S, text="pen", negate=True), [1, 2, 3]),
    (TextFilter(column=S, text="INK", mode="equals"), [1]),
    (TextFilter(column=S, text="IT'S", mode="starts"), [3]),
    (TextFilter(column=S, text="%", mode="ends"), [3]),
    (TextFilter(column=S, text="^p.n$", mode="regex"), [0, 4]),
    (TextFilter(column=D, text="1.20"), [0, 4]),
    (TextFilter(column=T, text="2026-03-01 23:30:00", mode="equals"), [0]),
    (TextFilter(column=U, text="0 days 01:30:00", mode="equals"), [0]),
    (TextFilter(column=U, text="-1 days +23:59:59", mode="equals"), [2]),
    (MissingFilter(column=X), [2]),
    (MissingFilter(column=F, negate=True), [0, 1, 3, 4]),
]


@pytest.mark.parametrize(("wanted", "rids"), FILTERS, ids=[str(wanted)[:90] for wanted, _ in FILTERS])
def test_a_filter_keeps_the_rows_that_it_names(mixed: Store, wanted: Filter, rids: list[int]) -> None:
    assert found(mixed, wanted) == rids


def test_all_filters_hold_at_once(mixed: Store) -> None:
    assert found(mixed, RangeFilter(column=N, lo=2), SetFilter(column=S, values=["pen"])) == [4]


def test_the_search_looks_into_every_column(mixed: Store) -> None:
    assert found(mixed, search="INK") == [1, 3]
    assert found(mixed, search="-3.00") == [1]
    assert found(mixed, search="x' OR true --") == []


@pytest.mark.parametrize(
    ("keys", "rids"),
    [
        ([Sort(column=N)], [2, 3, 0, 4, 1]),
        ([Sort(column=N, descending=True)], [0, 4, 3, 2, 1]),
        ([Sort(column=F)], [3, 0, 4, 1, 2]),
        ([Sort(column=F, descending=True)], [4, 0, 3, 1, 2]),
        ([Sort(column=C, descending=True)], [3, 0, 4, 1, 2]),
        ([Sort(column=D), Sort(column=N, descending=True)], [1, 3, 0, 4, 2]),
        ([Sort(column=S)], [0, 1, 3, 4, 2]),
        ([Sort(column=U)], [2, 4, 0, 3, 1]),
    ],
)
def test_missing_values_sort_last_and_equal_rows_keep_their_order(mixed: Store, keys: list[Sort], rids: list[int]) -> None:
    assert found(mixed, sort=keys) == rids


def test_equal_rows_keep_the_order_that_rows_were_inserted_in(mixed: Store) -> None:
    Client(mixed, ANN).ok(InsertRows(copy_of=rows(0, 2), before=0))
    assert found(mixed, sort=[Sort(column=N, descending=True)]) == [5, 0, 4, 3, 6, 2, 1]
    assert found(mixed, SetFilter(column=N, values=[3])) == [5, 0, 4]


def test_a_window_has_the_rows_asked_for_with_the_columns_in_that_order(mixed: Store) -> None:
    rev, rows_ = mixed.window("sales", View(sort=[Sort(column=N)]), 1, 3, [S, N])
    assert (rev, rows_.column_names) == (0, ["_rid", str(S), str(N)])
    assert rows_.to_pydict() == {"_rid": [3, 0], str(S): ['it\'s "ink" -- %', "Pen"], str(N): [2, 3]}


@pytest.mark.parametrize(("start", "stop", "count"), [(0, 0, 0), (3, 99, 2), (99, 100, 0)])
def test_a_window_ends_with_the_view(mixed: Store, start: int, stop: int, count: int) -> None:
    assert mixed.window("sales", View(), start, stop, [N])[1].num_rows == count


def test_a_window_of_no_columns_has_the_row_ids(mixed: Store) -> None:
    assert mixed.window("sales", View(), 0, 2, [])[1].to_pydict() == {"_rid": [0, 1]}


def test_what_was_seen_stays_in_its_order_while_values_follow(mixed: Store) -> None:
    ann = Client(mixed, ANN)
    seen = mixed.look("sales", View(sort=[Sort(column=N)]))
    ann.put(N, 2, "99")
    ann.ok(DeleteRows(rows=rows(3)))
    rev, rows_ = mixed.window("sales", seen, 0, 10, [N])
    assert (rev, rows_.to_pydict()) == (2, {"_rid": [2, 0, 4, 1], "0": [99, 3, 3, None]})
    assert mixed.look("sales", View(sort=[Sort(column=N)])).rids.tolist() == [0, 4, 2, 1]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (RangeFilter(column=N, lo="abc"), "'abc' is nothing that 'n'"),
        (RangeFilter(column=X, lo="AA=="), "has no ranges"),
        (RangeFilter(column=C, lo="hihg"), "Did you mean 'high'"),
        (TextFilter(column=S, text="(", mode="regex"), "The filter cannot be used"),
        (ExpressionFilter(sql="sum(n) > 1"), "needs more than one row"),
    ],
)
def test_a_filter_that_cannot_be_is_refused_with_the_reason(mixed: Store, wanted: Filter, reason: str) -> None:
    with pytest.raises(BadValue, match=reason):
        found(mixed, wanted)


def test_unknown_columns_and_backward_windows_are_refused(mixed: Store) -> None:
    with pytest.raises(NotFound):
        found(mixed, sort=[Sort(column=99)])
    with pytest.raises(NotFound):
        mixed.window("sales", View(), 0, 1, [99])
    with pytest.raises(BadMessage):
        mixed.window("sales", View(), 3, 1, [N])


def test_a_window_that_is_too_large_is_refused(mixed: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "MOST_CELLS", 5)
    with pytest.raises(Refused, match="at most"):
        mixed.window("sales", View(), 0, 5, [N])
