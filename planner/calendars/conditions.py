"""What a calendar app has already, and whether it can read compressed answers: RFC 9110, 8.8, 12.5.3 and 13."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

_TAG = re.compile(r'\s*(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")\s*(?:,|$)')
_CODING = re.compile(r"\s*([a-z*-]+)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?", re.IGNORECASE)


def names_tag(header: str, tag: str) -> bool:
    """Whether If-None-Match names this tag: in a list, weak, or as ``*``. What cannot be read names nothing."""
    if header == tag:
        return True
    if header.strip() == "*":
        return True
    at, found = 0, False
    while at < len(header):
        one = _TAG.match(header, at)
        if one is None:
            return False
        found, at = found or one[1] == tag, one.end()
    return found


def is_not_after(changed: datetime, header: str) -> bool:
    """Whether something that changed then has not changed since If-Modified-Since. What cannot be read is no date."""
    try:
        since = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError, IndexError):
        return False
    if since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    try:
        return changed <= since
    except OverflowError:
        return False


def http_date(instant: datetime) -> str:
    """An instant as headers have it."""
    return format_datetime(instant.astimezone(UTC), usegmt=True)


def takes_gzip(header: str) -> bool:
    """Whether Accept-Encoding asks for gzip; ``*`` alone does not ask for it."""
    if header == "gzip, deflate":
        return True
    for part in header.split(","):
        one = _CODING.fullmatch(part)
        if one is not None and one[1].lower() in ("gzip", "x-gzip"):
            return float(one[2] or 1) > 0
    return False
