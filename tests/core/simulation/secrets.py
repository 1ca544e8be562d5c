"""Texts that can be found again in anything that is sent, and who may ever have read each of them (I10).

What somebody could read at any time since it was written is no secret from them any more; what was written after they lost
the right is. The rights are read here in their plain form, not as the rooms read them.
"""

from __future__ import annotations

import re

from tabweave_core.protocol.rights import ColumnRights, Rights

OWNER = "ann"
_TOKEN = re.compile(r"~\d{5}~")
_BYTES = re.compile(rb"~\d{5}~")


class Secrets:
    def __init__(self, users: list[str]) -> None:
        self._users = users
        self._rights = Rights()
        self._column: dict[str, int] = {}
        self._known: dict[str, set[str]] = {}
        self._drawn = 0

    def draw(self, author: str) -> str:
        """A new text, of which only its author knows."""
        self._drawn += 1
        token = f"~{self._drawn:05}~"
        self._known[token] = {author}
        return token

    def is_one(self, text: str | None) -> bool:
        """Whether somebody has drawn this text, once and for one cell."""
        return text in self._known

    def may_enter(self, user: str) -> bool:
        """Whether there is such a table for somebody now."""
        return user == OWNER or self._rights.people.get(user, self._rights.everyone) != "none"

    def readers(self, cid: int) -> set[str]:
        """Who may read a column now."""
        given = self._rights.columns.get(cid, ColumnRights()).read
        return {user for user in self._users if self.may_enter(user) and (given is None or user in given)} | {OWNER}

    def put(self, cid: int, text: str | None) -> None:
        """A text is in a column now, as a value or as its name."""
        for token in _TOKEN.findall(text or ""):
            self._column[token] = cid
            self._known[token] |= self.readers(cid)

    def grant(self, rights: Rights) -> None:
        """These rights are in force now."""
        self._rights = rights
        for token, cid in self._column.items():
            self._known[token] |= self.readers(cid)

    def told(self, user: str, frame: str | bytes) -> list[str]:
        """The texts in a frame of which its reader should not know."""
        found = _TOKEN.findall(frame) if isinstance(frame, str) else [token.decode() for token in _BYTES.findall(frame)]
        return [token for token in found if user not in self._known[token]]
