"""`%tab`: each subcommand is a grammar and one call of the Python API; a user's mistake ends as one line without traceback."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class
from IPython.display import display
from tabweave_core.errors import NotFound, TabweaveError, did_you_mean

from .arguments import Arguments, Command, Option, Word, refuse, split
from .completion import complete
from .progress import Progress

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from . import api

TABLE = Word("NAME", "a DataFrame variable", completes="table")
Handler = Callable[["TabMagics", Arguments], None]
Method = TypeVar("Method", bound=Handler)

COMMANDS: dict[str, tuple[Command, Handler]] = {}


def command(
    *words: Word, name: str = "", clause: Word | None = None, options: Iterable[Option] = (), details: str = ""
) -> Callable[[Method], Method]:
    """Registers a method as a subcommand; its docstring's first line is the summary."""

    def register(method: Method) -> Method:
        key = name or method.__name__
        summary = inspect.cleandoc(method.__doc__ or "").splitlines()[0]
        COMMANDS[key] = (Command(key, summary, words, clause, tuple(options), details), method)
        return method

    return register


def overview() -> str:
    """The help of `%tab` itself."""
    width = max(len(grammar.usage) for grammar, _ in COMMANDS.values())
    lines = ["%tab NAME opens an editable grid on the DataFrame NAME. Commands:", ""]
    lines += [f"  {grammar.usage:<{width}}  {grammar.summary}" for grammar, _ in COMMANDS.values()]
    return "\n".join([*lines, "", "Each command has --help."])


