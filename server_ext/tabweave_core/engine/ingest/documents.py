"""JSON documents and JSON lines: records, columns, split and table layouts, arrays under one key; nested values kept."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import msgspec

from ...errors import BadFile
from .encoding import Encoding, Utf8
from .encoding import detect as detect_encoding
from .names import name_columns
from .native import column_of
from .result import Dialect, Finding, Ingested, Rejected
from .voting import assemble

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .asked import Asked
    from .source import Pace, Source

PIECE = 16 << 20
_ABSENT = object()


def read_documents(source: Source, asked: Asked, pace: Pace) -> Ingested:
    """A JSON file or a file of JSON lines as a table."""
    encoding = detect_encoding(source.head, asked.encoding)
    rejected: list[Rejected] = []
    orient = "a record on each line"
    table: Sequence[Any] | dict[str, Any]
    if source.format == "jsonl":
        table, rejected = _read_lines(source, encoding, pace)
    else:
        orient, table = _lay_out(_document(source, encoding), source)
    pace.at(source.size)
    dialect = Dialect(source.format, source.compression, encoding.label, orient=orient)
    return tabulate(table, asked, dialect, rejected, what=source.path.name)


def tabulate(
    table: Sequence[Any] | dict[str, Any], asked: Asked, dialect: Dialect, rejected: list[Rejected], *, what: str
) -> Ingested:
    """Records, rows or an object of columns as a table; `what` they are called when they are none."""
    names, cells, absent = _columns(table)
    if not names:
        raise BadFile("BAD_FILE", f"{what} has no table in it.", hint="A list of objects, or an object of lists, makes a table.")
    asked.kinds(names)
    findings = []
    if absent:
        shown = ", ".join(f"{name} ({count:,})" for name, count in list(absent.items())[:5])
        findings.append(Finding("M1", None, (), sum(absent.values()), f"Some records lack a key and are missing there: {shown}."))
    if rejected:
        lines = ", ".join(f"line {item.line}: {item.reason}" for item in rejected[:3])
        message = f"{len(rejected):,} {'line is' if len(rejected) == 1 else 'lines are'} not in the table ({lines})."
        findings.append(Finding("S1", None, (), len(rejected), message, "They are kept as rejected, with their text."))
    columns = [column_of(name, cells.pop(name), asked) for name in names]
    return assemble(columns, (), findings, rejected, dialect)


def _decode(text: bytes | str) -> Any:
    """A JSON value; integers of any size stay whole, NaN and Infinity are allowed as many writers write them."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return json.loads(text)


def _document(source: Source, encoding: Encoding) -> Any:
    with source.stream() as stream:
        utf8, pieces = Utf8(stream, encoding), []
        while piece := utf8.read(PIECE):
            pieces.append(piece)
    data = b"".join(pieces)
    try:
        return _decode(data)
    except UnicodeDecodeError as error:
        raise BadFile(
            "BAD_FILE", f"{source.path.name} is not UTF-8 at byte {error.start:,}.", hint="Name its encoding (--encoding cp1252)."
        ) from None
    except json.JSONDecodeError as error:
        message = f"{source.path.name} is not JSON: {error.msg} in line {error.lineno}, column {error.colno}."
        raise BadFile(
            "BAD_FILE", message, hint="If each line is a record, say --format jsonl.", where=f"line {error.lineno}"
        ) from None
    except RecursionError:
        raise BadFile("BAD_FILE", f"{source.path.name} is nested too deeply.", hint="Flatten it first.") from None


def _lines(source: Source, encoding: Encoding, pace: Pace) -> Iterator[bytes]:
    with source.stream() as stream:
        utf8, carry = Utf8(stream, encoding), b""
        while piece := utf8.read(PIECE):
            pace.at(stream.position)
            lines = (carry + piece).split(b"\n")
            carry = lines.pop()
            yield from lines
        if carry:
            yield carry


def _read_lines(source: Source, encoding: Encoding, pace: Pace) -> tuple[list[Any], list[Rejected]]:
    records: list[Any] = []
    rejected: list[Rejected] = []
    for number, line in enumerate(_lines(source, encoding, pace), 1):
        text = line.strip()
        if not text:
            continue
        try:
            value = _decode(text)
        except (ValueError, RecursionError) as error:
            reason = (
                f"not JSON ({error.msg.lower()})" if isinstance(error, json.JSONDecodeError) else "not UTF-8 or nested too deeply"
            )
            rejected.append(Rejected(number, reason, text.decode("utf-8", "replace")))
            continue
        shape = dict if not records or isinstance(records[0], dict) else list
        if not isinstance(value, shape if records else (dict, list)):
            rejected.append(Rejected(number, "not a record", text.decode("utf-8", "replace")))
            continue
        records.append(value)
    return records, rejected


