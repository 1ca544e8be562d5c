"""JSON in the layouts that people have, and JSON lines with bad ones among them."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pyarrow as pa
import pytest
from tabweave_core.engine.ingest import read
from tabweave_core.errors import BadFile

RECORDS = [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
TABLE = {"a": [1, 2], "b": ["x", "y"]}


@pytest.mark.parametrize(
    ("document", "orient"),
    [
        (RECORDS, "a list of records"),
        (TABLE, "an object of columns"),
        ({"a": {"0": 1, "1": 2}, "b": {"0": "x", "1": "y"}}, "an object of columns"),
        ({"columns": ["a", "b"], "index": [0, 1], "data": [[1, "x"], [2, "y"]]}, "split layout"),
        ({"schema": {"fields": [{"name": "a"}, {"name": "b"}]}, "data": RECORDS}, "table layout"),
        ({"status": "ok", "total": 2, "items": RECORDS}, "a list of records under 'items'"),
        ({"response": {"meta": 1, "rows": RECORDS}}, "a list of records under 'response.rows'"),
        ([["a", "b"], [1, "x"], [2, "y"]], "a list of rows"),
    ],
)
def test_every_usual_layout_gives_the_same_table(write, document, orient):
    ingested = read(write("t.json", json.dumps(document, indent=1)))
    assert ingested.table.to_pydict() == TABLE
    assert ingested.dialect.orient == orient


def test_an_object_of_records_keeps_its_keys(write):
    path = write("t.json", json.dumps({"ann": {"age": 1}, "bo": {"age": 2}}))
    assert read(path).table.to_pydict() == {"key": ["ann", "bo"], "age": [1, 2]}


def test_values_keep_their_types(write):
    document = [{"i": 2**53 + 1, "f": 1.0, "b": True, "big": 2**70, "d": "2020-01-02", "z": "2020-01-02T03:04:05Z", "n": None}]
    table = read(write("t.json", json.dumps(document * 2))).table
    types = {field.name: field.type for field in table.schema}
    assert (types["i"], types["f"], types["b"], types["d"]) == (pa.int64(), pa.float64(), pa.bool_(), pa.date32())
    assert types["z"] == pa.timestamp("us", "UTC")
    assert table["i"].to_pylist() == [2**53 + 1] * 2
    assert table["big"].to_pylist() == [Decimal(2**70)] * 2
    assert table["d"].to_pylist() == [dt.date(2020, 1, 2)] * 2
    assert table["n"].to_pylist() == [None, None]


def test_nested_values_are_kept(write):
    table = read(write("t.json", json.dumps([{"p": {"x": 1, "y": 2}, "l": [1, 2]}, {"p": {"x": 3, "y": 4}, "l": []}]))).table
    assert table["p"].to_pylist() == [{"x": 1, "y": 2}, {"x": 3, "y": 4}]
    assert pa.types.is_struct(table.schema.field("p").type)
    assert table["l"].to_pylist() == [[1, 2], []]


def test_nested_values_of_different_shapes_are_kept_as_json(write):
    cells = [{"x": 1}, {"y": [2]}, {"x": "three"}]
    table = read(write("t.json", json.dumps([{"p": cell} for cell in cells]))).table
    assert [json.loads(text) for text in table["p"].to_pylist()] == cells


def test_keys_that_records_lack_are_missing_and_noticed(write):
    ingested = read(write("t.json", json.dumps([{"a": 1}, {"a": 2, "b": 5}])))
    assert ingested.table.to_pydict() == {"a": [1, 2], "b": [None, 5]}
    assert [f.count for f in ingested.findings if f.code == "M1"] == [1]


def test_bad_lines_are_kept_as_rejected(write):
    ingested = read(write("t.jsonl", '{"a": 1}\n\n{"a": 2\n[3]\n{"a": NaN}\n{"a": 4}'))
    assert ingested.table.num_rows == 3
    assert [(r.line, r.text) for r in ingested.rejected] == [(3, '{"a": 2'), (4, "[3]")]
    assert [f.count for f in ingested.findings if f.code == "S1"] == [2]


def test_lines_are_told_from_a_document_whatever_the_name(write):
    ingested = read(write("t.json", '{"a": 1}\n{"a": 2}\n'))
    assert ingested.table.to_pydict() == {"a": [1, 2]}
    assert ingested.dialect.format == "jsonl"
    assert read(write("t.csv", json.dumps(RECORDS))).table.to_pydict() == TABLE


def test_utf_16_and_a_mark_are_understood(write):
    for encoding in ("utf-16", "utf-8-sig"):
        assert read(write("t.json", json.dumps([{"a": "é"}], ensure_ascii=False).encode(encoding))).table["a"].to_pylist() == [
            "é"
        ]


@pytest.mark.parametrize("text", ['[{"a": 1}, {"a": 2', "{}", "[]", '[{"a": 1}] x'])
def test_what_is_not_a_table_is_refused_with_a_way_out(write, text):
    with pytest.raises(BadFile) as refusal:
        read(write("t.json", text))
    assert refusal.value.hint
