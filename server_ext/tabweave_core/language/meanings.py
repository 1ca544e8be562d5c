"""Words of commands that stand for one of a few things: how to fill, spell, round, rank. No names of columns."""

from __future__ import annotations

from typing import Any

Worded = dict[tuple[str, ...], Any]


def _phrases(words: dict[str, Any]) -> Worded:
    """Phrases cut into words, the longer first."""
    cut = {tuple(phrase.split()): meaning for phrase, meaning in words.items()}
    return dict(sorted(cut.items(), key=lambda item: -len(item[0])))


FILLINGS: Worded = _phrases({
    **dict.fromkeys(("mean", "average", "the mean", "the average", "mean value", "average value", "its mean", "its average",
    "column mean", "the column mean"), ("mean", None)),
    **dict.fromkeys(("median", "the median", "its median", "median value", "the column median", "column median"), ("median",
    None)),
    **dict.fromkeys(("mode", "the mode", "most common value", "the most common value", "most frequent value",
    "the most frequent value", "the most common", "most common"), ("mode", None)),
    **dict.fromkeys(("minimum", "the minimum", "min", "the min", "the lowest value"), ("min", None)),
    **dict.fromkeys(("maximum", "the maximum", "max", "the max", "the highest value"), ("max", None)),
    **dict.fromkeys(("previous value", "the previous value", "previous", "the previous", "last value", "the last value",
    "previous row", "the previous row", "the value before", "value before",
                     "the value above", "value above", "the last known value", "last known value", "ffill", "forward fill"),
                     ("ffill", None)),
    **dict.fromkeys(("next value", "the next value", "next", "the next", "next row", "the next row", "the value below",
    "value below", "bfill", "backward fill"), ("bfill", None)),
    **dict.fromkeys(("interpolation", "linear interpolation", "interpolated values"), ("interpolate", None)),
    **dict.fromkeys(("zero", "zeros", "zeroes"), ("constant", 0)),
})  # fmt: skip

WORDED: dict[str, Worded] = {
    "side": _phrases({"first": "first", "last": "last", "newest": "newest", "latest": "latest", "oldest": "earliest",
    "earliest": "earliest", "most recent": "latest"}),
    "top": _phrases({"top": "top", "bottom": "bottom", "best": "top", "lowest": "bottom", "highest": "top", "largest": "top",
    "smallest": "bottom"}),
    "method": _phrases({"iqr": "iqr", "the iqr": "iqr", "iqr method": "iqr", "interquartile range": "iqr", "mad": "mad",
    "z-score": "z", "z score": "z", "zscore": "z", "z": "z", "z-scores": "z", "standard deviation": "z"}),
    "case": _phrases({**dict.fromkeys(("upper case", "uppercase", "upper", "capitals", "all caps", "upper-case", "caps"),
    "upper"), **dict.fromkeys(("lower case", "lowercase", "lower", "lower-case", "small"), "lower"),
                      **dict.fromkeys(("title case", "titlecase", "title-case", "proper case"), "title"),
                      **dict.fromkeys(("capitalize", "capitalise", "capitalized", "sentence case"), "capitalize"),
                      **dict.fromkeys(("snake case", "snake_case", "snakecase"), "snake")}),
    "part": _phrases({"number": "number", "numbers": "number", "digits": "digit", "the digits": "digit", "year": "year",
    "email": "email", "email address": "email", "domain": "domain", "first word": "first", "last word": "last",
    "numeric part": "number"}),
    "unit": _phrases({"year": "year", "quarter": "quarter", "month": "month", "week": "week", "day": "day", "hour": "hour",
    "minute": "minute", "weekday": "weekday", "day of week": "weekday", "day of the week": "weekday",
    "month name": "month_name"}),
    "quantile": _phrases({"quartiles": 4, "quintiles": 5, "deciles": 10, "terciles": 3, "percentiles": 100, "tertiles": 3}),
    "kind": _phrases({"number": "number", "numbers": "number", "numeric": "number", "integer": "integer", "integers": "integer",
    "int": "integer", "whole number": "integer", "whole numbers": "integer", "float": "float", "floats": "float",
                      "decimal": "decimal", "text": "text", "string": "text", "strings": "text", "str": "text", "date": "date",
                      "dates": "date", "datetime": "timestamp", "timestamp": "timestamp", "timestamps": "timestamp",
                      "boolean": "boolean", "bool": "boolean",
                      "true or false": "boolean", "category": "category", "time": "time"}),
    "dayfirst": _phrases({**dict.fromkeys(("day first", "with day first", "dayfirst", "day-first", "with the day first",
    "day before month", "in european format", "( day first )"), True),
                          **dict.fromkeys(("month first", "with month first", "monthfirst", "with the month first",
                          "in american format", "( month first )"), False)}),
    "rounding": _phrases({"up": "up", "down": "down"}),
    "factor": _phrases({"double": 2, "triple": 3, "quadruple": 4, "halve": 0.5, "negate": -1}),
    "verb": _phrases({"sum": "sum", "sum up": "sum", "add up": "sum", "total": "sum", "average": "mean"}),
    "running": _phrases({"total": "running_sum", "sum": "running_sum", "average": "running_mean", "mean": "running_mean",
    "maximum": "running_max", "max": "running_max", "minimum": "running_min", "min": "running_min", "count": "running_count"}),
    "moving": _phrases({"average": "moving_mean", "mean": "moving_mean", "sum": "moving_sum", "total": "moving_sum"}),
    "ranking": _phrases({"rank": "rank", "dense rank": "dense_rank", "percent rank": "percent_rank",
    "percentile rank": "percent_rank"}),
    "direction": _phrases({**dict.fromkeys(("descending", "from highest to lowest", "highest first", "in descending order",
    "from high to low", "largest first", "desc"), "down"),
                           **dict.fromkeys(("ascending", "from lowest to highest", "lowest first", "in ascending order",
                           "from low to high", "smallest first", "asc"), "up")}),
    "side_of_join": _phrases({"left": "left", "inner": "inner", "right": "right", "full": "full", "outer": "full"}),
}  # fmt: skip
"""Slots whose fillings are words, and what each means."""
