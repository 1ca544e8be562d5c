"""Rights: every kind of operation by every role and column right, and that nothing of a hidden column is ever told."""

from __future__ import annotations

import typing

import msgspec
import pytest
from core.rooms.rights_people import COST, CY, DI, ITEM, NOTE, QTY, RIGHTS, about, command, free, make, submit, typed, whole
from core.store.people import ANN, BO, shown
from hypothesis import given
from hypothesis import strategies as st
from tabweave_core.engine.store import Store
from tabweave_core.errors import BadMessage, NotFound, Refused
from tabweave_core.protocol import ops
from tabweave_core.protocol.messages import Ack, Nack
from tabweave_core.protocol.ops import Op
from tabweave_core.protocol.rights import ColumnRights, Rights
from tabweave_core.protocol.schema import (
    ExpressionFilter,
    Filter,
    MissingFilter,
    Person,
    RangeFilter,
    SetFilter,
    Sort,
    TextFilter,
    View,
)
from tabweave_core.rooms import rights

EVERY = {**about(ITEM), **whole(), **free(), "transform": command(ITEM)}
ED = Person(id="ed", name="Ed")


def code(store: Store, user: Person, op: Op) -> str:
    """The refusal's code, or "" for an operation that was done; a refused one changed nothing."""
    table = store.table("sales")
    columns = [column.id for column in table.columns]
    before = shown(store, *columns)
    answer = submit(store, user, op)
    if isinstance(answer, Ack):
        return ""
    assert store.table("sales").head == table.head
    assert shown(store, *columns) == before
    return answer.code


@pytest.fixture
def guarded(store: Store) -> Store:
    make(store)
    return store


def test_the_operations_tried_here_are_all_there_are() -> None:
    tried = {type(op) for op in EVERY.values()} | {ops.Undo, ops.Redo}
    assert tried == set(typing.get_args(Op))


FIELDS = {
    ops.SetCells: "blocks input",
    ops.Fill: "columns start stop target_start target_stop mode",
    ops.Replace: "find replacement columns case whole regex",
    ops.InsertRows: "count before copy_of columns values",
    ops.DeleteRows: "rows",
    ops.AddColumn: "name dtype at rows values categories ordered",
    ops.DropColumns: "columns",
    ops.RenameColumn: "column name",
    ops.MoveColumn: "column to",
    ops.RetypeColumn: "column dtype on_error categories ordered",
    ops.BoundColumn: "column least most",
    ops.Spread: "rollup targets holds ask_above token",
    ops.Lock: "rollup at aggregates locked",
    ops.Transform: "plan token command interpreter",
    ops.Undo: "ref",
    ops.Redo: "ref",
}


def test_whoever_gives_an_operation_a_field_decides_here_what_it_needs_the_right_to() -> None:
    assert {kind: " ".join(kind.__struct_fields__) for kind in typing.get_args(Op)} == FIELDS


@pytest.mark.parametrize("kind", EVERY)
def test_a_viewer_and_a_stranger_write_nothing(guarded: Store, kind: str) -> None:
    assert code(guarded, CY, EVERY[kind]) == "FORBIDDEN"
    assert code(guarded, DI, EVERY[kind]) == "NO_TABLE"


@pytest.mark.parametrize("kind", [*about(ITEM), *free()])
def test_an_editor_writes_columns_that_are_free(guarded: Store, kind: str) -> None:
    assert code(guarded, BO, EVERY[kind]) == ""


@pytest.mark.parametrize("kind", about(QTY))
def test_an_editor_without_the_right_to_a_column_does_not_change_it(guarded: Store, kind: str) -> None:
    op = about(QTY)[kind]
    answer = submit(guarded, BO, op)
    assert isinstance(answer, Nack)
    assert (answer.code, answer.message) == ("FORBIDDEN", "You may not change qty of sales.")
    assert "Ask Ann" in answer.hint
    assert code(guarded, ANN, op) == ""


@pytest.mark.parametrize("kind", about(COST))
def test_a_hidden_column_is_refused_as_if_there_were_none(guarded: Store, kind: str) -> None:
    answer = submit(guarded, BO, about(COST)[kind])
    none = submit(guarded, BO, about(99)[kind])
    assert isinstance(answer, Nack)
    assert isinstance(none, Nack)
    assert (answer.code, answer.message.replace("2", "99"), answer.hint) == (none.code, none.message, none.hint)
    assert answer.code == "NO_COLUMN"


