"""A Plotly figure as a static SVG picture, for saved notebooks and wherever no script runs. It must not know tables.

Text and lines take the colour of the page's text, so that the picture suits light and dark.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Scale = Callable[[Any], float]

WIDTH, HEIGHT = 720, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 16, 44, 56
_LONGEST = 14
_MOST_LABELS = 12


def svg(figure: dict[str, Any]) -> str:
    """The picture; facets stand side by side."""
    data, layout = [{name: _raw(found) for name, found in trace.items()} for trace in figure["data"]], figure["layout"]
    axes = list(dict.fromkeys(trace.get("xaxis", "x") for trace in data)) or ["x"]
    wide = (WIDTH - _LEFT - _RIGHT) / len(axes)
    notes = [note["text"] for note in layout.get("annotations", [])]
    parts = [_text(_LEFT, 24, _plain(layout["title"]["text"]), anchor="start", size=15)]
    for place, axis in enumerate(axes):
        traces = [trace for trace in data if trace.get("xaxis", "x") == axis]
        box = _Box(_LEFT + place * wide, wide - (24 if len(axes) > 1 else 0))
        parts += box.draw(traces, layout)
        if place < len(notes):
            parts.append(_text(box.left + box.wide / 2, _TOP - 6, _unescaped(notes[place]), size=12))
    names = list(dict.fromkeys((trace["name"], _color(trace)) for trace in data if trace.get("name")))
    for nth, (name, color) in enumerate(names[:12]):
        x, y = WIDTH + 10, _TOP + 8 + 18 * nth
        parts += [
            f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{color}"/>',
            _text(x + 16, y, _short(name), anchor="start"),
        ]
    total = WIDTH + (120 if names else 0)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {total} {HEIGHT}" width="{total}" height="{HEIGHT}" '
        f'style="max-width:100%;height:auto;color:var(--jp-ui-font-color1,currentColor);font-family:system-ui,sans-serif">'
        f"<title>{escape(_plain(layout['title']['text']))}</title>{''.join(parts)}</svg>"
    )


class _Box:
    """The area between the axes."""

    def __init__(self, left: float, wide: float) -> None:
        self.left, self.wide = left, wide
        self.top, self.high = _TOP, HEIGHT - _TOP - _BOTTOM

    def draw(self, traces: Sequence[dict[str, Any]], layout: dict[str, Any]) -> list[str]:
        kinds = {trace["type"] for trace in traces}
        if kinds == {"pie"}:
            return self._pie(traces[0])
        flat = any(trace.get("orientation") == "h" for trace in traces)
        xs = [value for trace in traces for value in trace.get("x") or []]
        ys = [value for trace in traces for value in _heights(trace)]
        stacked = layout.get("barmode") == "stack" and kinds == {"bar"}
        if stacked and not flat:
            ys += _totals(traces, "x", "y")
        if stacked and flat:
            xs += _totals(traces, "y", "x")
        bars = kinds == {"bar"}
        x_scale, x_marks = _scale(xs, self.left, self.wide, zero=bars and flat, bands="heatmap" in kinds)
        y_scale, y_marks = _scale(
            ys, self.top + self.high, -self.high, zero=bars and not flat, bands="heatmap" in kinds or (bars and flat)
        )
        if bars and flat:
            y_scale, y_marks = _scale(ys, self.top, self.high, zero=False, bands=True)
        parts = [*self._axes(x_marks, y_marks), *self._titles(layout)]
        base: dict[Any, float] = {}
        for nth, trace in enumerate(traces):
            parts += self._marks(
                trace, x_scale, y_scale, base if stacked else {}, (nth, len(traces)) if bars and not stacked else (0, 1)
            )
        return parts

    def _axes(self, x_marks: list[tuple[float, str]], y_marks: list[tuple[float, str]]) -> list[str]:
        bottom, right = self.top + self.high, self.left + self.wide
        parts = [
            f'<path d="M{self.left:.1f} {self.top}V{bottom}H{right:.1f}" fill="none" stroke="currentColor" stroke-opacity=".4"/>'
        ]
        parts += [_text(x, bottom + 16, _short(name)) for x, name in x_marks]
        for y, name in y_marks:
            parts.append(f'<path d="M{self.left:.1f} {y:.1f}H{right:.1f}" stroke="currentColor" stroke-opacity=".12"/>')
            parts.append(_text(self.left - 6, y + 4, _short(name), anchor="end"))
        return parts

    def _titles(self, layout: dict[str, Any]) -> list[str]:
        x = _unescaped(layout.get("xaxis", {}).get("title", {}).get("text", ""))
        y = _unescaped(layout.get("yaxis", {}).get("title", {}).get("text", ""))
        return [_text(self.left + self.wide / 2, HEIGHT - 14, x, size=12), _text(8, self.top - 8, y, anchor="start", size=11)]

    def _marks(self, trace: dict[str, Any], x: Scale, y: Scale, base: dict[Any, float], nth: tuple[int, int]) -> list[str]:
        color = _color(trace)
        match trace["type"]:
            case "bar":
                return self._bars(trace, x, y, base, nth, color)
            case "heatmap":
                return self._cells(trace, x, y)
            case "box":
                return self._boxes(trace, x, y, color)
        points = [(x(a), y(b)) if a is not None and b is not None else None for a, b in zip(trace["x"], trace["y"], strict=True)]
        if trace["mode"] == "markers":
            return [
                f'<circle cx="{p[0]:.1f}" cy="{p[1]:.1f}" r="2.5" fill="{color}" fill-opacity=".6"/>'
                for p in points
                if p is not None
            ]
        path, pen = [], "M"
        for point in points:
            path.append("" if point is None else f"{pen}{point[0]:.1f} {point[1]:.1f}")
            pen = "M" if point is None else "L"
        return [f'<path d="{"".join(path)}" fill="none" stroke="{color}" stroke-width="1.6" stroke-linejoin="round"/>']

    def _bars(
        self, trace: dict[str, Any], x: Scale, y: Scale, base: dict[Any, float], nth: tuple[int, int], color: str
    ) -> list[str]:
        flat = trace.get("orientation") == "h"
        along, up = (trace["y"], trace["x"]) if flat else (trace["x"], trace["y"])
        place, height = (y, x) if flat else (x, y)
        count = max(1, len({str(value) for value in along}))
        room = (self.high if flat else self.wide) / count * 0.8
        widths = trace.get("width")
        parts = []
        for at, (name, value) in enumerate(zip(along, up, strict=True)):
            if value is None or name is None:
                continue
            low = base.get(name, 0.0)
            base[name] = low + value
            a, b = sorted((height(low), height(low + value)))
            size = room / nth[1]
            middle = place(name) - room / 2 + size * (nth[0] + 0.5)
            if widths and not isinstance(name, str):
                size = abs(place(name + widths[at]) - place(name)) * 0.96
                middle = place(name)
            box = (a, middle - size / 2, b - a, size) if flat else (middle - size / 2, a, size, b - a)
            parts.append(_rect(box, color))
        return parts

    def _cells(self, trace: dict[str, Any], x: Scale, y: Scale) -> list[str]:
        known = [value for row in trace["z"] for value in row if value is not None]
        if not known:
            return []
        low, high = min(known), max(known)
        wide, tall = self.wide / len(trace["x"]), self.high / len(trace["y"])
        return [
            _rect((x(a) - wide / 2, y(b) - tall / 2, wide, tall), "#2f6be0", 0.08 + 0.92 * ((value - low) / ((high - low) or 1)))
            for b, row in zip(trace["y"], trace["z"], strict=True)
            for a, value in zip(trace["x"], row, strict=True)
            if value is not None
        ]

    def _boxes(self, trace: dict[str, Any], x: Scale, y: Scale, color: str) -> list[str]:
        wide = min(60.0, self.wide / max(1, len(trace["x"])) * 0.6)
        parts = []
        columns = (trace[name] for name in ("x", "q1", "median", "q3", "lowerfence", "upperfence", "y"))
        for name, q1, q2, q3, lower, upper, beyond in zip(*columns, strict=True):
            at = x(name)
            top, bottom = y(q3), y(q1)
            line = f"M{at:.1f} {y(upper):.1f}V{top:.1f}M{at:.1f} {bottom:.1f}V{y(lower):.1f}"
            line += f"M{at - wide / 2:.1f} {y(q2):.1f}h{wide:.1f}"
            parts.append(_rect((at - wide / 2, top, wide, bottom - top), color, 0.35))
            parts.append(f'<path d="{line}" stroke="{color}" stroke-width="2" fill="none"/>')
            parts += [
                f'<circle cx="{at:.1f}" cy="{y(value):.1f}" r="2" fill="{color}"/>' for value in beyond if value is not None
            ]
        return parts

    def _pie(self, trace: dict[str, Any]) -> list[str]:
        values = [abs(value or 0) for value in trace["values"]]
        total, radius = sum(values) or 1, self.high / 2
        x, y, angle, parts = self.left + self.wide / 2, self.top + radius, -math.pi / 2, []
        colors = trace["marker"]["colors"]
        for nth, (name, value) in enumerate(zip(trace["labels"], values, strict=True)):
            turn = min(2 * math.pi * value / total, 2 * math.pi - 1e-4)
            a, b = (f"{x + radius * math.cos(at):.1f} {y + radius * math.sin(at):.1f}" for at in (angle, angle + turn))
            large = int(turn > math.pi)
            parts.append(
                f'<path d="M{x:.1f} {y:.1f}L{a}A{radius:.1f} {radius:.1f} 0 {large} 1 {b}Z" fill="{colors[nth % len(colors)]}"/>'
            )
            if turn > 0.15:
                at = angle + turn / 2
                parts.append(_text(x + radius * 1.12 * math.cos(at), y + radius * 1.08 * math.sin(at) + 4, _short(str(name))))
            angle += turn
        return parts


def _heights(trace: dict[str, Any]) -> list[Any]:
    if trace["type"] == "box":
        return [*trace["lowerfence"], *trace["upperfence"], *(value for beyond in trace["y"] for value in beyond)]
    return trace.get("y") or []


def _totals(traces: Sequence[dict[str, Any]], along: str, up: str) -> list[float]:
    totals: dict[tuple[Any, bool], float] = {}
    for trace in traces:
        for name, value in zip(trace[along], trace[up], strict=True):
            if value is not None:
                totals[name, value < 0] = totals.get((name, value < 0), 0.0) + value
    return list(totals.values())


def _scale(values: list[Any], start: float, length: float, *, zero: bool, bands: bool) -> tuple[Scale, list[tuple[float, str]]]:
    """Where a value stands, and the marks of the axis: numbers and dates along a line, everything else in bands."""
    known = [value for value in values if value is not None]
    seconds = [_seconds(value) for value in known]
    if not bands and known and all(isinstance(value, (int, float)) for value in known):
        low, high = min(known), max(known)
        low, high = (min(low, 0), max(high, 0)) if zero else (low, high)
        span = (high - low) or 1
        return lambda value: start + length * (value - low) / span, [
            (start + length * (tick - low) / span, f"{tick:,.10g}") for tick in _ticks(low, low + span)
        ]
    if not bands and known and all(value is not None for value in seconds):
        low, high = min(s for s in seconds if s is not None), max(s for s in seconds if s is not None)
        span = (high - low) or 1.0
        steps = [low + span * part / 5 for part in range(6)]
        return lambda value: start + length * ((_seconds(value) or low) - low) / span, [
            (start + length * (step - low) / span, datetime.fromtimestamp(step, UTC).strftime("%Y-%m-%d")) for step in steps
        ]
    names = list(dict.fromkeys(known))
    at = {name: start + length * (nth + 0.5) / len(names) for nth, name in enumerate(names)}
    every = -(-len(names) // _MOST_LABELS) or 1
    return lambda value: at[value], [
        (at[name], f"{name:,.6g}" if isinstance(name, float) else str(name)) for name in names[::every]
    ]


def _seconds(value: Any) -> float | None:
    if not isinstance(value, str) or value[4:5] != "-":
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _ticks(low: float, high: float) -> list[float]:
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return [low]
    power = 10.0 ** math.floor(math.log10(span / 5))
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= span / 6)
    first = math.ceil(low / step)
    return [round((first + nth) * step, 12) for nth in range(12) if (first + nth) * step <= high + step * 1e-9]


def _color(trace: dict[str, Any]) -> str:
    found = trace.get("line", {}).get("color") or trace.get("marker", {}).get("color")
    return found if isinstance(found, str) else "#4c8bf5"


def _rect(box: tuple[float, float, float, float], color: str, opacity: float = 1.0) -> str:
    x, y, wide, high = box
    size = f'width="{max(wide, 0.5):.1f}" height="{max(high, 0):.1f}"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{color}" fill-opacity="{opacity:.2f}"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "middle", size: int = 11) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="currentColor">{escape(text)}</text>'


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _raw(found: Any) -> Any:
    if isinstance(found, list):
        return [_unescaped(value) if isinstance(value, str) else value for value in found]
    return _unescaped(found) if isinstance(found, str) else found


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _plain(title: str) -> str:
    """A title without the note below it, which Plotly has as HTML."""
    name, _, note = title.partition("<br><sup>")
    return _unescaped(name) + (f" ({note.removesuffix('</sup>')})" if note else "")
