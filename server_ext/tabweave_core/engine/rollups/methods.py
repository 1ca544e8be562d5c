"""The ways to write a total: what each wants, without how it is done. Totals and amounts are in units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from decimal import Decimal

    from .column import Number, Values
    from .units import Ints


@dataclass(frozen=True)
class Proportional:
    """The total becomes `total`: every leaf moves the same way, in proportion to its size."""

    total: Number


@dataclass(frozen=True)
class Ratio:
    """The total becomes `total`: every leaf keeps its share of the sum. `force` accepts a sum that is near zero."""

    total: Number
    force: bool = False


@dataclass(frozen=True)
class Equal:
    """The total becomes `total`: all leaves get the same."""

    total: Number
    include_null: bool = False


@dataclass(frozen=True)
class EqualIncrement:
    """The total becomes `total`: all leaves move by the same."""

    total: Number


@dataclass(frozen=True, eq=False)
class Weighted:
    """The total becomes `total`, in the proportions of another column, version or revision (its values for all leaves)."""

    total: Number
    reference: Values


@dataclass(frozen=True, eq=False)
class WeightedIncrement:
    """The total becomes `total`: the difference is added in the proportions of `reference`."""

    total: Number
    reference: Values


@dataclass(frozen=True)
class Repeat:
    """Every leaf becomes `value`."""

    value: Number
    include_null: bool = False


@dataclass(frozen=True)
class Add:
    """The total grows by `amount`."""

    amount: Number
    by: Literal["proportional", "equal"] = "proportional"


@dataclass(frozen=True)
class Subtract:
    """The total shrinks by `amount`."""

    amount: Number
    by: Literal["proportional", "equal"] = "proportional"


@dataclass(frozen=True)
class Percent:
    """Every leaf grows by `percent` of itself; the total by exactly the rounded percentage of what may change."""

    percent: Decimal


@dataclass(frozen=True, eq=False)
class RelativePercent:
    """Every leaf becomes `percent` more than its reference; where that is missing, missing."""

    reference: Values
    percent: Decimal


@dataclass(frozen=True, eq=False)
class StraightLine:
    """The totals along an ordered axis run evenly from `first` to `last`; `axis` is each leaf's place on it.

    The leaves of one place share its total in proportion.
    """

    axis: Ints
    first: Number
    last: Number


@dataclass(frozen=True, eq=False)
class Growth:
    """The totals along an ordered axis begin at `first` and grow by `percent` with every step."""

    axis: Ints
    first: Number
    percent: Decimal


@dataclass(frozen=True, eq=False)
class Copy:
    """Every leaf becomes its reference, missing where that is missing."""

    reference: Values


@dataclass(frozen=True)
class Clear:
    """Every leaf becomes missing."""


@dataclass(frozen=True)
class Zero:
    """Every leaf becomes zero."""


Simple = (
    Proportional
    | Ratio
    | Equal
    | EqualIncrement
    | Weighted
    | WeightedIncrement
    | Repeat
    | Add
    | Subtract
    | Percent
    | RelativePercent
    | Copy
    | Clear
    | Zero
)
"""The methods that need no axis."""

Method = Simple | StraightLine | Growth
