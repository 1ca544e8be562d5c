"""How each grid is made, recognised as painted, and scrolled. Everything is done through what its users see."""

from __future__ import annotations

from dataclasses import dataclass, field

FRAMES = {
    "1M x 20": """
import numpy as np, pandas as pd
rng = np.random.default_rng(1); n = 1_000_000
df = pd.DataFrame({"name": pd.Series([f"row-{i:07d}" for i in range(n)], dtype="str")})
for k in range(8): df[f"float_{k}"] = rng.normal(100, 20, n)
for k in range(5): df[f"int_{k}"] = rng.integers(0, 1000, n)
for k in range(2): df[f"day_{k}"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D")
for k in range(2): df[f"cat_{k}"] = pd.Categorical.from_codes(rng.integers(0, 12, n), [f"group {c}" for c in "ABCDEFGHIJKL"])
df["flag"] = rng.integers(0, 2, n).astype(bool)
df["text"] = pd.Series(rng.choice(["red", "green", "blue", "a longer piece of text"], n), dtype="str")
""",
    "10M x 5": """
import numpy as np, pandas as pd
rng = np.random.default_rng(1); n = 10_000_000
df = pd.DataFrame({"name": pd.Series(np.char.add("row-", np.char.zfill(np.arange(n).astype("U7"), 7)), dtype="str"),
  "price": rng.normal(100, 20, n), "qty": rng.integers(0, 1000, n), "share": rng.random(n), "rank": rng.integers(0, 10**9, n)})
""",
}

PAINTED = """
// Whether a text is in an element that can be seen: data in a script, or in a table that is not laid out yet, is no paint.
function shows(node, text) {
  if (node.nodeType === 3) return node.data.includes(text) && (node.parentElement?.checkVisibility() ?? false);
  if (/^(SCRIPT|STYLE|TEMPLATE)$/.test(node.tagName)) return false;
  if (node.shadowRoot && shows(node.shadowRoot, text)) return true;
  if (node.tagName === 'IFRAME' && node.contentDocument && shows(node.contentDocument, text)) return true;
  return [...(node.childNodes || [])].some(child => shows(child, text));
}
function inked(root) {
  for (const canvas of root.querySelectorAll('canvas')) {
    if (canvas.width < 200 || canvas.height < 100) continue;
    const ctx = canvas.getContext('2d');
    if (!ctx) continue;
    const top = Math.floor(canvas.height * 0.45), w = Math.floor(canvas.width * 0.7), h = Math.floor(canvas.height * 0.3);
    const data = new Uint32Array(ctx.getImageData(60, top, w, h).data.buffer);
    const seen = new Set();
    for (let i = 0; i < data.length && seen.size <= 12; i += 3) seen.add(data[i]);
    if (seen.size > 12) return true;
  }
  return false;
}
"""


@dataclass(frozen=True)
class Peer:
    """One grid. `make` leaves it in `g`; `first`, `scroller` and `filled` are JavaScript expressions over `root` (and `text`).

    `before` is run once in a cell of its own, and not timed. A grid of which a page can show only one (`single`) has no second
    paint, and none is made to warm up.
    `typed_into` names, for each frame, the column that edits are timed in; only for a grid that writes into the user's frame.
    """

    name: str
    package: str
    make: str
    first: str = "shows(root, 'row-0000000')"
    scroller: str = ""
    filled: str = "shows(root, text)"
    edits: str = "no"
    note: str = ""
    before: str = ""
    single: bool = False
    kernel: str = "python3"
    typed_into: dict[str, str] = field(default_factory=dict)


PEERS = [
    Peer(
        "tabweave",
        "tabweave",
        "import tabweave as tw; g = tw.table(df).show()",
        first="inked(root)",
        scroller="root.querySelector('.dvn-scroller')",
        filled="inked(root)",
        edits="the user's frame",
        typed_into={"1M x 20": "float_0", "10M x 5": "price"},
    ),
    Peer(
        "ipydatagrid",
        "ipydatagrid",
        "from ipydatagrid import DataGrid; g = DataGrid(df, editable=True, layout={'height': '400px'})",
        first="inked(root)",
        edits="a copy",
        note="sends the whole table",
    ),
    Peer(
        "ipydatagrid, streaming",
        "ipydatagrid",
        "from ipydatagrid import StreamingDataGrid; g = StreamingDataGrid(df, layout={'height': '400px'})",
        first="inked(root)",
    ),
    Peer(
        "itables",
        "itables",
        "import itables; from IPython.display import HTML\n"
        "g = HTML(itables.to_html_datatable(df, connected=False, display_logo_when_loading=False))",
        before="import itables; itables.init_notebook_mode(all_interactive=False, connected=False)",
        note="a sample of the rows",
    ),
    Peer("quak", "quak", "import quak; g = quak.Widget(df)"),
    Peer(
        "buckaroo",
        "buckaroo",
        "import buckaroo; g = buckaroo.BuckarooInfiniteWidget(df)",
        first="[...root.querySelectorAll('.ag-cell')].some(cell => cell.textContent.startsWith('row-0000000'))",
        scroller="[...root.querySelectorAll('.ag-body-viewport')].sort((a, b) => b.scrollHeight - a.scrollHeight)[0]",
        note="with pandas 2",
        kernel="pandas2",
    ),
    Peer(
        "perspective",
        "perspective",
        "from perspective.widget import PerspectiveWidget; g = PerspectiveWidget(df)",
        edits="a copy",
        note="copies the table",
        before="import perspective.widget",
        single=True,
    ),
]
