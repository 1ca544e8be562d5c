"""Steps that change values or add columns as pandas statements on a variable `df`, where pandas says them plainly.

It must not import pandas.
"""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from typing import TYPE_CHECKING

from ..protocol import plan as p
from .pandas_conditions import NUMERIC, condition, group_figure, missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .shape import Shape

_TEXTS = {
    "trim": '{}.str.strip(" ")',
    "squeeze": '{}.str.replace(r"[\\t\\n\\f\\r ]+", " ", regex=True).str.strip(" ")',
    "lower": "{}.str.lower()",
    "upper": "{}.str.upper()",
    "capitalize": "({0}.str[:1].str.upper() + {0}.str[1:].str.lower())",
    "strip_html": '{}.str.replace("<[^>]*>", "", regex=True)',
    "digits": '{}.str.replace("[^0-9]", "", regex=True)',
}
_SAME_PATTERN = re.compile(r"(?:(?:[A-Za-z0-9 _@#%,:;/-]|\[\^?(?:[A-Za-z0-9]-[A-Za-z0-9]|[A-Za-z0-9 _.,])+\]|\\[.+*?()])\+?)+")
"""Patterns that mean the same in RE2 and in Python, and find no empty text."""
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div)
_NAME = re.compile(r'"((?:[^"]|"")+)"')


def changes(step: p.Step, shape: Shape) -> list[str] | None:  # noqa: C901 - one case per step
    """The lines that do a step; None where pandas has no plain way to do the very same."""
    match step:
        case p.FillMissing():
            return _filled(step, shape)
        case p.UpdateCells(column=str() as name, cells=[]):
            return _updated(step, name, shape)
        case p.Derive(name=name, sql=sql, type=None):
            found = arithmetic(sql, shape)
            return None if found is None else [f"df[{name!r}] = {found}"]
        case p.TextActions(columns=columns, actions=actions) if set(actions) <= set(_TEXTS):
            return [f"df[{name!r}] = {_tidied(_text(name, shape), actions)}" for name in columns]
        case p.ReplaceValues():
            return _replaced(step, shape)
        case p.Standardise(column=name, clusters=clusters):
            spelt = {old: each.keep for each in reversed(clusters) for old in each.variants}
            return [f"df[{name!r}] = {_text(name, shape)}.replace({spelt!r})"] if spelt else None
        case p.Clip(column=name, lo=lo, hi=hi) if all(each is None or _takes(name, each, shape) for each in (lo, hi)):
            return [f"df[{name!r}] = df[{name!r}].clip({lo!r}, {hi!r})"] if shape.family(name) in NUMERIC else None
        case p.Round(columns=columns, digits=digits) if digits >= 0 and all(shape.family(each) == "float" for each in columns):
            return [_rounded(name, digits, step.mode) for name in columns]
        case p.Cast(column=name, to="float") if shape.family(name) in NUMERIC:
            return [f'df[{name!r}] = df[{name!r}].astype("float64")']
        case p.Outliers(column=name) if shape.family(name) == "float":
            return _outliers(step)
        case p.Bin(column=name, n=None, width=None) if shape.family(name) in NUMERIC and len(set(step.edges)) > 1:
            return _classes(step)
        case p.Split(column=name, regex=None, sep=str() as sep) if sep and _is_text(name, shape):
            return _split(step, sep)
        case p.Extract(column=name, regex=regex) if _is_text(name, shape) and _SAME_PATTERN.fullmatch(regex):
            return [f"df[{step.into!r}] = df[{name!r}].str.extract({f'({regex})'!r}, expand=False)"]
        case p.Merge(columns=columns) if all(_is_text(each, shape) for each in columns):
            return _merged(step)
    return None


def _is_text(name: str, shape: Shape) -> bool:
    """Whether a column holds texts, not members of a list of values."""
    return shape.type(name) == "VARCHAR"


def _text(name: str, shape: Shape) -> str:
    """A column as plain texts: a category's would keep to its list of values."""
    shape.require_text(name)
    return f'df[{name!r}].astype("str")'


