"""`%tab` in a real IPython shell."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from tabweave import workspace


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance(colors="nocolor")
    made.history_manager.enabled = False
    made.run_line_magic("load_ext", "tabweave")
    made.user_ns["orders"] = pd.DataFrame({"item": ["pen", "ink"], "price": [1.5, 12.0]})
    yield made
    made.run_line_magic("unload_ext", "tabweave")
    workspace.close()
    made.history_manager.end_session()
    made.history_manager.close()
    # Else each of these shells would collect all garbage once more when the tests end.
    atexit.unregister(made.atexit_operations)
    InteractiveShell.clear_instance()


@pytest.fixture
def tab(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    """Runs a `%tab` line as a cell and gives back all that it printed."""

    def run(line: str) -> str:
        capsys.readouterr()
        shell.run_cell(f"%tab {line}")
        shown = capsys.readouterr()
        return shown.out + shown.err

    return run


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("orderz", "There is no command and no DataFrame called 'orderz'. Did you mean 'orders'?"),
        ("shwo orders", "There is no command and no DataFrame called 'shwo'. Did you mean 'show'"),
        ("show orders --row 3", "%tab show has no option --row. Did you mean 'rows'?"),
        ("show orders --columns item,prize", "Did you mean 'price'?"),
        ("undo orders", "undo"),
        ("open no_such_file.csv", "There is no file 'no_such_file.csv'."),
        ("open a.csv as 2nd", "'2nd' is not a variable name. Write: %tab open FILE as NAME"),
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
