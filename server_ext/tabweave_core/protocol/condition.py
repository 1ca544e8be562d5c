"""What steps of a plan are made of: conditions, sort keys, figures, group keys."""

from __future__ import annotations

from typing import Literal

import msgspec

from .ops import Scalar

Function = Literal[
    "sum", "mean", "min", "max", "count", "distinct", "median", "stddev", "variance", "first", "last", "mode", "share"
]  # fmt: skip
Unit = Literal["year", "quarter", "month", "week", "day", "hour", "minute", "weekday", "month_name", "date"]


class Piece(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of the pieces of steps."""


# Conditions


class Test(Piece, frozen=True, kw_only=True, tag_field="test"):
    """Base of all conditions."""


class All(Test, frozen=True, kw_only=True, tag="all"):
    """All of these hold."""

    of: list[Condition]


class Either(Test, frozen=True, kw_only=True, tag="any"):
    """At least one of these holds."""

    of: list[Condition]


class Not(Test, frozen=True, kw_only=True, tag="not"):
    """It does not hold; also true where it cannot be told because a value is missing."""

    of: Condition


class Compare(Test, frozen=True, kw_only=True, tag="compare"):
    """A column against a value, or against another column with `other`. False where either is missing."""

    column: str
    cmp: Literal["=", "!=", "<", "<=", ">", ">="]
    value: Scalar = None
    other: str | None = None


class Among(Test, frozen=True, kw_only=True, tag="in"):
    """A column's value is one of these."""

    column: str
    values: list[Scalar]


class Between(Test, frozen=True, kw_only=True, tag="between"):
    """lo <= value <= hi."""

    column: str
    lo: Scalar
    hi: Scalar


class Matches(Test, frozen=True, kw_only=True, tag="matches"):
    """The text of a column's value; without `case` capitals make no difference."""

    column: str
    text: str
    mode: Literal["contains", "starts", "ends", "equals", "regex"] = "contains"
    case: bool = False


class Absent(Test, frozen=True, kw_only=True, tag="missing"):
    """The value is missing; an empty text counts as missing."""

    column: str


class Period(Test, frozen=True, kw_only=True, tag="period"):
    """A part of a date has a value: `year` 2026, `month` 1–12, `weekday` 1 (Monday) – 7, `quarter` 1–4, `day`, `hour`."""

    column: str
    unit: Unit
    values: list[int]


class Formula(Test, frozen=True, kw_only=True, tag="sql"):
    """A DuckDB expression over the columns is true."""

    sql: str


class Against(Test, frozen=True, kw_only=True, tag="against"):
    """A column against a figure of a column over all rows (or, with `per`, over the rows alike in these columns)."""

    column: str
    cmp: Literal["=", "!=", "<", "<=", ">", ">="]
    fn: Function
    of: str
    per: list[str] = []
    factor: float = 1.0


Condition = All | Either | Not | Compare | Among | Between | Matches | Absent | Period | Formula | Against


# Pieces


class Order(Piece, frozen=True, kw_only=True):
    """A sort key; missing values go last whichever way it runs."""

    column: str
    descending: bool = False


class Measure(Piece, frozen=True, kw_only=True):
    """A figure of a group: `count` without a column counts rows. `where` counts only rows that fit. `name` is the new column."""

    fn: Function
    column: str | None = None
    name: str | None = None
    where: Condition | None = None


class Key(Piece, frozen=True, kw_only=True):
    """What rows are grouped by: a column, or a part of a date (`month` is the first day of the month)."""

    column: str
    unit: Unit | None = None
    name: str | None = None


class Pair(Piece, frozen=True, kw_only=True):
    """One thing for another."""

    old: Scalar
    new: Scalar


class Rename(Piece, frozen=True, kw_only=True):
    """A new name for a column."""

    old: str
    new: str


class CellValue(Piece, frozen=True, kw_only=True):
    """One cell by row id."""

    rid: int
    column: str
    value: Scalar


class Cluster(Piece, frozen=True, kw_only=True):
    """Spellings that mean the same, and the one to keep."""

    keep: str
    variants: list[str]
