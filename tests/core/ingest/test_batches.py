"""Files as batches: the same table and the same words as when read whole, in bounded memory."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from core.ingest.conftest import Write
from hypothesis import given, settings
from hypothesis import strategies as st
from tabweave_core.engine.ingest import batches, blocks, layout, passes, pieces, read
from tabweave_core.engine.ingest.asked import Asked
from tabweave_core.engine.ingest.batches import Batches, Unsettled, of_values, open_batches
from tabweave_core.errors import BadFile, Refused, Unavailable

ANYTHING = dict.fromkeys(("sheet", "header", "delimiter", "encoding", "decimal", "thousands", "dates", "types"))
DAYS = [f"{i % 12 + 1}/{i % 12 + 1 if i < 1900 else 13}/2020" for i in range(2000)]


def asked(**given: Any) -> Asked:
    return Asked.check(**{**ANYTHING, **given})


def read_all(found: Batches) -> tuple[pa.Table, int]:
    """The table, and how many passes it took."""
    for count in range(1, 20):
        try:
            return found.reader().read_all(), count
        except Unsettled:
            continue
    raise AssertionError("the types never settle")


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few lines, so that small files are large ones."""
    monkeypatch.setattr(blocks, "BLOCK", 2000)
    monkeypatch.setattr(passes, "SAMPLE_ROWS", 20)
    monkeypatch.setattr(layout, "SPOTS", 2)
    monkeypatch.setattr(layout, "SPOT", 400)
    monkeypatch.setattr(batches, "LARGE", 0)


def lines(*columns: list[Any], header: str = "a,b") -> str:
    return "\n".join([header, *(",".join(map(str, row)) for row in zip(*columns, strict=True))]) + "\n"


N = list(range(2000))
FILES: dict[str, tuple[str, int]] = {
    "numbers": (lines(N, [f"{i}.5" for i in N]), 1),
    "one text at the end": (lines([*N[:-1], "x7"], N), 2),
    "one fraction at the end": (lines([*N[:-1], "7.5"], N), 2),
    "a word for missing at the end": (lines([*N[:-1], "n/a"], N), 1),
    "empty texts in quotes": (lines(N, ['""'] * 2000), 1),
    "empty texts in quotes later": (lines(N, [f'"{"" if i > 1500 else "x"}"' for i in N]), 2),
    "empty texts in quotes, one missing": (lines(N, ["" if i == 1999 else '""' for i in N]), 2),
    "days that only the end decides": (lines(DAYS, N), 1),
    "days that only the end decides otherwise": (
        lines([f"13/{day[2:]}" if i == 1999 else day for i, day in enumerate(DAYS[:1900] + DAYS[:100])], N),
        2,
    ),
    "nearly numbers": (lines(["n/x" if i % 9 == 0 else i for i in N], N), 1),
    "yes, no and at the end maybe": (lines(N, ["yes" if i < 1000 else "no" if i < 1990 else "maybe" for i in N]), 2),
    "commas after each line": (lines(N, [f"{i}," for i in N]), 1),
    "commas after each line, and one cell": (lines(N, [f"{i},{'x' if i == 1500 else ''}" for i in N]), 2),
    "a column that only the header has": (lines(N, N, header="a,b,c"), 1),
    "lines that do not fit": (lines(N, [f"{i},9" if i % 100 == 7 else i for i in N]), 1),
    "a report above": ("Report\n\n" + lines(N, N), 1),
    "the header again and again": (lines(["a" if i % 500 == 9 else i for i in N], ["b" if i % 500 == 9 else i for i in N]), 1),
}


