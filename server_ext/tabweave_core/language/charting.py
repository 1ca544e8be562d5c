"""Requests for charts: "bar chart of total sales by region", "scatter of x vs y coloured by z", "histogram of age".

A request is read as a question that may also name a kind of chart, axes and colours. It must not know how charts are drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..protocol.condition import All, Key
from .axes import arrange
from .chart_parts import ChartParts
from .chart_words import ALONE, ALONG, BEFORE, KINDS, NOUNS, SHOWING, SPLIT, VERBS, WHOLE
from .lexicon import CHANGING
from .linker import Index, Linker
from .passage import NotUnderstood
from .query import Output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..protocol.condition import Condition
    from ..protocol.plan import ChartKind, Step
    from .context import Context
    from .tokens import Token


def chart_of(tokens: Sequence[Token], context: Context, *, later: bool) -> tuple[Step, ...] | None:
    """The steps of a request for a chart; None where no chart is asked for. `later`: there are steps before it."""
    request = ChartRequest(Linker(tokens, context, Index.of(context)))
    return request.steps(later=later) if request.asked else None


class ChartRequest(ChartParts):
    """Reads one request."""

    @property
    def asked(self) -> bool:
        """Whether the words ask for a chart at all."""
        return any(
            self._named_kind(at) or self._is_about(at) or (at < 3 and self.lower(at) in VERBS) for at in range(len(self.tokens))
        ) or any(
            self.lower(at) in ("chart", "graph", "plot") and self.lower(at - 1) in ("a", "as", "the")
            for at in range(1, len(self.tokens))
        )

    def steps(self, *, later: bool) -> tuple[Step, ...]:
        """The chart; raises `NotUnderstood`."""
        rules = (
            self._skip_signs,
            self._picture,
            self._subject,
            self._coloured,
            self._faceted,
            self._sized,
            self._axis,
            self._binned,
            self._titled,
            self._best,
            self._ordered,
            self._along,
            self._sorting,
            self._counting,
            self._figures,
            self._split,
            self._by,
            self._grouping,
            self._condition,
            self._shown,
            self._changing,
            self._small,
        )
        while self.at < len(self.tokens):
            if not any(rule() for rule in rules):
                raise NotUnderstood(self.at)
        self._join_values()
        if self.query.havings or self._distinct_next or (self.query.limit is not None and not self.query.orders):
            raise NotUnderstood(len(self.tokens) - 1)
        chart = arrange(self, later=later)
        if chart is None:
            raise NotUnderstood(len(self.tokens) - 1)
        return (chart,)

    @property
    def where(self) -> Condition | None:
        """Which rows are drawn."""
        found = self.query.conditions
        return None if not found else found[0] if len(found) == 1 else All(of=list(found))

    # Kinds

    def _named_kind(self, at: int) -> tuple[ChartKind, int] | None:
        word = self.tokens[at].stem if self.tokens[at].kind == "word" else ""
        if word in WHOLE:
            return WHOLE[word], at + 1
        if word.replace("-", "") in WHOLE:
            return WHOLE[word.replace("-", "")], at + 1
        if word in KINDS and self._noun(at + 1):
            return KINDS[word], at + 2
        if word == "box" and self.lower(at + 1) == "and" and self.lower(at + 2) == "whisker" and self._noun(at + 3):
            return "box", at + 4
        if word in ALONE and self.linker.column(at) is None:
            return KINDS[word], at + 1
        if word == "bar" and at and self.lower(at - 1) == "stacked":
            return "bar", at + 1
        return None

    def _noun(self, at: int) -> bool:
        return at < len(self.tokens) and self.tokens[at].stem in NOUNS

    def _picture(self) -> bool:
        """The kind of the chart, or only that one is meant, with the small words around it."""
        at = self.at
        while self.lower(at) in BEFORE or self.lower(at) in (
            "stacked",
            "stack",
            "grouped",
            "clustered",
            "horizontal",
            "vertical",
            "simple",
        ):
            at += 1
        if at >= len(self.tokens):
            return False
        found = self._named_kind(at)
        if found is None and not (self._noun(at) or (self.lower(at) in VERBS and self.at == at)):
            return False
        kind, stop = found or (None, at + 1)
        if self.kind is not None and kind is not None:
            return False
        self.kind = kind or self.kind
        self.strip |= self.tokens[at].stem.startswith(("strip", "dot"))
        said = {self.lower(place) for place in range(self.at, at)}
        if said & {"grouped", "clustered"}:
            self.options["stacked"] = False
        if "horizontal" in said:
            self.options["horizontal"] = True
        while self.lower(stop) in SHOWING and not self.starts(*ALONG, *SPLIT, at=stop):
            stop += 1
        self.at = stop
        return True

    def _is_about(self, at: int) -> str:
        word = self.lower(at)
        if word in ("distribution", "spread") and self.lower(at + 1) in ("of", "for"):
            return "distribution"
        if word in ("correlation", "relationship", "relation") and self.lower(at + 1) in ("between", "of"):
            return "correlation"
        if word == "correlate":
            return "correlation"
        return "trend" if word in ("trend", "evolution", "development") and self.lower(at + 1) in ("of", "in") else ""

    def _subject(self) -> bool:
        """As in "the distribution of", "the relation between", "the trend of"."""
        at = self.past(self.at, frozenset({"the", "general", "a"}))
        about = self._is_about(at) if at < len(self.tokens) else ""
        if not about or self.about:
            return False
        self.about = about  # type: ignore[assignment]  # one of its own
        self.at = at + (1 if self.lower(at) == "correlate" else 2)
        return True

    def _changing(self) -> bool:
        """As in "how sales changed over the years"."""
        if self.lower(self.at) not in CHANGING:
            return False
        self.about = self.about or "trend"
        self.at += 1
        return True

    # Groups

    def _add(self, key: Key) -> None:
        if key not in self.along:
            self.along.append(key)

    def _along(self) -> bool:
        """As in "over time", "across regions", "vs price": what it goes along."""
        size = self.starts(*ALONG)
        if not size:
            return False
        at = self.past(self.at + size, frozenset({"the", "all", "different"}))
        drawn = self._drawn(at) if self.lower(self.at) in ("vs", "versus", "against") else None
        if drawn is not None and isinstance(drawn[0], Output):
            self.query.show(drawn[0])
            self.at = drawn[1]
            return True
        key = self._time(at) or self._keyed(at) or self._row_key(at)
        if key is None:
            return False
        self.at = key[1]
        if self.lower(self.at - 1) and self.starts(("vs",), ("versus",), ("against",), at=self.at - (key[1] - at) - size):
            self.axes.setdefault("against", key[0])
        else:
            self._add(key[0])
        return True

    def _row_key(self, at: int) -> tuple[Key, int] | None:
        """As in "across movie genres": the rows' own word before a column."""
        stop = self.linker.row(at)
        return self.key(stop) if stop > at else None

    def _time(self, at: int) -> tuple[Key, int] | None:
        """As in "time": the one column that says when."""
        if self.lower(at) not in ("time", "years") or self.linker.column(at) is not None:
            return None
        columns = self.linker.context.columns
        dated = [each for each in columns if each.family in ("date", "timestamp")]
        if len(dated) != 1:
            dated = [each for each in columns if "year" in each.name.lower().split()] if not dated else []
        return (Key(column=dated[0].name), at + 1) if len(dated) == 1 else None

    def _split(self) -> bool:
        """As in "split by region"."""
        size = self.starts(*SPLIT)
        key = self._keyed(self.at + size) or self._row_key(self.at + size) if size else None
        if key is None:
            return False
        if self.lower(self.at) == "stacked":
            self.options["stacked"] = True
        if (self.along or self.query.groups or self.axes) and self.color is None:
            self.color = key[0]
        else:
            self._add(key[0])
        self.at = key[1]
        return True

    def _by(self) -> bool:
        """As in "by region", "by average price", "regarding region"."""
        size = self.starts(
            ("by",),
            ("based", "on"),
            ("regarding",),
            ("for", "each"),
            ("for", "every"),
            ("each",),
            ("per",),
            ("in", "each"),
            ("from", "each"),
            ("of", "each"),
            ("with", "each"),
        )
        if not size:
            return False
        at = self.past(self.at + size, frozenset({"the"}))
        drawn = self._drawn(at)
        if drawn is None:
            drawn = self._row_key(at)
        if drawn is None:
            return False
        if isinstance(drawn[0], Output):
            self.query.show(drawn[0])
        else:
            self._add(drawn[0])
        self.at = drawn[1]
        while self.lower(self.at) in ("and", ",") and (more := self._keyed(self.at + 1)) is not None:
            if self.figure(self.at + 1) is not None or self.conditions.read(self.at + 1) is not None:
                break
            self._add(more[0])
            self.at = more[1]
        return True
