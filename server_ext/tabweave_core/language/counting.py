"""The figures that a question asks for: "how many", "average, minimum and maximum age", "with at least two rows"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..protocol.condition import Key
from .lexicon import GREATEST, LEAST, STOP
from .linker import PART, WEAK
from .ordering import Ordering
from .passage import DISTINCT, NotUnderstood
from .query import Limit, Output

if TYPE_CHECKING:
    from ..protocol.condition import Function
    from .context import ColumnContext
    from .linker import ColumnLink

_WITH = frozenset({"with", "has", "have", "had", "having", "whose", "by", "by the", "containing", "got", "get", "gets",
    "receive", "received", "won", "win",
                   "makes", "made", "holds", "earned", "scored", "used", "uses", "owned", "is", "are", "was", "were",
                   "that"})  # fmt: skip


class Counting(Ordering):
    """The rules about figures."""

    def _counting(self) -> bool:  # noqa: C901 - one way of saying it after another
        """As in "how many X", "number of X", "count X"."""
        size = self.starts(("how", "many"), ("total", "number", "of"), ("the", "number", "of"), ("number", "of"), ("total",
            "count", "of"),
                            ("count", "of"), ("count", "how", "many"), ("count", "the", "number", "of"), ("count",), ("counts",
                            "of"), ("how", "much"),
                            ("total", "amount", "of"), ("numbers", "of"), ("the", "numbers", "of"))  # fmt: skip
        if not size or (self.linker.column(self.at) is not None and self.linker.columns(self.at)[0].score >= 0.9):
            return False
        much = self.starts(("how", "much"))
        at = self.past(
            self.at + size,
            frozenset({"the", "total", "of", "all", "is", "are", "there", "a", "number", "times", "time", "does", "do"}),
        )
        distinct = False
        if self.lower(at) in DISTINCT:
            distinct, at = True, at + 1
        at = self.past(at, frozenset({"the", "of"}))
        link = self.linker.column(at)
        if distinct and link is None and self.tokens[min(at, len(self.tokens) - 1)].stem in ("kind", "type", "sort"):
            at = self.past(at + 1, frozenset({"of", "the"}))
            link = self.linker.column(at)
            if link is None:
                return False
        rows = self.linker.is_row(at) or (not distinct and at < len(self.tokens) and self.is_table(at))
        if rows and not (distinct and link is not None):
            if distinct and not self.is_table(at):
                return False
            self.query.show(Output(None, "count"))
            self.at, self._counted = max(self.linker.row(at), at + 1), True
            return True
        if link is not None and link.score < WEAK:
            raise NotUnderstood(at)
        if link is not None:
            numeric = link.column.family in ("integer", "decimal", "float")
            if distinct or (not numeric and not much):
                for column, stop in self._chain(link) if distinct else [(link.column, link.stop)]:
                    rows = column.unique and not distinct
                    self.query.show(Output(None if rows and not column.missing else column.name, "count" if rows else "distinct"))
                    self.at, self._counted = stop, True
                return True
            if numeric and link.score >= 0.9:
                return False
            if numeric and not much and link.score < PART and self.lower(self.at) == "how":
                raise NotUnderstood(at)
        if self.conditions.read(at) is not None or at >= len(self.tokens) or self.lower(at) in STOP:
            self.query.show(Output(None, "count"))
            self.at, self._counted = at, True
            return True
        return False

    def _figures(self) -> bool:  # noqa: C901 - one way of saying it after another
        """As in "average, minimum and maximum age and weight"."""
        if self._is_named():
            return False
        fns: list[Function] = []
        at = self.at
        while True:
            fn = self.figure(at)
            if fn is None:
                break
            fns.append(fn)
            at += 1
            if self.lower(at - 1) in GREATEST | LEAST and fn in ("min", "max") and self.figure(at) is not None:
                return False
            nxt = self.past(at, frozenset({",", "and", "the", "of", "value", "values", "&", "or"}))
            if self.figure(nxt) is None:
                at = nxt
                break
            at = nxt
        if not fns or self._is_sort_key(fns):
            return False
        at = (
            self.past(at, frozenset({"of", "the", "all", "number", "value", "values", "in", "for", "amount", "different", "("}))
            if self.linker.column(at) is None
            else at
        )
        link = self.linker.column(at)
        if link is None:
            return False
        limit = self.conditions.bound(link.stop)
        number = None if limit is None or len(fns) > 1 else self.linker.number(limit[1])
        if limit is not None and number is not None and link.column.family in ("integer", "decimal", "float"):
            self.query.havings.append(Limit(Output(link.column.name, fns[0]), limit[0], number[0]))
            self.at = number[1]
            return True
        for column, stop in self._same(link):
            for fn in fns:
                numeric = column.family in ("integer", "decimal", "float")
                if not numeric and fn not in ("min", "max"):
                    return False
                self.query.show(Output(column.name, fn))
            self.at = stop
        return True

    def _is_sort_key(self, fns: list[Function]) -> bool:
        """As in "the one with the highest price" asks for a row, "what is the highest price" for a price."""
        if len(fns) > 1 or fns[0] not in ("min", "max"):
            return False
        before = self.at - 1
        while before >= 0 and self.lower(before) in ("the", "a", "an"):
            before -= 1
        if self.query.figures or before < 0:
            return False
        said = self.lower(before) in _WITH and bool(self.query.columns or self._rows_named)
        return said or (bool(self.query.columns) and self.lower(before) not in ("and", ",", "show", "what"))

    def _same(self, link: ColumnLink) -> list[tuple[ColumnContext, int]]:
        """The column, and those that "and" adds where no verb or figure comes between."""
        found = [(link.column, link.stop)]
        while True:
            at = found[-1][1]
            if self.lower(at) not in ("and", ",", "&"):
                return found
            at = self.past(at, frozenset({"and", ",", "the", "&"}))
            more = self.linker.column(at)
            numeric = more is not None and more.column.family in ("integer", "decimal", "float")
            if more is None or not numeric or link.column.family == "text" or self.conditions.read(at) is not None:
                return found
            found.append((more.column, more.stop))

    def _having(self) -> bool:
        """As in "with at least two rows", "appearing more than once"."""
        at = self.past(self.at, frozenset({"with", "that", "have", "has", "had", "from", "which", "are", "of", "who", "in",
            "is", "used", "by", "shared",
                                            "appear", "appears", "appearing", "there", "were", "was", "come", "comes", "where",
                                            "the", "contain", "for"}))  # fmt: skip
        if self.lower(at) == "between" and self._between_rows(at + 1):
            return True
        bound = self.conditions.bound(at)
        number = self.linker.number(at if bound is None else bound[1])
        if number is None or (bound is None and at == self.at):
            return False
        stop = self.past(number[1], frozenset({"or", "more", "different"}))
        cmp = bound[0] if bound is not None else ">=" if self.starts(("or", "more"), at=number[1]) else "="
        once = self.lower(number[1] - 1) in ("once", "twice")
        times = self.lower(stop) in ("times", "time")
        if not (once or times or self.linker.is_row(stop)):
            return False
        if not (self.query.columns or self.query.groups):
            return False
        for name in self.query.columns:
            self.query.group(Key(column=name))
        self.query.havings.append(Limit(Output(None, "count"), cmp, number[0]))
        self.at = stop if once else stop + 1 if times else self.linker.row(stop)
        return True

    def _between_rows(self, at: int) -> bool:
        """As in "between one and two rows"."""
        lo = self.linker.number(at)
        hi = None if lo is None or self.lower(lo[1]) not in ("and", "to") else self.linker.number(lo[1] + 1)
        if lo is None or hi is None or not self.linker.is_row(hi[1]) or not (self.query.columns or self.query.groups):
            return False
        for name in self.query.columns:
            self.query.group(Key(column=name))
        counted = Output(None, "count")
        self.query.havings += [Limit(counted, ">=", lo[0]), Limit(counted, "<=", hi[0])]
        self.at = self.linker.row(hi[1])
        return True
