"""Shared tables as people meet them: open tables and who is in them, rights, questions, what may be done from outside."""
