"""What the address of a list asks for, and the address of the same list in another way."""

from __future__ import annotations

from flask import request, url_for

_LONGEST = 100


def asked_for(*names: str) -> dict[str, str]:
    """What the address says under these names, each as it can be looked for."""
    return {name: request.args.get(name, "").strip()[:_LONGEST].replace("\0", "\N{REPLACEMENT CHARACTER}")
            for name in names}  # fmt: skip


def list_address(endpoint: str, said: dict[str, str], **other: str | None) -> str:
    """The same list, with something else asked for; whatever is empty is left out."""
    return url_for(endpoint, **{name: value for name, value in {**said, **other}.items() if value})  # type: ignore[arg-type]
