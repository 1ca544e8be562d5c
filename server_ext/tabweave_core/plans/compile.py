"""A plan as one SQL statement over a table, checked step by step against the columns that each step leaves behind.

It must not know where the table lives or what becomes of the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import BadValue, TabweaveError
from ..protocol import plan as p
from . import columns, rows, tables, values
from .draft import Draft, Rounding, Source, bound
from .shape import POS, RID, Shape, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from duckdb import DuckDBPyConnection

_SORTED = f" ORDER BY {POS}"
_STEPS: dict[type[Any], Callable[[Draft, Any], None]] = {
    p.FilterRows: rows.filter_rows,
    p.SortRows: rows.sort_rows,
    p.TopRows: rows.top_rows,
    p.SampleRows: rows.sample_rows,
    p.DropMissing: rows.drop_missing,
    p.Dedupe: rows.dedupe,
    p.Outliers: rows.outliers,
    p.SelectColumns: columns.select_columns,
    p.DropColumns: columns.drop_columns,
    p.ReorderColumns: columns.reorder_columns,
    p.RenameColumns: columns.rename_columns,
    p.Derive: columns.derive,
    p.Cast: columns.cast,
    p.Split: columns.split,
    p.Merge: columns.merge,
    p.Extract: columns.extract,
    p.Bin: columns.bin_numbers,
    p.Explode: columns.explode,
    p.FillMissing: values.fill_missing,
    p.ReplaceValues: values.replace_values,
    p.TextActions: values.text_actions,
    p.ParseDate: values.parse_date,
    p.ParseNumber: values.parse_number,
    p.Clip: values.clip,
    p.Round: values.round_numbers,
    p.Standardise: values.standardise,
    p.UpdateCells: values.update_cells,
    p.Aggregate: tables.aggregate,
    p.Pivot: tables.pivot,
    p.Unpivot: tables.unpivot,
    p.Join: tables.join,
    p.Union: tables.union,
    p.Window: tables.window,
    p.Sql: tables.free_sql,
}


@dataclass(frozen=True)
class Compiled:
    """A checked plan. `sql` gives `_rid`, `_pos` and the columns of `shape`; run it with `values` bound and order by `_pos`.

    `charts` are the plan's chart steps and the number of steps before each. `kept_rows`: the rows that are left are the
    table's own, under their row ids. Only cells of `written` columns may differ from the table's (None: of any), and rows
    stand in another order only if they were `placed`. `laid`: DuckDB gives the rows in order even without being told to.
    """

    sql: str
    values: Mapping[str, object]
    shape: Shape
    kept_rows: bool
    charts: tuple[tuple[int, p.Chart], ...]
    written: frozenset[str] | None = None
    placed: bool = True
    laid: bool = False
    roundings: tuple[Rounding, ...] = ()

    def rounded(self, connection: DuckDBPyConnection) -> list[tuple[str, int, int]]:
        """The columns for which results were rounded: to how many decimals, and how many of them were."""
        found = []
        for each in self.roundings:
            ((count,),) = connection.execute(each.query, dict(each.values)).fetchall()
            if count:
                found.append((each.column, each.decimals, int(count)))
        return found

    @property
    def unsorted(self) -> str:
        """The statement without the sort at its end."""
        return self.sql.removesuffix(_SORTED)


def compile_plan(
    connection: DuckDBPyConnection, plan: p.Plan, source: Source, others: Mapping[str, Source] | None = None
) -> Compiled:
    """Compiles a plan; raises the first step's refusal with the step's number in `where`."""
    draft = Draft(connection, source, others or {})
    charts = []
    for number, step in enumerate(plan.steps):
        if isinstance(step, p.Chart):
            charts.append((number, step))
            continue
        try:
            _STEPS[type(step)](draft, step)
        except TabweaveError as error:
            error.where = f"steps[{number}]{f'.{error.where}' if error.where else ''}"
            raise
        except RecursionError:
            raise BadValue("CHECK", "The step is nested too deep.", hint="Split it.", where=f"steps[{number}]") from None
    if not plan.steps:
        raise BadValue("CHECK", "The plan has no steps.", hint="Say what is to be done.")
    listed = "".join(f", {quote(name)}" for name in draft.shape.names)
    text = draft.statement(f"SELECT {RID}, {POS}{listed} FROM {draft.last}{_SORTED}")
    written = None if draft.written is None else frozenset(draft.written & set(draft.shape.names))
    roundings = tuple(draft.roundings)
    kept, placed, laid = draft.kept_rows, draft.placed, draft.laid
    return Compiled(text, bound(text, draft.values), draft.shape, kept, tuple(charts), written, placed, laid, roundings)