def _takes(name: str, value: object, shape: Shape) -> bool:
    """Whether a column's own type holds a value as it is written."""
    family = shape.family(name)
    if family == "text":
        return isinstance(value, str)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return (family == "float" and number) or (family == "integer" and isinstance(value, int) and number)


def _filled(step: p.FillMissing, shape: Shape) -> list[str] | None:
    families = {shape.family(name) for name in step.columns}
    shape.require(*step.per)
    if step.method == "constant" and all(_takes(name, step.value, shape) for name in step.columns):
        return [_put(name, step.value, shape) for name in step.columns]
    if step.method == "zero" and families <= set(NUMERIC):
        return [f"df[{name!r}] = df[{name!r}].fillna(0)" for name in step.columns]
    exact = families <= ({"float"} if step.method in ("mean", "median") else set(NUMERIC))
    if step.method in ("mean", "median", "min", "max") and exact and not set(step.per) & set(step.columns):
        return [f"df[{name!r}] = df[{name!r}].fillna({group_figure(step.method, name, step.per)})" for name in step.columns]
    if (
        step.method in ("ffill", "bfill")
        and not step.order
        and all(each in NUMERIC or each in ("timestamp", "boolean") for each in families)
        and not set(step.per) & set(step.columns)
    ):
        rows = f".groupby({step.per!r}, dropna=False)" if step.per else ""
        return [f"df[{name!r}] = df{rows}[{name!r}].{step.method}()" for name in step.columns]
    return None


def _put(name: str, value: object, shape: Shape) -> str:
    if shape.family(name) == "text":
        return f'df[{name!r}] = df[{name!r}].astype(object).mask({missing(name, shape)}, {value!r}).astype("str")'
    return f"df[{name!r}] = df[{name!r}].fillna({value!r})"


def _updated(step: p.UpdateCells, name: str, shape: Shape) -> list[str] | None:
    mask = "pd.Series(True, index=df.index)" if step.where is None else condition(step.where, shape)
    if mask is None:
        return None
    if step.sql is not None:
        found = arithmetic(step.sql, shape) if shape.family(name) == "float" else None
        return None if found is None else [f"df[{name!r}] = df[{name!r}].mask({mask}, {found})"]
    if not _takes(name, step.value, shape):
        return None
    text = shape.family(name) == "text"
    source, back = (".astype(object)", '.astype("str")') if text else ("", "")
    return [f"df[{name!r}] = df[{name!r}]{source}.mask({mask}, {step.value!r}){back}"]


def _tidied(value: str, actions: Sequence[str]) -> str:
    for action in actions:
        value = _TEXTS[action].format(value)
    return value


def _replaced(step: p.ReplaceValues, shape: Shape) -> list[str] | None:
    if step.pairs:
        fits = all(_takes(name, each, shape) for name in step.columns for pair in step.pairs for each in (pair.old, pair.new))
        if not fits:
            return None
        spelt = {pair.old: pair.new for pair in reversed(step.pairs)}
        return [
            f"df[{name!r}] = {_text(name, shape) if shape.family(name) == 'text' else f'df[{name!r}]'}.replace({spelt!r})"
            for name in step.columns
        ]
    if step.regex is None and step.text and step.case:
        call = f"str.replace({step.text!r}, {step.replacement!r}, regex=False)"
        return [f"df[{name!r}] = {_text(name, shape)}.{call}" for name in step.columns]
    if step.regex is not None and step.case and _SAME_PATTERN.fullmatch(step.regex) and "\\" not in step.replacement:
        call = f"str.replace({step.regex!r}, {step.replacement!r}, regex=True)"
        return [f"df[{name!r}] = {_text(name, shape)}.{call}" for name in step.columns]
    return None


def _rounded(name: str, digits: int, mode: str) -> str:
    scale = f"10**{digits}"
    value = f"df[{name!r}]"
    if mode == "half":
        return f"df[{name!r}] = np.copysign(np.floor({value}.abs() * {scale} + 0.5) / {scale}, {value})"
    return f"df[{name!r}] = np.{'ceil' if mode == 'up' else 'floor'}({value} * {scale}) / {scale}"


