"""Words of requests for charts: kinds, axes, colours, facets. No names of tables or columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..protocol.plan import ChartKind

NOUNS = frozenset({"chart", "plot", "graph", "diagram", "map"})
KINDS: dict[str, ChartKind] = {
    "bar": "bar",
    "column": "bar",
    "line": "line",
    "area": "area",
    "scatter": "scatter",
    "strip": "scatter",
    "dot": "scatter",
    "box": "box",
    "pie": "pie",
    "donut": "pie",
    "heat": "heatmap",
    "density": "heatmap",
    "histogram": "histogram",
    "bubble": "scatter",
    "point": "scatter",
    "whisker": "box",
}
ALONE = frozenset({"scatter", "histogram", "pie", "bars", "donut"})
WHOLE: dict[str, ChartKind] = {
    f"{word}{noun}": kind for word, kind in KINDS.items() for noun in ("chart", "plot", "graph", "map")
} | {"heatmap": "heatmap"}
VERBS = frozenset({"plot", "chart", "graph", "visualize", "visualise", "draw", "picture"})
SHOWING = frozenset(
    {
        "of",
        "for",
        "to",
        "show",
        "showing",
        "shows",
        "displaying",
        "display",
        "representing",
        "that",
        "with",
        "about",
        ":",
        "comparing",
        "based",
        "on",
        "using",
    }
)
BEFORE = frozenset(
    {
        "a",
        "an",
        "the",
        "as",
        "in",
        "using",
        "with",
        "form",
        "of",
        "by",
        "create",
        "make",
        "draw",
        "generate",
        "build",
        "render",
        "produce",
        "into",
    }
)
COLOURS = frozenset({"color", "colour", "colored", "coloured", "coloring", "colouring", "colors", "colours", "hue"})
COLOURED = frozenset(
    {
        "by",
        "with",
        "according",
        "to",
        "indicating",
        "showing",
        "for",
        "each",
        "the",
        "is",
        "per",
        "points",
        "based",
        "on",
        "every",
        "different",
    }
)
ALONG = (
    ("over",),
    ("across",),
    ("along",),
    ("vs", "."),
    ("vs",),
    ("versus",),
    ("against",),
    ("in", "different"),
    ("for", "different"),
    ("from", "different"),
    ("of", "different"),
    ("in", "various"),
)
SPLIT = (
    ("split", "by"),
    ("broken", "down", "by"),
    ("segmented", "by"),
    ("stacked", "by"),
    ("grouped", "by"),
    ("group", "by"),
    ("divided", "by"),
    ("separated", "by"),
    ("segregated", "by"),
    ("split", "on"),
    ("and", "by"),
)
FACETS = (
    ("facet", "by"),
    ("faceted", "by"),
    ("facets", "by"),
    ("facet", "on"),
    ("small", "multiples", "by"),
    ("one", "chart", "per"),
    ("one", "plot", "per"),
    ("one", "chart", "for", "each"),
    ("a", "panel", "per"),
    ("panels", "by"),
    ("separate", "charts", "by"),
    ("multiple", "charts", "by"),
    ("separate", "into", "multiple", "charts", "by"),
    ("separate", "charts", "for", "each"),
    ("per", "facet"),
)
BINNED = ("bins", "bin", "buckets", "classes")
