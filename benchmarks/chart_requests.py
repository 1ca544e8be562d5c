"""How many requests for charts the offline interpreter reads as the people did who wrote down what they mean.

`python benchmarks/chart_requests.py CHARTS TABLES [--show wrong|abstained|right]`

CHARTS is a folder of nl4dv-*.tsv (Datafile, Query, Output: JSON with visList and taskMap), TABLES the tables. A chart is right
if it has the kind, columns, figures and filters written down; where a kind or figure was not asked for in words, any fits.
A filter on a value may name any of the values that the request was said to be ambiguous between.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import msgspec
from tabweave_core.errors import TabweaveError
from tabweave_core.language.context import Context, look
from tabweave_core.language.interpreter import interpret
from tabweave_core.plans.compile import compile_plan
from tabweave_core.plans.draft import Source
from tabweave_core.plans.shape import Shape
from tabweave_core.protocol import plan as p
from tabweave_core.protocol.plan import Plan

TODAY = date(2026, 1, 15)
KINDS = {"barchart": "bar", "scatterplot": "scatter", "stripplot": "scatter", "linechart": "line", "areachart": "area",
    "piechart": "pie",
         "histogram": "histogram", "boxplot": "box"}  # fmt: skip
FIGURES = {"AVG": "mean", "SUM": "sum", "MAX": "max", "MIN": "min", "MEDIAN": "median", "COUNT": "count"}
VERDICTS = ("right", "wrong", "abstained")


def table(connection: duckdb.DuckDBPyConnection, path: Path, number: int) -> tuple[Source, Context]:
    """A table of a file, and what the interpreter knows of it."""
    name = f"t{number}"
    connection.execute(
        f"CREATE TABLE {name} AS SELECT row_number() OVER () AS _rid, row_number() OVER () AS _pos, * "
        f"FROM read_csv_auto('{path}')"
    )
    described = connection.execute(f"SELECT * EXCLUDE (_rid, _pos) FROM {name} LIMIT 0").description
    source = Source(name, Shape.of((column, str(type_)) for column, type_, *_ in described))
    columns, rows = look(connection, source)
    return source, Context(path.stem.partition("-")[0], columns, rows, TODAY)


def drawn(plan: Plan) -> tuple[str | None, set[str], set[str]]:
    """The kind, columns and figures of the chart or table that a plan ends in."""
    columns: set[str] = set()
    figures: set[str] = set()
    kind = None
    for step in plan.steps:
        match step:
            case p.Chart():
                kind = step.kind
                for key in (step.x, step.color, step.facet):
                    columns |= {key.column} if key is not None else set()
                columns |= {each.column for each in step.y if each.column is not None and each.fn != "count"} | (
                    {step.y_column} if step.y_column else set()
                )
                figures |= {each.fn for each in step.y}
            case p.Aggregate(by=keys, measures=measures):
                columns |= {key.column for key in keys} | {
                    each.column for each in measures if each.column is not None and each.fn != "count"
                }
                figures |= {each.fn for each in measures}
            case p.SelectColumns(columns=names):
                columns |= {name for name in names if not any(name.startswith(f"{fn}_") or name == fn for fn in figures)}
            case p.TopRows(by=by):
                columns |= {order.column for order in by if not any(order.column.startswith(f"{fn}_") for fn in figures)}
    return kind, columns, figures


def filters(plan: Plan) -> dict[str, str]:
    """The conditions of a plan by column, as text."""
    found: dict[str, str] = {}

    def gather(condition: Any) -> None:
        made = msgspec.to_builtins(condition)
        if "of" in made and isinstance(made["of"], list):
            for inner in condition.of:
                gather(inner)
        elif made.get("column"):
            found[made["column"]] = json.dumps(made)

    for step in plan.steps:
        if isinstance(step, p.FilterRows) or (isinstance(step, p.Chart) and step.where is not None):
            gather(step.where)
    return found


def judge(connection: duckdb.DuckDBPyConnection, outcome: Any, source: Source, wanted: dict[str, Any]) -> tuple[str, str]:
    """The verdict on one request, and why."""
    if len(outcome.readings) != 1:
        return "abstained", outcome.not_understood or " | ".join(reading.words for reading in outcome.readings)
    plan = outcome.readings[0].plan
    try:
        compile_plan(connection, plan, source)
    except (TabweaveError, duckdb.Error) as error:
        return "abstained", f"{plan.steps} {error}"
    kind, columns, figures = drawn(plan)
    views = wanted["visList"]
    detail = f"{plan.steps}"
    explicit = views[0].get("visType") in KINDS and views[0].get("inferenceType") == "explicit"
    if explicit and kind != KINDS[views[0]["visType"]]:
        return "wrong", f"kind {kind}: {detail}"
    asked = wanted.get("taskMap", {})
    tested = filters(plan)
    known = [set(view["attributes"]) for view in views]
    if not any(columns == each for each in known) and not (not columns and tested):
        return "wrong", f"columns {columns} not {known[0]}: {detail}"
    named = {
        FIGURES.get(task["operator"], "") for task in asked.get("derived_value", []) if task["inferenceType"] == "explicit"
    } - {""}
    if named and kind != "scatter" and not named <= figures:
        return "wrong", f"figures {figures} not {named}: {detail}"
    for task in asked.get("filter", []):
        name = task["attributes"][0] if isinstance(task["attributes"], list) else task["attributes"]
        values = [str(value).lower() for value in task["values"]]
        said = tested.get(name, "").lower()
        if task["operator"] == "IN":
            fits = any(json.dumps(value)[1:-1] in said for value in values) or (
                "matches" in said and json.loads(said)["text"] in values[0]
            )
        else:
            fits = bool(said) and any(value.partition("/")[0].partition(".")[0] in said for value in values)
        if not fits:
            return "wrong", f"filter {task['operator']} {name} {values}: {detail}"
    if len(tested) > len(asked.get("filter", [])):
        return "wrong", f"filters {tested}: {detail}"
    return "right", detail


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("charts", type=Path)
    parser.add_argument("tables", type=Path)
    parser.add_argument("--show", action="append", default=[], choices=VERDICTS)
    options = parser.parse_args()
    csv.field_size_limit(sys.maxsize)
    connection = duckdb.connect()
    known: dict[str, tuple[Source, Context]] = {}
    times = []
    for path in sorted(options.charts.glob("nl4dv-*.tsv")):
        tally: Counter[str] = Counter()
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                wanted = json.loads(row["Output"])
                if not wanted.get("visList"):
                    continue
                if row["Datafile"] not in known:
                    known[row["Datafile"]] = table(connection, options.tables / row["Datafile"], len(known))
                source, context = known[row["Datafile"]]
                started = time.perf_counter()
                outcome = interpret(row["Query"], context)
                times.append(time.perf_counter() - started)
                verdict, detail = judge(connection, outcome, source, wanted)
                tally[verdict] += 1
                if verdict in options.show:
                    print(f"{verdict}: {row['Query']}\n    {detail}")
        total = sum(tally.values())
        print(f"{path.stem}: " + "  ".join(f"{verdict} {tally[verdict]} ({tally[verdict] / total:.0%})" for verdict in VERDICTS))
    print(f"median {statistics.median(times) * 1000:.2f} ms a request")


if __name__ == "__main__":
    main()
