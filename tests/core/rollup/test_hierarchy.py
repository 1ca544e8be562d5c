"""Leaves in path order below a tree of nodes, while rows come and go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from core.rollup.groves import LABELS, PATHS, hierarchy
from hypothesis import given
from hypothesis import strategies as st
from tabweave_core.engine.rollups.hierarchy import Dimension, Hierarchy
from tabweave_core.errors import NotFound, Refused

Path = tuple[str | None, ...]


def order(path: Path) -> tuple[tuple[bool, str], ...]:
    return tuple((label is None, label or "") for label in path)


def check(tree: Hierarchy, rows: dict[int, Path]) -> None:
    """A hierarchy is what its definition says, node by node."""
    by_path = sorted(rows, key=lambda rid: (order(rows[rid]), rid))
    assert tree.rids_of(slice(None)).tolist() == by_path
    assert tree.leaves_of(np.array(by_path, dtype=np.int64)).tolist() == list(range(len(rows)))
    assert tree.leaves_of(np.array([-1, max(rows, default=0) + 1])).tolist() == [-1, -1]
    depth = len(tree.names)
    below = {path[:level] for path in rows.values() for level in range(1, depth + 1)}
    paths = [(), *sorted(below, key=lambda path: (len(path), order(path)))]
    assert [tree.path(node) for node in range(tree.nodes)] == paths
    for node, path in enumerate(paths):
        assert tree.node(path) == node
        assert tree.level(node) == len(path)
        within = [place for place, rid in enumerate(by_path) if rows[rid][: len(path)] == path]
        span = tree.leaves(node)
        assert list(range(span.start, span.stop)) == within
        children = [paths.index(other) for other in paths if len(other) == len(path) + 1 and other[: len(path)] == path]
        assert list(tree.children(node)) == children
    for leaf, rid in enumerate(by_path):
        above = [paths.index(rows[rid][:level]) for level in range(depth, -1, -1)]
        assert tree.ancestors(leaf) == above
    lowest = np.unique(tree.lowest).astype(np.int64)
    if len(lowest):
        assert tree.above(lowest).tolist() == list(range(tree.nodes))


@given(PATHS, st.randoms(use_true_random=False))
def test_leaves_lie_in_path_order_and_then_by_row_id(paths: list[Path], random: Any) -> None:
    rids = random.sample(range(100), len(paths))
    check(hierarchy(paths, rids), dict(zip(rids, paths, strict=True)))


@given(PATHS, st.lists(st.tuples(st.sampled_from(["insert", "delete"]), PATHS, st.randoms(use_true_random=False)), max_size=5))
def test_rows_come_and_go_as_if_the_hierarchy_were_built_anew(
    paths: list[Path], steps: list[tuple[str, list[Path], Any]]
) -> None:
    tree = hierarchy(paths)
    rows = dict(enumerate(paths))
    for kind, new, random in steps:
        before = {tree.path(node): node for node in range(tree.nodes)}
        if kind == "insert":
            free = sorted(set(range(len(rows) + 40)) - set(rows))
            rids = random.sample(free, len(new))
            tree, moves = tree.insert(np.array(rids, dtype=np.int64), list(zip(*new, strict=True)) or [[], [], []])
            rows |= dict(zip(rids, new, strict=True))
            assert sorted(tree.rids_of(moves.inserted).tolist()) == sorted(rids)
            assert not len(moves.deleted)
        else:
            gone = random.sample(sorted(rows), len(rows) // 2)
            leaves = np.sort(tree.leaves_of(np.array(gone, dtype=np.int64)))
            tree, moves = tree.delete(leaves)
            rows = {rid: path for rid, path in rows.items() if rid not in gone}
            assert moves.deleted.tolist() == leaves.tolist()
        check(tree, rows)
        after = {tree.path(node): node for node in range(tree.nodes)}
        assert {before[path]: after.get(path, -1) for path in before} == dict(enumerate(moves.nodes.tolist()))


def test_a_hierarchy_without_levels_is_the_total() -> None:
    tree = hierarchy([(), (), ()], depth=0)
    check(tree, {0: (), 1: (), 2: ()})
    check(tree.insert(np.array([7]), [])[0], {0: (), 1: (), 2: (), 7: ()})
    check(tree.delete(np.array([0, 1, 2]))[0], {})


def test_a_row_id_cannot_come_in_twice() -> None:
    tree = hierarchy([("A", "x", "1")])
    with pytest.raises(ValueError, match="row id"):
        tree.insert(np.array([0]), [["A"], ["x"], ["1"]])


def test_labels_of_many_types_have_an_order_too() -> None:
    labels: Sequence[Any] = ["b", 2, "a", 10]
    tree = Hierarchy.build([Dimension("mixed", np.arange(4), labels)], np.arange(4))
    assert [tree.path(node)[0] for node in tree.children(0)] == [10, 2, "a", "b"]


def test_very_many_distinct_paths_keep_their_order() -> None:
    count = 300
    rng = np.random.default_rng(5)
    codes = [rng.integers(0, 1 << 17, count) for _ in range(5)]
    labels = range(1 << 17)
    tree = Hierarchy.build([Dimension(str(level), code, labels) for level, code in enumerate(codes)], np.arange(count))
    expected = sorted(range(count), key=lambda row: [int(code[row]) for code in codes])
    assert tree.rids_of(slice(None)).tolist() == expected


def test_a_label_that_does_not_exist_is_refused_with_the_nearest() -> None:
    tree = hierarchy([("Acme", "x", "1")])
    with pytest.raises(NotFound) as refused:
        tree.node(["Acne"])
    assert refused.value.code == "NO_ROW"
    assert "'Acme'" in refused.value.hint


def test_a_path_without_rows_is_an_empty_group() -> None:
    tree = hierarchy([("A", "x", "1"), ("B", "y", "1")])
    for path in (["A", "y"], [None]):
        with pytest.raises(Refused) as refused:
            tree.node(path)
        assert refused.value.code == "EMPTY_GROUP"


def test_a_path_with_too_many_steps_is_refused() -> None:
    with pytest.raises(NotFound):
        hierarchy([("A", "x", "1")]).node(["A", "x", "1", "more"])


@given(st.lists(st.tuples(*LABELS), min_size=1, max_size=25))
def test_memory_is_stated(paths: list[Path]) -> None:
    assert hierarchy(paths).nbytes > len(paths) * 12
