"""Commands that write into cells: values, nothing, formulas. Each function makes steps of what its patterns found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..plans.shape import NUMBERS, TIMES, quote
from ..protocol import plan as p
from .patterns import Phrases

if TYPE_CHECKING:
    from .context import ColumnContext
    from .patterns import Bound

CELLS = Phrases()
IF = "(where | when | if | for {rows} where | for {rows} with | for {rows} whose | for | in {rows} where | wherever)"


@CELLS.says(
    f"set|change|update|make|put {{column}} (to | = | as | equal to) {{value}} [{IF} {{where}}]",
    f"{IF} {{where}} [, | then] set|change|update|make {{column}} (to | = | equal to | be) {{value}}",
    f"(set | update) {{column}} = {{value}} {IF} {{where}}",
    "write {value} into {column} where {where}",
    example='set {text} to "x" where {number} > 10',
)
def write(b: Bound) -> list[p.Step] | None:
    """A value is written into rows."""
    value = fitting(b.context.column(b["column"]), b["value"])
    return None if value is None else [p.UpdateCells(column=b["column"], value=value, where=b.get("where"))]


@CELLS.says(
    f"set|change|make|turn {{column}} (to | as | into) (missing | null | empty | blank | nothing | na | nan) [{IF} {{where}}]",
    f"clear|blank|empty {{column}} [{IF} {{where}}]",
    f"make {{column}} (missing | empty | blank) [{IF} {{where}}]",
)
def clear(b: Bound) -> list[p.Step] | None:
    """Values go."""
    return [p.UpdateCells(column=b["column"], where=b.get("where"))]


@CELLS.says(
    f"set|change|update {{number_column}} (to | =) {{expression}} [{IF} {{where}}]",
    f"{IF} {{where}} [,] set {{number_column}} (to | =) {{expression}}",
)
def compute(b: Bound) -> list[p.Step] | None:
    """The value of a formula is written into rows."""
    if b["expression"] == quote(b["number_column"]):
        return None
    return [p.UpdateCells(column=b["number_column"], sql=b["expression"], where=b.get("where"))]


_MORE = "increase|raise|grow|lift|up|bump|boost"
_LESS = "decrease|reduce|lower|cut|shrink|discount|drop"


def _scaled(b: Bound, sql: str) -> list[p.Step] | None:
    return [p.UpdateCells(column=b["number_column"], sql=sql, where=b.get("where"))]


@CELLS.says(
    f"{_MORE} {{number_column}} by {{percent}} [{IF} {{where}}]",
    f"{IF} {{where}} [,] {_MORE} {{number_column}} by {{percent}}",
    "add {percent} to {number_column} [where {where}]",
    example="increase {number} by 10 %",
)
def increase_share(b: Bound) -> list[p.Step] | None:
    """Numbers grow by so many percent."""
    return _scaled(b, f"{quote(b['number_column'])} * {_plain(100 + b['percent'])} / 100.0")


@CELLS.says(
    f"{_LESS} {{number_column}} by {{percent}} [{IF} {{where}}]",
    f"{IF} {{where}} [,] {_LESS} {{number_column}} by {{percent}}",
    "(subtract | take) {percent} (from | off) {number_column} [where {where}]",
)
def decrease_share(b: Bound) -> list[p.Step] | None:
    """Numbers shrink by so many percent."""
    return _scaled(b, f"{quote(b['number_column'])} * {_plain(100 - b['percent'])} / 100.0")


@CELLS.says(
    f"{_MORE} {{number_column}} by {{number}} [{IF} {{where}}]",
    f"add {{number}} to {{number_column}} [{IF} {{where}}]",
    f"{IF} {{where}} [,] ({_MORE}) {{number_column}} by {{number}}",
)
def increase(b: Bound) -> list[p.Step] | None:
    """Numbers grow by so much."""
    return _scaled(b, f"{quote(b['number_column'])} + {_plain(b['number'])}")


@CELLS.says(
    f"{_LESS} {{number_column}} by {{number}} [{IF} {{where}}]",
    f"(subtract | take | deduct) {{number}} from {{number_column}} [{IF} {{where}}]",
)
def decrease(b: Bound) -> list[p.Step] | None:
    """Numbers shrink by so much."""
    return _scaled(b, f"{quote(b['number_column'])} - {_plain(b['number'])}")


@CELLS.says(
    f"(multiply | scale) {{number_column}} (by | with) {{number}} [{IF} {{where}}]",
    f"multiply {{number_column}} times {{number}} [{IF} {{where}}]",
)
def multiply(b: Bound) -> list[p.Step] | None:
    """Numbers become so many times as large."""
    return _scaled(b, f"{quote(b['number_column'])} * {_plain(b['number'])}")


@CELLS.says(f"divide {{number_column}} by {{number}} [{IF} {{where}}]")
def divide(b: Bound) -> list[p.Step] | None:
    """Numbers become so many times as small."""
    return _scaled(b, f"{quote(b['number_column'])} / {_plain(b['number'])}") if b["number"] else None


@CELLS.says(f"{{factor}} {{number_column}} [{IF} {{where}}]")
def times(b: Bound) -> list[p.Step] | None:
    """Numbers become twice, half, three times as large, or change their sign."""
    return _scaled(b, f"{quote(b['number_column'])} * {_plain(b['factor'])}")


def _plain(number: float | int) -> str:
    text = repr(number)
    return f"({text})" if text.startswith("-") else text


def fitting(column: ColumnContext, value: Any) -> Any:
    """A value as a column can hold it; None if it cannot."""
    if column.family in NUMBERS:
        if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
            value = float(value) if "." in value else int(value)
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    if column.family == "boolean":
        return value if isinstance(value, bool) else None
    if column.family in TIMES:
        return value if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d", value) else None
    if column.family == "text":
        return value if isinstance(value, str) else str(value) if isinstance(value, (int, float)) else None
    return None
