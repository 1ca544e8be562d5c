"""What free SQL may be: one SELECT over the given tables, of allowed parts and functions only, decided by its syntax tree.

Everything is refused that is not known to be harmless: a kind of node, a function, a table that was not given. It must not
know where tables are or run anything.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import BadValue, NotFound, Refused, did_you_mean
from . import pivots, syntax
from .functions import AGGREGATES, CALLABLE, HINTS, REASONS, TABLES
from .growth import SMALL, grows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from .syntax import Tree

    Scope = frozenset[tuple[str, ...]]

_EXPRESSIONS = """
    BETWEEN CASE CAST COLLATE COLUMN_REF COMPARISON CONJUNCTION CONSTANT FUNCTION LAMBDA LAMBDA_REF OPERATOR
    POSITIONAL_REFERENCE STAR SUBQUERY TYPE WINDOW
"""
EXPRESSIONS = frozenset(_EXPRESSIONS.split())
QUERIES = frozenset(["SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"])
TABLE_REFS = frozenset(["BASE_TABLE", "EMPTY", "EXPRESSION_LIST", "JOIN", "PIVOT", "SUBQUERY", "TABLE_FUNCTION"])
MODIFIERS = frozenset(["DISTINCT_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "ORDER_MODIFIER"])
ORDERS = frozenset(["ASCENDING", "DESCENDING", "ORDER_DEFAULT"])
PARTS = QUERIES | TABLE_REFS | MODIFIERS | ORDERS

_PLACE = re.compile(r'"query_location(?:_length)?": \d+')
_WORDS = {
    "PARAMETER": "a parameter",
    "DEFAULT": "DEFAULT",
    "SUBQUERY": "a subquery",
    "WINDOW": "a window function",
    "STAR": "a star",
    "POSITIONAL_REFERENCE": "a column number",
    "SHOW_REF": "SHOW, DESCRIBE or SUMMARIZE",
    "INSERT_QUERY_NODE": "an INSERT",
    "UPDATE_QUERY_NODE": "an UPDATE",
    "DELETE_QUERY_NODE": "a DELETE",
    "MERGE_QUERY_NODE": "a MERGE",
    "COPY_QUERY_NODE": "a COPY",
}
_REASONS = {name: reason for reason, names in REASONS.items() for name in names.split()}
_READS = "A query reads tables; it changes and shows nothing else."


@dataclass(frozen=True)
class Checked:
    """A query that may run.

    `tables` maps the names it reads to those of the given tables that they mean. `columns` are the names of columns that it
    can need, in lower case, of any table; None stands for all. `bounded` says that no function in it makes much out of
    little, so that a memory limit on DuckDB is enough. `tree` is the query as a syntax tree; `dynamic` says that it has a PIVOT
    whose columns must be looked up before it runs (`pivots.fill`).
    """

    sql: str
    tables: Mapping[str, str]
    columns: frozenset[str] | None
    bounded: bool
    tree: Tree = field(repr=False)
    dynamic: bool = False

    def wanted(self, columns: Iterable[str]) -> list[str]:
        """Those of a table's columns that the query can need, at least one where there are any."""
        return needed(columns, self.columns)


def needed(columns: Iterable[str], mentioned: Collection[str] | None) -> list[str]:
    """Those of a table's columns that are among those mentioned, at least one where there are any; None mentions all."""
    known = list(columns)
    if mentioned is None:
        return known
    return [name for name in known if name.casefold() in mentioned] or known[:1]


def check_query(sql: str, tables: Iterable[str]) -> Checked:
    """The query, if it is one SELECT that reads only `tables` and its own CTEs and calls only harmless functions.

    Raises `BadValue` CHECK for what is no SQL, `Refused` FORBIDDEN for what is not allowed, `NotFound` NO_TABLE for other tables.
    """
    tree, dynamic = _parsed(sql)
    inspection = _Inspection(list(tables))
    inspection.inspect(tree["node"])
    return Checked(
        sql,
        inspection.used,
        None if inspection.everything else frozenset(inspection.names),
        inspection.bounded,
        tree,
        dynamic,
    )


