from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel.frames.views import viewed
from tabweave.frames.frame import Frame
from tabweave.frames.view import ViewState
from tabweave_core.engine.rows import RowsChange
from tabweave_core.errors import NotFound, Unavailable
from tabweave_core.protocol.schema import ExpressionFilter, MissingFilter, RangeFilter, Sort, TextFilter, View

DF = pd.DataFrame({"n": [3, 1, 2, 1], "text": ["c", "a", None, "b"]})


def positions(view: ViewState) -> list[int]:
    found = view.positions(0, view.count)
    return list(range(found.start, found.stop)) if isinstance(found, slice) else found.tolist()


def test_the_plain_view_is_the_frame_itself() -> None:
    view = viewed(Frame(DF))
    assert view.rows is None
    assert view.count == 4
    assert view.positions(1, 99) == slice(1, 4)
    assert view.positions(-5, 2) == slice(0, 2)


def test_a_view_sorts_what_its_filters_and_search_keep() -> None:
    view = viewed(Frame(DF), View(sort=[Sort(column=0), Sort(column=1, descending=True)], filter=[RangeFilter(column=0, hi=2)]))
    assert positions(view) == [3, 1, 2]
    assert positions(viewed(Frame(DF), View(filter=[MissingFilter(column=1, negate=True)], search="1"))) == [1, 3]


def test_all_filters_hold_at_once() -> None:
    both = View(filter=[ExpressionFilter(sql="n = 1"), TextFilter(column=1, text="B")])
    assert positions(viewed(Frame(DF), both)) == [3]


def test_ranges_of_a_view_are_clamped_to_it() -> None:
    view = viewed(Frame(DF), View(filter=[RangeFilter(column=0, lo=1, hi=1)]))
    found = view.positions(1, 50)
    assert isinstance(found, np.ndarray)
    assert found.tolist() == [3]
    assert found.dtype == np.int64
    assert len(view.positions(7, 9)) == 0  # type: ignore[arg-type]


def test_an_unknown_column_makes_no_view() -> None:
    for wanted in (View(sort=[Sort(column=9)]), View(filter=[MissingFilter(column=9)])):
        with pytest.raises(NotFound):
            viewed(Frame(DF), wanted)


def test_a_view_is_touched_by_the_columns_it_looks_at() -> None:
    view = viewed(Frame(DF), View(sort=[Sort(column=0)]))
    assert view.touches([0, 1])
    assert not view.touches([1])
    assert not viewed(Frame(DF)).touches([0, 1])
    assert viewed(Frame(DF), View(search="a")).touches([1])
    expression = viewed(Frame(DF), View(filter=[ExpressionFilter(sql="lower(TEXT) = 'a'")]))
    assert expression.touches([1])
    assert not expression.touches([0])


def test_inserted_rows_show_beside_their_neighbours_and_deleted_ones_leave() -> None:
    frame = Frame(DF.copy())
    view = viewed(frame, View(sort=[Sort(column=0)]))
    assert positions(view) == [1, 3, 2, 0]
    view.follow(RowsChange(inserted=np.array([2]), deleted=np.array([], dtype=np.int64), old=4, new=5))
    assert positions(view) == [1, 4, 2, 3, 0]
    view.follow(RowsChange(inserted=np.array([], dtype=np.int64), deleted=np.array([0, 4]), old=5, new=3))
    assert positions(view) == [0, 1, 2]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.data())
def test_following_keeps_the_order_of_the_rows_that_stay(cells: list[int], data: st.DataObject) -> None:
    frame = Frame(pd.DataFrame({"n": cells}))
    view = viewed(frame, View(sort=[Sort(column=0)]))
    before = frame.rids.ids(np.array(positions(view))).tolist()
    deleted = np.array(sorted(data.draw(st.sets(st.integers(0, len(cells) - 1)))), dtype=np.int64)
    view.follow(frame.rids.delete(deleted))
    left = len(cells) - len(deleted)
    count = data.draw(st.integers(0, 3))
    places = data.draw(st.permutations(range(left + count)))[:count]
    inserted = np.array(sorted(places), dtype=np.int64)
    view.follow(frame.rids.insert(inserted, frame.rids.new(len(inserted))))
    after = frame.rids.ids(np.array(positions(view), dtype=np.int64)).tolist()
    assert [rid for rid in after if rid < len(cells)] == [rid for rid in before if rid not in set(deleted.tolist())]
    assert sorted(after) == sorted(frame.rids.ids(slice(0, len(frame.rids))).tolist())