@magics_class
class TabMagics(Magics):
    """The `%tab` magic of one IPython shell."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        for key in ("%tab", "tab"):
            shell.set_hook("complete_command", self._complete, str_key=key)  # type: ignore[no-untyped-call]  # IPython has no types here

    @property
    def namespace(self) -> dict[str, Any]:
        """The variables of the notebook."""
        assert self.shell is not None
        variables: dict[str, Any] = self.shell.user_ns
        return variables

    def _complete(self, _completer: Any, event: Any) -> list[str]:
        grammars = {name: grammar for name, (grammar, _) in COMMANDS.items()}
        found = complete(event.line, grammars, table_names(self.namespace), self.namespace)
        # IPython's own idea of the last word may begin later than ours, after a comma or a slash.
        word = "" if event.line.endswith((" ", "\t")) else event.line.split()[-1]
        extra = len(word) - len(event.symbol)
        return [each[extra:] for each in found] if word.endswith(event.symbol) and extra > 0 else found

    @line_magic
    def tab(self, line: str) -> None:
        """`%tab COMMAND …`; `%tab --help` lists the commands."""
        try:
            self._run(line)
        except TabweaveError as error:
            raise UsageError(str(error)) from None

    def _run(self, line: str) -> None:
        tokens = split(line)
        if not tokens or tokens[0] in {"--help", "-h", "help"}:
            print(overview())
            return
        name, rest = tokens[0], tokens[1:]
        if name not in COMMANDS:
            if name not in self.namespace and not name.isidentifier():
                raise refuse(
                    f"{name!r} is neither a command nor a variable.",
                    did_you_mean(name, COMMANDS) or "%tab --help lists the commands.",
                )
            if name not in self.namespace:
                known = [*COMMANDS, *table_names(self.namespace)]
                raise NotFound(
                    "NO_TABLE",
                    f"There is no command and no DataFrame called {name!r}.",
                    hint=did_you_mean(name, known) or "%tab --help lists the commands.",
                )
            name, rest = "show", tokens
        grammar, method = COMMANDS[name]
        if "--help" in rest or "-h" in rest:
            print(grammar.help)
            return
        method(self, grammar.parse(rest))

    def _table(self, name: str) -> api.Table:
        from . import api

        return api.table(name, namespace=self.namespace)

    @command(
        TABLE,
        options=(
            Option("rows", "height of the grid, in rows", "N", number=True),
            Option("columns", "only these columns, separated by commas", "a,b", completes="column"),
            Option("read-only", "look, do not touch"),
        ),
        details="The variable IS the data: edits in the grid change it, and code that changes it changes the grid.",
    )
    def show(self, arguments: Arguments) -> None:
        """Open an editable grid on a DataFrame variable."""
        columns = arguments.options.get("columns")
        grid = self._table(arguments.words["NAME"]).show(
            rows=arguments.number("rows"),
            columns=[part.strip() for part in columns.split(",")] if columns is not None else None,
            read_only=arguments.has("read-only"),
        )
        show(grid)

    @command(
        Word("FILE", "CSV, TSV, XLSX, XLS, ODS, JSON, JSONL, Parquet or Arrow; .gz and .zst too", completes="file"),
        clause=Word("NAME", "the variable to put it in (default: from the file's name)"),
        options=(
            Option("sheet", "which sheet of a workbook", "SHEET"),
            Option("delimiter", "what separates the fields, such as ';' or tab", "CHAR"),
            Option("encoding", "how the text is encoded, such as utf-8 or cp1252", "NAME"),
            Option("header", "which line holds the header (0: none)", "LINE", number=True, least=0),
            Option("decimal", "the decimal mark, . or ,", "CHAR"),
            Option("dates", "the order in dates: mdy, dmy, ymd, or text to leave them", "ORDER"),
            Option("types", "types of columns, such as 'zip=text,when=date'", "NAME=TYPE,…"),
        ),
        details="What was detected, and what looked wrong while reading, is printed; nothing is dropped silently.",
    )
    def open(self, arguments: Arguments) -> None:
        """Read a data file into a DataFrame variable and show it."""
        from tabweave_core.engine.ingest import describe

        from . import api

        options: dict[str, Any] = dict(arguments.options)
        options["header"] = arguments.number("header")
        if "types" in options:
            options["types"] = column_types(options["types"])
        path = os.path.expanduser(arguments.words["FILE"])
        name = arguments.words.get("NAME") or api.variable_name(path)
        if not name.isidentifier():
            raise refuse(f"{name!r} is not a variable name.", "Write: %tab open FILE as NAME")
        with Progress(f"Reading {os.path.basename(path)}") as progress:
            opened = api.open(path, name=name, progress=progress, **options)
        assert opened.ingested is not None
        self.namespace[name] = opened.df
        print(f"{name}: {describe(opened.ingested)}")
        if opened.rejected is not None:
            self.namespace[f"{name}_rejected"] = opened.rejected
            print(f"  {name}_rejected has the lines that are not in the table:\n{opened.rejected.to_string(max_rows=5)}")
        show(self._table(name).show())

    @command(TABLE)
    def undo(self, arguments: Arguments) -> None:
        """Take back your last edit."""
        print(self._table(arguments.words["NAME"]).undo())

    @command(TABLE)
    def redo(self, arguments: Arguments) -> None:
        """Do again what you last took back."""
        print(self._table(arguments.words["NAME"]).redo())

    @command(
        TABLE,
        options=(
            Option("limit", "how many changes, the newest first", "N", number=True),
            Option("cell", "only the changes of one cell, as ROW,COLUMN", "ROW,COLUMN"),
        ),
    )
    def history(self, arguments: Arguments) -> None:
        """Who changed what, when, and how."""
        cell = arguments.options.get("cell")
        row, _, column = (cell or "").partition(",")
        if cell is not None and not (row.strip().isdecimal() and column.strip()):
            raise refuse(f"--cell needs ROW,COLUMN such as 12,price, not {cell!r}.")
        at = (int(row), column.strip()) if cell is not None else None
        changes = self._table(arguments.words["NAME"]).history(limit=arguments.number("limit") or 20, cell=at)
        if changes.empty:
            print("Nothing has changed yet.")
        else:
            show({"text/plain": changes.to_string(), "text/html": changes.to_html()}, raw=True)

    @command(
        TABLE,
        options=(Option("sql", "as SQL instead of pandas"),),
    )
    def code(self, arguments: Arguments) -> None:
        """Print the edits made so far as code."""
        print(self._table(arguments.words["NAME"]).code("sql" if arguments.has("sql") else "pandas"))

    @command()
    def status(self, _arguments: Arguments) -> None:
        """Which store and server, which tables are open, what is not saved."""
        from . import api

        print(api.status())


def column_types(text: str) -> dict[str, str]:
    """`a=text,b=date` as a mapping."""
    pairs = [part.rpartition("=") for part in text.split(",")]
    wrong = next((kind for name, _, kind in pairs if not name.strip() or not kind.strip()), None)
    if wrong is not None:
        raise refuse(f"--types needs NAME=TYPE for each column, not {text!r}.", "Write: --types 'zip=text,when=date'")
    return {name.strip(): kind.strip() for name, _, kind in pairs}


def show(value: object, *, raw: bool = False) -> None:
    """Displays a value, or the data of each MIME type with `raw`, under the cell."""
    display(value, raw=raw)  # type: ignore[no-untyped-call]  # IPython has no types for it


def table_names(namespace: dict[str, Any]) -> list[str]:
    """The names in a namespace that hold something a grid can show, without importing pandas for it."""
    return [
        name
        for name, value in namespace.items()
        if not name.startswith("_")
        and type(value).__module__.partition(".")[0] in {"pandas", "polars", "pyarrow"}
        and hasattr(value, "shape")
    ]
