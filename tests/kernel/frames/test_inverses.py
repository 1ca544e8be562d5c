from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kernel.frames.tables import ANN, BO, editable_columns, fingerprint, read_only_columns
from tabweave.frames.columns import DTYPES
from tabweave.frames.frame import Frame
from tabweave_core.errors import TabweaveError
from tabweave_core.protocol import ops

COLUMNS = editable_columns()
READ_ONLY = read_only_columns()
TEXTS = ["", "1", "-5", "3.5", "abc", "true", "2020-02-29", "14:05", "u", "300", "1,234.5", "27%", "2 days 00:00:01", "nan", None]


def indexes(rows: int) -> st.SearchStrategy[pd.Index]:
    return st.sampled_from(
        [
            pd.RangeIndex(rows),
            pd.RangeIndex(rows, name="n"),
            pd.RangeIndex(5, 5 + 2 * rows, 2),
            pd.Index([7] * rows, dtype="int64", name="same"),
            pd.Index([f"r{at}" for at in range(rows)], dtype="str"),
            pd.Index([None, 1, "x"][:rows] + [2.5] * max(rows - 3, 0), dtype=object),
            pd.date_range("2020-01-01", periods=rows, freq="D"),
            pd.Index(np.linspace(0, 1, rows)),
            pd.CategoricalIndex(["a"] * rows),
            pd.MultiIndex.from_arrays([["k"] * rows, range(rows)], names=["one", None]),
        ]
    )


def column_labels(count: int) -> st.SearchStrategy[pd.Index]:
    return st.sampled_from(
        [
            pd.Index([f"c{at}" for at in range(count)], dtype="str", name="names"),
            pd.RangeIndex(count),
            pd.Index(["same"] * count, dtype="str"),
            pd.Index([*[1, "b", 2.5, None][:count], *[f"c{at}" for at in range(count - 4)]], dtype=object),
            pd.MultiIndex.from_tuples([("top", f"c{at}") for at in range(count)], names=["x", "y"])
            if count
            else pd.MultiIndex.from_arrays([[], []], names=["x", "y"]),
        ]
    )


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.integers(0, 6))
    names = draw(st.lists(st.sampled_from([*COLUMNS, *READ_ONLY]), max_size=6))
    series = [({**COLUMNS, **READ_ONLY})[name].take([at % 3 for at in range(rows)]).reset_index(drop=True) for name in names]
    df = pd.DataFrame(dict(enumerate(series)), index=pd.RangeIndex(rows))
    df.columns = draw(column_labels(len(names)))
    df.index = draw(indexes(rows))
    df.attrs["made"] = "here"
    return df


@st.composite
def operations(draw: st.DrawFn, frame: Frame) -> ops.Op:  # noqa: C901 - one case per kind of operation
    rows, columns = len(frame.df), frame.layout.columns
    cid = st.sampled_from(columns) if columns else st.just(99)
    some = st.lists(cid, max_size=3, unique=True)
    start = draw(st.integers(0, rows))
    stop = draw(st.integers(start, rows))
    rids = frame.rids.ids(slice(None)).tolist()
    chosen = st.lists(st.sampled_from(rids), max_size=4) if rids else st.just([])
    kind = draw(st.integers(0, 10))
    if kind == 0:
        targets, where = draw(some), draw(chosen)
        values = [draw(st.lists(st.sampled_from(TEXTS), min_size=len(where), max_size=len(where))) for _ in targets]
        return ops.SetCells(blocks=[ops.Block(columns=targets, rows=where, values=values)])
    if kind == 1:
        block = ops.Block(columns=[draw(cid)], start=start, stop=stop, values=[[draw(st.sampled_from(TEXTS))]])
        return ops.SetCells(blocks=[block])
    if kind == 2:
        mode = draw(st.sampled_from(["copy", "series"]))
        return ops.Fill(columns=draw(some), start=start, stop=stop, target_start=0, target_stop=rows, mode=mode)
    if kind == 3:
        return ops.Replace(find=draw(st.sampled_from(["a", "1", "0", "u"])), replacement=draw(st.sampled_from(["v", "2", ""])))
    if kind == 4:
        before = draw(st.none() | st.sampled_from(rids)) if rids else None
        copy_of = draw(st.none() | st.just(ops.Rows(ranges=[(start, stop)])))
        return ops.InsertRows(count=draw(st.integers(1, 3)), before=before, copy_of=copy_of)
    if kind == 5:
        return ops.DeleteRows(rows=ops.Rows(ids=draw(chosen)))
    if kind == 6:
        dtype = draw(st.sampled_from([choice.name for choice in DTYPES]))
        return ops.AddColumn(
            name=draw(st.sampled_from(["new", "top / new", "12"])), dtype=dtype, at=draw(st.none() | st.integers(0, 6))
        )
    if kind == 7:
        return ops.DropColumns(columns=draw(some))
    if kind == 8:
        return ops.RenameColumn(column=draw(cid), name=draw(st.sampled_from(["other", "top / other", "41", "c0"])))
    if kind == 9:
        return ops.MoveColumn(column=draw(cid), to=draw(st.integers(0, 6)))
    dtype = draw(st.sampled_from([choice.name for choice in DTYPES]))
    return ops.RetypeColumn(column=draw(cid), dtype=dtype, on_error=draw(st.sampled_from(["refuse", "missing"])))


