"""The grammar of `%tab` lines: words, options and `as NAME` clauses, with errors that say what to write instead.

It knows nothing of tables or notebooks: a `Command` turns the words after its name into `Arguments`.
"""

from __future__ import annotations

import keyword
import os
import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tabweave_core.errors import BadMessage, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def refuse(message: str, hint: str = "") -> BadMessage:
    """A refusal of the line itself."""
    return BadMessage("BAD_MESSAGE", message, hint=hint)


def check_variable(name: str) -> None:
    """Refuses what cannot be the name of a variable."""
    if not name.isidentifier() or keyword.iskeyword(name):
        raise refuse(f"{name!r} is not a variable name.", "Write: as NAME, with letters, digits and _, not a word of Python.")


@dataclass(frozen=True)
class Word:
    """A positional word. `completes` names what completion offers for it: table, file, column or nothing."""

    name: str
    help: str
    required: bool = True
    completes: str = ""


@dataclass(frozen=True)
class Option:
    """`--flag`, or `--flag VALUE` when `value` names one; `number` wants a whole number of at least `least`."""

    flag: str
    help: str
    value: str = ""
    number: bool = False
    least: int = 1
    completes: str = ""


@dataclass(frozen=True)
class Arguments:
    """What a line said: words and clauses by name, options by flag without dashes."""

    words: Mapping[str, str]
    options: Mapping[str, str] = field(default_factory=dict)

    def number(self, flag: str) -> int | None:
        """The whole number given with `--flag`, or None."""
        return int(self.options[flag]) if flag in self.options else None

    def has(self, flag: str) -> bool:
        """Whether `--flag` was given."""
        return flag in self.options


@dataclass(frozen=True)
class Command:
    """One subcommand: `name WORD… [as CLAUSE] [--option …]`."""

    name: str
    summary: str
    words: tuple[Word, ...] = ()
    clause: Word | None = None
    options: tuple[Option, ...] = ()
    details: str = ""

    @property
    def brief(self) -> str:
        """The form without options; words that may be left out are `…` where there are more than two."""
        needed = [word.name for word in self.words if word.required]
        others = [f"[{word.name}]" for word in self.words if not word.required]
        clause = [f"[as {self.clause.name}]"] if self.clause else []
        return " ".join([f"%tab {self.name}", *needed, *(others if len(others) < 3 else ["…"]), *clause])

    @property
    def usage(self) -> str:
        """The one-line form, as in `%tab show NAME [--rows N]`."""
        parts = [f"%tab {self.name}"]
        parts += [word.name if word.required else f"[{word.name}]" for word in self.words]
        if self.clause:
            parts.append(f"[as {self.clause.name}]")
        parts += [f"[--{option.flag} {option.value}]" if option.value else f"[--{option.flag}]" for option in self.options]
        return " ".join(parts)

    @property
    def help(self) -> str:
        """The whole help text."""
        rows = [(word.name, word.help) for word in self.words]
        if self.clause:
            rows.append((f"as {self.clause.name}", self.clause.help))
        rows += [(f"--{option.flag} {option.value}".rstrip(), option.help) for option in self.options]
        width = max((len(left) for left, _ in rows), default=0)
        lines = [self.usage, "", f"  {self.summary}"]
        if rows:
            lines += ["", *(f"  {left:<{width}}  {right}" for left, right in rows)]
        if self.details:
            lines += ["", *(f"  {line}" for line in self.details.splitlines())]
        return "\n".join(lines)

    def parse(self, tokens: Sequence[str]) -> Arguments:
        """The line's arguments; raises `BadMessage` naming the word that does not fit."""
        words: dict[str, str] = {}
        options: dict[str, str] = {}
        expected = list(self.words)
        rest = list(tokens)
        while rest:
            token = rest.pop(0)
            if token.startswith("--"):
                self._take_option(token, rest, options)
            elif token == "as" and self.clause and self.clause.name not in words:
                if not rest:
                    raise refuse(f"`as` needs a {self.clause.name} after it.", f"Usage: {self.usage}")
                words[self.clause.name] = rest.pop(0)
            elif expected:
                words[expected.pop(0).name] = token
            else:
                raise refuse(f"{token!r} is one word too many.", f"Usage: {self.usage}")
        missing = [word.name for word in expected if word.required]
        if missing:
            raise refuse(f"%tab {self.name} needs {' and '.join(missing)}.", f"Usage: {self.usage}")
        return Arguments(words, options)

    def _take_option(self, token: str, rest: list[str], options: dict[str, str]) -> None:
        flag, equals, value = token[2:].partition("=")
        known = {option.flag: option for option in self.options}
        option = known.get(flag)
        if option is None:
            have = ", ".join(f"--{name}" for name in known) or "no options"
            raise refuse(f"%tab {self.name} has no option --{flag}.", did_you_mean(flag, known) or f"It has {have}.")
        if flag in options:
            raise refuse(f"--{flag} is given twice.", f"Usage: {self.usage}")
        if not option.value:
            if equals:
                raise refuse(f"--{flag} takes no value.", f"Usage: {self.usage}")
            options[flag] = ""
            return
        if not equals:
            if not rest:
                raise refuse(f"--{flag} needs a {option.value} after it.", f"Usage: {self.usage}")
            value = rest.pop(0)
        if option.number and not (value.isdecimal() and int(value) >= option.least):
            raise refuse(f"--{flag} needs a whole number of at least {option.least}, not {value!r}.")
        options[flag] = value


def split(line: str) -> list[str]:
    """The words of a line, quotes honoured; on Windows a backslash is part of a path."""
    try:
        if os.name == "posix":
            return shlex.split(line)
        return [word[1:-1] if word[:1] in "'\"" and word[-1:] == word[:1] else word for word in shlex.split(line, posix=False)]
    except ValueError as error:
        raise refuse(
            f"The line's quotes do not match: {error}.", "Close the quote, or write it doubled inside other quotes."
        ) from None


def quoted(word: str) -> str:
    """A word as it is to be typed: IPython would run what stands in braces, and fill in what begins with $."""
    plain = word if is_plain(word) else '"' + re.sub(r'(["\\])', r"\\\1", word) + '"'
    return re.sub(r"([{}$])", r"\1\1", plain)


def is_plain(word: str) -> bool:
    """Whether a word needs no quotes."""
    return re.fullmatch(r"[\w.-]+", word) is not None


def sql_words(line: str) -> list[str]:
    """The words of a line that begins with `sql`, whose query may stand in quotes or as it is; none for another line."""
    name, _, rest = line.strip().partition(" ")
    query = rest.strip()
    if name != "sql" or not query or query[0] in "\"'-":
        return []
    return [name, query]
