"""How many questions about single tables the offline interpreter answers, beside the SQL that people wrote for them.

`python benchmarks/questions.py QUESTIONS.json [--part tuned|held] [--show wrong|abstained|right]`

QUESTIONS.json is a list of {db, table, columns: [{name, label, type}], question, sql}. Rows are made up from a seed, the
literals of the SQL among them. An answer is right if it has the rows that DuckDB finds by the SQL, in its order where it has
one; the order of the columns is free, and of rows that tie for a place any may be given. A third of the questions, by a hash
of their text, is held out: rules are made for the others.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import statistics
import time
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from tabweave_core.errors import TabweaveError
from tabweave_core.language.context import Context, look
from tabweave_core.language.interpreter import interpret
from tabweave_core.plans.compile import compile_plan
from tabweave_core.plans.draft import Source
from tabweave_core.plans.shape import Shape, quote
from tabweave_core.protocol.plan import Plan, SortRows, TopRows

TODAY = date(2026, 1, 15)
ROWS = 60
VERDICTS = ("right", "wrong", "abstained")
WORDS = (
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven", "iris", "jade", "karst", "lotus", "maple", "north",
    "opal", "pine", "quartz", "river", "stone", "tulip",
)  # fmt: skip
LITERAL = re.compile(r"""["'“”]([^"'“”]*)["'“”]|(?<![\w.])(\d+(?:\.\d+)?)(?![\w.])""")
COMPARISON = re.compile(
    r"""([A-Za-z_][\w.]*)\s*(?:=|!=|<>|<=|>=|<|>|\blike\b|\bin\s*\(|\bbetween\b)\s*((?:["'][^"']*["']|[\d.]+)(?:\s*(?:,|and)\s*(?:["'][^"']*["']|[\d.]+))*)""",
    re.IGNORECASE,
)


def literals(questions: list[dict[str, Any]]) -> dict[str, dict[str, list[str]]]:
    """The values that queries compare the columns of each table with."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for each in questions:
        for name, values in COMPARISON.findall(each["sql"]):
            for text, number in LITERAL.findall(values):
                value = (text or number).strip("%").strip()
                if value:
                    found[f"{each['db']}.{each['table']}"][name.rpartition(".")[2].lower()].append(value)
    return found


def build(connection: duckdb.DuckDBPyConnection, name: str, columns: list[dict[str, str]], seen: dict[str, list[str]]) -> None:
    """A table of made-up rows."""
    draw = random.Random(name)
    typed = ", ".join(f"{quote(c['name'])} {'DOUBLE' if c['type'] == 'number' else 'VARCHAR'}" for c in columns)
    connection.execute(f"CREATE OR REPLACE TABLE {name} (_rid BIGINT, _pos BIGINT, {typed})")
    makers = [maker(draw, column, list(dict.fromkeys(seen.get(column["name"].lower(), [])))) for column in columns]
    rows = [[number, number, *(make() for make in makers)] for number in range(ROWS)]
    connection.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * (len(columns) + 2))})", rows)


def maker(draw: random.Random, column: dict[str, str], known: list[str]) -> Any:
    """What makes the values of a column."""
    if column["type"] == "number":
        numbers = [float(each) for each in known if re.fullmatch(r"-?\d+(\.\d+)?", each)]
        lo, hi = (min(numbers) * 0.5, max(numbers) * 1.6 + 2) if numbers else (1.0, 400.0)
        fresh = draw.sample(range(int(lo), int(hi) + 10 * ROWS), 2 * ROWS)
        return lambda: draw.choice(numbers) if numbers and draw.random() < 0.3 else float(fresh.pop())
    if "year" in column["name"].lower() and all(each.isdigit() for each in known):
        years = known or [str(year) for year in range(1990, 2020)]
        return lambda: draw.choice(years) if draw.random() < 0.4 else str(draw.randint(1950, 2022))
    if known and all(re.fullmatch(r"\d+(\.\d+)?", each) for each in known):
        return lambda: draw.choice(known) if draw.random() < 0.4 else str(draw.randint(1, 3000))
    if "date" in column["name"].lower() and not known:
        return lambda: date(draw.randint(2000, 2022), draw.randint(1, 12), draw.randint(1, 28)).isoformat()
    few = len(known) + 6
    pool = [
        *known,
        *(f"{draw.choice(WORDS)} {draw.choice(WORDS)}" if draw.random() < 0.3 else draw.choice(WORDS) for _ in range(few)),
    ]
    weights = [1 / (place + 1) for place in range(len(pool))]
    return lambda: draw.choice(known) if known and draw.random() < 0.3 else draw.choices(pool, weights)[0]


def gold(connection: duckdb.DuckDBPyConnection, sql: str, name: str, table: str) -> list[tuple[Any, ...]]:
    """What the SQL finds."""
    text = re.sub(r'"([^"]*)"', lambda m: "'" + m[1].replace("'", "''") + "'", sql.rstrip("; "))
    text = re.sub(r"\blike\b", "ILIKE", text, flags=re.IGNORECASE)
    text = re.sub(rf"\b(from|join)\s+{re.escape(table)}\b", rf"\1 {name}", text, flags=re.IGNORECASE)
    return connection.execute(text).fetchall()


def same(found: list[tuple[Any, ...]], wanted: list[tuple[Any, ...]]) -> bool:
    """Whether two answers have the same rows, columns in any order."""
    if len(found) != len(wanted):
        return False
    if not wanted:
        return True
    if len(found[0]) != len(wanted[0]):
        return False
    ours, theirs = ([[plain(value) for value in column] for column in zip(*rows, strict=True)] for rows in (found, wanted))
    left = list(range(len(ours)))
    places = []
    for column in theirs:
        fits = next((p for p in left if Counter(ours[p]) == Counter(column)), None)
        if fits is None:
            return False
        left.remove(fits)
        places.append(fits)
    rows = Counter(zip(*(ours[p] for p in places), strict=True))
    return rows == Counter(zip(*theirs, strict=True))


