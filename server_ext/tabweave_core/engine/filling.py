"""The cells that new rows and columns come with: all read before anything is written, then written with the same revision.

It must not know operations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import BadMessage, Refused
from ..protocol.schema import BadCell
from .cells import Unread, reader
from .refusals import MOST_BAD, CellsRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..protocol.ops import Scalar
    from ..protocol.schema import Column
    from .draft import Draft, Text

Texts = dict[int, dict[int, "Text"]]
"""Texts by column and row id."""


def read(columns: Sequence[Column], rids: Sequence[int], values: Sequence[Sequence[Scalar]]) -> Texts:
    """The texts of typed JSON values, a list for each column with one value or one for each row; raises `CellsRefused`."""
    if len(values) != len(columns):
        raise BadMessage("BAD_MESSAGE", "There must be one list of values for each column.", where="op.values")
    if any(len(each) not in (1, len(rids)) for each in values):
        raise BadMessage("BAD_MESSAGE", "A list needs one value, or one for each row.", where="op.values")
    found: Texts = {}
    bad: list[tuple[str, BadCell]] = []
    n_bad = 0
    for at, (column, items) in enumerate(zip(columns, values, strict=True)):
        if not column.editable:
            raise Refused("NOT_EDITABLE", column.why)
        take = reader(column, typed=False)
        texts = found[column.id] = {}
        for row, rid in enumerate(rids):
            try:
                texts[rid] = take(items[row if len(items) > 1 else 0])
            except Unread as error:
                n_bad += 1
                if len(bad) < MOST_BAD:
                    cell = BadCell(
                        row=row, column=at, rid=rid, id=column.id, text=error.text, message=error.message, hint=error.hint
                    )
                    bad.append((error.code, cell))
    if bad:
        raise CellsRefused(bad[0][0], [cell for _, cell in bad], n_bad, len(columns) * len(rids))
    return found


def write(draft: Draft, texts: Texts) -> None:
    """Puts texts into rows and columns that are there and have missing values."""
    for cid, cells in texts.items():
        present = {rid: text for rid, text in cells.items() if text is not None}
        draft.need([cid], present)
        for rid, text in present.items():
            draft.put(cid, rid, text)
