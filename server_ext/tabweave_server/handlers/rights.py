"""Who may do what with a table."""

from __future__ import annotations

from tabweave_core.protocol.rights import Rights
from tornado import web

from .resource import Resource, call
from .rest import authorized


class RightsHandler(Resource):
    """The rights on one table: its owner sets them."""

    @web.authenticated
    @authorized
    @call("Look at the rights", "People by user id, columns by column id.", answer=Rights, codes=("NO_TABLE", "FORBIDDEN"))
    async def get(self, name: str) -> Rights:
        """As they are."""
        return await self.run(self.tables.rights, name, self.person)

    @web.authenticated
    @authorized
    @call(
        "Set the rights",
        "All of them anew.",
        body=Rights,
        example={"everyone": "viewer"},
        answer=Rights,
        codes=("NO_TABLE", "NO_COLUMN", "FORBIDDEN"),
    )
    async def put(self, name: str, body: Rights) -> Rights:
        """From the next operation on."""
        return await self.run(self.tables.set_rights, name, self.person, body)
