"""A view that is computed as soon as it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabweave.frames.view import ViewState, never

if TYPE_CHECKING:
    from collections.abc import Callable

    from tabweave.frames.frame import Frame
    from tabweave_core.protocol.schema import View


def viewed(frame: Frame, view: View | None = None, *, cancelled: Callable[[], bool] = never) -> ViewState:
    found = ViewState(frame, view)
    found.compute(cancelled)
    return found
