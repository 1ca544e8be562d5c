"""What a plan does, in plain English: made from the plan alone, whoever wrote it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..protocol import plan as p
from .condition_wording import condition_words, key_words, listed, measure_words, order_words, value_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..protocol.condition import Key

_FILLED = {
    "mean": "their average",
    "median": "their median",
    "mode": "their most common value",
    "min": "their smallest value",
    "max": "their largest value",
    "zero": "0",
    "ffill": "the value before",
    "bfill": "the value after",
    "interpolate": "values on the line between",
}
_TIDIED = {
    "trim": "trim",
    "squeeze": "make single spaces in",
    "lower": "make lower case",
    "upper": "make upper case",
    "title": "make title case",
    "capitalize": "capitalise",
    "strip_accents": "take the accents off",
    "strip_html": "take HTML tags out of",
    "digits": "keep only the digits of",
    "letters": "keep only the letters of",
}
_HANDLED = {"drop": "drop the rows with", "missing": "empty the", "clip": "draw in the", "flag": "mark the"}
_JOINED = {
    "inner": "keep only rows that fit",
    "left": "keep all rows",
    "right": "keep all of its rows",
    "full": "keep all rows of both",
}
_WINDOWS = {
    "row_number": "the number of the row",
    "rank": "the rank",
    "dense_rank": "the rank without gaps",
    "percent_rank": "the rank as a share",
    "ntile": "the part out of {n}",
    "lag": "the value {n} before",
    "lead": "the value {n} after",
    "difference": "the difference to {n} before",
    "percent_change": "the change in percent to {n} before",
    "running_sum": "the running total",
    "running_mean": "the running average",
    "running_min": "the smallest so far",
    "running_max": "the largest so far",
    "running_count": "the count so far",
    "moving_mean": "the average of the last {n}",
    "moving_sum": "the sum of the last {n}",
    "group_sum": "the total",
    "group_mean": "the average",
    "group_min": "the smallest",
    "group_max": "the largest",
    "group_count": "the number of rows",
    "share": "the share of the total",
}
_PART = re.compile(r'("(?:[^"]|"")+"|\w+) \* ([\d.]+) / 100\.0')
"""A share of a column, as the grammar writes it."""


def plan_words(plan: p.Plan) -> str:
    """The steps of a plan in turn, as one sentence."""
    text = "; then ".join(step_words(step) for step in plan.steps)
    return f"{text[:1].upper()}{text[1:]}." if text else "Nothing."


def step_words(step: p.Step) -> str:
    """What one step does."""
    for words in (_row_words, _column_words, _value_words, _table_words):
        text = words(step)
        if text:
            return text
    raise TypeError(type(step).__name__)


def _row_words(step: p.Step) -> str:
    match step:
        case p.FilterRows(where=where, drop=drop):
            return f"{'drop' if drop else 'keep only'} rows where {condition_words(where)}"
        case p.SortRows(by=by):
            return f"sort by {order_words(by)}"
        case p.TopRows(n=n, by=by, per=per, ties=ties):
            of = f" of each {listed(per)}" if per else ""
            return f"keep the first {n:,} rows{of} by {order_words(by)}{', and those equal to the last' if ties else ''}"
        case p.SampleRows(n=n, percent=percent):
            return f"keep {f'{n:,} rows' if n is not None else f'{percent:g} % of the rows'} drawn at random"
        case p.DropMissing(columns=columns, how=how):
            which = (
                f"{listed(columns, 'or' if how == 'any' else 'and')}"
                if columns
                else "any column"
                if how == "any"
                else "every column"
            )
            return f"drop rows without a value in {which}"
        case p.Dedupe(columns=columns, keep=keep, order=order, flag=flag):
            alike = f"alike in {listed(columns)}" if columns else "alike in all columns"
            if flag is not None:
                return f"mark repeated rows {alike} in {flag}"
            return f"of rows {alike} keep the {keep}{f' by {order_words(order)}' if order else ''}"
        case p.Outliers(column=column, method=method, action=action):
            return f"{_HANDLED[action]} outliers of {column} ({method.upper()})"
    return ""


def _column_words(step: p.Step) -> str:  # noqa: C901 - one case per step
    match step:
        case p.SelectColumns(columns=columns):
            return f"keep only the column{'s' * (len(columns) > 1)} {listed(columns)}"
        case p.DropColumns(columns=columns):
            return f"drop the column{'s' * (len(columns) > 1)} {listed(columns)}"
        case p.ReorderColumns(columns=columns, to=to, after=after):
            return f"move {listed(columns)} {f'after {after}' if to == 'after' else f'to the {to} place'}"
        case p.RenameColumns(names=names):
            return f"rename {listed([f'{each.old} to {each.new}' for each in names])}"
        case p.Derive(name=name, sql=sql):
            return f"compute {name} = {_formula(sql)}"
        case p.Cast(column=column, to=to, on_error=on_error):
            return f"convert {column} to {to}{', what does not convert becomes missing' * (on_error == 'missing')}"
        case p.Split(column=column, into=into, sep=sep, regex=regex):
            return f'split {column} at "{sep if sep is not None else regex}" into {listed(into)}'
        case p.Merge(columns=columns, into=into, sep=sep):
            return f'put {listed(columns)} together as {into} with "{sep}" between'
        case p.Extract(column=column, regex=regex, into=into):
            return f"take the part of {column} that matches {regex} as {into}"
        case p.Bin(column=column, into=into):
            return f"put {column} into {_classes(step)} as {into}"
        case p.Explode(column=column, sep=sep):
            return f'make a row of each part of {column} cut at "{sep}"'
    return ""


def _formula(sql: str) -> str:
    part = _PART.fullmatch(sql)
    return f"{part[2]}% of {_formula(part[1])}" if part else sql.replace('"', "")


def _classes(step: p.Bin) -> str:
    if step.edges:
        return f"classes with the edges {listed([f'{edge:g}' for edge in step.edges])}"
    if step.n is not None:
        return f"{step.n} classes of equal {'size' if step.quantiles else 'width'}"
    return f"classes {step.width:g} wide"


def _value_words(step: p.Step) -> str:  # noqa: C901 - one case per step
    match step:
        case p.FillMissing(columns=columns, method=method, value=value, per=per):
            what = value_words(value) if method == "constant" else _FILLED[method]
            return f"fill missing values of {listed(columns)} with {what}{f' within {listed(per)}' if per else ''}"
        case p.ReplaceValues(columns=columns, pairs=pairs, text=text, regex=regex, replacement=replacement):
            if pairs:
                changed = [f"{value_words(each.old)} with {value_words(each.new)}" for each in pairs]
                return f"replace {listed(changed)} in {listed(columns)}"
            return f'replace every "{text if text is not None else regex}" inside {listed(columns)} with "{replacement}"'
        case p.TextActions(columns=columns, actions=actions):
            return f"{listed([_TIDIED[action] for action in actions])} {listed(columns)}"
        case p.ParseDate(column=column, day_first=day_first, formats=formats):
            how = (
                f" written as {listed(formats, 'or')}"
                if formats
                else f", {'day' if day_first else 'month'} before the other where both fit"
            )
            return f"read {column} as {'dates' if step.to == 'date' else 'points in time'}{how}"
        case p.ParseNumber(column=column):
            return f"read {column} as numbers"
        case p.Clip(column=column, lo=lo, hi=hi):
            bounds = [
                *([f"at least {value_words(lo)}"] if lo is not None else []),
                *([f"at most {value_words(hi)}"] if hi is not None else []),
            ]
            return f"hold {column} to {listed(bounds)}"
        case p.Round(columns=columns, digits=digits, mode=mode):
            decimals = f"{digits} decimal{'s' * (digits != 1)}"
            return f"round {listed(columns)} {'' if mode == 'half' else f'{mode} '}to {decimals}"
        case p.Standardise(column=column, clusters=clusters):
            return f"write {listed([each.keep for each in clusters])} in one way in {column}"
        case p.UpdateCells(column=column, value=value, sql=sql, where=where, cells=cells):
            if cells:
                return f"write {len(cells):,} cells"
            where_words = f" where {condition_words(where)}" if where is not None else " in all rows"
            if sql is None and value is None:
                return f"empty {column}{where_words}"
            return f"set {column} to {_formula(sql) if sql is not None else value_words(value)}{where_words}"
    return ""


def _keyed(keys: Sequence[Key]) -> str:
    return f" for each {listed([key_words(key) for key in keys])}" if keys else " over all rows"


def _table_words(step: p.Step) -> str:
    match step:
        case p.Aggregate(by=by, measures=measures, mode=mode, having=having):
            totals = "" if mode == "plain" else ", with totals"
            kept = f", where {condition_words(having)}" if having is not None else ""
            return f"show the {listed([measure_words(each) for each in measures])}{_keyed(by)}{totals}{kept}"
        case p.Pivot(index=index, on=on, measure=measure):
            return f"show the {measure_words(measure)}{_keyed(index)}, with a column for each {key_words(on)}"
        case p.Unpivot(columns=columns, keep=keep, name=name, value=value):
            turned = listed(columns) if columns else f"all columns but {listed(keep)}"
            return f"turn {turned} into rows of {name} and {value}"
        case p.Join(table=table, on=on, how=how, columns=columns):
            fits = listed([each.old if each.old == each.new else f"{each.old} = {each.new}" for each in on])
            if how in ("semi", "anti"):
                return f"keep only rows that are {'not ' * (how == 'anti')}in {table} by {fits}"
            return f"add {listed(columns) if columns else 'the columns'} of {table} by {fits}, {_JOINED[how]}"
        case p.Union(table=table, distinct=distinct):
            return f"put the rows of {table} below{', each row once' * distinct}"
        case p.Window(name=name, fn=fn, column=column, per=per, order=order, n=n):
            of = f" of {column}" if column is not None else ""
            along = f" by {order_words(order)}" if order else ""
            return f"add {name}: {_WINDOWS[fn].format(n=n)}{of}{along}{f' within each {listed(per)}' if per else ''}"
        case p.Chart():
            return _chart_words(step)
        case p.Sql(select=select):
            return f"run {select}"
    return ""


def _chart_words(chart: p.Chart) -> str:
    kind = {
        "bar": "bar chart",
        "line": "line chart",
        "area": "area chart",
        "scatter": "scatter plot",
        "box": "box plot",
        "pie": "pie chart",
        "heatmap": "heat map",
    }
    drawn = [measure_words(each) for each in chart.y] + ([chart.y_column] if chart.y_column is not None else [])
    text = f"draw a{'n' * (chart.kind == 'area')} {kind.get(str(chart.kind), chart.kind or 'chart')}"
    if drawn:
        text += f" of {listed(drawn)}"
    if chart.x is not None:
        text += f" {'by' if drawn else 'of'} {key_words(chart.x)}"
    for word, key in (("coloured by", chart.color), ("one for each", chart.facet)):
        text += f", {word} {key_words(key)}" if key is not None else ""
    text += f", sized by {chart.size}" if chart.size is not None else ""
    text += f", the first {chart.top}" if chart.top is not None else ""
    order = {"x": "along the axis", "-x": "backwards along the axis", "y": "smallest first", "-y": "largest first"}
    text += f", {order[chart.sort]}" if chart.sort is not None else ""
    text += f", in {chart.bins} bins" if chart.bins is not None else ""
    return text + (f", of rows where {condition_words(chart.where)}" if chart.where is not None else "")
