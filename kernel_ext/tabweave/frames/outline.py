"""A frame's structure without its values, moved along by effects: where rows and columns were when an edit was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import labels
from .effects import Arrange, Bound, ColumnsIn, ColumnsOut, Effect, Move, Relabel, RowsIn, RowsOut, SetValues, Several

if TYPE_CHECKING:
    from tabweave_core.engine.rows import RowIds

    from .frame import Frame


@dataclass(eq=False)
class State:
    """What a frame's structure was: row ids, column ids, column labels, dtypes and whether the rows are just counted."""

    rows: RowIds
    columns: list[int]
    labels: list[Any]
    dtypes: dict[int, Any]
    counted: bool
    index: Any

    @classmethod
    def of(cls, frame: Frame) -> State:
        """The structure of a frame as it is now."""
        df, columns = frame.df, list(frame.layout.columns)
        dtypes = dict(zip(columns, df.dtypes, strict=True))
        return cls(frame.rids.copy(), columns, list(df.columns), dtypes, labels.counts_rows(df.index), df.index[:0])

    def copy(self) -> State:
        """A state that can go on by itself."""
        return State(self.rows.copy(), list(self.columns), list(self.labels), dict(self.dtypes), self.counted, self.index)

    def advance(self, effect: Effect) -> None:  # noqa: C901 - one case per effect
        """Goes on to what the structure is after an effect."""
        match effect:
            case RowsIn():
                self.rows.insert(effect.positions, effect.rids)
            case RowsOut():
                positions = self.rows.positions(effect.rids)
                positions.sort()
                self.rows.delete(positions)
            case ColumnsIn():
                for place, cid, label, array in zip(effect.places, effect.cids, effect.labels, effect.arrays, strict=True):
                    self.columns.insert(place, cid)
                    self.labels.insert(place, label)
                    self.dtypes[cid] = array.dtype
            case ColumnsOut():
                for cid in effect.cids:
                    place = self.columns.index(cid)
                    del self.columns[place], self.labels[place]
            case Relabel():
                self.labels[self.columns.index(effect.cid)] = effect.label
            case Move():
                place = self.columns.index(effect.cid)
                label = self.labels.pop(place)
                del self.columns[place]
                self.columns.insert(effect.to, effect.cid)
                self.labels.insert(effect.to, label)
            case SetValues() | Bound():
                pass
            case Arrange():
                self.rows.arrange(effect.rids)
            case Several():
                for each in effect.effects:
                    self.advance(each)
            case _:
                self.dtypes[effect.cid] = effect.array.dtype


def unique(labels_: list[Any], label: Any) -> bool:
    """Whether a label is one plain text that no other column has."""
    return isinstance(label, str) and sum(isinstance(other, str) and other == label for other in labels_) == 1
