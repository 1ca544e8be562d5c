"""Variables as tables: which frame each name stands for, and what became of it after a cell ran.

The variable is the data. The same object under two names is one frame; a name that is given another DataFrame takes its
grids along; a deleted name leaves them empty until it is assigned again. It must not know channels, widgets or IPython
beyond the namespace it is given.
"""

from __future__ import annotations

import logging
import secrets
import weakref
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

from tabweave_core.errors import NotFound, did_you_mean

from .frames.difference import Difference
from .frames.frame import Frame
from .gate import locked
from .slot import Slot
from .tabular import Tabular, as_table, is_tabular
from .watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .sessions import Sessions

log = logging.getLogger("tabweave")

_MISSING = object()


class Bound:
    """A slot that follows a name. `source` is the very object that the name stood for at the last look."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.slot = Slot(name, name, follows=True)
        self.source: object = _MISSING
        self.watch: Watch | None = None
        self.live = False


class Binding:
    """The tables of one namespace."""

    def __init__(self, namespace: Mapping[str, Any], sessions: Sessions) -> None:
        self._namespace = namespace
        self._sessions = sessions
        self._bound: dict[str, Bound] = {}
        self._watches: weakref.WeakSet[Watch] = weakref.WeakSet()

    def names(self) -> list[str]:
        """The variables that can be shown as tables."""
        return [name for name, value in list(self._namespace.items()) if not name.startswith("_") and is_tabular(value)]

    def bind(self, name: str) -> Slot:
        """The slot that follows the variable `name`; raises `NO_TABLE`."""
        value = self._namespace.get(name, _MISSING)
        if value is _MISSING:
            hint = did_you_mean(name, self.names()) or f"Assign a DataFrame to {name} first."
            raise NotFound("NO_TABLE", f"There is no variable {name!r}.", hint=hint)
        bound = self._bound.get(name)
        if bound is None:
            found = as_table(value, name)
            bound = Bound(name)
            bound.slot.writing = partial(self._writing, bound)
            bound.slot.reading = partial(_read, bound)
            bound.slot.steady = partial(_is_steady, bound)
            self._bound[name] = bound
            self._stand(bound, value, found, self._frame(value, found, name))
            self._sessions.add(bound.slot)
        else:
            self._follow(bound)
            if bound.slot.frame is None:
                as_table(value, name)
        return bound.slot

    def adopt(self, value: object, name: str = "") -> Slot:
        """A slot for an object: that of a variable which stands for it, if there is one, else one of its own.

        A slot of its own lives as long as somebody holds it, and keeps the object alive.
        """
        for known, held in list(self._namespace.items()):
            if held is value and not known.startswith("_"):
                return self.bind(known)
        found = as_table(value, name or "it")
        slot = Slot(f"~{secrets.token_hex(8)}", name or "table", self._frame(value, found, name))
        assert slot.frame is not None
        watch = self._watch(slot.frame)
        slot.writing, slot.reading, slot.steady = watch.writing, watch.reading, watch.steady
        self._sessions.add(slot)
        return slot

    def follow(self, slot: Slot) -> None:
        """Looks at what the variable of one slot stands for now, and at its values."""
        bound = next((each for each in self._bound.values() if each.slot is slot), None)
        if bound is not None:
            self._follow(bound)
        for watch in list(self._watches):
            if watch.frame is slot.frame:
                watch.settle()

    def renew(self, slot: Slot) -> None:
        """Has those who show a slot begin anew: something about it is different now."""
        if slot.frame is not None:
            self._sessions.put(slot, slot.frame)

    def settle(self) -> None:
        """Looks at every table; to be called when user code has run."""
        # A frame whose last name moves on may get another name in the same round.
        kept = [watch.frame for watch in self._watches]
        for bound in list(self._bound.values()):
            _surely(bound.slot.frame, partial(self._follow, bound))
        for watch in list(self._watches):
            _surely(watch.frame, watch.settle)
        del kept
        self._sessions.look()

    def _frame(self, source: object, found: Tabular, name: str) -> Frame:
        """The frame that stands for the object already, or a new one."""
        return self._known(source) or Frame(found.df, name=name, read_only=found.read_only)

    def _known(self, source: object) -> Frame | None:
        for bound in self._bound.values():
            if bound.source is source and bound.slot.frame is not None:
                return bound.slot.frame
        return next((watch.frame for watch in list(self._watches) if watch.frame.df is source), None)

    def _watch(self, frame: Frame) -> Watch:
        watch = next((watch for watch in list(self._watches) if watch.frame is frame), None)
        if watch is None:
            watch = Watch(frame)
            self._watches.add(watch)
        return watch

    def _stand(self, bound: Bound, source: object, found: Tabular, frame: Frame) -> None:
        bound.source, bound.live, bound.watch = source, found.live, self._watch(frame)
        self._sessions.put(bound.slot, frame)

    def _follow(self, bound: Bound) -> None:
        value = self._namespace.get(bound.name, _MISSING)
        if value is bound.source and not bound.live:
            return
        frame = bound.slot.frame
        with nullcontext() if frame is None else locked(frame.lock):
            if value is _MISSING:
                self._leave(bound, value, f"The variable {bound.name} was deleted. Assign it again to see it here.")
                return
            try:
                found = as_table(value, bound.name)
            except NotFound as error:
                self._leave(bound, value, f"{error.message} Assign a DataFrame to {bound.name} to see it here.")
                return
            known = None if value is bound.source else self._known(value)
            if known is None and bound.watch is not None and self._continues(frame, found):
                bound.source, bound.live = value, found.live
                bound.watch.settle(found.df)
            else:
                self._stand(bound, value, found, known or Frame(found.df, name=bound.name, read_only=found.read_only))

    def _continues(self, frame: Frame | None, found: Tabular) -> bool:
        """Whether a frame may go on with another DataFrame: no other name or grid needs it as it is."""
        if frame is None or frame.read_only != found.read_only:
            return False
        return sum(slot.frame is frame for slot in self._sessions.slots()) == 1

    def _leave(self, bound: Bound, value: object, why: str) -> None:
        if bound.slot.frame is not None or bound.slot.why != why:
            bound.source, bound.live, bound.watch = value, False, None
            self._sessions.put(bound.slot, None, why)

    @contextmanager
    def _writing(self, bound: Bound, *, in_place: bool) -> Iterator[None]:
        self._follow(bound)
        with nullcontext() if bound.watch is None else bound.watch.writing(in_place=in_place):
            yield


def _read(bound: Bound) -> None:
    if bound.watch is not None:
        bound.watch.reading()


def _is_steady(bound: Bound) -> bool:
    return bound.watch is None or bound.watch.steady()


def _surely(frame: Frame | None, look: Callable[[], object]) -> None:
    """Looks; if that fails, the log says so and everything in the frame counts as changed."""
    try:
        look()
    except Exception:
        log.exception("What a cell changed could not be found out.")
        if frame is not None:
            frame.external(Difference(fresh=True), frame.df)
