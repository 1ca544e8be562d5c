"""What people say about a table, as plans: read by rules, or put to a model. No network, no clock, no random."""
