from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tabweave.frames.difference import Difference, differing, equal_cells
from tabweave.watch import Snapshot, compare

if TYPE_CHECKING:
    from collections.abc import Callable


def mixed(count: int = 6) -> pd.DataFrame:
    numbers = np.arange(count)
    return pd.DataFrame(
        {
            "f": numbers / 4,
            "g": numbers * 1.5,
            "i": numbers,
            "b": numbers % 2 == 0,
            "s": [f"t{n}" for n in numbers],
            "o": [[n] for n in numbers.tolist()],
            "I": pd.array([None if n == 1 else n for n in numbers.tolist()], dtype="Int64"),
            "F": pd.array([None if n == 1 else n / 2 for n in numbers.tolist()], dtype="Float64"),
            "c": pd.Categorical([["x", "y"][n % 2] for n in numbers], categories=["x", "y", "z"]),
            "t": pd.date_range("2026-01-01", periods=count),
            "z": pd.date_range("2026-01-01", periods=count, tz="Europe/Berlin"),
            "d": pd.to_timedelta(numbers, unit="s"),
            "p": pd.period_range("2026-01", periods=count, freq="M"),
            "m": pd.array([Decimal(n) for n in numbers.tolist()], dtype=pd.ArrowDtype(pa.decimal128(9, 2))),
            "l": pd.array([[n] for n in numbers.tolist()], dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
            "x": pd.arrays.SparseArray([0] * count),
        }
    )


def after(df: pd.DataFrame, change: Callable[[pd.DataFrame], pd.DataFrame | None]) -> Difference:
    snapshot = Snapshot(df)
    replaced = change(df)
    return compare(snapshot, df if replaced is None else replaced)


def rows_of(difference: Difference, place: int) -> list[int] | None:
    found = difference.changed[place]
    return None if found is None else found.tolist()


NEW_VALUES: dict[str, Any] = {
    "f": 99.0,
    "i": 99,
    "b": True,
    "s": "new",
    "o": "new",
    "I": 7,
    "F": 7.5,
    "c": "z",
    "t": pd.Timestamp("1999-01-01"),
    "z": pd.Timestamp("1999-01-01", tz="Europe/Berlin"),
    "d": pd.Timedelta("9h"),
    "p": pd.Period("1999-01", freq="M"),
    "m": Decimal("1.50"),
}


def test_nothing_done_is_no_difference() -> None:
    assert not after(mixed(), lambda _df: None)


@pytest.mark.parametrize("column", NEW_VALUES)
@pytest.mark.parametrize("row", [1, 3])
def test_one_written_cell_is_found_in_every_type(column: str, row: int) -> None:
    def write(df: pd.DataFrame) -> None:
        df.loc[row, column] = NEW_VALUES[column]

    df = mixed()
    place = df.columns.get_loc(column)
    difference = after(df, write)
    assert difference.changed.keys() == {place}
    assert rows_of(difference, place) == [row]
    assert not difference.structure
    assert difference.rows is None
    assert not difference.index
    assert not difference.fresh


@pytest.mark.parametrize("column", ["f", "s", "I", "F", "t", "d", "c", "m", "o"])
def test_a_value_that_becomes_missing_is_a_change_and_one_that_stays_missing_is_none(column: str) -> None:
    df = mixed()
    df.loc[2, column] = None

    def write(df: pd.DataFrame) -> None:
        df.loc[2, column] = None
        df.loc[4, column] = None

    assert rows_of(after(df, write), df.columns.get_loc(column)) == [4]


def test_a_nested_arrow_cell_is_found() -> None:
    df = mixed()

    def write(df: pd.DataFrame) -> None:
        values = df["l"].tolist()
        values[3] = [1, 2, 3]
        df["l"] = pd.array(values, dtype=df["l"].dtype)

    assert rows_of(after(df, write), df.columns.get_loc("l")) == [3]


def test_writing_the_same_values_again_is_no_change() -> None:
    def write(df: pd.DataFrame) -> None:
        df["f"] = df["f"] * 1
        df["s"] = df["s"].str.strip()
        df["I"] = df["I"] + 0

    assert not after(mixed(), write)


def test_negative_zero_is_another_value_and_nan_is_always_the_same() -> None:
    old = np.array([0.0, np.nan, 1.0])
    other_nan = np.array([0x7FF8000000000001], dtype=np.uint64).view(np.float64)[0]
    assert differing(old, np.array([-0.0, other_nan, 1.0])).tolist() == [0]


def test_a_column_that_changed_nearly_everywhere_is_not_counted_cell_by_cell() -> None:
    df = pd.DataFrame({"a": np.arange(50_000.0), "b": 1})

    def double(df: pd.DataFrame) -> None:
        df["a"] = df["a"] * 2 + 1

    assert after(df, double).changed == {0: None}


def test_a_new_column_has_no_source() -> None:
    def add(df: pd.DataFrame) -> None:
        df.insert(1, "new", 5)

    difference = after(mixed(), add)
    assert difference.source is not None
    assert difference.source[:4] == (0, None, 1, 2)
    assert not difference.changed
    assert difference.rows is None


def test_a_dropped_column_is_missing_among_the_sources() -> None:
    difference = after(mixed(), lambda df: df.drop(columns=["g"]))
    assert difference.source is not None
    assert 1 not in difference.source
    assert not difference.changed


def test_a_renamed_column_keeps_its_source_in_place_and_by_assignment() -> None:
    for rename in (lambda df: df.rename(columns={"g": "h"}), lambda df: df.set_axis(["f", "h", *df.columns[2:]], axis=1)):
        difference = after(mixed(), rename)
        assert difference.renamed == {1}
        assert difference.source is None
        assert not difference.changed


def test_columns_that_are_renamed_and_moved_at_once_are_recognised_by_their_memory() -> None:
    difference = after(mixed(), lambda df: df[["g", "f", *df.columns[2:]]].rename(columns={"g": "h"}))
    assert difference.source is not None
    assert difference.source[:2] == (1, 0)
    assert difference.renamed == {0}


def test_swapped_names_are_renames_not_new_values() -> None:
    def swap(df: pd.DataFrame) -> None:
        df.columns = pd.Index(["g", "f", *df.columns[2:]])

    difference = after(mixed(), swap)
    assert difference.renamed == {0, 1}
    assert not difference.changed


def test_duplicate_and_odd_labels_are_matched_in_their_order() -> None:
    df = pd.DataFrame([[1.0, 2.0, 3.0, 4.0]] * 3)
    df.columns = pd.Index(["a", "a", None, ("t", 1)], dtype=object)
    difference = after(df, lambda df: df.iloc[:, [0, 1, 3]])
    assert difference.source == (0, 1, 3)


def test_a_new_type_is_a_new_type() -> None:
    def cast(df: pd.DataFrame) -> None:
        df["i"] = df["i"].astype("float64")

    difference = after(mixed(), cast)
    assert difference.retyped == {2}
    assert difference.changed == {2: None}


def test_appended_rows_keep_the_others() -> None:
    def append(df: pd.DataFrame) -> None:
        df.loc[len(df)] = df.iloc[0]

    rows = after(pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}), append).rows
    assert rows is not None
    assert (rows.inserted.tolist(), rows.deleted.tolist(), rows.old, rows.new) == ([2], [], 2, 3)


