"""What the protocol says and what it makes of a history: pure; no clock, no database, no network."""
