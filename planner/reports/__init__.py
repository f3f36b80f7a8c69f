"""Reports that a monitor believes: each figure with its definition, what it counts, and what it leaves out and why."""
