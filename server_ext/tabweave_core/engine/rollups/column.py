"""One measure's values over the leaves of a hierarchy. It must not know nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .units import LIMIT, Ints, Mask, Units, is_wide, narrowed, to_decimal, widened

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

Number = int | float
"""Units, or a float in an approximate column."""


@dataclass(frozen=True)
class Measure:
    """What a column can hold: `scale` decimals, `least` to `most` by its type, `low` to `high` as declared; all in units.

    A measure that is no `number` holds codes of texts or dates. An approximate one is a DOUBLE column that its owner did not
    want converted: its units are the floats themselves.
    """

    name: str
    scale: int = 0
    least: Number | None = -LIMIT
    most: Number | None = LIMIT - 1
    low: Number | None = None
    high: Number | None = None
    approximate: bool = False
    number: bool = True

    @classmethod
    def decimal(cls, name: str, precision: int, scale: int, *, low: int | None = None, high: int | None = None) -> Measure:
        """A measure stored as DECIMAL(precision, scale)."""
        most = 10**precision - 1
        return cls(name, scale, -most, most, low, high)

    @classmethod
    def double(cls, name: str, *, low: float | None = None, high: float | None = None) -> Measure:
        """A measure that stays DOUBLE."""
        return cls(name, 0, None, None, low, high, approximate=True)

    def natural(self, units: Number) -> Decimal | float:
        """Units as the number that a person reads."""
        return units if isinstance(units, float) else to_decimal(units, self.scale)

    def told(self, units: Number) -> str:
        """The same in a sentence: digits in groups of three, as grids show totals."""
        return f"{units:,}" if isinstance(units, float) else f"{to_decimal(units, self.scale):,f}"


@dataclass(frozen=True, eq=False)
class Values:
    """Units and which of them are there; `present` is None when all are. What is missing has the unit 0."""

    units: Units
    present: Mask | None = None

    @classmethod
    def of(cls, units: Units, present: Mask | None = None) -> Values:
        """Values from units that may hold anything where they are missing."""
        if present is None or present.all():
            return cls(narrowed(units))
        cleared = units.copy()
        cleared[~present] = 0
        return cls(narrowed(cleared), present)

    def __len__(self) -> int:
        return len(self.units)

    @property
    def nbytes(self) -> int:
        """Bytes held in arrays, without the Python integers that an object array refers to."""
        return self.units.nbytes + (0 if self.present is None else self.present.nbytes)

    def there(self) -> Mask:
        """Which are not missing, as a mask."""
        return np.ones(len(self.units), dtype=np.bool_) if self.present is None else self.present

    @staticmethod
    def joined(parts: Sequence[Values]) -> Values:
        """Values one after the other."""
        present = None if all(part.present is None for part in parts) else np.concatenate([part.there() for part in parts])
        return Values(np.concatenate([part.units for part in parts]), present)

    def take(self, leaves: slice | Ints | Mask) -> Values:
        """Some of them, in order."""
        return Values(self.units[leaves], None if self.present is None else self.present[leaves])

    def put(self, leaf: int, value: Number | None) -> Values:
        """These values with another at one leaf, written in place where the arrays can hold it."""
        unit = 0 if value is None else value
        fits = self.units.dtype == np.float64 or is_wide(self.units) or -LIMIT <= unit < LIMIT
        units = self.units if fits else widened(self.units)
        units[leaf] = unit
        present = self.there() if value is None and self.present is None else self.present
        if present is not None:
            present[leaf] = value is not None
        return Values(units, present)

    def replaced(self, leaves: slice | Ints, new: Values) -> Values:
        """These values with others at `leaves`, written in place where the arrays can hold them."""
        units = widened(self.units) if is_wide(new.units) else self.units
        units[leaves] = new.units
        present = self.there() if self.present is None and new.present is not None else self.present
        if present is not None:
            present[leaves] = new.there()
        return Values(units, present)

    def inserted(self, at: Ints, new: Values) -> Values:
        """These values with others, which end up at the ascending positions `at`."""
        before = at - np.arange(len(at))
        units = widened(self.units) if is_wide(new.units) else self.units
        present = None
        if self.present is not None or new.present is not None:
            present = np.insert(self.there(), before, new.there())
        return Values(np.insert(units, before, new.units), present)

    def deleted(self, leaves: Ints) -> Values:
        """These values without some."""
        return Values(np.delete(self.units, leaves), None if self.present is None else np.delete(self.present, leaves))
