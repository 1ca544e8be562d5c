"""`%tab` lines about planning, in clauses, each a call of the Python API.

%tab rollup T by brand > family of sum(amount), mean(price) across month where year = 2026 as plan
%tab set T amount = 1200 where brand = 'Acme' by equal hold product = 'X1' --preview
%tab bounds T amount 0..1000
%tab lock T amount where brand = 'Acme'
"""

from __future__ import annotations

from typing import Any

from . import guards, wording
from .arguments import Arguments, Option, Word, check_variable, refuse
from .clauses import LOCK, ROLLUP, SET, assigned, literal, ranged, read
from .magics import TABLE, TabMagics, command, show
from .terminal import harmless

LEVELS = "by LEVELS of MEASURES"
ASSIGNMENT = "COLUMN = VALUE"
RANGE = "COLUMN LEAST..MOST"
CELLS = "COLUMN, … where CONDITION"
LOCKED = "[COLUMN, COLUMN] [where CONDITION]; all columns and rows where none are named"


@command(
    TABLE,
    Word(LEVELS, "by LEVEL > LEVEL of MEASURE, MEASURE [across COLUMN] [where CONDITION] [as VARIABLE]"),
    options=(Option("exact", "make decimals of measures that are floats, so that totals are exact"),),
    details="Measures: sum, count, mean, min, max, first, last, distinct, weighted_mean(A, WEIGHTS), ratio(A, B) into A.\n"
    "Totals are written with the variable's .set(PATH, MEASURE, VALUE), or with %tab set.",
)
def rollup(magics: TabMagics, arguments: Arguments) -> None:
    """Show totals by the levels of a hierarchy, to look at and to write."""
    usage = "%tab rollup NAME by brand > family of sum(amount), mean(price)"
    head, parts = read(arguments.words[LEVELS], ROLLUP, usage)
    if head:
        raise refuse(f"{head!r} is not expected there.", f"Usage: {usage}")
    for word in ("by", "of"):
        if word not in parts:
            raise refuse(f"%tab rollup needs `{word}`.", f"Usage: {usage}")
    variable = parts["as"][0] if "as" in parts else None
    if variable is not None:
        check_variable(variable)
    made = table(magics, arguments).rollup(
        parts["by"][0],
        parts["of"][0],
        across=wording.unquoted(parts["across"][0]) if "across" in parts else None,
        where=parts["where"][0] if "where" in parts else None,
        exact=arguments.has("exact"),
    )
    if variable is not None:
        magics.namespace[variable] = made
    show(made)


@command(
    TABLE,
    Word(ASSIGNMENT, "COLUMN = VALUE [where CONDITION] [by METHOD] [hold CONDITION]"),
    name="set",
    options=(Option("preview", "say what it would write, and write nothing"),),
    details="The value is the total over the rows that match, which follow by a method (proportional, if none is named):\n"
    + ",\n".join(", ".join(wording.FORMS[start : start + 5]) for start in range(0, len(wording.FORMS), 5))
    + ".\nCOLUMN in them can be @REVISION too: what the column itself was then. A text is written into every row.",
)
def set_total(magics: TabMagics, arguments: Arguments) -> None:
    """Write the total of a column over some rows; the rows follow."""
    usage = "%tab set NAME amount = 1200 where brand = 'Acme'"
    head, parts = read(arguments.words[ASSIGNMENT], SET, usage, several=("hold",))
    column, equals, value = assigned(head)
    if not column or (equals and not value):
        raise refuse("%tab set needs COLUMN = VALUE.", f"Usage: {usage}")
    by = parts["by"][0] if "by" in parts else None
    if not equals and by is None:
        raise refuse("%tab set needs COLUMN = VALUE.", f"Usage: {usage}")
    from . import rollup as rollups

    found = table(magics, arguments)
    number = literal(value) if equals else None
    op = rollups.over_cells(
        found,
        column,
        number,
        where=parts["where"][0] if "where" in parts else None,
        rows=None,
        by="clear" if by is None and number is None else by,
        hold=parts.get("hold"),
    )
    done = rollups.settle(found, op, preview=arguments.has("preview"))
    if isinstance(done, str):
        print(harmless(done))
    else:
        show(done)


@command(
    TABLE,
    Word(RANGE, "such as amount 0..1000; an end may be left out, and none takes bounds away", required=False),
    details="Cells that lie outside already refuse the bounds. What is typed, pasted, commanded or spread later has to lie\n"
    "within; a total that the rows cannot reach so is refused with those that they can. Without a range it says them.",
)
def bounds(magics: TabMagics, arguments: Arguments) -> None:
    """Declare the least and the greatest number that a column may hold."""
    usage = "%tab bounds NAME amount 0..1000"
    found = table(magics, arguments)
    column, ends = ranged(arguments.words.get(RANGE, ""), usage)
    if ends is not None:
        print(harmless(found.bound(column, *ends)))
        return
    if column:
        found.find_column(column)
    print(harmless(guards.listed(found.bounds, [column] if column else [])))


@command(
    TABLE, Word(CELLS, LOCKED, required=False), details="Nothing changes them until they are unlocked; spreads go round them."
)
def lock(magics: TabMagics, arguments: Arguments) -> None:
    """Lock cells for everybody."""
    columns, where = _cells(arguments, "%tab lock NAME amount where brand = 'Acme'")
    print(harmless(table(magics, arguments).lock(columns, where=where)))


@command(TABLE, Word(CELLS, LOCKED, required=False))
def unlock(magics: TabMagics, arguments: Arguments) -> None:
    """Unlock cells that are locked."""
    columns, where = _cells(arguments, "%tab unlock NAME amount where brand = 'Acme'")
    print(harmless(table(magics, arguments).unlock(columns, where=where)))


def _cells(arguments: Arguments, usage: str) -> tuple[list[str] | None, str | None]:
    """The columns and the condition of a line."""
    head, parts = read(arguments.words.get(CELLS, ""), LOCK, usage)
    columns = [wording.unquoted(name) for name in wording.pieces(head, ",")] if head else None
    return columns, parts["where"][0] if "where" in parts else None


def table(magics: TabMagics, arguments: Arguments) -> Any:
    """The table that a line is about."""
    from . import api

    return api.table(arguments.words["NAME"], namespace=magics.namespace)
