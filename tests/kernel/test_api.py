from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tabweave as tw
from tabweave import workspace
from tabweave.preview import extract, html, text
from tabweave.showing import Preview
from tabweave_core.errors import BadMessage, BadValue, NotFound, TabweaveError


@pytest.fixture(autouse=True)
def _home() -> object:
    workspace.close()
    yield
    workspace.close()


@pytest.fixture
def df() -> pd.DataFrame:
    return pd.DataFrame({"brand": ["Acme", "Bolt", "Acme"], "price": [10.5, 20.0, 30.0], "n": [1, 2, 3]})


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_importing_is_light_and_a_name_is_fetched_when_used() -> None:
    heavy = ["pandas", "numpy", "pyarrow", "duckdb", "ipywidgets", "anywidget", "tornado", "IPython"]
    out = run(
        f"import sys, tabweave as tw; print([m for m in {heavy} if m in sys.modules]); tw.table; print('pandas' in sys.modules)"
    )
    assert out.split("\n") == ["[]", "True"]


@pytest.mark.parametrize("first", ["show", "table", "status", "Table", "__version__"])
def test_public_names_are_what_they_say_whichever_is_used_first(first: str) -> None:
    out = run(
        f"import tabweave as tw; getattr(tw, {first!r}); print(*map(callable, (tw.show, tw.table, tw.status)), tw.Table.__name__)"
    )
    assert out == "True True True Table"


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = tw.nothing


def test_every_exported_name_exists() -> None:
    for name in tw.__all__:
        assert getattr(tw, name) is not None


def test_the_version_is_that_of_the_package() -> None:
    package = json.loads((Path(__file__).parents[2] / "package.json").read_text(encoding="utf-8"))
    assert tw.__version__ == package["version"]


def test_a_table_holds_the_users_own_object(df: pd.DataFrame) -> None:
    table = tw.table(df)
    assert table.df is df
    assert repr(table) == "Table(table: 3 rows × 3 columns)"


def test_set_writes_where_it_is_told(df: pd.DataFrame) -> None:
    table = tw.table(df)
    table.set("price", 11, row=0)
    table.set("price", [1.5, 2.5], where=df["brand"] == "Acme")
    table.set("n", 9, where="brand = 'Bolt'")
    table.set("brand", "New", row=[-1])
    assert df["price"].tolist() == [1.5, 20.0, 2.5]
    assert df["n"].tolist() == [1, 9, 3]
    assert df["brand"].tolist() == ["Acme", "Bolt", "New"]


@pytest.mark.parametrize(
    ("dtype", "value", "stored"),
    [
        ("Int64", None, pd.NA),
        ("float64", np.float64(2.5), 2.5),
        ("datetime64[us]", pd.Timestamp("2026-02-03 04:05:06"), pd.Timestamp("2026-02-03 04:05:06")),
        ("datetime64[us, UTC]", pd.Timestamp("2026-02-03 04:05:06", tz="UTC"), pd.Timestamp("2026-02-03 04:05:06", tz="UTC")),
        ("timedelta64[us]", pd.Timedelta("1 days 02:03:04"), pd.Timedelta("1 days 02:03:04")),
        ("boolean", True, True),
        ("str", 5, "5"),
        ("object", [1, {"a": 2}], [1, {"a": 2}]),
    ],
)
def test_python_values_arrive_as_they_are(dtype: str, value: object, stored: object) -> None:
    df = pd.DataFrame({"a": pd.Series([None, None], dtype=dtype)})
    tw.table(df).set("a", value, row=1)
    found = df.loc[1, "a"]
    assert found is stored or found == stored


def test_undo_and_redo_say_what_they_did(df: pd.DataFrame) -> None:
    table = tw.table(df)
    table.set("price", 99, row=0)
    assert "price" in table.undo()
    assert df.loc[0, "price"] == 10.5
    assert table.redo()
    assert df.loc[0, "price"] == 99
    history = table.history()
    assert len(history) == 3
    assert history.index[0] == 3
    assert table.history(cell=(0, "price"))["who"].tolist()
    assert "99" in table.code()
    assert "99" in table.code("sql")


