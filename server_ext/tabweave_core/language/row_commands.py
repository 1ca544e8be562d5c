"""Commands that choose, order and thin out rows. Each function makes steps of what its patterns found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..plans.shape import TIMES
from ..protocol import plan as p
from ..protocol.condition import Absent, All, Either, Not, Order
from .lexicon import ADJECTIVES
from .patterns import Phrases
from .tokens import split_name

if TYPE_CHECKING:
    from ..protocol.condition import Condition
    from .patterns import Bound

ROWS = Phrases()
_DROP = "drop|remove|delete|exclude|discard|eliminate|omit|erase"
_SUCH = "where|whose|that|which|with|having|who|when|if|in|from|for|of|are|is|has|have|were|was"


@ROWS.says(
    f"{_DROP} {{rows}} [{_SUCH}] [{_SUCH}] {{where}}",
    f"(filter out | get rid of | throw away | take out) {{rows}} [{_SUCH}] [{_SUCH}] {{where}}",
    f"{_DROP} {{where}} [{{rows}}]",
    "(filter out | get rid of | throw away) {where} [{rows}]",
    f"{_DROP} {{rows}} {{where}}",
    example="drop rows where {number} is less than 10",
)
def drop_rows(b: Bound) -> list[p.Step] | None:
    """Rows that fit go."""
    missing = _only_missing(b["where"])
    if missing is not None:
        columns, how = missing
        return [p.DropMissing(columns=columns, how=how)]
    return [p.FilterRows(where=b["where"], drop=True)]


def _only_missing(where: Condition) -> tuple[list[str], p.Missing] | None:
    if isinstance(where, Absent):
        return [where.column], "any"
    if isinstance(where, (All, Either)) and all(isinstance(each, Absent) for each in where.of):
        return [each.column for each in where.of if isinstance(each, Absent)], "any" if isinstance(where, Either) else "all"
    return None


@ROWS.says(
    f"keep|retain|leave|filter|select|show|find|get|list|display|give [only] {{rows}} [only] [{_SUCH}] [{_SUCH}] {{where}}",
    f"only keep|retain|show {{rows}} [{_SUCH}] [{_SUCH}] {{where}}",
    "keep|retain|leave|filter [only] {where} [{rows}]",
    "only keep|retain|show {where} [{rows}]",
    "filter|restrict|limit|narrow|reduce [{rows}] (to | by | for | down to) [rows] [where] {where} [{rows}]",
    "filter [{rows}] [so that] where {where}",
    f"only {{rows}} [{_SUCH}] [{_SUCH}] {{where}}",
    f"{{rows}} {_SUCH} [{_SUCH}] {{where}}",
    "where {where}",
    example="keep only rows where {text} is not missing",
)
def keep_rows(b: Bound) -> list[p.Step] | None:
    """Rows that do not fit go."""
    where = b["where"]
    if isinstance(where, Not) and _only_missing(where.of) is not None and isinstance(where.of, Absent):
        return [p.DropMissing(columns=[where.of.column])]
    return [p.FilterRows(where=where)]


@ROWS.says(
    f"{_DROP} {{rows}} (with | that have | which have | having | containing | that contain | that are) [a] (missing | null "
    f"| empty | blank | na | nan | no) "
    "[value|values|data|entries|cells] (in | for | on) {any_columns}",
    f"{_DROP} {{rows}} (without | missing | lacking | with missing | with no | with empty | with null | with blank | that "
    f"have no | that lack) {{any_columns}}",
    f"{_DROP} {{rows}} where [any of] {{any_columns}} (is | are) (missing | null | empty | blank | na)",
    f"{_DROP} missing|null|empty|blank|na|nan [values|rows|entries] (in | from | of | for | on) {{any_columns}}",
    "dropna (in | on | for | by) {any_columns}",
    example="drop rows without {any}",
)
def drop_missing(b: Bound) -> list[p.Step] | None:
    """Rows without values in some columns go."""
    return [p.DropMissing(columns=b["any_columns"])]


@ROWS.says(
    f"{_DROP} {{rows}} (with | that have | which have | having | containing | that contain) [any] (missing | null | empty | "
    f"blank | na | nan) "
    "[values|value|data|cells] [in any column | anywhere]",
    f"{_DROP} incomplete {{rows}}",
    f"{_DROP} missing|null|nan|na (values | data) [rows]",
    f"{_DROP} {{rows}} with [any] (nulls | nans | blanks)",
    "dropna",
    example="remove rows with missing values",
)
def drop_incomplete(_: Bound) -> list[p.Step] | None:
    """Rows with a missing value anywhere go."""
    return [p.DropMissing()]


@ROWS.says(
    f"{_DROP} (empty | blank) {{rows}}",
    f"{_DROP} {{rows}} (where everything is | that are | which are) [completely|entirely] (empty | blank | missing)",
    f"{_DROP} (completely | entirely) (empty | blank) {{rows}}",
    f"{_DROP} {{rows}} (where | in which) [all] columns are (missing | empty | blank)",
    example="remove empty rows",
)
def drop_empty(_: Bound) -> list[p.Step] | None:
    """Rows without any value go."""
    return [p.DropMissing(how="all")]


_TWINS = "(duplicates | duplicate {rows} | duplicated {rows} | duplicate values | repeated {rows} | duplicate entries)"


@ROWS.says(
    f"{_DROP} {_TWINS}",
    f"{_DROP} {_TWINS} (by | in | of | on | based on | per | for | with the same) {{columns}}",
    "deduplicate|dedupe [{rows}] [(by | on | based on | in) {columns}]",
    "drop_duplicates [(by | on) {columns}]",
    f"{_DROP} {_TWINS} (by | in | on | based on | per) {{columns}} (keeping | and keep | keep) {{side}} [one|row|record|entry]",
    f"{_DROP} {_TWINS} (keeping | and keep | keep) {{side}} [one|row|record|entry]",
    "deduplicate|dedupe [{rows}] (by | on | based on) {columns} (keeping | and keep | keep) {side} [one|row|record|entry]",
    "keep one row (per | for each | for every) {columns}",
    "keep {side} row|record|entry|one (per | for each | for every | of each) {columns}",
    "(only keep | keep only) unique|distinct {rows}",
    "keep unique|distinct {rows} [(by | on) {columns}]",
    example="remove duplicates by {any}",
)
def dedupe(b: Bound) -> list[p.Step] | None:
    """One of those alike stays: the first, or the one that "newest" or "last" asks for."""
    columns, side = b.get("columns", []), b.get("side", "first")
    if side in ("first", "last"):
        return [p.Dedupe(columns=columns, keep=side)]
    about, much = ADJECTIVES[side]
    dated = [each.name for each in b.context.columns if each.family in TIMES]
    named = [each.name for each in b.context.columns if set(about) & set(split_name(each.name)) and each.name not in columns]
    chosen = dated if len(dated) == 1 else named
    if len(chosen) != 1:
        return None
    return [p.Dedupe(columns=columns, order=[Order(column=chosen[0], descending=much)])]


@ROWS.says(
    "(flag | mark) (duplicates | duplicate {rows}) [(by | in | on | based on) {columns}] [(as | in) {name}]",
    example="mark duplicates by {any}",
)
def mark_twins(b: Bound) -> list[p.Step] | None:
    """A column says which rows are repeated."""
    return [p.Dedupe(columns=b.get("columns", []), flag=b.get("name", "duplicate"))]


@ROWS.says(
    "sort|order|arrange [{rows}] [by|on] {orders}",
    "sort|order|arrange [{rows}] (alphabetically | ascending) by {orders}",
    example="sort by {number} descending",
)
def sort(b: Bound) -> list[p.Step] | None:
    """Rows are put in order."""
    return [p.SortRows(by=b["orders"])]


@ROWS.says(
    "sort|order|arrange [{rows}] (in descending order | descending | from high to low | in reverse) (by | of) {columns}",
    "sort|order|arrange [{rows}] by {columns} (backwards | in reverse | from high to low | from largest to smallest | from "
    "newest to oldest)",
    "reverse sort [{rows}] by {columns}",
)
def sort_down(b: Bound) -> list[p.Step] | None:
    """Rows are put in order, the greatest first."""
    return [p.SortRows(by=[Order(column=name, descending=True) for name in b["columns"]])]


_OF_EACH = "(per | for each | for every | in each | by | of each | within each | from each)"


@ROWS.says(
    f"[keep|show|get|find|select|list|give] [only] {{top}} {{integer}} [{{rows}}] (by | with highest | with largest | with "
    f"most | in terms of) {{columns:keys}} [{_OF_EACH} {{columns}}]",
    f"[keep|show|get|find|select|list|give] [only] {{top}} {{integer}} [{{rows}}] {_OF_EACH} {{columns}} (by | with highest "
    f"| with largest | in terms of) {{columns:keys}}",
    "[keep|show|get|find|select|list|give] [only] {integer} [{rows}] with [the] (highest | largest | greatest | biggest | "
    "most) {columns:keys}",
    example="top 3 by {number} per {text}",
)
def top(b: Bound) -> list[p.Step] | None:
    """The rows with the most, or the least, of something."""
    down = b.get("top", "top") == "top"
    return [p.TopRows(n=b["integer"], by=[Order(column=name, descending=down) for name in b["keys"]], per=b.get("columns", []))]


@ROWS.says(
    "[keep|show|get|find|select|list|give] [only] {integer} [{rows}] with [the] (lowest | smallest | least | fewest) "
    "{number_column}",
)
def least(b: Bound) -> list[p.Step] | None:
    """The rows with the least of something."""
    return [p.TopRows(n=b["integer"], by=[Order(column=b["number_column"])])]


@ROWS.says(
    "[keep|show|get|select|display|give] [only] first|head {integer} [{rows}]",
    "[keep|show] head|first {integer} [{rows}] " + _OF_EACH + " {columns}",
    "limit [{rows}] to {integer} [{rows}]",
    example="keep the first 100 rows",
)
def first(b: Bound) -> list[p.Step] | None:
    """The first rows as they stand."""
    return [p.TopRows(n=b["integer"], per=b.get("columns", []))]


@ROWS.says(
    "[take|draw|get|keep|pick|select|show|give] random sample of {integer} [{rows}]",
    "[take|draw|get|keep|pick|select|show|give] sample of {integer} [{rows}]",
    "sample {integer} [{rows}]",
    "[pick|choose|select|take|keep|show|give] {integer} random {rows}",
    "[pick|choose|select|take|keep|show|give] {integer} {rows} (at random | randomly)",
    "[take|draw|get|keep|pick|select] [random] sample of {percent} [of {rows}]",
    "(sample | keep | take) [random] {percent} of {rows} [randomly | at random]",
    "sample {percent}",
    example="sample 10 % of the rows",
)
def sample(b: Bound) -> list[p.Step] | None:
    """Some rows drawn by chance."""
    return [p.SampleRows(n=b.get("integer"), percent=None if "integer" in b else float(b["percent"]))]


_FAR = "outliers|outlier|extremes"


@ROWS.says(
    f"{_DROP} {_FAR} [{{rows}}] (in | from | of | by | for) {{number_column}} [(by | using | with | via) {{method}}]",
    f"{_DROP} {{rows}} (with | that have | that are) {_FAR} (in | of | by) {{number_column}}",
    f"{_DROP} {{number_column}} {_FAR}",
    example="remove outliers in {number}",
)
def outliers(b: Bound) -> list[p.Step] | None:
    """Values far off are dealt with."""
    return [p.Outliers(column=b["number_column"], method=b.get("method", "iqr"))]


@ROWS.says(
    f"(clip | cap | winsorize | winsorise | limit) {_FAR} (in | of | for) {{number_column}} [(by | using | with) {{method}}]"
)
def clip_outliers(b: Bound) -> list[p.Step] | None:
    """Values far off are drawn in."""
    return [p.Outliers(column=b["number_column"], method=b.get("method", "iqr"), action="clip")]


@ROWS.says(
    f"(mark | flag | highlight) {_FAR} (in | of | for) {{number_column}} [(by | using | with) {{method}}] [(as | in) {{name}}]"
)
def mark_outliers(b: Bound) -> list[p.Step] | None:
    """A column says which values are far off."""
    return [p.Outliers(column=b["number_column"], method=b.get("method", "iqr"), action="flag", flag=b.get("name"))]


@ROWS.says(
    f"(set | make | turn | replace) {_FAR} (in | of | for) {{number_column}} (to | into | with) (missing | null | nan | "
    f"empty | blank)",
    f"blank out {_FAR} (in | of) {{number_column}}",
)
def clear_outliers(b: Bound) -> list[p.Step] | None:
    """Values far off become missing."""
    return [p.Outliers(column=b["number_column"], action="missing")]
