"""`planner report-mail` and the API's routes about reports that go out by e-mail."""

from __future__ import annotations

import json

from click.testing import CliRunner, Result
from flask import Flask

from planner.cli import cli
from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.planner.api.callers import Clock, app, at, caller, user
from tests.reported import LATER, small_study
from tests.studies import NORTH, STUDY

__all__ = ["app", "at"]
WHERE = f"/studies/{STUDY}/report-mails"


def test_the_api_sets_a_report_up_lists_it_and_ends_it(app: Flask, store: Store, at: Clock) -> None:
    small_study(store)
    at.now = LATER
    coordinator = caller(app, store, Role.COORDINATOR)
    reader = user(store, LATER, Role.MONITOR)
    made = coordinator.post(WHERE, {"recipients": [reader.email], "forms": ["pdf", "xlsx"], "zone": "Asia/Jerusalem"})
    assert made["words"] == "every Monday at 06:00 (Asia/Jerusalem)"
    assert made["next_due"] == "2026-04-20T03:00:00+00:00"
    assert made["mask_below"] == 5
    assert made["recipients"] == [{"email": reader.email, "name": reader.name, "may_read": True}]
    assert caller(app, store, Role.MONITOR).get(WHERE) == {"schedules": [made], "mails": []}
    ended = coordinator.post(f"{WHERE}/{made['id']}/end")
    assert ended == {"schedules": [], "mails": []}


def test_the_api_says_what_is_wrong_and_with_which_field(app: Flask, store: Store, at: Clock) -> None:
    small_study(store)
    at.now = LATER
    coordinator, monitor = caller(app, store, Role.COORDINATOR), caller(app, store, Role.MONITOR)
    refused = coordinator.refused(400, "POST", WHERE, {"recipients": ["nobody@example.org"], "site": "nowhere"})
    assert [problem["place"] for problem in refused["problems"]] == ["recipients/0", "site"]
    coordinator.refused(400, "POST", WHERE, {"recipients": [], "mask_below": 1})
    monitor.refused(403, "POST", WHERE, {"recipients": ["monitor.all.all@example.org"]})
    caller(app, store, Role.COORDINATOR, STUDY, NORTH).refused(403, "GET", WHERE)
    coordinator.refused(404, "POST", f"{WHERE}/99/end")
    coordinator.refused(404, "POST", f"{WHERE}/sent/99/again")


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ("report-mail", *words))


def test_the_command_sets_up_lists_and_ends(planner_data: Store, at: Clock) -> None:
    at.now = LATER
    reader = user(planner_data, LATER, Role.MONITOR)
    added = run("add", STUDY, "--to", reader.email, "--rhythm", "monthly", "--day", "3", "--by", "site")
    assert added.output == (
        "1: goes out on day 3 of every month at 06:00 (America/New_York), first on 2026-05-03 10:00 UTC.\n"
    )
    assert run("list", STUDY).output == (
        f"    1  on day 3 of every month at 06:00 (America/New_York)  pdf  by site  masked below 5  {reader.email}\n"
    )
    assert json.loads(run("list", STUDY, "--format", "json").output)["schedules"][0]["filters"] == {"by": "site"}
    assert run("end", STUDY, "1").output == "Report 1 goes out no more.\n"
    assert run("list", STUDY).output == "No report goes out.\n"
    refused = run("add", STUDY, "--to", "nobody@example.org")
    assert refused.exit_code == 2
    assert "recipients/0: nobody@example.org may not read reports of this study" in refused.output
    assert run("again", STUDY, "7").exit_code == 2
