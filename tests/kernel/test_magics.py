"""`%tab` in a real IPython shell."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from tabweave.arguments import quoted


@pytest.fixture
def shell(shell: InteractiveShell) -> Iterator[InteractiveShell]:
    shell.run_line_magic("load_ext", "tabweave")
    shell.user_ns["orders"] = pd.DataFrame({"item": ["pen", "ink"], "price": [1.5, 12.0]})
    yield shell
    shell.run_line_magic("unload_ext", "tabweave")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("orderz", "There is no command and no DataFrame called 'orderz'. Did you mean 'orders'?"),
        ("shwo orders", "There is no command and no DataFrame called 'shwo'. Did you mean 'show'"),
        ("show orders --row 3", "%tab show has no option --row. Did you mean 'rows'?"),
        ("show orders --columns item,prize", "Did you mean 'price'?"),
        ("undo orders", "undo"),
        ("open no_such_file.csv", "There is no file 'no_such_file.csv'."),
        ("open https://a.org/b.csv", "'https://a.org/b.csv' is an address, not a file. Download it first"),
        (f"open {os.devnull}", f"{os.devnull!r} is a device or a pipe."),
        ("open a.csv as 2nd", "'2nd' is not a variable name. Write: as NAME"),
        ("open a.csv as for", "'for' is not a variable name."),
        ("open a.csv --types zip", "--types needs NAME=TYPE for each column, not 'zip'."),
        ("history orders --cell price", "--cell needs ROW,COLUMN such as 12,price, not 'price'."),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(tab: Callable[[str], str], line: str, says: str) -> None:
    out = tab(line)
    assert says in out
    assert "Traceback" not in out
    assert len(out.strip().splitlines()) == 1


def test_a_table_shows_its_first_rows_in_a_terminal(tab: Callable[[str], str]) -> None:
    out = tab("orders")
    assert "pen" in out
    assert "12.0" in out


def test_help_lists_every_command_and_each_has_its_own(tab: Callable[[str], str]) -> None:
    overview = tab("--help")
    for name in ("show", "open", "undo", "redo", "history", "code", "status"):
        assert f"%tab {name}" in overview
        assert tab(f"{name} --help").startswith(f"%tab {name}")
    assert tab("") == overview


def test_open_puts_the_file_in_a_variable_and_says_what_it_noticed(
    shell: InteractiveShell, tab: Callable[[str], str], tmp_path: Path
) -> None:
    file = tmp_path / "Q1 sales.csv"
    file.write_text("item;price;zip\npen;1,50;01234\nink;12,00;90210\n")
    out = tab(f"open '{file}'")
    assert "q1_sales: 2 rows × 3 columns" in out
    frame = shell.user_ns["q1_sales"]
    assert frame["price"].tolist() == [1.5, 12.0]
    assert frame["zip"].tolist() == ["01234", "90210"]
    tab(f"open '{file}' as mine --decimal ,")
    assert shell.user_ns["mine"].equals(frame)
    tab(f"open '{file}' as kept --types 'price=text'")
    assert shell.user_ns["kept"]["price"].tolist() == ["1,50", "12,00"]


def test_a_file_takes_no_name_that_means_something(shell: InteractiveShell, tab: Callable[[str], str], tmp_path: Path) -> None:
    for stem in ("list", "2027", "orders", "mine"):
        (tmp_path / f"{stem}.csv").write_text("a\n1\n")
        shell.user_ns["mine"] = 5
        tab(f"open '{tmp_path}/{stem}.csv'")
    assert {"table_list", "table_2027"} <= set(shell.user_ns)
    assert shell.user_ns["orders"].columns.tolist() == ["a"]
    assert shell.user_ns["mine"] == 5


def test_a_name_is_told_as_it_is_to_be_typed(shell: InteractiveShell, tab: Callable[[str], str]) -> None:
    shell.user_ns["name"] = name = '{globals().update(hit=1)} "a" $x'
    shell.run_cell("import tabweave as tw; _ = tw.share(orders, name)")
    assert f"mine follows {name}, as owner." in tab(f"join {quoted(name)} as mine")
    assert "hit" not in shell.user_ns


def test_what_a_finding_advises_can_be_typed(shell: InteractiveShell, tab: Callable[[str], str], tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text('"it\'s, say ""net""",b\n$5,1\n$6,2\n')
    out = tab(f"open {file}")
    advice = next(line for line in out.splitlines() if "--types" in line)
    tab(f"open {file} --types {advice.partition('--types ')[2].removesuffix(' keeps the text.')}")
    assert shell.user_ns["t"].iloc[:, 0].tolist() == ["$5", "$6"]


