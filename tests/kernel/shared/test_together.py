"""Two notebooks' variables and a third person change one table at random, at the same time: all end up the same."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kernel.shared.others import Other, same
from shell import Notebook
from tabweave_core.protocol import ops

NUMBERS = itertools.count()
COLUMN = "{v}.columns[{n} % {v}.shape[1]]"
LABEL = "{v}.index[{n} % len({v})]"
CODE = {
    "a price": "if len({v}) and 'price' in {v}: {v}.loc[" + LABEL + ", 'price'] = {n}.5",
    "a name": "if len({v}) and 'name' in {v}: {v}['name'] = {v}['name'].astype(str); {v}.loc[" + LABEL + ", 'name'] = 'n{n}'",
    "no number": "if len({v}) and 'n' in {v}: {v}['n'] = {v}['n'].mask({v}.index == " + LABEL + ")",
    "all prices": "if 'price' in {v}: {v}['price'] = {v}['price'] + {n}",
    "all numbers": "if 'n' in {v}: {v}['n'] = range(len({v}))",
    "more rows": "{v} = pd.concat([{v}, {v}.iloc[:2]])",
    "rows in between": "{v} = pd.concat([{v}.iloc[:1], {v}.iloc[:1], {v}.iloc[1:]], ignore_index=True)",
    "fewer rows": "{v} = {v}.iloc[1:] if len({v}) > 3 else {v}",
    "some rows": "{v} = {v}.drop(index=[" + LABEL + "]) if len({v}) > 3 else {v}",
    "counted rows": "{v} = {v}.reset_index(drop=True)",
    "a new column": "{v}['c{n}'] = {n}",
    "a new column of choices": "{v}['c{n}'] = pd.Categorical(['a', 'b'] * 50)[: len({v})]",
    "a new column in front": "{v}.insert(0, 'c{n}', 1.5) if 'c{n}' not in {v} else None",
    "a column less": "{v} = {v}.drop(columns=[" + COLUMN + "]) if {v}.shape[1] > 4 else {v}",
    "another name": "{v} = {v}.rename(columns={{" + COLUMN + ": 'd{n}'}}) if {v}.shape[1] > 4 else {v}",
    "another place": "{v} = {v}[[*{v}.columns[1:], {v}.columns[0]]]",
    "texts": "if 'n' in {v}: {v}['n'] = {v}['n'].astype(str)",
    "choices": "if 'name' in {v}: {v}['name'] = {v}['name'].astype('category')",
    "another order": "{v} = {v}.iloc[::-1]",
    "another table": "{v} = pd.DataFrame({{'name': list('abc'), 'price': [1.5, 2.0, 3.0], 'n': [1, 2, 3]}})",
}
BO = ["set", "rows", "no row", "column", "no column", "place", "name", "undo"]

step = st.tuples(
    st.lists(st.tuples(st.sampled_from(BO), st.integers(0, 99)), max_size=3),
    st.lists(st.tuples(st.sampled_from(["mine", "yours"]), st.sampled_from(sorted(CODE)), st.integers(0, 99)), max_size=2),
    st.booleans(),
)


def act(bo: Other, what: str, number: int) -> None:
    """One operation of the third person; what cannot be is refused."""
    columns, rids = list(bo.columns().values()), bo.rids()
    column = columns[number % len(columns)]
    rid = rids[number % len(rids)] if rids else 0
    value: str | float | None = {"integer": number, "float": number / 4, "text": f"bo{number}"}.get(column.kind)
    made: dict[str, ops.Op] = {
        "set": ops.SetCells(blocks=[ops.Block(columns=[column.id], values=[[value]], rows=[rid])], input="value"),
        "rows": ops.InsertRows(count=1 + number % 2, before=rid if rids else None),
        "no row": ops.DeleteRows(rows=ops.Rows(ids=[rid])),
        "column": ops.AddColumn(name=f"bo{number}", dtype=["int64", "string", "double"][number % 3], at=number % len(columns)),
        "no column": ops.DropColumns(columns=[column.id] if len(columns) > 4 else []),
        "place": ops.MoveColumn(column=column.id, to=number % len(columns)),
        "name": ops.RenameColumn(column=column.id, name=f"e{number}"),
        "undo": ops.Undo(),
    }
    bo.try_to(made[what])


@settings(
    max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(steps=st.lists(step, min_size=3, max_size=8))
@pytest.mark.filterwarnings("ignore::Warning")
def test_all_end_up_the_same(
    notebook: Notebook, steps: list[tuple[list[tuple[str, int]], list[tuple[str, str, int]], bool]]
) -> None:
    table = f"sales{next(NUMBERS)}"
    notebook.run("import tabweave as tw")
    notebook.run("mine = pd.DataFrame({'name': ['b', 'c', 'a', 'd'], 'price': [2.0, 3.0, 1.0, 4.0], 'n': [1, 2, 3, 4]})")
    notebook.run(f"t = tw.share(mine, '{table}'); u = tw.join('{table}', 'yours')")
    bo = Other(notebook, table)
    for others, code, quiet in steps:
        notebook.shell.user_ns["others"] = lambda others=others: [act(bo, *each) for each in others]
        lines = [CODE[what].format(v=variable, n=number) for variable, what, number in code]
        notebook.run("\n".join(["others()", *lines]))
        if quiet:
            same(notebook, "mine", table)
            same(notebook, "yours", table)
    same(notebook, "mine", table)
    same(notebook, "yours", table)
    notebook.run(f"t.leave(); u.leave(); tw.drop('{table}')")
