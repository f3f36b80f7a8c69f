"""Reports that a monitor believes: every figure with its definition, what was counted, and what was left out and why."""
