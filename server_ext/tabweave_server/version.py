"""The version of the installed distribution, or of the source tree where nothing is installed."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path


def _find() -> str:
    try:
        return metadata.version("tabweave")
    except metadata.PackageNotFoundError:
        package = Path(__file__).parents[2] / "package.json"
        return str(json.loads(package.read_text(encoding="utf-8"))["version"])


VERSION = _find()
