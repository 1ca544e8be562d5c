from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import pytest
from conversation import Client, cells
from tabweave import workspace
from tabweave_core.errors import NotFound
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.ops import DeleteRows, InsertRows, Rows, Undo
from tabweave_core.protocol.schema import Sort

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell
    from shell import Notebook
    from tabweave.workspace import Workspace


def names(client: Client) -> list[str]:
    patches = [patch.schema for patch in client.all(m.Patch) if patch.schema is not None]
    return [column.name for column in patches[-1].columns]


def test_an_edit_changes_the_very_object_and_every_alias_sees_it(notebook: Notebook) -> None:
    notebook.run("other = df")
    before = id(notebook["df"])
    notebook.open("df").apply(cells(1, ["9.5"], [0]))
    assert id(notebook["df"]) == before
    assert notebook["other"].loc[0, "price"] == 9.5


def test_an_edit_does_not_reach_what_was_copied_from_the_frame(notebook: Notebook) -> None:
    client = notebook.open("df")
    notebook.run("copy = df.copy(); view = df[:]; column = df['price']")
    client.apply(cells(1, ["9.5"], [0]))
    assert notebook["copy"].loc[0, "price"] == 2.0
    assert notebook["view"].loc[0, "price"] == 2.0
    assert notebook["column"][0] == 2.0


def test_only_what_a_cell_changed_is_told(notebook: Notebook) -> None:
    client = notebook.open("df")
    notebook.run("df.loc[1, 'price'] = 7.0")
    patch = client.all(m.Patch)[0]
    assert [(c.column, c.rows, c.values) for c in patch.cells] == [(1, [1], [7.0])]
    assert patch.kind == "code"
    assert not patch.rows_changed


@pytest.mark.parametrize(
    ("code", "cell"),
    [
        ("df.at[0, 'n'] = 7", (2, [0], [7])),
        ("df.iloc[2, 0] = 'q'", (0, [2], ["q"])),
        ("df.loc[df['n'] == 2, 'price'] *= 2", (1, [1], [6.0])),
        ("df['price'] = df['price'].where(df['n'] != 3, 5.5)", (1, [2], [5.5])),
        ("df['name'] = df['name'].replace('c', 'C')", (0, [1], ["C"])),
        ("df.update(pd.DataFrame({'price': [8.0]}, index=[0]))", (1, [0], [8.0])),
        ("df = df.assign(n=[1, 2, 4])", (2, [2], [4])),
        ("df = df.copy(); df.loc[0, 'n'] = 7", (2, [0], [7])),
        ("df = df.fillna(0).replace({'price': {3.0: 4.0}})", (1, [1], [4.0])),
    ],
)
def test_code_that_changes_a_value_shows_in_the_grid(
    notebook: Notebook, code: str, cell: tuple[int, list[int], list[Any]]
) -> None:
    client = notebook.open("df")
    notebook.run(code)
    told = [(c.column, c.rows, c.values) for patch in client.all(m.Patch) for c in patch.cells]
    assert told == [cell]
    assert client.all(m.Reset) == []


def test_a_cell_that_changes_nothing_tells_nothing(notebook: Notebook) -> None:
    client = notebook.open("df")
    count = len(client.inbox)
    notebook.run("total = df['price'].sum(); df.describe(); df.groupby('name').sum(); df['price'] = df['price']")
    assert len(client.inbox) == count


def test_new_renamed_moved_and_dropped_columns_show_in_the_grid(notebook: Notebook) -> None:
    client = notebook.open("df")
    notebook.run("df['cost'] = df['price'] * 2")
    assert names(client) == ["name", "price", "n", "cost"]
    notebook.run("df = df.rename(columns={'n': 'number'})")
    assert names(client) == ["name", "price", "number", "cost"]
    notebook.run("df = df[['cost', 'name', 'price']]")
    assert names(client) == ["cost", "name", "price"]
    assert client.fetch(0, 3, [3, 0])["3"].tolist() == [4.0, 6.0, 2.0]
    assert client.all(m.Reset) == []


def test_appended_and_deleted_rows_show_in_the_grid_and_keep_their_ids(notebook: Notebook) -> None:
    client = notebook.open("df")
    notebook.run("df.loc[3] = ['d', 4.0, 4]")
    patch = client.all(m.Patch)[-1]
    assert (patch.rows_changed, patch.rows, patch.total) == (True, 4, 4)
    notebook.run("df = df[df['n'] != 2]")
    assert client.fetch(0, 9, [0])["_rid"].tolist() == [0, 2, 3]
    client.apply(cells(0, ["A"], [2]))
    assert notebook["df"]["name"].tolist() == ["b", "A", "d"]


def test_sorted_code_starts_the_grid_afresh(notebook: Notebook) -> None:
    client = notebook.open("df")
    notebook.run("df = df.sort_values('price')")
    assert client.all(m.Reset)[0].reason == "epoch"
    client.hello()
    assert client.fetch(0, 3, [1])["1"].tolist() == ["a", "b", "c"]


