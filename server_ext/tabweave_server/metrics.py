"""What the extension counts, for Jupyter's own `/metrics`: in Prometheus form, once per process however many servers it runs.

Counters and histograms are added to where things happen; gauges are asked for when somebody reads them. Labels are drawn from
small fixed sets, never from the names of tables or people.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Protocol

from prometheus_client import REGISTRY, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)

OPERATIONS = Counter(
    "tabweave_operations",
    "Operations on shared tables that were answered, by how: ok, partial, noop or a code.",
    ["kind", "outcome"],
)
COMMIT_SECONDS = Histogram(
    "tabweave_commit_seconds", "From the arrival of an operation at the store to its answer after the commit.", buckets=_SECONDS
)
REQUEST_SECONDS = Histogram(
    "tabweave_request_seconds", "Blocking work of REST requests, with the wait for a thread.", buckets=_SECONDS
)
BYTES = Counter(
    "tabweave_socket_bytes", "Bytes of messages over sockets, by the other end and the direction.", ["peer", "direction"]
)

_GAUGES = {
    "queue_length": "Operations that wait for the store's writer.",
    "pages": "Open page sockets.",
    "kernels": "Open kernel sockets.",
    "frame_channels": "Open channels on private frames.",
    "members": "Open channels on shared tables.",
    "followers": "Those of them that follow a whole table, as notebooks do.",
    "follower_lag_revisions": "How many revisions the follower that is furthest behind has not been sent yet.",
    "store_bytes": "Size of the store's files.",
}


class Measured(Protocol):
    """What can be asked for its state now, by the names of the gauges; what it leaves out is 0."""

    def gauges(self) -> Mapping[str, float]:
        """The figures of now."""


class _Gauges(Collector):
    """Sums the gauges of all that are watched; who is not there any more is forgotten."""

    def __init__(self) -> None:
        self._watched: weakref.WeakSet[Measured] = weakref.WeakSet()

    def watch(self, measured: Measured) -> None:
        self._watched.add(measured)

    def unwatch(self, measured: Measured) -> None:
        self._watched.discard(measured)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        told = [measured.gauges() for measured in list(self._watched)]
        for name, help_text in _GAUGES.items():
            values = [gauges.get(name, 0.0) for gauges in told]
            total = max(values, default=0.0) if name == "follower_lag_revisions" else sum(values)
            yield GaugeMetricFamily(f"tabweave_{name}", help_text, value=total)

    def describe(self) -> list[GaugeMetricFamily]:
        return [GaugeMetricFamily(f"tabweave_{name}", help_text) for name, help_text in _GAUGES.items()]


_gauges = _Gauges()
REGISTRY.register(_gauges)
watch, unwatch = _gauges.watch, _gauges.unwatch
