"""User code that gives a table another index or other labels between edits: ids, schema and undo go along."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from tabweave.frames.frame import Frame
from tabweave.watch import Snapshot, compare
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.ops import DeleteRows, InsertRows, Rows, Undo

if TYPE_CHECKING:
    from conversation import Client
    from shell import Notebook


def told_columns(client: Client) -> list[tuple[str, str]]:
    """Names and types of the columns as the newest patch has them."""
    schema = client.all(m.Patch)[-1].schema
    assert schema is not None
    return [(column.name, column.dtype) for column in schema.columns]


def test_a_row_that_gives_an_index_level_another_type_tells_the_schema(notebook: Notebook) -> None:
    notebook.run("df.index = pd.MultiIndex.from_arrays([[1, 2, 3], ['x', 'y', 'z']], names=['k', 'l'])")
    client = notebook.open("df")
    client.apply(InsertRows(count=1))
    assert told_columns(client)[0] == ("k", "float64")
    client.apply(Undo())
    assert told_columns(client)[0] == ("k", "int64")


def test_an_index_that_code_makes_plain_leaves_the_grid(notebook: Notebook) -> None:
    notebook.run("df = df.iloc[::-1]")
    client = notebook.open("df")
    assert [column.name for column in client.hello().schema.columns] == ["index", "name", "price", "n"]
    notebook.run("df = df[df['n'] > 9]")
    assert [name for name, _ in told_columns(client)] == ["name", "price", "n"]


@pytest.mark.parametrize(
    "index",
    [
        "list('ab')",
        "pd.CategoricalIndex(['p', 'q'])",
        "pd.date_range('2026-01-01', periods=2, tz='UTC')",
        "pd.interval_range(0, 2)",
        "pd.MultiIndex.from_tuples([('x', 1), ('y', 2)])",
        "pd.Index([1, None], dtype='Int64')",
    ],
)
def test_rows_come_back_under_whatever_index_code_gave_meanwhile(notebook: Notebook, index: str) -> None:
    client = notebook.open("df")
    client.apply(DeleteRows(rows=Rows(ids=[1])))
    notebook.run(f"df.index = {index}")
    dtype = notebook["df"].index.dtype
    assert isinstance(client.apply(Undo()), m.Ack)
    assert notebook["df"]["name"].tolist() == ["b", "c", "a"]
    assert notebook["df"].index.dtype == dtype


def test_an_undo_that_would_repeat_a_forbidden_label_is_refused_and_changes_nothing(notebook: Notebook) -> None:
    notebook.run("df = df.set_index(pd.Index(['x', 'y', 'z'])).set_flags(allows_duplicate_labels=False)")
    client = notebook.open("df")
    client.apply(DeleteRows(rows=Rows(ids=[1])))
    notebook.run("df.index = ['x', 'y']")
    refused = client.apply(Undo())
    assert isinstance(refused, m.Nack)
    assert (refused.code, "duplicate" in refused.message) == ("CONFLICT", True)
    assert notebook["df"].index.tolist() == ["x", "y"]


def test_a_frame_that_has_the_duplicates_it_forbids_is_followed_all_the_same(notebook: Notebook) -> None:
    notebook.run("df = df.set_flags(allows_duplicate_labels=False)")
    client = notebook.open("df")
    notebook.run("df.index = ['x', 'x', 'y']; df.iloc[0, 2] = 7")
    assert client.all(m.Reset) == []
    assert client.fetch(0, 3, [2])["2"].tolist() == [7, 2, 3]


def test_looking_and_showing_run_no_code_of_the_users() -> None:
    class Heavy:
        def __deepcopy__(self, _memo: object) -> Heavy:
            raise AssertionError("attrs were copied")

    df = pd.DataFrame({"a": [1]})
    df.attrs["model"] = Heavy()
    with pytest.raises(AssertionError):
        copy.deepcopy(df.attrs)
    Snapshot.take(df)
    assert Frame(df).values(0).tolist() == [1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (pd.Index([1, 2, 3], dtype="uint8"), pd.Index([1, None], dtype="Int64")),
        (pd.MultiIndex.from_tuples([("a", 1), ("b", 2), ("c", 3)]), pd.MultiIndex.from_arrays([list("ab")])),
    ],
    ids=["missing labels", "levels"],
)
def test_rows_under_labels_that_cannot_be_looked_up_start_afresh(old: Any, new: Any) -> None:
    snapshot = Snapshot.take(pd.DataFrame({"a": [1, 2, 3]}, index=old))
    assert compare(snapshot, pd.DataFrame({"a": [1, 2]}, index=new)).fresh


def test_a_label_that_is_missing_is_the_same_label_before_and_after() -> None:
    df = pd.DataFrame([[1, 2]], columns=pd.Index([pd.NA, 7], dtype=object))
    snapshot = Snapshot.take(df)
    df.columns = pd.Index([7, pd.NA], dtype=object)
    assert compare(snapshot, df).renamed == {0, 1}
    snapshot = Snapshot.take(df)
    df.columns = pd.Index([7, pd.NA], dtype=object)
    assert not compare(snapshot, df)
