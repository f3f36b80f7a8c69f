"""A dataset as Dataset-JSON 1.1: what it is and of when, its variables, then its records, one on a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from typing import Any

from planner.reports.sdtm.columns import Column
from planner.reports.sdtm.datasets import Domain, Domains

VERSION = "1.1.0"
SYSTEM = "visit-planner"


def dataset_json(domains: Domains, name: str, made_at: datetime) -> Iterator[str]:
    """The dataset of that name as text, piece by piece. Only the instant at which it was made is not of its data.

    The moment of the data and the head of the audit chain stand in ``fileOID``, since the standard has no other place.
    """
    domain = domains.domain(name)
    head = json.dumps(_head(domains, domain, made_at), ensure_ascii=False, indent=1)
    yield head.removesuffix("\n}") + ',\n "rows": ['
    for place, row in enumerate(domain.rows):
        yield ("," if place else "") + "\n  " + json.dumps(row, ensure_ascii=False)
    yield "\n ]\n}\n" if domain.rows else "]\n}\n"


def _head(domains: Domains, domain: Domain, made_at: datetime) -> dict[str, Any]:
    changed = (
        {"dbLastModifiedDateTime": _instant(domains.heading.changed)} if domains.heading.changed is not None else {}
    )
    return {
        "datasetJSONCreationDateTime": _instant(made_at),
        "datasetJSONVersion": VERSION,
        "fileOID": file_oid(domains, domain.name),
        **changed,
        "sourceSystem": {"name": SYSTEM, "version": version(SYSTEM)},
        "studyOID": domains.heading.study,
        "itemGroupOID": f"IG.{domain.name}",
        "records": len(domain.rows),
        "name": domain.name,
        "label": domain.label,
        "columns": [_column(domain, place, column) for place, column in enumerate(domain.columns)],
    }


def file_oid(domains: Domains, name: str) -> str:
    """``vsli-ino/SV/as-of/2026-03-31T22:00:00Z/audit/57/ab12...``: the same data has the same name."""
    chain = domains.heading.chain
    return f"{domains.heading.study}/{name}/as-of/{_instant(domains.heading.as_of)}/audit/{chain.seq}/{chain.digest}"


def _column(domain: Domain, place: int, column: Column) -> dict[str, Any]:
    made: dict[str, Any] = {
        "itemOID": f"IT.{domain.name}.{column.name}", "name": column.name, "label": column.label,
        "dataType": column.type,
    }  # fmt: skip
    if column.type == "string":
        made["length"] = max([1, *(len(str(row[place])) for row in domain.rows)])
    if column.key:
        made["keySequence"] = column.key
    return made


def _instant(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