def test_a_view_catches_up_with_rows_that_went_while_it_was_computed() -> None:
    frame = Frame(DF.copy())

    def meddle() -> bool:
        if len(frame.rids) == 4:
            frame.df = frame.df.drop(index=1)
            frame.rids.delete(np.array([1]))
        return False

    view = viewed(frame, View(sort=[Sort(column=0)]), cancelled=meddle)
    assert frame.rids.ids(np.array(positions(view))).tolist() == [3, 2, 0]


def test_a_view_of_a_table_that_was_replaced_meanwhile_is_given_up() -> None:
    frame = Frame(DF.copy())

    def meddle() -> bool:
        frame.epoch = "another"
        return False

    with pytest.raises(Unavailable):
        viewed(frame, View(sort=[Sort(column=0)]), cancelled=meddle)


def test_computing_a_view_leaves_the_frame_free_for_others() -> None:
    frame = Frame(DF.copy())
    free: list[bool] = []

    def cancelled() -> bool:
        def attempt() -> None:
            free.append(frame.lock.acquire(timeout=1))
            if free[-1]:
                frame.lock.release()

        other = threading.Thread(target=attempt)
        other.start()
        other.join()
        return False

    viewed(frame, View(sort=[Sort(column=0)], search="1"), cancelled=cancelled)
    assert free
    assert all(free)


def test_a_view_holds_nothing_that_makes_the_next_write_copy() -> None:
    df = pd.DataFrame({"a": np.arange(1000.0)[::-1].copy(), "s": [str(number) for number in range(1000)]})
    frame = Frame(df)
    where = address(df)
    view = viewed(frame, View(sort=[Sort(column=0), Sort(column=1)], filter=[RangeFilter(column=0, lo=5)], search="9"))
    df.loc[0, "a"] = 5.0
    assert address(df) == where
    assert view.count


def address(df: pd.DataFrame) -> Any:
    return df["a"].array.to_numpy().__array_interface__["data"][0]


def test_every_index_and_label_can_be_viewed() -> None:
    index = pd.MultiIndex.from_arrays([["b", "a", "b"], pd.to_datetime(["2026-01-02", "2026-01-01", "2026-01-01"])])
    df = pd.DataFrame([[1, 2], [3, 4], [5, 6]], columns=["x", "x"], index=index)
    view = viewed(Frame(df), View(sort=[Sort(column=0), Sort(column=1)], filter=[RangeFilter(column=3, lo=4)]))
    assert positions(view) == [1, 2]


def test_an_empty_frame_can_be_viewed() -> None:
    df = DF.iloc[:0]
    wanted = View(
        sort=[Sort(column=0), Sort(column=1)], filter=[RangeFilter(column=0, lo=1), ExpressionFilter(sql="n > 1")], search="x"
    )
    assert viewed(Frame(df), wanted).count == 0
    assert positions(viewed(Frame(df), View(sort=[Sort(column=1)]))) == []


def test_a_view_is_the_plain_one_until_it_is_computed() -> None:
    frame = Frame(DF)
    view = ViewState(frame, View(sort=[Sort(column=0)]))
    assert positions(view) == [0, 1, 2, 3]
    view.compute()
    assert positions(view) == [1, 3, 2, 0]


def test_a_view_that_follows_while_it_is_computed_ends_with_the_right_rows() -> None:
    frame = Frame(DF.copy())
    view = ViewState(frame, View(sort=[Sort(column=0)]))

    def meddle() -> bool:
        if len(frame.rids) == 4:
            frame.df = frame.df.drop(index=1)
            view.follow(frame.rids.delete(np.array([1])))
        return False

    view.compute(meddle)
    assert frame.rids.ids(np.array(positions(view))).tolist() == [3, 2, 0]
