"""What is written beside the code keeps up with it: docstrings, architecture, dependencies, changelog, generated files."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator

import tabweave
from core.source import FRONT, ROOT, SOURCES, front_modules, modules
from tabweave_core.protocol import typescript


def undocumented(tree: ast.Module) -> Iterator[str]:
    if not ast.get_docstring(tree):
        yield "the module"
    stack: list[tuple[str, ast.AST]] = [("", tree)]
    while stack:
        prefix, parent = stack.pop()
        for node in ast.iter_child_nodes(parent):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                decorators = {ast.unparse(d) for d in node.decorator_list}
                if not ast.get_docstring(node) and not any(
                    d in {"overload", "override"} or d.endswith(".setter") for d in decorators
                ):
                    yield prefix + node.name
                if isinstance(node, ast.ClassDef):
                    stack.append((f"{prefix}{node.name}.", node))


def test_every_public_name_is_documented() -> None:
    missing = {
        name: gaps
        for name, path in modules().items()
        if (gaps := list(undocumented(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert missing == {}


def test_the_generated_protocol_is_current() -> None:
    assert (FRONT / "protocol.ts").read_text(encoding="utf-8") == typescript.render(), "run `make protocol`"


def test_the_changelog_speaks_of_this_version() -> None:
    version = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["version"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == version
    assert tabweave.__version__ == version


def test_every_module_has_its_line_in_the_architecture() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    front = [p.relative_to(FRONT).as_posix() for p in front_modules().values()]
    python = [
        p.relative_to(SOURCES[name.partition(".")[0]]).as_posix() for name, p in modules().items() if p.name != "__init__.py"
    ]
    lines = re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)
    there = {*python, *front}
    assert {"without a line": sorted(there - {*lines}), "named but gone": sorted({*lines} - there)} == {
        "without a line": [],
        "named but gone": [],
    }


def test_every_dependency_is_justified() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    python = re.findall(r'^  "([A-Za-z0-9-]+)[><=]', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    names = {*python, *package.get("dependencies", {}), *package.get("devDependencies", {})}
    assert sorted(name for name in names if f"`{name}`" not in text) == []