def said(findings: list[Any]) -> set[tuple[Any, ...]]:
    return {(each.code, each.column, each.count, each.message) for each in findings}


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("name", FILES)
def test_a_large_file_is_read_as_a_small_one(write: Write, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content, expected = FILES[name]
    path = write("t.csv", content)
    with monkeypatch.context() as whole:
        whole.setattr(blocks, "BLOCK", 1 << 20)
        small = read(path)
    found = open_batches(path, asked())
    table, count = read_all(found)
    assert count <= expected
    assert table.schema.types == small.table.schema.types
    assert table.to_pydict() == small.table.to_pydict()
    assert said(found.findings()) == said(small.findings)
    assert [(item.line, item.reason, item.text) for item in found.rejected] == [
        (item.line, item.reason, item.text) for item in small.rejected
    ]
    assert found.n_rejected == len(small.rejected)


CELLS = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.sampled_from(["", '""', "n/a", "1.5", "1,5", "2020-01-31", "13/1/2020", "1/2/2020", "yes", "no", "007", "x", "1e6", "-"]),
)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=3, max_size=60), st.randoms())
@settings(max_examples=60)
def test_whatever_the_cells_types_settle_on_what_every_cell_is(rows: list[tuple[str, str]], chance: Any) -> None:
    import tempfile

    rows = rows * 5
    chance.shuffle(rows)
    text = "one;two\n" + "\n".join(";".join(row) for row in rows) + "\n"
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_text(text)
        patch.setattr(blocks, "BLOCK", 200)
        patch.setattr(passes, "SAMPLE_ROWS", 3)
        patch.setattr(layout, "SPOTS", 0)
        patch.setattr(batches, "LARGE", 0)
        try:
            found = open_batches(path, asked(delimiter=";", header=1))
            table, _ = read_all(found)
        except BadFile:
            return
        assert table.num_rows + found.n_rejected == len(rows)
        again = open_batches(path, asked(delimiter=";", header=1, types=dict.fromkeys(table.column_names, "text")))
        texts, _ = read_all(again)
        for name in table.column_names:
            if table.schema.field(name).type == pa.string():
                assert [value or None for value in table[name].to_pylist()] == [
                    value or None for value in texts[name].to_pylist()
                ]
            else:
                kept = [value is not None for value in table[name].to_pylist()]
                assert all(text not in (None, "") for text, there in zip(texts[name].to_pylist(), kept, strict=True) if there)


@pytest.mark.usefixtures("small_blocks")
def test_a_type_that_was_asked_for_refuses_the_file(write: Write) -> None:
    found = open_batches(write("t.csv", lines([*N[:-1], "x"], N)), asked(types={"a": "integer"}))
    with pytest.raises(BadFile, match="'a' cannot be read as integer: 1 cell like 'x' \\(row 2000\\)"):
        read_all(found)


@pytest.mark.usefixtures("small_blocks")
def test_so_many_rejected_lines_are_kept_and_all_are_counted(write: Write) -> None:
    found = open_batches(write("t.csv", lines(N, [f"{i},{'x' * 5000}" if i % 2 else i for i in N])), asked())
    _, _ = read_all(found)
    assert (len(found.rejected), found.n_rejected) == (1000, 1000)
    assert all(len(item.text) <= 1001 for item in found.rejected)


@pytest.mark.usefixtures("small_blocks")
def test_reading_stops_when_nobody_wants_it(write: Write) -> None:
    wanted = iter([True] * 5)
    found = open_batches(write("t.csv", lines(N, N)), asked(), cancelled=lambda: not next(wanted, False))
    with pytest.raises(Unavailable, match="cancelled"):
        read_all(found)


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow", "t.arrows", "t.parquet.gz", "t.arrow.zst"])
def test_columnar_files_come_in_pieces(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "ROWS", 100)
    table = pa.table({"n": N, "kind": pa.array([f"k{i % 3}" for i in N]).dictionary_encode()})
    sink = io.BytesIO()
    if "parquet" in name:
        pq.write_table(table, sink)
    else:
        with (pa.ipc.new_stream if "arrows" in name else pa.ipc.new_file)(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=100)
    content = sink.getvalue()
    content = (
        gzip.compress(content)
        if name.endswith("gz")
        else pa.compress(content, "zstd", asbytes=True)
        if name.endswith("zst")
        else content
    )
    (tmp_path / name).write_bytes(content)
    reader = open_batches(tmp_path / name, asked()).reader()
    sizes = [len(batch) for batch in reader]
    assert (max(sizes), sum(sizes)) == (100, 2000)


