"""Every kind of chart on tables tiny, large, empty and hostile: few marks, right figures, valid Plotly JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import duckdb
import msgspec
import numpy as np
import pytest
from tabweave_core.charts.chart import Picture, picture
from tabweave_core.charts.code import chart_code
from tabweave_core.charts.marks import Frame
from tabweave_core.charts.spec import MOST_MARKS
from tabweave_core.charts.static import svg
from tabweave_core.errors import BadValue, NotFound
from tabweave_core.plans.draft import Source
from tabweave_core.plans.shape import Shape
from tabweave_core.protocol.condition import Compare, Key, Measure
from tabweave_core.protocol.plan import Chart

HOSTILE = "a \"b\" <i>$p0</i> 'c'"


class Room:
    def __init__(self) -> None:
        self.connection = duckdb.connect()

    def table(self, select: str) -> None:
        self.connection.execute(
            "CREATE OR REPLACE TABLE t AS SELECT row_number() OVER () - 1 AS _rid, row_number() OVER () - 1 AS _pos, * "
            f"FROM ({select})"
        )

    @property
    def source(self) -> Source:
        types = self.connection.execute("SELECT * EXCLUDE (_rid, _pos) FROM t LIMIT 0").description
        return Source("t", Shape.of((name, str(kind)) for name, kind, *_ in types))

    def draw(self, chart: Chart, frame: Frame | None = None) -> Picture:
        return picture(self.connection, self.source, chart, frame)


LARGE = (
    "SELECT 'region ' || (i % 7) AS region, 'city ' || (hash(i) % 900) AS city, CAST(hash(i) % 1000 AS DOUBLE) / 7 AS amount, "
    "CAST(hash(i + 1) % 50 AS INTEGER) AS qty, TIMESTAMP '2020-01-01' + INTERVAL (i) MINUTE AS \"at\" FROM range(60000) r(i)"
)
CHARTS = {
    "bar": Chart(kind="bar", x=Key(column="region"), y=[Measure(fn="sum", column="amount")]),
    "bars": Chart(kind="bar", x=Key(column="city"), y=[Measure(fn="mean", column="amount")], color=Key(column="region")),
    "horizontal": Chart(kind="bar", x=Key(column="region"), y=[Measure(fn="count")], horizontal=True),
    "line": Chart(kind="line", x=Key(column="at"), y_column="amount"),
    "lines": Chart(kind="line", x=Key(column="at"), y=[Measure(fn="sum", column="qty")], color=Key(column="region")),
    "area": Chart(kind="area", x=Key(column="at", unit="month"), y=[Measure(fn="sum", column="qty")], color=Key(column="city")),
    "scatter": Chart(kind="scatter", x=Key(column="amount"), y_column="qty", color=Key(column="city")),
    "histogram": Chart(kind="histogram", x=Key(column="amount"), color=Key(column="city"), facet=Key(column="region")),
    "dates": Chart(kind="histogram", x=Key(column="at")),
    "box": Chart(kind="box", x=Key(column="city"), y_column="amount"),
    "heatmap": Chart(kind="heatmap", x=Key(column="city"), y_column="qty", y=[Measure(fn="mean", column="amount")]),
    "pie": Chart(kind="pie", x=Key(column="city")),
}


@pytest.fixture
def room() -> Iterator[Room]:
    made = Room()
    yield made
    made.connection.close()


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize(
    "rows",
    [
        LARGE,
        f"SELECT * FROM ({LARGE}) LIMIT 1",
        f"SELECT * FROM ({LARGE}) LIMIT 0",
        f"SELECT NULL::VARCHAR AS region, NULL::VARCHAR AS city, NULL::DOUBLE AS amount, NULL::INTEGER AS qty, "
        'NULL::TIMESTAMP AS "at" '
        f"UNION ALL SELECT region, NULL, 'nan'::DOUBLE, qty, \"at\" FROM ({LARGE} LIMIT 30) "
        "UNION ALL SELECT 'w', '<b>', 'inf'::DOUBLE, 1, NULL",
    ],
    ids=["large", "one row", "no row", "missing"],
)
def test_a_chart_of_any_table_has_few_marks_and_is_valid_json_and_svg(room: Room, name: str, rows: str) -> None:
    room.table(rows)
    found = room.draw(CHARTS[name])
    assert found.marks.count <= MOST_MARKS
    text = json.dumps(found.figure, allow_nan=False)
    assert "<b>" not in found.figure["layout"]["title"]["text"]
    assert len(text) < 600_000
    ElementTree.fromstring(svg(found.figure))


@pytest.mark.parametrize("name", CHARTS)
def test_names_that_look_like_code_are_only_names(room: Room, name: str) -> None:
    renamed = {"region": HOSTILE, "city": f"{HOSTILE} 2", "amount": f"{HOSTILE} 3", "qty": f"{HOSTILE} 4", "at": f"{HOSTILE} 5"}
    quoted = {old: '"' + new.replace('"', '""') + '"' for old, new in renamed.items()}
    listed = ", ".join(f'"{old}" AS {new}' for old, new in quoted.items())
    room.table(f"SELECT {listed} FROM ({LARGE} LIMIT 3000)")
    text = json.dumps(msgspec.to_builtins(CHARTS[name]))
    for old, new in renamed.items():
        text = text.replace(json.dumps(old), json.dumps(new))
    chart = msgspec.json.decode(text, type=Chart)
    found = room.draw(chart)
    assert found.marks.count
    assert "<i>" not in json.dumps(found.figure["layout"])
    ElementTree.fromstring(svg(found.figure))
    compile(chart_code(found.spec, "df"), "code", "exec")


@pytest.mark.parametrize("name", [name for name in CHARTS if name != "dates"])
def test_markup_in_a_cell_is_shown_and_never_read(room: Room, name: str) -> None:
    cell = '<a href="//e.x">a&lt;b'
    asked = CHARTS[name]
    if name in ("scatter", "line"):
        asked = msgspec.structs.replace(asked, facet=Key(column="region"), color=Key(column="city"))
    room.table(f"SELECT '{cell}' AS region, '{cell}' AS city, * EXCLUDE (region, city) FROM ({LARGE} LIMIT 300)")
    found = room.draw(asked)
    told = json.dumps(found.figure)
    assert "&lt;a href" in told
    assert "<a" not in told
    assert "&amp;lt;a" not in svg(found.figure)


def test_bars_are_the_figures_of_the_groups_the_greatest_first(room: Room) -> None:
    room.table("SELECT * FROM (VALUES ('a', 1), ('b', 5), ('a', 2), (NULL, 9)) v(k, n)")
    found = room.draw(Chart(kind="bar", x=Key(column="k"), y=[Measure(fn="sum", column="n")]))
    (trace,) = found.figure["data"]
    assert dict(zip(trace["x"], trace["y"], strict=True)) == {"(missing)": 9, "b": 5, "a": 3}
    assert trace["y"] == [9, 5, 3]


def test_groups_that_find_no_place_are_counted_and_said(room: Room) -> None:
    room.table(LARGE)
    found = room.draw(Chart(kind="bar", x=Key(column="city"), y=[Measure(fn="sum", column="amount")], top=10))
    assert found.marks.count == 10
    assert found.marks.left_out == 890
    assert "890 more" in found.figure["layout"]["title"]["text"]


def test_a_line_of_many_values_draws_the_same_pixels_as_all_of_them(room: Room) -> None:
    room.table("SELECT i AS x, CAST(hash(i) % 10007 AS DOUBLE) * sin(i / 500.0) AS y FROM range(50000) r(i)")
    columns, height = 400, 300
    drawn = room.draw(Chart(kind="line", x=Key(column="x"), y_column="y"), Frame(width=columns))
    (trace,) = drawn.figure["data"]
    raw = room.connection.execute("SELECT x, y FROM t ORDER BY x").fetchall()
    assert len(trace["x"]) <= 4 * columns < len(raw)
    bounds = (0, 49_999, min(y for _, y in raw), max(y for _, y in raw))
    assert pixels(list(zip(trace["x"], trace["y"], strict=True)), bounds, columns, height) == pixels(raw, bounds, columns, height)


def pixels(
    points: list[tuple[float, float]], bounds: tuple[float, float, float, float], columns: int, height: int
) -> set[tuple[int, int]]:
    """What lines between points cover: of each pixel column the rows that a segment in it spans."""
    left, right, low, high = bounds

    def place(x: float, y: float) -> tuple[float, float]:
        return (x - left) * columns / (right - left), (y - low) * (height - 1) / (high - low)

    found: set[tuple[int, int]] = set()
    for first, second in pairwise(points):
        (ax, ay), (bx, by) = place(*first), place(*second)
        start, stop = min(columns - 1, math.floor(ax)), min(columns - 1, math.floor(bx))
        for column in range(start, stop + 1):
            a, b = max(ax, column), min(bx, column + 1)
            ends = [ay + (by - ay) * ((x - ax) / (bx - ax)) if bx > ax else y for x, y in ((a, ay), (b, by))]
            if start == stop:
                ends = [ay, by]
            found |= {(column, row) for row in range(round(min(ends)), round(max(ends)) + 1)}
    return found


def test_a_zoom_draws_its_own_part_in_full(room: Room) -> None:
    room.table(LARGE)
    bounds = datetime(2020, 1, 2), datetime(2020, 1, 2) + timedelta(minutes=100)
    found = room.draw(
        Chart(kind="line", x=Key(column="at"), y_column="amount"), Frame(lo=bounds[0].isoformat(), hi=bounds[1].isoformat())
    )
    assert found.marks.count == 101


def test_a_zoom_into_sums_keeps_every_step_whole(room: Room) -> None:
    room.table("SELECT TIMESTAMP '2020-01-01' + INTERVAL (i) HOUR AS \"at\", 1 AS n FROM range(24 * 1500) r(i)")
    chart = Chart(kind="line", x=Key(column="at"), y=[Measure(fn="sum", column="n")])
    whole, part = (
        room.draw(chart, frame).figure["data"][0] for frame in (None, Frame(lo="2021-03-01T07:00", hi="2023-04-10T05:00"))
    )
    assert len(whole["x"]) <= 1000
    sums = dict(zip(part["x"], part["y"], strict=True))
    assert (sums["2021-03-01"], set(sums.values())) == (24, {24})
    near = room.draw(chart, Frame(lo="2021-03-01T07:00", hi="2021-03-03T05:00")).figure["data"][0]
    assert len(near["x"]) == 47


def test_a_zoom_into_classes_and_points_counts_the_part_anew(room: Room) -> None:
    room.table("SELECT CAST(i AS DOUBLE) / 100 AS a, i % 100 AS b FROM range(100000) r(i)")
    (trace,) = room.draw(Chart(kind="histogram", x=Key(column="a")), Frame(lo=10, hi=19.99)).figure["data"]
    edges = trace["customdata"]
    assert edges[0][0] <= 10 < 19.99 <= edges[-1][1] <= 25
    assert all(n == pytest.approx((hi - lo) * 100, abs=1) for n, (lo, hi) in zip(trace["y"], edges, strict=True))
    found = room.draw(Chart(kind="scatter", x=Key(column="a"), y_column="b"), Frame(lo=10, hi=20, bottom=0, top=9))
    assert (found.marks.dense, found.marks.count) == (False, 101)


def test_a_heat_map_of_many_numbers_or_dates_has_classes_and_counts_every_row(room: Room) -> None:
    room.table(LARGE)
    found = room.draw(Chart(kind="heatmap", x=Key(column="at"), y_column="amount"))
    (trace,) = found.figure["data"]
    assert found.marks.count <= MOST_MARKS
    assert sum(n for row in trace["z"] for n in row if n is not None) == 60_000
    assert trace["meta"] == found.marks.classes
    steps = {round(b - a, 9) for a, b in pairwise(trace["y"])}
    assert steps == {trace["meta"]["y"]}
    assert datetime.fromisoformat(trace["x"][1]) > datetime.fromisoformat(trace["x"][0])


def test_a_heat_map_leaves_out_what_is_no_number(room: Room) -> None:
    odd = "SELECT 'x', 'y', unnest(['inf'::DOUBLE, '-inf'::DOUBLE, 'nan'::DOUBLE, NULL]), 1, TIMESTAMP '2020-01-01'"
    for rows in (
        f"SELECT * FROM ({LARGE}) UNION ALL {odd}",
        odd.replace("'x', 'y', unnest", "'x' AS region, unnest").replace(", 1, T", " AS amount, 1 AS qty, T"),
    ):
        room.table(rows)
        (trace,) = room.draw(Chart(kind="heatmap", x=Key(column="region"), y_column="amount")).figure["data"]
        json.dumps(trace, allow_nan=False)


def test_empty_places_of_a_grid_have_their_width(room: Room) -> None:
    room.table("SELECT i % 3 AS a, CASE WHEN i % 2 = 0 THEN 1 ELSE 9 END + (i % 5 > 3)::INT AS b FROM range(100) r(i)")
    (trace,) = room.draw(Chart(kind="heatmap", x=Key(column="a"), y_column="b")).figure["data"]
    assert trace["y"] == list(range(1, 11))
    assert sum(n for row in trace["z"] for n in row if n is not None) == 100


@pytest.mark.parametrize("rows", [100, 300_000])
def test_boxes_of_any_size_are_exact(room: Room, rows: int) -> None:
    room.table(f"SELECT i % 3 AS k, CAST(hash(i) % 100003 AS DOUBLE) * (1 + i % 7) AS y FROM range({rows}) r(i)")
    (trace,) = room.draw(Chart(kind="box", x=Key(column="k"), y_column="y")).figure["data"]
    for place, k in enumerate(trace["x"]):
        y = np.array(room.connection.execute("SELECT y FROM t WHERE k = ?", [int(k)]).fetchnumpy()["y"])
        q1, q2, q3 = np.quantile(y, [0.25, 0.5, 0.75])
        assert (trace["q1"][place], trace["median"][place], trace["q3"][place]) == pytest.approx((q1, q2, q3), rel=1e-12)
        inside = y[(y >= q1 - 1.5 * (q3 - q1)) & (y <= q3 + 1.5 * (q3 - q1))]
        assert (trace["lowerfence"][place], trace["upperfence"][place]) == (inside.min(), inside.max())
        assert max(trace["y"][place]) == max(y[y > inside.max()], default=trace["median"][place])


def test_a_histogram_counts_every_finite_value_once(room: Room) -> None:
    room.table(f"SELECT * FROM ({LARGE}) UNION ALL SELECT 'x', 'y', 'nan'::DOUBLE, 1, NULL")
    (trace,) = room.draw(Chart(kind="histogram", x=Key(column="amount"))).figure["data"]
    assert sum(trace["y"]) == 60_000


def test_a_box_has_tukeys_whiskers_and_the_values_beyond(room: Room) -> None:
    room.table("SELECT CAST(i AS DOUBLE) AS y FROM range(1, 12) r(i) UNION ALL SELECT 100.0")
    (trace,) = room.draw(Chart(kind="box", y_column="y")).figure["data"]
    assert (trace["q1"], trace["median"], trace["q3"]) == ([3.75], [6.5], [9.25])
    assert (trace["lowerfence"], trace["upperfence"], trace["y"]) == ([1.0], [11.0], [[100.0]])


def test_points_of_a_large_table_are_counted_in_a_grid_that_loses_none(room: Room) -> None:
    room.table(LARGE)
    found = room.draw(Chart(kind="scatter", x=Key(column="amount"), y_column="qty"))
    assert found.marks.dense
    (trace,) = found.figure["data"]
    assert sum(n for row in trace["z"] for n in row if n is not None) == 60_000


def test_points_name_their_rows(room: Room) -> None:
    room.table(f"SELECT * FROM ({LARGE}) LIMIT 5")
    (trace,) = room.draw(Chart(kind="scatter", x=Key(column="amount"), y_column="qty")).figure["data"]
    assert trace["customdata"] == [0, 1, 2, 3, 4]


def test_a_charts_condition_leaves_the_others_out(room: Room) -> None:
    room.table(LARGE)
    where = Compare(column="region", cmp="=", value="region 1")
    found = room.draw(Chart(kind="bar", x=Key(column="region"), where=where))
    assert found.figure["data"][0]["x"] == ["region 1"]


@pytest.mark.parametrize(
    ("chart", "kind"),
    [
        (Chart(x=Key(column="at"), y=[Measure(fn="sum", column="qty")]), "line"),
        (Chart(x=Key(column="region"), y_column="amount"), "bar"),
        (Chart(x=Key(column="amount"), y_column="qty"), "scatter"),
        (Chart(x=Key(column="amount")), "histogram"),
        (Chart(x=Key(column="region")), "bar"),
        (Chart(x=Key(column="region"), y_column="city"), "heatmap"),
    ],
)
def test_the_usual_kind_follows_from_the_types(room: Room, chart: Chart, kind: str) -> None:
    room.table(LARGE)
    assert room.draw(chart).spec.kind == kind


@pytest.mark.parametrize(
    ("chart", "error", "says"),
    [
        (Chart(kind="bar", x=Key(column="regoin")), NotFound, "Did you mean 'region'"),
        (Chart(kind="scatter", x=Key(column="region"), y_column="amount"), BadValue, "region holds texts"),
        (Chart(kind="scatter", x=Key(column="amount")), BadValue, "needs two columns"),
        (Chart(kind="box", y_column="region"), BadValue, "region holds texts"),
        (Chart(kind="heatmap", x=Key(column="region")), BadValue, "needs two columns"),
        (Chart(), BadValue, "A chart of what"),
        (Chart(kind="line", x=Key(column="region", unit="month"), y_column="qty"), BadValue, "needs dates"),
    ],
)
def test_a_chart_that_does_not_fit_says_why(room: Room, chart: Chart, error: type[Exception], says: str) -> None:
    room.table(LARGE)
    with pytest.raises(error, match=says):
        room.draw(chart)
