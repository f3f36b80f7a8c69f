"""The charts of a report: each a record with its figures as a table, and what draws it as a picture."""
