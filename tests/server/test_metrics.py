"""What an operator is told: figures, and a page that names each of them and each setting."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from prometheus_client import REGISTRY, generate_latest
from tabweave_server import metrics
from tabweave_server.app import TabweaveServer

PAGE = Path(__file__).parents[2] / "docs" / "server.md"


class Told:
    """An extension as the metrics see it."""

    def __init__(self, **figures: float) -> None:
        self.figures = figures

    def gauges(self) -> Mapping[str, float]:
        return self.figures


def value(name: str) -> float | None:
    return REGISTRY.get_sample_value(name)


def test_several_extensions_in_one_process_are_summed_and_the_longest_lag_told() -> None:
    one, other = Told(members=2, follower_lag_revisions=3), Told(members=5, follower_lag_revisions=1, queue_length=4)
    before = value("tabweave_members") or 0
    metrics.watch(one)
    metrics.watch(other)
    assert value("tabweave_members") == before + 7
    assert value("tabweave_follower_lag_revisions") == 3
    metrics.unwatch(one)
    metrics.unwatch(one)
    assert value("tabweave_members") == before + 5
    assert value("tabweave_follower_lag_revisions") == 1
    del other
    assert value("tabweave_members") == before


def test_every_figure_is_explained() -> None:
    text = PAGE.read_text(encoding="utf-8")
    names = set(re.findall(r"^# TYPE (tabweave_\w+) (?:counter|gauge|histogram)$", generate_latest().decode(), re.MULTILINE))
    names = {name for name in names if not name.endswith("_created")}
    assert len(names) > 8
    assert sorted(name for name in names if name not in text) == []


def test_every_setting_is_explained() -> None:
    text = PAGE.read_text(encoding="utf-8")
    own = [name for name, trait in TabweaveServer.class_own_traits(config=True).items() if trait.this_class is TabweaveServer]
    assert len(own) > 10
    assert sorted(name for name in own if f"`{name}`" not in text and f".{name}" not in text) == []
