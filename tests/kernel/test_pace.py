from __future__ import annotations

import time
from typing import Any

from tabweave.pace import Pace, merge


def patch(rev: int, **fields: Any) -> dict[str, Any]:
    return {"type": "patch", "ch": "a", "rev": rev, **fields}


def cells(column: int, rows: list[int], values: list[Any]) -> dict[str, Any]:
    return {"column": column, "rows": rows, "values": values}


def test_merged_patches_keep_the_last_value_of_every_cell() -> None:
    first = patch(1, cells=[cells(0, [1, 2], ["a", "b"])], can_undo=True, schema={"columns": []})
    merged = merge(first, patch(2, cells=[cells(0, [2], ["c"]), cells(1, [9], [5])], stale=True))
    assert merged == {
        **patch(2, since=1, cells=[cells(0, [1, 2], ["a", "c"]), cells(1, [9], [5])]),
        "columns": [],
        "rows_changed": False,
        "stale": True,
        "schema": {"columns": []},
    }


def test_a_column_to_fetch_anew_needs_no_cells() -> None:
    merged = merge(patch(1, cells=[cells(0, [1], ["a"])]), patch(2, columns=[0], rows_changed=True, rows=5))
    assert merged is not None
    assert (merged["cells"], merged["columns"], merged["rows_changed"], merged["rows"]) == ([], [0], True, 5)


def test_patches_of_two_channels_are_not_merged() -> None:
    assert merge(patch(1), {**patch(2), "ch": "b"}) is None


def test_a_thousand_patches_become_a_few_and_nothing_is_lost() -> None:
    sent: list[dict[str, Any]] = []
    pace = Pace(lambda message, _buffers: sent.append(message))
    for rev in range(1, 1001):
        pace(patch(rev, cells=[cells(0, [rev], [rev])]), [])
    pace.flush()
    assert len(sent) < 50
    told = {
        row: value
        for message in sent
        for piece in message["cells"]
        for row, value in zip(piece["rows"], piece["values"], strict=True)
    }
    assert told == {rev: rev for rev in range(1, 1001)}
    assert sent[-1]["rev"] == 1000


def test_an_answer_goes_at_once_and_after_the_patches_before_it() -> None:
    sent: list[dict[str, Any]] = []
    pace = Pace(lambda message, _buffers: sent.append(message), interval=60)
    pace(patch(1), [])
    pace(patch(2), [])
    pace({"type": "ack", "seq": 1}, [])
    assert [message.get("rev", "ack") for message in sent] == [1, 2, "ack"]


def test_a_held_patch_is_sent_soon_without_another_message() -> None:
    sent: list[dict[str, Any]] = []
    pace = Pace(lambda message, _buffers: sent.append(message), interval=0.02)
    pace(patch(1), [])
    pace(patch(2), [])
    until = time.monotonic() + 2
    while len(sent) < 2 and time.monotonic() < until:
        time.sleep(0.005)
    assert [message["rev"] for message in sent] == [1, 2]


def test_a_closed_pace_sends_nothing_more() -> None:
    sent: list[dict[str, Any]] = []
    pace = Pace(lambda message, _buffers: sent.append(message), interval=0.02)
    pace(patch(1), [])
    pace(patch(2), [])
    pace.close()
    time.sleep(0.05)
    assert [message["rev"] for message in sent] == [1]
