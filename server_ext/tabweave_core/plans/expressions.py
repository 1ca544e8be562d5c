"""SQL expressions that people or models wrote, let in only after the guard has read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..sql.guard import check_expression

if TYPE_CHECKING:
    from .draft import Draft


def checked(draft: Draft, sql: str) -> str:
    """An expression over the columns, as it may stand in a statement; raises for anything else than that."""
    check_expression(sql, draft.shape.names)
    # A comment at its end must not swallow what follows.
    return f"({sql}\n)"
