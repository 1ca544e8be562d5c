"""Grid: the notebook's view of one table, and its carrier where there is no server extension.

The widget holds no data. Its traits say where the table is; the page talks to the table through the server's relay, or by
the widget's own messages (JSON content, Arrow in the first buffer).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets
from tabweave_core.charts.page import plotly_source
from tabweave_core.errors import BadMessage, TabweaveError
from tabweave_core.protocol import wire
from tabweave_core.protocol.messages import Bye

from . import bundle
from .greeting import greeting
from .pace import Pace
from .preview import extract, html, size_text
from .sessions import LOCAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from .frames.frame import Frame
    from .sessions import Sessions
    from .slot import Slot

ROW_HEIGHT = 28
FRAME_HEIGHT = 144
"""Toolbar, header, footer and scroll bar of a grid, in CSS pixels."""

FULL_HEIGHT = 440
"""Height of a grid on a table that has more rows than fit."""

LEAST_ROWS = 4
EMPTY_HEIGHT = 320
"""Height of a grid without rows or columns, which offers to add some."""

MOST_CHANNELS = 8
"""Views of one widget that can talk at once; a page that is reloaded begins a new one and cannot end the old."""

VIEW = "application/vnd.jupyter.widget-view+json"


def _height(frame: Frame, rows: int) -> int:
    """What shows `rows` rows; without them what shows a small table whole, and 0, the page's own choice, for any other."""
    if rows:
        return rows * ROW_HEIGHT + FRAME_HEIGHT
    total, columns = frame.shape
    if not total or not columns:
        return EMPTY_HEIGHT
    height = max(total, LEAST_ROWS) * ROW_HEIGHT + FRAME_HEIGHT
    return height if height < FULL_HEIGHT else 0


class Grid(anywidget.AnyWidget):
    """An editable grid on one table. Closing it ends its conversations."""

    greets = True
    """Whether the first rows are sent along."""

    _esm = bundle.STUB
    table = traitlets.Unicode(help="`frame/<kernel id>/<slot id>` or `table/<name>`").tag(sync=True)
    relay = traitlets.Bool(help="whether a server may carry the messages").tag(sync=True)
    height = traitlets.Int(0, help="in CSS pixels; 0 is automatic").tag(sync=True)
    name = traitlets.Unicode().tag(sync=True)
    options = traitlets.Dict(help="`columns`: ids to show, `read_only`: look only").tag(sync=True)
    preview = traitlets.Unicode(help="static HTML for where the grid cannot start").tag(sync=True)
    tree = traitlets.Unicode(help="JSON of the rollup that is shown as a tree; rows without one").tag(sync=True)

    def __init__(
        self,
        slot: Slot,
        sessions: Sessions,
        *,
        kernel_id: str = "",
        relay: bool = False,
        options: dict[str, Any],
        rows: int = 0,
        table: str = "",
        columns: list[int] | None = None,
        tree: str = "",
        sheet: Callable[[], tuple[str, str]] | None = None,
        total: int | None = None,
    ) -> None:
        """`table` is the shared table that is shown in place of the slot's; then `columns` are those of the preview.

        `total` are its rows, where the slot has only the first of them.

        With a `tree` its nodes are shown; `sheet` gives them as text and as HTML for where no grid can start.
        """
        self._sheet = sheet
        self._total = total
        self._slot: Slot | None = slot
        self._sessions = sessions
        self._size = ""
        self._greets = self.greets and not table and not tree and options.get("columns") is None
        self._columns = columns or options.get("columns")
        frame = slot.frame
        assert frame is not None
        super().__init__(
            table=table or f"frame/{kernel_id}/{slot.id}",
            relay=relay,
            name=slot.name,
            height=_height(frame, rows) if rows or not tree else 0,
            options=options,
            tree=tree,
        )
        self._greets = self._put_off = False
        # ipykernel 7 would queue our messages behind the cell that last spoke on this comm.
        if hasattr(self.comm, "_reply_subshell_for"):
            self.comm._reply_subshell_for = None
        self._pace = Pace(self._pass)
        self._heard: dict[str, None] = {}
        self.on_msg(self._receive)

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """The traits; when the widget is made, also what the page needs to draw it at once."""
        state: dict[str, Any] = super().get_state(key, drop_defaults)
        if self._greets and key is None and self._slot is not None:
            state["greeting"] = greeting(self._slot, self._sessions.owner)
        return state

    def __repr__(self) -> str:
        self._remember_size()
        return f"Grid({self.name}: {self._size})"

    def _remember_size(self) -> None:
        if self._slot is not None and self._slot.frame is not None:
            self._size = size_text(self._slot.frame, self._total)

    def draw_preview(self) -> None:
        """Brings the static table up to date, for where the grid is kept without being shown by itself."""
        self._put_off = False
        self.preview = self._static()

    def draw_preview_later(self, later: Callable[[Callable[[], None]], None]) -> None:
        """Has `later` draw the static table for the first time, so that a page need not take it before it draws the grid."""
        self._put_off = True
        later(self.draw_preview)

    def _static(self) -> str:
        if self._slot is None or self._slot.frame is None:
            return self.preview
        if self._sheet is not None:
            return self._sheet()[1]
        return html(extract(self._slot.frame, self.name, columns=self._columns, total=self._total))

    def _repr_mimebundle_(self, **_options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        static = self._static()
        if not self._put_off:
            self.preview = static
        plain = repr(self) if self._sheet is None else self._sheet()[0]
        data: dict[str, Any] = {"text/plain": plain, "text/html": static}
        if self.comm is not None:
            data[VIEW] = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return data, {}

    def close(self) -> None:
        """Closes the view and its conversations, and lets go of the table."""
        if self.comm is not None and self._slot is not None:
            self._remember_size()
            self._slot = None
            self._sessions.close(self._carry)
            self._pace.close()
        super().close()

    def _receive(self, _widget: object, content: object, _buffers: list[Any]) -> None:
        if isinstance(content, dict) and content.get("type") == "bundle":
            self._send_source("bundle", bundle.code)
            return
        if isinstance(content, dict) and content.get("type") == "plotly":
            self._send_source("plotly", plotly_source)
            return
        if isinstance(content, dict) and "user" in content:
            error = BadMessage("BAD_MESSAGE", "A widget's messages name no user.", where="$.user")
            self.send({"type": "error", "ch": str(content.get("ch", "")), **error.envelope()["error"]})
            return
        if isinstance(content, dict):
            self._note(str(content.get("ch", "")))
        self._sessions.receive(json.dumps(content), self._carry, LOCAL)

    def _note(self, ch: str) -> None:
        """Says goodbye for pages that were closed without a word: to the channel that was silent longest."""
        self._heard.pop(ch, None)
        self._heard[ch] = None
        if len(self._heard) > MOST_CHANNELS:
            silent = next(iter(self._heard))
            del self._heard[silent]
            self._sessions.receive(wire.encode(Bye(ch=silent)), self._carry, LOCAL)

    def _send_source(self, name: str, read: Callable[[], bytes]) -> None:
        try:
            self.send({"type": name}, buffers=[read()])
        except TabweaveError as error:
            self.send({"type": name, "error": str(error)})

    def _carry(self, frame: str | bytes) -> None:
        header, arrow = wire.split(frame)
        self._pace(json.loads(header), [] if arrow is None else [arrow])

    def _pass(self, message: dict[str, Any], buffers: list[memoryview]) -> None:
        self.send(message, buffers=buffers or None)
