"""Who started each kernel, and who else uses it: whatever a kernel does, it does as the person who started it.

Jupyter does not remember this, so it is read off the request in whose course a kernel is started or its channels are opened.
A restart keeps the starter; a kernel that is gone is forgotten. Knows nothing of sockets or tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_async
from jupyter_server import CallContext
from jupyter_server.auth import User
from tabweave_core.errors import Refused

from .record import line

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

_UNKNOWN = "The server does not know who started this kernel, so it may not use shared tables."
_UNKNOWN_HINT = "Shut the kernel down and start it again from a page where you are logged in."
_SEVERAL = "Somebody else than its starter has used this kernel, so it may not use shared tables."
_SEVERAL_HINT = "Restart the kernel, or have the server allow it by `TabweaveServer.kernels_of_several = True`."


class Starters:
    """The starter and the guests of each kernel of a kernel manager.

    With `several` false a kernel that had a guest is refused until it is restarted: a guest's code would run as its starter.
    `guest` is told the id of a kernel that is from now on refused.
    """

    def __init__(self, manager: Any, log: logging.Logger, *, several: bool = True) -> None:
        self._manager = manager
        self._log = log
        self._several = several
        self._users: dict[str, User] = {}
        self._guests: dict[str, set[str]] = {}
        self._originals: dict[str, Any] = {}
        self.on_guest: list[Callable[[str], None]] = []

    def observe(self) -> None:
        """Begins to watch the manager; `release` ends it."""
        watched = {"start_kernel": self._start, "restart_kernel": self._restart, "notify_connect": self._connect}
        for name, watch in watched.items():
            original = getattr(self._manager, name, None)
            if original is not None:
                self._originals[name] = original
                setattr(self._manager, name, watch)

    def release(self) -> None:
        """Leaves the manager as it was."""
        for name, original in self._originals.items():
            setattr(self._manager, name, original)
        self._originals.clear()

    def user(self, kernel_id: str) -> User:
        """Jupyter's user who started a kernel; raises `FORBIDDEN` for a kernel that may not act for anybody."""
        user = self._users.get(kernel_id) if kernel_id in self._manager else None
        if user is None:
            raise Refused("FORBIDDEN", _UNKNOWN, hint=_UNKNOWN_HINT)
        if not self._several and self._guests.get(kernel_id):
            raise Refused("FORBIDDEN", _SEVERAL, hint=_SEVERAL_HINT)
        return user

    async def _start(self, *args: Any, **kwargs: Any) -> Any:
        user = _asking()
        running = kwargs.get("kernel_id") in self._manager
        kernel_id = await ensure_async(self._originals["start_kernel"](*args, **kwargs))
        if running:
            return kernel_id
        self._prune()
        if user is None:
            self._users.pop(kernel_id, None)
        else:
            self._users[kernel_id] = user
        self._log.info(line("kernel_start", kernel=kernel_id, user=user.username if user else None))
        return kernel_id

    async def _restart(self, kernel_id: str, *args: Any, **kwargs: Any) -> Any:
        result = await ensure_async(self._originals["restart_kernel"](kernel_id, *args, **kwargs))
        self._guests.pop(kernel_id, None)
        return result

    def _connect(self, kernel_id: str, *args: Any, **kwargs: Any) -> Any:
        user, starter = _asking(), self._users.get(kernel_id)
        if user is not None and starter is not None and user.username != starter.username:
            guests = self._guests.setdefault(kernel_id, set())
            if user.username not in guests:
                guests.add(user.username)
                self._log.warning(line("kernel_guest", kernel=kernel_id, starter=starter.username, user=user.username))
                if not self._several:
                    for told in list(self.on_guest):
                        told(kernel_id)
        return self._originals["notify_connect"](kernel_id, *args, **kwargs)

    def _prune(self) -> None:
        for known in (self._users, self._guests):
            for kernel_id in [kernel_id for kernel_id in known if kernel_id not in self._manager]:
                del known[kernel_id]


def _asking() -> User | None:
    """The user of the request that is being answered, as Jupyter told them apart."""
    handler = CallContext.get(CallContext.JUPYTER_HANDLER)
    user = getattr(handler, "current_user", None)
    return user if isinstance(user, User) else None
