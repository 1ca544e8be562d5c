"""The columns of a table in the middle of a plan: names in order and their DuckDB types. It must not know steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..errors import BadValue, NotFound, Refused, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Family = Literal["integer", "decimal", "float", "boolean", "text", "date", "time", "timestamp", "duration", "binary", "nested"]
NUMBERS: frozenset[Family] = frozenset({"integer", "decimal", "float"})
TIMES: frozenset[Family] = frozenset({"date", "timestamp"})
RID = "_rid"
"""The hidden column that says which row of the first table a row is; missing in rows that are new."""
POS = "_pos"
"""The hidden column that rows are in order of."""

_FAMILIES: dict[str, Family] = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"), "integer"),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"), "integer"),
    **dict.fromkeys(("FLOAT", "DOUBLE"), "float"),
    **dict.fromkeys(("VARCHAR", "ENUM", "UUID"), "text"),
    **dict.fromkeys(("TIME", "TIME WITH TIME ZONE", "TIME_NS"), "time"),
    **dict.fromkeys(("BLOB", "BIT"), "binary"),
    "BOOLEAN": "boolean",
    "DECIMAL": "decimal",
    "DATE": "date",
    "INTERVAL": "duration",
}


def family_of(type_: str) -> Family:
    """What kind of values a DuckDB type has."""
    if type_.endswith("]") or type_.startswith(("STRUCT", "MAP", "UNION")):
        return "nested"
    if type_.startswith("TIMESTAMP"):
        return "timestamp"
    return _FAMILIES.get(type_.partition("(")[0], "text")


def quote(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def require_distinct(names: Sequence[str]) -> None:
    """Raises `SCHEMA` for names of which SQL could not tell two apart."""
    lower = [name.lower() for name in names]
    twice = next((name for name in names if lower.count(name.lower()) > 1), None)
    if twice is not None:
        raise Refused("SCHEMA", f"Two columns would be called {twice!r}.", hint="Give one of them another name.", where=twice)


@dataclass(frozen=True)
class Shape:
    """Columns and their types, the hidden ones left out."""

    types: Mapping[str, str]

    @classmethod
    def of(cls, columns: Iterable[tuple[str, str]]) -> Shape:
        """The shape of named columns; raises `SCHEMA` where SQL could not tell two of them apart."""
        types: dict[str, str] = {}
        seen: dict[str, str] = {}
        for name, type_ in columns:
            twin = seen.setdefault(name.lower(), name)
            if name in types or twin != name:
                message = f"The columns {twin!r} and {name!r} cannot be told apart in a command."
                raise Refused("SCHEMA", message, hint="Rename one of them.")
            if name.lower() in (RID, POS):
                raise Refused("SCHEMA", f"A column called {name!r} cannot take part in a command.", hint="Rename it.")
            types[name] = type_
        return cls(types)

    @property
    def names(self) -> list[str]:
        """The columns in order."""
        return list(self.types)

    def __contains__(self, name: object) -> bool:
        return name in self.types

    def require(self, *names: str) -> None:
        """Raises `NO_COLUMN` with the nearest names for a column that is not here."""
        for name in names:
            if name not in self.types:
                hint = did_you_mean(name, self.names) or f"Its columns are {', '.join(self.names[:12])}."
                raise NotFound("NO_COLUMN", f"There is no column {name!r}.", hint=hint, where=name)

    def require_new(self, *names: str) -> None:
        """Raises `SCHEMA` for a name that is empty, taken or not allowed."""
        lower = {name.lower(): name for name in self.types}
        for place, name in enumerate(names):
            if not name.strip():
                raise Refused("SCHEMA", "A column needs a name.", hint="Give it one.")
            if name.lower() in lower:
                raise Refused(
                    "SCHEMA", f"There is a column {lower[name.lower()]!r} already.", hint="Choose another name.", where=name
                )
            if name.lower() in (RID, POS) or name.lower() in {other.lower() for other in names[:place]}:
                raise Refused("SCHEMA", f"{name!r} cannot name this column.", hint="Choose another name.", where=name)

    def type(self, name: str) -> str:
        """The DuckDB type of a column; raises `NO_COLUMN`."""
        self.require(name)
        return self.types[name]

    def family(self, name: str) -> Family:
        """The kind of values of a column; raises `NO_COLUMN`."""
        return family_of(self.type(name))

    def require_family(self, name: str, wanted: Iterable[Family], why: str) -> None:
        """Raises `TYPE` for a column whose values are of another kind; `why` completes "needs"."""
        found = self.family(name)
        if found not in wanted:
            raise BadValue(
                "TYPE", f"{name} holds {_WORDS[found]}, and this needs {why}.", hint="Convert the column first.", where=name
            )

    def require_numbers(self, *names: str) -> None:
        """Raises `TYPE` for a column without numbers."""
        for name in names:
            self.require_family(name, NUMBERS, "numbers")

    def require_times(self, name: str) -> None:
        """Raises `TYPE` for a column without dates."""
        self.require_family(name, TIMES, "dates")

    def require_text(self, *names: str) -> None:
        """Raises `TYPE` for a column without texts."""
        for name in names:
            self.require_family(name, ("text",), "texts")


_WORDS: dict[Family, str] = {
    "integer": "whole numbers",
    "decimal": "decimal numbers",
    "float": "numbers",
    "boolean": "true and false",
    "text": "texts",
    "date": "dates",
    "time": "times of day",
    "timestamp": "points in time",
    "duration": "durations",
    "binary": "bytes",
    "nested": "lists or records",
}
