"""Commands that change values where they stand. Each function makes steps of what its patterns found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..plans.shape import NUMBERS, TIMES
from ..protocol import plan as p
from ..protocol.condition import Pair
from .cell_commands import fitting
from .patterns import Phrases

if TYPE_CHECKING:
    from .context import ColumnContext
    from .patterns import Bound

VALUES = Phrases()
_GONE = "(missing | null | empty | blank | na | nan | nulls | nans | blanks | gaps | missing values | holes)"
_IN = "(in | of | for | on | from)"
_PER = "(per | by | within | for each | of each | in each | of its | for every)"


@VALUES.says(
    f"fill [in] {_GONE} [value|values|cells|entries] {_IN} {{columns}} (with | by | using | as) {{filling}} [{_PER} "
    f"{{columns:per}}]",
    f"fill [in] {_GONE} {{columns}} [value|values] (with | by | using | as) {{filling}} [{_PER} {{columns:per}}]",
    f"fill [in] {{columns}} (with | by | using) {{filling}} [{_PER} {{columns:per}}]",
    f"(replace | impute | set | substitute) {_GONE} [value|values|cells|entries] {_IN} {{columns}} (with | by | to | using) "
    f"{{filling}} [{_PER} {{columns:per}}]",
    f"(replace | impute | set) {_GONE} {{columns}} [value|values] (with | by | to | using) {{filling}} [{_PER} {{columns:per}}]",
    "(impute | fillna) {columns} (with | by | using) {filling} [(per | by | within) {columns:per}]",
    f"(where | when | if) {{column:one}} is {_GONE} (set | make) [it|{{column:one}}] (to | =) {{filling}}",
    "{column:one} missing (to | =) {filling}",
    example="fill missing {number} with the mean",
)
def fill(b: Bound) -> list[p.Step] | None:
    """Missing values become others."""
    method, value = b["filling"]
    columns = b.get("columns") or [b["one"]]
    if method in ("mean", "median", "interpolate") and any(_family(b, name) not in NUMBERS for name in columns):
        return None
    if (
        method == "constant"
        and all(_family(b, name) in NUMBERS for name in columns)
        and value == 0
        and not isinstance(value, bool)
    ):
        return [p.FillMissing(columns=columns, method="zero")]
    if method == "constant":
        values = [fitting(b.context.column(name), value) for name in columns]
        if any(each is None for each in values):
            return None
        value = values[0]
    return [p.FillMissing(columns=columns, method=method, value=value, per=b.get("per", []))]


@VALUES.says(
    f"(forward fill | ffill | fill down | carry forward) [{_GONE}] [values] [{_IN}] {{columns}} [{_PER} {{columns:per}}]",
    f"fill {{columns}} (forward | down | downwards) [{_PER} {{columns:per}}]",
)
def fill_forward(b: Bound) -> list[p.Step] | None:
    """Missing values become what stands before them."""
    return [p.FillMissing(columns=b["columns"], method="ffill", per=b.get("per", []))]


@VALUES.says(
    f"(backward fill | backfill | bfill | fill up | back fill) [{_GONE}] [values] [{_IN}] {{columns}}",
    "fill {columns} (backward | backwards | up)",
)
def fill_backward(b: Bound) -> list[p.Step] | None:
    """Missing values become what stands after them."""
    return [p.FillMissing(columns=b["columns"], method="bfill")]


@VALUES.says(f"interpolate [{_GONE}] [values] [{_IN}] {{columns}}", f"fill {_GONE} [values] {_IN} {{columns}} by interpolation")
def interpolate(b: Bound) -> list[p.Step] | None:
    """Missing numbers are drawn along a line."""
    if any(_family(b, name) not in NUMBERS for name in b["columns"]):
        return None
    return [p.FillMissing(columns=b["columns"], method="interpolate")]


_REPLACE = (
    "replace|substitute {value:old} (with | by) {value:new} (in | of | for | throughout | within) {columns}",
    "(in | for) {columns} [,] replace|change|turn {value:old} (with | by | to | into) {value:new}",
    "change|turn|rename|recode|map {value:old} (to | into | as) {value:new} (in | of | for | within) {columns}",
    "replace {value:old} (in | of) {columns} (with | by) {value:new}",
    "replace all [occurrences of] {value:old} (in | of) {columns} (with | by) {value:new}",
)


@VALUES.says(*_REPLACE, example='replace {value} with "new" in {text}')
def replace(b: Bound) -> list[p.Step] | None:
    """Whole values become others."""
    pairs = []
    for name in b["columns"]:
        column = b.context.column(name)
        old, new = fitting(column, b["old"]), fitting(column, b["new"])
        if old is None or new is None or (column.family == "text" and column.values and old not in column.values):
            return None
        pairs.append(Pair(old=old, new=new))
    return [p.ReplaceValues(columns=b["columns"], pairs=pairs[:1])] if len(set(pairs)) == 1 else None


@VALUES.says(
    *(text.replace("{value:", "{raw:") for text in _REPLACE),
    "replace [text|string|word|substring|character] {raw:old} (with | by) {raw:new} (in | of | for | within) {columns}",
)
def replace_part(b: Bound) -> list[p.Step] | None:
    """Parts of texts become others, where no whole value is meant."""
    columns = [b.context.column(name) for name in b["columns"]]
    if any(column.family != "text" or (column.values and not _inside(column, b["old"])) for column in columns):
        return None
    return [p.ReplaceValues(columns=b["columns"], text=b["old"], replacement=b["new"])]


def _inside(column: ColumnContext, text: str) -> bool:
    return text not in column.values and any(text in value for value in column.values)


@VALUES.says("replace|change|turn|rename|recode {value:old} (with | by | to | into) {value:new}")
def replace_known(b: Bound) -> list[p.Step] | None:
    """A value of which there is one column only."""
    old = b["old"]
    having = [column for column in b.context.columns if isinstance(old, str) and old in column.values]
    new = fitting(having[0], b["new"]) if len(having) == 1 else None
    return None if new is None else [p.ReplaceValues(columns=[having[0].name], pairs=[Pair(old=old, new=new)])]


@VALUES.says(
    "(remove | delete | strip | drop) [text|string|character|characters|sign|symbol] {raw} from {columns}",
    "(remove | delete | strip) every|all {raw} (from | in) {columns}",
)
def remove_part(b: Bound) -> list[p.Step] | None:
    """Parts of texts go."""
    if any(_family(b, name) != "text" for name in b["columns"]):
        return None
    return [p.ReplaceValues(columns=b["columns"], text=b["raw"], replacement="")]


@VALUES.says(
    "(trim | strip) [leading and trailing | extra | surrounding] [whitespace|spaces|space] [in|from|of|around|on] {columns}",
    "(remove | delete | strip | clean) [leading and trailing | surrounding | leading | trailing] (whitespace | spaces) (in "
    "| from | of | around) {columns}",
    example="trim {text}",
)
def trim(b: Bound) -> list[p.Step] | None:
    """Spaces at the ends go."""
    return _tidied(b, "trim")


@VALUES.says(
    "(remove | collapse | squeeze | clean up) (extra | double | multiple | repeated) (whitespace | spaces) (in | from | of) "
    "{columns}",
    "squeeze {columns}",
)
def squeeze(b: Bound) -> list[p.Step] | None:
    """Several spaces become one."""
    return _tidied(b, "squeeze")


@VALUES.says(
    "(convert | change | make | turn | put | set | transform) {columns} [to|into|in|all] {case} [letters]",
    "{case} {columns}",
    "(lowercase | uppercase) [values] (in | of) {columns}",
    "(make | convert) [values] (in | of) {columns} [to] {case}",
    example="make {text} upper case",
)
def spell(b: Bound) -> list[p.Step] | None:
    """Capitals or small letters."""
    if "case" not in b or b["case"] == "snake":
        return None
    return _tidied(b, b["case"])


@VALUES.says("trim and {case} {columns}", "trim {columns} and (make | convert) [them|it] [to] {case}")
def trim_and_spell(b: Bound) -> list[p.Step] | None:
    """Spaces go, and then capitals or small letters."""
    return None if b["case"] == "snake" else _tidied(b, "trim", b["case"])


@VALUES.says("(remove | strip | drop) accents (in | from | of) {columns}")
def strip_accents(b: Bound) -> list[p.Step] | None:
    """Letters without marks."""
    return _tidied(b, "strip_accents")


@VALUES.says("(remove | strip) html [tags] (in | from | of) {columns}")
def strip_html(b: Bound) -> list[p.Step] | None:
    """Texts without tags."""
    return _tidied(b, "strip_html")


@VALUES.says(
    "keep only digits|numbers (in | of) {columns}",
    "(remove | strip) (everything but | all but) digits (in | from | of) {columns}",
    "(remove | strip) [all] non-digits (in | from | of) {columns}",
)
def digits(b: Bound) -> list[p.Step] | None:
    """Texts of digits only."""
    return _tidied(b, "digits")


def _tidied(b: Bound, *actions: Any) -> list[p.Step] | None:
    columns = [name for name in b["columns"] if _family(b, name) == "text"]
    if not columns or (len(columns) < len(b["columns"]) and len(b["columns"]) < len(b.context.columns)):
        return None
    return [p.TextActions(columns=columns, actions=list(actions))]


@VALUES.says(
    "(parse | convert | change | turn | make | cast | read | set | transform) {column} (as | to | into | a | to type) [a] "
    "[type] {kind} [{dayfirst}]",
    "{column} (to | as) {kind} [{dayfirst}]",
    "(change | set) type of {column} to {kind}",
    "(parse | read | convert) {column} [as|to] {kind} (with | where) {dayfirst}",
    example="convert {text} to a number",
)
def convert(b: Bound) -> list[p.Step] | None:
    """Another type for a column."""
    column, to = b["column"], b["kind"]
    family = _family(b, column)
    if "dayfirst" in b and to not in ("date", "timestamp"):
        return None
    if to in ("date", "timestamp") and family == "text":
        return [p.ParseDate(column=column, day_first=b.get("dayfirst", False), to=to)]
    if to == "number":
        if family in NUMBERS:
            return None
        return [p.ParseNumber(column=column)] if family == "text" else [p.Cast(column=column, to="float")]
    if to in ("date", "timestamp") and family not in TIMES:
        return None
    return [p.Cast(column=column, to=to)]


@VALUES.says(
    "(clip | limit | restrict | constrain | clamp) {number_column} (to | between | to between | to range | from | within) "
    "{number:lo} (and | to | -) {number:hi}",
    "(clip | clamp) {number_column} at {number:lo} and {number:hi}",
    example="clip {number} between 0 and 100",
)
def clip(b: Bound) -> list[p.Step] | None:
    """Values are held between two."""
    return [p.Clip(column=b["number_column"], lo=b["lo"], hi=b["hi"])] if b["lo"] <= b["hi"] else None


@VALUES.says(
    "(cap | clip | limit | clamp) {number_column} (at | to | to at most | to maximum of | at maximum of | to max) {number}",
    "(cap | clip) {number_column} above {number}",
)
def cap(b: Bound) -> list[p.Step] | None:
    """Values are held below one."""
    return [p.Clip(column=b["number_column"], hi=b["number"])]


@VALUES.says(
    "(floor | clip) {number_column} (at minimum of | to at least | at least | below) {number}",
    "(raise | lift) {number_column} to at least {number}",
    "floor {number_column} at {number}",
)
def floor(b: Bound) -> list[p.Step] | None:
    """Values are held above one."""
    return [p.Clip(column=b["number_column"], lo=b["number"])]


@VALUES.says(
    "round {columns} [{rounding}] (to | at) {integer} (decimals | decimal | digits | places | decimal places | decimal digits)",
    "round {rounding} {columns}",
    "round {columns} [{rounding}] [to (integers | whole numbers | integer | nearest integer | whole number | nearest whole "
    "number)]",
    example="round {number} to 2 decimals",
)
def round_numbers(b: Bound) -> list[p.Step] | None:
    """Numbers are rounded."""
    columns = [name for name in b["columns"] if _family(b, name) in NUMBERS]
    if not columns or (len(columns) < len(b["columns"]) < len(b.context.columns)):
        return None
    return [p.Round(columns=columns, digits=b.get("integer", 0), mode=b.get("rounding", "half"))]


def _family(b: Bound, name: str) -> str:
    return b.context.column(name).family
