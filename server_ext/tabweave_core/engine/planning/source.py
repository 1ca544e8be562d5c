"""What planning asks of a table, whichever engine holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from ...protocol.schema import Column, Filter
    from ..rollups.units import Ints, Mask


class Source(Protocol):
    """A table at one revision. Arrays and masks have one entry for each row, in the order of `rids`."""

    @property
    def rev(self) -> int:
        """The revision."""
        ...

    @property
    def epoch(self) -> str:
        """What tells this table from another with the same revisions."""
        ...

    def rids(self) -> Ints:
        """The ids of all rows."""
        ...

    def column(self, cid: int) -> Column:
        """A column; raises NO_COLUMN."""
        ...

    def values(self, cid: int) -> pa.Array:
        """A column's values; Python objects as texts."""
        ...

    def as_of(self, cid: int, rev: int) -> pa.Array:
        """A column's values as they were at a revision, null in rows that were not there; raises UNDO_EXPIRED."""
        ...

    def keep(self, filters: Sequence[Filter]) -> Mask:
        """Which rows all of these filters keep."""
        ...

    def frozen(self, cid: int) -> Mask | None:
        """Which cells of a column are locked; None for none."""
        ...

    @property
    def locks(self) -> object:
        """What is another one when other cells are locked, or rows came or went."""
        ...
