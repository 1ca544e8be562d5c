"""Files as new shared tables: streamed to disk, read in batches, and everything that was noticed told."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta
from tabweave_core.engine.ingest.asked import Asked
from tabweave_core.engine.ingest.batches import Batches, Unsettled, open_batches
from tabweave_core.errors import BadMessage, NotFound, Refused
from tabweave_core.protocol.rights import Rights

from ..form import Form
from .bodies import Created, Note, RejectedLine
from .resource import Resource
from .rest import of_texts

if TYPE_CHECKING:
    from tabweave_core.protocol.schema import Person
    from tabweave_core.rooms.tables import Tables

    from ..landing import Landing

FORM = "multipart/form-data"
_CLAIMED = {
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/json": "json",
    "application/jsonl": "jsonl",
    "application/x-ndjson": "jsonl",
    "application/vnd.apache.parquet": "parquet",
    "application/vnd.apache.arrow.stream": "arrow",
    "application/vnd.apache.arrow.file": "arrow",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
}
RAW: dict[str, Any] = {"application/octet-stream": {}, **{media: {} for media in _CLAIMED}}
"""The media types that a body may have which is the file."""


class Reading(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to read a file; what is left out is found out from its content.

    `header` is the line of the header, 0 for none; `types` are like `zip=text,when=date`, or a JSON object; `rights` are JSON,
    with columns by their position. With `replace` a table that is there gets the file's columns and rows and begins a new
    history; its rights stay.
    """

    format: str | None = None
    sheet: str | None = None
    header: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    dates: str | None = None
    types: str | None = None
    rights: str | None = None
    replace: bool = False

    def asked(self, types: dict[str, str] | None = None) -> Asked:
        """The same for the reader, with other `types` if they are given; raises `BAD_FILE` for what cannot be."""
        return Asked.check(
            sheet=int(self.sheet) if self.sheet is not None and self.sheet.isdecimal() and len(self.sheet) < 9 else self.sheet,
            header=self.header,
            delimiter=self.delimiter,
            encoding=self.encoding,
            decimal=self.decimal,
            thousands=self.thousands,
            dates=self.dates,
            types=_types(self.types) if types is None else types,
        )


class Fields(Reading, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields of a form beside its `file`: the table's name (else that of the file), and how to read it."""

    name: str | None = None


def _rights(text: str | None) -> Rights | None:
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=Rights)
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        raise BadMessage("BAD_MESSAGE", f"`rights` cannot be read: {error}.", where="$.rights") from None


def _types(text: str | None) -> dict[str, str]:
    if not text:
        return {}
    try:
        if text.lstrip().startswith("{"):
            return msgspec.json.decode(text, type=dict[str, str])
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        raise BadMessage("BAD_MESSAGE", f"`types` is not a JSON object of types by name: {error}.", where="$.types") from None
    parts = [part.partition("=") for part in text.split(",")]
    if not all(mark and kind.strip() for _, mark, kind in parts):
        raise BadMessage("BAD_MESSAGE", f"{text!r} does not name types.", hint="Write zip=text,when=date.", where="$.types")
    return {name.strip(): kind.strip() for name, _, kind in parts}


class Uploading(Resource):
    """Base of what takes files. The body is the file, or a form with it."""

    form: Form | None = None
    landing: Landing | None = None

    @property
    def takes_file(self) -> bool:
        """Whether the request brings a file."""
        return True

    @property
    def most_bytes(self) -> int:
        """So many bytes the body may have."""
        return int(self.extension.max_upload) if self.takes_file else super().most_bytes

    async def expect(self) -> None:
        """Prepares for a file; refuses a name that is taken before the file is sent."""
        if not self.takes_file:
            return
        name: str | None = self.path_kwargs.get("name")
        if self.media == FORM:
            self.form = Form(self.request.headers["Content-Type"])
        else:
            self.landing = self.extension.landings.open(name or "upload")
        if name is not None and not self._replaces():
            await self.run(_check_free, self.tables, name, self.person)

    def _replaces(self) -> bool:
        return self.form is not None or self.get_query_argument("replace", "") in ("true", "1")

    async def take(self, chunk: bytes) -> None:
        """Writes the file's bytes."""
        if self.form is not None:
            chunk = self.form.feed(chunk)
            if self.landing is None and self.form.file_name is not None:
                self.landing = self.extension.landings.open(self.form.file_name)
        elif self.landing is None:
            await super().take(chunk)
        if chunk and self.landing is not None:
            await self.landing.write(chunk)

    async def import_file(self, name: str | None, reading: Reading) -> Created:
        """The new table of the file that has arrived."""
        claimed = _CLAIMED.get(self.media, "")
        if self.form is not None:
            self.form.close()
            fields = self._fields(self.form, reading)
            reading, claimed = fields, _CLAIMED.get(self.form.media, "")
            name = name or fields.name or re.split(r"[/\\]", self.form.file_name or "")[-1].partition(".")[0].strip()
        if self.landing is None or not name:
            raise BadMessage("BAD_MESSAGE", "There is no file in the request.", hint="curl -T sales.csv …/datasets/sales")
        path = await self.landing.finish()
        asked, rights = reading.asked(), _rights(reading.rights)

        def opened() -> Batches:
            return open_batches(
                path,
                asked,
                format=reading.format,
                claimed=claimed if not path.suffix else "",
                most=self.extension.max_upload,
                cancelled=self.gone.is_set,
            )

        return await self.extension.heavy.run(create, self.tables, name, self.person, opened, rights, replace=reading.replace)

    def _fields(self, form: Form, reading: Reading) -> Fields:
        fields = of_texts(form.fields, Fields)
        given = {name: getattr(fields, name) for name in form.fields}
        return Fields(**msgspec.structs.asdict(reading) | given)

    def on_finish(self) -> None:
        """Removes the file."""
        super().on_finish()
        self._clear()

    def on_connection_close(self) -> None:
        """Removes what has arrived of a file when the other end hangs up before it is whole."""
        super().on_connection_close()
        self._clear()

    def _clear(self) -> None:
        if self.landing is not None:
            landing, self.landing = self.landing, None
            asyncio.get_running_loop().run_in_executor(None, landing.close)


def _is_there(tables: Tables, name: str, person: Person) -> bool:
    try:
        tables.info(name, person)
    except NotFound:
        return False
    return True


def _check_free(tables: Tables, name: str, person: Person) -> None:
    if _is_there(tables, name, person):
        raise Refused("SCHEMA", f"There is a shared table {name!r} already.", hint="Choose another name, or say replace=true.")


def create(tables: Tables, name: str, person: Person, opened: Any, rights: Rights | None, *, replace: bool = False) -> Created:
    """A table of what `opened` gives, read again as long as its types are not settled."""
    batches: Batches = opened()
    while True:
        try:
            reader = batches.reader()
            if replace and _is_there(tables, name, person):
                tables.replace(name, reader, person)
            else:
                tables.create(name, reader, person, rights)
            break
        except Unsettled:
            continue
    return Created(
        dataset=tables.info(name, person),
        columns=reader.schema.names,
        notes=[
            Note(
                code=found.code,
                column=found.column,
                rows=list(found.rows),
                count=found.count,
                message=found.message,
                suggestion=found.suggestion,
            )
            for found in batches.findings()
        ],
        rejected=[RejectedLine(line=item.line, reason=item.reason, text=item.text[:1000]) for item in batches.rejected],
        n_rejected=batches.n_rejected,
    )
