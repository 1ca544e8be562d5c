"""See, edit, ask, share and plan with a pandas DataFrame, inside Jupyter.

`%load_ext tabweave` brings the `%tab` magic; `import tabweave as tw` the same in Python. Importing loads nothing heavy:
each public name is fetched when it is first used.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .api import SharedTable, Table, drop, join, open, share, show, sql, status, table, tables

__all__ = [
    "SharedTable",
    "Table",
    "__version__",
    "drop",
    "join",
    "load_ipython_extension",
    "open",
    "share",
    "show",
    "sql",
    "status",
    "table",
    "tables",
    "unload_ipython_extension",
]

_FROM_API = frozenset({"SharedTable", "Table", "drop", "join", "open", "share", "show", "sql", "status", "table", "tables"})


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("tabweave")
    except PackageNotFoundError:
        import json
        from pathlib import Path

        package = Path(__file__).parents[2] / "package.json"
        found: str = json.loads(package.read_text(encoding="utf-8"))["version"]
        return found


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value: Any = _version()
    elif name in _FROM_API:
        from importlib import import_module

        import_module(".showing", __name__)
        value = getattr(import_module(".api", __name__), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Registers `%tab` and begins to follow what cells do to the variables that are shown."""
    from importlib import import_module

    import_module(".showing", __name__)
    magics = import_module(".magics", __name__)
    import_module(".ask_magics", __name__)
    import_module(".planning_lines", __name__)
    import_module(".language.settings", __name__).settings_of(shell)
    import_module(".workspace", __name__).current(shell.user_ns).connect()
    shell.register_magics(magics.TabMagics(shell))


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Takes `%tab` away and stops following variables; grids that are open say that their table is gone."""
    from importlib import import_module

    import_module(".workspace", __name__).close()
    if (querying := sys.modules.get(f"{__name__}.querying")) is not None:
        querying.close()
    shell.magics_manager.magics["line"].pop("tab", None)
    shell.magics_manager.magics["cell"].pop("tab", None)
