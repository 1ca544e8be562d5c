"""One command put to the model: what it is shown, the plan that comes back, and a record of what left the machine for it."""

from __future__ import annotations

import json
import time
import weakref
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tabweave_core.language.dialogue import Dialogue, Manners
from tabweave_core.language.prompt import opening

from .provider import Provider

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tabweave_core.language.context import Context
    from tabweave_core.protocol.plan import Plan

    from .settings import TabweaveModel

KEPT = 50
"""So many exchanges are remembered."""
_manners: dict[tuple[str, str], Manners] = {}
_exchanges: weakref.WeakKeyDictionary[Any, deque[Exchange]] = weakref.WeakKeyDictionary()


@dataclass
class Exchange:
    """What left the machine for one command: the bodies of the requests as they went, and to whom."""

    table: str
    command: str
    model: str
    host: str
    bodies: list[bytes] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """The record as JSON values."""
        requests = [json.loads(body) for body in self.bodies]
        return {"table": self.table, "command": self.command, "model": self.model, "to": self.host, "requests": requests}


@dataclass(frozen=True)
class Advice:
    """A model's plan; `by` says who made it and what that took, in words."""

    plan: Plan
    interpreter: str
    by: str
    exchange: Exchange


def consult(
    home: object,
    settings: TabweaveModel,
    command: str,
    context: Context,
    samples: Mapping[str, Sequence[str]],
    check: Callable[[Plan], None],
    tell: Callable[[str], None],
    stoppable: Callable[[Callable[[], None]], None] | None = None,
) -> Advice:
    """The model's plan for a command. `check` raises for plans that do not fit; raises when the model has none.

    `tell` is told how far it is, and may raise to end it; `stoppable` is given what ends it from another thread.
    """

    def heard(length: int) -> None:
        tell(f"{length:,} characters" if length else f"waiting for {settings.host}")

    def pause(seconds: float) -> None:
        tell(f"{settings.host} has no room, waiting {seconds:.0f} s")
        time.sleep(seconds)

    exchange = Exchange(context.table, command, settings.model, settings.host)
    _exchanges.setdefault(home, deque(maxlen=KEPT)).append(exchange)
    manners = _manners.setdefault((settings.base_url, settings.model), Manners())
    began = time.monotonic()
    with Provider(settings, exchange.bodies.append, heard) as provider:
        if stoppable is not None:
            stoppable(provider.stop)
        found = Dialogue(provider.send, check, pause, manners).plan(opening(command, context, samples))
    spent = f"{time.monotonic() - began:.1f} s"
    tokens = f"{found.tokens_in:,} + {found.tokens_out:,} tokens" if found.tokens_in or found.tokens_out else ""
    told = ", ".join(each for each in (tokens, spent, settings.cost(found.tokens_in, found.tokens_out)) if each)
    return Advice(found.plan, f"model@{settings.model}", f"{settings.model} at {settings.host}: {told}", exchange)


def exchanges(home: object) -> list[Exchange]:
    """What left the machine for the commands of a workspace, oldest first."""
    return list(_exchanges.get(home, ()))