def _parsed(sql: str) -> tuple[Tree, bool]:
    """The query's tree, and whether columns of a PIVOT are still to be put into it."""
    try:
        return syntax.parse(sql), False
    except syntax.NoSelect:
        marked = pivots.mark(sql)
        if marked is None:
            raise
    try:
        tree = syntax.parse(marked)
    except syntax.NoSelect:
        message = "Part of this is no SELECT, or a PIVOT whose IN is no list of values."
        raise Refused(
            "FORBIDDEN", message, hint="Write IN ('a', 'b'), or leave IN out to have a column for every value."
        ) from None
    if not pivots.is_marked(tree, marked):
        raise BadValue("CHECK", "This PIVOT cannot be read.", hint="List its values: ON column IN ('a', 'b').")
    return tree, True


def check_expression(sql: str, columns: Iterable[str]) -> None:
    """Refuses what is not one scalar expression over `columns`: subqueries, aggregates, windows, stars, growing functions.

    Raises `BadValue` CHECK, `Refused` FORBIDDEN for a function, `NotFound` NO_COLUMN.
    """
    syntax.check_size(sql)
    if not sql.strip():
        raise _no_expression(sql, "empty")
    known = list(columns)
    node = _selected(sql, f"SELECT (\n{sql}\n)")
    # In brackets, commas make a row of several expressions.
    alike = {_outlined(each) for each in (node, _selected(sql, f"SELECT\n{sql}"), syntax.parse("SELECT (1)")["node"])}
    if len(alike) > 1:
        raise _no_expression(sql, "more than one expression")
    for part, bound in _expressions(node["select_list"][0]):
        kind = part.get("class")
        if kind in {"SUBQUERY", "WINDOW", "STAR", "POSITIONAL_REFERENCE"} or (kind is None and "type" in part and _is_part(part)):
            raise _no_expression(sql, _WORDS.get(str(kind), "part of a query"))
        _check_kind(part)
        if kind == "FUNCTION":
            check_call(part)
            name = part["function_name"].casefold()
            if name in AGGREGATES and name not in _ALSO_SCALAR:
                raise _no_expression(sql, f"{name}(), which needs more than one row")
            if part.get("schema") and part["qualified_name"]["path"][0].casefold() not in bound:
                _check_column(part["qualified_name"]["path"][0], known)
        elif kind == "COLUMN_REF" and part["column_names"][0].casefold() not in bound:
            _check_column(part["column_names"][0], known)


_ALSO_SCALAR = frozenset(["histogram", "list"])
_VALUES = frozenset(["current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"])


def _selected(sql: str, statement: str) -> Tree:
    try:
        node: Tree = syntax.parse(statement)["node"]
    except BadValue as error:
        raise BadValue("CHECK", error.message, hint="Check the brackets and quotes, and write one expression.") from None
    except Refused as error:
        if error.code == "FORBIDDEN":
            raise _no_expression(sql, "more than one expression") from None
        raise
    return node


def check_call(call: Tree) -> None:
    """Refuses a call in an expression that computes more than from its arguments, or much more than it is given."""
    _check_function(call)
    name = call["function_name"].casefold()
    if name == "unnest" or grows(call):
        hint = f"Give it a size of at most {SMALL:,}, written as a number." if name != "unnest" else "Use it in a query."
        raise Refused("FORBIDDEN", f"{name}() may make too much of a row.", hint=hint)


def _is_part(part: Tree) -> bool:
    return part["type"] in QUERIES | TABLE_REFS


def _outlined(node: Tree) -> str:
    """A SELECT as text, without what it selects and without places in the text."""
    kept = {**node, "select_list": len(node["select_list"])} if "select_list" in node else node
    return _PLACE.sub("", json.dumps(kept, sort_keys=True))


def _no_expression(sql: str, what: str) -> BadValue:
    shown = sql if len(sql) <= 80 else f"{sql[:80]}…"
    message = f"{shown!r} is {what}." if what in {"empty", "more than one expression"} else f"{shown!r} has {what}."
    return BadValue("CHECK", message, hint="Write one expression over the columns of a row, such as  price * qty.")


