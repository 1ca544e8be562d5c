"""Rollups over tables as people define them, and their totals written: the same for private frames and shared tables."""
