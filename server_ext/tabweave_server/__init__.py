"""The Jupyter server extension: it holds the shared tables, and carries messages between pages and kernels.

It must not import `tabweave`, which runs in kernels.
"""

from __future__ import annotations

from typing import Any

from . import version

__version__ = version.VERSION


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from .app import TabweaveServer

    return [{"module": "tabweave_server", "app": TabweaveServer}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "tabweave"}]
