"""One or more samples of every message type, with every field set somewhere."""

from __future__ import annotations

from tabweave_core.protocol import asking as a
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import ops as o
from tabweave_core.protocol import planning as p
from tabweave_core.protocol import schema as s

CH = "0123456789abcdef0123456789abcdef"
ANN = s.Person(id="ann", name="Ann Ägypten 🐫", color="#c0392b")
SCHEMA = s.Schema(
    columns=[
        s.Column(
            id=0,
            name="when",
            kind="timestamp",
            dtype="datetime64[ns, UTC]",
            index=True,
            editable=False,
            why="Index",
            unit="ns",
            zone="UTC",
        ),
        s.Column(
            id=1, name="qty", kind="integer", dtype="int64", nullable=False, lo="-9223372036854775808", hi="9223372036854775807"
        ),
        s.Column(id=2, name="price", kind="decimal", dtype="decimal128(18, 2)[pyarrow]", scale=2),
        s.Column(id=3, name="size", kind="category", dtype="category", categories=["S", "M", "L"], ordered=True),
    ],
    dtypes=[s.DtypeChoice(name="Int64", label="Whole number", kind="integer")],
)
VIEW = s.View(
    sort=[s.Sort(column=1), s.Sort(column=2, descending=True)],
    filter=[
        s.RangeFilter(column=1, lo="9007199254740993", hi=None),
        s.SetFilter(column=3, values=["S", None, 1, 1.5, True], missing=True, exclude=True),
        s.TextFilter(column=3, text='é"\n', mode="regex", case=True, negate=True),
        s.MissingFilter(column=2, negate=True),
        s.ExpressionFilter(sql='qty > 1 AND "price" < 2'),
    ],
    search="x y",
)
PLACE = s.Place(rid=7, column=1, to_rid=9, to_column=2, editing=True)
SPREAD = o.Spread(
    rollup=p.RollupDef(
        name="plan",
        levels=[3],
        aggregates=[p.Aggregate(fn="sum", column=2), p.Aggregate(fn="ratio", column=2, other=1, inverse=2, label="price")],
        across=0,
        filter=[s.MissingFilter(column=2, negate=True)],
    ),
    targets=[
        p.Target(at=p.Coordinate(path=["S", None]), value="1200.00"),
        p.Target(at=p.Coordinate(rows=[1, 2], name="two"), aggregate=1, value="5", method=p.Ratio(force=True)),
        p.Target(at=p.Coordinate(), method=p.CopyOf(ref=p.Reference(column=1, rev=7))),
    ],
    holds=[p.Coordinate(path=["M"], where=[s.SetFilter(column=3, values=["M"])])],
    ask_above=1000,
    token="7-0a1b",
)
PROPOSAL = a.Proposal(
    outcome="change",
    rev=7,
    command="drop rows without price",
    words="drop the rows without price",
    steps=["drop the rows without price"],
    plan='{"steps":[{"op":"drop_missing","columns":["price"]}]}',
    sql="SELECT 1",
    interpreter="model@llama",
    cost="812 tokens",
    token="7-0a1b",
    counts="1 row removed",
    notes=["qty becomes Int64 (was int64)"],
    nothing=True,
    moved=True,
    rows_before=10,
    rows_after=9,
    rows_added=1,
    rows_removed=2,
    n_cells=3,
    columns=[a.ColumnChange(name="amount", fate="renamed", column=1, was="qty", kind="integer", cells=1)],
    cells=[a.CellChange(rid=7, row=8, column=2, name="price", before=None, after="0.00")],
)
ROLLUP = p.RollupDef(name="year", levels=[3, 1], aggregates=[p.Aggregate(fn="sum", column=2)])
TREE = s.View(tree=p.Tree(rollup=ROLLUP, depth=2, expanded=[["S", None]], collapsed=[["M"]]))
TREE_INFO = p.TreeInfo(
    rollup=ROLLUP,
    levels=["size", "qty"],
    columns=[
        p.TreeColumn(id=1, aggregate=0, column=2, approximate=True),
        p.TreeColumn(id=2, aggregate=0, total=False, group="S", where=[s.SetFilter(column=3, values=["S"])]),
    ],
    nodes=[1, 3, 7],
    rows=9,
    remarks=["price: float, so totals are approximate"],
)
PLAN = '{"steps":[{"op":"drop_missing","columns":["price"]}]}'
OPS: list[o.Op] = [
    o.SetCells(blocks=[o.Block(columns=[1, 2], values=[["1", None], ["2.50"]], rows=[0, 7])]),
    o.SetCells(blocks=[o.Block(columns=[1], values=[[True, 1, 1.5, "x", None]], start=3, stop=8)], input="value"),
    o.Fill(columns=[1], start=0, stop=2, target_start=2, target_stop=9, mode="series"),
    o.Replace(find="a", replacement="b", columns=[3], case=True, whole=True, regex=True),
    o.InsertRows(count=2, before=5),
    o.InsertRows(copy_of=o.Rows(ids=[1, 2])),
    o.DeleteRows(rows=o.Rows(ranges=[(0, 2), (5, 6)])),
    o.AddColumn(name="note", dtype="str", at=0),
    o.DropColumns(columns=[3]),
    o.RenameColumn(column=1, name="quantity"),
    o.MoveColumn(column=1, to=0),
    o.RetypeColumn(column=1, dtype="Int64", on_error="missing"),
    o.BoundColumn(column=1, least="0", most="1000.50"),
    SPREAD,
    o.Lock(rollup=ROLLUP, at=[p.Coordinate(path=["S"])], aggregates=[0], locked=False),
    o.Transform(plan=PLAN, token="7-0a1b", command="drop rows without price", interpreter="grammar"),
    o.Undo(ref=4),
    o.Redo(),
]


