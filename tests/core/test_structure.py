"""The rules of the source tree: sizes, layers, cycles, light imports, documented names, generated files, versions."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
import tabweave
from tabweave_core.protocol import typescript

ROOT = Path(__file__).parents[2]
SOURCES = {"tabweave": ROOT / "kernel_ext", "tabweave_core": ROOT / "server_ext", "tabweave_server": ROOT / "server_ext"}
FRONT = ROOT / "labextension" / "src"
GENERATED = {FRONT / "protocol.ts"}
LIMIT = 400

# From top to bottom; a module may import only from rows below its own (or its own row's package).
LAYERS = [
    ["tabweave.magics", "tabweave_server.app"],
    ["tabweave.completion"],
    ["tabweave.arguments", "tabweave.showing", "tabweave.samples", "tabweave_server.handlers"],
    ["tabweave.widget", "tabweave_server.sockets"],
    ["tabweave.api", "tabweave.bundle", "tabweave.pace", "tabweave_server.relay"],
    ["tabweave.intents", "tabweave.workspace"],
    ["tabweave.binding"],
    ["tabweave.watch", "tabweave.tabular", "tabweave.opening"],
    ["tabweave.remote"],
    [
        "tabweave.discover",
        "tabweave.preview",
        "tabweave.sessions",
        "tabweave_server.access",
        "tabweave_server.envelope",
        "tabweave_server.outbox",
    ],
    ["tabweave_server.kernels", "tabweave_server.limits", "tabweave_server.record", "tabweave_server.version"],
    ["tabweave.channel"],
    ["tabweave.questions", "tabweave.news", "tabweave.shown", "tabweave.slot", "tabweave.ledger", "tabweave.worker"],
    ["tabweave.frames"],
    ["tabweave.patience"],
    ["tabweave_core.engine"],
    ["tabweave_core.protocol"],
    ["tabweave_core.errors"],
]
APART = [
    ("tabweave", "tabweave_server"),
    ("tabweave_server", "tabweave"),
    ("tabweave_core", "tabweave"),
    ("tabweave_core", "tabweave_server"),
]
HEAVY = ["pandas", "numpy", "duckdb", "pyarrow", "plotly", "openai", "ipywidgets", "anywidget", "tornado"]
FRONT_LAYERS = ["lab", "widget", "grid", "session", "transport", "arrow", "values", "protocol"]


def modules() -> dict[str, Path]:
    found = {}
    for package, base in SOURCES.items():
        for path in sorted((base / package).rglob("*.py")):
            parts = path.relative_to(base).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


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


def layer(module: str) -> int | None:
    for depth, row in enumerate(LAYERS):
        if any(module == entry or module.startswith(entry + ".") for entry in row):
            return depth
    return None


def test_the_tests_run_on_this_checkout() -> None:
    assert Path(tabweave.__file__).is_relative_to(ROOT)


def test_no_source_file_is_longer_than_the_limit() -> None:
    files = [*modules().values(), *FRONT.rglob("*.ts"), *FRONT.rglob("*.tsx")]
    long = {
        str(p.relative_to(ROOT)): n
        for p in files
        if p not in GENERATED and (n := len(p.read_text(encoding="utf-8").splitlines())) > LIMIT
    }
    assert long == {}


def test_every_module_has_a_place_in_the_layers() -> None:
    packages = {"tabweave", "tabweave_core", "tabweave_server"}
    assert [name for name in modules() if name not in packages and layer(name) is None] == []


def test_imports_point_down() -> None:
    upward = []
    for name, targets in graph().items():
        own = layer(name)
        for target in targets:
            depth = layer(target)
            same_package = (
                name.rpartition(".")[0] == target.rpartition(".")[0]
                or name.startswith(target + ".")
                or target.startswith(name + ".")
            )
            if own is not None and depth is not None and (depth < own or (depth == own and not same_package)):
                upward.append(f"{name} -> {target}")
    assert upward == []


def test_the_three_packages_keep_apart() -> None:
    crossing = [
        f"{name} -> {target}"
        for name, targets in graph().items()
        for target in targets
        if (name.partition(".")[0], target.partition(".")[0]) in APART
    ]
    assert crossing == []


def test_there_is_no_import_cycle() -> None:
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        pytest.fail(f"import cycle: {' -> '.join(error.args[1])}")


def test_importing_tabweave_loads_nothing_heavy() -> None:
    code = f"import sys, tabweave; print([m for m in {HEAVY!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


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
    front = [
        p.relative_to(FRONT).as_posix() for p in [*FRONT.rglob("*.ts"), *FRONT.rglob("*.tsx")] if not p.name.endswith(".d.ts")
    ]
    python = [
        p.relative_to(SOURCES[name.partition(".")[0]]).as_posix() for name, p in modules().items() if p.name != "__init__.py"
    ]
    assert [name for name in python + front if f"`{name}`" not in text] == []


def test_every_dependency_is_justified() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    python = re.findall(r'^  "([A-Za-z0-9-]+)[><=]', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    names = {*python, *package.get("dependencies", {}), *package.get("devDependencies", {})}
    assert sorted(name for name in names if f"`{name}`" not in text) == []


def test_front_end_imports_point_down() -> None:
    upward = []
    for path in [*FRONT.rglob("*.ts"), *FRONT.rglob("*.tsx")]:
        own = path.relative_to(FRONT).with_suffix("").parts[0]
        for target in re.findall(r"""(?:from|import)\s*\(?['"](\.[^'"]+)['"]""", path.read_text(encoding="utf-8")):
            resolved = (path.parent / target).resolve()
            if not resolved.is_relative_to(FRONT):
                continue
            other = resolved.relative_to(FRONT).with_suffix("").parts[0]
            if own in FRONT_LAYERS and other in FRONT_LAYERS and FRONT_LAYERS.index(other) < FRONT_LAYERS.index(own):
                upward.append(f"{path.relative_to(FRONT)} -> {other}")
    assert upward == []
