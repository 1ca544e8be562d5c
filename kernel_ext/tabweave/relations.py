"""What SQL can read in a notebook: variables that are tables, and shared tables, as named columns of Arrow.

An index that a grid shows as columns is columns here too. It must not know SQL.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd
import pyarrow as pa
from tabweave_core.errors import Unavailable
from tabweave_core.sql.results import unique

from .frames.arrays import read
from .frames.columns import has_shown_index, label_text
from .frames.layout import level_label
from .frames.text import texts_of
from .tabular import as_table, is_tabular

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tabweave_core.protocol.schema import Schema

    from .shared.house import House
    from .workspace import Workspace


class Relation(Protocol):
    """A table by its columns' names."""

    @property
    def zone(self) -> str | None:
        """The time zone that its timestamps read in, if there is one."""

    @property
    def columns(self) -> Sequence[str]:
        """The names of its columns, none twice."""

    def load(self, columns: Sequence[str]) -> pa.Table:
        """Some of its columns."""

    def weight(self, columns: Sequence[str]) -> int:
        """About how many bytes these columns have."""


class Variable:
    """A variable's table as it is when it is first asked for; later edits do not reach it, and cost a copy of a column."""

    def __init__(self, home: Workspace, name: str, value: object) -> None:
        self._home = home
        self._name = name
        self._value = value

    @cached_property
    def _fields(self) -> dict[str, Any]:
        df = as_table(self._value, self._name).df
        frame = next((slot.frame for slot in self._home.sessions.slots() if slot.frame is not None and slot.frame.df is df), None)
        if frame is None:
            kept = df.copy(deep=False)
        else:
            with frame.lock:
                kept = df.copy(deep=False)
        index = kept.index
        fields: list[tuple[str, pd.Series[Any] | pd.Index[Any]]] = (
            [(level_label(index, at), index.get_level_values(at)) for at in range(index.nlevels)]
            if has_shown_index(index)
            else []
        )
        fields += [(label_text(label), kept.iloc[:, at]) for at, label in enumerate(kept.columns)]
        return dict(zip(unique([name for name, _ in fields]), [values for _, values in fields], strict=True))

    @property
    def columns(self) -> list[str]:
        """Index levels that are shown, then columns, as text."""
        return list(self._fields)

    @property
    def zone(self) -> str | None:
        """The zone of the first zoned timestamps."""
        zones = (getattr(values.dtype, "tz", None) for values in self._fields.values())
        return next((str(zone) for zone in zones if zone is not None), None)

    def load(self, columns: Sequence[str]) -> pa.Table:
        """Some columns, on the memory that they have wherever Arrow can read it."""
        return pa.table({name: _cells(self._fields[name]) for name in columns})

    def weight(self, columns: Sequence[str]) -> int:
        """About how many bytes these columns have."""
        return sum(int(self._fields[name].nbytes) for name in columns)


def _cells(values: Any) -> pa.Array | pa.ChunkedArray:
    """A column's cells in a type that DuckDB reads."""
    cells = read(values)
    if isinstance(cells, pa.Array | pa.ChunkedArray):
        return cells.cast(pa.float64()) if pa.types.is_decimal256(cells.type) else cells
    return texts_of(cells)


class Shared:
    """A shared table that no variable follows; nothing of it is fetched before it is asked for, and then all of it."""

    def __init__(self, house: House, name: str, rows: int) -> None:
        self._house = house
        self._name = name
        self._rows = rows

    @cached_property
    def _schema(self) -> Schema:
        return self._house.first_rows(self._name, 0)[0]

    @property
    def columns(self) -> list[str]:
        """The columns that this kernel's user may read."""
        return unique([column.name for column in self._schema.columns])

    @property
    def zone(self) -> str | None:
        """The zone of the first zoned timestamps."""
        return next((column.zone for column in self._schema.columns if column.zone), None)

    def load(self, columns: Sequence[str]) -> pa.Table:
        """Some columns, after all have been fetched."""
        ids = dict(zip(self.columns, [str(column.id) for column in self._schema.columns], strict=True))
        _, rows = self._house.first_rows(self._name, self._rows)
        return rows.select([ids[name] for name in columns]).rename_columns(list(columns))

    def weight(self, columns: Sequence[str]) -> int:  # noqa: ARG002
        """Nothing: what is fetched is no memory of this process yet."""
        return 0


def variables(home: Workspace) -> dict[str, Relation]:
    """The variables of a notebook that are tables."""
    return {
        name: Variable(home, name, value)
        for name, value in list(home.namespace.items())
        if name.isidentifier() and is_tabular(value) and (not name.startswith("_") or isinstance(value, pd.DataFrame))
    }


def shared_tables(home: Workspace) -> dict[str, Relation]:
    """The shared tables that this kernel's user may read, none while they cannot be reached."""
    house = home.house
    try:
        return {} if house is None else {info.name: Shared(house, info.name, info.rows) for info in house.tables()}
    except Unavailable:
        return {}
