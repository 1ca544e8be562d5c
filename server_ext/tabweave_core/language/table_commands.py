"""Commands that make another table, and columns that look at other rows. Each function makes steps of what its patterns found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..plans.shape import NUMBERS, TIMES
from ..protocol import plan as p
from ..protocol.condition import Measure, Order, Rename
from .patterns import Phrases

if TYPE_CHECKING:
    from ..protocol.condition import Function
    from .patterns import Bound

TABLES = Phrases()
_BY = "(by | per | for each | grouped by | for every | in each | of each | across)"


@TABLES.says(
    "group [{rows}] by {keys} (and | , | with | then | showing | and show | and compute | and calculate | and get | and "
    "take | to get) {measures}",
    "aggregate {measures} " + _BY + " {keys}",
    "(compute | calculate | summarize | summarise | work out | tabulate) {measures} " + _BY + " {keys}",
    "(summarize | summarise | aggregate) by {keys} (with | :) {measures}",
    "(calculate | compute | summarize | summarise) {measures}",
    example="group by {text} and show average {number}",
)
def aggregate(b: Bound) -> list[p.Step] | None:
    """Figures of groups."""
    return [p.Aggregate(by=b.get("keys", []), measures=b["measures"])]


@TABLES.says("{verb} {columns} " + _BY + " {keys}", "group by {keys} and {verb} {columns}", example="sum {number} by {text}")
def aggregate_verb(b: Bound) -> list[p.Step] | None:
    """Figures of groups, by a verb."""
    fn: Function = b["verb"]
    if fn in ("sum", "mean") and any(b.context.column(name).family not in NUMBERS for name in b["columns"]):
        return None
    return [p.Aggregate(by=b["keys"], measures=[Measure(fn=fn, column=name) for name in b["columns"]])]


@TABLES.says(
    "count {rows} " + _BY + " {keys}",
    "count by {keys}",
    "group [{rows}] by {keys} and count [{rows}]",
    "group [{rows}] by {keys}",
    "value counts of {keys}",
    "(frequency | frequencies) of {keys}",
    example="count rows by {text}",
)
def count(b: Bound) -> list[p.Step] | None:
    """How many rows there are in each group."""
    return [p.Aggregate(by=b["keys"], measures=[Measure(fn="count")])]


@TABLES.says(
    "{measures} by {keys} with (totals | subtotals | grand total | grand totals)",
    "(show | compute | get) {measures} by {keys} with (totals | subtotals | grand total)",
)
def rollup(b: Bound) -> list[p.Step] | None:
    """Figures of groups, and of all of them."""
    return [p.Aggregate(by=b["keys"], measures=b["measures"], mode="rollup")]


_ACROSS = "(across | against | over | with columns for | with one column per | spread by | spread over)"


@TABLES.says(
    "pivot [table of] {measure} by {keys} " + _ACROSS + " {key}",
    "pivot [table of] {measure} (with | having) {keys} (as | in) rows and {key} (as | in) columns",
    "pivot {number_column} by {keys} " + _ACROSS + " {key}",
    "pivot {keys} (against | by | across | to) {key} (with | using | showing) {measure}",
    "pivot {key} (into | to) columns (with | using | showing) {measure} [by {keys}]",
    "crosstab|cross-tabulate|cross-tab [of] {keys} (and | by | against | with | across) {key}",
    "pivot table of {measure} by {keys} and {key}",
    "pivot {measure} by {keys} and {key}",
    "pivot [table of] {number_column} by {keys} and {key}",
    "pivot {number_column} with {keys} as rows and {key} as columns",
    "cross tabulate {keys} (and | by | against | with) {key}",
    "spread {key} into columns (with | of | using) {measure} [by {keys}]",
    example="pivot total {number} by {text} across {text}",
)
def pivot(b: Bound) -> list[p.Step] | None:
    """A column per value of a key."""
    keys, on = b.get("keys", []), b["key"]
    if "measure" in b:
        measure = b["measure"]
    elif "number_column" in b:
        measure = Measure(fn="sum", column=b["number_column"])
    else:
        measure = Measure(fn="count")
    if on in keys or (not keys and "keys" in b):
        return None
    return [p.Pivot(index=keys, on=on, measure=measure)]


@TABLES.says("pivot {number_column} by {key}", "pivot {measure} by {key}")
def pivot_row(b: Bound) -> list[p.Step] | None:
    """One row, with a column per value of a key."""
    measure = b.get("measure") or Measure(fn="sum", column=b["number_column"])
    return [p.Pivot(index=[], on=b["key"], measure=measure)]


_NAMED = "(into | as | to) {name:names} (and | ,) {name:values}"


@TABLES.says(
    f"(unpivot | melt | gather | stack) {{columns}} [{_NAMED}]",
    "turn {columns} into rows",
    f"(unpivot | melt) {{columns}} (keeping | keep | by) {{columns:keep}} [{_NAMED}]",
    "(unpivot | melt) everything|columns (except | but) {columns:keep}",
    example="unpivot {number} and {number}",
)
def unpivot(b: Bound) -> list[p.Step] | None:
    """A row per value of several columns."""
    return [
        p.Unpivot(
            columns=b.get("columns", []), keep=b.get("keep", []), name=b.get("names", "name"), value=b.get("values", "value")
        )
    ]


_ADD = "[add | compute | calculate | create | show | make] [column] [with]"
_ALONG = "[(by | over | along | ordered by | sorted by | in order of) {column:along}]"
_WITHIN = "[(per | within | for each | in each | for every | grouped by) {columns:per} | by {text_columns:per}]"
_AS = "[(as | called | named | into) {name}]"


def _window(b: Bound, fn: Any, column: str | None, name: str, n: int = 1, *, descending: bool = False) -> list[p.Step] | None:
    """A window step, ordered by the column that was named, or else as the rows stand."""
    along = b.get("along")
    order = [Order(column=along, descending=descending)] if along is not None else []
    per = b.get("per", [])
    if column in per or along in per:
        return None
    return [p.Window(name=b.get("name", name), fn=fn, column=column, per=per, order=order, n=n)]


def _along_time(b: Bound) -> bool:
    return "along" not in b or b.context.column(b["along"]).family in (TIMES | NUMBERS)


@TABLES.says(
    f"{_ADD} (running | cumulative) [{{running}}] of {{number_column}} {_ALONG} {_WITHIN} {_AS}",
    f"{_ADD} (running | cumulative) {{running}} [of] {{number_column}} {_WITHIN} {_ALONG} {_AS}",
    f"{_ADD} cumulative {{number_column}} {_ALONG} {_WITHIN} {_AS}",
    f"{_ADD} (running | cumulative) {{running}} [of] {{number_column}} {_ALONG} {_WITHIN} {_AS}",
    f"{_ADD} cumsum of {{number_column}} {_ALONG} {_WITHIN} {_AS}",
    example="running total of {number} by {date}",
)
def running(b: Bound) -> list[p.Step] | None:
    """Figures of all rows so far."""
    fn = b.get("running", "running_sum")
    return _window(b, fn, b["number_column"], f"{fn}_{b['number_column']}") if _along_time(b) else None


@TABLES.says(
    f"{_ADD} {{integer}} [day|row|period|month|week|year|point|step] (moving | rolling) {{moving}} [of] {{number_column}} "
    f"{_ALONG} {_WITHIN} {_AS}",
    f"{_ADD} (moving | rolling) {{moving}} [of] {{number_column}} (over | of | with window of | with window) "
    f"[last|previous] {{integer}} [rows|periods|days|points|values|steps] {_ALONG} {_WITHIN} {_AS}",
    f"{_ADD} {{integer}} (row | period | point | step) (moving | rolling) {{moving}} [of] {{number_column}} {_ALONG} "
    f"{_WITHIN} {_AS}",
    f"{_ADD} (moving | rolling) {{moving}} of {{integer}} [rows|periods|points] of {{number_column}} {_ALONG} {_WITHIN} {_AS}",
    example="3 row moving average of {number}",
)
def moving(b: Bound) -> list[p.Step] | None:
    """Figures of the last so many rows."""
    if b["integer"] < 1 or not _along_time(b):
        return None
    return _window(b, b["moving"], b["number_column"], f"{b['moving']}_{b['number_column']}", b["integer"])


@TABLES.says(
    f"{_ADD} (difference | change | increase | diff) (of | in) {{number_column}} [to previous [row|one|value] | from "
    f"previous [row|one|value] | from row to row | row by row] {_ALONG} {_WITHIN} {_AS}",
    f"{_ADD} {{number_column}} (difference | change | diff) [to previous [row] | from previous [row]] {_ALONG} {_WITHIN} {_AS}",
    f"{_ADD} difference (to | from) previous {{number_column}} {_ALONG} {_WITHIN} {_AS}",
    f"difference {{number_column}} {_ALONG} {_WITHIN}",
    example="difference of {number} to the previous row",
)
def difference(b: Bound) -> list[p.Step] | None:
    """How much more than in the row before."""
    return _window(b, "difference", b["number_column"], f"{b['number_column']}_difference") if _along_time(b) else None


@TABLES.says(
    f"{_ADD} (percent | percentage | relative) (change | growth | difference) (of | in) {{number_column}} [to previous "
    f"[row] | from previous [row]] {_ALONG} {_WITHIN} {_AS}",
    f"{_ADD} growth rate of {{number_column}} {_ALONG} {_WITHIN} {_AS}",
)
def percent_change(b: Bound) -> list[p.Step] | None:
    """How many percent more than in the row before."""
    return _window(b, "percent_change", b["number_column"], f"{b['number_column']}_percent_change") if _along_time(b) else None


@TABLES.says(
    f"{_ADD} previous {{column}} {_ALONG} {_WITHIN} {_AS}",
    f"(lag | shift) {{column}} [by {{integer}}] {_ALONG} {_WITHIN} {_AS}",
    f"{_ADD} previous value of {{column}} {_ALONG} {_WITHIN} {_AS}",
)
def lag(b: Bound) -> list[p.Step] | None:
    """The value of a row before."""
    return _window(b, "lag", b["column"], f"previous_{b['column']}", b.get("integer", 1))


@TABLES.says(
    f"{_ADD} next {{column}} {_ALONG} {_WITHIN} {_AS}",
    f"lead {{column}} [by {{integer}}] {_ALONG} {_WITHIN} {_AS}",
    f"{_ADD} next value of {{column}} {_ALONG} {_WITHIN} {_AS}",
)
def lead(b: Bound) -> list[p.Step] | None:
    """The value of a row after."""
    return _window(b, "lead", b["column"], f"next_{b['column']}", b.get("integer", 1))


@TABLES.says(
    f"rank [{{rows}}] by {{column:along}} {{direction}} {_WITHIN} {_AS}",
    f"rank [{{rows}}] by {{column:along}} {_WITHIN} {_AS}",
    f"{_ADD} {{ranking}} [of | by] {{column:along}} [{{direction}}] {_WITHIN} {_AS}",
    f"rank {{number_column:along}} [{{direction}}] {_WITHIN} {_AS}",
    "rank {rows} (per | within | in each | for each) {columns:per} by {column:along} [{direction}]",
    example="rank by {number} within {text}",
)
def rank(b: Bound) -> list[p.Step] | None:
    """The place of a row: numbers from the greatest down, other values upwards, unless it says otherwise."""
    along = b["along"]
    down = b.get("direction", "down" if b.context.column(along).family in NUMBERS else "up") == "down"
    fn = b.get("ranking", "rank")
    return _window(b, fn, None, f"{fn}_{along}", descending=down)


@TABLES.says(
    "number {rows} [" + "(by | in order of) {column:along}] " + f"{_WITHIN} {_AS}",
    f"(add | create | insert) row numbers|number {_ALONG} {_WITHIN} {_AS}",
    f"(add | create | insert) [row] (index | counter) [column] {_AS}",
)
def row_number(b: Bound) -> list[p.Step] | None:
    """Rows are numbered."""
    return _window(b, "row_number", None, "row_number")


@TABLES.says(
    f"{_ADD} (share | percentage | percent | proportion | fraction) of total {{number_column}} {_WITHIN} {_AS}",
    f"{_ADD} {{number_column}} as [a] (share | percentage | percent | proportion) of total {_WITHIN} {_AS}",
    f"{_ADD} share of {{number_column}} {_WITHIN} {_AS}",
    f"{_ADD} {{number_column}} share {_WITHIN} {_AS}",
    example="share of total {number}",
)
def share(b: Bound) -> list[p.Step] | None:
    """What part of the sum a row is."""
    return _window(b, "share", b["number_column"], f"{b['number_column']}_share")


@TABLES.says(
    "add [column] [with] {measure} (per | of each | for each | within | in each | by) {columns:per} [as [new] [column] "
    "{name}] [to each row | as column]",
    "add [column] {name} (= | with | as) {measure} (per | of each | for each | within | in each | by) {columns:per}",
)
def group_figure(b: Bound) -> list[p.Step] | None:
    """A figure of its group beside every row."""
    measure = b["measure"]
    fn = {"sum": "group_sum", "mean": "group_mean", "min": "group_min", "max": "group_max", "count": "group_count"}.get(
        measure.fn
    )
    return None if fn is None else _window(b, fn, measure.column, f"{fn}_{measure.column}" if measure.column else fn)


_HOW = {"": "left", "left": "left", "inner": "inner", "right": "right", "full": "full", "outer": "full"}


@TABLES.says(
    "[{side_of_join}] [outer] (join | merge | combine) [{rows}] [with] {table} [table] (on | by | using | via) "
    "{text_or_pair:pair}",
    "[{side_of_join}] (join | merge | combine) [with] {table}",
    "add [columns] from {table} [table] (on | by | using | matching on) {text_or_pair:pair}",
    "(bring in | look up | lookup) {other_columns} from {table} (on | by | using) {text_or_pair:pair}",
    example="",
)
def join(b: Bound) -> list[p.Step] | None:
    """The columns of another table come to the rows that fit; by the one name that both tables have if none is said."""
    table = b["table"]
    other = [column.name for column in b.context.others[table]]
    pair = b.get("pair") or _shared(b, table)
    if pair is None or pair[1] not in other:
        return None
    how = _HOW.get(b.get("side_of_join", ""), "left")
    columns = b.get("other_columns", [])
    if any(name not in other for name in columns):
        return None
    return [p.Join(table=table, on=[Rename(old=pair[0], new=pair[1])], how=how, columns=columns)]  # type: ignore[arg-type]  # one of its ways


def _shared(b: Bound, table: str) -> tuple[str, str] | None:
    mine = {column.name.lower(): column.name for column in b.context.columns}
    both = [(mine[column.name.lower()], column.name) for column in b.context.others[table] if column.name.lower() in mine]
    return both[0] if len(both) == 1 else None


@TABLES.says(
    "keep [only] {rows} (that are | that exist | that occur | which are | found) in {table} [(by | on) {text_or_pair:pair}]",
    "keep [only] {rows} (with | that have) match in {table} [(by | on) {text_or_pair:pair}]",
)
def semi_join(b: Bound) -> list[p.Step] | None:
    """Rows that fit one of another table stay."""
    pair = b.get("pair") or _shared(b, b["table"])
    return None if pair is None else [p.Join(table=b["table"], on=[Rename(old=pair[0], new=pair[1])], how="semi")]


@TABLES.says(
    "(keep | show) [only] {rows} (that are not | not | which are not | missing) in {table} [(by | on) {text_or_pair:pair}]",
    "(drop | remove) {rows} (that are | that exist | that occur | found | which are) in {table} [(by | on) {text_or_pair:pair}]",
)
def anti_join(b: Bound) -> list[p.Step] | None:
    """Rows that fit one of another table go."""
    pair = b.get("pair") or _shared(b, b["table"])
    return None if pair is None else [p.Join(table=b["table"], on=[Rename(old=pair[0], new=pair[1])], how="anti")]


@TABLES.says(
    "(append | union | add) {rows} (of | from) {table}",
    "(append | union | concatenate) [with] {table}",
    "(stack | put | add) {table} (below | underneath | at end | under)",
)
def union(b: Bound) -> list[p.Step] | None:
    """Another table's rows come below."""
    return [p.Union(table=b["table"])]
