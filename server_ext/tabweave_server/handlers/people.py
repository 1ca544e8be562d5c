"""Who has tables open."""

from __future__ import annotations

from tornado import web

from .bodies import People, Present
from .resource import Resource, call
from .rest import authorized


class PeopleHandler(Resource):
    """The people in the tables that the caller may read."""

    @web.authenticated
    @authorized
    @call("See who is here", answer=People)
    async def get(self) -> People:
        """The caller, and who has tables open."""
        tables: dict[str, list[str]] = {}
        known = {}
        for info in await self.run(self.tables.infos, self.person):
            for person in info.people:
                known[person.id] = person
                tables.setdefault(person.id, []).append(info.name)
        return People(me=self.person, people=[Present(person=known[key], tables=names) for key, names in tables.items()])
