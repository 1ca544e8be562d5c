"""The Python face: what magics, menus and notebooks call.

    t = tw.table(df)  t = tw.open("sales.csv")  t.show()  t.set("price", 12, row=3)  t.undo()  t.history()  t.code()
    tw.show(df)  tw.sql("SELECT … FROM df")  tw.status()
    t = tw.share(df, "sales")  t = tw.join("sales")  tw.tables()  tw.drop("sales")

Every function raises `TabweaveError` with what is wrong and what to do next, and then nothing was done.
"""

from __future__ import annotations

import builtins
import keyword
import os
import re
from typing import TYPE_CHECKING, Any

from tabweave_core.errors import BadMessage, did_you_mean
from tabweave_core.protocol.rights import Rights

from . import workspace
from .frames.ops import counted
from .handles import Table
from .joined import LEVELS, SharedTable
from .preview import size_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from .slot import Slot
    from .workspace import Workspace

__all__ = ["SharedTable", "Table", "drop", "join", "open", "share", "show", "sql", "status", "table", "tables"]


def table(df: object, *, name: str = "", namespace: Mapping[str, Any] | None = None) -> Table:
    """The table of a DataFrame, or of the variable with that name: the shared one, where the variable follows one."""
    home = workspace.current(namespace)
    if home.shared is not None:
        replica = home.shared.joined(df) if isinstance(df, str) else home.shared.of_object(df)
        if replica is not None and not replica.stopped:
            return SharedTable(replica, home)
    slot = home.binding.bind(df) if isinstance(df, str) else home.binding.adopt(df, name)
    return Table(slot, home)


def open(path: str | os.PathLike[str], *, name: str = "", **options: Any) -> Table:  # noqa: A001
    """The table in a data file; `t.df` is its DataFrame, `t.ingested` says how it was read and what was noticed.

    `options` are those of `tabweave_core.engine.ingest.read`: sheet, header, delimiter, encoding, decimal, thousands, dates,
    types. Raises `BadFile` with what to do about it.
    """
    from .opening import open_file

    df, ingested = open_file(path, **options)
    opened = table(df, name=name or variable_name(path))
    opened.ingested = ingested
    return opened


def variable_name(path: str | os.PathLike[str]) -> str:
    """A Python name from a file's name: "Q1 sales.csv.gz" gives "q1_sales", "2027.csv" gives "table_2027"."""
    stem = os.path.basename(os.fspath(path)).partition(".")[0]
    name = re.sub(r"\W+", "_", stem).strip("_").lower() or "table"
    return name if name.isidentifier() and not keyword.iskeyword(name) and not hasattr(builtins, name) else f"table_{name}"


def show(
    df: object, *, rows: int | None = None, columns: Iterable[str] | None = None, read_only: bool = False, name: str = ""
) -> Any:
    """An editable grid on a DataFrame, or on the variable with that name."""
    return table(df, name=name).show(rows=rows, columns=columns, read_only=read_only)


def sql(query: str, *, namespace: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """The result of one SELECT over the notebook's DataFrames, by their variables' names, and over shared tables."""
    from . import querying

    return querying.query(query, namespace)


def share(
    df: object,
    table: str = "",
    *,
    people: Mapping[str, str] | None = None,
    others: str = "editor",
    namespace: Mapping[str, Any] | None = None,
) -> SharedTable:
    """Makes a shared table of a DataFrame variable, which follows it from then on; returns its `SharedTable`.

    Without `table` it has the variable's name. `people` gives roles ("editor", "viewer", "none") by user id, `others` is the
    role of everybody else. Raises for columns that cannot be shared, with their name, and then nothing was done.
    """
    home = workspace.current(namespace)
    name = _variable(df, home)
    return SharedTable(home.circle.share(name, table or name, _rights(people or {}, others)), home)


def join(table: str, name: str = "", *, namespace: Mapping[str, Any] | None = None) -> SharedTable:
    """Puts a shared table into the variable `name` (that of the table, without one), which follows it from then on."""
    home = workspace.current(namespace)
    return SharedTable(home.circle.join(table, name or variable_name(table)), home)


def tables() -> pd.DataFrame:
    """The shared tables that you may read."""
    import pandas as pd

    infos = workspace.current().circle.house.tables()
    rows = [
        (info.name, info.rows, info.columns, info.role, info.owner.name, ", ".join(person.name for person in info.people))
        for info in infos
    ]
    return pd.DataFrame(rows, columns=["table", "rows", "columns", "you are", "owner", "open by"]).set_index("table")


def drop(table: str, *, namespace: Mapping[str, Any] | None = None) -> None:
    """Deletes a shared table, for everybody and for good; variables that followed it stay as they are. Only its owner may."""
    workspace.current(namespace).circle.house.drop(table)


def _variable(df: object, home: Workspace) -> str:
    """The name of the variable that stands for an object."""
    if isinstance(df, str):
        return df
    for name, value in list(home.namespace.items()):
        if value is df and not name.startswith("_"):
            return name
    raise BadMessage("BAD_MESSAGE", "Only a DataFrame in a variable can be shared.", hint="Assign it first: sales = …")


def _rights(people: Mapping[str, str], others: str) -> Rights | None:
    for role in (*people.values(), others):
        if role not in LEVELS:
            hint = did_you_mean(role, LEVELS) or f"There are {', '.join(LEVELS)}."
            raise BadMessage("BAD_MESSAGE", f"There is no role {role!r}.", hint=hint)
    levels: Any = dict(people)
    everyone: Any = others
    return Rights(everyone=everyone, people=levels) if people or others != "editor" else None


def status() -> str:
    """Which store and server there are, which tables are open, and what is not saved."""
    home = workspace.current()
    relay = home.relay
    if relay is None:
        server = "none; everything runs in this process"
    elif relay.connected:
        server = f"connected to {relay.address.url}" if relay.address else "connected"
    else:
        server = relay.problem
    lines = [f"server  {server}"]
    replicas = [] if home.shared is None else home.shared.replicas()
    joined = {replica.slot for replica in replicas}
    slots = [slot for slot in home.sessions.slots() if slot.frame is not None and slot not in joined]
    lines.append(f"tables  {len(slots) or 'none is open'}")
    lines.extend(f"  {slot.name}: {_state(slot, home)}" for slot in sorted(slots, key=lambda each: each.name))
    if home.house is not None:
        lines.append(f"shared  in {home.house.place}")
        lines.extend(f"  {replica.name} follows {replica.table}: {replica.state}" for replica in replicas)
    unsaved = sum(replica.outbox.cells for replica in replicas)
    if unsaved:
        lines.append(f"saved   {counted(unsaved, 'cell')} of shared tables not yet; they are sent when the server is there")
    else:
        lines.append("saved   every edit is in its DataFrame; save the data itself from your code")
    return "\n".join(lines)


def _state(slot: Slot, home: Workspace) -> str:
    frame = slot.frame
    if frame is None:
        return slot.why
    clients = home.sessions.open_channels(slot)
    shown = f"shown in {counted(clients, 'grid')}" if clients else "not shown"
    parts = [size_text(frame), shown, f"revision {frame.rev}"]
    return ", ".join([*parts, *(["read-only"] if frame.read_only else [])])
