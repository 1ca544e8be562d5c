"""What the extension needs to know of Jupyter's kernels, behind one small face. Knows nothing of sockets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from jupyter_core.utils import ensure_async


class Kernels:
    """The kernels of a Jupyter server."""

    def __init__(self, manager: Any) -> None:
        self._manager = manager

    def _find(self, kernel_id: str) -> Any:
        return self._manager.get_kernel(kernel_id) if kernel_id in self._manager else None

    def known(self, kernel_id: str) -> bool:
        """Whether the server runs (or is restarting) this kernel."""
        return self._find(kernel_id) is not None

    def key(self, kernel_id: str) -> bytes:
        """The key of the kernel's connection file; empty when there is none, as for a remote gateway's kernels."""
        session = getattr(self._find(kernel_id), "session", None)
        return bytes(getattr(session, "key", b""))

    def process(self, kernel_id: str) -> object:
        """The process id, which a restart changes; None when it cannot be told."""
        return getattr(getattr(self._find(kernel_id), "provisioner", None), "pid", None)

    async def running(self, kernel_id: str) -> bool:
        """Whether the kernel's process lives and is not about to stop or restart."""
        kernel = self._find(kernel_id)
        if kernel is None or getattr(kernel, "shutting_down", False):
            return False
        if getattr(kernel, "execution_state", "") in {"restarting", "dead", "terminating"}:
            return False
        return not getattr(kernel, "owns_kernel", True) or bool(await ensure_async(kernel.is_alive()))

    def touch(self, kernel_id: str) -> None:
        """Counts as activity, so that a kernel in use through a grid is not culled."""
        kernel = self._find(kernel_id)
        if kernel is not None:
            kernel.last_activity = datetime.now(UTC)
