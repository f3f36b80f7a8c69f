"""The checker of the rules finds what is wrong: datasets in each of which something was broken on purpose."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from functools import cache
from typing import Any

import pytest

from schedules.design import Design
from schedules.history import Fact, UnscheduledVisit, VisitMissed, Withdrew
from tests import builders
from tests.planner.reports.sdtm.histories import Made
from tests.planner.reports.sdtm.rules import Read, Record, broken
from tests.strategies import Case


def facts() -> tuple[Fact, ...]:
    """Two cycles that went well but for a visit that was missed and one that was late, then a withdrawal."""
    return builders.facts(
        builders.consented(), builders.enrolled(), builders.attended("screening.baseline", date(2025, 12, 29)),
        builders.cycle_done("induction.c1"),
        UnscheduledVisit(date=date(2026, 1, 14), activities=("bloods",)),
        builders.decided("induction.c1.response", date(2026, 1, 30), "benefit"),
        builders.dose("maintenance.c1.d1", date(2026, 2, 2)), builders.dose("maintenance.c1.d8", date(2026, 2, 13)),
        VisitMissed(date=date(2026, 2, 16), visit="maintenance.c1.d15"),
        Withdrew(date=date(2026, 2, 20), scope="contact"),
    )  # fmt: skip


@cache
def whole() -> Read:
    return Made([Case(Design((builders.vsli(),)), facts(), date(2026, 6, 1))]).read()


def of(found: Read, name: str, **which: Any) -> Record:
    """The first record with these values."""
    return next(each for each in found.records[name] if which.items() <= each.items())


def test_what_is_whole_breaks_no_rule_and_has_something_for_each() -> None:
    found = whole()
    assert broken(found) == []
    kinds = {(each["SVPRESP"], each["SVOCCUR"]) for each in found.records["SV"]}
    assert kinds == {("Y", "Y"), ("Y", "N"), ("", "")}
    assert found.records["DV"]


Change = Callable[[Read], object]
CHANGES: dict[str, Change] = {
    "a second record of a visit": lambda r: r.records["SV"].insert(1, dict(r.records["SV"][0])),
    "records that are not in order": lambda r: r.records["SV"].reverse(),
    "a planned visit after the disposition": lambda r: of(r, "SV", SVOCCUR="N").update(
        SVOCCUR="Y", SVSTDTC="2026-02-23", SVENDTC="2026-02-23", SVSTDY=50, SVENDY=50
    ),
    "a visit that did not occur after the disposition": lambda r: (
        of(r, "SV", SVOCCUR="N").update(VISITDY=57),
        of(r, "TV", VISIT=of(r, "SV", SVOCCUR="N")["VISIT"]).update(VISITDY=57),
    ),
    "a day 0": lambda r: of(r, "SV", SVSTDY=1).update(SVSTDY=0),
    "study days that count a day 0": lambda r: of(r, "SV", SVSTDY=-7).update(SVSTDY=-6),
    "an end before the start": lambda r: of(r, "SV", SVSTDY=1).update(SVENDTC="2026-01-04", SVENDY=-1),
    "a planned visit that TV has not": lambda r: r.records["TV"].remove(of(r, "TV", VISIT="C1D8")),
    "another name than in TV": lambda r: of(r, "SV", VISIT="C1D8").update(VISIT="WEEK 2"),
    "another planned day than in TV": lambda r: of(r, "SV", VISIT="C1D8").update(VISITDY=9),
    "days of a visit that did not occur": lambda r: of(r, "SV", SVOCCUR="N").update(SVSTDTC="2026-02-16"),
    "an unplanned visit with a whole number": lambda r: of(r, "SV", SVPRESP="").update(VISITNUM=20001025),
    "an unplanned visit behind none": lambda r: of(r, "SV", SVPRESP="").update(VISITNUM=20001025.01),
    "an unplanned visit with a planned day": lambda r: of(r, "SV", SVPRESP="").update(VISITDY=10),
    "an unplanned visit that occurred": lambda r: of(r, "SV", SVPRESP="").update(SVOCCUR="Y"),
    "a planned visit with a description": lambda r: of(r, "SV", VISIT="C1D8").update(SVUPDES="FEVER"),
    "a number in words": lambda r: of(r, "SV", VISIT="C1D8").update(SVSTDY="8"),
    "a long text": lambda r: of(r, "SV", SVPRESP="").update(SVUPDES="X" * 201),
    "two arms in TV for some visits": lambda r: r.records["TV"][0].update(ARMCD="A", ARM="Arm A"),
    "a visit of TV twice": lambda r: r.records["TV"].insert(1, dict(r.records["TV"][0])),
    "a decimal in TV": lambda r: of(r, "TV", VISIT="C1D15").update(VISITNUM=20001025.5),
    "a deviation that nobody confirmed": lambda r: r.records["DV"].append({**r.records["DV"][-1], "DVSEQ": 99}),
    "a confirmed deviation that is missing": lambda r: r.records["DV"].pop(),
    "deviations that are not numbered": lambda r: r.records["DV"][0].update(DVSEQ=7),
    "a key of the planner's": lambda r: r.records["DV"][0].update(DVTERM="induction.c1.d8 was missed"),
    "an epoch of no codelist": lambda r: r.records["DV"][0].update(EPOCH="Induction"),
    "another domain": lambda r: r.records["DV"][0].update(DOMAIN="SV"),
    "a long name": lambda r: r.columns["SV"][0].update(name="STUDYIDENT"),
    "a long label": lambda r: r.columns["DV"][4].update(label="The protocol deviation in the planner's own words"),
    "variables in another order": lambda r: r.columns["TV"].reverse(),
    "a variable that is required": lambda r: r.columns["TV"].pop(2),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_breaks_a_rule_is_found(change: str) -> None:
    found = deepcopy(whole())
    CHANGES[change](found)
    assert broken(found) != []
