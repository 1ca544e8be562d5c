"""The source tree as tests read it: which modules there are, and which imports which."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = {"tabweave": ROOT / "kernel_ext", "tabweave_core": ROOT / "server_ext", "tabweave_server": ROOT / "server_ext"}
FRONT = ROOT / "labextension" / "src"
FRONT_IMPORT = re.compile(
    r"""^(?:import|export)\s+(?P<type>type\s)?[^;'"]*?['"](?P<from>\.[^'"]+)['"]|import\(['"](?P<lazy>\.[^'"]+)['"]\)""",
    re.MULTILINE,
)
GENERATED = {FRONT / "protocol.ts"}


def modules() -> dict[str, Path]:
    found = {}
    for package, base in SOURCES.items():
        for path in sorted((base / package).rglob("*.py")):
            parts = path.relative_to(base).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def front_modules() -> dict[str, Path]:
    found = [p for p in [*FRONT.rglob("*.ts"), *FRONT.rglob("*.tsx")] if not p.name.endswith(".d.ts")]
    return {p.relative_to(FRONT).with_suffix("").as_posix(): p for p in sorted(found)}


def under_type_checking(node: ast.If) -> bool:
    return ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def imports(tree: ast.AST, name: str, is_package: bool) -> Iterator[str]:
    """Every module that `name` imports when it runs, at its top or inside functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and under_type_checking(node):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parent = name.split(".") if is_package else name.split(".")[:-1]
                parent = parent[: len(parent) - node.level + 1]
                base = ".".join([*parent, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)
        else:
            yield from imports(node, name, is_package)


def graph() -> dict[str, set[str]]:
    known = modules()
    edges: dict[str, set[str]] = {}
    for name, path in known.items():
        targets = set()
        for target in imports(ast.parse(path.read_text(encoding="utf-8")), name, path.name == "__init__.py"):
            while target and target not in known:
                target = target.rpartition(".")[0]
            if target and target != name:
                targets.add(target)
        edges[name] = targets
    return edges


def front_graph(*, types: bool) -> dict[str, set[str]]:
    """Which module imports which; with `types` also those that it only takes types from."""
    known = front_modules()
    edges = {}
    for name, path in known.items():
        targets = set()
        for found in FRONT_IMPORT.finditer(path.read_text(encoding="utf-8")):
            if types or not found["type"]:
                target = Path(os.path.relpath(path.parent / (found["from"] or found["lazy"]), FRONT))
                targets |= {target.as_posix(), (target / "index").as_posix()} & known.keys()
        edges[name] = targets
    return edges