def _expressions(tree: Tree) -> Iterator[tuple[Tree, frozenset[str]]]:
    """Every object of an expression, with the names of lambda parameters that it can see."""
    waiting: list[tuple[Any, frozenset[str]]] = [(tree, frozenset())]
    while waiting:
        part, bound = waiting.pop()
        if isinstance(part, list):
            waiting.extend((item, bound) for item in part)
        elif isinstance(part, dict):
            yield part, bound
            if part.get("class") == "LAMBDA":
                bound |= {name.casefold() for each in syntax.walk(part["lhs"]) for name in each.get("column_names", [])[:1]}
            waiting.extend((item, bound) for item in part.values())


def _check_column(name: str, columns: list[str]) -> None:
    folded = name.casefold()
    if folded in _VALUES or any(folded == column.casefold() for column in columns):
        return
    hint = did_you_mean(name, columns) or "Put text in single quotes and a column name with spaces in double quotes."
    raise NotFound("NO_COLUMN", f"There is no column {name!r}.", hint=hint)


def _check_kind(part: Tree) -> None:
    """Refuses a part of a kind that is not on a list."""
    kind = part.get("class")
    if kind is not None:
        if kind not in EXPRESSIONS:
            raise _unwanted(str(kind))
    elif isinstance(part.get("type"), str) and part["type"] not in PARTS:
        raise _unwanted(part["type"])


def _unwanted(kind: str) -> Refused:
    what = _WORDS.get(kind, kind.replace("_", " ").lower())
    hint = "Write the value itself." if kind == "PARAMETER" else _READS
    return Refused("FORBIDDEN", f"A query cannot have {what}.", hint=hint)


def _check_function(part: Tree, *, table: bool = False) -> None:
    name = str(part["function_name"])
    allowed = TABLES if table else CALLABLE
    if name.casefold() in allowed:
        return
    reason = _REASONS.get(name.casefold())
    if reason is not None:
        raise Refused("FORBIDDEN", f"{name}() is not allowed: {reason}.", hint=HINTS.get(reason, _READS))
    where = " in FROM" if table else ""
    hint = did_you_mean(name, allowed) or "DuckDB's functions that only compute are there."
    raise BadValue("CHECK", f"There is no function {name}() that a query may call{where}.", hint=hint)


