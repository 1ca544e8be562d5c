"""A typed number and a method as people say them, made into what the arithmetic takes. It must not know how rows are written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ...errors import BadMessage, BadValue, Refused
from ...protocol import planning as asked
from .. import numerals
from ..numerals import Unfit
from ..rollups import entry, methods
from ..rollups.spread import Request
from ..rollups.units import to_units
from . import cells

if TYPE_CHECKING:
    from decimal import Decimal

    import pyarrow as pa

    from ...protocol.planning import Method, Reference, Target
    from ..rollups.column import Measure, Number, Values
    from ..rollups.units import Ints
    from ..rollups.writing import Scope
    from .board import Board
    from .source import Source

_WEIGHT_DECIMALS = 6
_PER_ROW = ("sum", "mean", "first", "last")
_NUMBERLESS = (asked.Clear, asked.Zero, asked.CopyOf)


def read_number(text: str | None, name: str) -> Decimal:
    """A number as typed; raises TYPE."""
    if text is None:
        raise BadMessage("BAD_MESSAGE", f"{name} needs a number.", hint="Such as 1200.", where=name)
    try:
        return numerals.decimal(text)
    except Unfit as error:
        raise BadValue(
            "TYPE", f"{text!r} {error.phrase}.", hint=error.hint or "Give a number such as 1200.", where=name
        ) from None


class Reader:
    """Reads the targets of one operation on one board."""

    def __init__(self, board: Board, source: Source) -> None:
        self.board = board
        self.source = source

    def request(self, target: Target, scope: Scope) -> Request:
        """What a target asks for. Raises what the typed number deserves, NOT_EDITABLE for what nobody can type into."""
        board, method = self.board, target.method
        aggregate = board.aggregates[target.aggregate]
        aggregate.require_editable()
        wanted = board.definition.aggregates[target.aggregate]
        measured = board.measured[wanted.column if wanted.inverse is None else wanted.inverse]
        cid = wanted.column if wanted.inverse is None else wanted.inverse
        if measured.texts is not None:
            return Request(measured.measure, board.leaf_values(cid), scope, self._repeated_text(target, measured))
        if isinstance(method, asked.Proportional):
            return self._entered(target, scope)
        if isinstance(method, asked.Ratio | asked.Equal | asked.EqualIncrement | asked.Weighted | asked.WeightedIncrement):
            found = self._entered(target, scope)
            return replace(found, method=self._totalled(method, found, cid))
        self._require_kind(aggregate.kind, method)
        return Request(measured.measure, board.leaf_values(cid), scope, self._direct(target, measured.measure, cid))

    def _entered(self, target: Target, scope: Scope) -> Request:
        aggregate = self.board.aggregates[target.aggregate]
        number = read_number(target.value, aggregate.inverse or aggregate.column)
        return entry.request(self.board.rollup, aggregate, scope, number)

    def _totalled(self, method: Method, found: Request, cid: int) -> methods.Method:
        if not isinstance(found.method, methods.Proportional):
            label = method.__struct_config__.tag
            hint = "Leave the method away: the value is written to that row."
            raise Refused("NOT_EDITABLE", f"The first or last value is one row's and is not spread ({label}).", hint=hint)
        total = found.method.total
        match method:
            case asked.Ratio(force=force):
                return methods.Ratio(total, force)
            case asked.Equal(include_null=widely):
                return methods.Equal(total, widely)
            case asked.EqualIncrement():
                return methods.EqualIncrement(total)
            case asked.Weighted(ref=ref):
                return methods.Weighted(total, self._weights(ref, found.measure, cid))
            case asked.WeightedIncrement(ref=ref):
                return methods.WeightedIncrement(total, self._weights(ref, found.measure, cid))
        raise AssertionError(method)

    def _require_kind(self, kind: str, method: Method) -> None:
        per_row = (asked.Repeat, asked.Percent, asked.RelativePercent, *_NUMBERLESS)
        if kind == "sum" or (isinstance(method, per_row) and kind in _PER_ROW):
            return
        tag = method.__struct_config__.tag
        hint = "Use it on a sum."
        raise Refused("NOT_EDITABLE", f"{tag} is about a sum and cannot be written to a {kind}.", hint=hint)

    def _direct(self, target: Target, measure: Measure, cid: int) -> methods.Method:
        match target.method:
            case asked.Clear():
                return methods.Clear()
            case asked.Zero():
                return methods.Zero()
            case asked.CopyOf(ref=ref):
                return methods.Copy(self._exact(ref, measure, cid))
        return self._numbered(target.method, read_number(target.value, measure.name), measure, cid)

    def _numbered(self, method: Method, number: Decimal, measure: Measure, cid: int) -> methods.Method:
        match method:
            case asked.Repeat(include_null=widely):
                return methods.Repeat(in_units(number, measure), widely)
            case asked.Add(split=split):
                return methods.Add(in_units(number, measure), split)
            case asked.Subtract(split=split):
                return methods.Subtract(in_units(number, measure), split)
            case asked.Percent():
                return methods.Percent(number)
            case asked.RelativePercent(ref=ref):
                return methods.RelativePercent(self._exact(ref, measure, cid), number)
            case asked.StraightLine(along=along, last=last):
                ends = in_units(number, measure), in_units(read_number(last, measure.name), measure)
                return methods.StraightLine(self._axis(along), *ends)
            case asked.Growth(along=along, percent=percent):
                return methods.Growth(self._axis(along), in_units(number, measure), read_number(percent, "percent"))
        raise AssertionError(method)

    def _repeated_text(self, target: Target, measured: cells.Measured) -> methods.Method:
        if isinstance(target.method, asked.Clear):
            return methods.Clear()
        if not isinstance(target.method, asked.Repeat):
            name = measured.measure.name
            message = f"{name} is not a number: all that can be written is one value for all rows."
            raise Refused("NOT_EDITABLE", message, hint="Use repeat.", where=name)
        if target.value is None:
            return methods.Clear()
        assert measured.texts is not None
        known = measured.texts
        code = known.index(target.value) if target.value in known else len(known)
        return methods.Repeat(code, target.method.include_null)

    def _axis(self, cid: int) -> Ints:
        column = self.source.column(cid)
        codes = cells.label(column, self.source.values(cid)).codes[self.board.positions].astype(np.int64)
        if len(codes) and int(codes.min()) < 0:
            hint = "Fill in the missing ones, or filter them out."
            raise BadValue(
                "CHECK", f"{column.name} is missing in some rows, so they have no place on it.", hint=hint, where=column.name
            )
        return codes

    def _values(self, ref: Reference, cid: int) -> tuple[Values, int, str]:
        """What a reference has for each leaf, its scale, and its name; floats where it is of floats."""
        wanted = cid if ref.column is None else ref.column
        column = self.source.column(wanted)
        if column.kind not in cells.NUMBERS:
            hint = "Go by a column of numbers."
            raise BadMessage(
                "BAD_MESSAGE", f"{column.name} ({column.dtype}) has no numbers to go by.", hint=hint, where=column.name
            )
        if ref.rev is not None and not 0 <= ref.rev <= self.source.rev:
            hint = f"The newest is {self.source.rev}."
            raise BadMessage("BAD_MESSAGE", f"There is no revision {ref.rev}.", hint=hint, where="ref")
        array: pa.Array = self.source.values(wanted) if ref.rev is None else self.source.as_of(wanted, ref.rev)
        return cells.numbers(array).take(self.board.positions), column.scale or 0, column.name

    def _weights(self, ref: Reference, measure: Measure, cid: int) -> Values:
        values, scale, name = self._values(ref, cid)
        if measure.approximate:
            return cells.natural_floats(values, scale)
        if values.units.dtype != np.float64:
            return values
        found = cells.whole_of_floats(values, _WEIGHT_DECIMALS, exactly=False)
        if found is None:
            raise BadValue(
                "RANGE", f"{name} has values too large to go by.", hint="Round them, or use a decimal column.", where=name
            )
        return found

    def _exact(self, ref: Reference, measure: Measure, cid: int) -> Values:
        values, scale, name = self._values(ref, cid)
        if measure.approximate:
            return cells.natural_floats(values, scale)
        if values.units.dtype == np.float64:
            found = cells.whole_of_floats(values, measure.scale, exactly=True)
        else:
            found = cells.rescale(values, scale, measure.scale)
        if found is None:
            message = f"{name} has more decimals than {measure.name}, which holds {measure.scale}."
            raise BadValue("SCALE", message, hint=f"Round {name} first.", where=name)
        return found


def in_units(number: Decimal, measure: Measure) -> Number:
    """A natural number as units; raises SCALE with the rounded one offered."""
    return float(number) if measure.approximate else to_units(number, measure.scale, measure.name)
