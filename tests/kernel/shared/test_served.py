"""Two real notebooks on one real server: two kernels, two people, one table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from servers import Kernel, Server, wait_for

BEGIN = """
import pandas as pd
%load_ext tabweave
import tabweave as tw
"""
SHARE = """
df = pd.DataFrame({"name": ["b", "c", "a"], "price": [2.0, 3.0, 1.0], "n": [1, 2, 3]})
df.index = pd.Index(["x", "y", "z"], name="key")
t = tw.share(df, "sales")
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("served")) as started:
        yield started


@pytest.fixture(scope="module")
def kernels(server: Server) -> list[Kernel]:
    """Two kernels; Jupyter takes each request with a token for a person of its own."""
    found = [server.start_kernel(), server.start_kernel()]
    for kernel in found:
        kernel.run(BEGIN)
    return found


@pytest.fixture
def pair(kernels: list[Kernel]) -> Iterator[tuple[Kernel, Kernel]]:
    """Ann's kernel, where `df` is shared as sales, and Bo's, where it is `sales`."""
    ann, bo = kernels
    ann.run(SHARE)
    bo.run("t = tw.join('sales')")
    yield ann, bo
    bo.run("t.leave()")
    ann.run("t.leave(); tw.drop('sales')")


def shows(kernel: Kernel, expression: str, value: str) -> None:
    wait_for(f"{expression} to be {value}", lambda: kernel.run(f"print({expression})").strip() == value)


def test_what_one_writes_the_other_s_dataframe_shows(pair: tuple[Kernel, Kernel]) -> None:
    ann, bo = pair
    same = "print(id(sales))"
    before = bo.run(same)
    ann.run("df.loc['y', 'price'] = 33.5")
    shows(bo, "sales.loc['y', 'price']", "33.5")
    bo.run("sales.loc['x', 'n'] = 50; sales.loc['w'] = ['new', 1.5, 4]; sales['total'] = sales['price'] * sales['n']")
    shows(ann, "df['total'].tolist()", "[100.0, 67.0, 3.0, 6.0]")
    shows(ann, "df.index.tolist(), df.index.name", "['x', 'y', 'z', 'w'] key")
    assert bo.run(same) == before
    assert ann.run("print(df.equals(df), t.unsaved, t.role)").strip() == "True 0 owner"
    assert bo.run("print(t.role, t.unsaved)").strip() == "editor 0"


def test_it_lands_while_the_kernel_is_idle_and_never_under_a_running_cell(pair: tuple[Kernel, Kernel]) -> None:
    ann, bo = pair
    begun = bo.begin("""
import time
before = sales.loc["y", "price"]
until = time.monotonic() + 20
while t.replica.follower.client.rev == 0 and time.monotonic() < until:
    t.replica.mail.receive()
    time.sleep(0.01)
print(t.replica.follower.client.rev, before, sales.loc["y", "price"])
""")
    ann.run("df.loc['y', 'price'] = 33.5")
    assert bo.finish(begun).strip() == "1 3.0 3.0"
    assert bo.run("print(sales.loc['y', 'price'])").strip() == "33.5"
    bo.run("import time; heard = []; stop = t.on_change(lambda update: heard.append((update.users, time.monotonic())))")
    ann.run("df.loc['z', 'price'] = 44.5")
    shows(bo, "len(heard)", "1")
    assert bo.run("began = time.monotonic(); print(heard[0][1] < began, len(heard[0][0]))").strip() == "True 1"


def test_the_loser_of_a_cell_is_told_under_the_next_cell(pair: tuple[Kernel, Kernel]) -> None:
    ann, bo = pair
    ann.run("df.loc['y', 'price'] = 40.5")
    shows(bo, "sales.loc['y', 'price']", "40.5")
    bo.run("sales.loc['y', 'price'] = 55.5")
    wait_for("the notice", lambda: "after you: 40.5 → 55.5" in ann.run("print(t.notices)"))


def test_each_undoes_only_their_own(pair: tuple[Kernel, Kernel]) -> None:
    ann, bo = pair
    ann.run("df.loc['y', 'price'] = 40.5")
    shows(bo, "sales.loc['y', 'price']", "40.5")
    bo.run("sales.loc['x', 'price'] = 55.5")
    shows(ann, "df.loc['x', 'price']", "55.5")
    assert "undid" in ann.run("print(t.undo())")
    shows(bo, "sales['price'].tolist()", "[55.5, 3.0, 1.0]")
    assert bo.run("print(t.history()['who'].nunique(), len(t.people()), len(tw.tables()))").strip() == "2 2 1"


