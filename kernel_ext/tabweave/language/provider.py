"""Requests to a server that speaks the chat completions API, through the `openai` package, which is loaded with the first one.

Answers stream. Every body that leaves is handed over as it is on the wire. It must not know tables or plans.
"""

from __future__ import annotations

import email.utils
import json
import socket
import time
from contextlib import suppress
from functools import partial
from importlib import import_module
from threading import Timer
from typing import TYPE_CHECKING, Any

from tabweave_core.errors import Refused, Unavailable
from tabweave_core.language.dialogue import Failed, Reply
from tabweave_core.language.prompt import answer_schema

from .settings import OPENAI

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from tabweave_core.language.dialogue import Request

    from .settings import TabweaveModel

_LONGEST_ANSWER = 400_000
_TELLTALES = tuple(
    f"X-Stainless-{name}" for name in ("Lang", "Package-Version", "OS", "Arch", "Runtime", "Runtime-Version", "Async")
)
"""Headers in which the client would tell of this machine."""
_OWN = ("OpenAI-Organization", "OpenAI-Project")
"""Headers that are no other server's business."""


class Provider:
    """A line to a model's server, for one command. `sent` is given each body, `heard` the answer's length so far."""

    def __init__(self, settings: TabweaveModel, sent: Callable[[bytes], None], heard: Callable[[int], None]) -> None:
        self._settings = settings
        self._heard = heard
        self._key = settings.key
        self._late = False
        self._stopped = False
        self._line: Any = None
        if not self._key.reveal() and settings.base_url == OPENAI:
            raise Refused(
                "FORBIDDEN",
                f"There is no key for {settings.host}.",
                hint=f"Set {settings.key_variable} before Jupyter starts, or TabweaveModel.base_url for a server of your own.",
            )
        try:
            openai = import_module("openai")
        except ImportError:
            raise Unavailable(
                "OFFLINE", "The package openai is not installed.", hint='Run: pip install "tabweave[model]"'
            ) from None
        self._openai = openai
        # openai is made on httpx, or on its successor, and lets its errors through.
        self._http = import_module(
            next(
                base.__module__ for base in openai.DefaultHttpxClient.__mro__ if not base.__module__.startswith("openai")
            ).partition(".")[0]
        )
        self._client = openai.OpenAI(
            api_key=self._key.reveal() or "none",
            base_url=settings.base_url,
            max_retries=0,
            timeout=settings.timeout,
            default_headers=dict.fromkeys(_TELLTALES + (() if settings.base_url == OPENAI else _OWN), openai.Omit()),
            http_client=openai.DefaultHttpxClient(
                timeout=settings.timeout,
                follow_redirects=False,
                # What goes to this machine goes through no proxy.
                trust_env=not settings.local,
                event_hooks={"request": [partial(self._leaving, sent)], "response": []},
            ),
        )

    def __enter__(self) -> Provider:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None) -> None:
        self._client.close()

    def stop(self) -> None:
        """Ends the conversation, from any thread; `send` then raises `CANCELLED`."""
        self._stopped = True
        self._hang_up()

    def send(self, request: Request) -> Reply:
        """The answer to a request; raises `Failed` when there is none, `OFFLINE` when it takes too long, or `CANCELLED`."""
        self._heard(0)
        try:
            if not self._stopped:
                reply = self._sent(request)
                if not self._stopped:
                    return reply
        except (Failed, Unavailable):
            if not self._stopped:
                raise
        raise Unavailable("CANCELLED", "The model is not asked any more.", hint="Nothing was changed.")

    def _leaving(self, sent: Callable[[bytes], None], request: Any) -> None:
        """Hands over a request that is about to leave, and has the line told on which it goes."""
        sent(bytes(request.content))
        request.extensions = {**request.extensions, "trace": self._traced}

    def _traced(self, event: str, info: Mapping[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._line = info["return_value"]
            if self._stopped:
                self._hang_up()

    def _sent(self, request: Request) -> Reply:
        try:
            return self._exchange(request)
        except self._openai.APIStatusError as error:
            raise self._failed(error) from None
        except (self._openai.APITimeoutError, self._http.TimeoutException):
            raise self._slow(self._settings.timeout, "said nothing for", "timeout") from None
        except self._openai.APIConnectionError:
            raise Failed(0, f"The model's server at {self._settings.host} cannot be reached.") from None
        except (self._openai.APIError, self._http.HTTPError) as error:
            raise Failed(0, f"The model's server failed: {self._key.scrub(str(error))}") from None
        except KeyboardInterrupt:
            # A new one, whose traceback shows nothing of the request.
            raise KeyboardInterrupt from None

    def _exchange(self, request: Request) -> Reply:
        with self._client.chat.completions.create(**self._body(request)) as stream:
            watchdog = Timer(self._settings.longest, self._give_up)
            watchdog.daemon = True
            watchdog.start()
            try:
                if "application/json" in stream.response.headers.get("content-type", ""):
                    return _read([json.loads(stream.response.read())], self._heard)
                return self._streamed(stream)
            finally:
                watchdog.cancel()

    def _streamed(self, stream: Any) -> Reply:
        pieces = _Pieces(self._heard)
        try:
            for chunk in stream:
                pieces.take(chunk.model_dump())
                if pieces.length > _LONGEST_ANSWER:
                    pieces.finish = "length"
                    break
        except (self._http.TransportError, self._openai.APIConnectionError) as error:
            if self._late:
                raise self._slow(self._settings.longest, "was not done after", "longest") from None
            if isinstance(error, (self._http.TimeoutException, self._openai.APITimeoutError)) and pieces.finish is None:
                raise
        if self._late and pieces.finish is None:
            raise self._slow(self._settings.longest, "was not done after", "longest")
        return pieces.reply()

    def _give_up(self) -> None:
        self._late = True
        self._hang_up()

    def _hang_up(self) -> None:
        """Ends what is said from another thread, so that the one that listens wakes."""
        held: socket.socket | None = None if self._line is None else self._line.get_extra_info("socket")
        if held is not None and held.fileno() >= 0:
            with suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)

    def _body(self, request: Request) -> dict[str, Any]:
        options: dict[str, Any] = {
            "temperature": 0,
            "seed": 1,
            "max_tokens": self._settings.max_tokens,
            "stream_options": {"include_usage": True},
        }
        body = {name: value for name, value in options.items() if name not in request.without}
        if "max_tokens" in request.without:
            body["max_completion_tokens"] = self._settings.max_tokens
        if request.format == "json_schema":
            schema = {"name": "plan", "strict": True, "schema": answer_schema()}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif request.format == "json_object":
            body["response_format"] = {"type": "json_object"}
        return {"model": self._settings.model, "messages": list(request.messages), "stream": True, **body}

    def _slow(self, seconds: float, did: str, setting: str) -> Unavailable:
        message = f"{self._settings.model} at {self._settings.host} {did} {seconds:g} s."
        return Unavailable("OFFLINE", message, hint=f"Nothing was changed. Ask again, or raise TabweaveModel.{setting}.")

    def _failed(self, error: Any) -> Failed:
        body = error.body if isinstance(error.body, dict) else {}
        said = str(body.get("message") or error.message)
        return Failed(
            error.status_code, self._key.scrub(said), code=str(body.get("code") or ""), wait=wait_of(error.response.headers)
        )


class _Pieces:
    """An answer as it comes in."""

    def __init__(self, heard: Callable[[int], None]) -> None:
        self.length = 0
        self.finish: str | None = None
        self._heard = heard
        self._text: list[str] = []
        self._refusal: list[str] = []
        self._tokens = (0, 0)

    def take(self, chunk: Mapping[str, Any]) -> None:
        """Takes one event, or a whole answer."""
        usage = chunk.get("usage") or {}
        if usage:
            self._tokens = (usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0)
        for choice in (chunk.get("choices") or [])[:1]:
            said = choice.get("delta") or choice.get("message") or {}
            self._text.append(said.get("content") or "")
            self._refusal.append(said.get("refusal") or "")
            self.finish = choice.get("finish_reason") or self.finish
            self.length += len(self._text[-1])
            self._heard(self.length)

    def reply(self) -> Reply:
        """What there is."""
        return Reply("".join(self._text), self.finish, "".join(self._refusal), *self._tokens)


def _read(chunks: list[dict[str, Any]], heard: Callable[[int], None]) -> Reply:
    pieces = _Pieces(heard)
    for chunk in chunks:
        pieces.take(chunk)
    return pieces.reply()


def wait_of(headers: Mapping[str, str]) -> float | None:
    """The seconds that a server asks to wait: a number, or a date; None where it says nothing that can be understood."""
    said = headers.get("retry-after-ms")
    if said is not None and said.strip().isdecimal():
        return int(said) / 1000
    said = (headers.get("retry-after") or "").strip()
    if said.replace(".", "", 1).isdecimal():
        return float(said)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(said).timestamp() - time.time())
    except (ValueError, TypeError):
        return None
