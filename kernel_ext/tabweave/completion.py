"""What can stand next on a `%tab` line: commands, tables, columns, files, options."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import clauses
from .arguments import is_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .arguments import Command

READABLE = (
    ".csv",
    ".tsv",
    ".txt",
    ".xlsx",
    ".xls",
    ".ods",
    ".json",
    ".jsonl",
    ".ndjson",
    ".parquet",
    ".arrow",
    ".feather",
    ".gz",
    ".zst",
)


def complete(
    line: str,
    commands: Mapping[str, Command],
    tables: list[str],
    namespace: Mapping[str, Any],
    shared: Callable[[], list[str]] = list,
) -> list[str]:
    """The words that may replace the last one of `line` (the whole text from `%tab` to the cursor).

    `shared` gives the names of shared tables; it is asked only where one can stand.
    """
    words = line.split()[1:]
    if not line.endswith((" ", "\t")) and words:
        current, before = words[-1], words[:-1]
    else:
        current, before = "", words
    if not before:
        return _starting(current, [*commands, *tables, "--help"])
    grammar = commands.get(before[0], commands["show"])
    after = before[1:] if before[0] in commands else before
    if after and before[0] in clauses.COMMANDS and not current.startswith("-"):
        return _starting(current, clauses.candidates(before[0], after, namespace))
    return _starting(current, _candidates(grammar, after, current, namespace, tables, shared))


def _starting(current: str, candidates: list[str]) -> list[str]:
    return sorted({word for word in candidates if word.startswith(current)})


def _words(kind: str, current: str, tables: list[str], shared: Callable[[], list[str]]) -> list[str]:
    if kind == "table":
        return tables
    if kind == "shared":
        return [name for name in shared() if is_plain(name)]
    return _files(current) if kind == "file" else []


def _candidates(
    grammar: Command,
    before: list[str],
    current: str,
    namespace: Mapping[str, Any],
    tables: list[str],
    shared: Callable[[], list[str]],
) -> list[str]:
    options = {f"--{option.flag}": option for option in grammar.options}
    if before and before[-1] in options and options[before[-1]].value:
        return _columns(before, current, namespace) if options[before[-1]].completes == "column" else []
    if current.startswith("-"):
        return [*options, "--help"]
    if before and before[-1] == "as":
        return []
    if grammar.words and grammar.words[0].completes == "sql":
        return _names(before, current, namespace, tables)
    given, skip = 0, False
    for word in before:
        if skip:
            skip = False
        elif word in options:
            skip = bool(options[word].value)
        elif not word.startswith("--"):
            given += 1
    if given < len(grammar.words):
        kind = grammar.words[given].completes
        return _words(kind, current, tables, shared)
    return [*options, *(["as"] if grammar.clause and "as" not in before else [])]


def _names(before: list[str], current: str, namespace: Mapping[str, Any], tables: list[str]) -> list[str]:
    """Tables, and the columns of those that the line names already; each behind the quote or bracket that it stands behind."""
    head = current[: len(current) - len(current.lstrip("\"'("))]
    if before and before[-1].upper() in {"FROM", "JOIN"}:
        return [f"{head}{name}" for name in tables]
    named = {name for word in before if (name := word.strip("\"'(),;")) in tables}
    columns = (column for name in named for column in getattr(namespace.get(name), "columns", []))
    return [f"{head}{name}" for name in [*tables, *(name for name in columns if isinstance(name, str) and name.isidentifier())]]


def _columns(before: list[str], current: str, namespace: Mapping[str, Any]) -> list[str]:
    """`a,b,pri` completes its last name."""
    frame = next((namespace[word] for word in before if word in namespace), None)
    head, comma, _ = current.rpartition(",")
    return [f"{head}{comma}{name}" for name in getattr(frame, "columns", []) if isinstance(name, str) and " " not in name]


def _files(current: str) -> list[str]:
    folder, _, _ = current.rpartition("/")
    base = Path(os.path.expanduser(folder)) if folder else Path("/" if current.startswith("/") else ".")
    if not base.is_dir():
        return []
    prefix = f"{folder}/" if "/" in current else ""
    return [
        f"{prefix}{entry.name}{'/' if entry.is_dir() else ''}"
        for entry in base.iterdir()
        if not entry.name.startswith(".") and (entry.is_dir() or entry.suffix.lower() in READABLE)
    ]