def test_a_viewer_s_kernel_changes_nothing(pair: tuple[Kernel, Kernel]) -> None:
    ann, bo = pair
    ann.run("t.grant(None, 'viewer')")
    shows(bo, "t.role", "viewer")
    assert "You may only read sales" in bo.run("sales.loc['y', 'price'] = 99.5")
    assert bo.run("print(sales.loc['y', 'price'])").strip() == "3.0"
    said = bo.run("""
from tabweave_core.errors import Refused
for act in (lambda: t.set("price", 1, row=0), lambda: t.grant(None, "editor"), lambda: tw.drop("sales"), t.rights):
    try:
        act()
        print("done")
    except Refused as error:
        print(error.code)
""")
    assert said.split() == ["FORBIDDEN"] * 4
    ann.run("t.grant(None, 'none')")
    wait_for("the table to be gone", lambda: "sales" not in bo.run("print(tw.tables().index.tolist())"))
    wait_for("the variable to follow no more", lambda: bo.run("print(t.replica.stopped != '')").strip() == "True")
    ann.run("t.grant(None, 'editor')")
    bo.run("t = tw.join('sales')")


def test_edits_while_the_way_to_the_server_is_broken_are_sent_when_it_is_back(pair: tuple[Kernel, Kernel]) -> None:
    ann, bo = pair
    bo.run("""
from tabweave import remote, workspace
relay = workspace.current().relay
connect, remote._connect = remote._connect, None
async def refuse(address):
    raise OSError("cut")
remote._connect = refuse
relay._loop.call_soon_threadsafe(relay._connection.close)
""")
    wait_for("the connection to break", lambda: bo.run("print(relay.connected)").strip() == "False")
    bo.run("sales.loc['x', 'n'] = 77; sales['more'] = sales['n'] * 2")
    ann.run("df.loc['y', 'n'] = 88")
    assert "offline" in bo.run("print(tw.status())")
    bo.run("remote._connect = connect")
    shows(ann, "list(df.get('more', [])), df['n'].tolist()", "[154, 4, 6] [77, 88, 3]")
    shows(bo, "sales['n'].tolist(), t.unsaved", "[77, 88, 3] 0")


def test_a_grid_on_it_is_taken_from_the_server(pair: tuple[Kernel, Kernel]) -> None:
    ann, _ = pair
    assert ann.run("g = t.show(); print(g.table, g.relay)").strip() == "table/sales True"
    assert "sales" in ann.run("print(tw.tables())")
    assert "connected to" in ann.run("%tab status")


def test_types_and_index_come_through_the_server_as_they_are(kernels: list[Kernel]) -> None:
    ann, bo = kernels
    ann.run("""
import numpy as np, pyarrow as pa
from decimal import Decimal
wide = pd.DataFrame({
    "whole": [1, 2, 3], "maybe": pd.array([1, None, 3], "Int64"), "text": ["01", None, "2027-01-01"], "flag": [True, False, True],
    "size": pd.Categorical(["s", "m", None], categories=["s", "m", "l"], ordered=True),
    "at": pd.to_datetime(["2027-01-01 10:00", None, "2027-07-01 10:00"]).tz_localize("Europe/Berlin"),
    "price": pd.array([Decimal("1.20"), None, Decimal("3.00")], dtype=pd.ArrowDtype(pa.decimal128(18, 2))),
    "small": np.array([1, 2, 3], "uint8"), "ratio": np.array([0.1, 0.2, 0.3], "float32"),
    "took": pd.to_timedelta([1, 2, None], unit="s"),
}, index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2), ("c", 3)], names=["key", None]))
s = tw.share(wide)
""")
    bo.run("s = tw.join('wide')")
    for told in (
        "[str(d) for d in wide.dtypes]",
        "list(wide.index), wide.index.names, wide['size'].dtype",
        "wide.astype(str).values.tolist()",
    ):
        assert ann.run(f"print({told})") == bo.run(f"print({told})")
    ann.run("s.leave(); tw.drop('wide')")