def plain(value: Any) -> str:
    """A value as it is compared."""
    if isinstance(value, bool) or value is None:
        return str(value)
    try:
        return f"{float(value):.6g}"
    except (TypeError, ValueError):
        return str(value).lower()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--show", action="append", default=[], choices=["wrong", "abstained", "right"])
    parser.add_argument("--part", choices=["tuned", "held"])
    options = parser.parse_args()
    questions = json.loads(options.questions.read_text("utf-8"))
    seen = literals(questions)
    connection = duckdb.connect()
    tallies: dict[str, Counter[str]] = {"tuned": Counter(), "held": Counter()}
    times = []
    known: dict[str, tuple[Source, Context]] = {}
    for each in questions:
        part = "held" if hashlib.sha256(each["question"].encode()).digest()[0] % 3 == 0 else "tuned"
        if options.part not in (None, part):
            continue
        tally = tallies[part]
        key = f"{each['db']}.{each['table']}"
        if key not in known:
            name = f"q{len(known)}"
            build(connection, name, each["columns"], seen[key])
            shape = Shape.of((c["name"], "DOUBLE" if c["type"] == "number" else "VARCHAR") for c in each["columns"])
            source = Source(name, shape)
            columns, rows = look(connection, source)
            known[key] = source, Context(each["table"], columns, rows, TODAY)
        source, context = known[key]
        try:
            wanted = gold(connection, each["sql"], source.relation, each["table"])
        except duckdb.Error:
            tally["not measured"] += 1
            continue
        started = time.perf_counter()
        outcome = interpret(each["question"], context)
        times.append(time.perf_counter() - started)
        tied = ties(connection, each["sql"], source.relation, each["table"])
        verdict, detail = judge(connection, outcome, source, wanted, each["sql"], tied)
        tally[verdict] += 1
        if verdict in options.show:
            print(f"{verdict}: {each['question']}\n    {each['sql']}\n    {detail}")
    for part, tally in (*tallies.items(), ("all", tallies["tuned"] + tallies["held"])):
        total = sum(tally.values()) - tally["not measured"]
        if total:
            shares = "  ".join(f"{verdict} {tally[verdict]:3} {tally[verdict] / total:6.1%}" for verdict in VERDICTS)
            print(f"{part:>6} {total:4}: {shares}  not measured {tally['not measured']}")
    print(f"median {statistics.median(times) * 1000:.2f} ms a question")


def ties(connection: duckdb.DuckDBPyConnection, sql: str, name: str, table: str) -> list[Any]:
    """What may stand in the answer to a query that ends in ORDER BY … LIMIT n: the first n rows and those that tie with them."""
    ends = re.search(r"\border\s+by\s+(.+?)(?:\s+(asc|desc))?\s+limit\s+(\d+)\s*;?\s*$", sql, re.IGNORECASE)
    if ends is None or re.search(r"select\s+distinct", sql, re.IGNORECASE):
        return []
    place = re.search(r"\sfrom\s", sql, re.IGNORECASE)
    assert place is not None
    keyed = f"{sql[: place.start()]}, {ends[1]} {sql[place.start() : ends.start()]} ORDER BY {ends[1]} {ends[2] or ''}"
    rows = gold(connection, keyed, name, table)
    last = rows[min(len(rows), int(ends[3])) - 1][-1] if rows else None
    kept = [number for number, row in enumerate(rows) if row[-1] == last]
    return [row[:-1] for row in rows[: kept[-1] + 1]] if kept else []


def judge(
    connection: duckdb.DuckDBPyConnection, outcome: Any, source: Source, wanted: list[Any], sql: str, tied: list[Any]
) -> tuple[str, str]:
    """The verdict on one answer, and why. Two readings are a question back, not an answer."""
    if len(outcome.readings) != 1:
        return "abstained", outcome.not_understood or " | ".join(reading.words for reading in outcome.readings)
    plan = outcome.readings[0].plan
    try:
        compiled = compile_plan(connection, plan, source)
        rows = [row[2:] for row in connection.execute(compiled.sql, compiled.values).fetchall()]
    except (TabweaveError, duckdb.Error) as error:
        return "abstained", f"{plan} {error}"
    found = same(rows, wanted) or (len(rows) == len(wanted) and among(rows, tied))
    return ("right" if found and in_order(plan, sql) else "wrong"), str(plan.steps)


def among(rows: list[tuple[Any, ...]], tied: list[tuple[Any, ...]]) -> bool:
    """Whether all rows are among those that tie, columns in any order."""
    ours, theirs = (Counter(tuple(sorted(map(plain, row))) for row in each) for each in (rows, tied))
    return bool(tied) and ours <= theirs


def in_order(plan: Plan, sql: str) -> bool:
    """Whether the answer is in the order that the SQL asks for; rows that are equal in it may stand in any."""
    key = re.search(r"order\s+by\s+(.+?)(?:\s+(asc|desc))?\s*(?:limit\s+\d+)?\s*;?\s*$", sql, re.IGNORECASE)
    orders = [step.by for step in plan.steps if isinstance(step, (SortRows, TopRows))]
    if key is None:
        return True
    if not orders or not orders[-1]:
        return False
    first = orders[-1][0]
    named = key[1].split(",")[0].strip().split(".")[-1].lower()
    counted = re.match(r"(count|avg|sum|min|max)\s*\(", named)
    return first.descending == ((key[2] or "asc").lower() == "desc") and (bool(counted) or first.column.lower() == named)


if __name__ == "__main__":
    main()