@pytest.mark.parametrize("kind", about(COST))
def test_who_is_named_may_use_the_column(guarded: Store, kind: str) -> None:
    assert code(guarded, ED, about(COST)[kind]) == ""


@pytest.mark.parametrize("kind", whole())
def test_deleting_and_copying_rows_needs_the_right_to_every_column(guarded: Store, kind: str) -> None:
    op = whole()[kind]
    assert code(guarded, BO, op) == "FORBIDDEN"
    assert code(guarded, ED, op) == ""


def test_a_refusal_over_a_hidden_column_does_not_name_it(store: Store) -> None:
    make(store, Rights(columns={COST: ColumnRights(read=["ed"])}))
    for op in whole().values():
        answer = submit(store, BO, op)
        assert isinstance(answer, Nack)
        assert answer.code == "FORBIDDEN"
        assert "cost" not in str(answer)


def test_replacing_everywhere_leaves_what_one_may_not_write(guarded: Store) -> None:
    op = ops.Replace(find="1", replacement="5")
    assert isinstance(submit(guarded, BO, typed(NOTE, 0, "1")), Ack)
    answer = submit(guarded, BO, op)
    assert isinstance(answer, Ack)
    assert answer.n_cells == 1
    assert shown(guarded, QTY, COST, NOTE)[0] == (0, 1, 10, "5")


def test_undo_and_redo_are_judged_by_the_rights_of_now(guarded: Store) -> None:
    op = typed(ITEM, 0, "new")
    assert code(guarded, BO, op) == ""
    guarded.set_rights("sales", Rights(columns={ITEM: ColumnRights(write=[])}))
    refused = submit(guarded, BO, ops.Undo())
    assert isinstance(refused, Nack)
    assert (refused.code, refused.message) == ("FORBIDDEN", "This undo would change item, which you may not change.")
    guarded.set_rights("sales", Rights(columns={ITEM: ColumnRights(read=[])}))
    refused = submit(guarded, BO, ops.Undo())
    assert isinstance(refused, Nack)
    assert (refused.code, "item" in str(refused)) == ("FORBIDDEN", False)
    guarded.set_rights("sales", Rights())
    assert code(guarded, BO, ops.Undo()) == ""
    guarded.set_rights("sales", Rights(everyone="viewer"))
    assert code(guarded, BO, ops.Redo()) == "FORBIDDEN"
    guarded.set_rights("sales", Rights(everyone="none"))
    assert code(guarded, BO, ops.Redo()) == "NO_TABLE"
    assert shown(guarded, ITEM)[0] == (0, "pen")


@pytest.mark.parametrize(
    "op",
    [
        ops.DropColumns(columns=[NOTE]),
        ops.RenameColumn(column=NOTE, name="new"),
        ops.MoveColumn(column=NOTE, to=0),
        ops.RetypeColumn(column=NOTE, dtype="category"),
        ops.InsertRows(copy_of=ops.Rows(ids=[0])),
        ops.DeleteRows(rows=ops.Rows(ids=[0])),
    ],
)
def test_undoing_a_change_of_structure_needs_the_right_to_its_columns(store: Store, op: Op) -> None:
    make(store, Rights())
    assert code(store, BO, op) == ""
    store.set_rights("sales", Rights(columns={NOTE: ColumnRights(write=[])}))
    assert code(store, BO, ops.Undo()) == "FORBIDDEN"
    store.set_rights("sales", Rights())
    assert code(store, BO, ops.Undo()) == ""


def test_rows_that_one_inserted_empty_one_may_take_back(guarded: Store) -> None:
    assert code(guarded, BO, ops.InsertRows(count=2)) == ""
    assert code(guarded, BO, ops.Undo()) == ""
    assert len(guarded.table("sales").rows) == 3


def test_nobody_undoes_what_another_did(guarded: Store) -> None:
    assert code(guarded, ANN, typed(ITEM, 0, "new")) == ""
    assert code(guarded, BO, ops.Undo(ref=1)) == "FORBIDDEN"