def requests() -> list[m.Request]:
    """A client's messages."""
    asked: list[m.Request] = [
        m.Hello(ch=CH, proto=m.PROTOCOL, table="frame/kernel/1", last_seq=3, epoch="e1", last_rev=7, user=ANN),
        m.Hello(ch=CH, proto=m.PROTOCOL, table="table/sales", follow=True),
        m.Hello(ch=CH, proto=m.PROTOCOL, table="frame/kernel/1", first=m.First(id=1, rows=128, columns=32, have="e1/7/0a1b")),
        m.Bye(ch=CH),
        m.Sub(ch=CH, id=1, view=VIEW),
        m.Sub(ch=CH, id=1, view=TREE),
        m.Sub(ch=CH, id=1, view=s.View(tree=p.Tree(rollup="year", depth=None))),
        m.DefineRollup(ch=CH, id=16, rollup=ROLLUP),
        m.DropRollup(ch=CH, id=17, name="year"),
        m.Fetch(ch=CH, id=2, start=100, stop=160, columns=[0, 1, 3]),
        m.AskProfile(ch=CH, id=3, columns=[1, 2]),
        m.AskValues(ch=CH, id=4, column=3, search="s", limit=10),
        m.Find(ch=CH, id=5, text="a.b", columns=[3], case=True, whole=True, regex=True, start=9, limit=10),
        m.AskStats(ch=CH, id=6, ranges=[s.Range(start=0, stop=3, columns=[1])]),
        m.Copy(ch=CH, id=7, range=s.Range(start=0, stop=3, columns=[1, 2]), headers=True),
        m.AskCode(ch=CH, id=8, language="pandas"),
        m.AskHistory(ch=CH, id=9, limit=5, rid=3, column=1),
        m.AskSnapshot(ch=CH, id=10),
        m.AskSpread(ch=CH, id=11, op=SPREAD),
        m.Ask(ch=CH, id=12, text="drop rows without price", reading=2),
        m.Ask(ch=CH, id=13, plan=PLAN),
        m.AskChanges(ch=CH, id=14, token="7-0a1b", rows=[0, 7]),
        m.AskSuggestions(ch=CH, id=15, text="dro", limit=3),
        m.Discard(ch=CH, token="7-0a1b"),
        m.AskChart(ch=CH, id=40, chart='{"op":"chart","x":{"column":"item"}}', width=640, x=["2027-01-01", None], y=[0, 1.5]),
        m.Here(ch=CH, place=PLACE),
        m.Here(ch=CH),
        m.WatchTables(ch=CH),
        m.Cancel(ch=CH, re=5),
        m.Ping(ch=CH, t=12.5),
    ]
    condition = o.Condition(rev=7, value=[[1, None], ["2.50"]])
    asked.append(m.Submit(ch=CH, seq=99, base_rev=7, op=OPS[0], condition=condition))
    asked += [m.Submit(ch=CH, seq=number, base_rev=7, op=op, view=1) for number, op in enumerate(OPS, 1)]
    return asked


