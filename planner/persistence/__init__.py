"""What is stored: a table and its queries per file, and the unit of work that changes them."""
