"""Commands that choose, name, split, join and compute columns. Each function makes steps of what its patterns found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..plans.shape import quote
from ..protocol import plan as p
from ..protocol.condition import Rename
from .patterns import Phrases

if TYPE_CHECKING:
    from collections.abc import Callable

    from .patterns import Bound

COLUMNS = Phrases()
_DROP = "drop|remove|delete|discard|hide|exclude|omit"
_NEW = "(add | create | make | derive | compute | calculate | insert | define) [new] [column|field] [called|named]"


@COLUMNS.says(f"{_DROP} {{columns}}", "get rid of {columns}", example="drop column {any}")
def drop(b: Bound) -> list[p.Step] | None:
    """Columns go."""
    if len(b["columns"]) >= len(b.context.columns):
        return None
    return [p.DropColumns(columns=b["columns"])]


@COLUMNS.says(
    f"{_DROP} (everything | columns) (except | but | other than) {{columns}}",
    "keep only {columns}",
    "keep {columns} only",
    "keep {columns}",
    "only keep {columns}",
    "select [only] {columns}",
    "show only {columns}",
    "only show {columns}",
    "retain [only] {columns}",
    "[only] (keep | select) [columns] {columns} [and drop rest]",
    example="keep only {any} and {any}",
)
def keep(b: Bound) -> list[p.Step] | None:
    """The other columns go."""
    return [p.SelectColumns(columns=b["columns"])]


@COLUMNS.says(
    "move|put|bring|shift {columns} (first | to front | to start | to beginning | in front | at front | at start | at "
    "beginning | to left | to far left)",
    "(move | put) {columns} as (first column | first columns)",
    example="move {any} to the front",
)
def move_first(b: Bound) -> list[p.Step] | None:
    """Columns go to the front."""
    return [p.ReorderColumns(columns=b["columns"])]


@COLUMNS.says("move|put|bring|shift {columns} (last | to end | to back | at end | to right | to far right)")
def move_last(b: Bound) -> list[p.Step] | None:
    """Columns go to the end."""
    return [p.ReorderColumns(columns=b["columns"], to="last")]


@COLUMNS.says("move|put|bring|shift {columns} (after | behind | right of | to right of | next to) {column}")
def move_after(b: Bound) -> list[p.Step] | None:
    """Columns go behind another."""
    if b["column"] in b["columns"]:
        return None
    return [p.ReorderColumns(columns=b["columns"], to="after", after=b["column"])]


@COLUMNS.says("move|put|bring|shift {columns} (before | in front of | left of | to left of) {column}")
def move_before(b: Bound) -> list[p.Step] | None:
    """Columns go in front of another."""
    moved = b["columns"]
    if b["column"] in moved:
        return None
    left = [column.name for column in b.context.columns if column.name not in moved]
    place = left.index(b["column"])
    if not place:
        return [p.ReorderColumns(columns=moved)]
    return [p.ReorderColumns(columns=moved, to="after", after=left[place - 1])]


@COLUMNS.says(
    "rename {column} [column] (to | as | into | =) {name}",
    "call {column} {name}",
    "change name of {column} (to | into) {name}",
    "(change | set) {column} name to {name}",
    "rename {column} (to | as) {name} (and | ,) [rename] {column:column2} (to | as) {name:name2}",
    example="rename {any} to total",
)
def rename(b: Bound) -> list[p.Step] | None:
    """Columns get other names."""
    names = [Rename(old=b["column"], new=b["name"])]
    if "column2" in b:
        names.append(Rename(old=b["column2"], new=b["name2"]))
    taken = {column.name.lower() for column in b.context.columns} - {each.old.lower() for each in names}
    if any(each.new.lower() in taken for each in names) or len({each.new.lower() for each in names}) < len(names):
        return None
    return [p.RenameColumns(names=names)]


@COLUMNS.says("(convert | change | make | turn | put | set) column names (to | into | in) {case}", "{case} column names")
def rename_all(b: Bound) -> list[p.Step] | None:
    """All names are spelled alike."""
    spellings: dict[str, Callable[[str], str]] = {
        "lower": str.lower,
        "upper": str.upper,
        "title": str.title,
        "snake": lambda name: re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).strip("_").lower(),
    }
    if b["case"] not in spellings:
        return None
    spell = spellings[b["case"]]
    names = [Rename(old=column.name, new=spell(column.name)) for column in b.context.columns]
    changed = [each for each in names if each.new != each.old]
    if not changed or len({each.new for each in names}) < len(names):
        return None
    return [p.RenameColumns(names=changed)]


_FROM = "(by | at | on | on each)"


@COLUMNS.says(
    f"split {{text_column}} {_FROM} {{separator}} (into | to | as) {{names}}",
    "split {text_column} (into | to) {names} (by | at | on | using) {separator}",
    f"separate {{text_column}} {_FROM} {{separator}} into {{names}}",
    example='split {text} by "," into a and b',
)
def split(b: Bound) -> list[p.Step] | None:
    """A text column becomes several."""
    return [p.Split(column=b["text_column"], into=b["names"], sep=b["separator"])]


@COLUMNS.says(
    "(explode | unnest) {text_column} [(by | at | on) {separator}]",
    "split {text_column} (by | at | on) {separator} into rows",
    "split {text_column} into rows (by | at | on) {separator}",
    "one row per {text_column} split (by | at | on) {separator}",
)
def explode(b: Bound) -> list[p.Step] | None:
    """A row per part of a text."""
    return [p.Explode(column=b["text_column"], sep=b.get("separator", ","))]


_JOIN = "merge|combine|concatenate|concat|join"


@COLUMNS.says(
    f"{_JOIN} {{several}} [with {{separator}}] (into | as | to) [new] [column] {{name}}",
    f"{_JOIN} {{several}} (into | as | to) [new] [column] {{name}} (with | separated by | using | by) {{separator}}",
    f"{_JOIN} {{several}} (separated by | using | by) {{separator}} (into | as) [new] [column] {{name}}",
    "(put | glue) {several} together (as | into) {name}",
    example='combine {text} and {text} into label with "-"',
)
def merge(b: Bound) -> list[p.Step] | None:
    """Columns become one text."""
    return [p.Merge(columns=b["several"], into=b["name"], sep=b.get("separator", " "))]


_PARTS = {
    "number": r"(-?\d+(?:\.\d+)?)",
    "digit": r"(\d+)",
    "year": r"((?:19|20)\d\d)",
    "email": r"([\w.+-]+@[\w-]+\.[\w.]+)",
    "domain": r"@([\w.-]+)",
    "first": r"^\s*(\S+)",
    "last": r"(\S+)\s*$",
}


@COLUMNS.says(
    "extract {part} from {text_column} (into | as | to) [new] [column] {name}",
    "extract {part} (of | in) {text_column} (into | as) [new] [column] {name}",
    "extract {quoted} from {text_column} (into | as) {name}",
    "extract {part} from {text_column}",
    example="extract the number from {text} into size",
)
def extract(b: Bound) -> list[p.Step] | None:
    """The part of a text that fits a pattern."""
    column = b["text_column"]
    if "quoted" in b:
        return [p.Extract(column=column, regex=b["quoted"], into=b["name"])]
    return [p.Extract(column=column, regex=_PARTS[b["part"]], into=b.get("name", f"{column}_{b['part']}"))]


@COLUMNS.says(
    "extract|get|take {unit} (of | from) {date_column} [(into | as | to) [new] [column] {name}]",
    "add [column] [with] {unit} (of | from) {date_column} [(as | called | named) {name}]",
    "(add | create) [new] [column] {name} (with | = | as | from) {unit} (of | from) {date_column}",
)
def date_part(b: Bound) -> list[p.Step] | None:
    """A part of a date as a column."""
    unit, column = b["unit"], quote(b["date_column"])
    sql = {"weekday": f"dayname({column})", "month_name": f"monthname({column})", "date": f"CAST({column} AS DATE)"}.get(
        unit, f"{unit}({column})"
    )
    name = b.get("name", f"{b['date_column']}_{unit}")
    return [p.Derive(name=name, sql=sql)]


@COLUMNS.says(
    "bin|bucket|cut|group {number_column} (into | in) {integer} [equal] [bins|classes|groups|buckets|intervals|ranges] [(as "
    "| called) {name}]",
    "(divide | split) {number_column} into {integer} [equal] bins|classes|groups|buckets|intervals|ranges",
    "bin|bucket|cut {number_column} (at | by | with edges | into) {numbers} [(as | called) {name}]",
    "bin|bucket|cut {number_column} (by | in | into) [steps|bins|classes|intervals] of [width|size] {number}",
    "bin|bucket|cut {number_column} [into] {ranges} [(as | called) {name}]",
    "bin|bucket {number_column} with width {number}",
    example="bin {number} into 5",
)
def bins(b: Bound) -> list[p.Step] | None:
    """Classes of numbers."""
    column = b["number_column"]
    into = b.get("name", f"{column}_bin")
    if "integer" in b:
        return [p.Bin(column=column, into=into, n=b["integer"])] if 1 <= b["integer"] <= 200 else None
    if "number" in b:
        return [p.Bin(column=column, into=into, width=float(b["number"]))] if b["number"] > 0 else None
    edges = [float(each) for each in b.get("ranges") or b["numbers"]]
    return [p.Bin(column=column, into=into, edges=edges)] if edges == sorted(set(edges)) else None


@COLUMNS.says("bin|cut|split|divide {number_column} into {quantile} [(as | called) {name}]")
def quantiles(b: Bound) -> list[p.Step] | None:
    """Classes of equal size."""
    column = b["number_column"]
    return [p.Bin(column=column, into=b.get("name", f"{column}_bin"), n=b["quantile"], quantiles=True)]


@COLUMNS.says(
    f"{_NEW} {{name}} (= | as | is | equal to | from | by) {{expression}}",
    "{name} = {expression}",
    "set {name} (= | to | as) {expression}",
    "let {name} (= | be) {expression}",
    "(add | create | insert) column {name} with {expression}",
    "(compute | calculate) {expression} as [new] [column] {name}",
    example="add column total = {number} * 2",
)
def derive(b: Bound) -> list[p.Step] | None:
    """A column that is computed from others; one that is there already is computed anew."""
    name = b["name"]
    same = [column.name for column in b.context.columns if column.name.lower() == name.lower()]
    if same:
        return [p.UpdateCells(column=same[0], sql=b["expression"])]
    spoken = [column for column in b.context.columns if column.name.lower().replace("_", " ") == name.lower().replace("_", " ")]
    return None if spoken else [p.Derive(name=name, sql=b["expression"])]


@COLUMNS.says(f"{_NEW} {{name}} (= | with [value] | as | set to | equal to) {{value}}", f"{_NEW} {{name}}")
def constant(b: Bound) -> list[p.Step] | None:
    """A column with one value everywhere."""
    name = b["name"]
    if "value" not in b or any(column.name.lower() == name.lower() for column in b.context.columns):
        return None
    value = b["value"]
    if isinstance(value, bool):
        sql = "true" if value else "false"
    else:
        sql = repr(value) if isinstance(value, (int, float)) else "'" + str(value).replace("'", "''") + "'"
    return [p.Derive(name=name, sql=sql)]
