"""Questions about shared tables: the answers that a private frame with the same cells gives, through the lens of who asks."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator

import pyarrow as pa
import pytest
from core.rooms import twins
from core.rooms.rights_people import COST, CY, DI, ITEM, NOTE, QTY, make, submit, typed
from core.rooms.twins import Twins, half
from core.store.people import ANN, BO, open_store
from hypothesis import assume, given
from hypothesis import strategies as st
from tabweave_core.engine.store import Store
from tabweave_core.errors import NotFound, Refused, TabweaveError, Unavailable
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import ops
from tabweave_core.protocol.schema import Profile, Range, Sort, View
from tabweave_core.rooms import answers, clipboard, distribution, finding


@pytest.fixture(scope="module")
def memory() -> Iterator[Store]:
    with open_store(None) as found:
        yield found


@pytest.fixture(scope="module", autouse=True)
def short_stretches() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finding, "STRETCH", 2)
        yield


def ask(store: Store, question: answers.Question, *, user: object = ANN, name: str = "sales") -> list[m.Message]:
    return list(answers.answer(store, name, user, "ch", None, question))  # type: ignore[arg-type]


def has_negative_zero(table: pa.Table) -> bool:
    cells = [cell for column in table.columns if pa.types.is_floating(column.type) for cell in column.to_pylist()]
    return any(cell == 0 and math.copysign(1, cell) < 0 for cell in cells if cell is not None)


def rounded(profile: Profile) -> tuple[object, ...]:
    mean = None if profile.mean is None else f"{profile.mean:.9g}"
    parts = (profile.column, profile.rows, profile.missing, profile.distinct, profile.lo, profile.hi, profile.exact)
    return (*parts, mean, profile.edges, profile.counts, [(each.value, each.count) for each in profile.top])


@half
@given(st.data())
def test_a_profile_is_that_of_a_private_frame(memory: Store, data: st.DataObject) -> None:
    table = data.draw(twins.tables())
    assume(not has_negative_zero(table))
    mine, theirs = Twins.of(memory, table).ask(m.AskProfile(ch="ch", id=1, columns=list(range(table.num_columns))))
    for one, other in zip(mine, theirs, strict=True):
        assert isinstance(one, m.Profiled)
        assert isinstance(other, m.Profiled)
        assert rounded(one.profile) == rounded(other.profile)
        assert one.done == other.done


@half
@given(st.data())
def test_the_values_of_a_column_are_those_of_a_private_frame(memory: Store, data: st.DataObject) -> None:
    table = data.draw(twins.tables())
    assume(not has_negative_zero(table))
    search = data.draw(st.sampled_from(["", "a", "1", "-", ".", "item", "days"]))
    question = m.AskValues(ch="ch", id=1, column=0, search=search, limit=data.draw(st.integers(1, 4)))
    mine, theirs = Twins.of(memory, table).ask(question)
    assert mine == theirs


@half
@given(st.data())
def test_finding_finds_what_it_finds_in_a_private_frame(memory: Store, data: st.DataObject) -> None:
    table = data.draw(twins.tables())
    both = Twins.of(memory, table, data.draw(twins.views(table.num_columns)))
    regex = data.draw(st.booleans())
    question = m.Find(
        ch="ch",
        id=1,
        text=data.draw(
            st.sampled_from(["a+", "[0-9]{2}", "^.$", "", "(a|1)", "+0"] if regex else ["a", "A", "1", "", "+0", "ß", "\\"])
        ),
        columns=data.draw(st.none() | st.just([0])),
        case=data.draw(st.booleans()),
        whole=data.draw(st.booleans()),
        regex=regex,
        start=data.draw(st.integers(-1, table.num_rows + 1)),
        limit=data.draw(st.integers(1, 20)),
    )
    (mine,), (theirs,) = both.ask(question)
    if isinstance(theirs, m.Error):
        assert isinstance(mine, m.Error)
        assert mine.code == theirs.code
    else:
        assert mine == theirs


@half
@given(st.data())
def test_figures_are_those_of_a_private_frame(memory: Store, data: st.DataObject) -> None:
    table = data.draw(twins.tables())
    both = Twins.of(memory, table, data.draw(twins.views(table.num_columns)))
    ends = st.integers(0, table.num_rows)
    columns = st.lists(st.integers(0, table.num_columns - 1), min_size=1, unique=True)
    ranges = data.draw(st.lists(st.builds(Range, start=ends, stop=ends, columns=columns), min_size=1, max_size=3))
    (mine,), (theirs,) = both.ask(m.AskStats(ch="ch", id=1, ranges=ranges))
    assert mine == theirs


@half
@given(st.data())
def test_a_copy_is_that_of_a_private_frame(memory: Store, data: st.DataObject) -> None:
    table = data.draw(twins.tables())
    both = Twins.of(memory, table, data.draw(twins.views(table.num_columns)))
    start = data.draw(st.integers(0, table.num_rows))
    wanted = Range(start=start, stop=table.num_rows, columns=list(reversed(range(table.num_columns))))
    mine, theirs = both.ask(m.Copy(ch="ch", id=1, range=wanted, headers=data.draw(st.booleans())))
    assert mine == theirs


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
def test_a_nan_reads_nan_whatever_its_sign(memory: Store, kind: pa.DataType) -> None:
    signed = pa.array([math.copysign(math.nan, sign) for sign in (1, -1)], kind)
    both = Twins.of(memory, pa.table({"x": signed}))
    everything = Range(start=0, stop=2, columns=[0])
    (mine,), (theirs,) = both.ask(m.Copy(ch="ch", id=1, range=everything))
    assert isinstance(mine, m.Copied)
    assert mine == theirs
    assert mine.tsv == "nan\nnan\n"
    found, also_found = both.ask(m.Find(ch="ch", id=1, text="-"))
    assert found == also_found
    assert both.submit(ops.RetypeColumn(column=0, dtype="string")) == ("", "")
    _, texts = memory.window(both.name, View(), 0, 2, [0])
    assert texts.column("0").to_pylist() == ["nan", "nan"]


def test_sums_of_the_widest_numbers_are_exact(memory: Store) -> None:
    wide = "9" * 38
    data = pa.table(
        {
            "u": pa.array([2**64 - 1] * 5, pa.uint64()),
            "d": pa.array([int(wide)] * 5, pa.decimal128(38, 0)),
            "m": pa.array([-int(wide)] * 5, pa.decimal128(38, 0)),
        }
    )
    memory.create_table("wide", data, ANN)

    def total(column: int) -> str | None:
        (found,) = ask(memory, m.AskStats(ch="ch", id=1, ranges=[Range(start=0, stop=5, columns=[column])]), name="wide")
        assert isinstance(found, m.Figures)
        return found.stats.sum

    assert [total(column) for column in range(3)] == [str(5 * (2**64 - 1)), str(5 * int(wide)), str(-5 * int(wide))]


def test_a_long_column_is_sampled_and_says_so(memory: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribution, "EXACT", 5_000)
    monkeypatch.setattr(distribution, "SAMPLE", 1_000)
    data = pa.table({"x": [number % 10 for number in range(20_000)], "y": pa.nulls(20_000, pa.string())})
    memory.create_table("long", data, ANN)
    first, second = ask(memory, m.AskProfile(ch="ch", id=1, columns=[0, 1]), name="long")
    again, _ = ask(memory, m.AskProfile(ch="ch", id=1, columns=[0, 1]), name="long")
    assert isinstance(first, m.Profiled)
    assert isinstance(second, m.Profiled)
    assert (first.profile.rows, first.profile.exact, first.profile.distinct) == (20_000, False, None)
    assert all(1_000 < count < 3_000 for count in first.profile.counts)
    assert (second.profile.missing, second.profile.top) == (20_000, [])
    assert first == again


def test_values_that_hardly_repeat_are_not_counted_one_by_one(memory: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribution, "FEW", 100)
    monkeypatch.setattr(distribution, "LOOKED_AT", 50)
    data = pa.table({"x": range(1000), "y": [f"text {number}" for number in range(1000)], "z": ["a", "b"] * 500})
    memory.create_table("various", data, ANN)
    told = [each.profile for each in ask(memory, m.AskProfile(ch="ch", id=1, columns=[0, 1, 2]), name="various")]  # type: ignore[attr-defined]
    numbers, texts, few = told
    assert (numbers.exact, numbers.distinct, numbers.top, sum(numbers.counts)) == (True, None, [], 1000)
    assert (numbers.lo, numbers.hi, numbers.mean) == (0, 999, 499.5)
    assert (texts.exact, texts.rows, texts.distinct, texts.top) == (False, 1000, None, [])
    assert (few.exact, few.distinct, [each.count for each in few.top]) == (True, 2, [500, 500])


def test_a_category_column_lists_labels_that_no_cell_has(memory: Store) -> None:
    values = pa.DictionaryArray.from_arrays(pa.array([1, 1, None, 0]), pa.array(["b", "a", "none"]))
    memory.create_table("choices", pa.table({"c": values}), ANN)
    (found,) = ask(memory, m.AskValues(ch="ch", id=1, column=0), name="choices")
    assert isinstance(found, m.Values)
    assert [(each.value, each.count) for each in found.values] == [("a", 2), ("b", 1), ("none", 0)]
    (profiled,) = ask(memory, m.AskProfile(ch="ch", id=1, columns=[0]), name="choices")
    assert isinstance(profiled, m.Profiled)
    assert [(each.value, each.count) for each in profiled.profile.top] == [("a", 2), ("b", 1)]


def test_rows_that_went_are_left_out_of_what_was_seen(store: Store) -> None:
    make(store)
    seen = store.look("sales", View(sort=[Sort(column=QTY, descending=True)]))
    submit(store, ANN, ops.DeleteRows(rows=ops.Rows(ids=[1])))
    (found,) = answers.answer(store, "sales", ANN, "ch", seen, m.Find(ch="ch", id=1, text="a"))
    assert isinstance(found, m.Found)
    assert [(match.row, match.rid, match.column) for match in found.matches] == [(0, 2, ITEM), (2, 0, NOTE)]
    wanted = Range(start=0, stop=3, columns=[NOTE])
    (copied,) = answers.answer(store, "sales", ANN, "ch", seen, m.Copy(ch="ch", id=1, range=wanted))
    assert isinstance(copied, m.Copied)
    assert copied.tsv == "c\na\n"


HIDDEN: list[answers.Question] = [
    m.AskProfile(ch="ch", id=1, columns=[COST]),
    m.AskValues(ch="ch", id=1, column=COST),
    m.Find(ch="ch", id=1, text="1", columns=[COST]),
    m.AskStats(ch="ch", id=1, ranges=[Range(start=0, stop=3, columns=[COST])]),
    m.Copy(ch="ch", id=1, range=Range(start=0, stop=3, columns=[COST])),
    m.AskHistory(ch="ch", id=1, rid=0, column=COST),
]


@pytest.mark.parametrize("question", HIDDEN)
def test_no_question_about_a_hidden_column_is_answered(store: Store, question: answers.Question) -> None:
    make(store)
    assert ask(store, question)
    for user in (BO, CY):
        with pytest.raises(NotFound) as caught:
            ask(store, question, user=user)
        assert caught.value.code == "NO_COLUMN"
    with pytest.raises(NotFound) as caught:
        ask(store, question, user=DI)
    assert caught.value.code == "NO_TABLE"


def test_no_answer_tells_of_a_hidden_column(store: Store) -> None:
    make(store)
    for op in (typed(COST, 0, "4321"), ops.RenameColumn(column=COST, name="secret"), typed(ITEM, 0, "ball")):
        submit(store, ANN, op)
    questions: list[answers.Question] = [
        m.Find(ch="ch", id=1, text="4321"),
        m.AskHistory(ch="ch", id=1),
        m.AskCode(ch="ch", id=1, language="pandas"),
        m.AskCode(ch="ch", id=1, language="sql"),
    ]
    for question in questions:
        told = str(ask(store, question, user=BO))
        assert "4321" not in told.replace("text='4321'", "")
        assert "secret" not in told
        assert "cost" not in told
        assert "4321" in (everything := str(ask(store, question))) or "secret" in everything or "column=2" in everything


def test_a_copy_of_too_much_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    make(store)
    monkeypatch.setattr(clipboard, "MOST_COPIED", 5)
    with pytest.raises(Refused, match="has 6 cells; 5 can be copied"):
        ask(store, m.Copy(ch="ch", id=1, range=Range(start=0, stop=10**9, columns=[ITEM, NOTE])))


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_leaves_nothing_is_refused(store: Store, limit: int) -> None:
    make(store)
    for question in (m.AskValues(ch="ch", id=1, column=0, limit=limit), m.Find(ch="ch", id=1, text="", limit=limit)):
        with pytest.raises(TabweaveError, match="leaves nothing"):
            ask(store, question)


def test_a_question_that_nobody_waits_for_is_interrupted(memory: Store) -> None:
    started, given_up = threading.Event(), threading.Event()

    def read(cursor: object, _table: object) -> None:
        started.set()
        cursor.execute("SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range < b.range").fetchall()  # type: ignore[attr-defined]

    memory.create_table("one", pa.table({"x": [1]}), ANN)
    caught: list[Exception] = []

    def run() -> None:
        try:
            memory.read("one", read, cancelled=given_up.is_set)
        except Unavailable as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    started.wait(10)
    given_up.set()
    thread.join(20)
    assert [error.code for error in caught if isinstance(error, Unavailable)] == ["CANCELLED"]
    assert ask(memory, m.AskValues(ch="ch", id=1, column=0), name="one")