def answers() -> list[m.Answer]:
    """A session's messages; `window` alone comes with Arrow data and stands in the other files too."""
    cells = s.Cells(column=1, rows=[0, 9007199254740991], values=[1, "9007199254740993"])
    shared = s.Cells(column=1, rows=[0, 1], values=[1, 2], by=[0, 1])
    info = s.TableInfo(name="sales", rows=10, columns=3, rev=7, role="editor", owner=ANN, created=1769868300.25, people=[ANN])
    change = s.Change(
        rev=8, time=1769868300.25, user=ANN, kind="set_cells", summary="qty: 1 → 2", n_cells=1, n_rows=1, undone=True, undo_of=3,
        cell=[1, None],
    )  # fmt: skip
    bad = s.BadCell(row=0, column=1, rid=7, id=2, text="abc", message="'abc' is not a number for price.", hint="Type a number.")
    profile = s.Profile(
        column=1, rows=10, missing=1, distinct=3, lo=-1, hi="9007199254740993", mean=1.5, edges=[0, 1, 2], counts=[4, 5],
        top=[s.ValueCount(value=None, count=1), s.ValueCount(value="S", count=2)], exact=False,
    )  # fmt: skip
    return [
        m.Welcome(
            ch=CH,
            epoch="e1",
            rev=7,
            name="orders",
            rows=10_000_000,
            schema=SCHEMA,
            user=ANN,
            last_seq=3,
            read_only="why",
            can_undo=True,
            can_redo=True,
            role="owner",
            rollups=[ROLLUP],
        ),
        m.Subbed(ch=CH, re=1, rev=7, rows=5, total=10),
        m.Subbed(ch=CH, re=1, rev=7, rows=3, total=11, schema=SCHEMA, tree=TREE_INFO),
        m.Window(ch=CH, re=2, rev=7, start=100, stop=160),
        m.Ack(
            ch=CH,
            seq=1,
            rev=8,
            status="partial",
            n_cells=2,
            n_rows=1,
            skipped=1,
            message="1 skipped",
            cells=[cells],
            can_undo=True,
        ),
        m.Ack(ch=CH, seq=2, rev=8),
        m.Nack(ch=CH, seq=3, code="TYPE", message="No.", hint="Do.", column=2, rid=7, bad=[bad], n_bad=1, offer=OPS[11]),
        m.Patch(
            ch=CH, rev=8, user=ANN, kind="set_cells", from_ch=CH, seq=1, cells=[cells], columns=[2], stale=True, can_redo=True
        ),
        m.Patch(ch=CH, rev=9, user=ANN, kind="insert_rows", rows_changed=True, rows=6, total=11, schema=SCHEMA),
        m.Patch(ch=CH, rev=10, since=9, user=ANN, kind="set_cells", cells=[shared], users=[ANN, s.Person(id="bo", name="Bo")]),
        m.Snapshot(ch=CH, re=10, rev=7, part=0, parts=2, schema=SCHEMA, runs=[0, 10]),
        m.Delta(
            ch=CH,
            since=7,
            rev=9,
            schema=SCHEMA,
            runs=[0, 4, 9, 1],
            reread=[2],
            changes=[change],
            seq=3,
            can_undo=True,
            can_redo=True,
        ),
        m.Present(ch=CH, peers=[s.Peer(key="p1", user=ANN, place=PLACE, kernel=True)]),
        m.Tables(ch=CH, tables=[info]),
        m.Reset(ch=CH, reason="epoch"),
        m.Gone(ch=CH, reason="kernel", message="The kernel stopped."),
        m.Profiled(ch=CH, re=3, rev=7, profile=profile, done=True),
        m.Values(ch=CH, re=4, values=[s.ValueCount(value="S", count=2)], missing=1, more=True),
        m.Found(ch=CH, re=5, matches=[s.Match(row=9, rid=3, column=3)], total=12),
        m.Figures(ch=CH, re=6, stats=s.Stats(cells=3, present=2, numbers=2, sum="9007199254740993", mean=1.5, lo="1", hi="2")),
        m.Copied(ch=CH, re=7, tsv='qty\tprice\n1\t"a\tb"\n'),
        m.Code(ch=CH, re=8, text="df.loc[0, 'qty'] = 1\n"),
        m.History(ch=CH, re=9, changes=[change]),
        m.Rollups(ch=CH, re=16, rollups=[ROLLUP]),
        m.Rollups(ch=CH, rollups=[]),
        m.Spreads(
            ch=CH,
            re=11,
            preview=p.SpreadPreview(
                rev=7,
                totals=[
                    p.Total(
                        name="S",
                        measure="price",
                        rows=2,
                        changed=1,
                        before="10.00",
                        after="12.00",
                        equal=True,
                        compensated="M",
                        largest=[p.RowChange(row=3, path=["S", None], before=None, after="12.00")],
                    )
                ],
                rows=2,
                changed=1,
                token="7-0a1b",
                message="price of S: 10.00 → 12.00, spread to 2 rows, proportional",
            ),
        ),
        m.Asking(ch=CH, re=12, stage="computing", message="Comparing 10,000 rows"),
        m.Proposed(ch=CH, re=12, proposal=PROPOSAL),
        m.Proposed(
            ch=CH,
            re=13,
            proposal=a.Proposal(
                outcome="answer",
                rev=7,
                result=[SCHEMA.columns[1]],
                rows=3,
                rows_sent=2,
                charts=[a.Picture(title="qty by size", kind="bar", figure='{"data":[]}', svg="<svg/>")],
            ),
        ),
        m.Proposed(ch=CH, re=13, proposal=a.Proposal(outcome="choice", rev=7, readings=["drop rows", "drop columns"])),
        m.Proposed(
            ch=CH, re=13, proposal=a.Proposal(outcome="unclear", rev=7, reason="frobnicate", suggestions=["sort by price"])
        ),
        m.Differences(
            ch=CH,
            re=14,
            rev=7,
            token="7-0a1b",
            columns=[a.Difference(column=2, rows=[7], before=[None], after=["0.00"])],
            removed=[0],
        ),
        m.Charted(ch=CH, re=40, rev=7, chart='{"op":"chart"}', figure='{"data":[],"layout":{}}', marks=3, code="x"),
        m.Suggestions(ch=CH, re=15, commands=["drop rows without price", "drop the column size"]),
        m.Pong(ch=CH, t=12.5),
        m.Error(ch=CH, code="BAD_MESSAGE", message="No.", hint="Do.", where="$.id", re=3),
    ]
