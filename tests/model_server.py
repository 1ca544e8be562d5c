"""A server on this machine that speaks the chat completions API by a script, and records what reached it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True)
class Say:
    """An answer: streamed in pieces of a few letters, or whole with `plain`.

    `finish` None ends the stream without a word of how it ended, `broken` in the middle of the connection, `endless` never;
    `mute` does not even begin.
    """

    text: str = ""
    finish: str | None = "stop"
    refusal: str = ""
    broken: bool = False
    endless: str = ""
    plain: bool = False
    mute: bool = False
    usage: tuple[int, int] = (1200, 34)


@dataclass(frozen=True)
class Refuse:
    """A status other than 200, with the server's error and headers."""

    status: int
    message: str
    headers: dict[str, str] = field(default_factory=dict)
    code: str = ""


Step = Say | Refuse | Callable[[Body], Say | Refuse]


class ModelServer:
    """What it answers, in turn (the last one for ever), and what it was sent: bodies as bytes, headers in lower case."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.script: list[Step] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.asked = threading.Event()
        self.left = threading.Event()
        """Set when a client went away before its answer was complete."""
        self.closing = threading.Event()

    @property
    def requests(self) -> list[Body]:
        """The bodies as JSON."""
        return [json.loads(body) for body in self.bodies]

    @property
    def seen(self) -> str:
        """All that reached the server, as one text."""
        return "\n".join([*(body.decode() for body in self.bodies), *(json.dumps(each) for each in self.headers)])

    def plays(self, *steps: Step) -> None:
        """Begins a new script and an empty record."""
        self.script = list(steps)
        self.bodies.clear()
        self.headers.clear()
        self.asked.clear()
        self.left.clear()

    def next(self, body: Body) -> Say | Refuse:
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return step(body) if callable(step) else step


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    model: ModelServer

    def log_message(self, *_: object) -> None:
        pass

    def handle(self) -> None:
        with suppress(ConnectionError):
            super().handle()

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        self.model.bodies.append(raw)
        self.model.headers.append({name.lower(): value for name, value in self.headers.items()})
        self.model.asked.set()
        step = self.model.next(json.loads(raw))
        try:
            if isinstance(step, Refuse):
                self._json(step.status, {"error": {"message": step.message, "code": step.code or None}}, step.headers)
            elif step.plain:
                message = {"role": "assistant", "content": step.text}
                usage = {"prompt_tokens": step.usage[0], "completion_tokens": step.usage[1], "total_tokens": sum(step.usage)}
                choice = {"index": 0, "message": message, "finish_reason": step.finish}
                self._json(200, {"id": "1", "object": "chat.completion", "choices": [choice], "usage": usage}, {})
            else:
                self._stream(step)
        except OSError:
            self.model.left.set()

    def _json(self, status: int, value: Body, headers: dict[str, str]) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {**headers, "Content-Type": "application/json", "Content-Length": str(len(data))}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, say: Say) -> None:
        if say.mute and not self.connection.recv(1):
            raise OSError
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        pieces = [say.text[at : at + 7] for at in range(0, len(say.text), 7)]
        for piece in pieces:
            self._event({"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]})
        if say.refusal:
            self._event({"choices": [{"index": 0, "delta": {"refusal": say.refusal}, "finish_reason": None}]})
        while say.endless and not self.model.closing.wait(0.05):
            self._chunk(say.endless.encode() if say.endless != "silence" else b"")
            if say.endless == "silence" and not self.connection.recv(1):
                raise OSError
        if say.broken:
            self.close_connection = True
            return
        if say.finish is not None:
            self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": say.finish}]})
            usage = {"prompt_tokens": say.usage[0], "completion_tokens": say.usage[1], "total_tokens": sum(say.usage)}
            self._event({"choices": [], "usage": usage})
            self._chunk(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, value: Body) -> None:
        event = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m", **value}
        self._chunk(b"data: " + json.dumps(event).encode() + b"\n\n")

    def _chunk(self, data: bytes) -> None:
        if data:
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """A server that runs until the block ends."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    model = ModelServer(f"http://127.0.0.1:{server.server_address[1]}/v1")
    handler.model = model  # type: ignore[attr-defined]  # the class is made above
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield model
    finally:
        model.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
