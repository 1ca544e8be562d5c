"""The subcommands of `%tab` that ask: commands in plain words, applying and discarding what they propose, charts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from tabweave_core.errors import Unavailable

from . import workspace
from .answers import Answer
from .arguments import Option, Word, check_variable, refuse
from .charts import ChartView
from .frames.ops import counted
from .language.consulting import exchanges
from .magics import TABLE, command, show
from .proposals import Proposal, pending
from .terminal import harmless

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
        Option("offline", "read it by the built-in rules only; nothing leaves the machine"),
        Option("model", "have the model read it, also what the rules understand"),
        Option("samples", "columns of which a model may see some values, separated by commas", "a,b", completes="column"),
    ),
    details="It shows what would change; %tab apply does it, as one edit that can be undone. %%tab NAME takes lines below.",
)
def ask(self: TabMagics, arguments: Arguments) -> None:
    """Say in plain words what is to be done with a table."""
    name = arguments.words.get("VARIABLE")
    if name is not None:
        check_variable(name)
    table = self._table(arguments.words["NAME"])
    if arguments.has("offline") and arguments.has("model"):
        raise refuse("--offline and --model exclude each other.", "Leave one of them out.")
    by: Literal["", "rules", "model"] = "rules" if arguments.has("offline") else "model" if arguments.has("model") else ""
    samples = [each.strip() for each in arguments.options.get("samples", "").split(",") if each.strip()]
    try:
        found = table.ask(arguments.words["COMMAND"], reading=arguments.number("reading"), by=by, samples=samples)
    except KeyboardInterrupt:
        raise Unavailable("CANCELLED", "Cancelled; nothing was changed.") from None
    if isinstance(found, Answer) and name is not None:
        self.namespace[name] = found.df
        print(f"{name} has the answer.")
    if isinstance(found, Proposal) and name is not None:
        found.discard()
        raise refuse("This changes the table itself, so there is nothing to put in a variable.", f"Leave out: as {name}")
    if isinstance(found, Proposal) and arguments.has("apply"):
        print(harmless(found.apply()))
        return
    show(found)
    if isinstance(found, ChartView) and found.read_by:
        print(f"Read by {found.read_by}")


@command(OPTIONAL_TABLE, options=(Option("all", "for every command, the oldest first"),))
def sent(self: TabMagics, arguments: Arguments) -> None:
    """Show what left the machine for the newest command that a model read, word for word."""
    name = arguments.words.get("NAME")
    found = [each for each in exchanges(workspace.current(self.namespace)) if name in (None, each.table)]
    if not found:
        print("Nothing has left the machine.")
    for each in found if arguments.has("all") else found[-1:]:
        print(
            harmless(f"{each.table}: {each.command}\n  to {each.model} at {each.host}, {counted(len(each.bodies), 'request')}:")
        )
        for body in each.bodies:
            print(harmless(json.dumps(json.loads(body), ensure_ascii=False, indent=1)))


@command(OPTIONAL_TABLE)
def apply(self: TabMagics, arguments: Arguments) -> None:
    """Do what was proposed last."""
    print(harmless(pending(workspace.current(self.namespace), arguments.words.get("NAME", "")).apply()))


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
