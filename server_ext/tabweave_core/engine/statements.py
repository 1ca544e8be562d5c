"""Statements that are run often: DuckDB takes longer to parse most of them than to run them, so each is parsed once.

It must not know what they say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

_MOST = 256
_parsed: dict[str, Any] = {}


def run(connection: DuckDBPyConnection, text: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """The rows of one statement whose text is one of few."""
    statement = _parsed.get(text)
    if statement is None:
        if len(_parsed) >= _MOST:
            _parsed.clear()
        (statement,) = connection.extract_statements(text)
        _parsed[text] = statement
    return connection.execute(statement, list(values)).fetchall()
