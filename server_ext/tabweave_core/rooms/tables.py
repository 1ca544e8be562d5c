"""What a person may do with shared tables outside a live channel: what REST serves, and what a notebook does by itself.

Every method says for whom it is done and refuses what that person may not; tables that they must not know of are not there.
All of them block. It must not know HTTP or Jupyter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import NotFound
from ..protocol.ops import Transform
from ..protocol.schema import TableInfo
from . import reading, resolve
from .commands import Commands
from .grove import Grove
from .rights import Rights, check_owner, lens, role, validated

if TYPE_CHECKING:
    import pyarrow as pa

    from ..engine.catalog import Table
    from ..engine.catchup import Changes
    from ..engine.store import Store
    from ..engine.writer import Answer
    from ..protocol.asking import AppliedCommand, Proposal
    from ..protocol.ops import Condition, Op
    from ..protocol.schema import Change, Person, Schema, View
    from .hall import Hall


class Tables:
    """The shared tables of a store as people may use them; `hall` knows who has them open, where there is one."""

    def __init__(self, store: Store, hall: Hall | None = None) -> None:
        self.store = store
        self.hall = hall
        self.grove = Grove(store) if hall is None else hall.grove
        """The rollups of the tables."""
        self.commands = Commands(store) if hall is None else hall.commands

    # Which tables there are

    def infos(self, user: Person) -> list[TableInfo]:
        """The tables that a person may read, by name."""
        return [self._info(table, user) for table in self.store.tables(lens(user))]

    def info(self, name: str, user: Person) -> TableInfo:
        """One of them; raises `NO_TABLE`."""
        return self._info(self.store.table(name, lens(user)), user)

    def _info(self, table: Table, user: Person) -> TableInfo:
        own = role(table, user)
        assert own is not None, "a lens shows no table to who has no role in it"
        return TableInfo(
            name=table.name,
            rows=len(table.rows),
            columns=len(table.columns),
            rev=table.head,
            role=own,
            owner=table.owner,
            created=table.created,
            people=[] if self.hall is None else self.hall.people(table.name),
        )

    def create(self, name: str, data: pa.Table | pa.RecordBatchReader, user: Person, rights: Rights | None = None) -> TableInfo:
        """Shares Arrow data as a table that the person owns; a reader's batches are stored as they come.

        Raises `SCHEMA` for a name that is taken or cannot be one, `TYPE` for a column that cannot be shared. In `rights`
        columns go by their position in the data.
        """
        for cid in (rights or Rights()).columns:
            if not 0 <= cid < len(data.schema):
                raise NotFound("NO_COLUMN", f"The data has no column {cid}.", hint=f"Columns are 0 to {len(data.schema) - 1}.")
        return self._info(self.store.create_table(name, data, user, rights), user)

    def replace(self, name: str, data: pa.Table | pa.RecordBatchReader, user: Person) -> TableInfo:
        """Gives a table of the person's other columns and rows; who has it open begins anew. The log is gone with the old."""
        self._own(name, user, "replace")
        return self._info(self.store.replace_table(name, data), user)

    def drop(self, name: str, user: Person) -> None:
        """Deletes a table of the person's with its log."""
        self._own(name, user, "delete")
        self.store.drop(name)

    def rename(self, name: str, new: str, user: Person) -> TableInfo:
        """Gives a table of the person's another name."""
        self._own(name, user, "rename")
        self.store.rename(name, new)
        return self.info(new, user)

    def _own(self, name: str, user: Person, doing: str) -> Table:
        table = self.store.table(name, lens(user))
        check_owner(table, user, doing)
        return table

    def rights(self, name: str, user: Person) -> Rights:
        """Who may do what with a table of the person's."""
        return self._own(name, user, "see the rights of").rights

    def set_rights(self, name: str, user: Person, rights: Rights) -> Rights:
        """Says who may do what with a table of the person's, from the next operation on."""
        self._own(name, user, "change the rights of")
        self.store.set_rights(name, lambda table: validated(rights, table))
        return self.rights(name, user)

    # Reading

    def schema(self, name: str, user: Person) -> tuple[int, Schema]:
        """The newest revision and the columns that the person may read; those that they may not write say why."""
        table = self.store.table(name, lens(user))
        return table.head, table.schema()

    def view(
        self, name: str, user: Person, view: View, start: int, stop: int, columns: list[int] | None = None
    ) -> tuple[int, pa.Table]:
        """Rows `[start, stop)` of a view and the revision they are of: `_rid`, then a column named by each id."""
        if columns is None:
            columns = [column.id for column in self.store.table(name, lens(user)).columns]
        return self.store.window(name, view, start, stop, columns, lens(user))

    def changes(self, name: str, user: Person, since: int) -> Changes:
        """What has changed after a revision; raises `TooFar` when reading the table anew is better."""
        return reading.since(self.store, name, user, since)[1]

    def history(
        self,
        name: str,
        user: Person,
        limit: int = 100,
        *,
        since: int = 0,
        rid: int | None = None,
        column: int | None = None,
    ) -> list[Change]:
        """The newest changes after a revision, newest first; of one cell when its row and column are given."""
        self.store.table(name, lens(user))
        return self.store.history(name, limit, since=since, rid=rid, column=column, lens=lens(user))

    def ask(
        self, name: str, user: Person, *, text: str = "", plan: str = "", reading: int | None = None, client: str = ""
    ) -> tuple[Proposal, pa.Table | None]:
        """What a command in plain words, or a plan, would do, and the first rows of a question's answer.

        Kept for a `client`, it need not be worked out again to be applied.
        """
        return self.commands.ask(name, user, text=text, plan=plan, reading=reading, client=client)

    def applied(self, name: str, user: Person) -> list[AppliedCommand]:
        """The commands that were applied, oldest first."""
        return self.commands.applied(name, user)

    # Writing

    def apply(self, name: str, user: Person, proposal: Proposal, token: str = "", client: str = "") -> Answer:
        """The answer to a proposal, after its commit; refused when it would not do what was shown with `token` any more."""
        op = Transform(
            plan=proposal.plan,
            token=token or proposal.token,
            command=proposal.command,
            interpreter=proposal.interpreter,
        )
        prepare = self.commands.prepare(name, user, op, client)
        key = f"{user.id}/rest/{self.store.draw()}"
        return self.store.submit(name, op, user=user, client=key, seq=1, prepare=prepare).result()

    def submit(
        self,
        name: str,
        user: Person,
        op: Op,
        client: str | None = None,
        seq: int | None = None,
        condition: Condition | None = None,
    ) -> Answer:
        """The answer to an operation, after its commit. View ranges in it are about all rows in their own order.

        A client numbers its operations 1, 2, 3 … and gets the same answer when it sends one again; without one it is a new
        operation. Raises `BAD_SEQ` for a number that is not the client's next, `BUSY` when the store cannot take it.
        """
        if client is None or seq is None:
            self.store.table(name, lens(user))
            client, seq = self.store.draw(), 1
        return self.store.submit(
            name,
            op,
            user=user,
            client=f"{user.id}/rest/{client}",
            seq=seq,
            condition=condition,
            prepare=resolve.intent(self.store, name, op, user, commands=self.commands),
        ).result()
