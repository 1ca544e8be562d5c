"""Table: what a notebook holds of a DataFrame that can be shown, edited, undone and told as code."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from tabweave_core.errors import NotFound
from tabweave_core.protocol.ops import Redo, Undo

from . import guards, intents
from .frames.code import edits
from .preview import size_text
from .sessions import LOCAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pandas as pd
    from tabweave_core.engine.ingest import Ingested
    from tabweave_core.protocol.ops import Op, Spread
    from tabweave_core.protocol.planning import Method, SpreadPreview
    from tabweave_core.protocol.schema import Column

    from .frames.frame import Applied, Frame
    from .rollup import Rollup
    from .slot import Slot
    from .workspace import Workspace


class Table:
    """A DataFrame as a table that can be shown, edited, undone and told as code."""

    present: Callable[[Table, Workspace, int | None, list[int] | None, bool], Any]
    """How a table is shown; set by `showing`."""

    def __init__(self, slot: Slot, home: Workspace) -> None:
        self.slot = slot
        self.ingested: Ingested | None = None
        """For a table from a file: how it was read, what was noticed, and the lines that could not be read."""
        self._home = home

    @property
    def home(self) -> Workspace:
        """The workspace that the table is of."""
        return self._home

    @property
    def is_shared(self) -> bool:
        """Whether the table is a shared one, whose changes are made by the table itself."""
        return False

    @property
    def name(self) -> str:
        """The variable's name, or "table" for an object that has none."""
        return self.slot.name

    @property
    def frame(self) -> Frame:
        """The engine over the DataFrame; raises `NO_TABLE` when the variable is gone."""
        self._home.binding.follow(self.slot)
        if self.slot.frame is None:
            raise NotFound("NO_TABLE", self.slot.why)
        return self.slot.frame

    @property
    def df(self) -> pd.DataFrame:
        """The user's own DataFrame object, not a copy."""
        return self.frame.df

    @property
    def rejected(self) -> pd.DataFrame | None:
        """The lines of the file that are not in the table (line, reason, text), or None when all are."""
        if self.ingested is None or not self.ingested.rejected:
            return None
        import pandas as pd

        return pd.DataFrame(
            [(each.line, each.reason, each.text) for each in self.ingested.rejected], columns=["line", "reason", "text"]
        )

    def __repr__(self) -> str:
        frame = self.slot.frame
        return f"Table({self.name}: {'gone' if frame is None else size_text(frame)})"

    def show(self, rows: int | None = None, columns: Iterable[str] | None = None, read_only: bool = False) -> Any:
        """An editable grid, `rows` rows high, on all columns or those named; text where no grid can be drawn."""
        frame = self.frame
        with frame.lock:
            ids = None if columns is None else [frame.layout.named(frame.df, name) for name in columns]
        return type(self).present(self, self._home, rows, ids, read_only)

    def set(
        self,
        column: str,
        value: object = None,
        *,
        where: object = None,
        row: int | Iterable[int] | None = None,
        by: str | Method | None = None,
        hold: object = None,
        preview: bool = False,
    ) -> Any:
        """Writes a value, or one value for each row, into some cells of a column, as one edit that can be undone.

        `row` is a position or several; `where` a boolean mask, or a condition in SQL over the columns such as
        "brand = 'Acme'". With neither the whole column is written. Text is read by the column's type, as if typed.

        With `by`, `hold` or `preview` the value is their total, and the rows follow by a method such as "proportional" or
        "weighted(last_year)"; what `hold` names (a condition in SQL, or several) stays. A `preview` says what would be written.
        """
        if by is not None or hold is not None or preview:
            from . import rollup

            rows = None if row is None and (where is None or isinstance(where, (str, dict))) else self.row_ids(where, row)
            total = rollup.over_cells(self, column, value, where=where, rows=rows, by=by, hold=hold)
            return rollup.settle(self, total, preview=preview)
        frame = self.frame
        with frame.lock:
            op = intents.set_cells(frame, column, value, where=where, row=row)
            return self.change(op)

    def rollup(
        self,
        by: str | Sequence[str],
        of: str | Sequence[str],
        *,
        across: str | None = None,
        where: object = None,
        exact: bool = False,
    ) -> Rollup:
        """A hierarchy over the rows: totals by the columns `by`, the highest level first, whose numbers can be written.

        `of` are measures such as "sum(amount)", "mean(price)" or "ratio(revenue, qty) into revenue". The values of the column
        `across` stand side by side. `where` keeps some rows: a condition in SQL, or labels by column. `exact` first makes
        decimals of measures that are floats, which can be undone.
        """
        from . import rollup, wording

        levels = wording.pieces(by, ">") if isinstance(by, str) else by
        measures = wording.pieces(of, ",") if isinstance(of, str) else of
        remarks = rollup.make_exact(self, measures) if exact else []
        return rollup.Rollup(self, levels, measures, across, where, remarks)

    def find_column(self, name: str) -> int:
        """The id that a column has in operations; raises NO_COLUMN with the nearest names."""
        frame = self.frame
        with frame.lock:
            return frame.layout.named(frame.df, name)

    def has_column(self, name: str) -> bool:
        """Whether a column has exactly this name."""
        return any(column.name == name for column in self.frame.schema().columns)

    @property
    def columns(self) -> list[Column]:
        """The columns as operations name them, index levels first."""
        return self.frame.schema().columns

    def column_kind(self, cid: int) -> str:
        """The kind of a column, by the id that it has in operations."""
        return self.frame.column(cid).kind

    def row_ids(self, where: object, row: int | Iterable[int] | None) -> list[int]:
        """The ids that rows have in operations, by a mask, a condition or positions."""
        frame = self.frame
        with frame.lock:
            found: list[int] = frame.rids.ids(intents.positions(frame, where, row)).tolist()
            return found

    def spread(self, op: Spread) -> str:
        """Writes totals; says what was spread to how many rows."""
        return self.change(op)

    def preview_spread(self, op: Spread) -> SpreadPreview:
        """What writing totals would do."""
        from .frames.spreads import dry_run

        return dry_run(self.frame, op)

    def bound(self, column: str, least: object = None, most: object = None) -> str:
        """Declares the least and the greatest number of a column; a side that is left out is open, and neither is no bounds.

        It is refused where cells lie outside. Whatever is typed, pasted, commanded or spread later has to lie within.
        """
        return guards.bound(self, column, least, most)

    @property
    def bounds(self) -> dict[str, tuple[str | None, str | None]]:
        """The least and the greatest number of each column for which they are declared."""
        return guards.bounds(self)

    def lock(
        self, columns: str | Iterable[str] | None = None, *, where: object = None, row: int | Iterable[int] | None = None
    ) -> str:
        """Locks cells for everybody: nothing changes them until they are unlocked, and spreads go round them.

        `columns` are all that can be edited if none is named, the rows all of the table; `where` and `row` as in `set`.
        """
        return guards.lock(self, columns, where, row, locked=True)

    def unlock(
        self, columns: str | Iterable[str] | None = None, *, where: object = None, row: int | Iterable[int] | None = None
    ) -> str:
        """Unlocks cells; see `lock`."""
        return guards.lock(self, columns, where, row, locked=False)

    def undo(self) -> str:
        """Takes back your newest edit that is not undone; says which."""
        return self._step(Undo())

    def redo(self) -> str:
        """Does again what you last took back; says what."""
        return self._step(Redo())

    def history(self, limit: int = 20, cell: tuple[int, str] | None = None) -> pd.DataFrame:
        """The newest changes, newest first; with `cell` (row position, column name) those of one cell."""
        frame = self.frame
        with frame.lock:
            if cell is None:
                return intents.history(frame.history(limit))
            rid, cid = intents.cell(frame, *cell)
            return intents.history(frame.history(limit, rid=rid, column=cid))

    def code(self, language: Literal["pandas", "sql"] = "pandas") -> str:
        """The edits made so far as pandas code, or as SQL."""
        return edits(self.frame, language)

    def ask(
        self,
        command: str = "",
        *,
        plan: object = None,
        reading: int | None = None,
        by: Literal["", "rules", "model"] = "",
        samples: Sequence[str] = (),
    ) -> Any:
        """What a command in plain words would do: a proposal to apply or discard, the answer to a question, or readings.

        `plan` takes a plan instead, as `.plan` gives it; `reading` chooses where a command may mean several things. The built-in
        rules read it, and what they do not understand a model, where one is configured; `by` has only one of them asked. A model
        sees no cells but some values of the columns in `samples`.
        """
        return _later("asking").ask(self, command, plan=plan, reading=reading, by=by, samples=samples)

    def sent(self) -> list[dict[str, Any]]:
        """What left the machine for commands on this table, oldest first: command, model, server, and each request whole."""
        found: list[Any] = _later("language.consulting").exchanges(self._home)
        return [each.told() for each in found if each.table == self.name]

    def chart(self, kind: str | None = None, **options: Any) -> Any:
        """A chart: `t.chart("bar", x="region", y="sum(amount)")`, and color, facet, top, sort, bins, title."""
        return _later("charts").chart(self, kind, **options)

    def operations(self) -> list[dict[str, Any]]:
        """The commands that were applied, oldest first, each with its plan, SQL, counts, author and interpreter."""
        found: list[dict[str, Any]] = _later("proposals").operations(self)
        return found

    def _step(self, op: Undo | Redo) -> str:
        frame, owner = self.frame, self._home.sessions.owner
        able = frame.can_undo if isinstance(op, Undo) else frame.can_redo
        user = owner if able(owner.id) or not able(LOCAL.id) else LOCAL
        return told(self.slot.apply(op, user=user))

    def change(self, op: Op) -> str:
        """Applies an operation as the notebook's user; says what it did."""
        applied = self.slot.apply(op, user=self._home.sessions.owner)
        return told(applied)


def _later(module: str) -> Any:
    """A module that is loaded when it is first needed."""
    return import_module(f".{module}", __package__)


def told(applied: Applied) -> str:
    """An operation's outcome in one line."""
    return applied.message or applied.summary
