"""Sessions for the relay's tests, imported by kernels: they answer what they are asked, and nothing more."""

from __future__ import annotations

import os
import threading

from tabweave.discover import here
from tabweave.remote import Relay, Send
from tabweave_core.protocol import wire
from tabweave_core.protocol.messages import Bye, Copied, Copy, Fetch, Hello, Ping, Pong, Welcome, Window
from tabweave_core.protocol.schema import Person, Schema


class Echo:
    """`hello` is welcomed, `ping` answered, `fetch` filled with `stop` bytes of Arrow; `copy` sends `id` texts."""

    def __init__(self) -> None:
        self.frames: list[str] = []
        self.closed = 0

    def receive(self, frame: str | bytes, send: Send, user: Person) -> None:
        message, _ = wire.decode_request(frame)
        self.frames.append(type(message).__name__)
        if isinstance(message, Hello):
            empty = Schema(columns=[], dtypes=[])
            name = str(os.getpid())
            send(wire.encode(Welcome(ch=message.ch, epoch="1", rev=0, name=name, rows=0, schema=empty, user=user)))
        elif isinstance(message, Ping):
            send(wire.encode(Pong(ch=message.ch, t=message.t)))
        elif isinstance(message, Fetch):
            send(wire.encode(Window(ch=message.ch, re=message.id, rev=0, start=0, stop=message.stop), b"x" * message.stop))
        elif isinstance(message, Copy):
            threading.Thread(target=self._count, args=(message.ch, message.id, send), daemon=True).start()
        elif not isinstance(message, Bye):
            raise ZeroDivisionError("an echo cannot do this")

    def _count(self, ch: str, most: int, send: Send) -> None:
        for number in range(most):
            send(wire.encode(Copied(ch=ch, re=number, tsv="")))

    def close(self, send: Send) -> None:  # noqa: ARG002
        self.closed += 1


def start(url: str = "") -> tuple[Relay, Echo]:
    """A relay on an echo, connected: to the server that started this kernel, or to the one with the base URL `url`."""
    echo = Echo()
    relay = Relay(echo, here(url) if url else None)
    assert relay.wait(10), relay.problem
    return relay, echo
