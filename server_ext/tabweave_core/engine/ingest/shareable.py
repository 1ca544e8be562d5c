"""The columns of a file as a shared table can hold them; what that changes is said.

It must not know files or stores.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from ...errors import BadValue
from ..dtypes import INDEX, of_arrow
from .names import name_columns
from .result import Finding

_LEVEL = re.compile(r"__index_level_(\d+)__")

Change = Callable[[Any], Any]


class Shareable:
    """How tables of one schema become tables that can be shared."""

    def __init__(self, schema: pa.Schema) -> None:
        self._order, levels = _index_first(schema)
        self._names: list[str]
        given = schema.names
        names = ["index" if _LEVEL.fullmatch(given[place]) else given[place] for place in self._order]
        self._findings: list[Finding] = []
        whole = len(set(names)) == len(names) and all(name.strip() for name in names)
        self._names, self._findings = (names, []) if whole else name_columns(names, len(names))
        self._changes: list[Change | None] = []
        fields = []
        for name, place in zip(self._names, self._order, strict=True):
            kind, change, words = _target(name, schema.field(place).type)
            self._changes.append(change)
            index = place in levels or INDEX in (schema.field(place).metadata or {})
            fields.append(pa.field(name, kind, metadata={INDEX: b""} if index else None))
            if words:
                self._findings.append(Finding("N1", name, (), 0, words, ""))
        self.schema = pa.schema(fields)

    def fit(self, table: pa.Table) -> pa.Table:
        """A table of the schema, as it can be shared."""
        arrays = []
        for place, change, field in zip(self._order, self._changes, self.schema, strict=True):
            values = table.column(place)
            arrays.append(values if change is None else pa.chunked_array([change(c) for c in values.chunks], field.type))
        return pa.Table.from_arrays(arrays, schema=self.schema)

    def findings(self) -> list[Finding]:
        """What was changed."""
        return self._findings


def _index_first(schema: pa.Schema) -> tuple[list[int], set[int]]:
    """The order of the columns, and which are levels of the index that pandas wrote."""
    places = list(range(len(schema)))
    told = (schema.metadata or {}).get(b"pandas")
    try:
        named = msgspec.json.decode(told or b"{}").get("index_columns", [])
    except (msgspec.DecodeError, AttributeError):
        return places, set()
    levels = [
        at for name in named if isinstance(name, str) and len(at_all := schema.get_all_field_indices(name)) == 1 for at in at_all
    ]
    return levels + [place for place in places if place not in levels], set(levels)


def _target(name: str, kind: pa.DataType) -> tuple[pa.DataType, Change | None, str]:
    """The type that a column gets, how its values become that, and what to say of it."""
    types = pa.types
    if isinstance(kind, pa.BaseExtensionType):
        inner, change, words = _target(name, kind.storage_type)
        return inner, (lambda chunk: chunk.storage if change is None else change(chunk.storage)), words
    if types.is_null(kind):
        return pa.string(), _cast(pa.string()), ""
    if types.is_run_end_encoded(kind):
        inner, change, words = _target(name, kind.value_type)
        return inner, (lambda chunk: (change or _same)(pc.run_end_decode(chunk))), words
    if types.is_dictionary(kind) and not (types.is_string(kind.value_type) or types.is_large_string(kind.value_type)):
        inner, change, words = _target(name, kind.value_type)
        return inner, (lambda chunk: (change or _same)(chunk.dictionary_decode())), words
    if types.is_float16(kind):
        return pa.float32(), _cast(pa.float32()), ""
    if types.is_date64(kind):
        return pa.timestamp("ms"), _cast(pa.timestamp("ms")), ""
    if types.is_decimal(kind) and 0 <= kind.scale <= kind.precision <= 38:
        target = pa.decimal128(kind.precision, kind.scale)
        return target, None if kind == target else _cast(target), ""
    if types.is_nested(kind):
        return pa.string(), _as_json, "Lists and objects are kept as JSON text."
    try:
        of_arrow(name, kind)
    except BadValue:
        return pa.string(), _as_text, f"Values of type {kind} are kept as text."
    return kind, None, ""


def _same(chunk: Any) -> Any:
    return chunk


def _cast(kind: pa.DataType) -> Change:
    return lambda chunk: chunk.cast(kind)


def _as_json(chunk: Any) -> pa.Array:
    texts = [None if value is None else json.dumps(value, ensure_ascii=False, default=str) for value in chunk.to_pylist()]
    return pa.array(texts, pa.string())


def _as_text(chunk: Any) -> pa.Array:
    return pa.array([None if value is None else str(value) for value in chunk.to_pylist()], pa.string())
