"""Columns go by name over REST: sort keys, filters and lists of columns, to the messages' own types with ids.

It must not know handlers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta
from tabweave_core.errors import BadMessage, NotFound, did_you_mean
from tabweave_core.protocol.ops import Scalar
from tabweave_core.protocol.schema import Filter, Schema, Sort, View

if TYPE_CHECKING:
    from tabweave_core.protocol.schema import Column

ColumnName = Annotated[str, Meta(description="A column's name.")]


class Where(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", forbid_unknown_fields=True, omit_defaults=True):
    """Base of the filters."""


class WhereRange(Where, frozen=True, kw_only=True, tag="range"):
    """Keeps `lo <= value <= hi`; an absent bound is open."""

    column: ColumnName
    lo: Scalar = None
    hi: Scalar = None


class WhereSet(Where, frozen=True, kw_only=True, tag="set"):
    """Keeps the rows whose value is listed (or is not, with `exclude`); `missing` lists the missing value too."""

    column: ColumnName
    values: list[Scalar]
    missing: bool = False
    exclude: bool = False


class WhereText(Where, frozen=True, kw_only=True, tag="text"):
    """Keeps the rows whose value, as shown, matches `text`."""

    column: ColumnName
    text: str
    mode: Literal["contains", "equals", "starts", "ends", "regex"] = "contains"
    case: bool = False
    negate: bool = False


class WhereMissing(Where, frozen=True, kw_only=True, tag="missing"):
    """Keeps the rows where the value is missing, or present with `negate`."""

    column: ColumnName
    negate: bool = False


class WhereExpression(Where, frozen=True, kw_only=True, tag="expression"):
    """Keeps the rows for which a DuckDB SQL expression over the column names is true."""

    sql: str


NamedFilter = WhereRange | WhereSet | WhereText | WhereMissing | WhereExpression


def find(schema: Schema, name: str) -> Column:
    """The column with this name; raises `NO_COLUMN` with the nearest names."""
    for column in schema.columns:
        if column.name == name:
            return column
    names = [column.name for column in schema.columns]
    raise NotFound("NO_COLUMN", f"There is no column {name!r}.", hint=did_you_mean(name, names) or _listed(names), where=name)


def _listed(names: list[str]) -> str:
    return f"Columns: {', '.join(names[:8])}{'' if len(names) <= 8 else ', …'}." if names else ""


def listed(text: str, where: str) -> list[str]:
    """The names in a list with commas between them, or (if a name has a comma) in a JSON list."""
    if not text.lstrip().startswith("["):
        return [name for part in text.split(",") if (name := part.strip())]
    try:
        return msgspec.json.decode(text, type=list[str])
    except msgspec.MsgspecError as error:
        raise BadMessage("BAD_MESSAGE", f"`{where}` is not a JSON list of names: {error}.", where=f"$.{where}") from None


def columns(schema: Schema, text: str | None) -> list[Column]:
    """The columns that a list names, all of them when there is none."""
    return list(schema.columns) if text is None else [find(schema, name) for name in listed(text, "columns")]


def sort_keys(schema: Schema, text: str) -> list[Sort]:
    """Sort keys from names, descending where a minus stands before one."""
    known = {column.name for column in schema.columns}
    keys = []
    for name in listed(text, "sort"):
        down = name not in known and name.startswith("-")
        keys.append(Sort(column=find(schema, name[1:] if down else name).id, descending=down))
    return keys


def filters(schema: Schema, named: list[NamedFilter]) -> list[Filter]:
    """Filters with columns by id."""
    found: list[Filter] = []
    for where in named:
        plain: dict[str, Any] = msgspec.to_builtins(where)
        if not isinstance(where, WhereExpression):
            plain["column"] = find(schema, where.column).id
        found.append(msgspec.convert(plain, Filter))
    return found


def view(schema: Schema, sort: str, filter_text: str, search: str) -> View:
    """A view as query arguments describe it; the filter is JSON, one of the filters or a list of them."""
    named: list[NamedFilter] = []
    if filter_text.strip():
        try:
            given = msgspec.json.decode(filter_text, type=NamedFilter | list[NamedFilter])
        except msgspec.ValidationError as error:
            message, _, path = str(error).partition(" - at `")
            raise BadMessage("BAD_MESSAGE", f"{message}.", where=f"$.filter{path.rstrip('`').removeprefix('$')}") from None
        except (msgspec.DecodeError, UnicodeEncodeError) as error:
            raise BadMessage("BAD_MESSAGE", f"The filter is not JSON: {error}.", where="$.filter") from None
        named = given if isinstance(given, list) else [given]
    return View(sort=sort_keys(schema, sort), filter=filters(schema, named), search=search)
