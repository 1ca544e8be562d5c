"""What an interpreter knows of a table: its columns, what they hold, and the date. It must not know plans or words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..plans.shape import Family, family_of, quote

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from duckdb import DuckDBPyConnection

    from ..plans.draft import Source

MOST_VALUES = 2000
"""A text column with no more different values is known by them; of others only how many there are."""
_LONGEST = 80


@dataclass(frozen=True)
class ColumnContext:
    """A column: its kind, how much of it is missing (0–1), its different values, and its range where it has one.

    `values` are all its different texts, the most frequent first, or empty where there are too many.
    """

    name: str
    family: Family
    type: str
    missing: float = 0.0
    distinct: int = 0
    lo: Any = None
    hi: Any = None
    values: tuple[str, ...] = ()
    unique: bool = False


@dataclass(frozen=True)
class Context:
    """A table and the day on which something is said about it. `others` are tables that it may be joined with."""

    table: str
    columns: tuple[ColumnContext, ...]
    rows: int
    today: date
    others: Mapping[str, tuple[ColumnContext, ...]] = field(default_factory=dict)

    def column(self, name: str) -> ColumnContext:
        """A column by its name."""
        return next(each for each in self.columns if each.name == name)


def look(connection: DuckDBPyConnection, source: Source) -> tuple[tuple[ColumnContext, ...], int]:
    """The columns of a table as it is now, and how many rows it has."""
    counted = ["count(*)"]
    for name in source.shape.names:
        value = quote(name)
        ranged = source.shape.family(name) in ("integer", "decimal", "float", "date", "timestamp", "time")
        counted += [f"count({value})", f"approx_count_distinct({value})"]
        # Python would need another package for zoned moments.
        plain = f"CAST({value} AS TIMESTAMP)" if source.shape.type(name) == "TIMESTAMP WITH TIME ZONE" else value
        counted += [f"min({plain})", f"max({plain})"] if ranged else ["NULL", "NULL"]
    ((rows, *figures),) = connection.execute(f"SELECT {', '.join(counted)} FROM {source.relation}").fetchall()
    found = []
    for place, (name, type_) in enumerate(source.shape.types.items()):
        present, distinct, lo, hi = figures[4 * place : 4 * place + 4]
        values = _values(connection, source, name) if family_of(type_) == "text" and distinct <= 2 * MOST_VALUES else ()
        found.append(
            ColumnContext(
                name=name,
                family=family_of(type_),
                type=type_,
                missing=1 - present / rows if rows else 0.0,
                distinct=len(values) or distinct,
                lo=lo,
                hi=hi,
                values=values,
                unique=rows > 1 and (len(values) or distinct) >= 0.98 * rows,
            )
        )
    return tuple(found), rows


def _values(connection: DuckDBPyConnection, source: Source, name: str) -> tuple[str, ...]:
    text = f"CAST({quote(name)} AS VARCHAR)"
    rows = connection.execute(
        f"SELECT {text} AS v, count(*) AS n FROM {source.relation} WHERE v <> '' AND length(v) <= {_LONGEST} "
        f"GROUP BY v ORDER BY n DESC, v LIMIT {MOST_VALUES + 1}"
    ).fetchall()
    return tuple(value for value, _ in rows) if len(rows) <= MOST_VALUES else ()