def _lay_out(document: Any, source: Source) -> tuple[str, list[Any] | dict[str, Any]]:
    """The layout in words and the table as records or as columns."""
    if isinstance(document, list):
        if all(isinstance(item, dict) for item in document):
            return "a list of records", document
        if document and all(isinstance(item, list) for item in document):
            return "a list of rows", document
        return "a list of values", {"value": document}
    if isinstance(document, dict):
        found = _known_layout(document) or _under_one_key(document, ())
        if found:
            return found
        values = list(document.values())
        if values and all(isinstance(value, list) for value in values) and len({len(value) for value in values}) == 1:
            return "an object of columns", document
        if values and all(isinstance(value, dict) and value for value in values):
            return _of_objects(document)
        if values:
            return "one record", [document]
    raise BadFile(
        "BAD_FILE", f"{source.path.name} has no table in it.", hint="A list of objects, or an object of lists, makes a table."
    )


def _known_layout(document: dict[str, Any]) -> tuple[str, list[Any] | dict[str, Any]] | None:
    """The layouts that pandas writes: split and table."""
    columns, data = document.get("columns"), document.get("data")
    if (
        set(document) <= {"columns", "index", "data", "index_names", "column_names"}
        and isinstance(columns, list)
        and isinstance(data, list)
    ):
        if all(isinstance(row, list) and len(row) == len(columns) for row in data):
            names, _ = name_columns([str(name) for name in columns], len(columns))
            cells: dict[str, Any] = {name: [row[at] for row in data] for at, name in enumerate(names)}
            index = document.get("index")
            if isinstance(index, list) and index != list(range(len(data))) and len(index) == len(data):
                cells = {"index" if "index" not in cells else "index_1": index, **cells}
            return "split layout", cells
        return None
    schema = document.get("schema")
    if isinstance(schema, dict) and isinstance(schema.get("fields"), list) and isinstance(data, list):
        return "table layout", data
    return None


def _under_one_key(document: dict[str, Any], path: tuple[str, ...]) -> tuple[str, list[Any]] | None:
    """The only list of records inside an object, as interfaces of web services answer."""
    lists = {
        key: value
        for key, value in document.items()
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value)
    }
    if len(lists) == 1:
        key, records = next(iter(lists.items()))
        others = [value for name, value in document.items() if name != key]
        if all(not isinstance(value, list) or len(value) != len(records) for value in others):
            return f"a list of records under {'.'.join((*path, key))!r}", records
    inner = [(key, value) for key, value in document.items() if isinstance(value, dict)]
    if not lists and len(inner) == 1 and len(path) < 4 and len(document) < 8:
        return _under_one_key(inner[0][1], (*path, inner[0][0]))
    return None


def _of_objects(document: dict[str, Any]) -> tuple[str, list[Any] | dict[str, Any]]:
    """An object of objects: columns of rows when the inner keys are row labels, else records by label."""
    inner = [list(value) for value in document.values()]
    labels = inner[0]
    if all(keys == labels for keys in inner) and all(re.fullmatch(r"\d+", key) for key in labels):
        return "an object of columns", {name: list(value.values()) for name, value in document.items()}
    return "an object of records by name", [{"key": key, **value} for key, value in document.items()]


def _columns(table: Sequence[Any] | dict[str, Any]) -> tuple[list[str], dict[str, list[Any]], dict[str, int]]:
    """Names in the order met, the values of each, and how many records lack a key."""
    if isinstance(table, dict):
        return list(table), {name: list(values) for name, values in table.items()}, {}
    if table and isinstance(table[0], list):
        width = max(len(row) for row in table)
        header = list(table[0])
        named = len(table) > 1 and len(set(map(str, header))) == width and all(isinstance(cell, str) and cell for cell in header)
        named = named and any(not isinstance(cell, str) for row in table[1:50] for cell in row)
        names, _ = name_columns(header if named else None, width)
        rows = table[1:] if named else table
        return names, {name: [row[at] if at < len(row) else None for row in rows] for at, name in enumerate(names)}, {}
    names_met: dict[str, None] = {}
    for record in table:
        names_met.update(dict.fromkeys(record))
    cells = {name: [record.get(name, _ABSENT) for record in table] for name in names_met}
    absent = {}
    for name, values in cells.items():
        count = sum(value is _ABSENT for value in values)
        if count:
            absent[name] = count
            cells[name] = [None if value is _ABSENT else value for value in values]
    return list(names_met), cells, absent
