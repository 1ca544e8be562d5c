"""What a single value is on the wire."""

from __future__ import annotations

Scalar = None | bool | int | float | str
"""A value in JSON. What each kind of column puts in it is said in `values`."""
