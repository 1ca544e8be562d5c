"""A conversation with a model until there is a plan that fits, or a refusal. How requests travel is given to it.

It asks for structured output in the strictest form that the server takes and remembers which that is; a plan that does not
fit is sent back once with what is wrong. It must not know HTTP, clocks or tables.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ..errors import BadMessage, BadValue, Refused, TabweaveError, Unavailable
from ..plans.strict import read
from .prompt import again

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..protocol.plan import Plan
    from .prompt import Message

Format = Literal["json_schema", "json_object", "text"]

LADDER: tuple[Format, ...] = ("json_schema", "json_object", "text")
OPTIONS = ("stream_options", "temperature", "seed", "max_tokens")
"""What a request carries beside messages and format, and can do without."""
LONGEST_WAIT = 30.0
"""Seconds that a server which has no room is waited for, in all."""
_WAITS = 3
_BUSY = frozenset({408, 409, 429, 502, 503, 504, 529})
_UNFIT = frozenset({400, 415, 422, 500, 501})
_LONGEST_WORDS = 300
_MOST_STEPS = 100
_DEEPEST = 40


@dataclass
class Manners:
    """What a server takes for a model, found out while talking to it."""

    rung: int = 0
    without: set[str] = field(default_factory=set)

    @property
    def format(self) -> Format:
        """The form in which answers are asked for."""
        return LADDER[self.rung]

    def adapt(self, complaint: str) -> bool:
        """Asks for less after a request was refused; False where there is nothing less to ask for."""
        named = next((option for option in OPTIONS if option in complaint and option not in self.without), None)
        if named is not None:
            self.without.add(named)
            return True
        if self.rung + 1 < len(LADDER):
            self.rung += 1
            return True
        return False


@dataclass(frozen=True)
class Request:
    """One question to a model."""

    messages: Sequence[Message]
    format: Format
    without: frozenset[str]


@dataclass(frozen=True)
class Reply:
    """What came back. `finish` is the server's word for how it ended, None when it never said; tokens are 0 if not told."""

    text: str
    finish: str | None
    refusal: str = ""
    tokens_in: int = 0
    tokens_out: int = 0


