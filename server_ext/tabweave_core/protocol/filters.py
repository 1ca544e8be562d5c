"""Which rows are kept, by the values of their columns."""

from __future__ import annotations

from typing import Literal

import msgspec

from .scalar import Scalar


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of the pieces that messages are made of."""


class RangeFilter(Part, frozen=True, kw_only=True, tag="range", tag_field="is"):
    """Keeps `lo <= value <= hi`; an absent bound is open."""

    column: int
    lo: Scalar = None
    hi: Scalar = None


class SetFilter(Part, frozen=True, kw_only=True, tag="set", tag_field="is"):
    """Keeps the rows whose value is listed (or is not, with `exclude`); `missing` lists the missing value too."""

    column: int
    values: list[Scalar]
    missing: bool = False
    exclude: bool = False


class TextFilter(Part, frozen=True, kw_only=True, tag="text", tag_field="is"):
    """Keeps the rows whose value, as shown, matches `text`."""

    column: int
    text: str
    mode: Literal["contains", "equals", "starts", "ends", "regex"] = "contains"
    case: bool = False
    negate: bool = False


class MissingFilter(Part, frozen=True, kw_only=True, tag="missing", tag_field="is"):
    """Keeps the rows where the value is missing, or present with `negate`."""

    column: int
    negate: bool = False


class ExpressionFilter(Part, frozen=True, kw_only=True, tag="expression", tag_field="is"):
    """Keeps the rows for which a DuckDB SQL expression over the column names is true."""

    sql: str


Filter = RangeFilter | SetFilter | TextFilter | MissingFilter | ExpressionFilter
