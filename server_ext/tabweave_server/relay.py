"""Routes frames between page sockets and kernel sockets by channel, and those about shared tables to the hall.

A channel on a private frame begins with a page's `hello`, which names the kernel; the server checks it and adds the user. All
later frames are forwarded as they came, whatever they say: only `wire.route` looks at them. When one end drops, the other is
told per channel: the kernel by `bye`, the page by `gone` - `kernel` when the process is not there any more and its data with
it, `offline` when only the way to it broke and saying hello again will help. A channel on a shared table begins with the
`hello` of a page or of a kernel, and is `shared`'s from then on. Knows nothing of Jupyter or tornado.
"""

from __future__ import annotations

import asyncio
import re
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Literal

import msgspec
from tabweave_core.errors import BadMessage, Refused, TabweaveError, Unavailable
from tabweave_core.protocol import wire
from tabweave_core.protocol.messages import PROTOCOL, Bye, Gone, Hello, Ping, Pong

from .limits import MIB, Bucket, Limits
from .peers import CLOSE_FLOOD, CLOSE_GOING_AWAY, CLOSE_REPLACED, Channel, Kernels, Line, Page, Port, Speaker, Wakes
from .record import line
from .refusals import refusal
from .shared import PREFIX

if TYPE_CHECKING:
    import logging
    from collections.abc import Awaitable, Callable

    from tabweave_core.protocol.schema import Person

    from .shared import Shared

_CHANNEL = re.compile(r"[0-9a-f]{32}")
_FRAME_TABLE = re.compile(r"frame/([^/]+)/(.+)")
_BAD_COST = 20
_SETTLE = 0.1

Reason = Literal["kernel", "offline"]

KERNEL_GONE = "The kernel stopped or restarted, and the table with it. Run the notebook's cells again."
KERNEL_SILENT = "This kernel holds no table yet. Run the notebook's cells again."
KERNEL_OFFLINE = "The connection to the kernel is down; it is being restored."


