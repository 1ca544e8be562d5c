"""A figure as a page of its own, and Plotly.js as the `plotly` package has it, which is never imported."""

from __future__ import annotations

import json
from functools import cache
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import Unavailable


@cache
def plotly_source() -> bytes:
    """Plotly.js; raises `OFFLINE` where the package is not installed."""
    found = find_spec("plotly")
    path = Path(found.origin).parent / "package_data" / "plotly.min.js" if found is not None and found.origin else None
    if path is None or not path.is_file():
        raise Unavailable("OFFLINE", "Plotly is not installed here.", hint="Install it: pip install plotly")
    return path.read_bytes()


def page(figure: dict[str, Any]) -> str:
    """A page that draws the figure with nothing from elsewhere."""
    data = json.dumps(figure, allow_nan=False).replace("<", "\\u003c")
    source = plotly_source().decode().replace("</script", "<\\/script")
    title = escape(str(figure["layout"]["title"]["text"]).partition("<br>")[0])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><script>{source}</script></head>'
        f'<body><div id="chart" style="height:95vh"></div><script>var figure = {data}; '
        'Plotly.newPlot("chart", figure.data, figure.layout, {responsive: true});</script></body></html>'
    )