class Failed(Exception):
    """A request that was not answered: the HTTP status, or 0 when there was none, the server's words, and its wait in seconds."""

    def __init__(self, status: int, message: str, *, code: str = "", wait: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.wait = wait


@dataclass(frozen=True)
class Consulted:
    """A plan that fits, and what it took to get it."""

    plan: Plan
    tokens_in: int
    tokens_out: int
    requests: int


class Dialogue:
    """One command's conversation. `check` raises for plans that do not fit, in words that may be told to the model."""

    def __init__(
        self,
        send: Callable[[Request], Reply],
        check: Callable[[Plan], None],
        pause: Callable[[float], None],
        manners: Manners,
    ) -> None:
        self._send = send
        self._check = check
        self._pause = pause
        self._manners = manners
        self._waited = 0.0
        self._waits = 0
        self._requests = 0
        self._tokens = [0, 0]

    def plan(self, messages: Sequence[Message]) -> Consulted:
        """The model's plan; raises when there is none that fits after it was sent back once."""
        said = list(messages)
        fault: TabweaveError | None = None
        for _ in range(2):
            reply = self._ask(said)
            try:
                found = plan_of(reply.text)
                self._check(found)
            except _Declined as declined:
                raise BadValue("CHECK", f"The model cannot do this: {plain(declined.why)}", hint="Say it differently.") from None
            except TabweaveError as error:
                fault = error
                said += again(reply.text, [{"where": error.where, "message": error.message, "hint": error.hint}])
                continue
            return Consulted(found, self._tokens[0], self._tokens[1], self._requests)
        assert fault is not None
        raise BadValue(
            "CHECK",
            f"The model gave no plan that fits, twice. The last one: {plain(fault.message)}",
            hint=f"{fault.hint} Nothing was changed.".strip(),
            where=fault.where,
        )

    def _ask(self, messages: Sequence[Message]) -> Reply:
        while True:
            self._requests += 1
            try:
                reply = self._send(Request(list(messages), self._manners.format, frozenset(self._manners.without)))
            except Failed as failed:
                self._mend(failed)
                continue
            self._tokens[0] += reply.tokens_in
            self._tokens[1] += reply.tokens_out
            return _whole(reply)

    def _mend(self, failed: Failed) -> None:
        """Waits or asks for less, so that the request can be sent again; raises where neither helps."""
        if failed.status in _BUSY and failed.code != "insufficient_quota":
            wait = failed.wait if failed.wait is not None else float(2**self._waits)
            self._waits += 1
            if self._waits > _WAITS or self._waited + wait > LONGEST_WAIT:
                later = f"Ask again in {round(wait)} s." if failed.wait else "Ask again later."
                raise Unavailable("BUSY", "The model's server has no room now.", hint=later) from None
            self._waited += wait
            self._pause(wait)
            return
        if _too_long(failed):
            raise Refused(
                "TOO_LARGE",
                "The table's columns are more than this model can take in.",
                hint="Use a model with a larger context.",
            ) from None
        if failed.status not in _UNFIT or not self._manners.adapt(failed.message):
            raise told(failed) from None


class _Declined(Exception):
    """The model says that it cannot do it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def plan_of(text: str) -> Plan:
    """The plan in an answer; raises for an answer without one."""
    found = document(text)
    if isinstance(found, list):
        found = {"steps": found}
    steps = found.get("steps")
    if _depth(found) > _DEEPEST or (isinstance(steps, list) and len(steps) > _MOST_STEPS):
        message = f"A plan has at most {_MOST_STEPS} steps, and conditions within conditions only so far."
        raise BadMessage("BAD_MESSAGE", message, hint="Give a shorter plan.")
    why = found.pop("cannot", None)
    if isinstance(why, str) and why.strip() and not steps:
        raise _Declined(why)
    return read(json.dumps(found))


def document(text: str) -> Any:
    """The JSON in an answer: all of it, or what stands in a fence or between other words, the last one with steps."""
    thought = re.sub(r"<think>.*?</think>", "", text, flags=re.DOTALL).strip()
    try:
        whole = json.loads(thought)
    except (ValueError, RecursionError):
        whole = None
    if isinstance(whole, dict) or (isinstance(whole, list) and all(isinstance(each, dict) for each in whole)):
        return whole
    found = [each for each in _objects(thought) if "steps" in each or "cannot" in each]
    if not found:
        raise BadMessage("BAD_MESSAGE", "There is no plan in the answer.", hint='Answer with {"steps": [...], "cannot": null}.')
    return found[-1]


def _depth(value: Any) -> int:
    """How many brackets stand within each other."""
    deepest, left = 0, [(value, 1)]
    while left:
        each, depth = left.pop()
        if isinstance(each, dict | list):
            deepest = max(deepest, depth)
            left += [(inner, depth + 1) for inner in (each.values() if isinstance(each, dict) else each)]
    return deepest


def _objects(text: str) -> list[dict[str, Any]]:
    """The JSON objects that stand in a text, outermost ones only."""
    decoder, found, at = json.JSONDecoder(), [], text.find("{")
    while at >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            found.append(value)
        at = text.find("{", end)
    return found


def _whole(reply: Reply) -> Reply:
    """A reply that came to its end; raises for refusals and for what broke off."""
    if reply.refusal or reply.finish == "content_filter":
        said = f": {plain(reply.refusal)}" if reply.refusal else "."
        raise Refused("FORBIDDEN", f"The model refused this{said}", hint="Nothing was changed. Say it differently.")
    if reply.finish == "length":
        raise Unavailable(
            "OFFLINE",
            "The model's answer was cut off because it became too long.",
            hint="Nothing was changed. Ask for less at a time, or raise TabweaveModel.max_tokens.",
        )
    if reply.finish is None:
        raise Unavailable("OFFLINE", "The model's answer broke off in the middle.", hint="Nothing was changed. Ask again.")
    return reply


def _too_long(failed: Failed) -> bool:
    words = f"{failed.code} {failed.message}".lower()
    return failed.status in (400, 413, 422) and (
        failed.status == 413 or "context_length" in words or "context length" in words or "context window" in words
    )


def told(failed: Failed) -> TabweaveError:
    """A failure as a refusal in plain words."""
    said = plain(failed.message)
    if failed.status in (401, 403):
        return Refused("FORBIDDEN", f"The model's server let us not in: {said}", hint="Check the key and TabweaveModel.base_url.")
    if failed.status == 404:
        return Refused("FORBIDDEN", f"The model's server does not have this model: {said}", hint="Check TABWEAVE_MODEL.")
    if failed.code == "insufficient_quota":
        return Refused("FORBIDDEN", f"The model's server wants to be paid: {said}", hint="Check your plan with the provider.")
    if failed.status:
        return Unavailable("OFFLINE", f"The model's server refused ({failed.status}): {said}", hint="Nothing was changed.")
    return Unavailable("OFFLINE", said, hint="Nothing was changed. Check TabweaveModel.base_url, or ask with --offline.")


def plain(text: str) -> str:
    """A stranger's words as one short sentence without control characters."""
    line = " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())
    if len(line) > _LONGEST_WORDS:
        return f"{line[: _LONGEST_WORDS - 1]}…"
    return line if line.endswith((".", "!", "?", "…")) else f"{line}."