class Relay:
    """All sockets and channels of one server; lives on its event loop."""

    def __init__(self, kernels: Kernels, shared: Shared, limits: Limits, clock: Callable[[], float], log: logging.Logger) -> None:
        self.limits = limits
        self.log = log
        self.pages: set[Page] = set()
        self.lines: dict[str, Line] = {}
        self.channels: dict[str, Channel] = {}
        self._kernels = kernels
        self._shared = shared
        self._clock = clock
        self._ids = count(1)
        self._lost: dict[str, object] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @cached_property
    def _wakes(self) -> Wakes:
        return Wakes()

    # Pages

    def open_page(self, port: Port, user: Person, may: Callable[[str, str], Awaitable[bool]]) -> Page:
        """Takes a page in; `may` asks whether its user may do an action on a resource."""
        bucket, number = Bucket(self.limits.rate, self.limits.burst, self._clock), next(self._ids)
        speaker = Speaker(
            f"page {number}", port, self.limits, self._wakes, who=lambda: user, may=lambda action: may(action, "tabweave")
        )
        page = Page(number, port, user, bucket, may, speaker)
        self.pages.add(page)
        self.log.info(line("page_open", page=page.id, user=user.id))
        return page

    def close_page(self, page: Page, code: int | None, reason: str | None) -> None:
        """Lets a page go; the kernels hear `bye` for each of its channels."""
        if page not in self.pages:
            return
        self.pages.remove(page)
        self.log.info(line("page_close", page=page.id, channels=len(page.channels), code=code, reason=reason))
        for channel in list(page.channels.values()):
            self._end(channel, tell_kernel=True)
        self._shared.close(page.speaker)

    async def from_page(self, page: Page, frame: str | bytes) -> None:
        """Handles one frame of a page. Returns when the next one may be read."""
        if not page.bucket.take():
            self.log.warning(line("flood", page=page.id, user=page.user.id))
            page.port.hang_up(CLOSE_FLOOD, "Too many messages at once.")
            return
        try:
            await self._take(page, frame)
        except TabweaveError as error:
            page.bucket.take(_BAD_COST)
            self.log.debug(line("frame_refused", page=page.id, code=error.code, where=error.where))
            page.port.put(refusal(frame, error, page.channels.keys() | page.speaker.channels.keys()))
        await page.port.room()

    async def _take(self, page: Page, frame: str | bytes) -> None:
        if len(frame) > self.limits.frame:
            raise Refused(
                "TOO_LARGE",
                f"A message may have {self.limits.frame / MIB:g} MiB; this one has {len(frame) / MIB:.1f}.",
                hint="Send it in parts.",
            )
        route = wire.route(frame)
        channel = self.channels.get(route.ch)
        if route.type == "hello":
            await self._hello(page, frame)
        elif self._shared.takes(page.speaker, route.type, route.ch):
            await self._shared.take(page.speaker, route.type, route.ch, frame)
        elif channel is not None and channel.page is page:
            await self._forward(channel, frame)
            if route.type == "bye":
                self._end(channel, tell_kernel=False)
        elif route.type == "ping" and route.ch == "":
            ping = wire.decode_request(frame)[0]
            if isinstance(ping, Ping):
                page.tell(Pong(ch="", t=ping.t))
        elif route.type != "bye" and route.ch not in page.ended:
            raise BadMessage("BAD_MESSAGE", "This channel is not open.", hint="Say hello first.", where="$.ch")

    async def _hello(self, page: Page, frame: str | bytes) -> None:
        hello = _read_hello(frame)
        if hello.table.startswith(PREFIX):
            if hello.ch in page.channels:
                self._end(page.channels[hello.ch], tell_kernel=True)
            await self._shared.take(page.speaker, "hello", hello.ch, frame)
            return
        kernel_id = _kernel_of(hello)
        if self._shared.takes(page.speaker, "bye", hello.ch):
            await self._shared.take(page.speaker, "bye", hello.ch, wire.encode(Bye(ch=hello.ch)))
        if len(page.channels) >= self.limits.channels and hello.ch not in page.channels:
            raise Refused("TOO_LARGE", f"A page may have {self.limits.channels} tables open.", hint="Close some of them.")
        if not await page.may("execute", "kernels"):
            self.log.warning(line("hello_refused", page=page.id, user=page.user.id, kernel=kernel_id))
            raise Refused("FORBIDDEN", "You may not use the kernels of this server.", hint="Ask its owner.", where="$.table")
        await self._free(hello.ch, page, kernel_id)
        page.ended.discard(hello.ch)
        if not self._kernels.known(kernel_id):
            page.ended.add(hello.ch)
            page.tell(Gone(ch=hello.ch, reason="kernel", message=KERNEL_GONE))
            return
        if page not in self.pages:
            return
        channel = self.channels.get(hello.ch)
        if channel is None:
            channel = self.channels[hello.ch] = page.channels[hello.ch] = Channel(hello.ch, page, kernel_id)
            channel.line = self.lines.get(kernel_id)
            self.log.debug(line("channel_open", page=page.id, kernel=kernel_id, waiting=channel.line is None))
        if channel.line is None and channel.expiry is None:
            loop = asyncio.get_running_loop()
            channel.expiry = loop.call_later(self.limits.kernel_wait, self._expire, channel)
        await self._forward(channel, wire.encode(msgspec.structs.replace(hello, user=page.user)))

    async def _free(self, ch: str, page: Page, kernel_id: str) -> None:
        """Makes sure that `ch` is nobody else's: a page that came back takes it from its own dead socket."""
        channel = self.channels.get(ch)
        if channel is None or (channel.page is page and channel.kernel_id == kernel_id):
            return
        if channel.page is page:
            self._end(channel, tell_kernel=True)
            return
        other = channel.page
        if other.user.id != page.user.id or await other.port.alive(self.limits.probe):
            self.log.warning(line("channel_taken", page=page.id, user=page.user.id, owner=other.id))
            raise Refused("CONFLICT", "Another page has this channel.", hint="Draw a new channel id.", where="$.ch")
        if other in self.pages:
            other.port.hang_up(CLOSE_REPLACED, "The page connected again.")

    async def _forward(self, channel: Channel, frame: str | bytes) -> None:
        if channel.line is not None:
            channel.line.port.put(frame)
            self._kernels.touch(channel.kernel_id)
            await channel.line.port.room()
            return
        channel.held_bytes += len(frame)
        if channel.held_bytes > self.limits.outbound:
            self._end(channel, tell_kernel=False)
            channel.page.tell(Gone(ch=channel.ch, reason="offline", message=KERNEL_OFFLINE))
            raise Unavailable("BUSY", "Too much was sent before the kernel connected.", hint="Wait for `welcome`.")
        channel.held.append(frame)

    # Kernels

    def open_line(
        self, kernel_id: str, port: Port, who: Callable[[], Person], may: Callable[[str, str], Awaitable[bool]]
    ) -> Line:
        """Takes a kernel's socket in, in place of an earlier one, and sends it what was held for it.

        `who` is the person whom the kernel acts for, `may` asks whether that person may do an action on a resource.
        """
        speaker = Speaker(
            f"kernel {kernel_id}",
            port,
            self.limits,
            self._wakes,
            who=who,
            may=lambda action: may(action, "tabweave"),
            kernel=True,
        )
        new = Line(kernel_id, port, self._kernels.process(kernel_id), speaker)
        old = self.lines.get(kernel_id)
        self.lines[kernel_id] = new
        if old is not None:
            old.port.hang_up(CLOSE_REPLACED, "The kernel connected again.")
            self._drop(old, "offline", KERNEL_OFFLINE)
        self._lost.pop(kernel_id, None)
        self.log.info(line("kernel_open", kernel=kernel_id))
        for channel in self.channels.values():
            if channel.kernel_id == kernel_id and channel.line is None:
                channel.line = new
                if channel.expiry is not None:
                    channel.expiry.cancel()
                    channel.expiry = None
                for frame in channel.held:
                    port.put(frame)
                channel.held.clear()
        return new

    def close_line(self, closed: Line, code: int | None, reason: str | None) -> None:
        """Lets a kernel's socket go and tells the pages what that means for their data."""
        if closed.closed:
            return
        closed.closed = True
        self._shared.close(closed.speaker)
        self.log.info(line("kernel_close", kernel=closed.kernel_id, code=code, reason=reason))
        if self.lines.get(closed.kernel_id) is not closed:
            return
        del self.lines[closed.kernel_id]
        if code == CLOSE_GOING_AWAY:
            self._drop(closed, "kernel", KERNEL_GONE)
        else:
            task = asyncio.get_running_loop().create_task(self._find_out(closed))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _find_out(self, closed: Line) -> None:
        """The socket broke without a word: is the process still there?"""
        await asyncio.sleep(_SETTLE)
        same = self._kernels.process(closed.kernel_id) == closed.process
        if same and await self._kernels.running(closed.kernel_id):
            self._lost[closed.kernel_id] = closed.process
            self._drop(closed, "offline", KERNEL_OFFLINE)
        else:
            self._drop(closed, "kernel", KERNEL_GONE)

    def _drop(self, closed: Line, reason: Reason, message: str) -> None:
        for channel in [c for c in self.channels.values() if c.line is closed]:
            self._end(channel, tell_kernel=False)
            channel.page.tell(Gone(ch=channel.ch, reason=reason, message=message))

    async def from_kernel(self, source: Line, frame: str | bytes) -> None:
        """Hands a kernel's frame to the hall or to the page of its channel; what nobody waits for any more is dropped."""
        try:
            route = wire.route(frame)
        except BadMessage as error:
            self.log.warning(line("kernel_frame_bad", kernel=source.kernel_id, why=error.message, where=error.where))
            return
        channel = self.channels.get(route.ch)
        if channel is not None and channel.line is source:
            channel.page.port.put(frame)
        elif route.type == "hello" or self._shared.takes(source.speaker, route.type, route.ch):
            await self._from_client(source, route, frame)

    async def _from_client(self, source: Line, route: wire.Route, frame: str | bytes) -> None:
        """A frame of a kernel that is itself a client of shared tables."""
        try:
            if route.type == "hello" and not _read_hello(frame).table.startswith(PREFIX):
                raise BadMessage("BAD_MESSAGE", "A kernel opens shared tables only, `table/<name>`.", where="$.table")
            await self._shared.take(source.speaker, route.type, route.ch, frame)
        except TabweaveError as error:
            self.log.debug(line("frame_refused", kernel=source.kernel_id, code=error.code, where=error.where))
            source.port.put(refusal(frame, error, source.speaker.channels))
        await source.port.room()

    def distrust(self, kernel_id: str) -> None:
        """Looks again for whom a kernel may act, after something happened to it."""
        source = self.lines.get(kernel_id)
        if source is not None:
            self._shared.expel(source.speaker)

    # Ends

    def _expire(self, channel: Channel) -> None:
        channel.expiry = None
        kernel_id = channel.kernel_id
        self._end(channel, tell_kernel=False)
        if not self._kernels.known(kernel_id):
            channel.page.tell(Gone(ch=channel.ch, reason="kernel", message=KERNEL_GONE))
        elif kernel_id in self._lost and self._lost[kernel_id] == self._kernels.process(kernel_id):
            channel.page.tell(Gone(ch=channel.ch, reason="offline", message=KERNEL_OFFLINE))
        else:
            channel.page.tell(Gone(ch=channel.ch, reason="kernel", message=KERNEL_SILENT))

    def _end(self, channel: Channel, *, tell_kernel: bool) -> None:
        if channel.expiry is not None:
            channel.expiry.cancel()
            channel.expiry = None
        self.channels.pop(channel.ch, None)
        channel.page.channels.pop(channel.ch, None)
        if len(channel.page.ended) < self.limits.channels:
            channel.page.ended.add(channel.ch)
        if tell_kernel and channel.line is not None:
            channel.line.port.put(wire.encode(Bye(ch=channel.ch)))

    def close(self) -> None:
        """Hangs up on everybody: the server stops."""
        for page in list(self.pages):
            page.port.hang_up(CLOSE_GOING_AWAY, "The server stops.")
        for kernel_line in list(self.lines.values()):
            kernel_line.port.hang_up(CLOSE_GOING_AWAY, "The server stops.")


def _read_hello(frame: str | bytes) -> Hello:
    """A `hello` that a client may say."""
    hello = wire.decode_request(frame)[0]
    if not isinstance(hello, Hello):
        raise BadMessage("BAD_MESSAGE", "This is no hello.", where="$.type")
    if hello.user is not None:
        raise Refused("FORBIDDEN", "A client does not say who its user is.", hint="Leave `user` out.", where="$.user")
    if hello.proto != PROTOCOL:
        hint = "Reload the page; if that does not help, restart the kernel and the server."
        message = f"The server speaks {PROTOCOL}, the client {hello.proto[:40]!r}."
        raise BadMessage("BAD_MESSAGE", message, hint=hint, where="$.proto")
    if not _CHANNEL.fullmatch(hello.ch):
        raise BadMessage("BAD_MESSAGE", "A channel's id is 32 hexadecimal digits, in small letters.", where="$.ch")
    return hello


def _kernel_of(hello: Hello) -> str:
    """The id of the kernel that holds the private frame."""
    table = _FRAME_TABLE.fullmatch(hello.table)
    if table is None:
        message = "The table must be named `table/<name>` or `frame/<kernel id>/<frame id>`."
        raise BadMessage("BAD_MESSAGE", message, where="$.table")
    return table[1]
