"""Sentences name an activity by its label, as people know it, never by the id that the file has for it."""

import re
from collections.abc import Iterator

import pytest

from tests.case_plans import CASES, CasePlan, Run

#: Ids that are no words of any label: in a sentence they can only be ids.
IDS = re.compile(r"(?<![\w-])(vsli|ino|tablet-a|tablet-b|vod|mrd|qol|chair-time|status-contact)(?![\w-])")


def sentences(plan: CasePlan) -> Iterator[str]:
    for visit in plan.data["visits"]:
        yield from visit["why"]
        yield from (conflict["text"] for conflict in visit["conflicts"])
    for found in ("deviations", "queries", "notices"):
        yield from (each["text"] for each in plan.data[found])


@pytest.mark.parametrize("name", sorted(case.stem for case in CASES.glob("*.yaml")))
def test_a_sentence_never_names_an_activity_by_its_id(name: str, case: Run) -> None:
    told = list(sentences(case(name)))
    assert told
    assert [sentence for sentence in told if IDS.search(sentence)] == []


def test_a_dose_too_close_is_named_by_its_label(case: Run) -> None:
    plan = case("A5b")
    assert "Vincristine sulfate liposome IV was given on 15 January 2026 and must be 7 days apart" in plan.why(
        "induction.c1.d15"
    )
