"""Plans with queries of people's own, run apart: in a child process that can be ended at once and has bounded memory.

What typed steps compile to, and expressions, which make nothing large out of little, run where the tables are. It must not know
where tables live or who asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import BadValue
from ..language.rehearsal import rehearse
from ..plans import writing
from ..plans.comparing import Comparison, Worked
from ..plans.compile import Compiled
from ..plans.draft import Source
from ..plans.shape import POS, RID, Shape
from ..protocol import plan as p
from . import script

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from ..sql.limits import Limits
    from ..sql.sandbox import Cancellation, Sandbox

_NARROWED = ("HUGEINT", "UHUGEINT", "ENUM", "UUID")
"""Types that Arrow brings back as others."""


def is_free(plan: p.Plan) -> bool:
    """Whether a plan has a query of somebody's own."""
    return any(isinstance(step, p.Sql) and writing.queries(step.select) for step in plan.steps)


@dataclass(frozen=True, eq=False)
class Apart:
    """Where plans with queries are run. Raises `TOO_LARGE` for what meets a limit, and whatever a plan is refused for."""

    sandbox: Sandbox
    limits: Limits
    zone: str = "UTC"
    cancellation: Cancellation | None = None

    def compare(self, connection: DuckDBPyConnection, plan: p.Plan, source: Source, others: Mapping[str, Source]) -> Comparison:
        """What a plan makes of a table; the result is staged on the connection."""
        if not is_free(plan):
            return Comparison(connection, plan, source, others)
        said, rows = self._run(connection, plan, source, others)
        assert rows is not None
        compiled = Compiled(
            said["sql"],
            {},
            Shape(_types(connection, rows, said["types"])),
            said["kept_rows"],
            tuple((number, step) for number, step in enumerate(plan.steps) if isinstance(step, p.Chart)),
            None if said["written"] is None else frozenset(said["written"]),
            said["placed"],
        )
        worked = Worked(compiled, rows, [(name, decimals, count) for name, decimals, count in said["rounded"]])
        return Comparison(connection, plan, source, others, worked)

    def rehearse(self, connection: DuckDBPyConnection, plan: p.Plan, source: Source, others: Mapping[str, Source]) -> None:
        """Raises for a plan that does not fit the columns, in words made of their names and kinds alone."""
        if not is_free(plan):
            rehearse(connection, plan, source, others)
            return
        bare = {name: Source(f"(FROM {each.relation} LIMIT 0)", each.shape, each.laid) for name, each in others.items()}
        self._run(connection, plan, Source(f"(FROM {source.relation} LIMIT 0)", source.shape, source.laid), bare)

    def script(
        self,
        connection: DuckDBPyConnection,
        plan: p.Plan,
        source: Source,
        others: Mapping[str, Source],
        start: str,
        plain: Mapping[str, Shape],
    ) -> str:
        """A plan as code, as `script.script` writes it."""
        if not is_free(plan):
            return script.script(connection, plan, source, others, start, plain)
        said, _ = self._run(connection, plan, source, others, start=start, plain=list(plain))
        return str(said["code"])

    def _run(
        self, connection: DuckDBPyConnection, plan: p.Plan, source: Source, others: Mapping[str, Source], **more: object
    ) -> tuple[dict[str, Any], pa.Table | None]:
        name = source.relation.strip('"').replace('""', '"') if source.relation.startswith('"') else "table"
        taken = {other.casefold() for other in others}
        while name.casefold() in taken:
            name += "_"
        laid = {name: source, **others}
        try:
            text = msgspec.json.encode(plan).decode()
        except UnicodeEncodeError:
            raise BadValue("CHECK", "The plan has half a character in it.", hint="Write it again.") from None
        errand = {
            "plan": text,
            "tables": [(name, each.laid) for name, each in laid.items()],
            **more,
        }
        tables = [connection.sql(f"SELECT * FROM {each.relation}").to_arrow_table() for each in laid.values()]
        return self.sandbox.run_errand(errand, tables, limits=self.limits, zone=self.zone, cancellation=self.cancellation)


def _types(connection: DuckDBPyConnection, rows: pa.Table, said: Mapping[str, str]) -> dict[str, str]:
    """The types of a result as it comes back."""
    connection.register("tabweave result", rows)
    found = connection.execute('SELECT * FROM "tabweave result" LIMIT 0').description or []
    connection.unregister("tabweave result")
    came = {name: str(kind) for name, kind, *_ in found if name not in (RID, POS)}
    return {name: said[name] if said[name].startswith(_NARROWED) else kind for name, kind in came.items()}