def test_filtered_rows_keep_their_identity_and_their_changes() -> None:
    def keep(df: pd.DataFrame) -> pd.DataFrame:
        kept = df[df["a"] > 1].copy()
        kept.loc[kept.index[1], "b"] = "new"
        return kept

    difference = after(pd.DataFrame({"a": [1, 2, 3, 4], "b": list("wxyz"), "c": 1.5}), keep)
    assert difference.rows is not None
    assert difference.rows.deleted.tolist() == [0]
    assert rows_of(difference, 1) == [1]


def test_a_deleted_label_is_a_deleted_row() -> None:
    df = pd.DataFrame({"a": [1, 2, 3]}, index=["x", "y", "z"])
    rows = after(df, lambda df: df.drop("y")).rows
    assert rows is not None
    assert rows.deleted.tolist() == [1]


@pytest.mark.parametrize(
    "change",
    [
        lambda df: df.sort_values("a", ascending=False),
        lambda df: df.sample(frac=1, random_state=1),
        lambda df: pd.concat([df, df]),
        lambda df: df.iloc[[3, 1]],
        lambda _df: pd.DataFrame({"q": range(9)}),
    ],
    ids=["sort", "shuffle", "double", "pick", "other"],
)
def test_rows_that_cannot_be_matched_start_afresh(change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    assert after(pd.DataFrame({"a": [1, 2, 3, 4], "b": 0.5}), change).fresh


def test_other_data_under_the_same_labels_starts_afresh() -> None:
    assert after(pd.DataFrame({"a": range(50_000), "b": 1.5}), lambda _df: pd.DataFrame({"a": range(7, 60_007), "b": 2.5})).fresh


def test_another_index_over_the_same_values_keeps_the_rows() -> None:
    for change in (lambda df: df.set_index("f"), lambda df: df.set_axis(list("abcdef"), axis=0), lambda df: df.rename_axis("n")):
        difference = after(mixed(), change)
        assert difference.index
        assert difference.rows is None
        assert not difference.fresh
        assert not difference.changed


def test_an_index_name_set_in_place_is_seen() -> None:
    def name(df: pd.DataFrame) -> None:
        df.index.name = "n"

    assert after(mixed(), name).index


def test_an_emptied_frame_lost_all_its_rows() -> None:
    rows = after(pd.DataFrame({"a": [1, 2]}), lambda df: df.iloc[:0]).rows
    assert rows is not None
    assert rows.deleted.tolist() == [0, 1]


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_empty_frames_compare(shape: tuple[int, int]) -> None:
    df = pd.DataFrame(np.zeros(shape))
    assert not after(df, lambda _df: None)
    assert after(df, lambda df: df.assign(new=1)).source is not None


def test_a_consolidated_frame_is_the_same_frame() -> None:
    df = pd.DataFrame({"a": [1.0, 2.0]})
    df["b"] = [3.0, 4.0]
    snapshot = Snapshot(df)
    df._consolidate_inplace()
    assert not snapshot.untouched(df)
    assert not compare(snapshot, df)


def test_objects_are_not_asked_whether_they_are_equal() -> None:
    class Touchy:
        def __eq__(self, other: object) -> bool:
            raise AssertionError("asked")

        __hash__ = None  # type: ignore[assignment]

    assert not equal_cells(Touchy(), Touchy())
    assert equal_cells(dt.date(2026, 1, 1), dt.date(2026, 1, 1))
    assert equal_cells(float("nan"), float("nan"))
    assert not equal_cells(1, True)
    assert not equal_cells(0.0, -0.0)


def test_what_cannot_be_seen_is_not_there_for_a_reason() -> None:
    """Writes through an extension array go round copy-on-write: the snapshot shares the memory. Channels look for these."""
    df = mixed()
    snapshot = Snapshot(df)
    df["I"].array[0] = 42
    df.loc[0, "o"].append(1)
    assert not compare(snapshot, df)


@given(st.data())
def test_the_changed_rows_are_exactly_those_that_differ(data: st.DataObject) -> None:
    cells = {
        "float64": st.floats(),
        "Int64": st.none() | st.integers(-(2**40), 2**40),
        "str": st.none() | st.text("abé😀", max_size=3),
        "object": st.none() | st.integers() | st.text("ab", max_size=2) | st.floats() | st.decimals(allow_nan=False),
        "boolean": st.none() | st.booleans(),
    }
    dtype = data.draw(st.sampled_from(sorted(cells)))
    count = data.draw(st.integers(0, 8))
    old = data.draw(st.lists(cells[dtype], min_size=count, max_size=count))
    new = [data.draw(st.just(value) | cells[dtype]) for value in old]
    before, now = pd.array(old, dtype=dtype), pd.array(new, dtype=dtype)

    def told(value: object) -> str:
        return "missing" if pd.isna(value) and dtype != "object" else f"{type(value).__name__} {value!r}"

    expected = [row for row, (a, b) in enumerate(zip(before, now, strict=True)) if told(a) != told(b)]
    a, b = (np.asarray(v) if dtype in ("float64", "object") else v for v in (before, now))
    assert differing(a, b).tolist() == expected


def test_looking_is_cheap() -> None:
    df = pd.DataFrame({f"c{n}": np.arange(200_000.0) for n in range(20)})
    snapshot = Snapshot(df)
    compare(snapshot, df)
    started = time.perf_counter()
    for _ in range(100):
        assert not compare(snapshot, df)
    assert (time.perf_counter() - started) / 100 < 0.001


def test_a_snapshot_costs_no_memory_and_no_copy_until_somebody_writes() -> None:
    df = pd.DataFrame({"a": np.arange(1000.0)})
    snapshot = Snapshot(df)
    assert np.shares_memory(snapshot.df["a"].to_numpy(), df["a"].to_numpy())
    df.loc[0, "a"] = 9
    assert snapshot.df.loc[0, "a"] == 0
