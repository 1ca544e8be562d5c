"""What can be shown as a table, and how: a DataFrame as itself, other things as a read-only copy with a word on why.

It must not know frames or channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from tabweave_core.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

CHEAP_CELLS = 100_000
"""Up to this size a copy of something that can change is made anew after every cell."""


@dataclass(frozen=True)
class Tabular:
    """A DataFrame to show. `read_only` is empty when it is the user's own; `live` says that the copy may be renewed at will."""

    df: pd.DataFrame
    read_only: str = ""
    live: bool = False


def is_tabular(value: object) -> bool:
    """Whether a value is something that a user would call a table, judged by its type alone."""
    return isinstance(value, (pd.DataFrame, pd.Series)) or (_module(value) in {"polars", "pyarrow"} and hasattr(value, "shape"))


def as_table(value: object, name: str) -> Tabular:
    """The value as a table; raises `NO_TABLE` with what it is instead. `name` is how the user calls it."""
    if isinstance(value, pd.DataFrame):
        return Tabular(value)
    for convert in (_pandas, _numpy, _arrow, _plain, _foreign):
        try:
            found = convert(value, name)
        except (ValueError, TypeError, OverflowError, AttributeError) as error:
            raise _refusal(value, name, f"It cannot be made one: {error}.") from None
        if found is not None:
            return found
    raise _refusal(value, name, "Give a DataFrame, a Series, a polars or Arrow table, or pd.DataFrame(…) made from it.")


def kind(value: object) -> str:
    """How a value's type reads: "a Series", "a polars DataFrame"."""
    name = type(value).__name__
    module = _module(value)
    name = name if module in {"builtins", "pandas", "__main__"} else f"{module} {name}"
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _refusal(value: object, name: str, hint: str) -> NotFound:
    return NotFound("NO_TABLE", f"{name} is {kind(value)}, not a table.", hint=hint)


def _module(value: object) -> str:
    return type(value).__module__.partition(".")[0]


def _copy(df: pd.DataFrame, value: object, how: str, *, live: bool) -> Tabular:
    words = kind(value)
    word = f"{words[0].upper()}{words[1:]} is shown read-only: {how} to edit it."
    if not live:
        word += " What you see is as it was when the grid was opened."
    return Tabular(df, word, live)


def _pandas(value: object, name: str) -> Tabular | None:
    if isinstance(value, pd.Series):
        return _copy(value.to_frame(), value, f"call {name}.to_frame() and give the result a name", live=True)
    if isinstance(value, pd.Index):
        return _copy(value.to_frame(index=False), value, f"call {name}.to_frame() and give the result a name", live=True)
    return None


def _numpy(value: object, name: str) -> Tabular | None:
    if not isinstance(value, np.ndarray):
        return None
    if value.ndim not in (1, 2):
        raise ValueError(f"an array of {value.ndim} dimensions has no rows and columns")
    live = value.size <= CHEAP_CELLS
    return _copy(pd.DataFrame(value, copy=live), value, f"call pd.DataFrame({name}) and give the result a name", live=live)


def _arrow(value: object, name: str) -> Tabular | None:
    how = f"call {name}.to_pandas() and give the result a name"
    to_arrow: Callable[[], Any] | None = getattr(value, "to_arrow", None)
    if _module(value) == "polars" and callable(to_arrow):
        table = to_arrow()
        if not hasattr(table, "schema"):
            return _copy(pd.DataFrame({"value": table.to_pandas()}), value, how, live=False)
        return _copy(_from_arrow(table), value, how, live=len(table) * table.num_columns <= CHEAP_CELLS)
    if _module(value) == "polars":
        raise ValueError(f"call {name}.collect() first")
    if _module(value) == "pyarrow" and hasattr(value, "schema") and hasattr(value, "to_pandas"):
        return _copy(_from_arrow(value), value, how, live=True)
    return None


def _from_arrow(table: Any) -> pd.DataFrame:
    """Arrow memory as it is; the types stay exact."""
    found: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype, split_blocks=True)
    return found


def _plain(value: object, name: str) -> Tabular | None:
    if not isinstance(value, (dict, list, tuple)) or not value:
        return None
    how = f"call pd.DataFrame({name}) and give the result a name"
    if isinstance(value, dict) and not any(isinstance(v, (list, tuple, dict, np.ndarray, pd.Series)) for v in value.values()):
        return _copy(pd.Series(value, name="value").to_frame(), value, how, live=len(value) <= CHEAP_CELLS)
    df = pd.DataFrame(value)
    return _copy(df, value, how, live=df.size <= CHEAP_CELLS)


def _foreign(value: object, name: str) -> Tabular | None:
    convert = getattr(value, "to_pandas", None)
    if not callable(convert) or isinstance(value, type):
        return None
    df = convert()
    if isinstance(df, pd.Series):
        df = df.to_frame()
    if not isinstance(df, pd.DataFrame):
        raise ValueError(f"to_pandas() gave {kind(df)}")
    return _copy(df, value, f"call {name}.to_pandas() and give the result a name", live=False)