def test_what_a_table_holds_does_not_steer_the_terminal(
    shell: InteractiveShell, tab: Callable[[str], str], tmp_path: Path
) -> None:
    shell.user_ns["orders"].loc[0, "item"] = "\x1b[2Jpen\x9b"
    file = tmp_path / "t.csv"
    file.write_text("a\x1b[1m,b\n1,2\n3,4,\x1b[5m\n5,x\n")
    assert "␛[2Jpen" in tab("orders")
    out = tab(f"open {file}") + tab(f"open {file} --types 'a\x1b=text'")
    assert "a␛[1m" in out
    shell.user_ns["orders"] = shell.user_ns["orders"].rename(columns={"price": "q\x1b\u202ety"})
    out += tab('bounds orders "q\x1b\u202ety" ..99') + tab("bounds orders") + tab('lock orders "q\x1b\u202ety"')
    assert "q␛\ufffdty is at most 99" in out
    assert not any(char in out for char in "\x1b\x9b\u202e")


def test_undo_redo_history_and_code_speak_of_the_edit(shell: InteractiveShell, tab: Callable[[str], str]) -> None:
    shell.run_cell("import tabweave as tw\n_ = tw.table(orders).set('price', '2.25', row=0)")
    assert shell.user_ns["orders"]["price"].tolist() == [2.25, 12.0]
    assert "price" in tab("history orders")
    assert "2.25" in tab("code orders")
    assert "UPDATE" in tab("code orders --sql")
    tab("undo orders")
    assert shell.user_ns["orders"]["price"].tolist() == [1.5, 12.0]
    tab("redo orders")
    assert shell.user_ns["orders"]["price"].tolist() == [2.25, 12.0]


def test_status_says_where_the_data_is(tab: Callable[[str], str]) -> None:
    tab("orders")
    out = tab("status")
    assert "server" in out
    assert "orders: 2 rows" in out


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("%tab sh", {"show"}),
        ("%tab ord", {"orders"}),
        ("%tab undo ", {"orders"}),
        ("%tab show orders --columns it", {"item"}),
        ("%tab show orders --columns item,pr", {"price"}),
        ("%tab show orders --r", {"--rows", "--read-only"}),
    ],
)
def test_completion_offers_what_can_stand_next(shell: InteractiveShell, line: str, offers: set[str]) -> None:
    with provisionalcompleter():
        found = {each.text for each in shell.Completer.completions(line, len(line))}
    assert offers <= found


def test_completion_offers_files(shell: InteractiveShell, tmp_path: Path) -> None:
    (tmp_path / "sales.csv").touch()
    (tmp_path / "notes.md").touch()
    line = f"%tab open {tmp_path}/"
    with provisionalcompleter():
        found = [each.text for each in shell.Completer.completions(line, len(line))]
    assert any(text.endswith("sales.csv") for text in found)
    assert not any("notes" in text for text in found)


def test_the_magic_is_gone_after_unloading(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run_line_magic("unload_ext", "tabweave")
    shell.run_cell("%tab orders")
    assert "not found" in capsys.readouterr().err
    shell.run_line_magic("load_ext", "tabweave")
