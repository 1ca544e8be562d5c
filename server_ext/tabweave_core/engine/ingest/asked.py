"""What the caller says about a file, checked before anything is read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ...errors import BadFile, did_you_mean
from .columns import Hints
from .dates import ORDERS
from .dialect import delimiter_named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .result import ReadingKind

KINDS: dict[str, ReadingKind] = {
    "text": "text", "string": "text", "str": "text",
    "integer": "integer", "int": "integer", "int64": "integer",
    "float": "float", "double": "float", "float64": "float", "number": "float",
    "decimal": "decimal", "money": "decimal",
    "boolean": "boolean", "bool": "boolean",
    "date": "date", "timestamp": "timestamp", "datetime": "timestamp", "time": "time",
}  # fmt: skip
_DATES = {"iso": "ymd", "us": "mdy", "eu": "dmy", "text": "text", **{order: order for order in ORDERS}}
_THOUSANDS = ",.'\u2019 \u00a0\u202f"


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments of `read` that concern the content. None always means "find out"."""

    sheet: str | int | None = None
    header: bool | int | None = None
    delimiter: str = ""
    encoding: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    dates: str | None = None
    types: Mapping[str, ReadingKind] = field(default_factory=dict)

    @classmethod
    def check(
        cls,
        *,
        sheet: str | int | None,
        header: bool | int | None,
        delimiter: str | None,
        encoding: str | None,
        decimal: str | None,
        thousands: str | None,
        dates: str | None,
        types: Mapping[str, str] | None,
    ) -> Asked:
        """The arguments in their one form, or BadFile with the values that are possible."""
        mark = ""
        if delimiter is not None:
            mark = delimiter_named(delimiter)
            if not mark:
                raise BadFile(
                    "BAD_FILE",
                    f"{delimiter!r} cannot be a delimiter.",
                    hint="Give one character, or tab, comma, semicolon, pipe, space.",
                )
        if decimal is not None and decimal not in (".", ","):
            raise BadFile("BAD_FILE", f"{decimal!r} cannot be a decimal sign.", hint="It is '.' or ','.")
        if thousands is not None and thousands not in (*_THOUSANDS, ""):
            raise BadFile(
                "BAD_FILE",
                f"{thousands!r} cannot separate thousands.",
                hint="It is ',', '.', an apostrophe, a space or '' for none.",
            )
        if thousands and thousands == (decimal or "."):
            raise BadFile(
                "BAD_FILE",
                f"{thousands!r} cannot be both decimal and thousands sign.",
                hint=f"Say --decimal {',' if thousands == '.' else '.'} too.",
            )
        if dates is not None and dates.lower() not in _DATES:
            raise BadFile(
                "BAD_FILE", f"{dates!r} is not an order of dates.", hint="Say mdy, dmy, ymd, or text to leave dates alone."
            )
        if header is not None and not isinstance(header, bool) and header < 0:
            raise BadFile(
                "BAD_FILE", f"Line {header} cannot be the header.", hint="Lines count from 1; 0 means there is no header."
            )
        return cls(
            sheet,
            False if header is not None and not isinstance(header, bool) and header == 0 else header,
            mark,
            encoding,
            decimal,
            thousands,
            None if dates is None else _DATES[dates.lower()],
            {name: _kind(name, word) for name, word in (types or {}).items()},
        )

    def kinds(self, names: Sequence[str]) -> list[ReadingKind | None]:
        """The type asked for each column, None where none is."""
        for name in self.types:
            if name not in names:
                hint = did_you_mean(name, names) or f"Columns: {', '.join(names[:8])}."
                raise BadFile("BAD_FILE", f"There is no column {name!r} to give a type.", hint=hint)
        return [self.types.get(name) for name in names]

    def only(self, name: str) -> Asked:
        """The same, with at most the type of this column."""
        return replace(self, types={name: self.types[name]} if name in self.types else {})

    def hints(self, prior_decimal: str = "", prior_order: str = "") -> Hints:
        """What the vote over a column should know."""
        return Hints(self.decimal, self.thousands, self.dates, prior_decimal, prior_order)


def _kind(name: str, word: str) -> ReadingKind:
    found = KINDS.get(str(word).lower())
    if found is None:
        hint = did_you_mean(str(word), KINDS) or "Types: text, integer, float, decimal, boolean, date, timestamp, time."
        raise BadFile("BAD_FILE", f"{word!r} is not a type for {name!r}.", hint=hint)
    return found
