"""`%tab`: each subcommand is a grammar and one call of the Python API; a user's mistake ends as one line without traceback."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class
from IPython.display import display
from tabweave_core.errors import NotFound, TabweaveError, did_you_mean

from . import clauses
from .arguments import Arguments, Command, Option, Word, check_variable, quoted, refuse, split, sql_words
from .completion import complete
from .progress import Progress
from .terminal import harmless
from .wording import pieces, unquoted

if TYPE_CHECKING:
    import pandas as pd
    from IPython.core.interactiveshell import InteractiveShell

    from . import api

TABLE = Word("NAME", "a DataFrame variable", completes="table")
Handler = Callable[["TabMagics", Arguments], object]
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
    width = max(len(grammar.brief) for grammar, _ in COMMANDS.values())
    lines = ["%tab NAME opens an editable grid on the DataFrame NAME. Commands:", ""]
    lines += [f"  {grammar.brief:<{width}}  {grammar.summary}" for grammar, _ in COMMANDS.values()]
    return "\n".join([*lines, "", "Each command has more to say: %tab ask --help."])


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
        found = complete(event.line, grammars, table_names(self.namespace), self.namespace, self._shared_names)
        # IPython's own idea of the last word may begin later than ours, after a comma or a slash.
        word = "" if event.line.endswith((" ", "\t")) else event.line.split()[-1]
        extra = len(word) - len(event.symbol)
        return [each[extra:] for each in found] if word.endswith(event.symbol) and extra > 0 else found

    @line_cell_magic
    def tab(self, line: str, cell: str | None = None) -> object:
        """`%tab COMMAND …`; `%tab --help` lists the commands. `%%tab sql` and `%%tab NAME` take the lines below."""
        try:
            return self._run(line) if cell is None else self._run_cell(line, cell)
        except TabweaveError as error:
            raise UsageError(harmless(str(error))) from None

    def _run_cell(self, line: str, cell: str) -> object:
        tokens = split(line)
        name = "sql" if tokens[:1] == ["sql"] else "ask"
        grammar, method = COMMANDS[name]
        if name == "ask" and (not tokens or tokens[0] in COMMANDS):
            raise refuse("%%tab takes a table's name, or sql, before the lines below it.", "Write %tab … for everything else.")
        word = grammar.words[-1].name
        given = grammar.parse([*tokens[:1], word, *tokens[1:]] if name == "ask" else [cell.strip() and word, *tokens[1:]])
        return method(self, replace(given, words={**given.words, word: cell}))

    def _run(self, line: str) -> object:
        tokens = sql_words(line) or clauses.words(line) or split(line)
        if not tokens or tokens[0] in {"--help", "-h", "help"}:
            print(overview())
            return None
        name, rest = tokens[0], tokens[1:]
        if name not in COMMANDS:
            if name not in self.namespace and not name.isidentifier():
                raise refuse(
                    f"{name!r} is neither a command nor a variable.",
                    did_you_mean(name, COMMANDS) or "%tab --help lists the commands.",
                )
            if name not in self.namespace and name not in self._shared_names():
                known = [*COMMANDS, *table_names(self.namespace), *self._shared_names()]
                raise NotFound(
                    "NO_TABLE",
                    f"There is no command and no DataFrame called {name!r}.",
                    hint=did_you_mean(name, known) or "%tab --help lists the commands.",
                )
            name, rest = "show", tokens
        grammar, method = COMMANDS[name]
        if "--help" in rest or "-h" in rest:
            print(grammar.help)
            return None
        return method(self, grammar.parse(rest))

    def _shared_names(self) -> list[str]:
        """The shared tables there are, where they are within reach at no cost."""
        from . import workspace

        house = workspace.current(self.namespace).house
        try:
            return [] if house is None else [info.name for info in house.tables()]
        except TabweaveError:
            return []

    def _shared(self, name: str) -> api.SharedTable:
        from . import api

        found = self._table(name) if name in self.namespace else None
        if not isinstance(found, api.SharedTable):
            hint = f"%tab share {name}, or %tab join TABLE as {name}."
            raise NotFound("NO_TABLE", f"{name} does not follow a shared table.", hint=hint)
        return found

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
        columns, name = arguments.options.get("columns"), arguments.words["NAME"]
        if name not in self.namespace and name in self._shared_names():
            from . import showing, workspace

            home = workspace.current(self.namespace)
            show(showing.show_shared(name, home, arguments.number("rows"), arguments.has("read-only")))
            return
        grid = self._table(name).show(
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
            Option("format", "what it is, where the content is taken for something else", "FORMAT"),
            Option("delimiter", "what separates the fields, such as ';' or tab", "CHAR"),
            Option("encoding", "how the text is encoded, such as utf-8 or cp1252", "NAME"),
            Option("header", "which line holds the header (0: none)", "LINE", number=True, least=0),
            Option("decimal", "the decimal mark, . or ,", "CHAR"),
            Option("thousands", "what separates thousands, '' for nothing", "CHAR"),
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
        check_variable(name)
        if "NAME" not in arguments.words and name in self.namespace and name not in table_names(self.namespace):
            raise refuse(f"{name} is no table, so it is not overwritten.", f"Write: %tab open FILE as NAME, or del {name}")
        with Progress(f"Reading {os.path.basename(path)}") as progress:
            opened = api.open(path, name=name, progress=progress, **options)
        assert opened.ingested is not None
        self.namespace[name] = opened.df
        print(harmless(f"{name}: {describe(opened.ingested)}"))
        if opened.rejected is not None:
            self.namespace[f"{name}_rejected"] = opened.rejected
            lines = harmless(opened.rejected.to_string(max_rows=5))
            print(f"  {name}_rejected has the lines that are not in the table:\n{lines}")
        show(self._table(name).show())

    @command(TABLE)
    def undo(self, arguments: Arguments) -> None:
        """Take back your last edit."""
        print(harmless(self._table(arguments.words["NAME"]).undo()))

    @command(TABLE)
    def redo(self, arguments: Arguments) -> None:
        """Do again what you last took back."""
        print(harmless(self._table(arguments.words["NAME"]).redo()))

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

    @command(
        Word("QUERY", "one SELECT over DataFrame variables and shared tables", completes="sql"),
        clause=Word("NAME", "the variable to put the result in; without it the result is shown (and can be assigned)"),
        details="It only reads. Long queries go below %%tab sql [as NAME].",
    )
    def sql(self, arguments: Arguments) -> pd.DataFrame | None:
        """Ask the notebook's tables a question in SQL."""
        from . import api

        name = arguments.words.get("NAME")
        if name is not None:
            check_variable(name)
        found = api.sql(arguments.words["QUERY"], namespace=self.namespace)
        if name is None:
            return found
        self.namespace[name] = found
        show(self._table(name).show())
        return None

    @command(
        TABLE,
        clause=Word("TABLE", "what everybody calls it (default: the variable's name)"),
        options=(
            Option("for", "who may do what, as user=editor, user=viewer or user=none", "ann=editor,bo=viewer"),
            Option("others", "what everybody else may: editor, viewer or none (default: editor)", "ROLE"),
        ),
        details="The variable follows the table from then on: code that changes it changes it for everybody.",
    )
    def share(self, arguments: Arguments) -> None:
        """Make a shared table of a DataFrame variable."""
        from . import api

        people = roles(arguments.options.get("for", ""))
        others = arguments.options.get("others", "editor")
        name, table = arguments.words["NAME"], arguments.words.get("TABLE", "")
        shared = api.share(name, table, people=people, others=others, namespace=self.namespace)
        print(f"{shared.table} is shared; {name} follows it. Others join with: %tab join {quoted(shared.table)}")
        show(shared.show())

    @command(
        Word("TABLE", "a shared table", completes="shared"),
        clause=Word("NAME", "the variable to put it in (default: the table's name)"),
        details="The variable follows every commit: at once while no cell runs, and when a cell has run.",
    )
    def join(self, arguments: Arguments) -> None:
        """Put a shared table into a variable that follows it."""
        from . import api

        joined = api.join(arguments.words["TABLE"], arguments.words.get("NAME", ""), namespace=self.namespace)
        print(f"{joined.name} follows {joined.table}, as {joined.role}.")
        show(joined.show())

    @command(TABLE)
    def leave(self, arguments: Arguments) -> None:
        """Follow a shared table no more; the variable stays as it is."""
        name = arguments.words["NAME"]
        table = self._shared(name).table
        self._shared(name).leave()
        print(f"{name} follows {table} no more.")

    @command()
    def tables(self, _arguments: Arguments) -> None:
        """The shared tables that you may read."""
        from . import api

        found = api.tables()
        if found.empty:
            print("There are no shared tables. Make one: %tab share NAME")
        else:
            show({"text/plain": found.to_string(), "text/html": found.to_html()}, raw=True)

    @command(Word("TABLE", "a shared table of yours", completes="shared"))
    def drop(self, arguments: Arguments) -> None:
        """Delete a shared table, for everybody and for good."""
        from . import api

        api.drop(arguments.words["TABLE"], namespace=self.namespace)
        print(f"{arguments.words['TABLE']} is deleted. Variables that followed it stay as they are.")

    @command(TABLE)
    def people(self, arguments: Arguments) -> None:
        """Who has a shared table open."""
        found = self._shared(arguments.words["NAME"]).people()
        show({"text/plain": found.to_string(index=False), "text/html": found.to_html(index=False)}, raw=True)

    @command()
    def status(self, _arguments: Arguments) -> None:
        """Which store and server, which tables are open, what is not saved."""
        from . import api

        print(api.status())


def column_types(text: str) -> dict[str, str]:
    """`a=text,"b, c"=date` as a mapping."""
    pairs = [part.rpartition("=") for part in pieces(text, ",")]
    wrong = next((kind for name, _, kind in pairs if not name.strip() or not kind.strip()), None)
    if wrong is not None:
        raise refuse(f"--types needs NAME=TYPE for each column, not {text!r}.", "Write: --types 'zip=text,when=date'")
    return {unquoted(name): kind.strip() for name, _, kind in pairs}


def roles(text: str) -> dict[str, str]:
    """`ann=editor,bo=viewer` as a mapping."""
    pairs = [part.rpartition("=") for part in text.split(",") if part.strip()]
    if any(not user.strip() or not role.strip() for user, _, role in pairs):
        raise refuse(f"--for needs USER=ROLE for each person, not {text!r}.", "Write: --for ann=editor,bo=viewer")
    return {user.strip(): role.strip() for user, _, role in pairs}


def show(value: object, *, raw: bool = False) -> None:
    """Displays a value, or the data of each MIME type with `raw`, under the cell."""
    if raw and isinstance(value, dict):
        value = {kind: harmless(text) for kind, text in value.items()}
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
