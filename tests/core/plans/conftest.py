from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from core.plans.stage import Stage


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    made.table(
        "t",
        {"region": "VARCHAR", "qty": "BIGINT", "price": "DOUBLE", "day": "DATE", "note": "VARCHAR"},
        [
            ("West", 5, 1.5, date(2026, 1, 10), "a, b"),
            ("East", None, 2.0, date(2026, 1, 20), ""),
            ("West", 7, None, date(2026, 2, 1), "  Big  Deal "),
            (None, 1, 4.0, None, None),
            ("East", 9, 100.0, date(2026, 2, 14), "x1"),
        ],
    )
    made.table("o", {"region": "VARCHAR", "boss": "VARCHAR"}, [("West", "Ann"), ("East", "Bo"), ("East", "Cy")])
    yield made
    made.connection.close()
