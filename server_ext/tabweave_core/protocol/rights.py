"""Who may do what with a shared table, as its owner sets it and the store keeps it.

People are named by their Jupyter user id, columns by column id. What it means for a person is said in `rooms.rights`.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Level = Literal["editor", "viewer", "none"]
"""What somebody other than the owner may do with a table: change its data, read it, or not know of it."""


class ColumnRights(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The ids of those who may write a column and of those who may read it; absent, everybody may whom the table lets.

    Who may not read a column may not write it either. The owner always may.
    """

    write: list[str] | None = None
    read: list[str] | None = None


class Rights(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The level of everyone, that of single people by user id, and the columns (by id) that not all of them may use."""

    everyone: Level = "editor"
    people: dict[str, Level] = {}
    columns: dict[int, ColumnRights] = {}
