"""The tables that queries of these tests read."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa

_SALES = [
    (1, "North", "pen", 10.0, 4, "2026-01-05", '{"tags": ["a", "b"], "size": 3}'),
    (2, "South", "ink", 4.5, 10, "2026-01-20", '{"tags": [], "size": 5}'),
    (3, "North", "ink", 5.0, 2, "2026-02-02", None),
    (4, "East", "pen", 9.5, 7, "2026-02-14", '{"tags": ["c"], "size": 1}'),
    (5, "South", "pad", None, 1, "2026-03-01", '{"size": 2}'),
    (6, "West", "pad", 2.25, 30, "2026-03-31", '{"tags": ["b"], "size": 4}'),
    (7, None, "pen", 11.0, 3, "2026-04-01", "{}"),
]


def sales() -> pa.Table:
    ids, regions, items, prices, quantities, days, notes = (list(column) for column in zip(*_SALES, strict=True))
    return pa.table(
        {
            "id": ids,
            "region": regions,
            "item": items,
            "price": prices,
            "qty": pa.array(quantities, pa.int32()),
            "day": [dt.date.fromisoformat(day) for day in days],
            "note": notes,
            "codes": [[each, each * 2] for each in ids],
        }
    )


def targets() -> pa.Table:
    return pa.table(
        {
            "region": ["North", "South", "East", "Nowhere"],
            "goal": [100, 80, 60, 10],
            "since": [dt.date(2026, 1, 1), dt.date(2026, 2, 1), dt.date(2026, 1, 1), dt.date(2026, 1, 1)],
        }
    )


def prices() -> pa.Table:
    return pa.table(
        {
            "item": ["pen", "pen", "ink", "pad"],
            "from_day": [dt.date(2026, 1, 1), dt.date(2026, 2, 10), dt.date(2026, 1, 15), dt.date(2026, 1, 1)],
            "list_price": [10.0, 9.0, 4.0, 2.0],
        }
    )


TABLES = {"sales": sales(), "targets": targets(), "prices": prices()}
