"""A group of routes about one kind of thing, with the answers that any of them may give."""

from __future__ import annotations

from typing import Any

from flask_openapi import APIBlueprint, Tag
from pydantic import BaseModel, Field, create_model

from planner.api.types import Answer, PageQuery
from planner.persistence.paging import Asked

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_REFUSALS = {
    400: "Something in the request cannot be used.",
    401: "Nobody is signed in.",
    403: "The role, or the token, does not include this.",
    404: "It does not exist, or is out of scope: the two look alike.",
    405: "The address cannot be used that way.",
    409: "Somebody else has changed it, or it is not in a state for this.",
    413: "The request is too large.",
    414: "The address is too long.",
    415: "The body is of another type than the route takes.",
    422: "It contradicts what is known, or the protocol.",
    503: "The database cannot be used just now.",
}
SIGNED_IN: list[dict[str, list[str]]] = [{"token": []}]


def resource(name: str, about: str, **said: Any) -> APIBlueprint:
    """A group of routes; ``about`` is what the description says of it."""
    refusals: dict[Any, Any] = {
        status: {"description": words, "content": dict(_PROBLEM)} for status, words in _REFUSALS.items()
    }
    return APIBlueprint(
        name, __name__, abp_tags=[Tag(name=name, description=about)], abp_responses=refusals,
        abp_security=said.pop("security", SIGNED_IN), **said,
    )  # fmt: skip


def page_of(item: type[BaseModel]) -> type[BaseModel]:
    """A page of a list of such items."""
    return create_model(
        f"{item.__name__}Page",
        __base__=Answer,
        __doc__="A page of a list.",
        items=(list[item], ...),  # type: ignore[valid-type]
        next=(str | None, Field(default=None, description="The cursor of the next page; none on the last one.")),
    )


def asked(query: PageQuery) -> Asked:
    """Which page is asked for."""
    return Asked(query.limit, query.cursor)
