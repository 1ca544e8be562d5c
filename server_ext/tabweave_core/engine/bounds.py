"""The least and the greatest number that a column may hold, as somebody declared them: read, told, and asked of numbers.

They are kept with the column (`least` and `most`) and narrow what its type holds. It must not know tables or DuckDB.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import BadMessage, BadValue
from . import numerals
from .numerals import Unfit

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..protocol.ops import BoundColumn
    from ..protocol.schema import Column

NUMBERS = ("integer", "decimal", "float")
OPEN = (None, None)
"""No bounds."""


def declared(column: Column, op: BoundColumn) -> Column:
    """A column with the bounds that an operation declares; raises for what no bounds of it can be."""
    if column.kind not in NUMBERS and (op.least, op.most) != OPEN:
        message = f"{column.name} ({column.dtype}) holds no numbers, so it has no bounds."
        raise BadMessage("BAD_MESSAGE", message, hint="Choose a column of numbers.", where=column.name)
    least, most = (_read(column, text) for text in (op.least, op.most))
    if least is not None and most is not None and Decimal(least) > Decimal(most):
        message = f"{Decimal(least):,f} is more than {Decimal(most):,f}, so no number would do."
        raise BadValue("RANGE", message, hint="Write the least one first, such as 0..1000.", where=column.name)
    return msgspec.structs.replace(column, least=least, most=most)


def _read(column: Column, text: str | None) -> str | None:
    if text is None or not text.strip():
        return None
    try:
        number = numerals.decimal(text)
    except Unfit as error:
        raise BadValue(
            "TYPE", f"{text!r} {error.phrase}.", hint=error.hint or "Write one such as 0.", where=column.name
        ) from None
    places = 0 if column.kind == "integer" else column.scale
    if places is not None and number.scaleb(places) % 1:
        noun = "whole number" if not places else f"number with {places} decimals"
        raise BadValue("SCALE", f"{text.strip()} is no {noun}, as {column.name} holds.", where=column.name)
    found = format(number.normalize(), "f")
    return "0" if found == "-0" else found


def ends(column: Column) -> tuple[Decimal | None, Decimal | None]:
    """What is declared for a column; nothing while it holds no numbers."""
    if column.kind not in NUMBERS:
        return OPEN
    return tuple(None if end is None else Decimal(end) for end in (column.least, column.most))  # type: ignore[return-value]  # two


def has_any(column: Column) -> bool:
    """Whether a column is bounded."""
    return ends(column) != OPEN


def kept(column: Column, was: Column) -> Column:
    """A column with the bounds of what it was before its type changed."""
    return msgspec.structs.replace(column, least=was.least, most=was.most) if column.kind in NUMBERS else column


def told(column: Column) -> str:
    """Bounds in words: "between 0 and 1,000", "at least 0"; empty for none."""
    least, most = (None if end is None else f"{end:,f}" for end in ends(column))
    if least is not None and most is not None:
        return f"between {least} and {most}"
    if least is not None:
        return f"at least {least}"
    return f"at most {most}" if most is not None else ""


def require(column: Column, number: Decimal | float) -> None:
    """Raises `Unfit` for a number that lies outside."""
    least, most = ends(column) if number == number else OPEN
    if least is not None and number < least:
        raise Unfit("RANGE", f"is less than {least:,f}, the least allowed,", f"{column.name} is {told(column)}.")
    if most is not None and number > most:
        raise Unfit("RANGE", f"is more than {most:,f}, the most allowed,", f"{column.name} is {told(column)}.")


def outside(column: Column, values: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """Which of a bounded column's values lie outside."""
    found = np.zeros(len(values), dtype=np.bool_)
    for end, beyond, towards in zip(ends(column), (pc.less, pc.greater), (ROUND_CEILING, ROUND_FLOOR), strict=True):
        bound = None if end is None else _scalar(end, values.type, towards)
        if bound is not None:
            found |= np.asarray(pc.fill_null(beyond(values, bound), False))
        elif end is not None and (end > 0) == (beyond is pc.less):
            found |= np.asarray(values.is_valid())
    return found


def _scalar(end: Decimal, kind: pa.DataType, towards: str) -> Any:
    """A bound as a value of an Arrow type; None where the type does not reach so far."""
    if pa.types.is_floating(kind):
        return pa.scalar(float(end), pa.float64())
    scale = kind.scale if pa.types.is_decimal(kind) else 0
    whole = int(end.scaleb(scale).to_integral_value(towards))
    try:
        return pa.scalar(Decimal(whole).scaleb(-scale), kind) if scale or pa.types.is_decimal(kind) else pa.scalar(whole, kind)
    except (pa.ArrowInvalid, OverflowError):
        return None


def check(column: Column, values: pa.Array | pa.ChunkedArray) -> None:
    """Raises RANGE where values that are to be written lie outside of their column's bounds."""
    if has_any(column) and len(values):
        require_none(column, int(np.count_nonzero(outside(column, values))))


def require_none(column: Column, count: int) -> None:
    """Raises RANGE if values that are to be written lie outside of their column's bounds: so many do."""
    if count:
        cells = f"{count:,} cell{'' if count == 1 else 's'}"
        message = f"{column.name} is {told(column)}, and {cells} would not be."
        raise BadValue("RANGE", message, hint="Nothing was written.", where=column.name)


def require_met(column: Column, count: int) -> None:
    """Raises RANGE if cells lie outside of the bounds that are to be declared: so many do."""
    if count:
        cells = f"{count:,} cell{' is' if count == 1 else 's are'}"
        message = f"{column.name} cannot be bounded so: {cells} not {told(column)}."
        raise BadValue("RANGE", message, hint="Change what lies outside first.", where=column.name)


def summary(column: Column) -> str:
    """What a declaration did, for the history."""
    found = told(column)
    return f"{column.name} is {found} from now on" if found else f"{column.name} has no bounds any more"
