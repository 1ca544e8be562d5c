"""What DuckDB says of a query that fails, as a refusal in plain words with what to do next."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import BadValue, NotFound, Refused, TabweaveError, Unavailable, did_you_mean
from .parcels import size

if TYPE_CHECKING:
    from collections.abc import Iterable

_NO_COLUMN = re.compile(r'Referenced column "(.+?)" (?:was )?not found|does not have a column named "(.+?)"')
_CLASSES = {each.__name__: each for each in (BadValue, NotFound, Refused, Unavailable)}


def explain(error: Exception, columns: Iterable[str], memory: int) -> TabweaveError:
    """The refusal for what DuckDB or Arrow raised; `columns` are those of the tables that the query reads."""
    import duckdb

    if isinstance(error, TabweaveError):
        return error
    text = str(error).split("\n\nLINE ")[0].strip()
    head, _, rest = text.partition("\n")
    reason = head.partition("Error: ")[2] or head or type(error).__name__
    if isinstance(error, MemoryError | duckdb.OutOfMemoryException) or "bad_alloc" in text or "bad allocation" in text:
        return too_much_memory(memory)
    if isinstance(error, duckdb.InterruptException):
        return Unavailable("CANCELLED", "The query was stopped.", hint="Run it again.")
    if isinstance(error, duckdb.PermissionException | duckdb.IOException):
        return Refused("FORBIDDEN", f"{reason.rstrip('.!')}.", hint="A query reaches nothing but the given tables.")
    if isinstance(error, duckdb.ConversionException):
        return BadValue("CHECK", f"{reason.rstrip('.!')}.", hint="TRY_CAST(… AS …) makes what does not convert a missing value.")
    if isinstance(error, duckdb.BinderException) and (found := _NO_COLUMN.search(reason)):
        name = found[1] or found[2]
        hint = did_you_mean(name, dict.fromkeys(columns)) or "Put text in single quotes, names with spaces in double quotes."
        return NotFound("NO_COLUMN", f"There is no column {name!r}.", hint=hint)
    if isinstance(error, duckdb.InternalException | duckdb.FatalException):
        return BadValue("CHECK", "DuckDB cannot run this query.", hint="Write it another way, in smaller steps.")
    if "lambda" in reason:
        return BadValue("CHECK", "A lambda is not written that way.", hint="Write  lambda x: x + 1.")
    return BadValue("CHECK", f"{reason.rstrip('.!')}.", hint=" ".join(rest.split())[:300] or "Check the query.")


def too_much_memory(memory: int) -> Refused:
    """The refusal of a query that ran into its memory limit."""
    hint = "Filter or aggregate earlier, or name fewer columns."
    return Refused("TOO_LARGE", f"The query needs more than the {size(memory)} of memory that it may use.", hint=hint)


def too_slow(seconds: float) -> Refused:
    """The refusal of a query that ran into its time limit."""
    hint = "Filter earlier, or check that each join has a condition."
    return Refused("TOO_LARGE", f"The query was stopped after {seconds:g} seconds.", hint=hint)


def packed(error: TabweaveError) -> dict[str, str]:
    """A refusal as it travels."""
    kind = next(name for name, each in _CLASSES.items() if isinstance(error, each))
    return {"class": kind, **error.envelope()["error"]}


def unpacked(message: dict[str, str]) -> TabweaveError:
    """The refusal that travelled."""
    kind = _CLASSES[message["class"]]
    return kind(message["code"], message["message"], hint=message["hint"], where=message["where"])
