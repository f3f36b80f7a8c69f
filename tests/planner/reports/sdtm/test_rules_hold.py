"""The datasets of made-up histories keep the standard's structural rules, whatever happened to the participants."""

from __future__ import annotations

import os

from hypothesis import given, settings

from tests.planner.reports.sdtm.histories import Made
from tests.planner.reports.sdtm.rules import broken
from tests.strategies import Case, library_cases

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"


@settings(max_examples=500 if SOAK else 60)
@given(library_cases())
def test_the_datasets_of_any_history_keep_the_rules_of_the_standard(case: Case) -> None:
    assert broken(Made([case]).read()) == []
