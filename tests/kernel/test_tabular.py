from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conversation import Client, cells
from tabweave_core.errors import NotFound
from tabweave_core.protocol import messages as m

if TYPE_CHECKING:
    from shell import Notebook
    from tabweave.slot import Slot


def as_slot(notebook: Notebook, value: object) -> Slot:
    notebook.shell.user_ns["value"] = value
    return notebook.home.binding.bind("value")


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (pd.Series([1, 2], name="s"), "Series"),
        (pd.Index([1, 2]), "Index"),
        (pl.DataFrame({"a": [1, 2]}), "polars DataFrame"),
        (pl.Series("a", [1, 2]), "polars Series"),
        (pa.table({"a": [1, 2]}), "pyarrow Table"),
        (np.array([[1, 2], [3, 4]]), "ndarray"),
        (np.array([1, 2]), "ndarray"),
        ({"a": [1, 2], "b": [3, 4]}, "dict"),
        ([{"a": 1}, {"a": 2}], "list"),
        ({"lr": 0.1, "epochs": 3}, "dict"),
    ],
)
def test_other_tables_are_shown_read_only_with_a_word_on_how_to_edit_them(notebook: Notebook, value: object, word: str) -> None:
    slot = as_slot(notebook, value)
    assert slot.frame is not None
    assert word in slot.frame.read_only
    assert "read-only" in slot.frame.read_only
    assert "value" in slot.frame.read_only
    client = Client(notebook.home.sessions, slot)
    assert client.hello().rows == 2
    assert isinstance(client.apply(cells(0, ["7"], [0])), m.Nack)


@pytest.mark.parametrize(
    "value",
    [5, "text", None, object(), [], {}, np.zeros((2, 2, 2)), pl.LazyFrame({"a": [1]}), print, pd, {"a": [1], "b": [1, 2]}],
)
def test_what_is_no_table_is_refused_in_words(notebook: Notebook, value: object) -> None:
    with pytest.raises(NotFound, match="not a table"):
        as_slot(notebook, value)


def test_a_series_follows_its_variable(notebook: Notebook) -> None:
    notebook.run("s = df['price'].copy()")
    client = notebook.open("s")
    notebook.run("s[0] = 42.0")
    assert client.all(m.Patch)[0].cells[0].values == [42.0]


def test_a_list_that_grows_follows_its_variable(notebook: Notebook) -> None:
    notebook.run("rows = [{'a': 1}]")
    client = notebook.open("rows")
    notebook.run("rows.append({'a': 2})")
    assert client.all(m.Patch)[0].total == 2
