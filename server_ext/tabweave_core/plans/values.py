"""Steps that change values and leave rows and columns where they are, as SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import BadValue
from .columns import convert, pattern
from .conditions import condition
from .expressions import checked
from .rows import order
from .shape import NUMBERS, RID, quote

if TYPE_CHECKING:
    from ..protocol import plan as p
    from ..protocol.ops import Scalar
    from .draft import Draft

_ACTIONS = {
    "trim": "trim({0})",
    "squeeze": "trim(regexp_replace({0}, '\\s+', ' ', 'g'))",
    "lower": "lower({0})",
    "upper": "upper({0})",
    "title": "array_to_string(list_transform(string_split({0}, ' '), lambda w: upper(w[1]) || lower(w[2:])), ' ')",
    "capitalize": "upper({0}[1]) || lower({0}[2:])",
    "strip_accents": "strip_accents({0})",
    "strip_html": "regexp_replace({0}, '<[^>]*>', '', 'g')",
    "digits": "regexp_replace({0}, '[^0-9]', '', 'g')",
    "letters": "regexp_replace({0}, '[^\\p{{L}} ]', '', 'g')",
}
_FIGURES = {"mean": "avg({})", "median": "median({})", "mode": "mode({0} ORDER BY {0})", "min": "min({})", "max": "max({})"}
_ROUNDED = ("mean", "median", "interpolate")
_DAY_FIRST = ["%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%y", "%d.%m.%y", "%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y"]
_MONTH_FIRST = [
    "%m/%d/%Y",
    "%m-%d-%Y",
    "%m/%d/%y",
    "%B %d, %Y",
    "%b %d, %Y",
    "%B %d %Y",
    "%b %d %Y",
    "%d %B %Y",
    "%d %b %Y",
    "%d-%b-%Y",
]
_ISO = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"]
_MONEY = r"[\s\p{Sc}]|(?i)\b(?:usd|eur|gbp|chf)\b"
_CLOCKS = ["", " %H:%M", " %H:%M:%S", " %I:%M %p", "T%H:%M:%S"]


def fill_missing(draft: Draft, step: p.FillMissing) -> None:
    """Puts values where there are none."""
    if not step.columns:
        raise BadValue("CHECK", "Which column is to be filled?", hint="Name it.")
    draft.shape.require(*step.columns, *step.per)
    changes = {}
    for name in step.columns:
        value = quote(name)
        there = f"nullif({value}, '')" if draft.shape.family(name) == "text" else value
        found = _filling(draft, step, name, there)
        if step.method in _ROUNDED:
            draft.rounds(name, _filling(draft, step, name, f"CAST({there} AS DOUBLE)"), f"{there} IS NULL")
        if step.method in ("mean", "median") and draft.shape.family(name) == "integer":
            found = f"round({found})"
        changes[name] = f"coalesce({there}, CAST({found} AS {draft.shape.type(name)}))"
    draft.change(changes)


def _filling(draft: Draft, step: p.FillMissing, name: str, there: str) -> str:
    alike = f"PARTITION BY {', '.join(map(quote, step.per))}" if step.per else ""
    if step.method == "constant":
        if step.value is None:
            raise BadValue("CHECK", f"What is {name} to be filled with?", hint="Give a value.")
        return draft.fitting(name, step.value)
    if step.method == "zero":
        draft.shape.require_numbers(name)
        return "0"
    if step.method in ("ffill", "bfill"):
        keys = order(draft, step.order)
        rows = (
            "BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
            if step.method == "ffill"
            else "BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING"
        )
        which = "last_value" if step.method == "ffill" else "first_value"
        return f"{which}({there} IGNORE NULLS) OVER ({alike} ORDER BY {keys} ROWS {rows})"
    if step.method == "interpolate":
        draft.shape.require_numbers(name)
        return f"fill({there}) OVER ({alike} ORDER BY {order(draft, step.order).rpartition(', ')[2]})"
    if step.method in ("mean", "median"):
        draft.shape.require_numbers(name)
        return f"{_FIGURES[step.method].format(there)} OVER ({alike})"
    if step.method == "mode":
        same = " AND ".join(f"inner_.{quote(key)} IS NOT DISTINCT FROM {draft.last}.{quote(key)}" for key in step.per)
        inner = there.replace(quote(name), f"inner_.{quote(name)}")
        where = f" WHERE {same}" if same else ""
        return f"(SELECT mode({inner} ORDER BY {inner}) FROM {draft.last} AS inner_{where})"
    return f"{_FIGURES[step.method].format(there)} OVER ({alike})"


def replace_values(draft: Draft, step: p.ReplaceValues) -> None:
    """Whole values for others, or parts of texts."""
    columns = step.columns
    draft.shape.require(*columns)
    if step.pairs:
        draft.change({name: _mapped(draft, name, [(pair.old, pair.new) for pair in step.pairs]) for name in columns})
        return
    draft.shape.require_text(*columns)
    new = draft.bind(step.replacement)
    if step.regex is not None:
        options = draft.bind("g" if step.case else "gi")
        found = draft.bind(pattern(draft, step.regex))
        draft.change({name: f"regexp_replace({quote(name)}, {found}, {new}, {options})" for name in columns})
    elif step.text:
        if step.case:
            found = draft.bind(step.text)
            draft.change({name: f"replace({quote(name)}, {found}, {new})" for name in columns})
        else:
            found = draft.bind(step.text)
            literal = f"regexp_escape({found})"
            plain = f"replace({new}, '\\', '\\\\')"
            draft.change({name: f"regexp_replace({quote(name)}, {literal}, {plain}, 'gi')" for name in columns})
    else:
        raise BadValue("CHECK", "What is to be replaced?", hint="Give a text, a pattern or pairs of values.")


def _mapped(draft: Draft, name: str, pairs: list[tuple[Scalar, Scalar]]) -> str:
    cases = []
    for old, new in pairs:
        then = draft.fitting(name, new)
        same = f"{quote(name)} IS NULL" if old is None else f"{quote(name)} = {draft.like(name, old)}"
        cases.append(f"WHEN {same} THEN {then}")
    return f"CASE {' '.join(cases)} ELSE {quote(name)} END"


def text_actions(draft: Draft, step: p.TextActions) -> None:
    """Tidies texts."""
    draft.shape.require_text(*step.columns)
    changes = {}
    for name in step.columns:
        value = quote(name)
        for action in step.actions:
            value = _ACTIONS[action].format(value)
        changes[name] = value
    draft.change(changes)


def parse_date(draft: Draft, step: p.ParseDate) -> None:
    """Reads texts as dates; what is no date refuses the plan or becomes missing."""
    if draft.shape.family(step.column) in ("date", "timestamp"):
        draft.change({step.column: f"CAST({quote(step.column)} AS {step.to.upper()})"})
        return
    draft.shape.require_text(step.column)
    days = [*_ISO, *(_DAY_FIRST if step.day_first else _MONTH_FIRST), *(_MONTH_FIRST if step.day_first else _DAY_FIRST)]
    formats = step.formats or [f"{day}{clock}" for clock in _CLOCKS for day in dict.fromkeys(days)]
    listed = ", ".join(draft.bind(each) for each in formats)
    text = f"trim({quote(step.column)})"
    parsed = (
        f"coalesce(try_strptime({text}, [{listed}]), TRY_CAST({text} AS TIMESTAMP))"
        if not step.formats
        else f"try_strptime({text}, [{listed}])"
    )
    convert(draft, step.column, f"CAST({parsed} AS {step.to.upper()})", f"a {step.to}", step.on_error)


def parse_number(draft: Draft, step: p.ParseNumber) -> None:
    """Reads texts as numbers: signs of money go, thousands too, (1.50) is negative, percents are hundredths."""
    if draft.shape.family(step.column) in NUMBERS:
        return
    draft.shape.require_text(step.column)
    plain = f"regexp_replace({quote(step.column)}, '{_MONEY}', '', 'g')"
    text = f"replace({plain}, '−', '-')"
    if step.thousands:
        text = f"replace({text}, {draft.bind(step.thousands)}, '')"
    if step.decimal != ".":
        text = f"replace({text}, {draft.bind(step.decimal)}, '.')"
    text = f"regexp_replace({text}, '^\\((.*)\\)$', '-\\1')"
    plain = f"TRY_CAST({text} AS DOUBLE)"
    hundredths = f"TRY_CAST(rtrim({text}, '%') AS DOUBLE) / 100"
    converted = f"CASE WHEN ends_with({text}, '%') THEN {hundredths} ELSE {plain} END" if step.percent else plain
    convert(draft, step.column, converted, "a number", step.on_error)


def clip(draft: Draft, step: p.Clip) -> None:
    """Holds values within bounds; missing ones stay missing."""
    draft.shape.require_family(step.column, {*NUMBERS, "date", "timestamp"}, "numbers or dates")
    value = quote(step.column)
    if step.lo is None and step.hi is None:
        raise BadValue("CHECK", "A bound is needed.", hint="Give the least value, the greatest, or both.")
    if step.lo is not None:
        value = (
            f"CASE WHEN {value} < {draft.like(step.column, step.lo)} THEN {draft.fitting(step.column, step.lo)} ELSE {value} END"
        )
    if step.hi is not None:
        value = (
            f"CASE WHEN {value} > {draft.like(step.column, step.hi)} THEN {draft.fitting(step.column, step.hi)} ELSE {value} END"
        )
    draft.change({step.column: f"CAST({value} AS {draft.shape.type(step.column)})"})


def round_numbers(draft: Draft, step: p.Round) -> None:
    """Rounds numbers."""
    draft.shape.require_numbers(*step.columns)
    changes = {}
    for name in step.columns:
        digits = draft.bind(step.digits)
        if step.mode == "half":
            found = f"round({quote(name)}, {digits})"
        else:
            function = "ceil" if step.mode == "up" else "floor"
            found = f"{function}({quote(name)} * pow(10, {digits})) / pow(10, {digits})"
        kept = draft.shape.type(name) if draft.shape.family(name) == "integer" else "DOUBLE" if step.mode != "half" else None
        changes[name] = found if kept is None else f"CAST({found} AS {kept})"
    draft.change(changes)


def standardise(draft: Draft, step: p.Standardise) -> None:
    """One spelling for several."""
    draft.shape.require_text(step.column)
    pairs: list[tuple[Scalar, Scalar]] = [(old, each.keep) for each in step.clusters for old in each.variants if old != each.keep]
    if pairs:
        draft.change({step.column: _mapped(draft, step.column, pairs)})


def update_cells(draft: Draft, step: p.UpdateCells) -> None:
    """Writes into the cells of a column that fit, or into single cells."""
    if step.cells:
        draft.shape.require(*(cell.column for cell in step.cells))
        changes = {}
        for name in dict.fromkeys(cell.column for cell in step.cells):
            own = [cell for cell in step.cells if cell.column == name]
            cases = " ".join(f"WHEN {RID} = {draft.bind(cell.rid)} THEN {draft.fitting(name, cell.value)}" for cell in own)
            changes[name] = f"CASE {cases} ELSE {quote(name)} END"
        draft.change(changes)
        return
    if step.column is None:
        raise BadValue("CHECK", "Which column is to be written?", hint="Name it.")
    draft.shape.require(step.column)
    fits = None if step.where is None else condition(draft, step.where)
    new = draft.fitting(step.column, step.value)
    if step.sql is not None:
        exact = checked(draft, step.sql)
        draft.rounds(step.column, exact, fits or "TRUE")
        new = f"CAST({exact} AS {draft.shape.type(step.column)})"
    if fits is not None:
        new = f"CASE WHEN {fits} THEN {new} ELSE {quote(step.column)} END"
    draft.change({step.column: new})
