"""What a plan comes to, as clients are told it: counts, samples of cells, answers as Arrow, charts.

It must not know where tables live or who asks.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa

from ..charts.chart import picture
from ..charts.static import svg
from ..engine.export import described, json_values
from ..language.wording import plan_words, step_words
from ..plans.statement import readable
from ..protocol import asking as a
from ..protocol import plan as p
from ..sql import results

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from ..language.interpreter import Outcome
    from ..plans.comparing import Changed, Comparison
    from ..plans.diff import Diff
    from ..protocol.ops import Scalar
    from ..protocol.schema import Column

MOST_ROWS = 1000
"""So many rows of an answer are sent."""
MOST_CELLS = 1000
"""So many changed cells are sent with a proposal."""


def counted(number: int, noun: str) -> str:
    """`1 row`, `1,204 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def counts(diff: Diff, renamed: Mapping[str, str], *, nothing: bool = False) -> list[str]:
    """What would change, a phrase for each kind of change; `renamed` are new names by old ones."""
    found = []
    if diff.removed:
        found.append(f"{counted(diff.removed, 'row')} removed")
    if diff.added:
        found.append(f"{counted(diff.added, 'row')} added")
    if diff.moved:
        found.append("rows in another order")
    for each in diff.columns:
        if each.change == "changed":
            rounded = f" ({each.rounded:,} rounded)" if each.rounded else ""
            found.append(f"{each.name}: {counted(each.cells, 'cell')} changed{rounded}")
        elif each.change == "retyped":
            read = f", {counted(each.cells, 'cell')} read differently" if each.cells else ""
            found.append(f"{each.name} converted to {each.type}{read}")
        else:
            found.append(f"column {each.name} {each.change}")
    found += [f"{old} renamed to {new}" for old, new in renamed.items()]
    if not found and not nothing:
        found.append("columns in another order")
    return found


def cells_json(values: pa.ChunkedArray) -> list[Scalar]:
    """Cells of a result as JSON."""
    kind = "INTERVAL" if pa.types.is_interval(values.type) else ""
    tidy = results.tidy(pa.table([values], names=["cells"]), [kind])
    (column,) = described(tidy.schema)
    return json_values(column, tidy.column(0))


def fates(comparison: Comparison, columns: Mapping[str, int]) -> list[a.ColumnChange]:
    """What becomes of each column; `columns` are ids by the names before."""
    was = comparison.origins
    kinds = {each.name: each.kind for each in described(comparison.fetch(comparison.compiled.shape.names, most=0).schema)}
    found = []
    told = set()
    for each in comparison.diff.columns:
        old = was.get(each.name, each.name if each.change == "dropped" else "")
        told.add(each.name)
        found.append(
            a.ColumnChange(
                name=each.name,
                fate=each.change,
                column=columns.get(old),
                was=old if old != each.name else "",
                kind=kinds.get(each.name),
                cells=each.cells,
            )
        )
    found += [
        a.ColumnChange(name=name, fate="renamed", column=columns.get(old), was=old, kind=kinds.get(name))
        for name, old in was.items()
        if name != old and name not in told
    ]
    return found


def sampled(
    changed: Mapping[str, Changed], ids: Mapping[str, int], row_of: Callable[[list[int]], Sequence[int]]
) -> list[a.CellChange]:
    """The first changed cells in row order; `ids` are those of columns by their names afterwards, `row_of` gives places."""
    found: list[tuple[int, a.CellChange]] = []
    for order, (name, each) in enumerate(changed.items()):
        if name not in ids:
            continue
        part = [int(rid) for rid in each.rids[:MOST_CELLS]]
        before, after = cells_json(each.before.slice(0, MOST_CELLS)), cells_json(each.after.slice(0, MOST_CELLS))
        for rid, row, old, new in zip(part, row_of(part), before, after, strict=True):
            cell = a.CellChange(rid=rid, row=int(row) + 1, column=ids[name], name=name, before=old, after=new)
            found.append((int(row) * 10_000 + order, cell))
    return [cell for _, cell in sorted(found, key=lambda each: each[0])[:MOST_CELLS]]


def differences(changed: Mapping[int, Changed], rows: Sequence[int]) -> list[a.Difference]:
    """The changed cells among some rows, by column id."""
    wanted = np.unique(np.asarray(rows, dtype=np.int64))
    found = []
    for cid, each in changed.items():
        places = np.searchsorted(each.rids, among(each.rids, wanted))
        if len(places):
            taken = pa.array(places)
            found.append(
                a.Difference(
                    column=cid,
                    rows=each.rids[places].tolist(),
                    before=cells_json(each.before.take(taken)),
                    after=cells_json(each.after.take(taken)),
                )
            )
    return found


def among(rids: npt.NDArray[np.int64], rows: Sequence[int] | npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Those of some rows that are in ascending row ids."""
    wanted = np.asarray(rows, dtype=np.int64)
    if not len(rids) or not len(wanted):
        return wanted[:0]
    places = np.minimum(np.searchsorted(rids, wanted), len(rids) - 1)
    found: npt.NDArray[np.int64] = wanted[rids[places] == wanted]
    return found


def pictures(comparison: Comparison) -> list[a.Picture]:
    """The charts that a plan asks for."""
    found = []
    for step in comparison.plan.steps:
        if isinstance(step, p.Chart):
            drawn = picture(comparison.connection, comparison.result, step)
            found.append(
                a.Picture(title=drawn.spec.title, kind=drawn.spec.kind, figure=json.dumps(drawn.figure), svg=svg(drawn.figure))
            )
    return found


def change(
    comparison: Comparison,
    changed: Mapping[str, Changed],
    columns: Mapping[str, int],
    row_of: Callable[[list[int]], Sequence[int]],
    *,
    rev: int,
    command: str,
    interpreter: str,
    notes: Sequence[str] = (),
    nothing: bool = False,
    cost: str = "",
) -> a.Proposal:
    """A proposal to change the table; `columns` are ids by the names before, `changed` cells by the names afterwards."""
    diff, was = comparison.diff, comparison.origins
    renamed = {old: name for name, old in was.items() if name != old}
    ids = {name: columns[old] for name, old in was.items() if old in columns}
    said = _said(comparison, command, interpreter, cost)
    return msgspec.structs.replace(
        said,
        outcome="change",
        rev=rev,
        token=f"{rev}-{comparison.fingerprint()}",
        counts=", ".join(counts(diff, renamed, nothing=nothing)) or "nothing changes",
        notes=[*comparison.notes, *notes],
        nothing=nothing,
        moved=diff.moved,
        rows_before=diff.before,
        rows_after=diff.after,
        rows_added=diff.added,
        rows_removed=diff.removed,
        n_cells=diff.n_cells,
        columns=fates(comparison, columns),
        cells=sampled(changed, ids, row_of),
        charts=pictures(comparison),
    )


def answer(
    comparison: Comparison, *, rev: int, command: str, interpreter: str, notes: Sequence[str] = (), cost: str = ""
) -> tuple[a.Proposal, pa.Table | None]:
    """A question's answer, and its first rows unless it is nothing but charts."""
    charts = pictures(comparison)
    alone = len(comparison.plan.steps) == len(charts)
    rows, sent = comparison.diff.after, None
    columns: list[Column] = []
    if not alone:
        sent, columns = answered(comparison, MOST_ROWS)
    found = msgspec.structs.replace(
        _said(comparison, command, interpreter, cost),
        rev=rev,
        notes=[*comparison.notes, *notes],
        counts=counted(rows, "row"),
        result=columns,
        rows=0 if alone else rows,
        rows_sent=0 if sent is None else sent.num_rows,
        charts=charts,
    )
    return found, sent


def answered(comparison: Comparison, most: int) -> tuple[pa.Table, list[Column]]:
    """The first rows of a result, `_rid` and a column named by each id, and what the columns are."""
    found = comparison.fetch(comparison.compiled.shape.names, most=most)
    tidy = results.tidy(found, list(comparison.compiled.shape.types.values()))
    columns = described(tidy.schema)
    arrays = [pa.array(np.arange(tidy.num_rows, dtype=np.int64)), *tidy.columns]
    return pa.table(arrays, names=["_rid", *(str(column.id) for column in columns)]), columns


def unread(outcome: Outcome, *, rev: int, command: str, way: str = "") -> a.Proposal:
    """What is said of a command that is not understood, or may mean several things; `way` is another way to have it read."""
    if outcome.readings:
        return choice([each.words for each in outcome.readings], rev=rev, command=command)
    return a.Proposal(
        outcome="unclear",
        rev=rev,
        command=command,
        reason=outcome.not_understood,
        suggestions=list(outcome.suggestions),
        notes=[way] if way else [],
    )


def choice(readings: list[str], *, rev: int, command: str) -> a.Proposal:
    """The question back, of a command that may mean several things."""
    return a.Proposal(outcome="choice", rev=rev, command=command, readings=readings, interpreter="grammar")


def plan_text(plan: p.Plan) -> str:
    """A plan as JSON that a person can read and edit."""
    return msgspec.json.format(msgspec.json.encode(plan), indent=2).decode()


def _said(comparison: Comparison, command: str, interpreter: str, cost: str) -> a.Proposal:
    """What is told of a plan whatever comes of it."""
    plan = comparison.plan
    return a.Proposal(
        outcome="answer",
        rev=0,
        command=command,
        words=plan_words(plan),
        steps=[step_words(step) for step in plan.steps],
        plan=plan_text(plan),
        sql=readable(comparison.compiled.sql, comparison.compiled.values),
        interpreter=interpreter,
        cost=cost,
    )
