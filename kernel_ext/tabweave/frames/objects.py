"""Typed text in columns of arbitrary Python objects: read like the value it replaces, else text."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from tabweave_core.engine import moments, numerals
from tabweave_core.engine.numerals import Unfit
from tabweave_core.protocol.values import untagged_text

if TYPE_CHECKING:
    from collections.abc import Callable

_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}


def read_json(text: str) -> Any:
    """The object that a tagged JSON text stands for; raises `BadValue`."""
    return untagged_text(text)


def read_like(text: str, old: Any) -> Any:
    """The text as a value of `old`'s type where it reads as one (a whole number may become a broken one), else the text."""
    for kinds, read in _READERS:
        if isinstance(old, kinds):
            try:
                return read(text, old)
            except (Unfit, ValueError, OverflowError):
                return text
    return text


def _boolean(text: str, _old: Any) -> bool:
    return _BOOLEANS[text.strip().lower()] if text.strip().lower() in _BOOLEANS else _refuse()


def _refuse() -> Any:
    raise Unfit("TYPE", "is not of that type")


def _number(text: str, _old: Any) -> Any:
    try:
        return numerals.integer(text)
    except Unfit:
        return numerals.float_number(text)


def _timestamp(text: str, old: Any) -> Any:
    wall, offset = moments.timestamp(text)
    found: Any = pd.Timestamp(wall if offset is None else wall - offset, unit="ns")
    if offset is not None:
        found = found.tz_localize("UTC").tz_convert(old.tzinfo) if old.tzinfo is not None else _refuse()
    elif old.tzinfo is not None:
        found = found.tz_localize(old.tzinfo)
    if isinstance(old, pd.Timestamp):
        return found
    return found.to_pydatetime() if not found.nanosecond else _refuse()


def _time(text: str, _old: Any) -> dt.time:
    ns = moments.clock(text)
    if ns % 1000:
        _refuse()
    return (dt.datetime.min + dt.timedelta(microseconds=ns // 1000)).time()


def _duration(text: str, old: Any) -> Any:
    found = pd.Timedelta(moments.duration(text), unit="ns")
    return found if isinstance(old, pd.Timedelta) else found.to_pytimedelta()


_READERS: list[tuple[Any, Callable[[str, Any], Any]]] = [
    ((bool, np.bool_), _boolean),
    ((int, np.integer), _number),
    ((float, np.floating), lambda text, _old: numerals.float_number(text)),
    (type(numerals.decimal("0")), lambda text, _old: numerals.decimal(text)),
    (dt.datetime, _timestamp),
    (dt.date, lambda text, _old: moments.date(text)),
    (dt.time, _time),
    (dt.timedelta, _duration),
]
