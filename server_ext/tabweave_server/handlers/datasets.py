"""The shared tables as a collection: list, create, upload, rename, drop, and the columns of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabweave_core.engine.ingest.batches import of_values
from tabweave_core.errors import BadMessage
from tabweave_core.protocol.schema import TableInfo
from tabweave_core.rooms.reading import since
from tornado import web

from .bodies import Created, Datasets, Described, NewDataset, Renamed
from .resource import Resource, call
from .rest import authorized
from .upload import FORM, RAW, Fields, Reading, Uploading, create

if TYPE_CHECKING:
    from tabweave_core.engine.ingest.batches import Batches

_CREATED = {"Location": "Where the new table is."}
_NEW = ("SCHEMA", "BAD_FILE", "TYPE", "RANGE", "TOO_LARGE", "FORBIDDEN")
_FORM = {
    FORM: {
        "type": "object",
        "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
        "required": ["file"],
    }
}


class DatasetsHandler(Uploading):
    """All shared tables that the caller may read."""

    @property
    def takes_file(self) -> bool:
        """Whether the body is a form."""
        return self.request.method == "POST" and self.media == FORM

    @web.authenticated
    @authorized
    @call("List the tables", answer=Datasets)
    async def get(self) -> Datasets:
        """The tables, with who has them open."""
        return Datasets(datasets=await self.run(self.tables.infos, self.person))

    @web.authenticated
    @authorized
    @call(
        "Create a table",
        "From records or columns in JSON, or from a file in a form with `file`, perhaps `name`, and how to read it.",
        body=NewDataset,
        example={"name": "fruit", "records": [{"item": "apple", "qty": 3}, {"item": "pear", "qty": 5}]},
        takes=_FORM,
        form=Fields,
        answer=Created,
        status=201,
        headers=_CREATED,
        codes=_NEW,
    )
    async def post(self, body: NewDataset | None) -> Created:
        """Creates a table of values or of a file."""
        if body is None:
            made = await self.import_file(None, Reading())
        else:
            made = await self.extension.heavy.run(create, self.tables, body.name, self.person, lambda: _values(body), body.rights)
        self.set_header("Location", self.place(made.dataset.name))
        return made


def _values(body: NewDataset) -> Batches:
    asked = Reading().asked(body.types)
    if (body.records is None) == (body.columns is None):
        raise BadMessage("BAD_MESSAGE", "Give either `records` or `columns`.", where="$.records")
    if body.columns is not None:
        lengths = {len(values) for values in body.columns.values()}
        if len(lengths) > 1:
            raise BadMessage("BAD_MESSAGE", "The columns are of different lengths.", where="$.columns")
        return of_values(body.columns, asked)
    return of_values(body.records or [], asked)


class DatasetHandler(Uploading):
    """One shared table."""

    @property
    def takes_file(self) -> bool:
        """Whether the body is a file or a form."""
        return self.request.method == "PUT"

    @web.authenticated
    @authorized
    @call("Look at a table", answer=TableInfo, codes=("NO_TABLE",))
    async def get(self, name: str) -> TableInfo:
        """Size, revision, owner, the caller's role, who has it open."""
        return await self.run(self.tables.info, name, self.person)

    @web.authenticated
    @authorized
    @call(
        "Upload a table",
        "The body is a file: CSV, TSV, XLSX, ODS, JSON, JSON lines, Parquet or Arrow, also compressed with gzip or zstd.",
        query=Reading,
        takes=RAW,
        answer=Created,
        status=201,
        headers=_CREATED,
        codes=(*_NEW, "NO_TABLE"),
    )
    async def put(self, name: str, query: Reading) -> Created:
        """Creates the table of the file in the body."""
        made = await self.import_file(name, query)
        self.set_header("Location", self.place(made.dataset.name))
        return made

    @web.authenticated
    @authorized
    @call(
        "Rename a table",
        body=Renamed,
        example={"name": "a new name"},
        answer=TableInfo,
        codes=("NO_TABLE", "SCHEMA", "FORBIDDEN"),
    )
    async def patch(self, name: str, body: Renamed) -> TableInfo:
        """Gives the table another name."""
        return await self.run(self.tables.rename, name, body.name, self.person)

    @web.authenticated
    @authorized
    @call("Drop a table", "With its history, for everybody.", status=204, codes=("NO_TABLE", "FORBIDDEN"))
    async def delete(self, name: str) -> None:
        """Drops the table."""
        await self.run(self.tables.drop, name, self.person)


class SchemaHandler(Resource):
    """The columns of a table."""

    @web.authenticated
    @authorized
    @call("Look at a table's columns", "With the types that a column can be given.", answer=Described, codes=("NO_TABLE",))
    async def get(self, name: str) -> Described:
        """Columns by id, name and type, as the caller may see and change them."""
        table, _ = await self.run(since, self.store, name, self.person, None)
        return Described(epoch=table.epoch, rev=table.head, schema=table.schema())
