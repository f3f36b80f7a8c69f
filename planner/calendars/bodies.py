"""Calendars as they were made, kept while they are asked for: as many as fit into so many bytes."""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict
from dataclasses import dataclass

#: what a body costs besides its bytes
_OVERHEAD = 500


@dataclass(frozen=True, slots=True)
class Body:
    """A calendar with the tag that stands for it, plain and compressed once."""

    tag: str
    plain: bytes
    packed: bytes

    @property
    def size(self) -> int:
        """Bytes of memory, about."""
        return len(self.plain) + len(self.packed) + _OVERHEAD


def body_of(tag: str, plain: bytes) -> Body:
    """A body; compressed without the hour, so that the same calendar is the same bytes."""
    return Body(tag, plain, gzip.compress(plain, 6, mtime=0))


class Bodies:
    """The newest body of each feed, the least used forgotten once they are more than ``most`` bytes. For threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[int, Body] = OrderedDict()
        self._lock = threading.Lock()
        self.size = 0

    def get(self, feed_id: int, tag: str) -> Body | None:
        """The body of a feed, if it is the one with that tag."""
        with self._lock:
            body = self._kept.get(feed_id)
            if body is None or body.tag != tag:
                return None
            self._kept.move_to_end(feed_id)
            return body

    def keep(self, feed_id: int, body: Body) -> None:
        """Keep the newest body of a feed; one that is larger than all that fits is not kept."""
        with self._lock:
            before = self._kept.pop(feed_id, None)
            self.size -= before.size if before is not None else 0
            if body.size > self._most:
                return
            self._kept[feed_id] = body
            self.size += body.size
            while self.size > self._most:
                _, oldest = self._kept.popitem(last=False)
                self.size -= oldest.size
