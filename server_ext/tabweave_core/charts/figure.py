"""Marks as a Plotly figure in JSON. Colours work on light and dark ground; the page sets the ground and the text.

It must not know tables or SQL.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .spec import labels

if TYPE_CHECKING:
    from .marks import Marks, Series
    from .spec import Spec

COLORS = (
    "#4c8bf5",
    "#f28e2b",
    "#3fa66b",
    "#d65f8e",
    "#8f6fd0",
    "#c4a321",
    "#2fa7b0",
    "#e0635c",
    "#8a8f98",
    "#7aa83a",
    "#b56bb5",
    "#5b7fa6",
)
_SCALE = [[0.0, "rgba(76,139,245,0.08)"], [0.3, "#8fb6fa"], [0.7, "#3c74e0"], [1.0, "#1b3f94"]]
_SHOWN = frozenset({"name", "legendgroup", "x", "y", "labels"})
_MOST_PLACES = 300
_UNEVEN = 0.01
_MARGIN = {"l": 64, "r": 24, "t": 48, "b": 56}


def draw(spec: Spec, marks: Marks, *, times: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The figure: `data` and `layout`, every text in them as HTML. `times` says which axes, "x" and "y", count microseconds
    since 1970 and show dates.
    """
    facets = list(dict.fromkeys(each.facet for each in marks.series))
    colors = list(dict.fromkeys(each.color for each in marks.series))
    data: list[dict[str, Any]] = []
    for each in marks.series:
        color = COLORS[colors.index(each.color) % len(COLORS)]
        axis = facets.index(each.facet) + 1
        for trace in _traces(spec, marks, each, color, times):
            if spec.color is not None:
                trace |= {"name": str(each.color), "legendgroup": str(each.color), "showlegend": axis == 1}
            if axis > 1:
                trace |= {"xaxis": f"x{axis}", "yaxis": f"y{axis}"}
            data.append({name: _shown(found) if name in _SHOWN else found for name, found in trace.items()})
    return {"data": data, "layout": _layout(spec, marks, facets, times)}


def _traces(spec: Spec, marks: Marks, each: Series, color: str, times: frozenset[str]) -> list[dict[str, Any]]:
    match spec.kind:
        case "histogram":
            return [_histogram(each, color, times)]
        case "box":
            return [_box(each, color)]
        case "heatmap":
            return [_heat(each, marks, times)]
        case "scatter" if marks.dense:
            return [_heat(each, marks, times)]
        case "scatter":
            marker = {"color": color, "size": 6, "opacity": 0.7}
            ids = {"customdata": each.columns["rid"]}
            return [
                {
                    "type": "scattergl",
                    "mode": "markers",
                    "x": _plain(each.columns["x"]),
                    "y": _plain(each.columns["y"]),
                    "marker": marker,
                    **ids,
                }
            ]
        case "pie":
            return [{"type": "pie", "labels": _names(each.columns["x"]), "values": _plain(each.columns["y0"]), "sort": False,
                     "hole": 0.35, "textinfo": "label+percent", "marker": {"colors": list(COLORS)}}]  # fmt: skip
        case "line" | "area":
            return [_line(spec, each, name, place, color) for place, name in enumerate(_ys(each))]
        case _:
            return [_bar(spec, each, name, place, color) for place, name in enumerate(_ys(each))]


def _ys(each: Series) -> list[str]:
    return [name for name in each.columns if name.startswith("y")]


def _bar(spec: Spec, each: Series, name: str, place: int, color: str) -> dict[str, Any]:
    along, up = _names(each.columns["x"]), _plain(each.columns[name])
    trace: dict[str, Any] = {"type": "bar", "marker": {"color": color if not place else COLORS[place % len(COLORS)]}}
    if len(spec.measures) > 1:
        trace["name"] = spec.measures[place].name or f"{spec.measures[place].fn} {spec.measures[place].column or ''}".strip()
    return trace | ({"orientation": "h", "x": up, "y": along} if spec.horizontal else {"x": along, "y": up})


def _line(spec: Spec, each: Series, name: str, place: int, color: str) -> dict[str, Any]:
    xs = each.columns.get(f"x_{name}", each.columns.get("x", []))
    tint = color if not place else COLORS[place % len(COLORS)]
    few = len(xs) <= 40
    trace: dict[str, Any] = {
        "type": "scatter" if few or spec.kind == "area" else "scattergl",
        "mode": "lines+markers" if few and spec.kind == "line" else "lines",
        "x": _plain(xs),
        "y": _plain(each.columns[name]),
        "line": {"color": tint, "width": 2 if len(xs) <= 500 else 1.2},
        "connectgaps": False,
    }
    if len(spec.measures) > 1:
        trace["name"] = spec.measures[place].name or f"{spec.measures[place].fn} {spec.measures[place].column or ''}".strip()
    if spec.kind == "area":
        trace |= {"stackgroup": "one"} if spec.stacked and spec.color is not None else {"fill": "tozeroy"}
    return trace


def _histogram(each: Series, color: str, times: frozenset[str]) -> dict[str, Any]:
    lo, hi, n = (each.columns[name] for name in ("lo", "hi", "n"))
    scale = 0.001 if "x" in times else 1
    middle = [(a + b) / 2 for a, b in zip(lo, hi, strict=True)]
    return {
        "type": "bar",
        "x": _moments(middle) if "x" in times else middle,
        "y": n,
        "width": [(b - a) * scale for a, b in zip(lo, hi, strict=True)],
        "customdata": [[a, b] for a, b in zip(lo, hi, strict=True)],
        "marker": {"color": color, "line": {"width": 0}},
    }


