"""Whether texts match what was typed: contains, equals, starts, ends or a regular expression, with or without case.

Regular expressions are RE2's, which take time linear in the text and so cannot hang a kernel.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tabweave_core.engine.texts import LETTERS
from tabweave_core.errors import BadValue

if TYPE_CHECKING:
    from tabweave_core.protocol.schema import Kind

Mode = Literal["contains", "equals", "starts", "ends", "regex"]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")


@dataclass(frozen=True)
class Pattern:
    """What to look for. Making one checks its regular expression and raises `BadValue` CHECK with RE2's reason."""

    text: str
    mode: Mode = "contains"
    case: bool = False

    def __post_init__(self) -> None:
        if self.mode == "regex":
            self.mask(pa.array([""], pa.large_string()))

    @classmethod
    def find(cls, text: str, *, case: bool, whole: bool, regex: bool) -> Pattern:
        """What the find panel's options mean."""
        if regex:
            return cls(rf"\A(?:{text})\z" if whole else text, "regex", case)
        return cls(text, "equals" if whole else "contains", case)

    def possible(self, kind: Kind) -> bool:
        """Whether any value of a kind can match, from the characters that its texts are made of."""
        letters = LETTERS.get(kind)
        return letters is None or self.mode == "regex" or letters.issuperset(self.text if self.case else self.text.lower())

    def mask(self, texts: Any) -> Mask:
        """Which of the texts (an Arrow array or a dictionary of them) match; missing never does."""
        if pa.types.is_dictionary(texts.type):
            return by_code(texts, self.mask(texts.dictionary))
        found = self._match(texts)
        return np.asarray(found.fill_null(False) if found.null_count else found)

    def _match(self, texts: Any) -> Any:
        anycase = not self.case and self.text.lower() != self.text.upper()
        match self.mode:
            case "contains":
                return pc.match_substring(texts, self.text, ignore_case=anycase)
            case "starts":
                return pc.starts_with(texts, self.text, ignore_case=anycase)
            case "ends":
                return pc.ends_with(texts, self.text, ignore_case=anycase)
            case "equals" if anycase:
                return pc.match_substring_regex(texts, rf"\A(?:{_SPECIAL.sub(_escaped, self.text)})\z", ignore_case=True)
            case "equals":
                return pc.equal(texts, pa.scalar(self.text, pa.large_string()))
            case _:
                return self._match_regex(texts)

    def _match_regex(self, texts: Any) -> Any:
        try:
            return pc.match_substring_regex(texts, self.text, ignore_case=not self.case)
        except pa.ArrowInvalid as error:
            reason = str(error).removeprefix("Invalid regular expression: ")
            raise BadValue(
                "CHECK",
                f"{self.text!r} is not a regular expression: {reason}.",
                hint="Put a backslash before characters meant literally, or search without regular expressions.",
            ) from None


def by_code(cells: Any, found: Mask) -> Mask:
    """What was found of a dictionary's values, for each of its cells; False for missing ones."""
    codes = cells.indices.fill_null(len(found)) if cells.null_count else cells.indices
    return np.append(found, False).take(np.asarray(codes))


def _escaped(found: re.Match[str]) -> str:
    return "\\" + found[0]
