from __future__ import annotations

import json
from typing import Any, get_args

import pyarrow as pa
import pytest
from protocol import make_golden
from protocol.decoded import cells, read_window
from protocol.golden_cases import cases
from protocol.golden_messages import OPS, answers, requests
from tabweave_core.protocol import messages, ops, schema, wire

CASES = cases()
TAGGED = ("nested", "object")


def comparable(column: list[Any], kind: str) -> list[Any]:
    """Cells with the texts of tagged JSON parsed; `1` and `1.0` are one number to a browser."""
    return [json.loads(cell) if cell is not None else None for cell in column] if kind in TAGGED else column


@pytest.mark.parametrize("name", CASES)
def test_a_golden_frame_is_what_the_engine_sends_today(name: str) -> None:
    data, expected = make_golden.build(CASES[name])
    stored = (make_golden.GOLDEN / f"{name}.bin").read_bytes()
    (header, arrow), (stored_header, stored_arrow) = wire.split(data), wire.split(stored)
    assert arrow is not None
    assert stored_arrow is not None
    assert json.loads(header) == json.loads(stored_header)
    assert pa.ipc.open_stream(arrow).schema == pa.ipc.open_stream(stored_arrow).schema
    kinds = [column["kind"] for column in expected["columns"]]
    now, then = read_window(arrow), read_window(stored_arrow)
    assert now[0] == then[0]
    assert list(map(cells, now[1], kinds)) == list(map(cells, then[1], kinds))
    assert json.loads((make_golden.GOLDEN / f"{name}.json").read_text("utf-8")) == expected


@pytest.mark.parametrize("name", CASES)
def test_a_golden_frame_decodes_to_the_cells_written_beside_it(name: str) -> None:
    expected = json.loads((make_golden.GOLDEN / f"{name}.json").read_text("utf-8"))
    message, arrow = wire.decode_answer((make_golden.GOLDEN / f"{name}.bin").read_bytes())
    assert arrow is not None
    assert make_golden.msgspec.to_builtins(message) == expected["message"]
    rids, columns = read_window(arrow)
    assert rids == expected["rids"]
    for array, column, wanted in zip(columns, expected["columns"], expected["cells"], strict=True):
        kind = column["kind"]
        assert comparable(cells(array, kind), kind) == comparable(wanted, kind), column["name"]


def test_arrow_data_starts_at_a_multiple_of_eight() -> None:
    for name in CASES:
        header, arrow = wire.split((make_golden.GOLDEN / f"{name}.bin").read_bytes())
        assert arrow is not None
        assert (4 + len(header)) % 8 == 0


def test_every_kind_of_column_has_a_golden_case() -> None:
    kinds = {
        column["kind"]
        for name in CASES
        for column in json.loads((make_golden.GOLDEN / f"{name}.json").read_text("utf-8"))["columns"]
    }
    assert kinds == set(get_args(schema.Kind))


def test_every_message_and_operation_has_a_sample() -> None:
    assert {type(message) for message in requests()} == set(get_args(messages.Request))
    assert {type(message) for message in answers()} == set(get_args(messages.Answer))
    assert {type(op) for op in OPS} == set(get_args(ops.Op))


def test_message_samples_are_current_and_decode_to_what_they_were() -> None:
    stored = json.loads((make_golden.GOLDEN / "messages.json").read_text("utf-8"))
    assert stored == make_golden.samples()
    assert [wire.decode_request(text)[0] for text in stored["requests"]] == requests()
    assert [wire.decode_answer(text)[0] for text in stored["answers"]] == answers()
