"""A condition on rows in SQL, written by a person: checked, then asked of the columns under their own names.

It runs beside everything else that the store does, where nothing bounds its memory: so it calls only functions that give
little for a row whatever they are given. A zoned timestamp stands for the wall clock of its zone, a duration for an interval.
It must not know views.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from ..errors import BadValue, Refused
from ..sql import syntax
from ..sql.guard import check_expression
from .texts import fixed_offset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..protocol.schema import Column
    from ..sql.syntax import Tree
    from .catalog import Table

_NAMES = """
    + - * / // % ^ ** & | << >> ~ ~~ !~~ ~~* !~~* ~~~ like_escape not_like_escape ilike_escape not_ilike_escape
    regexp_matches regexp_full_match regexp_extract contains prefix suffix starts_with ends_with
    lower upper lcase ucase trim ltrim rtrim length len strlen char_length character_length left right substring substr
    position instr strpos split_part ascii unicode levenshtein damerau_levenshtein hamming jaccard jaro_similarity
    abs sign round floor ceil ceiling trunc even mod pow power sqrt cbrt exp ln log log2 log10 pi isnan isinf isfinite
    greatest least nullif ifnull if
    year month day hour minute second millisecond microsecond quarter week weekofyear yearweek dayofweek isodow weekday dayofmonth
    dayofyear dayname monthname isoyear date_part datepart date_trunc datetrunc date_diff datediff date_sub datesub
    last_day make_date make_time make_timestamp strftime age epoch epoch_ms epoch_us epoch_ns
    to_years to_months to_weeks to_days to_hours to_minutes to_seconds to_milliseconds to_microseconds
    now today current_date current_timestamp get_current_timestamp
"""
CALLABLE = frozenset(_NAMES.split())
"""The functions of a condition: what each gives is hardly longer than what it gets."""
JOINING = frozenset(["||", "concat", "concat_ws", "replace", "regexp_replace", "translate"])
"""These may give more than they get; a condition has a few of them, with short constants in place of what is found."""
_MOST_JOINED = 8
_LONGEST_CONSTANT = 20
_FOUND = {"replace": 2, "regexp_replace": 2, "translate": 2}
_REFUSED = {"LAMBDA": "a function of its own", "SUBQUERY": "a subquery", "WINDOW": "a window function"}

UNUSABLE = (
    duckdb.InvalidInputException,
    duckdb.ConversionException,
    duckdb.BinderException,
    duckdb.OutOfRangeException,
    duckdb.ParserException,
    duckdb.NotImplementedException,
    duckdb.CatalogException,
    duckdb.InvalidTypeException,
    duckdb.TypeMismatchException,
)
"""What DuckDB raises when a condition does not fit the values that it is asked of."""
_SPANS = {"s": "to_seconds({})", "ms": "to_milliseconds({})", "us": "to_microseconds({})", "ns": "to_microseconds({} // 1000)"}


def condition(table: Table, sql: str) -> str:
    """The SQL that says for which rows a condition is true; raises what `check_expression` does."""
    check_expression(sql, [column.name for column in table.columns])
    _check_size(sql)
    wanted = _mentioned(sql)
    named = [column for column in table.columns if column.name.casefold() in wanted]
    folded = [column.name.casefold() for column in named]
    twice = next((column.name for column in named if folded.count(column.name.casefold()) > 1), None)
    if twice is not None:
        message = f"The condition may mean two columns called {twice!r}, in upper and lower case."
        raise BadValue("CHECK", message, hint="Rename one of them.")
    shown = "".join(f", {_value(column)} AS {_quoted(column.name)}" for column in named)
    row = "row_of"
    while row in folded:
        row += "_"
    return f"{table.live}._rid IN (SELECT {row} FROM (SELECT _rid AS {row}{shown} FROM {table.live}) WHERE (\n{sql}\n))"


def _mentioned(sql: str) -> set[str]:
    """The names of columns in a condition, in lower case, and perhaps others."""
    found = set()
    for part in _parts(sql):
        if part.get("class") == "COLUMN_REF":
            found.add(part["column_names"][0].casefold())
        elif part.get("class") == "FUNCTION":
            found.update(name.casefold() for name in part["qualified_name"]["path"])
    return found


def _parts(sql: str) -> Iterator[Tree]:
    return syntax.walk(syntax.parse(f"SELECT (\n{sql}\n)"))


def _check_size(sql: str) -> None:
    """Refuses what could make much out of a row."""
    joined = 0
    for part in _parts(sql):
        if part.get("class") in _REFUSED:
            raise _too_much(f"has {_REFUSED[part['class']]}")
        if part.get("class") != "FUNCTION":
            continue
        name = part["function_name"].casefold()
        if name not in CALLABLE | JOINING:
            raise _too_much(f"calls {name}()")
        joined += name in JOINING
        if joined > _MOST_JOINED or (name in _FOUND and not _is_short(part, _FOUND[name])):
            raise _too_much("puts too much text together")


def _is_short(call: Tree, place: int) -> bool:
    arguments = [each["expression"] for each in call["arguments"]]
    literal = (arguments[place].get("literal") or {}) if len(arguments) > place else {}
    inner = any(part.get("function_name", "").casefold() in JOINING for part in syntax.walk(arguments))
    return not inner and literal.get("kind") == "STRING" and len(literal["text"]) <= _LONGEST_CONSTANT


def _too_much(what: str) -> Refused:
    hint = "Filter with comparisons, LIKE and simple functions; ask the rest with %tab sql."
    return Refused("FORBIDDEN", f"The condition {what}, which a filter of a shared table may not.", hint=hint)


def _value(column: Column) -> str:
    name = f"c{column.id}"
    if column.kind == "timestamp" and column.zone:
        fixed = fixed_offset(column.zone)
        if fixed is not None:
            return f"CAST({name} AS TIMESTAMP) + to_seconds({fixed})"
        zone = column.zone.replace("'", "''")
        return f"timezone('{zone}', timezone('UTC', CAST({name} AS TIMESTAMP)))"
    if column.kind == "duration":
        return _SPANS[column.unit or "ns"].format(name)
    return name


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