def test_an_index_that_pandas_wrote_comes_first(tmp_path: Path) -> None:
    import pandas as pd

    pd.DataFrame({"v": [1, 2]}, index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])).to_parquet(tmp_path / "t.parquet")
    reader = open_batches(tmp_path / "t.parquet", asked()).reader()
    assert reader.schema.names == ["index", "index_2", "v"]
    assert [bool(field.metadata and b"tabweave.index" in field.metadata) for field in reader.schema] == [True, True, False]


def test_what_cannot_be_shared_becomes_text_and_that_is_said(tmp_path: Path) -> None:
    table = pa.table(
        {
            "list": pa.array([[1, 2], None]),
            "struct": pa.array([{"a": 1}, {"a": None}]),
            "nothing": pa.nulls(2),
            "half": pa.array([1.5, None], pa.float16()),
            "code": pa.array([1, 2]).dictionary_encode(),
            "wide": pa.array([1, None], pa.decimal256(60, 2)),
            "day": pa.array([0, 86_400_000], pa.date64()),
        }
    )
    with pa.OSFile(str(tmp_path / "t.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    found = open_batches(tmp_path / "t.arrow", asked())
    shared, _ = read_all(found)
    assert shared.to_pydict() == {
        "list": ["[1, 2]", None],
        "struct": ['{"a": 1}', '{"a": null}'],
        "nothing": [None, None],
        "half": [1.5, None],
        "code": [1, 2],
        "wide": ["1.00", None],
        "day": shared["day"].to_pylist(),
    }
    assert [(each.code, each.column) for each in found.findings()] == [("N1", "list"), ("N1", "struct"), ("N1", "wide")]


def test_names_that_occur_twice_are_told_apart(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    with pa.OSFile(str(tmp_path / "t.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    found = open_batches(tmp_path / "t.arrow", asked())
    assert read_all(found)[0].to_pydict() == {"a": [1], "a_2": [2]}
    assert [each.code for each in found.findings()] == ["S2"]


@pytest.mark.parametrize("name", ["t.csv.gz", "t.json.gz", "t.parquet"])
def test_more_than_the_bound_is_refused_however_it_is_packed(tmp_path: Path, name: str) -> None:
    if name == "t.parquet":
        pq.write_table(pa.table({"a": list(range(100_000))}), tmp_path / name)
    else:
        content = b"a,b\n" + b"1,2\n" * 100_000 if "csv" in name else b"[" + b'{"a": 1},' * 50_000 + b'{"a": 1}]'
        (tmp_path / name).write_bytes(gzip.compress(content))
    with pytest.raises(Refused, match="holds more than"):
        read_all(open_batches(tmp_path / name, asked(), most=100_000))


def test_a_workbook_that_swells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = openpyxl.Workbook()
    for number in range(3000):
        book.active.append(["the same text", number])
    book.save(tmp_path / "t.xlsx")
    found = open_batches(tmp_path / "t.xlsx", asked())
    assert read_all(found)[0].num_rows == 3000
    monkeypatch.setattr(batches, "MOST_WHOLE", 40_000)
    assert (tmp_path / "t.xlsx").stat().st_size < 40_000
    with pytest.raises(Refused, match="holds more than"):
        open_batches(tmp_path / "t.xlsx", asked())


def test_values_become_a_table_with_notes() -> None:
    found = of_values({"a": ["1", "2"], "b": [{"x": 1}, None]}, asked())
    assert read_all(found)[0].to_pydict() == {"a": [1, 2], "b": ['{"x": 1}', None]}
    assert {each.code for each in found.findings()} == {"T2", "N1"}


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Python's and Arrow's memory while a file of 60 MB is read, batch by batch."""
    path = tmp_path / "t.csv"
    line = ",".join(["word"] * 9) + ",12345\n"
    with path.open("w") as file:
        file.write(",".join("abcdefghij") + "\n")
        for _ in range(60):
            file.write(line * (1_000_000 // len(line)))
    before = pa.total_allocated_bytes()
    tracemalloc.start()
    most = rows = 0
    try:
        for batch in open_batches(path, asked()).reader():
            rows += len(batch)
            most = max(most, pa.total_allocated_bytes() - before)
        python = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert rows == 60 * (1_000_000 // len(line))
    assert most < 200 << 20
    assert python < 200 << 20
