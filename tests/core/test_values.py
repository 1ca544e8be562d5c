from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tabweave_core.errors import BadValue
from tabweave_core.protocol import values

SCALARS = {
    "integer": st.integers(),
    "decimal": st.decimals(allow_nan=False, allow_infinity=False),
    "float": st.floats(),
    "boolean": st.booleans(),
    "text": st.text(),
    "category": st.text(),
    "date": st.dates(),
    "time": st.integers(0, 86_400 * 10**9 - 1),
    "timestamp": st.integers(-(10**21), 10**21),
    "duration": st.integers(-(2**63), 2**63),
    "binary": st.binary(),
}
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.dates()
    | st.times().map(lambda time: time.replace(fold=0))
)
OBJECTS = st.recursive(
    PLAIN | st.datetimes().map(lambda moment: moment.replace(fold=0)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.sampled_from(sorted(SCALARS)).flatmap(lambda kind: st.tuples(st.just(kind), SCALARS[kind] | st.none())))
def test_every_scalar_survives_json(pair: tuple[Any, Any]) -> None:
    kind, value = pair
    sent = json.loads(json.dumps(values.encode(kind, value, zoned=True)))
    assert sent is None or isinstance(sent, (bool, int, float, str))
    assert not (isinstance(sent, int) and abs(sent) > values.SAFE)
    found = values.decode(kind, sent)
    assert repr(found) == repr(value) or (kind == "decimal" and found == value)


@given(OBJECTS)
def test_objects_survive_their_tagged_text(value: Any) -> None:
    assert repr(values.untagged_text(values.tagged_text(value))) == repr(value)


@given(st.integers(-10_000_000, 10_000_000))
def test_the_calendar_has_no_end(days: int) -> None:
    year, month, day = values.civil(days)
    assert values.days_since_1970(year, month, day) == days
    if 1 <= year <= 9999:
        assert dt.date(year, month, day).toordinal() == days + dt.date(1970, 1, 1).toordinal()


@pytest.mark.parametrize(
    ("kind", "value", "sent"),
    [
        ("integer", 2**53, "9007199254740992"),
        ("integer", -(2**53) + 1, -9007199254740991),
        ("decimal", Decimal("1E+3"), "1000"),
        ("float", -0.0, "-0"),
        ("float", -math.inf, "-Infinity"),
        ("time", 50_700_250_000_000, "14:05:00.25"),
        ("timestamp", -1, "1969-12-31T23:59:59.999999999"),
        ("duration", 5, "5"),
        (
            "object",
            {"a": [2**60, None, Decimal("1.20")]},
            '{"$dict":[["a",[{"$int":"1152921504606846976"},null,{"$decimal":"1.20"}]]]}',
        ),
    ],
)
def test_the_json_of_a_kind_is_fixed(kind: Any, value: Any, sent: Any) -> None:
    assert values.encode(kind, value) == sent


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("integer", 1.5),
        ("integer", True),
        ("float", "1"),
        ("boolean", 1),
        ("date", "2020-02-30"),
        ("time", "24:00:00"),
        ("timestamp", "2020-01-01T99:00:00"),
        ("decimal", "NaN"),
        ("object", '{"$repr":"x"}'),
        ("object", "{"),
        ("text", 1),
    ],
)
def test_json_of_another_kind_is_refused(kind: Any, sent: Any) -> None:
    with pytest.raises(BadValue):
        values.decode(kind, sent)


def test_what_has_no_json_is_told_by_its_repr() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError

    loop: list[Any] = []
    loop.append(loop)
    assert values.tagged_text(Broken()) == '{"$repr":"<Broken, whose repr raises RuntimeError>"}'
    assert values.tagged_text(loop) == '{"$repr":"<list nested too deeply>"}'
    assert values.tagged_text({1}) == '{"$repr":"{1}"}'