def test_rights_hold_from_the_next_operation_on_even_if_it_waits_already(guarded: Store) -> None:
    answers = []
    for number in range(1, 41):
        prepare = rights_prepared(guarded, BO, typed(ITEM, 0, str(number)))
        answers.append(guarded.submit("sales", typed(ITEM, 0, ""), user=BO, client="bo/1", seq=number, prepare=prepare))
        if number == 20:
            guarded.set_rights("sales", Rights(everyone="viewer"))
    told = [answer.result(30) for answer in answers]
    assert [isinstance(each, Ack) for each in told] == [True] * 20 + [False] * 20
    assert shown(guarded, ITEM)[0] == (0, "20")


def rights_prepared(store: Store, user: Person, op: Op) -> typing.Any:
    from tabweave_core.rooms import resolve

    return resolve.intent(store, "sales", op, user)


# Reading


def test_a_schema_says_what_one_may_write_and_why_not(guarded: Store) -> None:
    def columns(user: Person) -> dict[str, str]:
        return {column.name: column.why for column in guarded.table("sales", rights.lens(user)).schema().columns}

    assert columns(ANN) == {"item": "", "qty": "", "cost": "", "note": ""}
    ask = "Ask Ann for the right to write it."
    assert columns(BO) == {"item": "", "qty": f"You may read this column and not change it. {ask}", "note": ""}
    reading = "You may only read sales. Ask Ann for the right to edit it."
    assert columns(CY) == {"item": reading, "qty": reading, "note": reading}
    assert all(column.editable == (not column.why) for column in guarded.table("sales", rights.lens(BO)).columns)
    with pytest.raises(NotFound, match="no shared table 'sales'"):
        columns(DI)


VIEWS: list[Sort | Filter] = [
    Sort(column=COST),
    RangeFilter(column=COST, lo=1),
    SetFilter(column=COST, values=[10]),
    TextFilter(column=COST, text="1"),
    MissingFilter(column=COST),
    ExpressionFilter(sql="cost > 10"),
]


@pytest.mark.parametrize("part", VIEWS)
def test_a_hidden_column_sorts_and_filters_nothing(guarded: Store, part: Sort | Filter) -> None:
    view = View(sort=[part]) if isinstance(part, Sort) else View(filter=[part])
    assert guarded.look("sales", view).rows >= 0
    with pytest.raises(NotFound) as caught:
        guarded.look("sales", view, rights.lens(BO))
    assert caught.value.code == "NO_COLUMN"
    assert "cost" not in caught.value.hint


def test_the_search_does_not_look_into_hidden_columns(guarded: Store) -> None:
    view = View(search="20")
    assert guarded.look("sales", view).rows == 1
    assert guarded.look("sales", view, rights.lens(BO)).rows == 0
    assert guarded.look("sales", view).rows == 1


def test_windows_and_changes_leave_hidden_columns_out(guarded: Store) -> None:
    with pytest.raises(NotFound):
        guarded.window("sales", View(), 0, 3, [COST], rights.lens(BO))
    assert code(guarded, ANN, ops.SetCells(blocks=[ops.Block(columns=[ITEM, COST], rows=[0], values=[["x"], ["7"]])])) == ""
    assert set(guarded.changes("sales", 0, rights.lens(BO)).cells) == {ITEM}
    assert set(guarded.changes("sales", 0).cells) == {ITEM, COST}
    assert code(guarded, ANN, ops.RetypeColumn(column=COST, dtype="double")) == ""
    assert guarded.changes("sales", 0, rights.lens(BO)).reread == frozenset()


def test_history_tells_nothing_of_hidden_columns(guarded: Store) -> None:
    both = ops.SetCells(blocks=[ops.Block(columns=[ITEM, COST], rows=[0, 1], values=[["x"], ["7"]])])
    done: list[Op] = [
        typed(COST, 0, "8"),
        both,
        ops.Undo(),
        ops.RenameColumn(column=COST, name="secret"),
        ops.RetypeColumn(column=COST, dtype="double"),
        ops.MoveColumn(column=COST, to=0),
        ops.InsertRows(copy_of=ops.Rows(ids=[0])),
        ops.DropColumns(columns=[NOTE, COST]),
        ops.Undo(),
        ops.DropColumns(columns=[COST]),
    ]
    for op in done:
        assert code(guarded, ANN, op) == "", op
    told = guarded.history("sales", lens=rights.lens(BO))
    assert [(change.rev, change.summary, change.n_cells) for change in reversed(told)] == [
        (2, "set 2 cells of item", 2),
        (3, "undid: set 2 cells of item", 2),
        (7, "duplicate 1 row", 0),
        (8, "drop column note", 0),
        (9, "undid: drop column note", 0),
    ]
    assert "cost" not in str(told)
    assert "secret" not in str(told)
    assert len(guarded.history("sales", 3, lens=rights.lens(BO))) == 3
    assert len(guarded.history("sales")) == 10