def _outliers(step: p.Outliers) -> list[str]:
    value = f"df[{step.column!r}]"
    if step.method == "iqr":
        lines = [f"low, high = {value}.quantile(0.25), {value}.quantile(0.75)"]
        lines.append(f"low, high = low - {step.k!r} * (high - low), high + {step.k!r} * (high - low)")
    else:
        z = step.z
        spread = f"{value}.std()" if step.method == "z" else "1.4826 * (" + f"{value} - middle).abs().median()"
        lines = [f"middle = {value}.{'mean' if step.method == 'z' else 'median'}()", f"spread = {spread}"]
        lines.append(f"low, high = middle - {z!r} * spread, middle + {z!r} * spread")
    outside = f"(({value} < low) | ({value} > high)).fillna(False)"
    match step.action:
        case "drop":
            return [*lines, f"df = df[~{outside}]"]
        case "missing":
            return [*lines, f"{value} = {value}.mask({outside})"]
        case "clip":
            return [*lines, f"{value} = {value}.clip(low, high)"]
        case _:
            return [*lines, f"df[{step.flag or f'{step.column}_outlier'!r}] = {outside}"]


def _classes(step: p.Bin) -> list[str]:
    edges = sorted(set(step.edges))
    labels = step.labels or [f"{lo:g}–{hi:g}" for lo, hi in pairwise(edges)]
    cut = f"pd.cut(df[{step.column!r}], {edges!r}, right=False, labels={labels!r}, ordered=False)"
    last = f"(df[{step.column!r}] == {edges[-1]!r}).fillna(False)"
    return [f'df[{step.into!r}] = {cut}.astype("str").mask({last}, {labels[-1]!r})']


def _split(step: p.Split, sep: str) -> list[str]:
    *first, last = step.into
    cut = f".str.split({sep!r}, n={len(first)}, regex=False)" if first else ""
    lines = [f"parts = df[{step.column!r}]{cut}"]
    part = 'parts.str[{}].astype("str").str.strip(" ")' if first else 'parts.str.strip(" ")'
    lines += [f"df[{name!r}] = {part.format(place)}" for place, name in enumerate(first)]
    lines.append(f'df[{last!r}] = {part.format(len(first))}.mask(lambda texts: texts == "")')
    return lines if step.keep else [*lines, f"df = df.drop(columns=[{step.column!r}])"]


def _merged(step: p.Merge) -> list[str]:
    rows = f"zip({', '.join(f'df[{name!r}]' for name in step.columns)})"
    joined = f"{step.sep!r}.join(text for text in row if isinstance(text, str) and text) or None"
    lines = [f'df[{step.into!r}] = pd.array([{joined} for row in {rows}], dtype="str")']
    gone = [name for name in step.columns if name != step.into]
    return lines if step.keep else [*lines, f"df = df.drop(columns={gone!r})"]


def arithmetic(sql: str, shape: Shape) -> str | None:
    """An SQL expression of numbers, number columns and + - * / as pandas code; None for any other."""
    names: list[str] = []

    def named(found: re.Match[str]) -> str:
        names.append(found[1].replace('""', '"'))
        return f" _{len(names) - 1}_ "

    try:
        tree = ast.parse(_NAME.sub(named, sql).strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    known = {f"_{place}_": name for place, name in enumerate(names)}
    found = _spelt(tree.body, known, shape)
    return found if found is not None and "df[" in found else None


def _spelt(node: ast.expr, known: dict[str, str], shape: Shape) -> str | None:
    match node:
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _ARITHMETIC):
            one, two = _spelt(left, known, shape), _spelt(right, known, shape)
            sign = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}[type(op)]
            return None if one is None or two is None else f"({one} {sign} {two})"
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = _spelt(operand, known, shape)
            return None if inner is None else f"(-{inner})"
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool) and abs(value) < 2**31:
            return repr(value)
        case ast.Name(id=word):
            name = known.get(word) or next((each for each in shape.names if each.lower() == word.lower()), None)
            return f"df[{name!r}]" if name in shape and shape.family(str(name)) in NUMERIC else None
    return None
