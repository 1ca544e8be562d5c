"""The cells of a table that nobody may change, as row ids by column. It must not know who locked them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ..errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from .rows import Ints

HINT = "Unlock it first, if you may."


@dataclass(frozen=True, eq=False)
class Locks:
    """Ascending row ids by column id. It is never changed: a change gives another one."""

    cells: Mapping[int, Ints] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.cells)

    def among(self, cid: int, rids: Ints) -> npt.NDArray[np.bool_] | None:
        """Which cells of a column, by row ids, are locked; None for none."""
        held = self.cells.get(cid)
        if held is None:
            return None
        at = np.minimum(np.searchsorted(held, rids), len(held) - 1)
        found: npt.NDArray[np.bool_] = held[at] == rids
        return found if found.any() else None

    def marks(self, columns: Sequence[int], rids: Ints) -> list[str | None] | None:
        """For each row the ids of the columns in which it is locked, as JSON; None for all where none is."""
        masks = {cid: self.among(cid, rids) for cid in columns}
        held = {cid: mask for cid, mask in masks.items() if mask is not None}
        if not held:
            return None
        found = ([cid for cid, mask in held.items() if mask[place]] for place in range(len(rids)))
        return [str(cids) if cids else None for cids in found]

    def changed(self, cid: int, rids: Ints, *, locked: bool) -> Locks:
        """With more cells of a column locked, or fewer."""
        held = self.cells.get(cid, np.zeros(0, dtype=np.int64))
        now = np.union1d(held, rids) if locked else np.setdiff1d(held, rids, assume_unique=True)
        kept = {known: each for known, each in self.cells.items() if known != cid}
        return Locks(kept | {cid: now} if len(now) else kept)

    def require_free(self, cid: int, rids: Ints, name: str) -> None:
        """Refuses (HELD) to write cells of the column `name` that are locked."""
        found = self.among(cid, np.asarray(rids, dtype=np.int64))
        if found is not None:
            count = int(np.count_nonzero(found))
            message = f"{name} is locked" + (f" in {count:,} of {len(found):,} rows." if len(found) > 1 else " in this row.")
            raise Refused("HELD", message, hint=HINT, where=name)

    def require_column_free(self, cid: int, name: str) -> None:
        """Refuses (HELD) to make another column of one with locked cells, or none."""
        if cid in self.cells:
            raise Refused("HELD", f"Cells of {name} are locked.", hint=HINT, where=name)

    def require_rows_free(self, rids: Ints) -> None:
        """Refuses (HELD) to delete rows with locked cells."""
        for cid in self.cells:
            if self.among(cid, np.asarray(rids, dtype=np.int64)) is not None:
                raise Refused("HELD", "A cell of these rows is locked.", hint=HINT)


FREE = Locks()


def encode(locks: Locks) -> bytes:
    """The bytes that a store keeps."""
    return msgspec.msgpack.encode({cid: rids.astype("<i8").tobytes() for cid, rids in locks.cells.items()}) if locks else b""


def decode(data: bytes) -> Locks:
    """What a store has kept."""
    if not data:
        return FREE
    kept = msgspec.msgpack.decode(data, type=dict[int, bytes])
    return Locks({cid: np.frombuffer(rids, dtype="<i8").astype(np.int64) for cid, rids in kept.items()})
