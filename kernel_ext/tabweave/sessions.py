"""Every conversation about the frames of this kernel: carriers hand in frames, answers and news go out.

One `Sessions` serves all carriers. It must not know which carrier is behind a `send`, nor variables or notebooks.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING

from tabweave_core.crew import Crew
from tabweave_core.errors import BadMessage, TabweaveError
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import wire
from tabweave_core.protocol.schema import Person

from .channel import Channel

if TYPE_CHECKING:
    from collections.abc import Callable

    from tabweave_core.rooms.hall import Hall

    from .channel import Send
    from .frames.frame import Applied, Frame
    from .inquiries import Inquiries
    from .ledger import Ledger
    from .slot import Slot

log = logging.getLogger("tabweave")

LOCAL = Person(id="local", name="You")
"""Whoever works in this kernel, as long as no server has told who that is."""

KEPT_LEDGERS = 1000
"""Closed channels whose operation numbers are remembered, for clients that come back."""

SHARED = "table/"
"""How the names of shared tables begin in `hello`."""

RESTARTED = "This table is not in the kernel's memory. The kernel restarted; run the cell again."


class Sessions:
    """The slots of a kernel that can be opened, and the channels that are open on them."""

    def __init__(self) -> None:
        self.owner = LOCAL
        """The person who works in this kernel, for what is done from code."""
        self.hall: Hall | None = None
        """Who answers for shared tables, where they are kept in this process."""
        self._lock = threading.RLock()
        self._slots: weakref.WeakValueDictionary[str, Slot] = weakref.WeakValueDictionary()
        self._channels: dict[str, tuple[Channel, Send]] = {}
        self._ledgers: OrderedDict[str, Ledger] = OrderedDict()
        self._shared: set[str] = set()
        self._heard: weakref.WeakSet[Frame] = weakref.WeakSet()
        self._views = Crew("tabweave-views")
        self._background = Crew("tabweave-background")
        self._edits = Crew("tabweave-edits")
        self._commands = Crew("tabweave-commands")
        self.inquire: Callable[[Channel, Crew], Inquiries] | None = None
        """What makes that which answers a channel's commands in plain words."""

    # Slots

    def add(self, slot: Slot) -> None:
        """Makes a slot known under its id, as long as somebody else holds it."""
        with self._lock:
            self._slots[slot.id] = slot
            self._listen(slot.frame)

    def slots(self) -> list[Slot]:
        """The slots that somebody still holds."""
        with self._lock:
            return list(self._slots.values())

    def put(self, slot: Slot, frame: Frame | None, why: str = "") -> None:
        """Puts another frame (or none, and says why) into a slot and tells its channels."""
        with self._lock:
            slot.frame, slot.why = frame, why
            self._listen(frame)
            for channel in self._of(slot):
                if frame is None:
                    channel.gone()
                else:
                    channel.reset()

    def _listen(self, frame: Frame | None) -> None:
        if frame is not None and frame not in self._heard:
            self._heard.add(frame)
            frame.on_change.append(partial(self._tell, weakref.ref(frame)))
            frame.on_rollups.append(partial(self._tell_rollups, weakref.ref(frame)))

    def _of(self, slot: Slot) -> list[Channel]:
        return [channel for channel, _ in self._channels.values() if channel.slot is slot]

    def _tell(self, reference: weakref.ref[Frame], applied: Applied) -> None:
        frame = reference()
        with self._lock:
            channels = [channel for channel, _ in self._channels.values() if channel.frame is frame]
        for channel in channels:
            channel.changed(applied)

    def _tell_rollups(self, reference: weakref.ref[Frame]) -> None:
        frame = reference()
        with self._lock:
            channels = [channel for channel, _ in self._channels.values() if channel.frame is frame]
        for channel in channels:
            channel.rollups_changed()

    def look(self) -> None:
        """Has every channel compare what it showed with what is there; to be called when user code has run."""
        with self._lock:
            channels = [channel for channel, _ in self._channels.values()]
        for channel in channels:
            channel.look()

    # Carriers

    def receive(self, frame: str | bytes, send: Send, user: Person) -> None:
        """Takes one frame from a client. Answers and news for its channel go to `send`, possibly from another thread.

        `user` is who the carrier says this is; a hello that names its user comes from a carrier that knows better.
        """
        try:
            request, _ = wire.decode_request(frame)
        except BadMessage as error:
            self._refuse(frame, send, error)
            return
        if isinstance(request, m.Ping):
            send(wire.encode(m.Pong(ch=request.ch, t=request.t)))
        elif isinstance(request, m.WatchTables) or (isinstance(request, m.Hello) and request.table.startswith(SHARED)):
            self._share(frame, request.ch, send)
        elif request.ch in self._shared and not isinstance(request, m.Hello):
            self._to_hall(frame, send)
            if isinstance(request, m.Bye):
                self._shared.discard(request.ch)
        elif isinstance(request, m.Hello):
            self._hello(request, send, user)
        elif isinstance(request, m.Bye):
            self._bye(request.ch)
        else:
            self._pass(request, send)

    def _refuse(self, frame: str | bytes, send: Send, error: TabweaveError, number: int | None = None) -> None:
        try:
            ch = wire.route(frame).ch
        except BadMessage:
            ch = ""
        send(wire.encode(m.Error(ch=ch, code=error.code, message=error.message, hint=error.hint, where=error.where, re=number)))

    def _share(self, frame: str | bytes, ch: str, send: Send) -> None:
        """Begins a conversation with the hall."""
        if self.hall is None:
            send(wire.encode(m.Gone(ch=ch, reason="unknown", message=RESTARTED)))
            return
        self._bye(ch)
        self._shared.add(ch)
        self._to_hall(frame, send)

    def _to_hall(self, frame: str | bytes, send: Send) -> None:
        if self.hall is not None:
            self.hall.receive(frame, send, self.owner)

    def _hello(self, request: m.Hello, send: Send, user: Person) -> None:
        if request.proto != m.PROTOCOL:
            message = f"This kernel speaks {m.PROTOCOL}, the page {request.proto}."
            hint = "Reload the page; if that does not help, restart the kernel."
            send(wire.encode(m.Error(ch=request.ch, code="BAD_MESSAGE", message=message, hint=hint, where="$.proto")))
            return
        if request.user is not None:
            user = self.owner = request.user
        with self._lock:
            slot = self._slots.get(request.table.rpartition("/")[2]) if request.table.startswith("frame/") else None
            if slot is None:
                send(wire.encode(m.Gone(ch=request.ch, reason="unknown", message=RESTARTED)))
                return
            known = self._channels.get(request.ch)
            if known is not None and known[0].slot is slot:
                channel = known[0]
            else:
                self._bye(request.ch)
                channel = Channel(request.ch, slot, user, send, self._views, self._background, self._edits)
                channel.ledger = self._ledgers.pop(request.ch, channel.ledger)
                if self.inquire is not None:
                    channel.desk.make = partial(self.inquire, channel, self._commands)
            self._channels[request.ch] = (channel, send)
        channel.welcome(send, user, request.first)

    def _bye(self, ch: str) -> None:
        with self._lock:
            channel, _ = self._channels.pop(ch, (None, None))
            if channel is None:
                return
            self._ledgers[ch] = channel.ledger
            while len(self._ledgers) > KEPT_LEDGERS:
                self._ledgers.popitem(last=False)
        channel.close()

    def _pass(self, request: m.Request, send: Send) -> None:
        with self._lock:
            channel, _ = self._channels.get(request.ch, (None, None))
        if channel is None:
            send(wire.encode(m.Gone(ch=request.ch, reason="unknown", message=RESTARTED)))
            return
        try:
            channel.receive(request)
        except Exception as error:
            channel.fail(getattr(request, "id", None), error)

    def close(self, send: Send) -> None:
        """Closes the channels of a carrier that is gone."""
        with self._lock:
            gone = [ch for ch, (_, route) in self._channels.items() if route == send]
        for ch in gone:
            self._bye(ch)
        if self.hall is not None:
            self.hall.close(send)

    def open_channels(self, slot: Slot) -> int:
        """How many clients show a slot."""
        with self._lock:
            return len(self._of(slot))

    def forked(self) -> None:
        """Makes new locks in a forked child: who held the old ones is not there."""
        self._lock = threading.RLock()
        for slot in self.slots():
            if slot.frame is not None:
                slot.frame.lock = threading.RLock()

    def shut(self) -> None:
        """Closes every channel and ends the crews."""
        with self._lock:
            known = list(self._channels)
        for ch in known:
            self._bye(ch)
        self._views.close()
        self._background.close()
        self._edits.close()
        self._commands.close()