def test_another_frame_under_the_name_takes_the_grid_along(notebook: Notebook) -> None:
    client = notebook.open("df")
    notebook.run("df = pd.DataFrame({'q': [1, 2]})")
    assert client.all(m.Reset)
    assert client.hello().rows == 2
    assert isinstance(client.apply(cells(0, ["5"], [0])), m.Ack)
    assert notebook["df"]["q"].tolist() == [5, 2]


def test_a_deleted_variable_is_gone_and_comes_back_when_assigned(notebook: Notebook) -> None:
    client = notebook.open("df")
    notebook.run("del df")
    gone = client.all(m.Gone)[0]
    assert gone.reason == "variable"
    assert "df was deleted" in gone.message
    notebook.run("df = pd.DataFrame({'q': [1]})")
    assert client.all(m.Reset)
    assert client.hello().rows == 1


def test_a_variable_that_is_no_table_any_more_says_what_it_is(notebook: Notebook) -> None:
    client = notebook.open("df")
    notebook.run("df = 5")
    assert "df is an int" in client.all(m.Gone)[0].message


def test_a_deleted_variable_frees_its_data(notebook: Notebook) -> None:
    client = notebook.open("df")
    client.sub(sort=[Sort(column=1)])
    client.fetch(0, 3, [0, 1, 2])
    client.apply(cells(1, ["9.5"], [0]))
    watched = weakref.ref(notebook["df"])
    notebook.run("del df")
    gc.collect()
    assert watched() is None


def test_two_names_are_one_table(notebook: Notebook) -> None:
    notebook.run("other = df")
    first, second = notebook.open("df"), notebook.open("other")
    first.apply(cells(1, ["9.5"], [0]))
    assert second.all(m.Patch)[0].cells[0].values == [9.5]
    assert isinstance(first.apply(Undo()), m.Ack)
    assert second.all(m.Patch)[1].cells[0].values == [2.0]


def test_names_that_part_are_two_tables(notebook: Notebook) -> None:
    notebook.run("other = df")
    first, second = notebook.open("df"), notebook.open("other")
    notebook.run("df = df.assign(price=0.5)")
    assert first.all(m.Reset)
    assert second.all(m.Reset) == []
    first.hello()
    first.apply(cells(0, ["Q"], [0]))
    assert notebook["df"].loc[0, "name"] == "Q"
    assert notebook["other"].loc[0, "name"] == "b"


def test_names_that_swap_swap_their_grids(notebook: Notebook) -> None:
    notebook.run("other = pd.DataFrame({'q': [1]})")
    first, second = notebook.open("df"), notebook.open("other")
    notebook.run("df, other = other, df")
    assert (first.hello().rows, second.hello().rows) == (1, 3)


def test_undo_works_across_a_change_by_code_and_spares_what_code_wrote(notebook: Notebook) -> None:
    client = notebook.open("df")
    client.apply(cells(1, ["9", "8"], [0, 1]))
    notebook.run("df.loc[1, 'price'] = 7.0")
    ack = client.apply(Undo())
    assert isinstance(ack, m.Ack)
    assert (ack.status, ack.skipped) == ("partial", 1)
    assert notebook["df"]["price"].tolist() == [2.0, 7.0, 1.0]


def test_what_our_own_edits_do_is_not_told_again_after_the_next_cell(notebook: Notebook) -> None:
    client = notebook.open("df")
    for op in (cells(1, ["9"], [0]), InsertRows(count=2, before=1), DeleteRows(rows=Rows(ids=[0]))):
        assert isinstance(client.apply(op), m.Ack)
    count = len(client.inbox)
    notebook.run("1 + 1")
    assert len(client.inbox) == count


def test_an_edit_in_the_middle_of_a_cell_reaches_the_object_that_the_name_has_by_then(notebook: Notebook) -> None:
    client = notebook.open("df")
    notebook.shell.user_ns["edit"] = lambda: client.apply(cells(1, ["9.5"], [0]))
    notebook.run("df = df.copy(); answer = edit()")
    assert isinstance(notebook["answer"], m.Ack)
    assert notebook["df"].loc[0, "price"] == 9.5
    notebook.run("df = pd.DataFrame({'q': [1]}); answer = edit()")
    assert notebook["answer"].code == "CONFLICT"


def test_what_a_running_cell_wrote_is_told_before_an_edit_that_comes_meanwhile(notebook: Notebook) -> None:
    client = notebook.open("df")
    notebook.shell.user_ns["edit"] = lambda: client.apply(cells(1, ["9.5"], [0]))
    notebook.run("df.loc[2, 'n'] = 33; edit(); df.loc[1, 'n'] = 22")
    told = [(patch.kind, patch.cells[0].column, patch.cells[0].rows) for patch in client.all(m.Patch)]
    assert told == [("code", 2, [2]), ("set_cells", 1, [0]), ("code", 2, [1])]


def test_writes_that_go_round_copy_on_write_are_seen_where_they_are_shown(notebook: Notebook) -> None:
    notebook.run("df['box'] = pd.Series([[1], [2], [3]], dtype=object)")
    client = notebook.open("df")
    client.fetch(0, 3, [0, 1, 2, 3])
    notebook.run("df['price'].array[1] = 77.0; df.loc[2, 'box'].append(4)")
    patch = client.wait(m.Patch)
    told = {c.column: (c.rows, c.values) for c in patch.cells}
    assert told[1] == ([1], [77.0])
    assert told[3] == ([2], ["[3,4]"])


