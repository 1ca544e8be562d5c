"""Shared tables as DataFrame variables: share, join, follow, and what code changes sent on."""
