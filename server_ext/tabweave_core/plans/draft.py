"""A plan on its way to one statement: a chain of named SELECTs over the table, and the values bound in them.

Values are never written into the text. The shape after each SELECT is asked of DuckDB, on the table without its rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb

from ..errors import BadValue, Refused, TabweaveError
from .shape import POS, RID, Shape, quote, require_distinct

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from duckdb import DuckDBPyConnection

    from ..protocol.ops import Scalar


_REORDERS = re.compile(r"\b(?:SELECT|OVER|JOIN|UNNEST)\b", re.IGNORECASE)
"""Words of a SELECT; with more than its own one, DuckDB may give the rows in another order than it reads them."""
_BOUND = re.compile(r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'|\$(p\d+)")


@dataclass(frozen=True)
class Rounding:
    """Results that a column holds with so many decimals and no more: `query` counts those that were others."""

    column: str
    decimals: int
    query: str
    values: Mapping[str, object]


@dataclass(frozen=True)
class Source:
    """A table that a plan may read: how DuckDB knows it, and its columns. It has `_rid` and `_pos` beside them.

    `laid`: DuckDB reads its rows in order of `_pos`.
    """

    relation: str
    shape: Shape
    laid: bool = False


class Draft:
    """The statement so far. `shape` is that of the table which the last SELECT leaves behind."""

    def __init__(self, connection: DuckDBPyConnection, source: Source, others: Mapping[str, Source]) -> None:
        self.connection = connection
        self.source = source
        self.others = others
        self.shape = source.shape
        self.kept_rows = True
        """Whether every row still is one of the table's own."""
        self.written: set[str] | None = set()
        """Columns whose cells may be others than the table's; None: any of them."""
        self.placed = False
        """Whether rows may stand in another order than the table's."""
        self.laid = source.laid
        """Whether the rows come in order of `_pos` without being sorted."""
        self.values: dict[str, object] = {}
        self.roundings: list[Rounding] = []
        self._selects: list[str] = []

    @property
    def last(self) -> str:
        """What the next SELECT reads from."""
        return f"s{len(self._selects)}"

    def bind(self, value: object, cast: str | None = None) -> str:
        """A value as it stands in the text."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"${name}" if cast is None else f"CAST(${name} AS {cast})"

    def like(self, column: str, value: Scalar) -> str:
        """A value to be compared with a column, in the column's own type; raises `TYPE` for one that it cannot hold."""
        family = self.shape.family(column)
        if value is None:
            return "NULL"
        if family in ("integer", "decimal", "float"):
            return self.bind(_number(column, value))
        if family == "boolean":
            if not isinstance(value, bool):
                raise BadValue("TYPE", f"{column} is true or false, not {value!r}.", hint="Write true or false.", where=column)
            return self.bind(value)
        if family in ("date", "time", "timestamp", "duration"):
            return self._moment(column, family, value)
        return self.bind(_text(value), "VARCHAR")

    def fitting(self, column: str, value: Scalar) -> str:
        """A value to be written into a column, in its type; raises `TYPE` for a number that the column can only hold changed."""
        wanted = self.shape.type(column)
        cell = f"CAST({self.like(column, value)} AS {wanted})"
        if value is None or self.shape.family(column) not in ("integer", "decimal"):
            return cell
        number = _number(column, value)
        try:
            (kept,) = self.connection.execute(f"SELECT CAST(? AS {wanted})", [number]).fetchall()[0]
        except duckdb.Error:
            kept = None
        if kept is None or Decimal(str(kept)) != Decimal(str(number)):
            raise BadValue(
                "TYPE",
                f"{column} cannot hold {number}: its type is {wanted.lower()}.",
                hint=f"Write a number of that type, or first: convert {column} to float.",
                where=column,
            )
        return cell

    def rounds(self, column: str, exact: str, where: str = "TRUE", relation: str = "") -> None:
        """Takes down that results over a SELECT so far (the last one) become cells of a column, which may round them."""
        type_ = self.shape.type(column)
        if self.shape.family(column) not in ("integer", "decimal"):
            return
        decimals = int(type_.rstrip(")").rpartition(",")[2]) if type_.startswith("DECIMAL") else 0
        scaled = f"CAST({exact} AS DOUBLE) * {10**decimals}"
        inner = f"SELECT CASE WHEN {where} THEN {scaled} END AS found FROM {relation or self.last}"
        off = "abs(found - round(found)) > 1e-7 + 1e-15 * abs(found)"
        query = self.statement(f"SELECT count(*) FROM ({inner}) WHERE {off}")
        self.roundings.append(Rounding(column, decimals, query, bound(query, self.values)))

    def _moment(self, column: str, family: str, value: Scalar) -> str:
        wanted = self.shape.type(column) if family != "date" else "TIMESTAMP"
        try:
            self.connection.execute(f"SELECT CAST(? AS {wanted})", [str(value)]).fetchall()
        except duckdb.Error:
            form = "14:05" if family == "time" else "2026-01-31"
            raise BadValue(
                "TYPE", f"{value!r} is no {family} for {column}.", hint=f"Write it like {form}.", where=column
            ) from None
        return self.bind(str(value), wanted)

    def then(self, select: str, *, written: Collection[str] | None = None, placed: bool = True) -> None:
        """Adds a SELECT over `last`, which must bring `_rid` and `_pos` along, and takes on its shape.

        `written` are the columns to which it gives cells of its own (None: any), `placed` that it gives rows places.
        """
        self._selects.append(select)
        self.shape = self._described()
        self.written = None if written is None or self.written is None else self.written | set(written)
        self.placed = self.placed or placed
        self.laid = self.laid and not placed and len(_REORDERS.findall(select)) == 1

    def project(self, columns: Iterable[tuple[str, str]], *, where: str = "") -> None:
        """Adds a SELECT of these columns (name, SQL) and the hidden ones."""
        chosen = list(columns)
        require_distinct([name for name, _ in chosen])
        listed = ", ".join(f"{sql} AS {quote(name)}" for name, sql in chosen)
        clause = f" WHERE {where}" if where else ""
        hidden = ", ".join((RID, POS))
        written = [name for name, sql in chosen if sql != quote(name)]
        self.then(f"SELECT {hidden}{', ' if listed else ''}{listed} FROM {self.last}{clause}", written=written, placed=False)

    def change(self, changes: Mapping[str, str]) -> None:
        """Puts SQL in place of columns, and adds those that are not there yet."""
        names = [*self.shape.names, *(name for name in changes if name not in self.shape)]
        self.project((name, changes.get(name, quote(name))) for name in names)

    def _described(self) -> Shape:
        text = self.statement(f"SELECT * FROM {self.last}", empty=True)
        try:
            found = self.connection.execute(text, bound(text, self.values)).description
        except duckdb.Error as error:
            raise refused(error) from None
        rows = [(name, str(type_)) for name, type_, *_ in found]
        return Shape.of((name, type_) for name, type_ in rows if name not in (RID, POS))

    def statement(self, select: str, *, empty: bool = False) -> str:
        """The whole statement that ends in `select`; with `empty` over a table without rows, for its types."""
        hidden = f"{RID}, {POS}"
        columns = "".join(f", {quote(name)}" for name in self.source.shape.names)
        first = f"s0 AS (SELECT {hidden}{columns} FROM {self.source.relation}{' WHERE FALSE' if empty else ''})"
        chain = [first, *(f"s{number} AS ({text})" for number, text in enumerate(self._selects, 1))]
        return f"WITH {', '.join(chain)} {select}"

    def ask(self, select: str) -> list[tuple[Any, ...]]:
        """What a SELECT over the chain so far finds in the table itself."""
        try:
            text = self.statement(select)
            return self.connection.execute(text, bound(text, self.values)).fetchall()
        except duckdb.Error as error:
            raise refused(error) from None


