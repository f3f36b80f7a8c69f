"""docs/how-to/remind-participants.md: every example of it is sent, one after the other, and does what it says."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.planner.api.callers import Clock, app, at, caller
from tests.planner.api.test_how_to import curl
from tests.reminded import DOSED
from tests.studies import trial

__all__ = ["app", "at"]

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "remind-participants.md"


def test_every_example_of_the_page_is_taken_and_reminders_are_planned(app: Flask, store: Store, at: Clock) -> None:
    study = trial(store)
    study.enrol()
    study.record("01-001", *DOSED)
    tokens = {"TOKEN": caller(app, store, Role.COORDINATOR).token, "URL": ""}
    tokens["INVESTIGATOR"] = caller(app, store, Role.INVESTIGATOR).token
    examples = re.findall(r"```sh\n(curl .*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(examples) == 14
    for example in examples:
        answer = curl(app, example, tokens)
        assert answer.status_code in (200, 201), (example, answer.text[:500])
        if example.rstrip().endswith("/messages"):
            planned = [(item["timing"], item["state"]) for item in answer.get_json()["items"]]
            assert planned == [("3d", "planned"), ("1d", "planned")]
