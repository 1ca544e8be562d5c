"""Every node's aggregates against GROUPING SETS in DuckDB, after whatever happened."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import numpy as np
import pytest
from core.rollup.groves import LABELS, LARGE, PATHS, SMALL, applied, attempt, column, floats, hierarchy, listed
from hypothesis import given, settings
from hypothesis import strategies as st
from tabweave_core.engine.rollups import methods as m
from tabweave_core.engine.rollups.aggregate import Aggregate
from tabweave_core.engine.rollups.column import Measure
from tabweave_core.engine.rollups.rollup import Rollup
from tabweave_core.engine.rollups.spread import Scope
from tabweave_core.errors import NotFound, TabweaveError

Row = list[Any]
MEASURES = [Measure("a"), Measure("b", scale=2)]
AGGREGATES = {
    Aggregate("sum", "a"): "sum(a)",
    Aggregate("count", "a"): "count(a)",
    Aggregate("mean", "a"): "sum(a), count(a)",
    Aggregate("min", "a"): "min(a)",
    Aggregate("max", "b"): "max(b)",
    Aggregate("first", "a"): "first(a ORDER BY x NULLS LAST, y NULLS LAST, z NULLS LAST, rid) FILTER (a IS NOT NULL)",
    Aggregate("last", "b"): "last(b ORDER BY x NULLS LAST, y NULLS LAST, z NULLS LAST, rid) FILTER (b IS NOT NULL)",
    Aggregate("distinct", "a"): "count(DISTINCT a)",
    Aggregate("weighted_mean", "a", "b"): "sum(a * b), sum(b) FILTER (a IS NOT NULL)",
    Aggregate("ratio", "b", "a", inverse="b"): "sum(b), 100 * sum(a)",
}


def grouping_sets(rows: dict[int, Row], kind: str = "HUGEINT") -> dict[tuple[Any, ...], list[Any]]:
    """For each path the aggregates by DuckDB."""
    with duckdb.connect(":memory:") as con:
        con.execute(f"CREATE TABLE t (rid BIGINT, x VARCHAR, y VARCHAR, z VARCHAR, a {kind}, b {kind})")
        if rows:
            con.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)", [[rid, *row] for rid, row in rows.items()])
        columns = ", ".join(f"list_value({sql})" for sql in AGGREGATES.values())
        found = con.execute(
            f"SELECT GROUPING(x, y, z), x, y, z, {columns} FROM t GROUP BY GROUPING SETS ((), (x), (x, y), (x, y, z))"
        ).fetchall()
    level = {0b111: 0, 0b011: 1, 0b001: 2, 0b000: 3}
    return {tuple(line[1 : 1 + level[line[0]]]): list(line[4:]) for line in found}


def check(rollup: Rollup, rows: dict[int, Row]) -> None:
    tree = rollup.hierarchy
    expected = grouping_sets(rows)
    assert {tree.path(node) for node in range(tree.nodes)} == set(expected)
    for node in range(tree.nodes):
        for aggregate, parts in zip(AGGREGATES, expected[tree.path(node)], strict=True):
            wanted = parts[0]
            if len(parts) == 2:
                above, below = parts
                wanted = None if above is None or not below else Fraction(int(above), int(below))
            assert rollup.value(node, aggregate) == wanted, (tree.path(node), aggregate.label)


def build(
    paths: Sequence[tuple[str | None, ...]], units: Sequence[tuple[int | None, int | None]]
) -> tuple[Rollup, dict[int, Row]]:
    tree = hierarchy(paths)
    order = tree.rids_of(slice(None)).tolist()
    columns = {name: column([units[rid][place] for rid in order]) for place, name in enumerate("ab")}
    rows = {rid: [*path, *pair] for rid, (path, pair) in enumerate(zip(paths, units, strict=True))}
    return Rollup(tree, MEASURES, columns, list(AGGREGATES)), rows


CELLS = {"a": st.none() | SMALL | SMALL | LARGE, "b": st.none() | SMALL | st.integers(-(1 << 50), 1 << 50)}


@settings(max_examples=max(120, settings.default.max_examples if settings.default else 0))
@given(PATHS, st.data())
def test_every_ancestor_equals_grouping_sets_after_random_histories(
    paths: list[tuple[str | None, ...]], data: st.DataObject
) -> None:
    cells = st.tuples(CELLS["a"], CELLS["b"])
    rollup, rows = build(paths, data.draw(st.lists(cells, min_size=len(paths), max_size=len(paths))))
    for _ in range(data.draw(st.integers(0, 6))):
        step = data.draw(st.sampled_from(["edit", "batch", "spread", "insert", "delete"] if rows else ["insert"]))
        tree = rollup.hierarchy
        name = data.draw(st.sampled_from("ab"))
        place = 3 + "ab".index(name)
        match step:
            case "edit":
                rid = data.draw(st.sampled_from(sorted(rows)))
                rows[rid][place] = data.draw(CELLS[name])
                rollup.edit(name, int(tree.leaves_of(np.array([rid]))[0]), rows[rid][place])
            case "batch":
                leaves = np.array(sorted(data.draw(st.sets(st.integers(0, tree.count - 1)))), dtype=np.int64)
                new = data.draw(st.lists(CELLS[name], min_size=len(leaves), max_size=len(leaves)))
                rollup.write(name, leaves, column(new))
                for rid, unit in zip(tree.rids_of(leaves).tolist(), new, strict=True):
                    rows[rid][place] = unit
            case "spread":
                scope = Scope("node", tree.leaves(data.draw(st.integers(0, tree.nodes - 1))))
                now = listed(rollup.columns[name])
                done = attempt(rollup.measures[name], rollup.columns[name], scope, m.Proportional(data.draw(SMALL)))
                if isinstance(done, TabweaveError):
                    assert done.code == "RANGE"
                    continue
                after = applied(now, done)
                rollup.write(name, done.leaves, done.after)
                assert listed(rollup.columns[name]) == after
                for rid, unit in zip(tree.rids_of(slice(None)).tolist(), after, strict=True):
                    rows[rid][place] = unit
            case "insert":
                new_rows = data.draw(st.lists(st.tuples(*LABELS, CELLS["a"], CELLS["b"]), max_size=5))
                free = sorted(set(range(len(rows) + 30)) - set(rows))
                rids = data.draw(st.permutations(free))[: len(new_rows)]
                values = {key: column([row[3 + at] for row in new_rows]) for at, key in enumerate("ab")}
                labels = [[row[level] for row in new_rows] for level in range(3)]
                rollup.insert(np.array(rids, dtype=np.int64), labels, values)
                rows |= {rid: list(row) for rid, row in zip(rids, new_rows, strict=True)}
            case _:
                gone = data.draw(st.sets(st.sampled_from(sorted(rows))))
                rollup.delete(np.array(sorted(gone), dtype=np.int64))
                rows = {rid: row for rid, row in rows.items() if rid not in gone}
    check(rollup, rows)


def test_sums_beyond_64_bits_are_exact_and_so_is_the_way_back() -> None:
    top = (1 << 63) - 1
    rollup, rows = build([("A", "x", "1")] * 3, [(top, 1), (top, 1), (-5, 1)])
    check(rollup, rows)
    for leaf in range(2):
        rollup.edit("a", leaf, 10**35)
        rows[leaf][3] = 10**35
    check(rollup, rows)
    rollup.write("a", slice(0, 3), column([1, 2, None]))
    for leaf, unit in enumerate([1, 2, None]):
        rows[leaf][3] = unit
    check(rollup, rows)


def test_after_an_edit_only_the_ancestors_of_the_leaf_differ() -> None:
    paths = [(brand, family, "1") for brand in "AB" for family in "xy"]
    rollup, _ = build(paths, [(1, 1)] * 4)
    before = [rollup.sum(node, "a") for node in range(rollup.hierarchy.nodes)]
    rollup.edit("a", 2, 9)
    after = [rollup.sum(node, "a") for node in range(rollup.hierarchy.nodes)]
    changed = [node for node, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    assert changed == sorted(rollup.hierarchy.ancestors(2)) == rollup.touched(np.array([2])).tolist()


def test_a_rollup_over_no_rows_shows_nothing() -> None:
    rollup, rows = build([], [])
    check(rollup, rows)


def test_sums_of_floats_are_correctly_rounded_at_every_node() -> None:
    paths = [("A", "x", "1"), ("A", "x", "2"), ("B", "x", "1"), ("B", "y", "1")]
    units = [0.1, 1e16, -1e16, 0.2]
    price, qty = Measure.double("price"), Measure("qty")
    sums, mean = Aggregate("sum", "price"), Aggregate("weighted_mean", "price", "qty")
    tree = hierarchy(paths)
    rollup = Rollup(tree, [price, qty], {"price": floats(units), "qty": column([1, 2, 3, 4])}, [sums, mean])
    for changed in (None, 7.25, 1e300):
        if changed is not None:
            rollup.edit("price", 1, changed)
            units[1] = changed
        for node in range(tree.nodes):
            span = tree.leaves(node)
            assert rollup.value(node, sums) == math.fsum(units[span])
            weights = [1, 2, 3, 4][span]
            wanted = math.fsum(unit * weight for unit, weight in zip(units[span], weights, strict=True)) / sum(weights)
            assert rollup.value(node, mean) == wanted


@pytest.mark.parametrize(
    ("units", "expected"),
    [([1e308, 1e308, -1e308], 1e308), ([1e308, 1e308], math.inf), ([-1e308, -1e308], -math.inf), ([math.inf], math.inf)],
)
def test_a_sum_of_floats_that_overflows_on_the_way_is_right_or_infinite(units: list[float], expected: float) -> None:
    sums = Aggregate("sum", "price")
    tree = hierarchy([("A", "x", "1")] * len(units))
    assert Rollup(tree, [Measure.double("price")], {"price": floats(units)}, [sums]).value(0, sums) == expected


def test_infinities_of_both_signs_have_no_sum() -> None:
    sums = Aggregate("sum", "price")
    tree = hierarchy([("A", "x", "1")] * 2)
    found = Rollup(tree, [Measure.double("price")], {"price": floats([math.inf, -math.inf])}, [sums]).value(0, sums)
    assert isinstance(found, float)
    assert math.isnan(found)


def test_a_column_that_is_not_there_is_refused_with_the_nearest() -> None:
    rollup, _ = build([("A", "x", "1")], [(1, 1)])
    for call in (lambda: rollup.edit("aa", 0, 1), lambda: rollup.write("aa", slice(0, 1), column([1]))):
        with pytest.raises(NotFound) as refused:
            call()
        assert refused.value.code == "NO_COLUMN"
    with pytest.raises(NotFound):
        Rollup(rollup.hierarchy, MEASURES, rollup.columns, [Aggregate("sum", "amount")])


def test_a_ratio_is_of_the_natural_numbers() -> None:
    rollup, _ = build([("A", "x", "1"), ("A", "x", "1")], [(3, 1250), (1, 750)])
    assert rollup.value(0, Aggregate("ratio", "b", "a", inverse="b")) == Fraction(Decimal("20.00")) / 4


def test_memory_is_stated() -> None:
    rollup, _ = build([("A", "x", "1")] * 10, [(1, 1)] * 10)
    assert rollup.nbytes >= 160
