"""Style sheets and scripts, squeezed for whoever takes them so: a first page has to be small on a bad network.

Pages are not: they hold what people typed beside the token of a form, and how well both squeeze together would tell.
"""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Response, request

_KINDS = ("text/css", "text/javascript", "application/javascript", "image/svg+xml")
#: a file of others has its version in its name: under it, it is the same for ever
_FOR_EVER = "public, max-age=31536000, immutable"


def squeeze(response: Response) -> Response:
    """Squeeze a file that is served, and say how long it stays as it is."""
    if request.endpoint != "static" or response.status_code not in (200, 304):
        return response
    if "/vendor/" in request.path:
        response.headers["Cache-Control"] = _FOR_EVER
    if response.mimetype not in _KINDS:
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code == 200 and "Range" not in request.headers and request.accept_encodings["gzip"]:
        response.direct_passthrough = False
        response.set_data(_squeezed(response.get_data()))
        response.headers["Content-Encoding"] = "gzip"
        etag, _ = response.get_etag()
        response.set_etag(etag or "", weak=True)
    return response


@lru_cache(maxsize=64)
def _squeezed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)
