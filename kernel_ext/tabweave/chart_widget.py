"""A chart as a live widget: Plotly.js from the installed package, loaded once per page, redrawn when the table changes.

The page asks for the library by the widget's own messages, so nothing is fetched from elsewhere. Where no widget can be
drawn, and in saved notebooks, the static picture stands. It must not know commands.
"""

from __future__ import annotations

import weakref
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets
from tabweave_core.errors import TabweaveError, Unavailable

if TYPE_CHECKING:
    from .charts import ChartView
    from .frames.frame import Applied, Frame

VIEW = "application/vnd.jupyter.widget-view+json"
_STUB = """
const KEY = Symbol.for("tabweave.plotly");
function library(model) {
  globalThis[KEY] ??= new Promise((resolve, reject) => {
    if (globalThis.Plotly?.newPlot) return resolve(globalThis.Plotly);
    model.on("msg:custom", (content, buffers) => {
      if (content.type !== "plotly") return;
      if (content.error) { globalThis[KEY] = undefined; return reject(new Error(content.error)); }
      const text = new TextDecoder().decode(buffers[0]);
      const module = { exports: {} };
      new Function("module", "exports", "define", text)(module, module.exports, undefined);
      resolve(module.exports.newPlot ? module.exports : globalThis.Plotly);
    });
    model.send({ type: "plotly" });
  });
  return globalThis[KEY];
}
async function render({ model, el, signal }) {
  el.innerHTML = model.get("static");
  let Plotly;
  try { Plotly = await library(model); } catch (error) { return; }
  const plot = document.createElement("div");
  plot.className = "tw-Chart-plot";
  plot.style.height = "400px";
  el.replaceChildren(plot);
  const draw = () => {
    const figure = structuredClone(model.get("figure"));
    const ink = getComputedStyle(el).color;
    figure.layout.font = { color: ink, ...figure.layout.font };
    Plotly.react(plot, figure.data, figure.layout, { responsive: true, displaylogo: false });
  };
  draw();
  model.on("change:figure", draw);
  const themed = new MutationObserver(draw);
  themed.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "class"] });
  const sized = new ResizeObserver(() => Plotly.Plots.resize(plot));
  sized.observe(el);
  return () => { themed.disconnect(); sized.disconnect(); model.off("change:figure", draw); Plotly.purge(plot); };
}
export default { render };
"""


@cache
def plotly_source() -> bytes:
    """Plotly.js as the `plotly` package has it; raises `OFFLINE` without the package."""
    from importlib.util import find_spec

    found = find_spec("plotly")
    path = Path(found.origin).parent / "package_data" / "plotly.min.js" if found is not None and found.origin else None
    if path is None or not path.is_file():
        raise Unavailable("OFFLINE", "Plotly is not installed here.", hint="Install it: pip install plotly")
    return path.read_bytes()


class ChartWidget(anywidget.AnyWidget):
    """One chart on a page; `figure` is Plotly's JSON, `static` the picture for where it cannot be drawn."""

    _esm = _STUB
    figure = traitlets.Dict().tag(sync=True)
    static = traitlets.Unicode().tag(sync=True)

    def __init__(self, view: ChartView) -> None:
        self._view = view
        super().__init__(figure=view.figure, static=view.html())
        self._waits = False
        self.on_msg(self._receive)
        frame, reference = view.table.frame, weakref.ref(self)

        def changed(_applied: Applied) -> None:
            widget = reference()
            if widget is None or widget.comm is None:
                _forget(frame, changed)
            else:
                widget.changed()

        frame.on_change.append(changed)

    def changed(self) -> None:
        """Draws anew when the code that runs now has ended, once for all that changed meanwhile."""
        if not self._waits:
            self._waits = True
            self._view.table.home.later(self._redraw)

    def _redraw(self) -> None:
        self._waits = False
        try:
            self._view = self._view.redraw()
        except TabweaveError:
            # The columns are gone or the table is: the chart stays as it last was.
            return
        self.static, self.figure = self._view.html(), self._view.figure

    def _receive(self, _widget: object, content: object, _buffers: list[Any]) -> None:
        if not isinstance(content, dict) or content.get("type") != "plotly":
            return
        try:
            self.send({"type": "plotly"}, buffers=[plotly_source()])
        except TabweaveError as error:
            self.send({"type": "plotly", "error": str(error)})

    def _repr_mimebundle_(self, **_options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data: dict[str, Any] = {"text/plain": repr(self._view), "text/html": self.static}
        if self.comm is not None:
            data[VIEW] = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return data, {}


def _forget(frame: Frame, listener: Any) -> None:
    if listener in frame.on_change:
        frame.on_change.remove(listener)