def bound(text: str, values: Mapping[str, object]) -> dict[str, object]:
    """Those of some values that stand in a text: those bound for questions asked meanwhile do not."""
    used = {found[1] for found in _BOUND.finditer(text) if found[1]}
    return {name: value for name, value in values.items() if name in used}


def refused(error: duckdb.Error) -> TabweaveError:
    """What DuckDB said, as a refusal."""
    if isinstance(error, duckdb.OutOfMemoryException):
        hint = "Filter or aggregate earlier, or name fewer columns."
        return Refused("TOO_LARGE", "This needs more memory than it may use.", hint=hint)
    reason = str(error).splitlines()[0].partition(": ")[2] or str(error)
    return BadValue("CHECK", f"This cannot be computed: {reason}", hint="Nothing was changed; change the step.")


def _number(column: str, value: Scalar) -> int | float | Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise BadValue("TYPE", f"{value!r} is not a number for {column}.", hint="Write a number.", where=column)
    if isinstance(value, (int, float)):
        return value
    try:
        found = Decimal(value)
    except ArithmeticError:
        raise BadValue("TYPE", f"{value!r} is not a number for {column}.", hint="Write a number.", where=column) from None
    return found if found.is_finite() else float(found)


def _text(value: Scalar) -> str:
    return value if isinstance(value, str) else ("true" if value else "false") if isinstance(value, bool) else str(value)
