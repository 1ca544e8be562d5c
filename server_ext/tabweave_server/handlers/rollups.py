"""The rollups of a table: which are kept, their nodes, and writing their totals."""

from __future__ import annotations

from typing import Any

import msgspec
from tabweave_core.engine.planning import definitions
from tabweave_core.errors import BadMessage
from tabweave_core.protocol import ops
from tabweave_core.protocol.planning import Coordinate, Method, RollupDef, Target, Tree
from tabweave_core.protocol.schema import Schema, Sort, View
from tabweave_core.rooms import nodes
from tabweave_core.rooms.rights import lens
from tornado import web

from . import naming
from .naming import NamedFilter
from .operations import CODES, Editing
from .resource import Resource, call
from .rest import authorized
from .rollup_bodies import (
    MOST_JSON,
    By,
    KeptRollup,
    KeptRollups,
    Measure,
    NodeColumn,
    NodeLine,
    NodePage,
    NodesQuery,
    Place,
    Rollup,
    Spread,
    Spreading,
)

_SPREADING = ("EMPTY_GROUP", "ALL_HELD", "HELD", "HOLD_CONFLICT", "INFEASIBLE", "NEAR_ZERO_BASE")


def definition(schema: Schema, name: str, asked: Rollup) -> RollupDef:
    """A rollup with columns by id."""

    def cid(column: str | None) -> int | None:
        return None if column is None else naming.find(schema, column).id

    aggregates = [
        {
            "fn": each.fn,
            "column": cid(each.column),
            "other": cid(each.other),
            "inverse": cid(each.inverse),
            "label": each.label,
        }
        for each in asked.of
    ]
    return msgspec.convert(
        {
            "name": name,
            "levels": [cid(each) for each in asked.by],
            "aggregates": aggregates,
            "across": cid(asked.across),
            "filter": msgspec.to_builtins(naming.filters(schema, asked.where)),
        },
        RollupDef,
    )


def named(schema: Schema, kept: RollupDef) -> KeptRollup:
    """A rollup with columns by name."""
    names = {column.id: column.name for column in schema.columns}
    filters = msgspec.to_builtins(kept.filter)
    for each in filters:
        if "column" in each:
            each["column"] = names[each["column"]]
    of = [
        Measure(
            fn=each.fn,
            column=names[each.column],
            other=None if each.other is None else names[each.other],
            inverse=None if each.inverse is None else names[each.inverse],
            label=each.label,
        )
        for each in kept.aggregates
    ]
    return KeptRollup(
        name=kept.name,
        by=[names[cid] for cid in kept.levels],
        of=of,
        across=None if kept.across is None else names[kept.across],
        where=msgspec.convert(filters, list[NamedFilter]),
    )


def coordinate(schema: Schema, place: Place) -> Coordinate:
    """Some of a rollup's rows, with columns by id."""
    return Coordinate(path=list(place.path), where=naming.filters(schema, place.where), each=place.each)


def method(schema: Schema, asked: By) -> Method:
    """A method, with columns by id."""
    given: dict[str, Any] = msgspec.to_builtins(asked)
    column, rev, to = given.pop("column", None), given.pop("rev", None), asked.to
    given.pop("to", None)
    given.setdefault("by", "proportional")
    if column is not None or rev is not None:
        given["ref"] = {"column": None if column is None else naming.find(schema, column).id, "rev": rev}
    if asked.along is not None:
        given["along"] = naming.find(schema, asked.along).id
    if to is not None:
        given["to"] = msgspec.to_builtins(coordinate(schema, to))
    try:
        found: Method = msgspec.convert(given, Method)
        return found
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `")
        hint = "The page about planning lists the methods and what they need."
        raise BadMessage("BAD_MESSAGE", f"{message}.", hint=hint, where=f"$.method{path.rstrip('`').removeprefix('$')}") from None


def _paths(text: str, where: str, kind: Any) -> Any:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        raise BadMessage("BAD_MESSAGE", f"`{where}` is not such a list: {error}.", where=f"$.{where}") from None


class RollupsHandler(Resource):
    """The rollups that are kept with a table."""

    @web.authenticated
    @authorized
    @call("List the rollups of a table", answer=KeptRollups, codes=("NO_TABLE",))
    async def get(self, name: str) -> KeptRollups:
        """Those whose columns the caller may read."""
        table = await self.run(self.store.table, name, lens(self.person))
        return KeptRollups(rollups=[named(table.schema(), each) for each in table.rollups])