def test_an_undo_that_did_nothing_to_a_hidden_column_is_not_told_either(store: Store) -> None:
    make(store, Rights())
    assert code(store, BO, ops.RenameColumn(column=COST, name="secret")) == ""
    assert code(store, ANN, ops.RenameColumn(column=COST, name="price")) == ""
    assert code(store, BO, ops.Undo()) == ""
    assert store.history("sales")[0].summary == "undid: rename cost to secret"
    store.set_rights("sales", RIGHTS)
    assert store.history("sales", lens=rights.lens(BO)) == []


def test_a_table_that_one_must_not_know_is_not_offered_for_a_misspelled_name(store: Store) -> None:
    make(store)
    with pytest.raises(NotFound) as caught:
        store.table("sale", rights.lens(BO))
    assert caught.value.hint == "Did you mean 'sales'?"
    with pytest.raises(NotFound) as caught:
        store.table("sale", rights.lens(DI))
    assert caught.value.hint == ""
    assert store.tables(rights.lens(DI)) == []


# Setting rights


def test_rights_go_with_the_table_and_outlive_the_server(store: Store) -> None:
    make(store)
    assert store.rights("sales") == RIGHTS
    store.drop("sales")
    make(store, Rights())
    assert store.rights("sales") == Rights()


def test_rights_for_columns_that_are_not_there_are_refused(guarded: Store) -> None:
    table = guarded.table("sales")
    with pytest.raises(NotFound, match=r"no column with id 9.*0 \(item\)"):
        rights.validated(Rights(columns={9: ColumnRights(write=[])}), table)
    with pytest.raises(BadMessage, match="user id"):
        rights.validated(Rights(people={" ": "editor"}), table)


def test_the_rights_of_a_dropped_column_wait_for_its_return(guarded: Store) -> None:
    assert code(guarded, ANN, ops.DropColumns(columns=[COST])) == ""
    guarded.set_rights("sales", lambda table: rights.validated(Rights(everyone="viewer"), table))
    assert code(guarded, ANN, ops.Undo()) == ""
    assert not guarded.table("sales", rights.lens(BO)).has(COST)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('{"everyone": "king"}', "$.everyone"),
        ('{"people": {"bo": "owner"}}', "$.people[...]"),
        ('{"columns": {"x": {}}}', "key` in `$.columns"),
        ('{"columns": {"1": {"write": "bo"}}}', "$.columns[...].write"),
        ('{"readers": []}', ""),
        ("nonsense", ""),
    ],
)
def test_rights_that_cannot_be_read_are_refused_with_the_field(text: str, where: str) -> None:
    with pytest.raises(BadMessage) as caught:
        rights.decode(text)
    assert caught.value.where == where


levels = st.sampled_from(["editor", "viewer", "none"])
people = st.none() | st.lists(st.text(min_size=1, max_size=5), max_size=3)
any_rights = st.builds(
    Rights,
    everyone=levels,
    people=st.dictionaries(st.text(min_size=1, max_size=5), levels, max_size=4),
    columns=st.dictionaries(st.integers(0, 9), st.builds(ColumnRights, write=people, read=people), max_size=4),
)


@given(any_rights)
def test_rights_survive_their_json(found: Rights) -> None:
    assert rights.decode(rights.encode(found)) == found
    assert rights.decode(msgspec.json.encode(msgspec.to_builtins(found, str_keys=True))) == found


def test_only_the_owner_is_the_owner(guarded: Store) -> None:
    table = guarded.table("sales")
    assert [rights.role(table, user) for user in (ANN, BO, CY, DI)] == ["owner", "editor", "viewer", None]
    rights.check_owner(table, ANN, "drop")
    with pytest.raises(Refused, match="Only Ann may drop sales"):
        rights.check_owner(table, BO, "drop")
