"""Files by what they are: columnar ones as they stand, foreign ones refused by name."""

from __future__ import annotations

import gzip
import subprocess
import sys
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from tabweave_core.engine.ingest import describe, read, source
from tabweave_core.errors import BadFile, Refused

if TYPE_CHECKING:
    from pathlib import Path

TABLE = pa.table(
    {
        "i": pa.array([1, None, 3], pa.int16()),
        "s": ["x", None, "é"],
        "c": pa.array(["u", "v", "u"]).dictionary_encode(),
        "t": pa.array([0, 1, None], pa.timestamp("ns", "Europe/Berlin")),
        "l": [[1], [], None],
    }
)


def write_stream(table: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


WRITERS = {
    "t.parquet": lambda table, path: pq.write_table(table, path, row_group_size=2),
    "t.feather": lambda table, path: feather.write_feather(table, str(path)),
    "t.arrow": lambda table, path: feather.write_feather(table, str(path), compression="uncompressed"),
    "t.arrows": write_stream,
}


@pytest.mark.parametrize("name", WRITERS)
def test_columnar_files_come_as_they_are(tmp_path, name):
    path = tmp_path / name
    WRITERS[name](TABLE, path)
    seen: list[int] = []
    ingested = read(path, progress=lambda done, _: seen.append(done))
    assert ingested.table.equals(TABLE)
    assert seen[-1] == path.stat().st_size
    zipped = tmp_path / f"{name}.gz"
    zipped.write_bytes(gzip.compress(path.read_bytes()))
    assert read(zipped).table.equals(TABLE)
    assert describe(ingested).startswith("3 rows \u00d7 5 columns")


@pytest.mark.parametrize("name", WRITERS)
def test_a_columnar_file_cut_short_is_refused(tmp_path, name):
    path = tmp_path / name
    WRITERS[name](TABLE, path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadFile, match="damaged"):
        read(path)


def test_a_table_does_not_change_with_its_file(tmp_path):
    path = tmp_path / "t.arrow"
    table = pa.table({"x": list(range(1000))})
    feather.write_feather(table, str(path), compression="uncompressed")
    ingested = read(path)
    path.write_bytes(b"\0" * path.stat().st_size)
    assert ingested.table.equals(table)


def test_brotli_parquet_is_refused(tmp_path):
    pq.write_table(TABLE.select(["i"]), tmp_path / "t.parquet", compression="brotli")
    with pytest.raises(BadFile, match="Brotli"):
        read(tmp_path / "t.parquet")


def test_types_can_be_asked_of_columnar_files_too(tmp_path):
    pq.write_table(pa.table({"n": ["1", "2"], "s": ["a", "b"]}), tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet", types={"n": "integer"}).table["n"].to_pylist() == [1, 2]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (gzip.compress(b""), "empty"),
        (b"\n\n \n", "no table"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"<?xml version='1.0'?><a/>", "XML"),
        (b"PK\x03\x04broken", "damaged"),
        (bytes(range(256)) * 20, "not a table"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "not a workbook"),
        (b"PAR1 nonsense PAR1", "damaged"),
        (b"ARROW1\0\0nonsense", "damaged"),
    ],
)
def test_a_foreign_or_broken_file_is_refused_by_name(write, content, words):
    with pytest.raises(BadFile) as refusal:
        read(write("t.csv", content))
    assert words in refusal.value.message
    assert refusal.value.hint


@pytest.mark.parametrize("document", ["csv", "json"])
def test_a_file_is_unpacked_as_far_as_there_is_memory_for_it(write, monkeypatch, document):
    monkeypatch.setattr(source, "_PIECE_OF_MEMORY", 1 << 20)
    text = "[" + ",\n".join(['{"a": 1}'] * 400_000) + "]" if document == "json" else "a,b\n" + "1,x\n" * 1_000_000
    file = write(f"t.{document}.gz", gzip.compress(text.encode(), 1))
    assert source.memory_left() is None or source.memory_left() > 0
    monkeypatch.setattr(source, "memory_left", lambda: 2 << 20)
    assert read(file).table.num_rows >= 400_000
    monkeypatch.setattr(source, "memory_left", lambda: (1 << 20) - 1)
    with pytest.raises(Refused, match="does not fit into memory"):
        read(file)


def test_a_missing_file_names_its_neighbours(write):
    path = write("sales.csv", "a\n1\n")
    with pytest.raises(BadFile) as refusal:
        read(path.with_name("sale.csv"))
    assert "sales.csv" in refusal.value.hint
    with pytest.raises(BadFile, match="folder"):
        read(path.parent)


def test_importing_the_reader_loads_no_pandas_and_no_duckdb():
    code = "import sys, tabweave_core.engine.ingest as _; print([m for m in ('pandas', 'duckdb', 'IPython') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
