"""The same table shared and as a private frame, so that both can be asked the same things."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from core.store.people import ANN
from hypothesis import settings
from hypothesis import strategies as st
from tabweave import questions
from tabweave.frames.frame import Frame
from tabweave.frames.view import ViewState
from tabweave_core.engine.store import Store
from tabweave_core.errors import TabweaveError
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.messages import Ack
from tabweave_core.protocol.ops import Op
from tabweave_core.protocol.schema import Range, Sort, View
from tabweave_core.rooms import answers, resolve

_names = itertools.count(1)
half = settings(max_examples=settings.default.max_examples // 2)
FLOATS = st.floats(allow_nan=True) | st.sampled_from([0.0, -0.0, 1e15, 1e16, 1e-5, 3.0, 2.5])
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8) | st.sampled_from(
    ["", "a", "A", "aa", "item 09", "item 10", '\t"\n', "ß", "é", "a.b", "1", "$1", "\\"]
)
MOMENTS = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1)) | st.sampled_from(
    [dt.datetime(2026, 3, 28, 22), dt.datetime(2026, 3, 29, 22), dt.datetime(2024, 1, 31), dt.datetime(2024, 2, 29)]
)
SPANS = st.timedeltas(dt.timedelta(days=-4000), dt.timedelta(days=4000)) | st.just(dt.timedelta(seconds=-1))
KINDS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "int64": (pa.int64(), st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 12)),
    "uint8": (pa.uint8(), st.integers(0, 255)),
    "double": (pa.float64(), FLOATS),
    "float": (pa.float32(), st.integers(-4000, 4000).map(lambda number: number / 4) | st.sampled_from([0.1, -7.3])),
    "decimal": (pa.decimal128(9, 2), st.decimals(-9999, 9999, places=2) | st.sampled_from([Decimal("1.10")])),
    "wide decimal": (pa.decimal128(38, 4), st.decimals(-(10**13), 10**13, places=4)),
    "boolean": (pa.bool_(), st.booleans()),
    "text": (pa.string(), TEXTS),
    "date": (pa.date32(), st.dates(dt.date(1, 1, 1)) | st.sampled_from([dt.date(2024, 1, 31), dt.date(2024, 2, 29)])),
    "time": (pa.time64("us"), st.times()),
    "timestamp": (pa.timestamp("us"), MOMENTS),
    "seconds": (pa.timestamp("s"), MOMENTS.map(lambda moment: moment.replace(microsecond=0))),
    "zoned": (pa.timestamp("us", "Europe/Berlin"), MOMENTS.map(lambda moment: moment.replace(tzinfo=dt.UTC))),
    "fixed zone": (pa.timestamp("ns", "+05:30"), MOMENTS.map(lambda moment: moment.replace(tzinfo=dt.UTC))),
    "duration": (pa.duration("us"), SPANS),
    "coarse duration": (pa.duration("s"), SPANS.map(lambda span: dt.timedelta(days=span.days, seconds=span.seconds))),
}


@st.composite
def tables(draw: st.DrawFn, *, least: int = 1, most: int = 12) -> pa.Table:
    """A table of one to three columns of any kinds, some cells missing and some equal."""
    size = draw(st.integers(least, most))
    columns = {}
    for number, kind in enumerate(draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=3))):
        dtype, values = KINDS[kind]
        some = draw(st.lists(values, min_size=1, max_size=4))
        cells = draw(st.lists(st.none() | st.sampled_from(some) | values, min_size=size, max_size=size))
        columns[f"{kind} {number}"] = pa.array(cells, dtype)
    return pa.table(columns)


@dataclass
class Twins:
    """A shared table and a frame with the same cells, both under the same view."""

    store: Store
    name: str
    frame: Frame
    view: View

    @classmethod
    def of(cls, store: Store, data: pa.Table, view: View | None = None) -> Twins:
        name = f"twin {next(_names)}"
        store.create_table(name, data, ANN)
        return cls(store, name, Frame(data.to_pandas(types_mapper=pd.ArrowDtype)), view or View())

    def shown(self) -> ViewState:
        found = ViewState(self.frame, self.view)
        found.compute()
        return found

    def submit(self, op: Op) -> tuple[str, str]:
        """The codes with which the table and the frame refuse an operation; empty where it is done."""
        shown = self.shown()
        seen = self.store.look(self.name, self.view)
        assert np.array_equal(seen.ids(0, seen.rows), _positions(shown))
        prepare = resolve.intent(self.store, self.name, op, ANN, seen)
        client = f"ann/{next(_names)}"
        answer = self.store.submit(self.name, op, user=ANN, client=client, seq=1, prepare=prepare).result(30)
        try:
            self.frame.apply(op, user=ANN, view=shown)
        except TabweaveError as error:
            return ("" if isinstance(answer, Ack) else answer.code), error.code
        return ("" if isinstance(answer, Ack) else answer.code), ""

    def ask(self, question: questions.Question) -> tuple[list[m.Message], list[m.Message]]:
        """What the table and the frame answer; a refusal counts as an error message with its code and words."""
        seen = self.store.look(self.name, self.view)
        frame = self.frame

        def told(found: Any) -> list[m.Message]:
            try:
                return list(found)
            except TabweaveError as error:
                return [m.Error(ch="ch", code=error.code, message=error.message)]

        return (
            told(answers.answer(self.store, self.name, ANN, "ch", seen, question)),
            told(questions.answer("ch", frame, self.shown(), question, lambda look: look(), lambda: False)),
        )

    def cells(self) -> tuple[str, str]:
        """All cells of both, as text."""
        count = len(self.frame.df.columns)
        copy = m.Copy(ch="ch", id=1, range=Range(start=0, stop=10**6, columns=list(range(count))))
        (mine,), (theirs,) = Twins(self.store, self.name, self.frame, View()).ask(copy)
        assert isinstance(mine, m.Copied)
        assert isinstance(theirs, m.Copied)
        return mine.tsv, theirs.tsv


def _positions(shown: ViewState) -> np.ndarray[Any, Any]:
    found = shown.positions(0, shown.count)
    return np.arange(found.start, found.stop) if isinstance(found, slice) else found


def views(columns: int) -> st.SearchStrategy[View]:
    """All rows as they are, or sorted by a column."""
    keys = st.builds(Sort, column=st.integers(0, columns - 1), descending=st.booleans())
    return st.just(View()) | keys.map(lambda key: View(sort=[key]))
