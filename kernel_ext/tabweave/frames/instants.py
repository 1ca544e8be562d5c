"""Typed timestamps as ticks of a column's unit, in UTC when the column has a zone. It must not know arrays or frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from tabweave_core.engine import moments
from tabweave_core.engine.numerals import Unfit

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAT = np.iinfo(np.int64).min


def zone_of(dtype: Any) -> Any:
    """The zone of a timestamp dtype, or None."""
    if isinstance(dtype, pd.ArrowDtype):
        kind = dtype.pyarrow_dtype
        kind = getattr(kind, "value_type", kind)
        return pa.lib.string_to_tzinfo(kind.tz) if kind.tz else None
    return getattr(dtype, "tz", None)


def quick(texts: Sequence[str | None], unit: Any, zone: Any) -> list[int | None] | None:
    """All texts at once when all are ISO without a zone, else None."""
    try:
        parsed = pa.array(texts, pa.string()).cast(pa.timestamp(unit))
        if zone is not None:
            wall = pd.DatetimeIndex(parsed.to_numpy(zero_copy_only=False))
            return _listed(wall.tz_localize(zone).tz_convert("UTC").tz_localize(None).as_unit(unit))
    except (pa.ArrowException, ValueError, OverflowError, UnicodeEncodeError):
        return None
    found: list[int | None] = parsed.view(pa.int64()).to_pylist()
    return None if _NAT in found else found


def _listed(instants: pd.DatetimeIndex) -> list[int | None]:
    return [None if tick == _NAT else tick for tick in instants.asi8.tolist()]


def read(text: str, unit: Any, zone: Any) -> int:
    """One text as ticks, or `Unfit`; a wall-clock time that the zone has twice or never is refused with the choices."""
    wall, offset = moments.timestamp(text)
    if zone is None:
        if offset is not None:
            raise Unfit("TYPE", "has a time zone and the column has none", "Leave the zone out.")
        return bounded(moments.ticks(wall, unit), unit)
    if offset is not None:
        return bounded(moments.ticks(wall - offset, unit), unit)
    tick = bounded(moments.ticks(wall, unit), unit)
    naive = pd.DatetimeIndex(np.array([tick]).view(f"M8[{unit}]"))
    early: Any = naive.tz_localize(zone, ambiguous=np.array([True]), nonexistent="NaT")
    late: Any = naive.tz_localize(zone, ambiguous=np.array([False]), nonexistent="NaT")
    if early[0] is pd.NaT:
        after = naive.tz_localize(zone, ambiguous=np.array([True]), nonexistent="shift_forward")[0]
        raise Unfit("RANGE", "does not exist in that zone (clocks go forward)", f"The next time is {after}.")
    if early[0] != late[0]:
        raise Unfit("TYPE", "happens twice in that zone (clocks go back)", f"Write {early[0]} or {late[0]}.")
    return int(early.as_unit(unit).asi8[0])


def bounded(tick: int, unit: str = "") -> int:
    """The ticks, or `Unfit` when 64 bits (or the calendar of the unit) cannot hold them."""
    if not _NAT < tick < -_NAT:
        raise Unfit("RANGE", "is out of range", _bounds(unit))
    return tick


def _bounds(unit: str) -> str:
    return "It holds 1677-09-21 to 2262-04-11." if unit == "ns" else ""