@pytest.mark.parametrize(
    ("call", "error", "word"),
    [
        (lambda t: t.set("prise", 1, row=0), NotFound, "Did you mean 'price'"),
        (lambda t: t.set("price", "abc", row=0), BadValue, "abc"),
        (lambda t: t.set("price", 1, row=7), NotFound, "no row 7"),
        (lambda t: t.set("price", 1, row=0, where="n = 1"), BadMessage, "both"),
        (lambda t: t.set("price", [1, 2], row=0), BadMessage, "2 values for 1 rows"),
        (lambda t: t.set("price", 1, where=[True]), BadMessage, "no mask"),
        (lambda t: t.set("price", 1, where="prise > 1"), TabweaveError, "prise"),
        (lambda t: t.undo(), TabweaveError, "nothing to undo"),
        (lambda t: t.redo(), TabweaveError, "nothing to redo"),
        (lambda t: t.show(columns=["q"]), NotFound, "q"),
    ],
)
def test_a_mistake_is_told_in_words_and_writes_nothing(
    df: pd.DataFrame, call: object, error: type[TabweaveError], word: str
) -> None:
    before = df.copy()
    with pytest.raises(error, match=word):
        call(tw.table(df))  # type: ignore[operator]
    pd.testing.assert_frame_equal(df, before)


def test_code_that_changed_the_frame_is_noticed_before_an_edit(df: pd.DataFrame) -> None:
    table = tw.table(df)
    del df["brand"]
    table.set("n", 8, row=0)
    assert df["n"].tolist() == [8, 2, 3]
    assert table.history()["what"].tolist()[-1].startswith("code")


def test_names_are_looked_up_where_they_are_asked_for(df: pd.DataFrame) -> None:
    assert tw.api.table("sales", namespace={"sales": df}).df is df
    with pytest.raises(NotFound, match="Did you mean 'sales'"):
        tw.api.table("sale", namespace={"sales": df})


def test_without_a_notebook_a_table_shows_as_text(df: pd.DataFrame) -> None:
    shown = tw.show(df, rows=2)
    assert isinstance(shown, Preview)
    assert repr(shown).splitlines() == ["brand  price  n", "Acme    10.5  1", "Bolt    20.0  2", "table: first 2 of 3 rows"]


def test_status_names_the_open_tables(df: pd.DataFrame) -> None:
    table = tw.table(df, name="sales")
    assert "sales: 3 rows × 3 columns" in tw.status()
    assert table.name == "sales"


def test_the_static_table_is_escaped_and_marked() -> None:
    df = pd.DataFrame({"<b>": ["<script>alert(1)</script>", None, "&"], "n": [1, 2, 3]})
    shown = html(extract(tw.table(df).frame, "x"))
    assert "<script>" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "&lt;b&gt;" in shown
    assert "data-tabweave" in shown
    assert "prefers-color-scheme" in shown
    assert shown == html(extract(tw.table(df).frame, "x"))


def test_the_static_table_stays_small_on_any_frame() -> None:
    df = pd.DataFrame(np.zeros((1000, 500)))
    df[0] = "long text " * 1000
    shown = html(extract(tw.table(df).frame, "big"))
    assert len(shown) < 40_000
    assert "first 20 of 1,000 rows, 20 of 500 columns" in shown


@pytest.mark.parametrize(
    "df", [pd.DataFrame(), pd.DataFrame({"a": []}), pd.DataFrame(index=[1, 2])], ids=["nothing", "no rows", "no columns"]
)
def test_empty_frames_have_a_preview(df: pd.DataFrame) -> None:
    found = extract(tw.table(df).frame, "e")
    assert "<table>" in html(found)
    assert text(found)


def test_a_process_that_shared_a_table_ends_without_a_word() -> None:
    code = "import pandas as pd, tabweave as tw; df = pd.DataFrame({'a': [1]}); tw.share(df, 'a')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
