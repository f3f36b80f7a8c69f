"""The service: the command line, the pages, and what they share."""
