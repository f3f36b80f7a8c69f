"""SDTM datasets of a study: SV, TV and DV, as CSV or Dataset-JSON, as of now or of any past moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from flask import Response
from pydantic import Field

from planner import clock
from planner.api.reports import ChainHeadAnswer
from planner.api.requests import answer, asking, installation, needs, scope
from planner.api.resource import resource
from planner.api.types import Answer, Moment, Name, Query, StudyPath
from planner.auth.permissions import Permission
from planner.reports.making import Wanted
from planner.reports.report import Filters
from planner.reports.sdtm.about import about
from planner.reports.sdtm.as_csv import domain_csv
from planner.reports.sdtm.as_dataset_json import dataset_json
from planner.reports.sdtm.datasets import Domains
from planner.reports.sdtm.exporting import note_export
from planner.reports.sdtm.keeping import kept_domains
from planner.request_log import request_id

api = resource("sdtm", "SDTM datasets: subject visits (SV), trial visits (TV) and confirmed deviations (DV).")


_FILES: dict[str, Any] = {
    "description": "The dataset.",
    "content": {"text/csv": {"schema": {"type": "string"}}, "application/json": {"schema": {"type": "object"}}},
}


class SdtmPath(StudyPath):
    """One dataset of a study."""

    domain: Literal["sv", "tv", "dv"]


class SdtmQuery(Query):
    """Of when, and of whom; whatever is left out stands for all."""

    as_of: Moment | None = Field(default=None, description="A past moment: made from what was known then.")
    site: Name | None = Field(default=None, description="Participants whom this site sees.")
    arm: str | None = Field(default=None, max_length=100)
    cohort: str | None = Field(default=None, max_length=100, description="A cohort of the protocol.")


class DatasetQuery(SdtmQuery):
    """The same, and how it is written."""

    format: Literal["csv", "dataset-json"] = Field(default="csv", description="Dataset-JSON is version 1.1.")


class SdtmLeftOutAnswer(Answer):
    """How many of something are in none of the datasets, and why."""

    why: str
    count: int


class AboutSdtmAnswer(Answer):
    """Of when the datasets are, how they can be checked, what they hold and leave out, and how they are made."""

    study: str
    title: str
    standard: str
    as_of: datetime
    chain: ChainHeadAnswer
    engine: str
    participants: int
    records: dict[str, int]
    left_out: list[SdtmLeftOutAnswer]
    rules: list[str]


@api.get("/studies/<study>/sdtm", responses={200: AboutSdtmAnswer}, operation_id="show_sdtm")
@needs(Permission.DEVIATIONS_READ)
def sdtm(path: StudyPath, query: SdtmQuery) -> Response:
    """Say what a study's SDTM datasets hold: records, what is left out, the moment, and the audit chain's head."""
    return answer(about(_made(path.study, query)))


@api.get("/studies/<study>/sdtm/<domain>", responses={200: _FILES}, operation_id="make_sdtm_dataset")
@needs(Permission.DEVIATIONS_READ)
def dataset(path: SdtmPath, query: DatasetQuery) -> Response:
    """Make one dataset, of the participants whom you may see. The study's audit says that it was taken.

    Give the same `as_of` for all three, so that they are of one moment, and are made once: that takes a second for
    each two hundred participants or so.
    """
    made = _made(path.study, query)
    planner = installation()
    planner.store.write(asking().actor, clock.now(), lambda uow: note_export(uow, made, [path.domain]), request_id())
    if query.format == "csv":
        return _file(made, path.domain, "csv", "text/csv", [domain_csv(made.domain(path.domain))])
    text = dataset_json(made, path.domain, clock.now())
    return _file(made, path.domain, "json", "application/json", text)


def _made(study: str, query: SdtmQuery) -> Domains:
    filters = Filters(site=query.site, arm=query.arm, cohort=query.cohort)
    wanted, whose, planner = Wanted(study=study, filters=filters, as_of=query.as_of), scope(), installation()
    now = clock.now()
    with planner.store.database.at_one_moment() as session:
        return kept_domains(planner.store.database, session, planner.designs, whose, wanted, now)


def _file(made: Domains, domain: str, ending: str, mimetype: str, text: Iterable[str]) -> Response:
    name = f"{made.heading.study}-{domain}-{made.heading.as_of:%Y%m%dT%H%M%SZ}.{ending}"
    return Response(text, mimetype=mimetype, headers={"Content-Disposition": f'attachment; filename="{name}"'})
