"""What a node can show of its leaves, and which of it can be typed into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...errors import Refused

Kind = Literal["sum", "count", "mean", "min", "max", "first", "last", "distinct", "weighted_mean", "ratio"]

REASONS = {
    "min": "The minimum belongs to one leaf and does not say what the others are",
    "max": "The maximum belongs to one leaf and does not say what the others are",
    "count": "A count says how many values there are, not what they are",
    "distinct": "A distinct count says how many different values there are, not which",
    "median": "The median does not say what the other leaves are",
    "quantile": "A quantile does not say what the other leaves are",
    "stddev": "Many different leaves have the same standard deviation",
    "mode": "The most frequent value does not say what the other leaves are",
    "weighted_mean": "A weighted mean can be typed into when an inverse is declared: the column that holds value × weight",
    "ratio": "A ratio can be typed into when its numerator is declared as its inverse",
}
"""Why a node does not accept a value for this aggregate, unless an inverse is declared."""


@dataclass(frozen=True)
class Aggregate:
    """One measure of a rollup: `kind` of `column`.

    A weighted mean is over the rows where `column` and the weights `other` are both there. A ratio is the sum of `column`
    over the sum of `other`. `inverse` names the column that a typed ratio or weighted mean is written to: the numerator,
    which for a weighted mean is the column that holds value × weight and that the values follow. `first` and `last` are by
    leaf order, among the values that are there.
    """

    kind: Kind
    column: str
    other: str = ""
    inverse: str = ""

    def __post_init__(self) -> None:
        if (self.kind in ("weighted_mean", "ratio")) != bool(self.other):
            raise ValueError(f"{self.kind} of {self.column!r} with {self.other!r}")
        if self.inverse and (not self.other or (self.kind == "ratio" and self.inverse != self.column)):
            raise ValueError(f"{self.kind} cannot be written to {self.inverse!r}")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it reads."""
        return (self.column, self.other) if self.other else (self.column,)

    @property
    def label(self) -> str:
        """How it reads: `sum(amount)`."""
        return f"{self.kind}({', '.join(self.columns)})"

    @property
    def why_not(self) -> str:
        """Why a node's value cannot be typed into; empty when it can."""
        return "" if self.inverse else REASONS.get(self.kind, "")

    def require_editable(self) -> None:
        """Refuses (NOT_EDITABLE) with the reason what cannot be typed into."""
        if self.why_not:
            raise Refused("NOT_EDITABLE", f"{self.why_not}.", hint="Type into the leaves, or into a sum.", where=self.label)
