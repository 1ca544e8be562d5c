"""What every message has, whoever says it."""

from __future__ import annotations

import msgspec


class RequestBase(msgspec.Struct, tag_field="type", frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of what clients say."""

    ch: str


class AnswerBase(msgspec.Struct, tag_field="type", frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of what a session says."""

    ch: str