LONG = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@LONG
@given(st.data())
def test_undo_restores_the_frame_bit_for_bit_and_a_refusal_changes_nothing(data: st.DataObject) -> None:
    df = data.draw(frames())
    frame = Frame(df)
    prints = [fingerprint(df)]
    for _ in range(5):
        derived, series = df.copy(deep=False), [df.iloc[:, place] for place in range(df.shape[1])]
        before = fingerprint(derived), [fingerprint(each.to_frame()) for each in series]
        op = data.draw(operations(frame))
        try:
            applied = frame.apply(op, user=ANN)
        except TabweaveError:
            assert fingerprint(df) == prints[-1]
        else:
            if applied.status != "noop":
                prints.append(fingerprint(df))
        assert (fingerprint(derived), [fingerprint(each.to_frame()) for each in series]) == before
        assert frame.df is df
        assert len(frame.rids) == len(df)
        assert len(frame.layout.columns) == df.shape[1]
        frame.schema()
    for earlier in prints[-2::-1]:
        frame.apply(ops.Undo(), user=ANN)
        assert fingerprint(df) == earlier
    assert not frame.can_undo("ann")
    for later in prints[1:]:
        frame.apply(ops.Redo(), user=ANN)
        assert fingerprint(df) == later
    assert not frame.can_redo("ann")


@LONG
@given(st.data())
def test_undo_after_somebody_else_worked_never_breaks_the_frame(data: st.DataObject) -> None:
    df = data.draw(frames())
    frame = Frame(df)
    for _ in range(8):
        user = data.draw(st.sampled_from([ANN, BO]))
        op = data.draw(st.one_of(operations(frame), st.just(ops.Undo()), st.just(ops.Redo())))
        before = fingerprint(df)
        try:
            frame.apply(op, user=user)
        except TabweaveError:
            assert fingerprint(df) == before
        assert len(frame.rids) == len(df)
        assert len(np.unique(frame.rids.ids(slice(None)))) == len(df)
        assert [column.dtype for column in frame.schema().columns if not column.index] == [str(dtype) for dtype in df.dtypes]


@pytest.mark.parametrize("name", COLUMNS)
def test_an_edit_reaches_every_alias_and_nothing_derived(name: str) -> None:
    df = pd.DataFrame({"x": COLUMNS[name], "y": COLUMNS[name]})
    alias, derived, kept = df, df.copy(deep=False), df["x"]
    before = fingerprint(derived)
    frame = Frame(df)
    frame.apply(ops.Fill(columns=[0], start=2, stop=3, target_start=0, target_stop=1), user=ANN)
    assert fingerprint(alias.iloc[[0]][["x"]].reset_index(drop=True)) == fingerprint(
        alias.iloc[[2]][["x"]].reset_index(drop=True)
    )
    assert alias.dtypes["x"] == COLUMNS[name].dtype
    assert fingerprint(derived) == before
    assert fingerprint(kept.to_frame()) == fingerprint(derived[["x"]])
