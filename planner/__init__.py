"""The service: the command line, the pages, and what they share."""

from notifications import zone_data

# Before anything asks for a time zone: what has one already would keep the older rules.
zone_data.prefer_newest()
