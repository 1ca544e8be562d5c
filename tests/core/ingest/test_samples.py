"""Real files, where they are at hand: nothing lost, types as a person would say them."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pyarrow as pa
import pytest
from tabweave_core.engine.ingest import describe, read

SAMPLES = Path(os.environ.get("TABWEAVE_SAMPLES", Path(__file__).parents[3].parent / "shared" / "data"))
FILES = sorted(
    path for folder in ("tables", "quality", "charts") for path in (SAMPLES / folder).glob("*") if path.suffix in {".csv", ".tsv"}
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_row_of_a_sample_is_in_the_table_as_text(path):
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = [row for row in csv.reader(file, delimiter="\t" if path.suffix == ".tsv" else ",") if row]
    ingested = read(path, types=dict.fromkeys(header, "text"))
    assert not ingested.rejected
    assert [[cell or "" for cell in row.values()] for row in ingested.table.to_pylist()] == rows


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_cell_of_a_sample_goes_missing_unannounced(path):
    ingested = read(path)
    plain = read(path, types=dict.fromkeys(ingested.table.column_names, "text"))
    announced = {f.column: f.count for f in ingested.findings if f.code == "M2" and f.message.startswith("Read as missing")}
    for name in ingested.table.column_names:
        assert ingested.table[name].null_count == plain.table[name].null_count + announced.get(name, 0)
    assert describe(ingested)


@pytest.mark.parametrize("path", [path for path in FILES if path.name == "superstore.csv"], ids=lambda path: path.name)
def test_the_store_opens_with_sensible_types_and_says_what_it_noticed(path):
    ingested = read(path)
    types = {field.name: field.type for field in ingested.table.schema}
    assert types["Sales per Customer"] == types["Profit Ratio"] == types["Sales"] == pa.float64()
    assert types["Order Date"] == types["Ship Date"] == pa.date32()
    assert types["Sales (bin)"] == types["Quantity"] == pa.int64()
    assert types["Postal Code"] == types["Order ID"] == pa.string()
    first = ingested.table.slice(0, 1).to_pylist()[0]
    assert (first["Sales per Customer"], first["Profit Ratio"], str(first["Order Date"])) == (209.3, 0.27, "2017-12-30")
    found = {(f.code, f.column): f for f in ingested.findings}
    assert found["T7", "Postal Code"].count == 271
    assert "$" in found["T2", "Sales per Customer"].message
    assert "%" in found["T2", "Profit Ratio"].message
    assert "month/day/year" in found["T5", "Order Date"].message