def test_an_edit_does_not_blind_the_look_at_what_is_shown(notebook: Notebook) -> None:
    client = notebook.open("df")
    client.fetch(0, 3, [0, 1, 2])
    client.apply(cells(0, ["Q"], [0]))
    client.ask(m.History, m.AskHistory(ch=client.ch, id=50))
    count = len(client.inbox)
    notebook.run("df['price'].array[1] = 77.0")
    assert client.wait(m.Patch, since=count).cells[0].values == [77.0]


@pytest.mark.parametrize(
    "index",
    [
        "pd.MultiIndex.from_tuples([('x', 1), ('x', 2), ('y', 1)], names=['k', 'n2'])",
        "pd.date_range('2026-01-01', periods=3, tz='UTC')",
        "['same', 'same', 'other']",
        "pd.CategoricalIndex(['p', 'q', 'p'])",
        "[1.5, None, 2.5]",
        "pd.interval_range(0, 3)",
    ],
)
def test_edits_and_code_work_under_any_index(notebook: Notebook, index: str) -> None:
    notebook.run(f"df.index = {index}")
    client = notebook.open("df")
    welcome = client.hello()
    price = next(column.id for column in welcome.schema.columns if column.name == "price")
    assert isinstance(client.apply(cells(price, ["9.5"], [1])), m.Ack)
    assert notebook["df"]["price"].tolist() == [2.0, 9.5, 1.0]
    notebook.run("df.iloc[0, 1] = 6.0")
    assert client.all(m.Patch)[-1].cells[0].rows == [0]
    notebook.run("df = df.iloc[:2]")
    client.hello()
    assert client.fetch(0, 5, [price])["_rid"].tolist() == [0, 1]


@pytest.mark.parametrize(
    "made",
    [
        "pd.DataFrame()",
        "pd.DataFrame(index=[1, 2])",
        "pd.DataFrame({'a': []})",
        "pd.DataFrame([[1, 2]], columns=['a', 'a'])",
        "pd.DataFrame([[1, 2]], columns=[None, 3.5])",
        "pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([('a', 'x'), ('a', 'y')]))",
        "pd.DataFrame(np.zeros((2, 10_000)))",
    ],
)
def test_frames_of_any_shape_open_and_follow(notebook: Notebook, made: str) -> None:
    notebook.run(f"odd = {made}")
    client = notebook.open("odd")
    rows = len(notebook["odd"])
    assert client.hello().rows == rows
    notebook.run("odd[('fresh', 'z') if odd.columns.nlevels > 1 else 'fresh'] = 1")
    assert names(client)[-1].startswith("fresh")


def test_an_unknown_name_is_answered_with_the_nearest(notebook: Notebook) -> None:
    with pytest.raises(NotFound, match="Did you mean 'df'"):
        notebook.home.binding.bind("dff")


def test_an_expression_s_frame_lives_as_long_as_its_slot(notebook: Notebook) -> None:
    slot = notebook.home.binding.adopt(notebook["df"].head(2).copy())
    assert slot.frame is not None
    watched = weakref.ref(slot.frame.df)
    client = Client(notebook.home.sessions, slot)
    client.hello()
    client.apply(cells(1, ["9"], [0]))
    notebook.run("1")
    client.send(m.Bye(ch=client.ch))
    del slot, client
    gc.collect()
    assert watched() is None


def test_an_object_that_a_variable_names_is_that_variable(notebook: Notebook) -> None:
    assert notebook.home.binding.adopt(notebook["df"]) is notebook.home.binding.bind("df")


def test_an_unnamed_frame_is_followed_too(notebook: Notebook) -> None:
    notebook.run("box = [df.copy()]")
    slot = notebook.home.binding.adopt(notebook["box"][0])
    client = Client(notebook.home.sessions, slot)
    client.hello()
    notebook.run("box[0].loc[1, 'n'] = 22")
    assert client.all(m.Patch)[0].cells[0].values == [22]


def test_a_hidden_failure_of_the_look_costs_nothing_but_a_fresh_start(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = notebook.open("df")

    def fail(*_arguments: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr("tabweave.watch.compare", fail)
    notebook.run("df.loc[0, 'n'] = 5")
    assert client.all(m.Reset)
    monkeypatch.undo()
    assert client.hello().rows == 3
    notebook.run("df.loc[0, 'n'] = 6")
    assert client.all(m.Patch)[-1].cells[0].values == [6]


def test_the_hook_is_post_run_cell_alone(shell: InteractiveShell, home: Workspace) -> None:
    hooked = {name for name, called in shell.events.callbacks.items() if home._ran in called}
    assert hooked == {"post_run_cell"}


def test_a_closed_workspace_leaves_no_hook_and_no_thread(shell: InteractiveShell, home: Workspace) -> None:
    workspace.close()
    assert all(home._ran not in called for called in shell.events.callbacks.values())
