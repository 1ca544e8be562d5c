from __future__ import annotations

import itertools
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel.frames.series import frames
from kernel.frames.views import viewed
from tabweave.frames import search
from tabweave.frames.frame import Frame
from tabweave.frames.matching import Pattern
from tabweave.frames.text import texts
from tabweave_core.errors import BadValue, Unavailable
from tabweave_core.protocol.schema import Sort, View

NEEDLES = st.sampled_from(["1", "A", "e", "0.", "-", " ", "true", "2026", ":", "\n", "+", "x", "nan", "NaN", "é"]) | st.text(
    min_size=1, max_size=2
)


def grid(df: pd.DataFrame) -> list[list[str | None]]:
    frame = Frame(df)
    return [texts(frame.values(column.id)).to_pylist() for column in frame.schema().columns]


def folded(text: str) -> str:
    return text.lower() if text.isascii() else text


@given(frames(columns=3), NEEDLES)
def test_the_quick_search_keeps_the_rows_with_the_text_in_any_cell(df: pd.DataFrame, needle: str) -> None:
    columns = grid(df)
    if not all(cell is None or cell.isascii() for cell in itertools.chain(*columns)) or not needle.isascii():
        return
    wanted = [
        row
        for row in range(len(df))
        if any(column[row] is not None and needle.lower() in column[row].lower() for column in columns)
    ]
    view = viewed(Frame(df), View(search=needle))
    assert view.positions(0, len(df)).tolist() == wanted  # type: ignore[union-attr]


@given(frames(columns=2), NEEDLES, st.booleans(), st.booleans(), st.integers(0, 12), st.integers(0, 5), st.data())
def test_find_tells_every_match_in_reading_order_of_the_view(
    df: pd.DataFrame, needle: str, case: bool, whole: bool, start: int, limit: int, data: st.DataObject
) -> None:
    columns = grid(df)
    if not all(cell is None or cell.isascii() for cell in itertools.chain(*columns)) or not needle.isascii():
        return
    frame = Frame(df)
    view = viewed(frame, View(sort=[Sort(column=data.draw(st.integers(0, 1)), descending=data.draw(st.booleans()))]))
    assert view.rows is not None

    def hit(cell: str | None) -> bool:
        left, right = (needle, cell) if case or cell is None else (needle.lower(), cell.lower())
        return right is not None and (left == right if whole else left in right)

    every = [
        (row, position, column)
        for row, position in enumerate(view.rows.tolist())
        for column in (0, 1)
        if hit(columns[column][position])
    ]
    start = min(start, len(df))
    wrapped = [match for match in every if match[0] >= start] + [match for match in every if match[0] < start]
    found, total = view.find(Pattern.find(needle, case=case, whole=whole, regex=False), start=start, limit=limit)
    assert total == len(every)
    assert found == wrapped[:limit]


def test_find_by_regular_expression_can_be_told_to_match_whole_cells() -> None:
    view = viewed(Frame(pd.DataFrame({"a": ["a1", "a12", "xa1"]})))
    assert view.find(Pattern.find(r"a\d", case=True, whole=False, regex=True))[1] == 3
    assert view.find(Pattern.find(r"a\d", case=True, whole=True, regex=True))[0] == [(0, 0, 0)]
    assert view.find(Pattern.find(r"a1|a12", case=True, whole=True, regex=True))[1] == 2


def test_a_bad_pattern_is_refused_before_anything_is_searched() -> None:
    with pytest.raises(BadValue, match="is not a regular expression"):
        Pattern.find("[a", case=False, whole=True, regex=True)


def test_find_keeps_to_the_columns_asked_for() -> None:
    view = viewed(Frame(pd.DataFrame({"a": ["x"], "b": ["x"], "c": ["x"]})))
    assert view.find(Pattern("x"), [2, 0])[0] == [(0, 0, 2), (0, 0, 0)]


def test_numbers_are_found_as_they_read() -> None:
    df = pd.DataFrame({"a": [3.0, 3.25], "b": [12345, 3], "c": pd.to_datetime(["2026-01-31", "2025-12-03"])})
    assert viewed(Frame(df), View(search="3.0")).count == 1
    assert viewed(Frame(df), View(search="234")).count == 1
    assert viewed(Frame(df), View(search="2026-01-31 00")).count == 1


def test_kinds_that_cannot_hold_the_text_are_not_read() -> None:
    for needle, kind in (("x", "integer"), ("T", "timestamp"), ("g", "float")):
        assert not Pattern(needle).possible(kind)  # type: ignore[arg-type]
    for needle, kind in (("INF", "float"), ("NaN", "float"), ("True", "boolean"), ("DAYS", "duration"), ("1e+", "float")):
        assert Pattern(needle).possible(kind)  # type: ignore[arg-type]


def test_a_search_can_be_given_up_every_fifty_milliseconds() -> None:
    rows = 300_000
    df = pd.DataFrame({f"c{number}": np.random.default_rng(number).normal(size=rows) for number in range(3)})
    asked: list[float] = []

    def cancelled() -> bool:
        asked.append(time.thread_time())
        return len(asked) > 15

    with pytest.raises(Unavailable):
        viewed(Frame(df), View(search="77"), cancelled=cancelled)
    assert len(asked) == 16
    assert max(np.diff(asked[1:])) < 0.05


def test_stretches_of_rows_join_without_loss() -> None:
    rows = 2 * search.STRETCH + 5
    df = pd.DataFrame({"a": np.arange(rows)})
    assert viewed(Frame(df), View(search=str(rows - 1))).positions(0, 9).tolist() == [rows - 1]  # type: ignore[union-attr]
    assert viewed(Frame(df)).find(Pattern("777"), start=rows - 1)[1] == sum("777" in str(row) for row in range(rows))
