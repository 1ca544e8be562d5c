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
from ui.grid import Grid  # noqa: E402
from ui.lab import Lab, Notebook, chromium  # noqa: E402

VENV = ROOT / "benchmarks" / ".venv"
PACKAGES = ["jupyterlab>=4.6,<5", "ipydatagrid", "itables", "quak", "perspective-python"]
OLDER = ROOT / "benchmarks" / ".venv-pandas2"
"""Kernels for buckaroo 0.15, which has been seen to paint with pandas 2 only."""
OLDER_PACKAGES = ["pandas<3", "ipykernel", "ipywidgets", "buckaroo", "six"]

# VmHWM is the peak since it was last reset through clear_refs.
MAKE = """
import pathlib as _p, time as _t
def _memory(_kind):
    return int(_p.Path('/proc/self/status').read_text().partition(_kind)[2].split()[1]) / 1024
_p.Path('/proc/self/clear_refs').write_text('5'); _before = _memory('VmRSS'); _start = _t.perf_counter()
{make}
_made = {{'ms': (_t.perf_counter() - _start) * 1000, 'mb': max(0.0, _memory('VmHWM') - _before)}}
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
const limit = performance.now() + 60000;
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
# When an edit is acknowledged, it is in the kernel's DataFrame. The keys are real, the clock starts at Enter.
SPY = """
const Native = window.WebSocket;
window.__edits = [];
window.addEventListener('keydown', event => { if (event.key === 'Enter') window.__entered = performance.now(); }, true);
window.WebSocket = class extends Native {
  constructor(...all) {
    super(...all);
    this.addEventListener('message', ({ data }) => {
      if (typeof data === 'string' && data.includes('"type":"ack"')) window.__edits.push(performance.now() - window.__entered);
    });
  }
};
"""


def edit_times(notebook: Notebook, cell: int, column: str, count: int) -> list[float]:
    """Milliseconds from the Enter that ends an edit to the word that the DataFrame has it; checked in the DataFrame."""
    grid = Grid(notebook, cell)
    grid.root.scroll_into_view_if_needed()
    while column not in grid.columns():
        notebook.page.wait_for_timeout(50)
    grid.at(0, column)
    notebook.page.evaluate("() => { window.__edits = []; }")
    for number in range(count):
        grid.type(str(number))
        grid.press("Enter")
        notebook.page.wait_for_function("count => window.__edits.length >= count", arg=number + 1)
        notebook.page.wait_for_timeout(100)
    assert notebook.evaluate(f"df[{column!r}].iloc[:{count}].tolist()") == list(range(count))
    times: list[float] = notebook.page.evaluate("() => window.__edits")
    return times


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
    notebook = lab.notebook(FRAMES[frame], kernel=peer.kernel)
    try:
        notebook.run(0)
        total = notebook.evaluate("len(df)")
        if peer.before:
            notebook.execute(peer.before)
        if not peer.single:
            notebook.execute(WARM.format(make=peer.make))
        result: dict[str, Any] = {}
        result["first_ms"], result["first_mb"] = first_paint(notebook, peer, MAKE.format(make=peer.make), meter)
        result.update({f"make_{key}": value for key, value in notebook.evaluate("_made").items()})
        if not peer.single and result["first_ms"] is not None:
            result["second_ms"], result["second_mb"] = first_paint(notebook, peer, MAKE.format(make=peer.make), meter)
        if peer.scroller and result.get("second_ms") is not None:
            cell = notebook.js("return panel.content.model.cells.length - 1;")
            body = SCROLL % (PAINTED, peer.scroller, peer.filled)
            times = []
            for jump in range(jumps):
                row = int(total * (0.05 + 0.9 * ((jump * 0.618) % 1)))
                times.append(notebook.js(body, [cell, row, total, f"row-{row // 1000:04d}"]))
            reached = [time for time in times if time is not None]
            result["scroll_ms"] = statistics.median(reached) if reached else None
        if peer.typed_into:
            cell = notebook.js("return panel.content.model.cells.length - 1;")
            result["edit_ms"] = statistics.median(edit_times(notebook, cell, peer.typed_into[frame], 20))
        return result
    finally:
        notebook.close()


def figure(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def report(frame: str, results: dict[str, list[dict[str, Any]]]) -> None:
    """A Markdown table of medians."""
    print(f"\n### {frame}\n")
    print(
        "| grid | first paint ms | second ms | MB over the socket | construct ms | construct peak MB | scroll jump ms "
        "| one edit to the user's frame ms | edits |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
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
            figure(middle("edit_ms"), 1),
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
    older = OLDER / "bin" / "python"
    if not older.exists():
        subprocess.run([sys.executable, "-m", "venv", str(OLDER)], check=True)
        subprocess.run([str(older), "-m", "pip", "install", "-q", *OLDER_PACKAGES], check=True)
    if not (VENV / "share" / "jupyter" / "kernels" / "pandas2").exists():
        subprocess.run([str(older), "-m", "ipykernel", "install", "--prefix", str(VENV), "--name", "pandas2"], check=True)
    return python


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frame", action="append", choices=list(FRAMES))
    parser.add_argument("--peer", action="append", choices=[peer.name for peer in PEERS])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--jumps", type=int, default=9)
    parser.add_argument("--json", type=Path, help="adds the results to those in the file; the tables are of all of them")
    options = parser.parse_args()
    python = install()
    everything: dict[str, Any] = json.loads(options.json.read_text()) if options.json and options.json.exists() else {}
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder), app="lab", python=python) as server, chromium() as browser:
        for frame in options.frame or FRAMES:
            results: dict[str, list[dict[str, Any]]] = everything.setdefault(frame, {})
            for _ in range(options.repeat):
                for peer in PEERS:
                    if options.peer and peer.name not in options.peer:
                        continue
                    lab = Lab(browser, server.url, server.token)
                    lab.page.add_init_script(f"(() => {{ {SPY} }})()")
                    meter = Meter(lab)
                    lab.open()
                    try:
                        results.setdefault(peer.name, []).append(measure(lab, meter, peer, frame, options.jumps))
                        print(peer.name, results[peer.name][-1], file=sys.stderr)
                        if options.json:
                            options.json.write_text(json.dumps(everything, indent=1))
                    finally:
                        lab.close()
            report(frame, results)


if __name__ == "__main__":
    main()