def _box(each: Series, color: str) -> dict[str, Any]:
    # Plotly draws no box whose list of points is empty; a point within the whiskers is not shown.
    columns = each.columns
    return {
        "type": "box", "x": _names(columns["x"]), "q1": columns["q1"], "median": columns["q2"], "q3": columns["q3"],
        "lowerfence": columns["lower"], "upperfence": columns["upper"], "mean": columns["mean"],
        "y": [list(beyond or [q2]) for beyond, q2 in zip(columns["beyond"], columns["q2"], strict=True)], "boxpoints": "outliers",
        "marker": {"color": color}, "line": {"color": color},
    }  # fmt: skip


def _heat(each: Series, marks: Marks, times: frozenset[str]) -> dict[str, Any]:
    lines = {name: _line_up(each.columns[name]) for name in ("x", "y")}
    if not isinstance(lines["y"][0] if lines["y"] else None, (int, float)):
        lines["y"] = sorted(lines["y"], key=lambda value: (isinstance(value, str), value))
    places = {name: {value: place for place, value in enumerate(lines[name])} for name in lines}
    grid: list[list[Any]] = [[None] * len(lines["x"]) for _ in lines["y"]]
    for x, y, n in zip(each.columns["x"], each.columns["y"], _plain(each.columns["n"]), strict=True):
        grid[places["y"][y]][places["x"][x]] = n
    across, up = (_moments(lines[name]) if name in times else _plain(lines[name]) for name in ("x", "y"))
    told = {"meta": marks.classes} if marks.classes else {}
    return {"type": "heatmap", "x": across, "y": up, "z": grid, "colorscale": _SCALE, "hoverongaps": False, **told}


def _line_up(values: list[Any]) -> list[Any]:
    """The places of an axis in order; numbers at even distances get those between them that are empty, lest cells grow wide."""
    found = list(dict.fromkeys(values))
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) for value in found)
    if len(found) < 3 or not numbers:
        return found
    found.sort()
    step = min(b - a for a, b in pairwise(found))
    if not (found[-1] - found[0]) / step <= _MOST_PLACES:
        return found
    nth = [(value - found[0]) / step for value in found]
    if any(abs(place - round(place)) > _UNEVEN for place in nth):
        return found
    count = round(nth[-1])
    held = {round(place): value for place, value in zip(nth, found, strict=True)}
    return [held.get(place, found[0] + place * step) for place in range(count + 1)]


def _layout(spec: Spec, marks: Marks, facets: list[Any], times: frozenset[str]) -> dict[str, Any]:
    x_name, y_name = labels(spec)
    if spec.horizontal:
        x_name, y_name = y_name, x_name
    note = f"<br><sup>{marks.left_out:,} more are not shown</sup>" if marks.left_out else ""
    layout: dict[str, Any] = {
        "title": {"text": f"{_escaped(spec.title)}{note}", "x": 0.02, "xanchor": "left"},
        "margin": dict(_MARGIN),
        "colorway": list(COLORS),
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "closest",
        "legend": {"title": {"text": _escaped(spec.color.column) if spec.color is not None else ""}},
        "barmode": "stack" if spec.stacked and len(spec.measures) < 2 else "group",
        "bargap": 0.02 if spec.kind == "histogram" else 0.2,
        "dragmode": "zoom" if spec.kind in ("line", "area", "scatter") else "select",
    }
    if spec.kind == "pie":
        return layout
    grid = {"gridcolor": "rgba(128,128,128,0.2)", "zerolinecolor": "rgba(128,128,128,0.4)", "automargin": True}
    columns = min(3, len(facets)) or 1
    rows = -(-len(facets) // columns) or 1
    for place in range(max(1, len(facets))):
        end = "" if not place else str(place + 1)
        for axis, name in (("x", x_name), ("y", y_name)):
            groups = spec.kind in ("bar", "box") and axis == ("y" if spec.horizontal else "x")
            title = {"text": _escaped(name), "standoff": 10}
            date_axis = {"type": "date"} if axis in times else {}
            layout[f"{axis}axis{end}"] = {**grid, "title": title, "showgrid": not groups, **date_axis}
    if spec.kind == "bar" and spec.x is not None and spec.sort in ("y", "-y"):
        layout["yaxis" if spec.horizontal else "xaxis"]["categoryorder"] = "trace"
    if spec.horizontal:
        layout["yaxis"]["autorange"] = "reversed"
    if len(facets) > 1:
        layout["grid"] = {"rows": rows, "columns": columns, "pattern": "independent"}
        layout["annotations"] = [
            {"text": _escaped(str(facet)), "showarrow": False, "xref": f"x{'' if not place else place + 1} domain",
             "yref": f"y{'' if not place else place + 1} domain", "x": 0.5, "y": 1.06, "yanchor": "bottom"}
            for place, facet in enumerate(facets)
        ]  # fmt: skip
    return layout


def _plain(values: list[Any]) -> list[Any]:
    """Values as JSON has them."""
    return [_value(value) for value in values]


def _value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value


def _names(values: list[Any]) -> list[Any]:
    return [
        "(missing)" if value is None else str(value).lower() if isinstance(value, bool) else _value(value) for value in values
    ]


def _moments(values: list[float]) -> list[str]:
    return [datetime.fromtimestamp(value / 1e6, UTC).replace(tzinfo=None).isoformat() for value in values]


def _shown(found: Any) -> Any:
    if isinstance(found, list):
        return [_escaped(value) if isinstance(value, str) else value for value in found]
    return _escaped(found) if isinstance(found, str) else found


def _escaped(text: str) -> str:
    """Plotly reads some HTML in texts."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