class RollupHandler(Resource):
    """One rollup."""

    @web.authenticated
    @authorized
    @call(
        "Keep a rollup with a table",
        "In place of the one with this name. Editors may.",
        body=Rollup,
        example={"by": ["item"], "of": [{"fn": "sum", "column": "qty"}]},
        answer=KeptRollup,
        codes=("NO_TABLE", "NO_COLUMN", "FORBIDDEN", "TOO_LARGE", "CONFLICT"),
    )
    async def put(self, name: str, rollup: str, body: Rollup) -> KeptRollup:
        """Keeps it."""
        _, schema = await self.run(self.tables.schema, name, self.person)
        kept = definition(schema, rollup, body)
        await self.run(self.tables.grove.define, name, kept, self.person)
        return named(schema, kept)

    @web.authenticated
    @authorized
    @call("Forget a rollup", "Its rows stay as they are.", status=204, codes=("NO_TABLE", "FORBIDDEN", "CONFLICT"))
    async def delete(self, name: str, rollup: str) -> None:
        """Forgets it."""
        await self.run(self.tables.grove.forget, name, rollup, self.person)


class NodesHandler(Resource):
    """The nodes of a rollup."""

    @web.authenticated
    @authorized
    @call(
        "Read nodes of a rollup",
        "Each before those below it, all of one revision.",
        query=NodesQuery,
        answer=NodePage,
        codes=("NO_TABLE", "NO_COLUMN", "NO_ROW", "EMPTY_GROUP", "TOO_LARGE"),
    )
    async def get(self, name: str, rollup: str, query: NodesQuery) -> NodePage:
        """A stretch of them."""
        if query.limit > MOST_JSON:
            raise BadMessage("BAD_MESSAGE", f"At most {MOST_JSON:,} nodes at once.", hint="Ask for pages.", where="$.limit")
        within = _paths(query.below, "below", list[str | None])
        expanded = _paths(query.expanded, "expanded", list[list[str | None]])
        depth = None if query.depth < 0 else max(query.depth, len(within))
        tree = Tree(rollup=rollup, depth=depth, expanded=[*expanded, within] if within else expanded)
        sort = [Sort(column=abs(query.sort), descending=query.sort < 0)] if query.sort else []
        view = View(tree=tree, sort=sort, search=query.search)
        found = await self.run(
            nodes.page, self.tables.grove, name, self.person, view, within, query.start, query.start + query.limit
        )
        return _page(found)


def _page(found: nodes.NodePage) -> NodePage:
    pairs = zip(found.columns, found.info.columns, strict=True)
    return NodePage(
        epoch=found.epoch,
        rev=found.rev,
        start=found.start,
        stop=found.stop,
        rows=found.rows,
        total=found.total,
        levels=found.info.levels,
        columns=[
            NodeColumn(
                name=column.name,
                measure=head.aggregate,
                total=head.total,
                group=head.group,
                kind=column.kind,
                editable=column.editable,
                why=column.why,
            )
            for column, head in pairs
        ],
        nodes=[
            NodeLine(
                path=list(node.path),
                rows=node.rows,
                children=node.children,
                values=node.values,
                locked=[] if node.locked is None else msgspec.json.decode(node.locked),
            )
            for node in found.nodes
        ],
        remarks=found.info.remarks,
    )


class SpreadHandler(Editing):
    """Writing totals."""

    @web.authenticated
    @authorized
    @call(
        "Write totals of a rollup",
        "The rows below follow, by a method. A dry run says what would be written, and writes nothing.",
        body=Spreading,
        example={"targets": [{"value": "1200"}], "dry_run": True},
        answer=Spread,
        codes=(*CODES, *_SPREADING),
    )
    async def post(self, name: str, rollup: str, body: Spreading) -> Spread | None:
        """Writes them, or says what that would do."""
        table = await self.run(self.store.table, name, lens(self.person))
        schema = table.schema()
        targets = [
            Target(at=coordinate(schema, each.at), aggregate=each.measure, value=each.value, method=method(schema, each.method))
            for each in body.targets
        ]
        op = ops.Spread(
            rollup=definitions.find(table.rollups, rollup),
            targets=targets,
            holds=[coordinate(schema, each) for each in body.holds],
            ask_above=body.ask_above,
            token=body.token,
        )
        if body.dry_run:
            return Spread(preview=await self.run(self.tables.grove.preview, name, op, lens(self.person)))
        done = await self.submit(name, op)
        return None if done is None else Spread(done=done)
