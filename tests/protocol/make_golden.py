"""Writes the golden frames that both languages read: `make_golden.py [folder]`.

`<case>.bin` is a binary frame as a carrier moves it. `<case>.json` says what it must decode to: the `message`, the
`columns` of the schema in the frame's order, the row ids, the `cells` column by column in the protocol's JSON (integers
beyond 2^53 as decimal text; "NaN", "Infinity", "-Infinity" and "-0" for floats) and their canonical `texts`. Cells of nested
and object columns are JSON texts, to be compared after parsing. `messages.json` has one or more samples of every message
type, each as text that a carrier moves.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from tabweave_core.protocol import wire
from tabweave_core.protocol.messages import Window

sys.path.insert(0, str(Path(__file__).parent))
from golden_cases import Case, cases
from golden_messages import answers, requests
from tabweave.frames.frame import Frame
from tabweave.frames.text import texts
from tabweave.frames.window import window

GOLDEN = Path(__file__).parent / "golden"
CHANNEL = "0123456789abcdef0123456789abcdef"


def build(case: Case) -> tuple[bytes, dict[str, Any]]:
    """A case's binary frame and what it must decode to."""
    frame = Frame(case.df)
    columns = frame.schema().columns
    positions: Any = slice(0, len(case.df)) if case.positions is None else np.array(case.positions, dtype=np.int64)
    rids = frame.rids.ids(positions)
    message = Window(ch=CHANNEL, re=1, rev=0, start=0, stop=len(rids))
    data = wire.encode(message, window(frame, positions, [column.id for column in columns]))
    assert isinstance(data, bytes)
    expected = {
        "message": msgspec.to_builtins(message),
        "columns": msgspec.to_builtins(columns),
        "rids": rids.tolist(),
        "cells": [case.cells[column.name] for column in columns],
        "texts": [shown(texts(frame.values(column.id), positions)) for column in columns],
    }
    return data, expected


def shown(array: Any) -> list[str]:
    """Texts as a list, "" for missing."""
    return [text or "" for text in array.to_pylist()]


def samples() -> dict[str, list[str]]:
    """Samples of every message as text."""
    return {
        "requests": [str(wire.encode(message)) for message in requests()],
        "answers": [str(wire.encode(message)) for message in answers()],
    }


def main(folder: Path = GOLDEN) -> None:
    """Writes all files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, case in cases().items():
        data, expected = build(case)
        (folder / f"{name}.bin").write_bytes(data)
        (folder / f"{name}.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (folder / "messages.json").write_text(json.dumps(samples(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
