"""The subcommands of `%tab` that ask: commands in plain words, applying and discarding what they propose, charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import workspace
from .answers import Answer
from .arguments import Option, Word, refuse
from .magics import TABLE, command, show
from .proposals import Proposal, pending

if TYPE_CHECKING:
    from .arguments import Arguments
    from .magics import TabMagics

OPTIONAL_TABLE = Word("NAME", "the table it is about (default: the newest proposal's)", required=False, completes="table")
SETTINGS = ("x", "y", "color", "facet", "top", "sort", "bins", "title")


@command(
    TABLE,
    Word("COMMAND", "what is to be done, in plain words and in quotes"),
    clause=Word("VARIABLE", "the variable to put a question's answer in"),
    options=(
        Option("apply", "do it at once, without a look at what it would change"),
        Option("reading", "which meaning is meant, where there are several", "N", number=True),
    ),
    details="It shows what would change; %tab apply does it, as one edit that can be undone. %%tab NAME takes lines below.",
)
def ask(self: TabMagics, arguments: Arguments) -> None:
    """Say in plain words what is to be done with a table."""
    name = arguments.words.get("VARIABLE")
    if name is not None and not name.isidentifier():
        raise refuse(f"{name!r} is not a variable name.")
    table = self._table(arguments.words["NAME"])
    found = table.ask(arguments.words["COMMAND"], reading=arguments.number("reading"))
    if isinstance(found, Answer) and name is not None:
        self.namespace[name] = found.df
        print(f"{name} has the answer.")
    if isinstance(found, Proposal) and name is not None:
        found.discard()
        raise refuse("This changes the table itself, so there is nothing to put in a variable.", f"Leave out: as {name}")
    if isinstance(found, Proposal) and arguments.has("apply"):
        print(found.apply())
        return
    show(found)


@command(OPTIONAL_TABLE)
def apply(self: TabMagics, arguments: Arguments) -> None:
    """Do what was proposed last."""
    print(pending(workspace.current(self.namespace), arguments.words.get("NAME", "")).apply())


@command(OPTIONAL_TABLE)
def discard(self: TabMagics, arguments: Arguments) -> None:
    """Let go of what was proposed last."""
    found = pending(workspace.current(self.namespace), arguments.words.get("NAME", ""))
    found.discard()
    print(f"Discarded; {found.table.name} is as it was.")


@command(
    TABLE,
    Word("KIND", "bar, line, area, scatter, histogram, box, heatmap or pie; without it what suits the columns", required=False),
    *(Word(name.upper(), f"{name}=…", required=False) for name in SETTINGS),
    details="x=region y=sum(amount) color=channel facet=year(day) top=10 sort=-y bins=40 title='…'",
)
def chart(self: TabMagics, arguments: Arguments) -> None:
    """Draw a chart of a table."""
    words = [word for name, word in arguments.words.items() if name != "NAME"]
    kinds = [word for word in words if "=" not in word]
    settings: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if equals:
            if key not in SETTINGS:
                raise refuse(f"A chart has no {key!r}.", f"It has {', '.join(SETTINGS)}.")
            settings[key] = value
    if len(kinds) > 1:
        raise refuse(f"{kinds[1]!r} is one word too many.", "Write: %tab chart T bar x=region y=sum(amount)")
    numbers = {key: _number(key, settings.pop(key)) for key in ("top", "bins") if key in settings}
    show(self._table(arguments.words["NAME"]).chart(kinds[0] if kinds else None, **settings, **numbers))


def _number(key: str, value: str) -> int:
    if not value.isdecimal() or not int(value):
        raise refuse(f"{key}= needs a whole number of at least 1, not {value!r}.")
    return int(value)
