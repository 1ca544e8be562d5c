"""Tables that commands are said about, made from seeds; some are messy."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import duckdb
from tabweave_core.language.context import Context, look
from tabweave_core.plans.draft import Source
from tabweave_core.plans.shape import Shape

TODAY = date(2026, 1, 15)
ROWS = 60
Draw = random.Random
Maker = Callable[[Draw, int], Any]


def among(*values: Any, missing: float = 0.0) -> Maker:
    """One of some values."""
    return lambda draw, _: None if draw.random() < missing else draw.choice(values)


def number(lo: float, hi: float, digits: int = 0, missing: float = 0.0) -> Maker:
    """A number of a range."""

    def make(draw: Draw, _: int) -> Any:
        found = round(draw.uniform(lo, hi), digits)
        return None if draw.random() < missing else found if digits else int(found)

    return make


def day(first: date, days: int, missing: float = 0.0) -> Maker:
    """A day of a stretch."""
    return lambda draw, _: None if draw.random() < missing else first + timedelta(days=draw.randrange(days))


def each(text: str) -> Maker:
    """A text with the number of the row."""
    return lambda _, row: text.format(row)


def counted(row: int) -> Maker:
    """The number of the row, from one on."""
    return lambda _, place: place + row


def stepped(first: date, step: int) -> Maker:
    """A day some days after that of the row before."""
    return lambda _, row: first + timedelta(days=step * row)


SCHEMAS: dict[str, dict[str, tuple[str, Maker]]] = {
    "sales": {
        "order_id": ("BIGINT", counted(1001)),
        "region": ("VARCHAR", among("North", "South", "East", "West", missing=0.1)),
        "product": ("VARCHAR", among("Desk", "Chair", "Lamp", "Shelf")),
        "qty": ("BIGINT", number(1, 30)),
        "price": ("DOUBLE", number(5, 400, 2, missing=0.15)),
        "cost": ("DOUBLE", number(2, 200, 2)),
        "order_date": ("DATE", day(date(2024, 6, 1), 560)),
        "customer": ("VARCHAR", among("Acme", "Bolt", "Cargo", "Delta", "Echo")),
        "status": ("VARCHAR", among("open", "shipped", "cancelled")),
    },
    "sensors": {
        "sensor": ("VARCHAR", among("A1", "A2", "B1")),
        "reading_time": ("TIMESTAMP", lambda _, row: f"2025-03-01 {row // 3 % 24:02}:{row % 60:02}:00"),
        "temperature": ("DOUBLE", number(-5, 35, 1, missing=0.1)),
        "humidity": ("DOUBLE", number(20, 90, 1)),
        "battery": ("BIGINT", number(0, 100)),
        "faulty": ("BOOLEAN", among(True, False)),
    },
    "people": {
        "First Name": ("VARCHAR", among(" Ann", "bob ", "Cleo", "Dan", "Eva")),
        "Last Name": ("VARCHAR", among("Smith", "Jones", "Brown", "Miller")),
        "age": ("BIGINT", number(5, 90, missing=0.1)),
        "email": ("VARCHAR", lambda draw, row: f"p{row}@{draw.choice(['mail', 'post'])}.org" if draw.random() > 0.2 else ""),
        "city": ("VARCHAR", among("Paris", "Rome", "Oslo", "New York", missing=0.1)),
        "salary": ("VARCHAR", lambda draw, _: f"${draw.randrange(20, 90)},{draw.randrange(100, 999)}"),
        "joined": (
            "VARCHAR",
            lambda draw, _: f"{draw.randrange(13, 28)}/{draw.randrange(1, 12):02}/{draw.randrange(2015, 2025)}",
        ),
    },
    "projects": {
        "project": ("VARCHAR", each("P-{}")),
        "team": ("VARCHAR", among("Core", "Web", "Data")),
        "owner": ("VARCHAR", among("Kim", "Lee", "Max", missing=0.2)),
        "start_date": ("DATE", day(date(2024, 1, 1), 300)),
        "end_date": ("DATE", day(date(2025, 1, 1), 300)),
        "budget": ("DOUBLE", number(1000, 90000, 0)),
        "spent": ("DOUBLE", number(500, 95000, 0)),
        "state": ("VARCHAR", among("active", "on hold", "done")),
        "tags": ("VARCHAR", among("new, urgent", "old", "urgent, late, big")),
    },
    "inventory": {
        "sku": ("VARCHAR", lambda draw, row: f"{draw.choice('XYZ')}-{100 + row}"),
        "item": ("VARCHAR", among("bolt", "nut", "screw", "washer")),
        "warehouse": ("VARCHAR", among("W1", "W2", "W3")),
        "stock": ("BIGINT", number(-3, 500)),
        "reorder_level": ("BIGINT", number(10, 120)),
        "unit_price": ("DOUBLE", number(0.05, 9, 3)),
        "last_count": ("DATE", day(date(2025, 6, 1), 220, missing=0.2)),
        "dimensions": ("VARCHAR", lambda draw, _: f"{draw.randrange(1, 9)}x{draw.randrange(1, 9)}"),
    },
    "football": {
        "season": ("BIGINT", among(2022, 2023, 2024)),
        "home_team": ("VARCHAR", among("Lions", "Bears", "Hawks", "Foxes")),
        "away_team": ("VARCHAR", among("Wolves", "Sharks", "Owls")),
        "home_goals": ("BIGINT", number(0, 6)),
        "away_goals": ("BIGINT", number(0, 5)),
        "attendance": ("BIGINT", number(800, 60000, missing=0.1)),
        "referee": ("VARCHAR", among("Webb", "Dean", "Clark", missing=0.3)),
    },
    "weather": {
        "date": ("DATE", stepped(date(2024, 11, 3), 7)),
        "station": ("VARCHAR", among("Harbour", "Hill", "Airport")),
        "temp_max": ("DOUBLE", number(-4, 36, 1)),
        "temp_min": ("DOUBLE", number(-15, 12, 1)),
        "rain": ("DOUBLE", number(0, 40, 1, missing=0.2)),
        "wind": ("DOUBLE", number(0, 25, 1)),
        "sky": ("VARCHAR", among("sun", "rain", "snow", "fog")),
    },
    "movies": {
        "Title": ("VARCHAR", each("Film No {}")),
        "Genre": ("VARCHAR", among("Comedy", "Drama", "Action", "Horror")),
        "Release Year": ("BIGINT", number(1985, 2024)),
        "Budget ($M)": ("DOUBLE", number(1, 250, 1)),
        "Gross": ("DOUBLE", number(0.5, 900, 1, missing=0.1)),
        "Rating": ("DOUBLE", number(1, 10, 1)),
        "Director": ("VARCHAR", among("A. Blum", "C. Dorn", "E. Falk")),
    },
    "budgets": {
        "department": ("VARCHAR", among("Sales", "IT", "HR", "Legal")),
        "quarter": ("VARCHAR", among("Q1", "Q2", "Q3", "Q4")),
        "planned": ("DOUBLE", number(1000, 9000, 0)),
        "actual": ("DOUBLE", number(900, 9900, 0, missing=0.1)),
        "approved": ("BOOLEAN", among(True, False)),
        "comment": ("VARCHAR", among("ok", " n/a ", "late  reply", "", None)),
    },
}
OTHERS = {"regions": {"region": ("VARCHAR", among("North", "South", "East")), "manager": ("VARCHAR", each("M{}"))}}


class World:
    """The tables in a DuckDB, each as `<name>` with hidden columns, and what the interpreter knows of them."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.sources: dict[str, Source] = {}
        self.contexts: dict[str, Context] = {}
        for name, columns in (SCHEMAS | OTHERS).items():
            self._build(name, columns, 3 if name in OTHERS else ROWS)
        for name in (*SCHEMAS, *OTHERS):
            others = {other: look(self.connection, self.sources[other])[0] for other in OTHERS if name == "sales"}
            found, rows = look(self.connection, self.sources[name])
            self.contexts[name] = Context(name, found, rows, TODAY, others)

    def _build(self, name: str, columns: dict[str, tuple[str, Maker]], rows: int) -> None:
        draw = random.Random(name)
        typed = ", ".join(f'"{column}" {type_}' for column, (type_, _) in columns.items())
        self.connection.execute(f"CREATE TABLE {name} (_rid BIGINT, _pos BIGINT, {typed})")
        made = [[make(draw, row) for _, make in columns.values()] for row in range(rows)]
        made = [*made, *made[:3]] if name in SCHEMAS else [["North", "M0"], ["South", "M1"], ["East", "M2"]]
        marks = ", ".join("?" * (len(columns) + 2))
        self.connection.executemany(f"INSERT INTO {name} VALUES ({marks})", [[10 + n, n, *row] for n, row in enumerate(made)])
        types = self.connection.execute(f"SELECT * EXCLUDE (_rid, _pos) FROM {name} LIMIT 0").description
        self.sources[name] = Source(name, Shape.of((column, str(type_)) for column, type_, *_ in types))
