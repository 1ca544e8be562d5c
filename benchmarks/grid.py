"""Grids on a large frame in a real JupyterLab, side by side in one run.

`python benchmarks/grid.py [--frame NAME] [--peer NAME …]`

Needs Chromium; the peers are installed into benchmarks/.venv on the first run. Times are medians over `--repeat` fresh notebooks.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from peers import FRAMES, PAINTED, PEERS, Peer  # noqa: E402
from servers import Server  # noqa: E402
from ui.lab import Lab, Notebook, chromium  # noqa: E402

VENV = ROOT / "benchmarks" / ".venv"
PACKAGES = ["jupyterlab>=4.6,<5", "ipydatagrid", "itables", "quak", "buckaroo", "perspective-python"]

# VmHWM is the peak since it was last reset through clear_refs.
MAKE = """
import time as _t
def _peak():
    return int(next(l for l in open('/proc/self/status') if l.startswith('VmHWM')).split()[1]) / 1024
def _rss():
    return int(next(l for l in open('/proc/self/status') if l.startswith('VmRSS')).split()[1]) / 1024
open('/proc/self/clear_refs', 'w').write('5'); _before = _rss(); _start = _t.perf_counter()
{make}
_made = {{'ms': (_t.perf_counter() - _start) * 1000, 'mb': max(0.0, _peak() - _before)}}
g
"""
# Imports are paid before the clock starts.
WARM = """
import pandas as _p
_keep, df = df, _p.DataFrame({{'name': ['row-x']}})
{make}
df = _keep; del _keep, g
"""

WAIT_PAINT = """
const [index, after] = arg;
const cell = panel.content.widgets[index];
const root = cell.node.querySelector('.jp-OutputArea') || cell.node;
%s
const limit = performance.now() + 120000;
while (!(%s)) {
  if (performance.now() > limit) return null;
  await new Promise(r => requestAnimationFrame(r));
}
return performance.now() - window.__runStart;
"""
SCROLL = """
const [index, row, total, text] = arg;
const root = panel.content.widgets[index].node;
%s
const scroller = %s;
const start = performance.now();
scroller.scrollTop = (scroller.scrollHeight - scroller.clientHeight) * (row / total);
for (let frame = 0; frame < 2; frame++) await new Promise(r => requestAnimationFrame(r));
while (!(%s)) {
  if (performance.now() - start > 20000) return null;
  await new Promise(r => requestAnimationFrame(r));
}
return performance.now() - start;
"""


def first_paint(notebook: Notebook, peer: Peer, code: str, meter: Meter) -> tuple[float | None, float]:
    """Milliseconds from the run command to the first row on screen, and megabytes over the page's sockets."""
    index = notebook.append(code)
    notebook.js("panel.content.activeCellIndex = arg; panel.content.scrollToItem(arg);", index)
    notebook.page.wait_for_timeout(300)
    meter.reset()
    notebook.page.evaluate("() => { window.__runStart = performance.now(); }")
    notebook.run(index, wait=False)
    took = notebook.js(WAIT_PAINT % (PAINTED, peer.first), [index, 0])
    notebook.page.wait_for_timeout(1000)
    return took, meter.megabytes()


class Meter:
    """Counts what crosses the page's WebSockets."""

    def __init__(self, lab: Lab) -> None:
        self.bytes = 0
        lab.page.on("websocket", self._watch)

    def _watch(self, socket: Any) -> None:
        socket.on("framereceived", self._count)
        socket.on("framesent", self._count)

    def _count(self, payload: str | bytes) -> None:
        self.bytes += len(payload)

    def reset(self) -> None:
        """Starts from zero."""
        self.bytes = 0

    def megabytes(self) -> float:
        """Megabytes since the last reset."""
        return self.bytes / 1e6


def measure(lab: Lab, meter: Meter, peer: Peer, frame: str, jumps: int) -> dict[str, Any]:
    """One fresh notebook: two grids, then scroll jumps in the second."""
    notebook = lab.notebook(FRAMES[frame])
    try:
        notebook.run(0)
        total = notebook.evaluate("len(df)")
        notebook.execute(WARM.format(make=peer.make))
        result: dict[str, Any] = {}
        result["first_ms"], result["first_mb"] = first_paint(notebook, peer, MAKE.format(make=peer.make), meter)
        result.update({f"make_{key}": value for key, value in notebook.evaluate("_made").items()})
        result["second_ms"], result["second_mb"] = first_paint(notebook, peer, MAKE.format(make=peer.make), meter)
        if peer.scroller and result["second_ms"] is not None:
            cell = notebook.js("return panel.content.model.cells.length - 1;")
            body = SCROLL % (PAINTED, peer.scroller, peer.filled)
            times = []
            for jump in range(jumps):
                row = int(total * (0.05 + 0.9 * ((jump * 0.618) % 1)))
                times.append(notebook.js(body, [cell, row, total, f"row-{row // 1000:04d}"]))
            reached = [time for time in times if time is not None]
            result["scroll_ms"] = statistics.median(reached) if reached else None
        return result
    finally:
        notebook.close()


def figure(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def report(frame: str, results: dict[str, list[dict[str, Any]]]) -> None:
    """A Markdown table of medians."""
    print(f"\n### {frame}\n")
    print(
        "| grid | first paint ms | second ms | MB over the socket | construct ms | construct peak MB | scroll jump ms | edits |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for peer in PEERS:
        runs = results.get(peer.name)
        if not runs:
            continue

        def middle(key: str, runs: list[dict[str, Any]] = runs) -> float | None:
            values = [run[key] for run in runs if run.get(key) is not None]
            return statistics.median(values) if values else None

        cells = [
            figure(middle("first_ms")),
            figure(middle("second_ms")),
            figure(middle("first_mb"), 2),
            figure(middle("make_ms"), 1),
            figure(middle("make_mb"), 1),
            figure(middle("scroll_ms")),
            peer.edits + (f" ({peer.note})" if peer.note else ""),
        ]
        print(f"| {peer.name} | {' | '.join(cells)} |")


def install() -> Path:
    """The peers' environment."""
    python = VENV / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *PACKAGES], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "-e", str(ROOT)], check=True)
    return python


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frame", action="append", choices=list(FRAMES))
    parser.add_argument("--peer", action="append", choices=[peer.name for peer in PEERS])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--jumps", type=int, default=9)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    python = install()
    everything: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder), app="lab", python=python) as server, chromium() as browser:
        for frame in options.frame or FRAMES:
            results: dict[str, list[dict[str, Any]]] = {}
            for _ in range(options.repeat):
                for peer in PEERS:
                    if options.peer and peer.name not in options.peer:
                        continue
                    lab = Lab(browser, server.url, server.token)
                    meter = Meter(lab)
                    lab.open()
                    try:
                        results.setdefault(peer.name, []).append(measure(lab, meter, peer, frame, options.jumps))
                        print(peer.name, results[peer.name][-1], file=sys.stderr)
                    finally:
                        lab.close()
            report(frame, results)
            everything[frame] = results
    if options.json:
        options.json.write_text(json.dumps(everything, indent=1))


if __name__ == "__main__":
    main()
