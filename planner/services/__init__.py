"""What people do with the planner, one file for each thing; no HTTP in here."""
