"""What the process for queries does with a plan that has SQL of somebody's own: runs it, or writes it down as code.

It is there so that such a plan harms nobody: no text of it reaches a database in the process that asked. It must not know
processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import Refused
from ..plans import strict
from ..plans.compile import compile_plan
from ..plans.draft import Source
from ..plans.shape import POS, RID, Shape, quote
from ..plans.statement import readable
from ..sql.parcels import size
from .script import script

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

_RESULT = '"tabweave result"'


def run(
    connection: DuckDBPyConnection, errand: Mapping[str, Any], tables: Sequence[pa.Table], most: int
) -> tuple[dict[str, Any], pa.Table | None]:
    """What is said of an errand, and the rows of a plan's result, of at most `most` bytes.

    An errand has the `plan` as JSON, `tables` (their names, the one that is asked about first, each with whether it is laid
    in order), and for code `start` and `plain`; see `apart`.
    """
    sources = {}
    for (name, laid), rows in zip(errand["tables"], tables, strict=True):
        connection.register(name, rows)
        described = connection.execute(f"SELECT * FROM {quote(name)} LIMIT 0").description or []
        shape = Shape.of((column, str(kind)) for column, kind, *_ in described if column not in (RID, POS))
        sources[name] = Source(quote(name), shape, laid=laid)
    source, *_ = sources.values()
    others = dict(list(sources.items())[1:])
    plan = strict.read(errand["plan"])
    if "start" in errand:
        plain = {name: others[name].shape for name in errand["plain"]}
        return {"code": script(connection, plan, source, others, errand["start"], plain)}, None
    compiled = compile_plan(connection, plan, source, others)
    text = compiled.unsorted if compiled.laid else compiled.sql
    connection.execute(f"CREATE TEMP TABLE {_RESULT} AS {text}", dict(compiled.values))
    found = connection.sql(f"FROM {_RESULT}").to_arrow_table()
    if found.nbytes > most:
        hint = "Add LIMIT, name fewer columns, or aggregate."
        raise Refused("TOO_LARGE", f"The result is larger than {size(most)}.", hint=hint)
    said = {
        "sql": readable(compiled.sql, compiled.values),
        "types": dict(compiled.shape.types),
        "kept_rows": compiled.kept_rows,
        "written": None if compiled.written is None else sorted(compiled.written),
        "placed": compiled.placed,
        "rounded": [list(each) for each in compiled.rounded(connection)],
    }
    return said, found
