"""Hierarchies over a table's rows, their totals, and writing a total by changing its rows. Pure: no I/O, no clock, no random."""