class _Inspection:
    """One walk over a query: what it reads, and whether every part of it is allowed."""

    def __init__(self, tables: list[str]) -> None:
        self.given = tables
        self.used: dict[str, str] = {}
        self.names: set[str] = set()
        self.relations: set[str] = set()
        self.single: set[str] = set()
        self.everything = False
        self.bounded = True

    def inspect(self, node: Tree) -> None:
        """Checks a whole query; a name is looked up in the CTEs that stand around it."""
        waiting: list[tuple[Any, Scope]] = [(node, frozenset())]
        while waiting:
            part, seen = waiting.pop()
            if isinstance(part, list):
                waiting.extend((item, seen) for item in part)
            elif isinstance(part, dict):
                self._check(part, seen)
                waiting.extend(self._inside(part, seen))
        if self.single & self.relations:
            # A table's name where a value stands is its whole row.
            self.everything = True

    def _inside(self, part: Tree, seen: Scope) -> Iterator[tuple[Any, Scope]]:
        if part.get("type") == "RECURSIVE_CTE_NODE":
            self.bounded = False
            own = part["cte_name"].casefold()
            yield part["left"], seen
            yield part["right"], seen | {(own,), ("recurring", own)}
            yield from ((item, seen) for key, item in part.items() if key not in {"left", "right"})
            return
        ctes = part.get("cte_map")
        if isinstance(ctes, dict):
            for entry in ctes.get("map", []):
                yield entry["value"], seen
                seen |= {(entry["key"].casefold(),)}
                self.relations.add(entry["key"].casefold())
        skipped = {"cte_map", *(["function"] if part.get("type") == "TABLE_FUNCTION" else [])}
        for key, item in part.items():
            if key not in skipped:
                yield item, seen
        if "function" in skipped:
            yield from ((item, seen) for key, item in part["function"].items() if key != "class")

    def _check(self, part: Tree, seen: Scope) -> None:
        _check_kind(part)
        kind = part.get("class")
        if kind is None:
            self._check_relation(part, seen)
        elif kind in {"FUNCTION", "WINDOW"}:
            _check_function(part)
            # `name.upper()` has its column where a schema would stand.
            self._mention(part["qualified_name"]["path"][:-1])
            self.bounded &= not grows(part)
        elif kind == "COLUMN_REF":
            self._mention(part["column_names"])
        elif kind in {"STAR", "POSITIONAL_REFERENCE"}:
            self.everything = True
        elif kind == "TYPE" and len(part["qualified_name"]["path"]) > 1:
            raise Refused(
                "FORBIDDEN", f"There is no type {'.'.join(part['qualified_name']['path'])!r}.", hint="Use a plain type."
            )

    def _mention(self, path: list[str]) -> None:
        folded = [name.casefold() for name in path]
        self.names.update(folded)
        self.single.update(folded[:1] if len(folded) == 1 else [])

    def _check_relation(self, part: Tree, seen: Scope) -> None:
        kind = part.get("type")
        if not isinstance(kind, str) or kind not in TABLE_REFS:
            return
        if part.get("alias"):
            self.relations.add(part["alias"].casefold())
        if part.get("column_name_alias") and kind == "BASE_TABLE":
            self.everything = True
        if kind == "BASE_TABLE":
            self._check_table(part, seen)
        elif kind == "JOIN":
            self.names.update(name.casefold() for name in part["using_columns"])
            self.everything |= part["ref_type"] == "NATURAL"
        elif kind == "PIVOT":
            self.everything = True
            if any(column.get("pivot_enum") for column in part["pivots"]):
                raise Refused("FORBIDDEN", "A PIVOT cannot take its columns from a type.", hint="List them: IN ('a', 'b').")
        elif kind == "TABLE_FUNCTION":
            function = part["function"]
            if function.get("class") != "FUNCTION":
                raise _unwanted("TABLE_FUNCTION")
            _check_function(function, table=True)
            self.bounded &= not grows(function)
            self.relations.add(function["function_name"].casefold())

    def _check_table(self, part: Tree, seen: Scope) -> None:
        path = part["qualified_name"]["path"]
        name = ".".join(path)
        self.relations.add(path[-1].casefold())
        if tuple(each.casefold() for each in path) in seen:
            return
        if part["at_clause"] is not None:
            raise Refused("FORBIDDEN", f"{name} has no versions that AT could choose from.", hint="Leave AT (…) out.")
        if len(path) > 1 or name != part["table_name"]:
            raise NotFound("NO_TABLE", f"There is no table {name!r}.", hint="Write the table's name alone.")
        found = [given for given in self.given if given == name] or [
            given for given in self.given if given.casefold() == name.casefold()
        ]
        if len(found) != 1:
            raise self._no_table(name, found)
        other = next((each for each in self.used if each.casefold() == name.casefold()), name)
        if self.used.setdefault(other, found[0]) != found[0]:
            message = f"{other} and {name} differ only in upper and lower case."
            raise Refused("FORBIDDEN", message, hint="SQL cannot tell them apart; rename one of them.")

    def _no_table(self, name: str, found: list[str]) -> NotFound:
        if found:
            return NotFound(
                "NO_TABLE", f"{name!r} may mean {' or '.join(found)}.", hint="Write it exactly as the table is called."
            )
        listed = ", ".join(sorted(self.given)[:8]) + (", …" if len(self.given) > 8 else "")
        hint = did_you_mean(name, self.given) or (f"There are: {listed}." if self.given else "No tables were given.")
        return NotFound("NO_TABLE", f"There is no table {name!r}.", hint=hint)
