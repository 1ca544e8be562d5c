"""A channel's view of a frame as a tree: subscribing to it, windows of it, and what is told of changes.

Everything here is called under the frame's lock. It must not know carriers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from tabweave_core.engine.planning import definitions, treeanswers
from tabweave_core.engine.planning.treetable import Ids
from tabweave_core.engine.planning.treeview import TreeView
from tabweave_core.errors import Refused, TabweaveError
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.ops import Replace

from . import news
from .frames.planned import FrameSource

if TYPE_CHECKING:
    from tabweave_core.protocol.ops import Op
    from tabweave_core.protocol.schema import Person

    from .frames.frame import Applied, Frame

MOST_WINDOW_CELLS = 500_000


class Treed:
    """The trees of one channel, one after the other; node ids stay the same over all of them."""

    def __init__(self, ch: str) -> None:
        self.ch = ch
        self.view: TreeView | None = None
        self._sub = 0
        self._ids = Ids()
        self._answering: int | None = None

    def define(self, frame: Frame, request: m.DefineRollup | m.DropRollup) -> None:
        """Keeps a rollup with a frame, or forgets one; raises for one that cannot be."""
        with frame.lock:
            self._answering = request.id
            try:
                if isinstance(request, m.DropRollup):
                    frame.keep_rollups(definitions.without(frame.rollups, request.name))
                    return
                kept = definitions.put(frame.rollups, request.rollup)
                frame.boards.pair(frame, request.rollup)
                frame.keep_rollups(kept)
            finally:
                self._answering = None

    def rollups(self, frame: Frame) -> m.Rollups:
        """Which rollups are kept with a frame, as answer to who is changing them."""
        return m.Rollups(ch=self.ch, rollups=frame.rollups, re=self._answering)

    def subscribe(self, frame: Frame, request: m.Sub) -> m.Subbed:
        """Puts a tree in force; raises what it cannot be made for."""
        assert request.view.tree is not None
        definition = definitions.find(frame.rollups, request.view.tree.rollup)
        board, beside = frame.boards.pair(frame, definition)
        self.view = TreeView(request.view, definition, board, beside, FrameSource(frame), self._ids, self.view)
        self._sub = request.id
        return self._subbed(frame, self.view)

    def is_ready(self, frame: Frame, request: m.Sub) -> bool:
        """Whether a tree can be put in force without reading the frame."""
        assert request.view.tree is not None
        try:
            return frame.boards.has(frame, definitions.find(frame.rollups, request.view.tree.rollup))
        except TabweaveError:
            return True

    def _subbed(self, frame: Frame, view: TreeView) -> m.Subbed:
        return m.Subbed(
            ch=self.ch, re=self._sub, rev=frame.rev, rows=view.rows, total=view.total, schema=view.schema, tree=view.info
        )

    def window(self, frame: Frame, request: m.Fetch) -> tuple[m.Window, bytes]:
        """Some nodes."""
        assert self.view is not None
        stop = min(request.stop, self.view.rows)
        start = min(request.start, stop)
        if (stop - start) * (len(request.columns) + 1) > MOST_WINDOW_CELLS:
            message = f"A window of a tree holds at most {MOST_WINDOW_CELLS:,} cells."
            raise Refused("TOO_LARGE", message, hint="Ask for fewer rows.", where="$.stop")
        batch = self.view.window(start, stop, request.columns, FrameSource(frame))
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        return m.Window(ch=self.ch, re=request.id, rev=frame.rev, start=start, stop=stop), sink.getvalue().to_pybytes()

    def changed(self, frame: Frame, person: Person, applied: Applied) -> list[m.Message]:
        """What is told of a change: a patch, the tree's columns if they are others, or why it cannot be shown any more."""
        view = self.view
        assert view is not None
        patch = news.patch(self.ch, frame, None, person, applied)
        try:
            board, beside = frame.boards.pair(frame, view.definition)
            found = view.follow(board, beside, FrameSource(frame))
        except TabweaveError as error:
            self.view = None
            return [news.of_nodes(patch, moved=True), news.fault(self.ch, error, self._sub)]
        told: list[m.Message] = [
            news.of_nodes(
                patch,
                cells=found.cells,
                columns=found.columns,
                moved=found.moved,
                rows=view.rows,
                total=view.total,
                stale=found.stale,
            )
        ]
        if found.renamed:
            told.append(self._subbed(frame, view))
        return told

    def answer(self, question: treeanswers.Question) -> m.Message:
        """The answer to a question about what is shown."""
        assert self.view is not None
        return treeanswers.answer(self.ch, self.view, question)


def require_no_rows(op: Op) -> None:
    """Refuses an operation that names the rows of a view while that shows nodes."""
    if news.names_view_rows(op) or isinstance(op, Replace):
        hint = "Type into the totals, or leave the rollup to edit rows."
        raise Refused("NOT_EDITABLE", "These rows are totals of a rollup.", hint=hint)
