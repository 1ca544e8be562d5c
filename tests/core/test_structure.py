"""The rules of the source tree: sizes, layers, cycles, light imports."""

from __future__ import annotations

import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
import tabweave
from core.source import GENERATED, ROOT, front_graph, front_modules, graph, modules

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
        "tabweave.guards",
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
    ["tabweave.discover", "tabweave.preview", "tabweave.sessions", "tabweave.terminal"],
    ["tabweave.channel"],
    ["tabweave.desk", "tabweave.greeting", "tabweave.submissions", "tabweave.treed"],
    ["tabweave.questions", "tabweave.news", "tabweave.shown", "tabweave.slot", "tabweave.ledger"],
    ["tabweave.frames.frame"],
    [
        "tabweave.frames.bounding",
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
    ["tabweave_core.sql.child"],
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
    ["tabweave_core.crew", "tabweave_core.errors"],
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
    ["grid/people/others"],
    ["grid/editing/popup", "grid/input/keys", "grid/input/listener", "grid/input/pointers", "grid/people/whereabouts"],
    [
        "grid/editing/desk",
        "grid/panels",
        "grid/people/news",
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
    ["grid/clipboard/transfer", "grid/control", "grid/writing"],
    ["grid/drawing/cells", "grid/drawing/fates", "grid/editing", "grid/glide", "grid/people/tags", "tree/draw_node"],
    [
        "grid/clipboard/paste",
        "grid/drawing/draw",
        "grid/drawing/header",
        "grid/drawing/measure",
        "grid/height",
        "grid/layout",
        "grid/selection",
    ],
    ["grid", "tree/acts", "tree/pasting"],
    ["tree"],
    ["session"],
    ["transport"],
    ["arrow"],
    ["values"],
    ["tagged"],
    ["calendar", "floats", "protocol", "styles"],
]


def layer(module: str) -> int | None:
    for depth, row in enumerate(LAYERS):
        if any(module == entry or module.startswith(entry + ".") for entry in row):
            return depth
    return None


def test_the_tests_run_on_this_checkout() -> None:
    assert Path(tabweave.__file__).is_relative_to(ROOT)


def test_no_file_is_longer_than_the_limit() -> None:
    tests = [path for ending in ("*.py", "*.ts", "*.tsx") for path in (ROOT / "tests").rglob(ending)]
    files = {*modules().values(), *front_modules().values(), *tests} - GENERATED
    long = {str(p.relative_to(ROOT)): n for p in files if (n := len(p.read_text(encoding="utf-8").splitlines())) > LIMIT}
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
