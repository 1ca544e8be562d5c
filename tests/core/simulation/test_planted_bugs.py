"""The simulation is worth what it finds: each of these defects, put into the real code, breaks a run soon."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import msgspec
import pytest
from core.simulation import edits, follower
from core.simulation import spreads as wishes
from core.simulation.follower import Follower
from core.simulation.secrets import Secrets
from core.simulation.story import Failed, tell
from tabweave_core.engine import apply, boards, catchup, spreads, undoing, writer
from tabweave_core.engine.catalog import Lens, Table
from tabweave_core.engine.clients import Clients
from tabweave_core.engine.draft import Draft
from tabweave_core.engine.journal import Journal
from tabweave_core.engine.tablesource import TableSource
from tabweave_core.engine.writer import Writer
from tabweave_core.protocol import ops
from tabweave_core.protocol.messages import Ack, Nack
from tabweave_core.protocol.rights import Rights
from tabweave_core.protocol.schema import Person
from tabweave_core.replica.client import Client
from tabweave_core.rooms import follow, heard, rights, room
from tabweave_core.rooms.feed import Feed
from tabweave_core.rooms.held import Held
from tabweave_core.rooms.member import Member
from tabweave_core.rooms.treefeed import TreeFeed

MOST_RUNS = 100
Plant = Callable[[pytest.MonkeyPatch], None]


def answer_before_the_commit(patch: pytest.MonkeyPatch) -> None:
    real, settle = Writer._do, writer._settle

    def hasty(self: Writer, work: Any, told: Any) -> Any:
        value = real(self, work, told)
        if isinstance(value, Ack | Nack):
            settle(work.answer, value)
        return value

    patch.setattr(Writer, "_do", hasty)
    patch.setattr(writer, "_settle", lambda future, value: None if future.done() else settle(future, value))


def apply_again_what_comes_again(patch: pytest.MonkeyPatch) -> None:
    real = Clients.answered

    def forgetful(self: Clients, client: str, seq: int) -> Any:
        real(self, client, seq)

    patch.setattr(Clients, "answered", forgetful)


def leave_the_number_of_a_refused_operation_free(patch: pytest.MonkeyPatch) -> None:
    real = Clients.record

    def careless(self: Clients, client: str, seq: int, answer: Ack | Nack, *, time: float) -> None:
        if isinstance(answer, Ack):
            real(self, client, seq, answer, time=time)

    patch.setattr(Clients, "record", careless)


def log_with_the_next_commit(patch: pytest.MonkeyPatch) -> None:
    real, late = Journal.keep, []

    def keep(self: Journal) -> None:
        if late:
            real(self)
        late[:] = [] if late else [self]

    patch.setattr(Journal, "keep", keep)


def leave_a_gap_in_a_delta(patch: pytest.MonkeyPatch) -> None:
    real = catchup.changes

    def gappy(cursor: Any, table: Any, since: int) -> Any:
        found = real(cursor, table, min(since + 1, table.head))
        return catchup.Changes(**(vars(found) | {"since": since}))

    patch.setattr(follow.catchup, "changes", gappy)


def lose_what_is_unsaved_on_a_reload(patch: pytest.MonkeyPatch) -> None:
    def forgetful(client: Client) -> tuple[Client, dict[int, int]]:
        return Client(client.table, client.ch), {}

    real = Follower.reload

    def reload(self: Follower) -> None:
        asked = dict(self.open_tickets)
        real(self)
        self.open_tickets = {-ticket: number for ticket, number in asked.items()}

    patch.setattr(follower, "revived", forgetful)
    patch.setattr(Follower, "reload", reload)


def undo_over_what_others_wrote(patch: pytest.MonkeyPatch) -> None:
    """Everybody writes into the same few cells here and takes it back, so that soon one meets another."""

    def draw(chance: Random, secrets: Secrets, who: Follower) -> ops.Op:
        if chance.random() < 0.4:
            return edits._undo(chance, who)
        return edits._set(chance, secrets, who, who.columns[:1], who.order[:2])

    patch.setattr(edits, "_draw", draw)
    patch.setattr(undoing.log, "taken_since", lambda *_args, **_how: {})


def patch_what_a_reader_may_not_read(patch: pytest.MonkeyPatch) -> None:
    real = room.Room.digest
    patch.setattr(room.Room, "digest", lambda self, after, upto, _hidden: real(self, after, upto, frozenset()))
    patch.setattr(Held, "sift", lambda _self, news: (news.cells, set()))


def keep_the_rights_of_the_welcome(patch: pytest.MonkeyPatch) -> None:
    real = rights.lens

    def lens(user: Person) -> Lens:
        first: list[Rights] = []

        def look(table: Table) -> Table:
            first.append(table.rights)
            return real(user)(replace(table, rights=first[0]))

        return look

    patch.setattr(Member, "compare", lambda _self, _table: None)
    patch.setattr(rights, "lens", lens)


def apply_operations_out_of_order(patch: pytest.MonkeyPatch) -> None:
    def any_number(self: Clients, client: str, seq: int) -> Any:
        known = self._of(client).get(seq)
        return None if known is None else msgspec.json.decode(known, type=Ack | Nack)

    def backwards(self: Client, step: Any) -> None:
        before = len(step.messages)
        flush(self, step)
        step.messages[before:] = step.messages[before:][::-1]

    flush = Client._flush
    patch.setattr(Clients, "answered", any_number)
    patch.setattr(Client, "_flush", backwards)


def answer_differently_the_second_time(patch: pytest.MonkeyPatch) -> None:
    real = Clients.answered

    def changed(self: Clients, client: str, seq: int) -> Any:
        found = real(self, client, seq)
        return msgspec.structs.replace(found, message="again") if isinstance(found, Ack) else found

    patch.setattr(Clients, "answered", changed)


def skip_a_revision_in_a_patch(patch: pytest.MonkeyPatch) -> None:
    real = Feed._post

    def gappy(self: Feed, news: Any, *rest: Any) -> None:
        if news.rev % 2:
            real(self, news, *rest)

    patch.setattr(Feed, "_post", gappy)


def forget_what_a_grid_was_sent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Held, "sift", lambda _self, news: ([], {cells.column for cells in news.cells}))


def pass_on_only_the_first_of_several_edits(patch: pytest.MonkeyPatch) -> None:
    real = heard.rows
    patch.setattr(heard, "rows", lambda revisions, columns: real(revisions[:1], columns))


def miss_an_undo_in_a_rollup(patch: pytest.MonkeyPatch) -> None:
    real = boards._catch_up

    def blind(connection: Any, table: Table, board: Any) -> bool:
        query = "SELECT kind FROM _log WHERE table_id = ? AND rev = ?"
        if connection.execute(query, [table.id, table.head]).fetchall() == [("undo",)]:
            board.rev = table.head
            return True
        return real(connection, table, board)

    patch.setattr(boards, "_catch_up", blind)


def tell_a_tree_only_of_one_column(patch: pytest.MonkeyPatch) -> None:
    real = TreeFeed._tell
    patch.setattr(TreeFeed, "_tell", lambda self, view, upto, news: real(self, view, upto, replace(news, cells=news.cells[:1])))


def nobody_does_anything_but_spread(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(edits, "_draw", lambda chance, _secrets, who: wishes.draw(chance, who))


def spread_over_locked_rows(patch: pytest.MonkeyPatch) -> None:
    nobody_does_anything_but_spread(patch)
    patch.setattr(TableSource, "frozen", lambda _self, _cid: None)


def leave_out_the_last_row_of_a_spread(patch: pytest.MonkeyPatch) -> None:
    nobody_does_anything_but_spread(patch)
    real = spreads._texts
    patch.setattr(spreads, "_texts", lambda draft, write: dict(list(real(draft, write).items())[: len(write.rids) - 1 or 1]))


def write_a_spread_before_its_log(patch: pytest.MonkeyPatch) -> None:
    nobody_does_anything_but_spread(patch)

    def hasty(draft: Draft, op: ops.Spread) -> Any:
        done = spreads.spread(draft, op)
        draft.flush()
        draft.connection.execute("COMMIT")
        draft.connection.execute("BEGIN")
        return done

    patch.setitem(apply._KINDS, ops.Spread, hasty)


PLANTED: list[tuple[Plant, str]] = [
    (answer_before_the_commit, "I11"),
    (apply_again_what_comes_again, "I2 I3 I7"),
    (leave_the_number_of_a_refused_operation_free, "I2 I11"),
    (log_with_the_next_commit, "I1 I3 I4 I9 I11 errors"),
    (leave_a_gap_in_a_delta, "I4"),
    (lose_what_is_unsaved_on_a_reload, "I1"),
    (undo_over_what_others_wrote, "I8"),
    (patch_what_a_reader_may_not_read, "I10"),
    (keep_the_rights_of_the_welcome, "I4 I10"),
    (apply_operations_out_of_order, "I7"),
    (answer_differently_the_second_time, "I2"),
    (skip_a_revision_in_a_patch, "I4 I9"),
    (forget_what_a_grid_was_sent, "I4"),
    (pass_on_only_the_first_of_several_edits, "I4"),
    (miss_an_undo_in_a_rollup, "I5"),
    (tell_a_tree_only_of_one_column, "I5"),
    (spread_over_locked_rows, "I6"),
    (leave_out_the_last_row_of_a_spread, "I6"),
    (write_a_spread_before_its_log, "I3"),
]


@pytest.mark.parametrize(("plant", "invariants"), PLANTED, ids=lambda each: getattr(each, "__name__", ""))
def test_a_planted_bug_is_found(plant: Plant, invariants: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    failed = next((found for seed in range(MOST_RUNS) if (found := failure(seed)) is not None), None)
    assert failed is not None, f"{MOST_RUNS} runs did not find it"
    assert failed.invariant in invariants.split(), failed


def failure(seed: int) -> Failed | None:
    try:
        tell(seed)
    except Failed as failed:
        return failed
    return None
