"""The rules of the source tree: sizes, layers, cycles, light imports, documented names, generated files, versions."""

from __future__ import annotations

import ast
import json
import os
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
FRONT_IMPORT = re.compile(
    r"""^(?:import|export)\s+(?P<type>type\s)?[^;'"]*?['"](?P<from>\.[^'"]+)['"]|import\(['"](?P<lazy>\.[^'"]+)['"]\)""",
    re.MULTILINE,
)
GENERATED = {FRONT / "protocol.ts"}
LIMIT = 400

# From top to bottom: a module imports only from rows below its own, or from its own package in its own row. A package stands
# for all its modules that no row above names.
LAYERS = [
    ["tabweave.ask_magics", "tabweave.planning_lines"],
    ["tabweave.magics", "tabweave_server.app"],
    ["tabweave.completion", "tabweave.showing", "tabweave.samples", "tabweave_server.handlers"],
    ["tabweave.arguments", "tabweave.clauses"],
    [
        "tabweave.agreed",
        "tabweave.answers",
        "tabweave.asking",
        "tabweave.chart_widget",
        "tabweave.charts",
        "tabweave.displays",
        "tabweave.grounds",
        "tabweave.inquiries",
        "tabweave.plan_code",
        "tabweave.proposals",
        "tabweave.staging",
    ],
    ["tabweave.language", "tabweave.progress", "tabweave.widget"],
    [
        "tabweave.api",
        "tabweave.bundle",
        "tabweave.handles",
        "tabweave.joined",
        "tabweave.pace",
        "tabweave.querying",
        "tabweave.rollup",
        "tabweave.trees",
        "tabweave.wording",
        "tabweave_server.relay",
    ],
    ["tabweave.intents", "tabweave.opening", "tabweave.relations", "tabweave.workspace", "tabweave_server.shared"],
    ["tabweave.binding", "tabweave.shared", "tabweave_server.house"],
    ["tabweave.watch", "tabweave.tabular", "tabweave.remote", "tabweave.courier"],
    ["tabweave.discover", "tabweave.preview", "tabweave.sessions"],
    ["tabweave.channel"],
    ["tabweave.desk", "tabweave.greeting", "tabweave.submissions", "tabweave.treed"],
    ["tabweave.questions", "tabweave.news", "tabweave.shown", "tabweave.slot", "tabweave.ledger", "tabweave.worker"],
    ["tabweave.frames.frame"],
    [
        "tabweave.frames.code",
        "tabweave.frames.edits",
        "tabweave.frames.external",
        "tabweave.frames.histories",
        "tabweave.frames.pandas_code",
        "tabweave.frames.planned",
        "tabweave.frames.profile",
        "tabweave.frames.retype",
        "tabweave.frames.rewrite",
        "tabweave.frames.spreads",
        "tabweave.frames.sql_code",
        "tabweave.frames.stats",
        "tabweave.frames.structure",
        "tabweave.frames.transform",
        "tabweave.frames.undoing",
        "tabweave.frames.view",
    ],
    [
        "tabweave.frames.distinct",
        "tabweave.frames.effects",
        "tabweave.frames.filters",
        "tabweave.frames.layout",
        "tabweave.frames.log",
        "tabweave.frames.ops",
        "tabweave.frames.order",
        "tabweave.frames.outline",
        "tabweave.frames.search",
        "tabweave.frames.sizes",
    ],
    ["tabweave.frames"],
    [
        "tabweave.patience",
        "tabweave_server.access",
        "tabweave_server.commits",
        "tabweave_server.crew",
        "tabweave_server.envelope",
        "tabweave_server.form",
        "tabweave_server.landing",
        "tabweave_server.measured",
        "tabweave_server.outbox",
        "tabweave_server.peers",
        "tabweave_server.refusals",
        "tabweave_server.spool",
        "tabweave_server.starters",
    ],
    [
        "tabweave.gate",
        "tabweave_server.kernels",
        "tabweave_server.limits",
        "tabweave_server.metrics",
        "tabweave_server.record",
        "tabweave_server.version",
    ],
    ["tabweave_core.replica"],
    ["tabweave_core.rooms"],
    ["tabweave_core.asking"],
    ["tabweave_core.engine.ingest.batches"],
    ["tabweave_core.engine.ingest.opening"],
    [
        "tabweave_core.engine.ingest.columnar",
        "tabweave_core.engine.ingest.delimited",
        "tabweave_core.engine.ingest.documents",
        "tabweave_core.engine.ingest.passes",
        "tabweave_core.engine.ingest.pieces",
        "tabweave_core.engine.ingest.shareable",
        "tabweave_core.engine.ingest.workbook",
    ],
    [
        "tabweave_core.engine.apply",
        "tabweave_core.engine.boards",
        "tabweave_core.engine.spreads",
        "tabweave_core.engine.store",
        "tabweave_core.engine.tablesource",
        "tabweave_core.engine.writer",
    ],
    ["tabweave_core.engine.planning"],
    ["tabweave_core.engine"],
    ["tabweave_core.language", "tabweave_core.charts"],
    ["tabweave_core.plans"],
    ["tabweave_core.sql"],
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
# The same for the front end, by path below labextension/src without suffix; a folder stands for what is in it.
FRONT_LAYERS = [
    ["lab"],
    ["widget"],
    ["rehearsal"],
    ["table"],
    ["grid/app"],
    ["command", "chart"],
    ["grid/cells_view"],
    ["grid/others"],
    ["grid/events", "grid/input", "grid/keys", "grid/popup", "grid/whereabouts"],
    [
        "grid/desk",
        "grid/news",
        "grid/panels",
        "tree/bar",
        "tree/cells",
        "tree/keys",
        "tree/menus",
        "tree/note",
        "tree/panel",
        "tree/panel_parts",
        "tree/proposal",
        "tree/status",
        "tree/treegrid",
        "tree/typing",
    ],
    ["grid/control", "grid/transfer", "grid/writing"],
    [
        "grid/cells",
        "grid/editor",
        "grid/outcomes",
        "grid/draw_fate",
        "grid/glide",
        "grid/glide_fill",
        "grid/glide_handle",
        "grid/glide_pointer",
        "grid/glide_selection",
        "grid/tags",
        "tree/draw_node",
    ],
    [
        "grid/datepicker",
        "grid/draw",
        "grid/header",
        "grid/height",
        "grid/layout",
        "grid/measure",
        "grid/paste",
        "grid/scroll",
        "grid/selection",
    ],
    ["grid", "tree/acts"],
    ["tree"],
    ["session"],
    ["transport"],
    ["arrow"],
    ["values"],
    ["tagged"],
    ["calendar", "floats", "protocol", "styles"],
]


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
            if target.startswith(name + "."):
                continue  # a package's door opens on its own modules
            same_package = name.rpartition(".")[0] == target.rpartition(".")[0] or name.startswith(target + ".")
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


def front_modules() -> dict[str, Path]:
    found = [p for p in [*FRONT.rglob("*.ts"), *FRONT.rglob("*.tsx")] if not p.name.endswith(".d.ts")]
    return {p.relative_to(FRONT).with_suffix("").as_posix(): p for p in sorted(found)}


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


def front_layer(module: str) -> int | None:
    for depth, row in enumerate(FRONT_LAYERS):
        if any(module == entry or module.startswith(entry + "/") for entry in row):
            return depth
    return None


def test_every_front_end_module_has_a_place_in_the_layers() -> None:
    assert [name for name in front_modules() if front_layer(name) is None] == []


def test_front_end_imports_point_down() -> None:
    upward = [
        f"{name} -> {target}"
        for name, targets in front_graph(types=True).items()
        for target in targets
        if (front_layer(target) or 0) < (front_layer(name) or 0)
    ]
    assert upward == []


def test_there_is_no_import_cycle_in_the_front_end() -> None:
    try:
        TopologicalSorter(front_graph(types=False)).prepare()
    except CycleError as error:
        pytest.fail(f"import cycle: {' -> '.join(error.args[1])}")
