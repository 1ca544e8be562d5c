"""Commands with what is expected of them: rows as a query finds them, a chart, or that nothing is made of the command."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.language.schemas import World
from tabweave_core.errors import TabweaveError
from tabweave_core.language.interpreter import Outcome, interpret
from tabweave_core.plans.compile import compile_plan
from tabweave_core.protocol import plan as p
from tabweave_core.protocol.condition import Key, Measure

SUITE = Path(__file__).parent / "suite"


@dataclass(frozen=True)
class Expectation:
    """A command about a table, and what is expected: SQL, `CHART …`, `ROWS n` or `ABSTAIN`."""

    table: str
    command: str
    wanted: str


def expectations(table: str) -> list[Expectation]:
    """Those of one file: a command on a line, and what is expected on the next, set in."""
    lines = (SUITE / f"{table}.txt").read_text("utf-8").splitlines()
    return [Expectation(table, lines[at], lines[at + 1].strip()) for at in range(0, len(lines), 2)]


def verdict(world: World, expected: Expectation) -> tuple[str, str]:
    """Whether a command was read right, wrong or not at all, and what was made of it."""
    outcome = interpret(expected.command, world.contexts[expected.table])
    if len(outcome.readings) != 1:
        said = outcome.not_understood or " | ".join(reading.words for reading in outcome.readings)
        return ("right" if expected.wanted == "ABSTAIN" else "abstained"), said
    plan = outcome.readings[0].plan
    if expected.wanted.startswith("CHART"):
        found = chart_text(plan.steps[-1])
        return ("right" if found == expected.wanted else "wrong"), f"{found} for {expected.wanted}"
    try:
        found_rows = rows_of(world, expected.table, outcome)
    except TabweaveError as error:
        return "abstained", str(error)
    if expected.wanted.startswith("ROWS"):
        return ("right" if len(found_rows[1]) == int(expected.wanted.split()[1]) else "wrong"), str(len(found_rows[1]))
    return ("right" if agrees(world, expected, found_rows) else "wrong"), f"{outcome.readings[0].words} {found_rows[0]}"


def rows_of(world: World, table: str, outcome: Outcome) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The columns and rows that the one reading leaves."""
    others = {name: source for name, source in world.sources.items() if name == "regions"}
    compiled = compile_plan(world.connection, outcome.readings[0].plan, world.sources[table], others)
    rows = world.connection.execute(compiled.sql, dict(compiled.values)).fetchall()
    return compiled.shape.names, [row[2:] for row in rows]


def agrees(world: World, expected: Expectation, found: tuple[list[str], list[tuple[Any, ...]]]) -> bool:
    """Whether the rows are those of the query, in its order if it has one."""
    if expected.wanted == "ABSTAIN":
        return False
    connection = world.connection
    connection.execute(f"CREATE OR REPLACE TEMP VIEW p AS SELECT * EXCLUDE (_rid) FROM main.{expected.table}")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW t AS SELECT * EXCLUDE (_rid, _pos) FROM main.{expected.table}")
    connection.execute("CREATE OR REPLACE TEMP VIEW r AS SELECT * EXCLUDE (_rid, _pos) FROM main.regions")
    query = connection.execute(expected.wanted)
    names = [name for name, *_ in query.description]
    kept = [place for place, name in enumerate(names) if name != "_pos"]
    wanted = [tuple(row[place] for place in kept) for row in query.fetchall()]
    if [names[place].lower() for place in kept] != [name.lower() for name in found[0]]:
        return False
    ours, theirs = ([tuple(map(plain, row)) for row in rows] for rows in (found[1], wanted))
    if "_bin" in str(found[0]) and all(row[-1] == plain(None) for row in theirs):
        ours = [(*row[:-1], plain(None)) for row in ours]
    keyed = re.search(r"ORDER BY [^()]*$", expected.wanted)
    return Counter(ours) == Counter(theirs) and (keyed is None or ordered(ours, theirs, found[0], keyed.group()))


def ordered(ours: list[tuple[str, ...]], theirs: list[tuple[str, ...]], names: list[str], keyed: str) -> bool:
    """Whether the rows come in the same order by the columns that the query names in its ORDER BY."""
    places = [place for place, name in enumerate(names) if re.search(rf"\b{re.escape(name)}\b", keyed)]
    return [[row[place] for place in places] for row in ours] == [[row[place] for place in places] for row in theirs]


def plain(value: Any) -> str:
    """A value as it is compared: numbers to nine digits."""
    if isinstance(value, (bool, str)) or value is None:
        return repr(value)
    try:
        return f"{float(value):.9g}"
    except (TypeError, ValueError):
        return str(value)


def chart_text(step: p.Step) -> str:
    """A chart in one line, what was left to its defaults left out."""
    if not isinstance(step, p.Chart):
        return type(step).__name__
    parts = ["CHART", *([step.kind] if step.kind is not None else [])]
    parts += [f"x={_key(step.x)}"] if step.x is not None else []
    parts += [f"y={_measure(each)}" for each in step.y]
    parts += [f"y={step.y_column}".replace(" ", "_")] if step.y_column is not None else []
    parts += [f"{name}={_key(key)}" for name, key in (("color", step.color), ("facet", step.facet)) if key is not None]
    parts += [
        f"{name}={getattr(step, name)}" for name in ("top", "sort", "bins", "size", "title") if getattr(step, name) is not None
    ]
    return " ".join([*parts, *(["horizontal=true"] if step.horizontal else []), *([] if step.stacked else ["stacked=false"])])


def _key(key: Key) -> str:
    return (key.column if key.unit is None else f"{key.column}.{key.unit}").replace(" ", "_")


def _measure(measure: Measure) -> str:
    return f"{measure.fn}({measure.column or ''})".replace(" ", "_")
