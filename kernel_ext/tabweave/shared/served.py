"""Shared tables of the Jupyter server that this kernel belongs to: channels on the relay's socket, and signed requests.

The server takes the kernel for the person who started it.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
import pyarrow as pa
from tabweave_core.errors import Unavailable
from tabweave_core.protocol.asking import AppliedCommand
from tabweave_core.protocol.rights import Rights
from tabweave_core.protocol.schema import Schema, TableInfo

from ..courier import ARROW, Courier

if TYPE_CHECKING:
    from ..remote import Relay
    from .house import Carried, Line, Take

DATASETS = "tabweave/api/v1/datasets"


class Served:
    """The shared tables of a server; a connection that is being made is waited for up to `patience` seconds."""

    def __init__(self, relay: Relay, patience: float) -> None:
        if relay.address is None:
            raise Unavailable("OFFLINE", relay.problem)
        self.place = relay.address.url
        self.browser = True
        self._relay = relay
        self._patience = patience
        self._courier = Courier(relay.address)

    def open(self, ch: str, take: Take, carried: Carried) -> Line:
        """A channel of this kernel's own."""
        if not self._relay.wait(self._patience):
            raise Unavailable("OFFLINE", self._relay.problem, hint="Try again when the server is there.")
        return self._relay.open(ch, take, carried)

    def create(self, name: str, data: pa.Table, rights: Rights | None) -> None:
        """Makes a table: its rows are streamed to the server."""
        query = {} if rights is None else {"rights": msgspec.json.encode(rights).decode()}
        self._courier.send("PUT", _path(name), body=_batches(data), kind=ARROW, query=query)

    def drop(self, name: str) -> None:
        """Deletes a table."""
        self._courier.send("DELETE", _path(name))

    def tables(self) -> list[TableInfo]:
        """The tables that the user may read."""
        found = json.loads(self._courier.send("GET", DATASETS))
        return msgspec.convert(found["datasets"], list[TableInfo])

    def rights(self, name: str) -> Rights:
        """Who may do what with a table."""
        return msgspec.json.decode(self._courier.send("GET", f"{_path(name)}/rights"), type=Rights)

    def set_rights(self, name: str, rights: Rights) -> None:
        """Says who may do what with a table."""
        self._courier.send("PUT", f"{_path(name)}/rights", body=msgspec.json.encode(rights))

    def commands(self, name: str) -> list[AppliedCommand]:
        """The commands that were applied to a table, oldest first."""
        found = json.loads(self._courier.send("GET", f"{_path(name)}/modify"))
        return msgspec.convert(found["commands"], list[AppliedCommand])

    def first_rows(self, name: str, count: int) -> tuple[Schema, pa.Table]:
        """The columns of a table and its first rows."""
        told = json.loads(self._courier.send("GET", f"{_path(name)}/schema"))
        schema = msgspec.convert(told["schema"], Schema)
        data = self._courier.send("GET", f"{_path(name)}/rows", query={"start": "0", "stop": str(count), "format": "arrow"})
        rows = pa.ipc.open_stream(io.BytesIO(data)).read_all()
        return schema, rows.rename_columns([str(column.id) for column in schema.columns])

    def close(self) -> None:
        """Nothing: the relay is the workspace's."""


def _path(name: str) -> str:
    return f"{DATASETS}/{quote(name, safe='')}"


class _Sink(io.RawIOBase):
    """Keeps what is written until it is taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """What was written since the last time."""
        found, self._parts = b"".join(self._parts), []
        return found


def _batches(data: pa.Table) -> Any:
    """The bytes of an Arrow stream, batch by batch."""
    sink = _Sink()
    with pa.ipc.new_stream(sink, data.schema) as writer:
        for batch in data.to_batches(max_chunksize=65_536):
            writer.write_batch(batch)
            yield sink.take()
    yield sink.take()
