"""Questions about a table: what to show, of which rows, by what, in which order.

One pass from left to right; at each word the rules are tried in turn. A word that no rule takes must be one that says
nothing, or the question is not understood. It must not know how a query becomes steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..protocol.condition import Among, Compare, Key
from .counting import Counting
from .lexicon import BREAKS, LIGHT, NEGATIONS, STOP
from .linker import EXACT, GENERIC, WEAK
from .passage import DISTINCT, NotUnderstood
from .query import Output, Query
from .tokens import split_name

if TYPE_CHECKING:
    from .linker import ColumnLink

_EACH = (("for", "each"), ("for", "every"), ("of", "each"), ("in", "each"), ("by", "each"), ("from", "each"), ("at", "each"),
    ("on", "each"),
         ("to", "each"), ("with", "each"), ("of", "every"), ("in", "every"), ("per",), ("grouped", "by"), ("group", "by"),
         ("broken", "down", "by"),
         ("across",), ("over",), ("each",), ("every",), ("for", "different"), ("for", "all"), ("for", "the", "different"),
         ("of", "different"), ("by", "different"),
         ("among", "different"), ("across", "different"), ("by",), ("for", "various"), ("under", "each"))  # fmt: skip


class Question(Counting):
    """Reads one question."""

    def read(self) -> Query:
        """The query; raises `NotUnderstood` at the first word that fits nowhere."""
        rules = (self._skip_signs, self._sorting, self._counting, self._top, self._figures, self._superlative, self._grouping,
                 self._having, self._condition, self._shown, self._small)  # fmt: skip
        while self.at < len(self.tokens):
            if not any(rule() for rule in rules):
                raise NotUnderstood(self.at)
        self._settle()
        return self.query

    def _skip_signs(self) -> bool:
        if self.tokens[self.at].kind == "sign" and self.tokens[self.at].lower in ",.?!;:()":
            self.at += 1
            return True
        return False

    def _small(self) -> bool:
        """A word that says nothing, or that names the rows."""
        token = self.tokens[self.at]
        if token.lower in DISTINCT:
            self._distinct_next = True
        elif (token.lower in ("total", "all") and self.lower(self.at - 1) == "in") or (token.lower in LIGHT and self.at):
            pass
        elif token.lower == "by" and self.linker.column(self.past(self.at + 1, frozenset({"the", "their", "its"}))) is not None:
            return False
        elif token.lower in STOP:
            self._each |= token.lower in ("each", "every")
        elif self.linker.is_row(self.at):
            self._rows_named, self._each = True, False
            self.at = self.linker.row(self.at) - 1
        elif self.at == 0 and token.lower in ("sort", "order", "arrange"):
            self._sort_said = True
        else:
            return False
        self.at += 1
        return True

    def _grouping(self) -> bool:  # noqa: C901 - one way of saying it after another
        """As in "for each city", "per month"."""
        size = self.starts(*_EACH)
        if not size:
            return False
        at = self.past(self.at + size, frozenset({"the", "of", "different", "all"}))
        if self.lower(self.at) == "over" and not self.query.figures:
            return False
        if self.lower(self.at) == "by" and size == 1:
            if self._sort_said:
                sorting = self.sort_output(at)
                if sorting is None:
                    return False
                self.query.orders.append((sorting[0], False))
                self.at, self._sort_said = sorting[1], False
                return True
            if not (self.query.figures or self.query.groups):
                return False
        if self.linker.is_row(at) and (self.linker.column(at) is None or self.is_table(at)):
            self._rows_named = True
            self.at = self.linker.row(at)
            return True
        keys: list[Key] = []
        while True:
            key = self.key(at)
            if key is None or (keys and self.conditions.read(at) is not None):
                break
            keys.append(key[0])
            at = key[1]
            if self.lower(at) not in ("and", ",") or self.key(self.past(at, frozenset({"and", ",", "each"}))) is None:
                break
            nxt = self.past(at, frozenset({"and", ",", "each"}))
            if self.conditions.read(nxt) is not None or self.figure(nxt) is not None:
                break
            at = nxt
        if not keys:
            return False
        for each in keys:
            self.query.group(each)
        self.at = at
        return True

    def _condition(self) -> bool:
        found = self.conditions.read(self.at)
        if found is None and self.lower(self.at) in NEGATIONS | {
            "with",
            "whose",
            "where",
            "that",
            "which",
            "who",
            "having",
            "in",
            "from",
            "of",
            "and",
            "but",
        }:
            return False
        if found is None:
            return False
        self.query.conditions.append(found.condition)
        self.at = found.stop
        return True

    def _shown(self) -> bool:
        link = self.linker.column(self.at)
        shared = self._shared_head() if link is None or link.score < 0.9 else None
        if shared is not None:
            self.query.show(Output(shared))
            self.at += 1
            return True
        if link is None:
            return False
        if link.score < WEAK:
            return False
        row = self.linker.is_row(self.at) and link.stop == self.at + 1
        if row and link.score < 0.9:
            return False
        if self._each:
            self.query.group(Key(column=link.column.name))
            self._each = False
        else:
            self.query.show(Output(self._owned(link)))
        self.query.distinct |= self._distinct_next
        self._distinct_next = False
        self.at = link.stop
        return True

    def _owned(self, link: ColumnLink) -> str:
        """As in "the name and release year of the song": the column of that name that belongs to what is named after "of"."""
        word = self.tokens[self.at].stem
        if link.stop != self.at + 1 or word not in GENERIC:
            return link.column.name
        for at in range(link.stop, min(link.stop + 8, len(self.tokens) - 1)):
            if self.lower(at) in BREAKS:
                break
            if self.lower(at) in ("of", "for"):
                owner = self.past(at + 1, frozenset({"the", "each", "every", "all"}))
                if owner < len(self.tokens):
                    named = [
                        column
                        for column, score in self.linker.index.named((self.tokens[owner].stem, word))
                        if score >= EXACT and len(split_name(column.name)) > 1
                    ]
                    return named[0].name if len(named) == 1 else link.column.name
        return link.column.name

    def _shared_head(self) -> str | None:
        """As in "first and last name": the column that a word names with the last word of the next column."""
        if self.lower(self.at + 1) not in (",", "and", "&"):
            return None
        for at in range(self.at + 2, min(self.at + 7, len(self.tokens))):
            link = self.linker.column(at)
            if link is not None and link.score >= 0.9 and link.stop > at + 1:
                head = self.tokens[link.stop - 1].stem
                found = [column for column, score in self.linker.index.named((self.tokens[self.at].stem, head)) if score >= 0.95]
                return found[0].name if len(found) == 1 else None
        return None

    # The whole

    def _join_values(self) -> None:
        """As in "in Asia and Europe" means either; what would have to be both is not understood."""
        equal: dict[str, list[Compare]] = {}
        for each in self.query.conditions:
            if isinstance(each, Compare) and each.cmp == "=" and each.other is None:
                equal.setdefault(each.column, []).append(each)
        for column, several in equal.items():
            if len(several) > 1:
                if any(token.lower == "both" for token in self.tokens):
                    raise NotUnderstood(next(place for place, token in enumerate(self.tokens) if token.lower == "both"))
                kept = [each for each in self.query.conditions if each not in several]
                values = list(dict.fromkeys(each.value for each in several))
                self.query.conditions = [*kept, Among(column=column, values=values)]

    def _settle(self) -> None:  # noqa: C901 - one way of saying it after another
        """Makes what was gathered one question, or gives it up."""
        query = self.query
        self._join_values()
        first = self.lower(0)
        if first in ("where", "when", "who", "whose") and not (query.outputs or query.groups):
            raise NotUnderstood(0)
        if self._distinct_next:
            if len(query.columns) != len(query.outputs) or not query.outputs:
                raise NotUnderstood(len(self.tokens) - 1)
            query.distinct = True
        if any(output.fn is not None for output, _ in query.orders) and not query.groups and not query.figures:
            if not query.columns:
                raise NotUnderstood(len(self.tokens) - 1)
            for name in query.columns:
                query.group(Key(column=name))
        if query.figures and query.columns and not query.groups:
            if not all(each.fn in ("count", "sum", "mean", "min", "max", "distinct") for each in query.figures):
                raise NotUnderstood(len(self.tokens) - 1)
            for name in query.columns:
                query.group(Key(column=name))
        if query.havings and not query.groups:
            if not query.columns:
                raise NotUnderstood(len(self.tokens) - 1)
            for name in query.columns:
                query.group(Key(column=name))
        if query.groups or query.figures:
            keys = {key.column for key in query.groups} | set(query.columns)
            if any(output.fn is None and output.column not in keys for output, _ in query.orders):
                raise NotUnderstood(len(self.tokens) - 1)
        if any(output.fn is not None for output, _ in query.orders) and not (query.groups or query.columns):
            raise NotUnderstood(len(self.tokens) - 1)
        if self._each and not query.groups:
            raise NotUnderstood(len(self.tokens) - 1)
        if not (query.outputs or query.conditions or query.orders or query.groups or query.limit):
            raise NotUnderstood(0)
