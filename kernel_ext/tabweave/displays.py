"""Proposals, answers and choices as text and as HTML that works in light and dark, without scripts.

It must not know where they come from; all text is escaped.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from numbers import Number
from typing import TYPE_CHECKING, Any

from tabweave_core.asking import telling

from .frames.ops import counted
from .preview import STYLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from tabweave_core.plans.diff import Diff

MOST_LINES = 12
"""So many changed cells are shown."""
MOST_ROWS = 20
MOST_COLUMNS = 20
_LONGEST = 60
_MISSING = "∅"
_DIFF = """<style>
.tw-Ask{--tw-gone:#b3261e;--tw-came:#1a7f37;--tw-goneback:#b3261e18;--tw-cameback:#1a7f3718}
@media(prefers-color-scheme:dark){.tw-Ask{--tw-gone:#ff8a80;--tw-came:#6fdd8b;--tw-goneback:#ff8a8022;--tw-cameback:#6fdd8b22}}
[data-jp-theme-light=true] .tw-Ask{--tw-gone:#b3261e;--tw-came:#1a7f37;--tw-goneback:#b3261e18;--tw-cameback:#1a7f3718}
[data-jp-theme-light=false] .tw-Ask{--tw-gone:#ff8a80;--tw-came:#6fdd8b;--tw-goneback:#ff8a8022;--tw-cameback:#6fdd8b22}
.tw-Ask h4{margin:0 0 4px;font-size:14px;font-weight:600;color:var(--tw-ink)}
.tw-Ask ul{list-style:none;margin:6px 0!important;padding:0!important;display:flex;flex-wrap:wrap;gap:6px}
.tw-Ask li{border:1px solid var(--tw-line);border-radius:10px;padding:1px 10px;color:var(--tw-ink)}
.tw-Ask del{color:var(--tw-gone);background:var(--tw-goneback);text-decoration:line-through;padding:0 3px}
.tw-Ask ins{color:var(--tw-came);background:var(--tw-cameback);text-decoration:none;padding:0 3px}
.tw-Ask code{background:var(--tw-head);padding:0 4px;border-radius:3px}
</style>"""


@dataclass(frozen=True)
class Told:
    """A proposal to be shown: `rows` are row numbers, from 1, by row id; `renamed` new names by old ones."""

    table: str
    command: str
    words: str
    diff: Diff
    renamed: Mapping[str, str]
    rows: Mapping[int, int]
    notes: Sequence[str]
    state: str
    nothing: bool
    read_by: str = ""


def counts(told: Told) -> list[str]:
    """What would change, a phrase for each kind of change."""
    return telling.counts(told.diff, told.renamed, nothing=told.nothing)


def counts_text(told: Told) -> str:
    """What would change, in one line."""
    return ", ".join(counts(told)) or "nothing changes"


def _rows_line(told: Told) -> str:
    diff = told.diff
    return (
        f"{counted(diff.before, 'row')} → {counted(diff.after, 'row')}"
        if diff.before != diff.after
        else counted(diff.after, "row")
    )


def _by(told: Told) -> str:
    return f" ({told.read_by})" if told.read_by else ""


def _next(told: Told) -> str:
    if told.state != "proposed":
        return f"{told.state.capitalize()}."
    if told.nothing:
        return "There is nothing to apply."
    return "Not applied yet: .apply() or %tab apply, .discard() or %tab discard."


def proposal_text(told: Told) -> str:
    """A proposal as lines of text."""
    lines = [f"{told.table}: {told.command or told.words}"]
    if told.words and told.command:
        lines.append(f"  read as: {told.words}{_by(told)}")
    lines.append(f"  {counts_text(told)}; {_rows_line(told)}")
    lines += [f"  {note}" for note in told.notes]
    for cell in told.diff.cells[:MOST_LINES]:
        lines.append(f"    row {told.rows.get(cell.rid, '?')} {cell.column}: {shown(cell.before)} → {shown(cell.after)}")
    if (more := told.diff.n_cells - min(MOST_LINES, len(told.diff.cells))) > 0:
        lines.append(f"    … and {counted(more, 'more cell')}")
    return "\n".join([*lines, _next(told)])


def proposal_html(told: Told) -> str:
    """A proposal as an HTML fragment."""
    chips = "".join(f"<li>{escape(each)}</li>" for each in [*(counts(told) or ["nothing changes"]), _rows_line(told)])
    notes = "".join(f"<p>{escape(note)}</p>" for note in told.notes)
    table = ""
    if told.diff.cells:
        body = "".join(
            f'<tr><th class="tw-level tw-number" scope="row">{told.rows.get(cell.rid, "")}</th><td>{escape(cell.column)}</td>'
            f"<td><del>{escape(shown(cell.before))}</del></td><td><ins>{escape(shown(cell.after))}</ins></td></tr>"
            for cell in told.diff.cells[:MOST_LINES]
        )
        head = "".join(f'<th scope="col">{name}</th>' for name in ("row", "column", "before", "after"))
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        if (more := told.diff.n_cells - min(MOST_LINES, len(told.diff.cells))) > 0:
            table += f"<p>and {escape(counted(more, 'more cell'))}</p>"
    read = f"<p>read as: {escape(told.words)}{escape(_by(told))}</p>" if told.words and told.command else ""
    title = f"<h4>{escape(told.table)}: {escape(told.command or told.words or 'plan')}</h4>"
    return _boxed(f"{title}{read}<ul>{chips}</ul>{notes}{table}<p>{_coded(_next(told))}</p>")


def _boxed(inner: str) -> str:
    return f'{STYLE}\n{_DIFF}\n<div class="tw-Static tw-Ask" data-tabweave="ask">{inner}</div>'


def _coded(text: str) -> str:
    for word in (".apply()", "%tab apply", ".discard()", "%tab discard"):
        text = text.replace(word, f"<code>{word}</code>", 1)
    return text


def choice_text(table: str, command: str, readings: Sequence[str]) -> str:
    """The readings of a command as lines of text."""
    lines = [f"{table}: {command!r} may mean:", *(f"  {nth}. {words}" for nth, words in enumerate(readings, 1))]
    return "\n".join([*lines, "Say which: .choose(1), or %tab ask … --reading 1."])


def choice_html(table: str, command: str, readings: Sequence[str]) -> str:
    """The readings of a command as an HTML fragment."""
    listed = "".join(f"<li>{nth}. {escape(words)}</li>" for nth, words in enumerate(readings, 1))
    title = f"<h4>{escape(table)}: {escape(command)}</h4><p>This may mean:</p>"
    return _boxed(f"{title}<ul>{listed}</ul><p>Say which: <code>.choose(1)</code> or <code>--reading 1</code></p>")


def frame_text(df: pd.DataFrame, words: str) -> str:
    """An answer as lines of text."""
    body = df.to_string(max_rows=MOST_ROWS, index=False, na_rep=_MISSING) if len(df.columns) else ""
    return "\n".join([*([words] if words else []), body, counted(len(df), "row")])


def frame_html(df: pd.DataFrame, words: str) -> str:
    """An answer as an HTML fragment."""
    body = df.head(MOST_ROWS).to_html(index=False, na_rep="", border=0, notebook=False, max_cols=MOST_COLUMNS)
    title = f"<p>{escape(words)}</p>" if words else ""
    more = f"first {MOST_ROWS} of " if len(df) > MOST_ROWS else ""
    if places := _numbers(df):
        right = ",".join(f".tw-right-{place} :is(th,td):nth-child({place})" for place in places)
        style = f"<style>{right}{{text-align:right!important;font-variant-numeric:tabular-nums}}</style>"
        body = f'{style}<div class="{" ".join(f"tw-right-{place}" for place in places)}">{body}</div>'
    return _boxed(f"{title}{body}<p>{more}{escape(counted(len(df), 'row'))}</p>")


def _numbers(df: pd.DataFrame) -> list[int]:
    """The places, from 1, of the columns of numbers among those that are shown."""
    shown = [df.iloc[:MOST_ROWS, place].dropna() for place in range(len(df.columns) if len(df.columns) <= MOST_COLUMNS else 0)]
    return [
        place
        for place, values in enumerate(shown, 1)
        if len(values) and all(isinstance(value, Number) and not isinstance(value, bool) for value in values)
    ]


def shown(value: Any) -> str:
    """A cell's value in short."""
    if value is None:
        return _MISSING
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
