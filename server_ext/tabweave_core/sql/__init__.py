"""SQL that somebody typed: checked before it runs, and run where it can harm nothing.

`guard` decides by the syntax tree, `sandbox` runs in a child process that can be killed. This package must not know where
tables come from or who asks.
"""
